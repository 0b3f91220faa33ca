/**
 * A Program, and the numbers at its places, come in; tables with the evidence in them go out
 * (run.py).
 *
 * From move to move most stays as it is: a node whose parts are as before is left alone, and where
 * it is solved anew it starts from what it was.
 */

import { Answered, Curve, Prior } from "./amounts.js";
import { CERTAIN, Mixture, equal, exactly, meanLogOdds, means } from "./judgement.js";
import { Impossible } from "./places.js";
import { calibrated } from "./shares.js";
import { others } from "./supposed.js";

/** Relative difference that rounding alone makes between two sweeps over the same numbers. */
const ROUNDING = 1e-14;

const near = (rows, others) =>
  rows.every((chance, i) => Math.abs(chance - others[i]) <= ROUNDING * others[i]);

// The reliability of a source that no longer reports: any number does.
const EVEN = exactly(0);

const NONE = new Set();
const SURELY = [1]; // the one row of a node that hangs on nothing

/** First cells of the rows of a node's table where its condition holds. */
function openRows({ scope, states, condition, at }, nodes) {
  const above = scope.slice(0, -1).map((v) => nodes[v].states);
  const height = above.reduce((product, count) => product * count, 1);
  const every = Int32Array.from({ length: height }, (_, row) => at + row * states);
  if (!condition) return every;
  const [variable, held] = condition; // the first one in the scope, so it changes slowest
  return every.filter((_, row) => held.includes(Math.floor((row * nodes[variable].states) / height)));
}

export class Runner {
  constructor({ program, events, facts }, circuit) {
    Object.assign(this, { program, events, circuit });
    this.days = [...events.map(({ settled }) => settled?.day), ...facts.map(({ day }) => day)];
    const { nodes } = program;
    this.tables = new Float64Array(circuit.size).fill(1); // expected ones, before any evidence
    this.belief = new Float64Array(circuit.size);
    this.scratch = new Float64Array(circuit.size);
    this.shares = new Float64Array(circuit.size); // priors, in the cells of what is found
    this.ends = [nodes[0].finding]; // where those of one node end, and of the next begin
    for (const { finding, states } of nodes) this.ends.push(finding + states);
    this.rows = nodes.map((node) => openRows(node, nodes));
    // Nodes without an intercept to solve for come first, then the others by what they hang on.
    this.levels = [];
    nodes.forEach(({ bases, level }, k) => (this.levels[bases.length ? level : 0] ??= []).push(k));
    this.lastKappa = [];
    this.known = false;
  }

  /** Nodes not solved yet have even rows, without their condition no: below, they sum out. */
  forget() {
    this.kept = this.program.nodes.map(() => null);
    this.program.nodes.forEach(({ states, condition }, k) => {
      const [at, end] = this.cellsOf(k);
      for (let cell = at; condition && cell < end; cell++) {
        this.tables[cell] = Number((cell - at) % states === 0);
      }
      for (const cell of this.rows[k]) this.tables.fill(1 / states, cell, cell + states);
    });
  }

  /**
   * Find what follows from judgements before any evidence: intercepts, tables, prior marginals.
   *
   * @param {{x: Judgement[], reliable: (Judgement|undefined)[]}} state
   */
  settle({ x, reliable }) {
    const { program, tables, belief, circuit } = this;
    if (!this.known) this.forget();
    let stale = !this.known;
    let swept = false;
    this.known = false; // unless it comes to its end
    program.sources.forEach(({ at }, s) => {
      const [no, yes] = means(reliable[s] ?? EVEN);
      stale ||= tables[at] !== no || tables[at + 1] !== yes;
      [tables[at], tables[at + 1]] = [no, yes];
    });
    this.levels.forEach((level, depth) => {
      if (depth && stale) {
        circuit.evaluate(tables, belief);
        [stale, swept] = [false, true];
      }
      for (const k of level) stale = this.solve(k, x, swept) || stale;
    });
    if (stale) circuit.evaluate(tables, belief);
    if (stale || swept) {
      const { shares, ends } = this;
      for (let k = 0, cell = ends[0]; k < program.nodes.length; k++) {
        let total = belief[cell];
        for (let at = cell + 1; at < ends[k + 1]; at++) total += belief[at];
        for (; cell < ends[k + 1]; cell++) shares[cell] = belief[cell] / (total || 1);
      }
    }
    program.nodes.forEach(({ condition }, k) => {
      if (condition && this.chance(...condition) === 0) throw this.dead(k);
    });
    this.refuseLeftOut(belief);
    this.known = true;
  }

  /**
   * Refuse what needs rows that tables leave out (left_out.py).
   *
   * @param {Float64Array} belief before any evidence
   * @param {Set<number>} made nodes whose rows do not count, as they are made so
   */
  refuseLeftOut(belief, made = NONE) {
    for (const [k, rows] of Object.entries(this.program.left_out ?? {})) {
      const { states } = this.program.nodes[k];
      for (const [row, numbers] of Object.entries(rows)) {
        const due = numbers.some((number) => {
          const first = this.rows[k][number];
          return belief.slice(first, first + states).some((chance) => chance > 0);
        });
        if (due && !made.has(Number(k))) {
          throw new Impossible(`events.${this.events[k].id}.table: the row "${row}" is left out`);
        }
      }
    }
  }

  /** Prior probabilities of no and of yes: neither is 1 less the other, rounded. */
  noAndYes(k) {
    const { finding } = this.program.nodes[k];
    return [this.shares[finding], this.shares[finding + 1]];
  }

  /** First cell of a node's table, and the first after it. */
  cellsOf(k) {
    const { at, scope } = this.program.nodes[k];
    return [at, scope.reduce((size, v) => size * this.program.nodes[v].states, 1) + at];
  }

  /** The prior probability that a node is in one of some states. */
  chance(k, states) {
    const { finding } = this.program.nodes[k];
    let sum = 0;
    for (let i = 0; i < states.length; i++) sum += this.shares[finding + states[i]];
    return sum;
  }

  /** Solve a node for its intercepts and write its expected table; tells whether it has changed. */
  solve(k, x, swept) {
    const { bases, level, family, restated, rows: stated } = this.program.nodes[k];
    const last = this.kept[k];
    const rows = restated?.params.some((place) => x[place]) ? restated : stated;
    const same =
      rows === last?.rows &&
      rows.params.every((place, i) => equal(x[place], last.own[i])) &&
      (family !== "ordered" || bases.every((place, i) => equal(x[place], last.points[i])));
    let shares = null;
    if (bases.length && level > 0) {
      shares = swept || !last ? this.sharesOf(k) : last.shares;
      if (same && near(shares, last.shares)) return false;
    } else if (same) return false;
    const own = rows.params.map((place) => x[place]);
    if (own.includes(null)) throw new RangeError("if_yes and if_no go together");
    const kept = { rows, own, shares };
    if (family === "logit") this.solveYesNo(k, x, kept, same, last);
    else if (family === "ordered") this.solveSteps(k, x, kept, same, last);
    else this.solveShares(k, x, kept, same, last);
    this.kept[k] = kept;
    return true;
  }

  solveYesNo(k, x, kept, same, last) {
    const { bases } = this.program.nodes[k];
    const { rows, own, shares } = kept;
    const mixture = same ? last.mixture : this.mixtureOf(rows, own, last?.mixture);
    let b = bases.length ? x[bases[0]].median : 0;
    if (shares) b = mixture.calibrate(meanLogOdds(x[bases[0]]), shares, last?.b);
    else mixture.moveTo(b);
    Object.assign(kept, { mixture, b });
    const cells = this.rows[k];
    const { no, yes } = mixture;
    for (let r = 0; r < cells.length; r++) {
      this.tables[cells[r]] = no[r];
      this.tables[cells[r] + 1] = yes[r];
    }
  }

  /** Solve ordered states: every step as if it were a yes or no, and each state is between two. */
  solveSteps(k, x, kept, same, last) {
    const { bases, curve } = this.program.nodes[k];
    const { rows, own, shares } = kept;
    const mixture = same ? last.mixture : this.mixtureOf(rows, own, last?.mixture);
    const points = bases.map((place) => x[place]);
    const medians = points.map(({ median }) => median);
    const goals = curve ? oddsAbove(curve, medians) : inOrder(medians);
    const cells = this.rows[k];
    let below = null;
    const b = goals.map((goal, t) => {
      const intercept = mixture.calibrate(goal, shares ?? SURELY, last?.b[t]);
      const { no, yes } = mixture;
      for (let r = 0; r < cells.length; r++) {
        const cell = cells[r] + t;
        this.tables[cell] = t ? between(below.no[r], below.yes[r], no[r], yes[r]) : no[r];
        this.tables[cell + 1] = yes[r];
      }
      below = { no: no.slice(), yes: yes.slice() };
      return intercept;
    });
    Object.assign(kept, { mixture, b, points });
  }

  /** Solve unordered states: all shares at once; where nothing is shared, rows are their means. */
  solveShares(k, x, kept, same, last) {
    const { bases, states } = this.program.nodes[k];
    const { rows, own, shares } = kept;
    const { offsets, spreads, each } = same ? last : termsOf(rows, own, states);
    Object.assign(kept, { offsets, spreads, each, b: null });
    let found;
    if (shares) {
      const goals = bases.map((place) => means(x[place])[1]);
      const weights = new Float64Array(offsets.length / states);
      each.forEach((first, r) => (weights[first] += shares[r]));
      found = new Float64Array(offsets.length);
      kept.b = calibrated(goals, weights, offsets, spreads, last?.b, found);
    } else {
      found = this.meansOf(this.program.nodes[k], kept);
    }
    this.rows[k].forEach((cell, r) => {
      const first = (shares ? each[r] : r) * states;
      for (let s = 0; s < states; s++) this.tables[cell + s] = found[first + s];
    });
  }

  /** The means of all states in every row of a node that hangs on nothing, or is stated outright. */
  meansOf({ bases, states }, { rows: { push }, own }) {
    const stated = push && !bases.length ? push.map((row) => own[row.indexOf(1)]) : own;
    const flat = Float64Array.from(stated, (one) => means(one)[1]);
    for (let first = 0; first < flat.length; first += states) {
      const row = flat.subarray(first, first + states);
      const sum = row.reduce((a, b) => a + b);
      for (let s = 0; s < states; s++) row[s] /= sum;
    }
    return flat;
  }

  /** Medians of all states in every row of a node, in logs; they give the rows' means. */
  mediansOf(k) {
    const { states } = this.program.nodes[k];
    const kept = this.kept[k];
    if (kept.b) {
      return Float64Array.from({ length: kept.each.length * states }, (_, i) => {
        const s = i % states;
        return kept.b[s] + kept.offsets[kept.each[(i - s) / states] * states + s];
      });
    }
    const found = this.meansOf(this.program.nodes[k], kept);
    const even = new Float64Array(states);
    kept.each.forEach((which, r) => {
      const row = found.subarray(r * states, (r + 1) * states);
      const spreads = kept.spreads.subarray(which * states, (which + 1) * states);
      row.set(calibrated(row, SURELY, even, spreads));
    });
    return found;
  }

  mixtureOf(rows, own, last) {
    const terms = termsOf(rows, own, 1);
    const { each } = terms;
    const [offsets, spreads] = [terms.offsets, terms.spreads].map((all) =>
      Float64Array.from(each, (n) => all[n]),
    );
    const same = (list, others) =>
      list.length === others.length && list.every((v, i) => v === others[i]);
    const kept = last && same(offsets, last.offsets) && same(spreads, last.spreads);
    return kept ? last : new Mixture(offsets, spreads, each); // only its base rate moved
  }

  /** The prior of each row of a node's table, given its condition. */
  sharesOf(k) {
    const { states } = this.program.nodes[k];
    const rows = this.rows[k];
    const shares = []; // no typed array: so many are made at every move
    let sum = 0;
    for (let r = 0; r < rows.length; r++) {
      let share = this.belief[rows[r]];
      for (let s = 1; s < states; s++) share += this.belief[rows[r] + s];
      shares.push(share);
      sum += share;
    }
    if (sum === 0) throw this.dead(k);
    for (let r = 0; r < shares.length; r++) shares[r] /= sum;
    return shares;
  }

  /**
   * What is known of a quantity, to ask of any amount.
   *
   * @param {Float64Array[]} beliefs of all cells, before the evidence and after it
   * @returns {Answered[]} one of each
   */
  answered(k, beliefs) {
    const { levels, split } = this.program.nodes[k].curve;
    const { mixture, points, b } = this.kept[k];
    const joints = beliefs.map((belief) => belief.slice(...this.cellsOf(k)));
    const weights = Array.from(this.rows[k], (_, r) => {
      const row = joints[0].subarray(r * (b.length + 1), (r + 1) * (b.length + 1));
      return row.reduce((sum, one) => sum + one, 0);
    });
    const stated = { levels, split, points: points.map(({ median }) => median) };
    const prior = new Prior(stated, weights, mixture.offsets, mixture.spreads, mixture.each);
    return joints.map((joint) => new Answered(prior, b, joint));
  }

  dead(k) {
    const { id, given } = this.events[k];
    return new Impossible(`events.${id}: its condition ${given} has probability 0`);
  }

  /**
   * List what counts as evidence, what each item is, and what it writes into which cells.
   *
   * @param {Set<number>} cut nodes of which nothing counts, as they are made so or follow from that
   * @returns {{node: number, kind: string, cells: number[][], day: ?string, source: ?number}[]}
   */
  evidence({ window, x, seen, reports }, cut = NONE) {
    const { nodes, now } = this.program;
    const found = [];
    const find = (kind, node, chances) => {
      const { finding } = nodes[node];
      const cells = chances.map((chance, state) => [finding + state, chance]);
      found.push({ node, kind, day: kind === "now" ? null : this.days[node], cells });
    };
    const surely = (node, state) => {
      const chances = Array(nodes[node].states).fill(0);
      chances[Number(state)] = 1;
      return chances;
    };
    now.forEach((held, k) => {
      const state = window.settled[k];
      if (cut.has(k) || (state === undefined && !held.some(([place]) => x[place]))) return;
      if (state !== undefined) find(this.kindSettled(k, state), k, surely(k, state));
      else find("now", k, this.statement(k, x));
    });
    for (const k of window.come) {
      if (k in seen && !cut.has(k)) find("seen", k, surely(k, seen[k]));
    }
    for (const report of reports) {
      if (!cut.has(report.node)) found.push({ ...report, kind: "report", ...this.told(report, x) });
    }
    return found;
  }

  /** How it is said that an event is settled. */
  kindSettled(k, state) {
    if (this.events[k].states) return "settled";
    return Number(state) ? "happened" : "ruled out";
  }

  /** What is held now of an event, taken alone, as a likelihood of prior mean 1, by state. */
  statement(k, x) {
    const { states } = this.program.nodes[k];
    const held = this.program.now[k].filter(([place]) => x[place]);
    const sets = held.map(([, some]) => some);
    const stated = held.map(([place]) => means(x[place])[1]);
    const left = others(states, sets.flat());
    if (left.length) {
      const sum = stated.reduce((a, b) => a + b);
      sets.push(left);
      stated.push(held.length === 1 ? means(x[held[0][0]])[0] : Math.max(1 - sum, 0));
    }
    const before = sets.map((some) => this.chance(k, some));
    if (Math.min(...before) < CERTAIN) {
      const at = sets.length === 2 ? 0 : before.indexOf(Math.min(...before));
      throw this.sureAnyway(k, sets[at], before[at]);
    }
    const cells = Array(states).fill(1);
    sets.forEach((some, i) => some.forEach((s) => (cells[s] = stated[i] / before[i])));
    return cells;
  }

  /** Of what could not go either way: a set of states of an event, and its probability. */
  sureAnyway(k, some, chance) {
    const { id, states, cuts } = this.events[k];
    const cut = cuts?.find((one) => `${one.states}` === `${some}`);
    const single = some.map((s) => `${id}.${states?.[s].id}`);
    const whose = some.length > 1 && cut ? cut.name : single.join(" or ");
    const told = states ? `the probability of ${whose}` : "its probability";
    const sure = `the network makes ${told} exactly ${Math.round(chance)}`;
    return new Impossible(`events.${id}.now: ${sure}`);
  }

  /** What a sound source's report tells of its fact: by what its expert stated, or by its digit. */
  told({ node, at, says, pair, digit }, x) {
    const [pNo, pYes] = this.noAndYes(node);
    const odds = this.strength(digit, pNo, pYes, x);
    const judged = pair.every((place) => x[place]) ? pair.map((place) => x[place]) : null;
    const [no, yes] = judged
      ? judged.map((one) => means(one)[Number(says)])
      : [says ? 1 : odds, says ? odds : 1];
    const mean = pNo * no + pYes * yes;
    // What could not have been reported is impossible, sound source or not.
    const cells = [
      [at + 1, mean && no / mean],
      [at + 3, mean && yes / mean],
    ];
    return { no, yes, mean, judged, cells };
  }

  /** The odds by which a sound report of a digit supports what it says. */
  strength(digit, pNo, pYes, x) {
    const { digits, never_supports: never } = this.program;
    const rare = Math.min(pNo, pYes);
    if (!(digit in digits) || rare < CERTAIN) return 1;
    const strength = (Math.exp(x[digits[digit]].median) * Math.max(pNo, pYes)) / rare;
    return never.includes(digit) ? Math.min(1, strength) : strength;
  }

  /** Each source's kappa: the prior probability of its reports if it is sound. */
  kappa(found) {
    const own = this.program.sources.map(() => []);
    for (const one of found) own[one.source]?.push(one);
    return own.map((reports, s) => {
      // A single report has prior mean 1 by construction, unless it could not have been made.
      if (reports.length < 2) return reports.some(({ mean }) => mean === 0) ? 0 : 1;
      const last = this.lastKappa[s];
      const same = last?.reports.length === reports.length;
      if (!same || reports.some((one, i) => one !== last.reports[i])) {
        this.lastKappa[s] = { reports, kappa: this.chanceOf(reports, this.program.sources[s]) };
      }
      return this.lastKappa[s].kappa;
    });
  }

  chanceOf(reports, { at }) {
    const { tables, scratch, circuit } = this;
    scratch.set(tables);
    [scratch[at], scratch[at + 1]] = [0, 1];
    for (const { cells } of reports) for (const [cell, value] of cells) scratch[cell] = value;
    return Math.exp(circuit.evaluate(scratch));
  }

  /** Put what is found, given or made so into the expected tables. */
  write(into, found, kappa) {
    into.set(this.tables);
    for (const { cells } of found) for (const [cell, value] of cells) into[cell] = value;
    this.program.sources.forEach(({ at }, s) => {
      into[at] *= kappa[s];
    });
  }
}

/** The log-odds that an amount lies above each border between cells. */
function oddsAbove({ levels, split, borders }, points) {
  if (points.some((point, i) => point <= points[i - 1])) {
    throw new Impossible("the points of an amount must ascend");
  }
  const curve = new Curve({ levels, points, split });
  return borders.map((border) => curve.logOddsAbove(border));
}

/** Steps as they are, or where one was moved above the one before it, as high as that. */
function inOrder(steps) {
  let least = Infinity;
  return steps.map((step) => (least = Math.min(least, step)));
}

/** How much lies between two steps, from the side with less; moved out of order, nothing. */
export function between(lowNo, lowYes, no, yes) {
  return Math.max(lowYes < no ? lowYes - yes : no - lowNo, 0);
}

const patterns = new WeakMap(); // of rows as they are stated

/** Rows that hang on the same numbers in the same way are one row; `each` says which. */
function patternOf(rows, states) {
  if (patterns.has(rows)) return patterns.get(rows);
  const { params, push, pull } = rows;
  const found = { push: push && [], pull: pull && [] };
  const number = new Map();
  found.each = Array.from({ length: (push ?? params).length / states }, (_, r) => {
    const [pushed, pulled] = [push, pull].map((all) => all?.slice(r * states, (r + 1) * states));
    const key = push ? `${pushed} ${pulled}` : r; // without them all numbers are a row's own
    if (!number.has(key)) {
      number.set(key, number.size);
      found.push?.push(...pushed);
      found.pull?.push(...pulled);
    }
    return number.get(key);
  });
  patterns.set(rows, found);
  return found;
}

/** Log-odds of rows apart from their intercepts, with their spreads; `each` row is one of them. */
function termsOf(rows, own, states) {
  const { push, pull, each } = patternOf(rows, states);
  const offset = (row) => row.reduce((sum, sign, i) => (sign ? sum + sign * own[i].median : sum), 0);
  const spread = (row) => Math.hypot(...row.map((sign, i) => sign && own[i].sd));
  return {
    offsets: Float64Array.from(push ?? own, push ? offset : ({ median }) => median),
    spreads: Float64Array.from(pull ?? own, pull ? spread : ({ sd }) => sd),
    each,
  };
}
