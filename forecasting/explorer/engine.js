/**
 * A compiled case and settings go in; the exact probabilities of its events, and their bands, come
 * out.
 *
 * The compiled case is what `model.py` makes of a case: the Plan of its circuit, its judgements and
 * its evidence. This module computes with it what `network.py` computes in Python, step by step, so
 * that a page can move any number of the case and show the answer in the same frame.
 *
 * A judgement is `{median, sd}`: of a probability in log-odds, of a multiplier in logs.
 *
 * @typedef {{median: number, sd: number}} Judgement
 * @typedef {{overrides?: Object<string, *>, given?: Object<string, boolean>,
 *   do?: Object<string, boolean>, as_of?: ?string, by?: ?string}} Settings
 */

// ---------------------------------------------------------------------------------------------
// Probabilities and multipliers with a range (judgement.py).
// ---------------------------------------------------------------------------------------------

/** Standard normal quantile of 0.95: a stated range is a central 90% interval. */
export const Z90 = 1.6448536269514722;

/** One unit of log-odds in decibans. */
export const DECIBANS = 10 / Math.LN10;

const TINY = 5e-324; // the smallest positive number
const EPSILON = 2 ** -53; // from 1 to the largest number below it
const FAR = 600; // log-odds whose exponentials are still well inside the range of a float

// The points and weights of the trapezoid sum that takes expectations, as in Python.
const NODES = Float64Array.from({ length: 256 }, (_, i) => (i * 17) / 255 - 8.5);
NODES[255] = 8.5;
const WEIGHTS = NODES.map((x) => Math.exp(-0.5 * x * x));
const WEIGHT_SUM = WEIGHTS.reduce((a, b) => a + b);
for (let i = 0; i < 256; i++) WEIGHTS[i] /= WEIGHT_SUM;

/** Turn log-odds into a probability, without overflow. */
export function sigmoid(x) {
  const e = Math.exp(-Math.abs(x));
  return (x >= 0 ? 1 : e) / (1 + e);
}

/** Turn a probability into log-odds; 0 and 1 give infinities. */
export function logit(p) {
  return Math.log(p) - Math.log1p(-p);
}

/** Take the mean of a logit-normal probability, E[sigmoid(Normal(median, sd))]. */
export function expected(median, sd) {
  if (!(sd > 0)) return sigmoid(median);
  let mean = 0;
  for (let i = 0; i < 256; i++) mean += WEIGHTS[i] * sigmoid(median + sd * NODES[i]);
  return mean;
}

/**
 * A mixture of logit-normals, one component for each row of a table.
 *
 * The mean of every component is a sum over the 256 points; with the exponentials of the points
 * kept, moving all components by one intercept costs a product and a quotient a point.
 */
class Mixture {
  /**
   * @param {ArrayLike<number>} offsets log-odds
   * @param {ArrayLike<number>} spreads standard deviations in log-odds
   */
  constructor(offsets, spreads) {
    this.offsets = Float64Array.from(offsets);
    this.spreads = Float64Array.from(spreads);
    const count = this.offsets.length;
    [this.yes, this.no, this.rise] = [0, 0, 0].map(() => new Float64Array(count));
    this.exponentials = null; // made when first needed
    this.reach = 0;
    for (let c = 0; c < count; c++) {
      const reach = Math.abs(this.offsets[c]) + 8.5 * this.spreads[c];
      if (!(reach <= this.reach)) this.reach = reach;
    }
  }

  /** Whether a mixture is one of the same numbers. */
  equals(offsets, spreads) {
    return (
      offsets.length === this.offsets.length &&
      this.offsets.every((x, c) => x === offsets[c]) &&
      this.spreads.every((x, c) => x === spreads[c])
    );
  }

  /** Put every component's mean, its complement and its slope at intercept `b` in place. */
  moveTo(b) {
    const { offsets, spreads, yes, no, rise } = this;
    // Where exponentials would leave the range of a float, each point takes its own.
    const direct = !(this.reach + Math.abs(b) < FAR);
    if (!direct) this.exponentials ??= this.exponentiate();
    const shift = direct ? 0 : Math.exp(b);
    for (let c = 0; c < offsets.length; c++) {
      if (!(spreads[c] > 0)) {
        yes[c] = sigmoid(b + offsets[c]);
        no[c] = sigmoid(-b - offsets[c]);
        rise[c] = yes[c] * no[c];
        continue;
      }
      let sumYes = 0;
      let sumNo = 0;
      let sumRise = 0;
      if (direct) {
        for (let i = 0; i < 256; i++) {
          const x = b + offsets[c] + spreads[c] * NODES[i];
          const [p, q] = [sigmoid(x), sigmoid(-x)];
          sumYes += WEIGHTS[i] * p;
          sumNo += WEIGHTS[i] * q;
          sumRise += WEIGHTS[i] * p * q;
        }
      } else {
        for (let i = 0, place = 256 * c; i < 256; i++, place++) {
          const odds = this.exponentials[place] * shift;
          const q = 1 / (1 + odds);
          const weighted = WEIGHTS[i] * q;
          const p = weighted * odds;
          sumNo += weighted;
          sumYes += p;
          sumRise += p * q;
        }
      }
      yes[c] = sumYes;
      no[c] = sumNo;
      rise[c] = sumRise;
    }
  }

  exponentiate() {
    const result = new Float64Array(256 * this.offsets.length);
    for (let c = 0; c < this.offsets.length; c++) {
      if (!(this.spreads[c] > 0)) continue;
      for (let i = 0; i < 256; i++) {
        result[256 * c + i] = Math.exp(this.offsets[c] + this.spreads[c] * NODES[i]);
      }
    }
    return result;
  }

  /**
   * Solve for the intercept that gives the mixture the mean `target`: Newton steps on the log-odds
   * of the mean, kept inside a shrinking bracket. The log-odds of the mean bend by no more than
   * they rise, so a step of 1e-9 lands within rounding of the root.
   *
   * @param {number} target in (0, 1)
   * @param {ArrayLike<number>} weights probabilities that sum to 1
   * @param {?number} start a guess near the root
   */
  calibrate(target, weights, start = null) {
    const { offsets, spreads, yes, no, rise } = this;
    const goal = logit(Math.min(Math.max(target, TINY), 1 - EPSILON));
    let [least, most, centre, used] = [Infinity, -Infinity, 0, 0];
    for (let c = 0; c < offsets.length; c++) {
      if (!(weights[c] > 0)) continue;
      used++;
      centre += offsets[c] * weights[c];
      least = Math.min(least, offsets[c] - 8.5 * spreads[c]);
      most = Math.max(most, offsets[c] + 8.5 * spreads[c]);
    }
    if (used === 1 && least === most) return goal - least;
    let [low, high] = [goal - most, goal - least];
    let b = start !== null && low < start && start < high ? start : goal - centre;
    for (let round = 0; round < 200; round++) {
      this.moveTo(b);
      let [meanYes, meanNo, slope] = [0, 0, 0];
      for (let c = 0; c < offsets.length; c++) {
        meanYes += weights[c] * yes[c];
        meanNo += weights[c] * no[c];
        slope += weights[c] * rise[c];
      }
      slope *= meanYes + meanNo;
      const gap = Math.log(meanYes) - Math.log(meanNo) - goal;
      if (gap > 0) high = b;
      else low = b;
      const step = slope > 0 ? b - (gap * meanYes * meanNo) / slope : Infinity;
      const newton = low <= step && step <= high;
      const next = newton ? step : 0.5 * (low + high);
      const moved = Math.abs(next - b) / Math.max(1, Math.abs(b));
      if (moved <= (newton ? 1e-9 : 4e-16)) return next;
      b = next;
    }
    return b;
  }
}

/**
 * Rescale a probability to a window `ratio` times as long, at a constant hazard; of an event that
 * lasts, its complement.
 */
export function over(judgement, ratio, lasts = false) {
  const sign = lasts ? -1 : 1;
  const half = Z90 * judgement.sd;
  const moved = (x) => {
    const y = Math.max(ratio * softplus(sign * x), TINY);
    return sign * (y + Math.log(-Math.expm1(-y)));
  };
  const [low, middle, high] = [-half, 0, half].map((d) => moved(judgement.median + d));
  return { median: middle, sd: (high - low) / (2 * Z90) };
}

function softplus(x) {
  return Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
}

/**
 * Read a probability in the form a case file has it: a number, `{low, high}` with or without
 * `best`, `{best}`, `{seen, of}` or `{beta: [a, b]}`.
 */
export function probability(value) {
  if (value !== null && typeof value === "object") {
    if (value.beta) return beta(...value.beta);
    if ("seen" in value) return beta(value.seen + 0.5, value.of - value.seen + 0.5);
  }
  return ranged(value, logit);
}

/** Read a multiplier on odds: a number, `{low, high}` with or without `best`, or `{best}`. */
export function multiplier(value) {
  return ranged(value, Math.log);
}

function ranged(value, scale) {
  const exact = typeof value === "number" ? value : "low" in value ? undefined : value.best;
  const [low, high] = exact === undefined ? [scale(value.low), scale(value.high)] : [0, 0];
  const best = exact ?? value.best;
  const median = best === undefined ? (low + high) / 2 : scale(best);
  const sd = (high - low) / (2 * Z90);
  if (Number.isNaN(median) || !(sd >= 0)) {
    throw new RangeError(`not a judgement: ${JSON.stringify(value)}`);
  }
  return { median, sd };
}

/** Match a Beta distribution: its mean exactly, and the spread of its log-odds. */
function beta(a, b) {
  const sd = Math.sqrt(trigamma(a) + trigamma(b));
  return { median: new Mixture([0], [sd]).calibrate(a / (a + b), [1]), sd };
}

function trigamma(x) {
  let below = 0;
  for (; x < 15; x++) below += 1 / (x * x);
  const q = x * x;
  const series = 1 / 6 - (1 / 30 - (1 / 42 - (1 / 30 - 5 / 66 / q) / q) / q) / q;
  return below + 1 / x + 1 / (2 * q) + series / (q * x);
}

// ---------------------------------------------------------------------------------------------
// The circuit (circuit.py): one sweep up gives the probability of the evidence, one sweep down its
// derivative by every cell, and so the posterior of every factor at once.
// ---------------------------------------------------------------------------------------------

// Below this a product has left the range in which a float keeps its digits.
const SMALLEST = 2.3e-308;

class Circuit {
  constructor(plan) {
    this.size = plan.size;
    this.cells = plan.cells;
    this.root = plan.root;
    this.levels = plan.levels.map(({ gather, output, made }) => ({
      left: Int32Array.from(gather[0]),
      right: Int32Array.from(gather[1]),
      output,
      made,
    }));
    this.value = new Float64Array(plan.cells);
    this.adjoint = new Float64Array(plan.cells);
  }

  /**
   * Give the natural log of the probability of the evidence; -Infinity if it is impossible.
   *
   * @param {Float64Array} tables cells of all factors
   * @param {?Float64Array} belief takes the posterior of every cell, if wanted
   */
  evaluate(tables, belief = null) {
    const z = this.up(tables);
    if (z !== null) {
      if (belief === null || z === 0) {
        belief?.fill(0);
        return Math.log(z);
      }
      if (this.down(tables, z, belief)) return Math.log(z);
    }
    return this.evaluateLogs(tables, belief);
  }

  /** Sweep up on plain numbers; null if a product leaves their range. */
  up(tables) {
    const value = this.value;
    value.set(tables);
    value[this.size] = 1;
    let extreme = false;
    for (const { left, right, output, made } of this.levels) {
      const products = left.length;
      for (let i = 0; i < made; i++) {
        const a = value[left[i]];
        const b = value[right[i]];
        const product = a * b;
        if (product < SMALLEST && a !== 0 && b !== 0) extreme = true;
        value[output + i] = product;
      }
      // What is left over is added, one product to a cell.
      for (let i = made, cell = output; i < products; i++, cell++) {
        const a = value[left[i]];
        const b = value[right[i]];
        const product = a * b;
        if (product < SMALLEST && a !== 0 && b !== 0) extreme = true;
        value[cell] += product;
      }
    }
    const z = value[this.root];
    return extreme || !(z === 0 || (z > 1e-280 && z < Infinity)) ? null : z;
  }

  /** Sweep down after `up`; false if a derivative leaves the range of plain numbers. */
  down(tables, z, belief) {
    const { value, adjoint, size } = this;
    adjoint.fill(0);
    adjoint[this.root] = 1;
    let extreme = false;
    for (let l = this.levels.length - 1; l >= 0; l--) {
      const { left, right, output, made } = this.levels[l];
      const products = left.length;
      for (let i = 0; i < products; i++) {
        const slope = adjoint[i < made ? output + i : output + i - made];
        if (slope === 0) continue;
        const a = left[i];
        const b = right[i];
        const byA = slope * value[b];
        const byB = slope * value[a];
        if (byA < SMALLEST && value[b] !== 0) extreme = true;
        if (byB < SMALLEST && value[a] !== 0) extreme = true;
        adjoint[a] += byA;
        adjoint[b] += byB;
      }
    }
    if (extreme) return false;
    for (let i = 0; i < size; i++) {
      const cell = (tables[i] * adjoint[i]) / z;
      if (!(cell < Infinity)) return false;
      belief[i] = cell;
    }
    return true;
  }

  /** Run the same sweeps on logarithms, where 1e-300 and far below is nothing special. */
  evaluateLogs(tables, belief) {
    const { value, adjoint, size } = this;
    for (let i = 0; i < size; i++) value[i] = Math.log(tables[i]);
    value[size] = 0;
    for (const { left, right, output, made } of this.levels) {
      for (let i = 0; i < left.length; i++) {
        const product = value[left[i]] + value[right[i]];
        const cell = i < made ? output + i : output + i - made;
        value[cell] = i < made ? product : logAddExp(value[cell], product);
      }
    }
    const logZ = value[this.root];
    if (belief === null) return logZ;
    adjoint.fill(-Infinity);
    adjoint[this.root] = 0;
    for (let l = this.levels.length - 1; l >= 0; l--) {
      const { left, right, output, made } = this.levels[l];
      for (let i = 0; i < left.length; i++) {
        const slope = adjoint[i < made ? output + i : output + i - made];
        adjoint[left[i]] = logAddExp(adjoint[left[i]], slope + value[right[i]]);
        adjoint[right[i]] = logAddExp(adjoint[right[i]], slope + value[left[i]]);
      }
    }
    const finite = logZ === -Infinity ? 0 : logZ;
    for (let i = 0; i < size; i++) belief[i] = Math.exp(value[i] + adjoint[i] - finite);
    return logZ;
  }
}

function logAddExp(a, b) {
  if (a === -Infinity) return b;
  if (b === -Infinity) return a;
  return a > b ? a + Math.log1p(Math.exp(b - a)) : b + Math.log1p(Math.exp(a - b));
}

// ---------------------------------------------------------------------------------------------
// The judgements of a case, and the same with some of them overridden (overlay.py).
// ---------------------------------------------------------------------------------------------

const judgement = ([median, sd]) => ({ median: Number(median), sd: Number(sd) });
const optional = (pair) => (pair ? judgement(pair) : null);
const inverse = ({ median, sd }) => ({ median: -median, sd });

/** A multiplier as the model uses it: what "lowers" divides the odds. */
const signed = (key, odds) => (key === "lowers" ? inverse(odds) : odds);

/** Take the judgements out of a compiled case. */
function judgementsOf(compiled) {
  return {
    baseRates: compiled.events.map(
      ({ base_rate: base }) =>
        base && {
          ...judgement(base.judgement),
          within: base.within,
          fitted: Boolean(base.model),
        },
    ),
    now: compiled.events.map((event) => optional(event.now)),
    rows: compiled.events.map((event) => event.table?.map((row) => judgement(row.judgement))),
    links: compiled.links.map((link) => signed(link.key, judgement(link.judgement))),
    facts: compiled.facts.map((fact) => ({
      if_yes: optional(fact.if_yes),
      if_no: optional(fact.if_no),
      likelihood_ratio: optional(fact.likelihood_ratio),
      chance: optional(fact.chance),
      bearings: fact.bearings?.map((push) => signed(push.key, judgement(push.judgement))),
      status: fact.status,
      reports: fact.reports.map((report) => ({
        ...report,
        hit: optional(report.hit),
        false: optional(report.false),
      })),
    })),
    reliability: mapped(compiled.scales.reliability, judgement),
    credibility: mapped(compiled.scales.credibility, judgement),
  };
}

const mapped = (record, f) =>
  Object.fromEntries(Object.entries(record).map(([key, value]) => [key, f(value)]));

/** Read a period such as "12 months" or "2.5 years", in months. */
function months(period) {
  const match = /^\s*(\d+(?:\.\d+)?)\s*(month|year)s?\s*$/.exec(period);
  if (!match) throw new RangeError(`not a period: ${period}`);
  return Number(match[1]) * (match[2] === "year" ? 12 : 1);
}

/** Which keys of a fact state its likelihoods; stating one way takes the place of the other. */
const RIVALS = { if_yes: "likelihood_ratio", if_no: "likelihood_ratio" };

/**
 * Read an override in its file form into what it puts in place.
 *
 * @returns {*} a judgement; for a status or reports the value as written
 */
function readOverride(path, value) {
  const last = path.slice(path.lastIndexOf(".") + 1);
  if (["status", "reports", "grade"].includes(last)) return value;
  if (["raises", "lowers", "odds"].includes(last)) return signed(last, multiplier(value));
  if (last === "likelihood_ratio") return multiplier(value);
  const read = probability(value);
  if (last !== "base_rate") return read;
  return { ...read, within: value.within === undefined ? null : months(value.within) };
}

/** Put what an override states in its place; `judged` holds arrays that may be changed. */
function put(judged, index, path, value) {
  const [section, ...keys] = path.replace("->", ".").split(".");
  const unknown = () => new RangeError(`no such judgement: ${path}`);
  if (section === "events") {
    const k = index.event.get(keys[0]);
    if (k === undefined) throw unknown();
    if (keys[1] === "base_rate" && judged.baseRates[k]) judged.baseRates[k] = value;
    else if (keys[1] === "now") judged.now[k] = value;
    else if (keys[1] === "table") {
      const row = index.row(k, keys[2]);
      if (row < 0) throw unknown();
      judged.rows[k] = judged.rows[k].with(row, value);
    } else throw unknown();
  } else if (section === "links") {
    const l = index.link.get(`${keys[0]}.${keys[1]}`);
    if (l === undefined) throw unknown();
    judged.links[l] = value;
  } else if (section === "evidence") {
    const f = index.fact.get(keys[0]);
    if (f === undefined) throw unknown();
    const fact = { ...judged.facts[f] };
    judged.facts[f] = fact;
    if (keys[1] === "bears_on") {
      fact.bearings = fact.bearings.with(index.bearing(f, keys[2]), value);
    } else if (keys[1] === "reports" && keys.length > 2) {
      const changed = { ...fact.reports[keys[2]] };
      if (keys[3] === "grade") [changed.letter, changed.digit = null] = value;
      else changed[keys[3]] = value;
      fact.reports = fact.reports.with(keys[2], changed);
    } else if (keys[1] === "reports") {
      fact.reports = value.map((report) => index.report(f, report));
    } else if (keys[1] in fact) {
      fact[keys[1]] = value;
      if (RIVALS[keys[1]]) fact[RIVALS[keys[1]]] = null;
      if (keys[1] === "likelihood_ratio") fact.if_yes = fact.if_no = null;
    } else throw unknown();
  } else if (section === "scales" && judged[keys[0]]) {
    judged[keys[0]][keys[1]] = value;
  } else throw unknown();
}

// ---------------------------------------------------------------------------------------------
// Nodes and their tables (families.py).
// ---------------------------------------------------------------------------------------------

/**
 * The log-odds of yes in each row of a node's table: an intercept, plus `median`, plus `loading`
 * times standard normal numbers.
 */
class Family {
  /**
   * @param {Float64Array} median by row
   * @param {Float64Array[]} loading by row, how each uncertain number of the node moves it
   * @param {?Judgement} base its base rate; null where the rows are stated outright
   * @param {boolean} conditional whether the first variable of its scope is a condition
   */
  constructor(median, loading, base, conditional) {
    this.median = median;
    this.loading = loading;
    this.spread = Float64Array.from(loading, (row) => Math.hypot(...row));
    this.mixture = new Mixture(median, this.spread);
    this.base = base;
    this.conditional = conditional;
    this.parameters = loading[0].length;
    this.mean = base && expected(base.median, base.sd);
  }

  /** Take over the mixture of an earlier family of the same rows: only its base rate moved. */
  keepMixture(earlier) {
    if (earlier?.mixture.equals(this.median, this.spread)) this.mixture = earlier.mixture;
  }

  /** Build a node from a base rate and multipliers: its own spread moves every row. */
  static linked(base, odds, conditional) {
    const count = 1 << odds.length;
    const median = new Float64Array(count);
    const loading = Array.from({ length: count }, () => new Float64Array(1 + odds.length));
    for (let row = 0; row < count; row++) {
      loading[row][0] = base.sd;
      odds.forEach((push, i) => {
        if ((row >> (odds.length - 1 - i)) & 1) {
          median[row] += push.median;
          loading[row][1 + i] = push.sd;
        }
      });
    }
    return new Family(median, loading, base, conditional);
  }

  /** Build a node whose rows are stated outright: each has an uncertain number of its own. */
  static stated(rows, conditional) {
    const loading = rows.map((row, i) => Float64Array.from(rows, (_, j) => (i === j ? row.sd : 0)));
    return new Family(Float64Array.from(rows, (row) => row.median), loading, null, conditional);
  }

  /** A likelihood ratio L: if_yes = L/(1+L) and if_no = 1/(1+L) are one number from both sides. */
  static ratio({ median, sd }) {
    const loading = [Float64Array.of(-sd), Float64Array.of(sd)];
    return new Family(Float64Array.of(-median, median), loading, null, false);
  }

  /** Write the mean of every cell into a flat vector of tables. */
  writeExpected(intercept, tables, start) {
    const { mixture } = this;
    mixture.moveTo(intercept);
    let cell = this.writeCondition(tables, start);
    for (let row = 0; row < this.median.length; row++) {
      tables[cell++] = mixture.no[row];
      tables[cell++] = mixture.yes[row];
    }
  }

  /** Without its condition, a node is no. */
  writeCondition(tables, start) {
    if (!this.conditional) return start;
    for (let row = 0; row < this.median.length; row++) {
      tables[start++] = 1;
      tables[start++] = 0;
    }
    return start;
  }
}

// ---------------------------------------------------------------------------------------------
// The network (network.py).
// ---------------------------------------------------------------------------------------------

/** What cannot be: told to the reader in place of numbers. */
class Impossible extends Error {}

/** Relative difference that rounding alone makes between two sweeps over the same numbers. */
const ROUNDING = 1e-14;

/** Names and places of a case: they stay the same under all settings. */
class Index {
  constructor(compiled) {
    const place = (list, key = (one) => one.id) => new Map(list.map((one, i) => [key(one), i]));
    this.compiled = compiled;
    this.event = place(compiled.events);
    this.fact = place(compiled.facts);
    this.source = place(compiled.sources);
    this.link = place(compiled.links, (link) => `${link.from}.${link.to}`);
    this.events = compiled.events.length;
    this.nodes = this.events + compiled.facts.length;
    this.offsets = compiled.plan.offsets;
    this.scopes = compiled.plan.scopes;
    // Factors in the order of the plan: families, findings, sources, and pairs of a fact and a
    // source that reports it.
    this.pair = new Map();
    for (const fact of compiled.facts) {
      for (const { source } of fact.reports) {
        const key = `${fact.id} ${source}`;
        if (!this.pair.has(key)) {
          const factor = 2 * this.nodes + compiled.sources.length + this.pair.size;
          this.pair.set(key, this.offsets[factor]);
        }
      }
    }
    this.linksTo = compiled.events.map((event) =>
      compiled.links.flatMap((link, l) => (link.to === event.id ? [l] : [])),
    );
    this.given = compiled.events.map((event) => this.event.get(event.given) ?? null);
    this.above = compiled.events.map((event) =>
      [...event.parents, event.given].flatMap((name) => this.event.get(name) ?? []),
    );
    this.bearsOn = compiled.facts.map((fact) => fact.bears_on.map((name) => this.event.get(name)));
    this.depth = [];
    for (let k = 0; k < this.nodes; k++) this.measure(k);
  }

  measure(k) {
    if (this.depth[k] === undefined) {
      const above = this.scopes[k].slice(0, -1).map((parent) => this.measure(parent));
      this.depth[k] = 1 + Math.max(-1, ...above);
    }
    return this.depth[k];
  }

  row(event, name) {
    return this.compiled.events[event].table?.findIndex((row) => row.row === name) ?? -1;
  }

  bearing(fact, event) {
    return this.compiled.facts[fact].bearings.findIndex((push) => push.event === event);
  }

  /** Where the cells of a finding on an event or fact are. */
  finding(node) {
    return this.offsets[this.nodes + node];
  }

  /** Where the cells of a source's soundness are. */
  soundness(source) {
    return this.offsets[2 * this.nodes + source];
  }

  /** Events that follow from some events, and these themselves. */
  descendants(roots) {
    const below = new Set(roots);
    for (let before = -1; before < below.size; ) {
      before = below.size;
      this.above.forEach((above, k) => {
        if (above.some((parent) => below.has(parent))) below.add(k);
      });
    }
    return below;
  }
}

/**
 * The network of expected tables before any evidence: intercepts, tables, prior marginals.
 *
 * It keeps what it computed last. A node is calibrated anew only if its own numbers have changed,
 * or the joint prior of its parents has, by more than rounding.
 */
class Prior {
  constructor(index, circuit) {
    this.index = index;
    this.circuit = circuit;
    this.tables = new Float64Array(circuit.size).fill(1);
    this.belief = new Float64Array(circuit.size);
    this.marginals = new Float64Array(index.nodes);
    this.forget();
  }

  forget() {
    const { nodes, scopes } = this.index;
    this.families = new Array(nodes).fill(null);
    this.intercepts = new Float64Array(nodes);
    this.rows = new Array(nodes).fill(null);
    this.reliability = [];
    this.version = (this.version ?? 0) + 1;
    this.known = false;
    for (let k = 0; k < nodes; k++) {
      // Nodes not solved yet stand at one half: they lie below, and sum out.
      const start = this.index.offsets[k];
      this.tables.fill(0.5, start, start + 2 ** scopes[k].length);
    }
  }

  /**
   * @param {Family[]} families of events, then of facts
   * @param {Judgement[]} reliability of each source
   */
  solve(families, reliability) {
    try {
      this.update(families, reliability);
    } catch (error) {
      this.forget();
      throw error;
    }
  }

  update(families, reliability) {
    const { index, tables, intercepts } = this;
    let stale = !this.known;
    reliability.forEach((judged, s) => {
      if (judged === this.reliability[s]) return;
      const sound = expected(judged.median, judged.sd);
      tables[index.soundness(s)] = 1 - sound;
      tables[index.soundness(s) + 1] = sound;
      stale = true;
    });
    const waiting = [];
    const write = (k, intercept) => {
      intercepts[k] = intercept;
      families[k].writeExpected(intercept, tables, index.offsets[k]);
      stale = true;
    };
    families.forEach((family, k) => {
      if (family.base && index.scopes[k].length > 1) waiting.push(k);
      else if (family !== this.families[k]) write(k, family.base ? family.base.median : 0);
    });
    waiting.sort((a, b) => index.depth[a] - index.depth[b] || a - b);
    let level = -1;
    let swept = false;
    for (const k of waiting) {
      if (index.depth[k] > level && stale) {
        this.sweep();
        swept = true;
        stale = false;
      }
      level = index.depth[k];
      const rows = swept || !this.rows[k] ? this.jointOfParents(k, families[k]) : this.rows[k];
      if (families[k] !== this.families[k] || !near(rows, this.rows[k])) {
        this.rows[k] = rows;
        const start = this.known ? intercepts[k] : null;
        write(k, families[k].mixture.calibrate(families[k].mean, rows, start));
      }
    }
    if (stale) this.sweep();
    if (stale || swept) {
      for (let v = 0; v < index.nodes; v++) this.marginals[v] = marginal(this.belief, index, v);
      this.version++;
    }
    for (let k = 0; k < index.events; k++) {
      if (index.given[k] !== null && this.marginals[index.given[k]] === 0) throw dead(index, k);
    }
    this.families = families;
    this.reliability = reliability;
    this.known = true;
  }

  sweep() {
    this.circuit.evaluate(this.tables, this.belief);
  }

  /** The prior of each row of a node's table, given its condition. */
  jointOfParents(k, family) {
    const count = family.median.length;
    const start = this.index.offsets[k] + (family.conditional ? 2 * count : 0);
    const rows = new Float64Array(count);
    let sum = 0;
    for (let row = 0; row < count; row++) {
      rows[row] = this.belief[start + 2 * row] + this.belief[start + 2 * row + 1];
      sum += rows[row];
    }
    if (sum === 0) throw dead(this.index, k);
    return rows.map((chance) => chance / sum);
  }
}

function near(rows, others) {
  return (
    others !== null &&
    rows.every((chance, i) => Math.abs(chance - others[i]) <= ROUNDING * others[i])
  );
}

function dead(index, k) {
  const { id, given } = index.compiled.events[k];
  return new Impossible(`events.${id}: its condition ${given} has probability 0`);
}

/** Read P(yes) of an event or fact from the cells left for findings on it. */
function marginal(belief, index, node) {
  const start = index.finding(node);
  const total = belief[start] + belief[start + 1];
  return total > 0 ? belief[start + 1] / total : belief[start + 1];
}

/** One source's report of one fact, as it counts. */
class CountedReport {
  constructor(fact, source, start, report, prior, credibility, scales) {
    this.fact = fact;
    this.source = source;
    this.start = start;
    this.report = report;
    this.p0 = prior;
    if (report.hit === null) {
      const strength = strengthOf(report.digit, prior, credibility, scales);
      [this.no, this.yes] = report.says ? [1, strength] : [strength, 1];
    } else {
      [this.no, this.yes] = this.likelihood(
        expected(report.false.median, report.false.sd),
        expected(report.hit.median, report.hit.sd),
      );
    }
    this.mean = (1 - prior) * this.no + prior * this.yes;
  }

  likelihood(no, yes) {
    return this.report.says ? [no, yes] : [1 - no, 1 - yes];
  }

  /** Write the cells (fact, source): no/unsound, no/sound, yes/unsound, yes/sound. */
  write(tables) {
    tables[this.start] = 1;
    tables[this.start + 1] = this.mean ? this.no / this.mean : 0;
    tables[this.start + 2] = 1;
    tables[this.start + 3] = this.mean ? this.yes / this.mean : 0;
  }
}

/** The odds by which a sound report of a digit supports what it says. */
function strengthOf(digit, p0, credibility, scales) {
  if (digit === scales.says_nothing || p0 === 0 || p0 === 1) return 1;
  const rare = Math.min(p0, 1 - p0);
  const strength = (Math.exp(credibility[digit].median) * (1 - rare)) / rare;
  return scales.never_supports.includes(digit) ? Math.min(1, strength) : strength;
}

/**
 * Make an engine for a compiled case.
 *
 * @param {object} compiled what `forecasting.explorer.model.compiled` gives
 */
export function engine(compiled) {
  const index = new Index(compiled);
  const circuit = new Circuit(compiled.plan);
  const own = judgementsOf(compiled);
  const main = new Solver(compiled, index, circuit, own);
  return {
    solve: (settings = {}) => main.solve(settings),
  };
}

/** Solves one setting after another; what did not change from the last is not computed again. */
class Solver {
  constructor(compiled, index, circuit, own) {
    Object.assign(this, { compiled, index, circuit, own });
    this.prior = new Prior(index, circuit);
    this.read = new Map(); // overrides as read, by path
    this.lastFamilies = []; // by node: what it was made of, and the family
    this.belief = new Float64Array(circuit.size);
    this.tables = new Float64Array(circuit.size);
    index.report = (f, report) => this.reportAsWritten(f, report);
  }

  /** The judgements of the case with the overrides of a setting in their places. */
  judgementsAt(overrides = {}) {
    const paths = Object.keys(overrides);
    if (!paths.length) return this.own;
    const copy = mapped(this.own, (part) => (Array.isArray(part) ? [...part] : { ...part }));
    for (const path of paths) {
      const text = JSON.stringify(overrides[path]);
      let known = this.read.get(path);
      if (known?.text !== text) {
        known = { text, value: readOverride(path, overrides[path]) };
        this.read.set(path, known);
      }
      put(copy, this.index, path, known.value);
    }
    return copy;
  }

  /** A report written whole, in place of those of the case. */
  reportAsWritten(f, report) {
    if (!this.index.pair.has(`${this.compiled.facts[f].id} ${report.source}`)) {
      throw new RangeError(`${report.source} has no report of this fact in the case`);
    }
    const [letter, digit = null] = report.grade ?? "";
    const stated = (value) => (value === undefined ? null : probability(value));
    const day = report.date ?? this.compiled.facts[f].day;
    const [hit, no] = [stated(report.hit), stated(report.false)];
    return { source: report.source, letter, digit, says: report.says ?? true, day, hit, false: no };
  }

  /** The pair of dates of a setting, with the length of its window. */
  windowAt({ as_of: asOf, by }) {
    const day = asOf ?? this.compiled.as_of;
    const end = by ?? this.compiled.resolve_by;
    const window = this.compiled.windows.find((one) => one.as_of === day && one.by === end);
    if (!window) throw new RangeError(`no window from ${day} to ${end} in this page`);
    return window;
  }

  /** Base rate of an event for a window. */
  baseRate(k, judged, window) {
    const { id, kind } = this.compiled.events[k];
    if (judged.fitted) return judgement(window.fitted[id]);
    if (judged.within === null) return judged;
    const length = window.settled_months[id] ?? window.months;
    return over(judged, length / judged.within, kind === "lasts");
  }

  familiesAt(judged, window) {
    const families = [];
    const { compiled, index } = this;
    const make = (inputs, build) => {
      const k = families.length;
      const last = this.lastFamilies[k];
      const same =
        last?.inputs.length === inputs.length && inputs.every((one, i) => one === last.inputs[i]);
      if (!same) {
        const family = build();
        family.keepMixture(last?.family);
        this.lastFamilies[k] = { inputs, family };
      }
      families.push(this.lastFamilies[k].family);
    };
    compiled.events.forEach((event, k) => {
      const conditional = event.given !== null;
      if (judged.rows[k]) {
        make(judged.rows[k], () => Family.stated(judged.rows[k], conditional));
        return;
      }
      const base = judged.baseRates[k];
      const odds = index.linksTo[k].map((l) => judged.links[l]);
      make([base, ...odds, window], () =>
        Family.linked(this.baseRate(k, base, window), odds, conditional),
      );
    });
    for (const fact of judged.facts) {
      if (fact.chance) {
        make([fact.chance, ...fact.bearings], () =>
          Family.linked(fact.chance, fact.bearings, false),
        );
      } else if (fact.likelihood_ratio) {
        make([fact.likelihood_ratio], () => Family.ratio(fact.likelihood_ratio));
      } else {
        const rows = [fact.if_no, fact.if_yes];
        make(rows, () => Family.stated(rows, false));
      }
    }
    return families;
  }

  /** The letter of each source: that of its first graded report. */
  lettersOf(judged) {
    const letters = new Array(this.compiled.sources.length).fill(null);
    const reporting = new Array(letters.length).fill(false);
    for (const { reports } of judged.facts) {
      for (const { source, letter } of reports) {
        const s = this.index.source.get(source);
        reporting[s] = true;
        letters[s] ??= letter;
      }
    }
    return { letters, reporting };
  }

  /** Everything about a setting that does not depend on given and do. */
  at(settings) {
    const judged = this.judgementsAt(settings.overrides);
    const window = this.windowAt(settings);
    const { letters, reporting } = this.lettersOf(judged);
    // A source without reports says nothing: any reliability does.
    const reliability = letters.map((letter) => (letter ? judged.reliability[letter] : EVEN));
    const families = this.familiesAt(judged, window);
    this.prior.solve(families, reliability);
    const asOf = window.as_of;
    const hasCome = (day) => day === null || asOf === null || day <= asOf;
    return { settings, judged, window, families, reporting, reliability, hasCome };
  }

  /** The reports that count: of each source on each fact the latest one made so far. */
  counted({ judged, hasCome }) {
    const counted = [];
    judged.facts.forEach((fact, f) => {
      const latest = new Map();
      for (const report of fact.reports) {
        if (!hasCome(report.day)) continue;
        const other = latest.get(report.source);
        if (!other || (other.day ?? "") <= (report.day ?? "")) latest.set(report.source, report);
      }
      const { id } = this.compiled.facts[f];
      for (const [source, report] of latest) {
        counted.push(
          new CountedReport(
            f,
            this.index.source.get(source),
            this.index.pair.get(`${id} ${source}`),
            report,
            this.prior.marginals[this.index.events + f],
            judged.credibility,
            this.compiled.scales,
          ),
        );
      }
    });
    return counted;
  }

  /** What counts as evidence: statements on events, observed facts, reports. */
  findings(state, cut = new Set()) {
    const { judged, hasCome } = state;
    const { compiled, index, prior } = this;
    const statements = [];
    compiled.events.forEach((event, k) => {
      if (cut.has(k)) return;
      const settled = event.settled && hasCome(event.settled.day);
      if (settled) {
        const happened = Number(event.settled.happened);
        statements.push({ event: k, no: 1 - happened, yes: happened, settled: event.settled });
      } else if (judged.now[k]) {
        const p0 = prior.marginals[k];
        if (p0 === 0 || p0 === 1) {
          throw new Impossible(
            `events.${event.id}.now: the network makes its probability exactly ${p0}`,
          );
        }
        const c = expected(judged.now[k].median, judged.now[k].sd);
        statements.push({ event: k, no: (1 - c) / (1 - p0), yes: c / p0, settled: null });
      }
    });
    const kept = index.bearsOn.map((events) => !events.some((k) => cut.has(k)));
    const observed = [];
    judged.facts.forEach(({ status }, f) => {
      if (kept[f] && (status === "confirmed" || status === "absent")) {
        if (hasCome(compiled.facts[f].day)) observed.push({ fact: f, seen: status === "confirmed" });
      }
    });
    const reports = this.counted(state).filter((report) => kept[report.fact]);
    return { statements, observed, reports };
  }

  /** Each source's kappa: the prior probability of its reports if it is sound. */
  bundles(reports) {
    const { index, circuit, prior } = this;
    const kappa = new Float64Array(this.compiled.sources.length).fill(1);
    const bySource = kappa.reduce((lists) => [...lists, []], []);
    for (const report of reports) bySource[report.source].push(report);
    let tables = null;
    bySource.forEach((bundle, s) => {
      // A single report has prior mean 1 by construction, unless it could not have been made.
      if (bundle.length === 1 && bundle[0].mean === 0) kappa[s] = 0;
      if (bundle.length < 2) return;
      tables ??= new Float64Array(circuit.size);
      tables.set(prior.tables);
      tables[index.soundness(s)] = 0;
      tables[index.soundness(s) + 1] = 1;
      for (const report of bundle) report.write(tables);
      kappa[s] = Math.exp(circuit.evaluate(tables));
    });
    return kappa;
  }

  /** Put evidence, what is given and what is made so into the prior tables. */
  write(tables, { statements, observed, reports }, kappa, given, made) {
    const { index, prior } = this;
    tables.set(prior.tables);
    for (const { event, no, yes } of statements) {
      tables[index.finding(event)] = no;
      tables[index.finding(event) + 1] = yes;
    }
    for (const { fact, seen } of observed) {
      tables[index.finding(index.events + fact)] = seen ? 0 : 1;
      tables[index.finding(index.events + fact) + 1] = seen ? 1 : 0;
    }
    kappa.forEach((chance, s) => {
      tables[index.soundness(s)] *= chance;
    });
    for (const report of reports) report.write(tables);
    for (const [k, yes] of made) {
      const start = index.offsets[k];
      const end = start + 2 ** index.scopes[k].length;
      for (let cell = start; cell < end; cell += 2) {
        tables[cell] = yes ? 0 : 1;
        tables[cell + 1] = yes ? 1 : 0;
      }
    }
    for (const [k, yes] of given) tables[index.finding(k) + (yes ? 0 : 1)] = 0;
  }

  /** Events of a setting by their number; refuses to make so what cannot be. */
  query({ given = {}, do: made = {} }) {
    const { compiled, index } = this;
    const numbered = (setting) =>
      Object.entries(setting).map(([name, yes]) => {
        if (!index.event.has(name)) throw new RangeError(`no such event: ${name}`);
        return [index.event.get(name), yes];
      });
    for (const [name, yes] of Object.entries(made)) {
      const condition = compiled.events[index.event.get(name)]?.given;
      if (condition && !(condition in made)) {
        throw new Impossible(`${name} cannot be made so unless ${condition} is set too`);
      }
      if (condition && yes && !made[condition]) {
        throw new Impossible(`${name} cannot happen without ${condition}`);
      }
    }
    return [numbered(given), numbered(made)];
  }

  /** Put a setting's evidence into `this.tables` and give all that was needed for it. */
  prepare(settings) {
    const state = this.at(settings);
    const [given, made] = this.query(settings);
    const cut = made.length ? this.index.descendants(made.map(([k]) => k)) : new Set();
    const findings = this.findings(state, cut);
    const kappa = this.bundles(findings.reports);
    this.write(this.tables, findings, kappa, given, made);
    return { ...state, given, made, findings, kappa };
  }

  solve(settings) {
    const { compiled, index, circuit, tables, belief } = this;
    let state;
    let problem = null;
    try {
      state = this.prepare(settings);
    } catch (error) {
      if (!(error instanceof Impossible)) throw error;
      problem = error.message;
    }
    const logEvidence = problem ? -Infinity : circuit.evaluate(tables, belief);
    if (logEvidence === -Infinity) problem ??= "the evidence is impossible";
    const after = (v) => (problem ? NaN : marginal(belief, index, v));
    const before = (v) => (this.prior.known ? this.prior.marginals[v] : NaN);
    const named = (list, f) => Object.fromEntries(list.map((one, i) => [one.id, f(i)]));
    const { events, facts, sources, scenarios } = compiled;
    const reporting = sources.filter((_, s) => state?.reporting[s] ?? true);
    return {
      prior: named(events, before),
      posterior: named(events, after),
      priorFacts: named(facts, (f) => before(index.events + f)),
      facts: named(facts, (f) => after(index.events + f)),
      soundness: Object.fromEntries(
        reporting.map(({ id }) => {
          const start = index.soundness(index.source.get(id));
          return [id, problem ? NaN : belief[start + 1] / (belief[start] + belief[start + 1])];
        }),
      ),
      logEvidence,
      scenarios: named(scenarios, (i) => (problem ? NaN : this.joint(tables, i, logEvidence))),
      scenariosPrior: named(scenarios, (i) =>
        this.prior.known ? this.joint(this.prior.tables, i, 0) : NaN,
      ),
      impossible: problem !== null,
      problem,
    };
  }

  /** The probability that a named combination of events comes about. */
  joint(tables, scenario, logZ) {
    const { index, circuit } = this;
    const together = tables.slice();
    for (const [name, yes] of Object.entries(this.compiled.scenarios[scenario].closed)) {
      together[index.finding(index.event.get(name)) + (yes ? 0 : 1)] = 0;
    }
    return Math.exp(circuit.evaluate(together) - logZ);
  }
}

const EVEN = { median: 0, sd: 0 };
