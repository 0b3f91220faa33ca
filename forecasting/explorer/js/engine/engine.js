/**
 * A compiled case and settings go in; exact probabilities, bands, weights of evidence and tipping
 * points come out.
 *
 * The compiled case is what `model.py` makes of a case: the Plan of its circuit, its judgements and
 * its evidence. What Python computes with it, step by step, is computed here in the same steps, so
 * that a page can move any number of the case and show the answer in the same frame.
 */

import { DECIBANS, Z90, expected, learned, learning, logit, sigmoid } from "./judgement.js";
import { BatchCircuit, Circuit, LANES } from "./circuit.js";
import { EvenDraws, quantiles } from "./sobol.js";
import { judgement, judgementsOf, readOverride } from "./overlay.js";
import { Index, Network, marginal, possible } from "./network.js";

// Sliders run this far, and further where a judgement of the case does: twice as far as what is
// called decisive, and not past 1 where a factor is stated as one that raises or lowers.
const PROBABILITY_RANGE = [0.001, 0.999];
const ODDS_RANGE = [1 / 30, 30];
const PUSH_RANGE = [1, 30];

// Points at which a slider is tried for a change of word, half a unit of log-odds apart on most,
// and how near such a change is then found.
const GRID = 29;
const TOLERANCE = 1e-9;

/**
 * Make an engine for a compiled case.
 *
 * Where settings are impossible, `solve` gives NaN for what has no answer, and `problem` says why;
 * a band then has no ends, and there are no weights. Settings that are wrong in form throw a
 * RangeError. `bandSteps` and `tipSteps` compute the same as `band` and `tip` a millisecond or so
 * at a time: each `next()` gives the share that is done, the last one the result.
 *
 * @param {object} compiled what `forecasting.explorer.model.compiled` gives
 */
export function engine(compiled) {
  const index = new Index(compiled);
  const circuit = new Circuit(compiled.plan);
  const own = judgementsOf(compiled);
  const even = new EvenDraws(compiled.sobol);
  const main = new Solver(compiled, index, circuit, own, even);
  // Tipping points try far settings: what the main solver has at hand stays as it is.
  const side = new Solver(compiled, index, circuit, own, even);
  return {
    /**
     * @param {Settings} settings
     * @returns {{prior: object, posterior: object, priorFacts: object, facts: object,
     *   soundness: object, logEvidence: number, scenarios: object, scenariosPrior: object,
     *   impossible: boolean, problem: ?string}} probabilities by name
     */
    solve: (settings = {}) => main.solve(settings),

    /** @returns {{low: object, high: object, mean: object, draws: number}} 90% bands */
    band: (settings = {}, draws) => finished(main.bandSteps(settings, draws)),
    bandSteps: (settings = {}, draws) => main.bandSteps(settings, draws),

    /** @returns {Array<{kind: string, item: string, title: string, date: ?string,
     *   before: number, after: number, decibans: number}>} in the order of dates */
    weights: (settings, outcome) => main.weights(settings, outcome),

    /** Decibans of a fact as if it were all the evidence; 0 if it is no evidence yet. */
    alone: (settings, fact, event) => main.alone(settings, fact, event),

    /** The same, if no report of its sources could be more credible. */
    ceiling: (settings, fact, event) => main.alone(settings, fact, event, true),

    /** @returns {Array<{at: number, from: string, to: string, p: number}>} along the slider */
    tip: (settings, path, outcome) => finished(side.tipSteps(settings, path, outcome)),
    tipSteps: (settings, path, outcome) => side.tipSteps(settings, path, outcome),

    /** Judgements that a slider can move, at the case's own values; its ends on the log scale. */
    inputs: () => main.inputs(),

    /** The base rate of an event for a window: `{median, sd}` in log-odds; null if it has none. */
    baseRate: (settings, event) => main.baseRateAt(settings, event),

    /** The estimative word for a probability. */
    word: (p) => wordFor(p, compiled.lexicon),
  };
}

/** Explains one setting after another, and draws its bands. */
class Solver extends Network {
  constructor(compiled, index, circuit, own, even) {
    super(compiled, index, circuit, own);
    this.even = even;
    this.boundaries = boundariesOf(compiled.lexicon);
    this.ways = new Map();
    this.lastLearned = [];
    this.columns = []; // kept from move to move, as the rest of what is this large
  }

  /** Which variable, and which uncertain number, of a setting is which dimension of the draws. */
  dimensions({ families, judged, reporting }) {
    let next = this.index.nodes;
    // A source that no longer reports takes any: it is in no world of the case.
    const variable = Array.from({ length: next }, (_, v) => v);
    reporting.forEach((reports) => variable.push(reports ? next++ : 0));
    const family = families.map(({ parameters }) => (next += parameters) - parameters);
    const source = reporting.map((reports) => (reports ? next++ : -1));
    const pair = new Map();
    judged.facts.forEach((fact, f) => {
      for (const name of new Set(fact.reports.map((report) => report.source))) {
        pair.set(`${f} ${this.index.source.get(name)}`, next);
        next += 2;
      }
    });
    return { variable, family, source, pair };
  }

  /**
   * Draw all uncertain numbers in the light of the evidence, and solve for each draw, a few draws
   * at a step. Where every number is known there are no draws, and the band is the answer itself.
   */
  *bandSteps(settings, draws = this.compiled.sobol.draws) {
    const { compiled, index, circuit } = this;
    const state = possible(() => this.prepare(settings));
    if (state === null || circuit.evaluate(this.tables, this.belief) === -Infinity) {
      return { low: {}, high: {}, mean: {}, draws: 0 };
    }
    const named = (f) => Object.fromEntries([...index.event].map(([name, k]) => [name, f(k)]));
    if (!this.isUncertain(state)) {
      const own = named((k) => this.posteriorOf(this.belief, k));
      return { low: own, high: own, mean: own, draws: 0 };
    }
    const batch = new BatchCircuit(circuit);
    const way = this.wayTo(0, index.events);
    for (let i = 0; i < circuit.size; i++) {
      batch.tables.fill(this.tables[i], i * LANES, (i + 1) * LANES);
    }
    const drawn = Math.ceil(draws / LANES) * LANES; // whole blocks; what is too many is left out
    const writers = yield* this.writersOfDraws(state, this.tables, batch.tables, drawn);
    const belief = new Float64Array(way.cells.length * LANES);
    const logZ = new Float64Array(LANES);
    const allChances = Array.from({ length: index.events }, () => new Float64Array(drawn));
    for (let first = 0; first < drawn; first += LANES) {
      for (const write of writers) write(first);
      batch.evaluate(way, logZ, belief);
      readChances(belief, allChances, first);
      yield (first + LANES) / drawn;
    }
    const chances = allChances.map((values) => values.subarray(0, draws));
    const ends = chances.map((values) => quantiles(values, compiled.sobol.band));
    return {
      low: named((k) => ends[k][0]),
      high: named((k) => ends[k][1]),
      mean: named((k) => chances[k].reduce((sum, chance) => sum + chance, 0) / draws),
      draws,
    };
  }

  /** Whether any number that counts in a setting has a range. */
  isUncertain({ families, reliability, findings, made }) {
    const fixed = new Set(made.map(([k]) => k));
    const counted = new Set(findings.reports.map(({ source }) => source));
    return (
      families.some(({ spread }, k) => !fixed.has(k) && spread.some((sd) => sd > 0)) ||
      reliability.some(({ sd }, s) => counted.has(s) && sd > 0) ||
      findings.reports.some(({ report }) => report.hit && (report.hit.sd > 0 || report.false.sd > 0))
    );
  }

  /**
   * Find what was learned of each number, a node at a step, and list what writes the drawn cells of
   * a block of draws, given the first of them.
   *
   * @param {Float64Array} expectedTables with the evidence in them, from which worlds are drawn
   */
  *writersOfDraws(state, expectedTables, tables, draws) {
    const { index, circuit, even } = this;
    const { families, reliability, findings, kappa, made } = state;
    const dimension = this.dimensions(state);
    const z = (d) => even.normal(d, draws);
    const uniform = dimension.variable.map((d) => even.uniform(d, draws));
    const worlds = circuit.worlds(expectedTables, uniform);
    const cellsFrom = (start) => worlds[circuit.makings.factor[start]];
    const fixed = new Set(made.map(([k]) => k));
    const writers = [];
    // Read now: between two steps a move may calibrate the network anew.
    const intercepts = this.prior.intercepts.slice();
    for (const [k, family] of families.entries()) {
      if (fixed.has(k) || !family.spread.some((sd) => sd > 0)) continue;
      yield 0;
      const intercept = intercepts[k];
      const own = this.learned(k, family, intercept, worlds[k], (i) => z(dimension.family[k] + i));
      writers.push((first) =>
        family.writeDrawn(intercept, own, first, tables, index.offsets[k]),
      );
    }
    reliability.forEach(({ median, sd }, s) => {
      if (!(sd > 0)) return;
      const start = index.soundness(s);
      const cells = cellsFrom(start);
      const places = [false, true].map((sound) => learning(median, sd, sound));
      const own = z(dimension.source[s]).map((one, j) => learned(places[cells[j]], one));
      writers.push((first) => {
        for (let lane = 0; lane < LANES; lane++) {
          const x = median + sd * own[first + lane];
          tables[start * LANES + lane] = sigmoid(-x) * kappa[s];
          tables[(start + 1) * LANES + lane] = sigmoid(x);
        }
      });
    });
    for (const report of findings.reports) {
      if (report.report.hit === null) continue;
      const d = dimension.pair.get(`${report.fact} ${report.source}`);
      const [zNo, zYes] = report.learn(cellsFrom(report.start), [z(d), z(d + 1)]);
      writers.push((first) => report.writeDrawn(zNo, zYes, first, tables));
    }
    return writers;
  }

  /** What was learned of the numbers of a node; a move leaves most nodes, and their worlds, alone. */
  learned(k, family, intercept, cells, z) {
    const first = z(0);
    const last = this.lastLearned[k];
    const same =
      last?.family === family &&
      last.intercept === intercept &&
      last.first === first &&
      last.cells.every((cell, j) => cell === cells[j]);
    if (!same) {
      const own = family.learn(intercept, cells, Array.from(family.loading[0], (_, i) => z(i)));
      this.lastLearned[k] = { family, intercept, first, cells, own };
    }
    return this.lastLearned[k].own;
  }

  /**
   * Weigh each item of evidence on an outcome, in the order of their dates: the weights sum to the
   * whole way from prior to posterior. What is made so comes first, what is given last.
   */
  weights(settings, outcome) {
    const { compiled, index } = this;
    const state = possible(() => this.prepare(settings));
    if (state === null) return [];
    const { findings, given, made } = state;
    const node = index.event.get(outcome);
    const items = this.itemsOf(findings);
    const kappa = new Float64Array(compiled.sources.length).fill(1);
    const counted = { statements: [], observed: [], reports: [] };
    const [isMade, isGiven] = [[], []];
    const rows = [];
    const step = (row) => {
      const column = (this.columns[rows.length] ??= new Float64Array(this.circuit.size));
      this.write(column, counted, kappa, isGiven, isMade);
      rows.push(row);
    };
    const supposed = (kind, [k]) => ({
      kind, item: compiled.events[k].id, title: compiled.events[k].title, date: null,
    });
    for (const one of made) {
      isMade.push(one);
      step(supposed("do", one));
    }
    for (const { row, statements, observed, reports } of items) {
      counted.statements.push(...statements);
      counted.observed.push(...observed);
      counted.reports.push(...reports);
      if (reports.length) {
        const touched = new Set(reports.map((report) => report.source));
        const shared = counted.reports.filter((report) => touched.has(report.source));
        const changed = this.bundles(shared);
        for (const source of touched) kappa[source] = changed[source];
      }
      step(row);
    }
    for (const one of given) {
      isGiven.push(one);
      step(supposed("given", one));
    }
    let before = this.prior.chances(node);
    return this.posteriorsOf(this.columns.slice(0, rows.length), node).map((after, i) => {
      const row = { ...rows[i], before: before[1], after: after[1], decibans: shift(before, after) };
      before = after;
      return row;
    });
  }

  /** List the items of evidence by the day since which all of each is known; undated ones first. */
  itemsOf({ statements, observed, reports }) {
    const { compiled } = this;
    const items = statements.map((statement) => {
      const { id, title } = compiled.events[statement.event];
      const { settled } = statement;
      const kind = !settled ? "now" : settled.happened ? "happened" : "ruled out";
      const row = { kind, item: id, title, date: settled?.day ?? null };
      return { row, statements: [statement], observed: [], reports: [] };
    });
    compiled.facts.forEach((fact, f) => {
      const seen = observed.filter((one) => one.fact === f);
      const told = reports.filter((one) => one.fact === f);
      if (!seen.length && !told.length) return;
      const days = [...seen.map(() => fact.day), ...told.map(({ report }) => report.day)];
      const date = days.reduce((a, b) => ((a ?? "") > (b ?? "") ? a : b)); // all of it is known
      const row = { kind: "fact", item: fact.id, title: fact.claim, date };
      items.push({ row, statements: [], observed: seen, reports: told });
    });
    const day = ({ row }) => row.date ?? "";
    return items.sort((a, b) => (day(a) < day(b) ? -1 : day(a) > day(b) ? 1 : 0));
  }

  /** P(no) and P(yes) of one event in each of several settings of the tables, in one batch. */
  posteriorsOf(columns, node) {
    const { circuit } = this;
    this.batch ??= new BatchCircuit(circuit);
    const { tables } = this.batch;
    const way = this.wayTo(node, node + 1);
    const logZ = new Float64Array(LANES);
    const belief = new Float64Array(2 * LANES);
    const result = [];
    for (let first = 0; first < columns.length; first += LANES) {
      for (let lane = 0; lane < LANES; lane++) {
        const column = columns[Math.min(first + lane, columns.length - 1)];
        for (let i = 0; i < circuit.size; i++) tables[i * LANES + lane] = column[i];
      }
      this.batch.evaluate(way, logZ, belief);
      for (let lane = 0; lane < LANES && first + lane < columns.length; lane++) {
        const both = logZ[lane] === -Infinity ? NaN : belief[lane] + belief[LANES + lane];
        result.push([belief[lane] / both, belief[LANES + lane] / both]);
      }
    }
    return result;
  }

  /** The way down to the findings on some events, one after the other; made once. */
  wayTo(first, end) {
    const key = `${first} ${end}`;
    if (!this.ways.has(key)) {
      const start = this.index.finding(first);
      const cells = Int32Array.from({ length: 2 * (end - first) }, (_, i) => start + i);
      this.ways.set(key, this.circuit.wayDown(cells));
    }
    return this.ways.get(key);
  }

  /**
   * The weight of a fact on an event as if it were all the evidence, in decibans.
   *
   * @param {boolean} perfect as if its sources, where they are sound, could not be wrong: each
   *   then says once what its reports together point to
   */
  alone(settings, factName, eventName, perfect = false) {
    const { index, circuit, prior, tables, belief } = this;
    const f = index.fact.get(factName);
    const node = index.event.get(eventName);
    const known = this.evidenceAt(settings);
    if (!known) return NaN;
    const { state, findings } = known;
    const observed = findings.observed.filter(({ fact }) => fact === f);
    const reports = findings.reports.filter(({ fact }) => fact === f);
    const counted = { statements: [], observed, reports };
    if (perfect && !observed.length) counted.reports = [];
    this.write(tables, counted, this.bundles(counted.reports), [], []);
    if (perfect && reports.length && !observed.length) {
      const cell = index.finding(index.events + f);
      const sound = reports.map(({ source }) => {
        const { median, sd } = state.reliability[source];
        return [expected(-median, sd), expected(median, sd)];
      });
      [tables[cell], tables[cell + 1]] = perfectLikelihood(reports, sound);
    }
    const impossible = circuit.evaluate(tables, belief) === -Infinity;
    if (impossible) return NaN;
    return shift(prior.chances(node), [0, 1].map((state) => marginal(belief, index, node, state)));
  }

  /** What counts as evidence under settings; null if it cannot be. Cards ask for it one by one. */
  evidenceAt({ overrides, as_of: asOf, by }) {
    return possible(() => {
      const state = this.at({ overrides, as_of: asOf, by });
      if (this.evidence?.state !== state) this.evidence = { state, findings: this.findings(state) };
      return this.evidence;
    });
  }

  /** The judgements that a slider can move, at the case's own values. */
  inputs() {
    const { compiled } = this;
    const window = this.windowAt({});
    return compiled.inputs.map((input) => {
      const { median, sd } = judgement(input.judgement ?? window.fitted[input.of]);
      const odds = input.kind === "odds";
      const shown = odds ? Math.exp : sigmoid;
      const half = Z90 * sd;
      const range = /\.(raises|lowers)$/.test(input.path) ? PUSH_RANGE : ODDS_RANGE;
      const [least, most] = odds ? range.map(Math.log) : PROBABILITY_RANGE.map(logit);
      const reach = Number.isFinite(median) ? [median - half, median + half] : [];
      return {
        ...input,
        median,
        sd,
        low: shown(median - half),
        best: shown(median),
        high: shown(median + half),
        least: Math.min(least, ...reach),
        most: Math.max(most, ...reach),
      };
    });
  }

  /**
   * Find where the word for an outcome changes as the centre of an input moves along its slider,
   * its range in log-odds kept.
   *
   * Every crossing of a boundary between two words that shows on a grid of `GRID` points is then
   * found to within rounding of what a slider can show.
   *
   * @returns {Generator} at the end a list of `{at, from, to, p}`, in the order of the slider:
   *   the centre, the words to its left and right, and the outcome's probability between them
   */
  *tipSteps(settings, path, outcome) {
    const input = this.inputs().find((one) => one.path === path);
    if (!input) throw new RangeError(`no such input: ${path}`);
    const node = this.index.event.get(outcome);
    const sign = path.endsWith(".lowers") ? -1 : 1;
    const stated = this.statedAt(settings, input);
    const f = (x) => {
      const moved = { path, judgement: { ...stated, median: sign * x, counts: null } };
      return this.logOdds(settings, node, moved);
    };
    const { least, most } = input;
    const grid = Array.from({ length: GRID }, (_, i) => least + ((most - least) * i) / (GRID - 1));
    const values = [];
    for (const x of grid) {
      values.push(f(x));
      yield values.length / (GRID + 1);
    }
    const tips = [];
    for (let i = 1; i < GRID; i++) {
      const [left, right] = [values[i - 1], values[i]];
      const crossed = this.boundaries.filter(
        ({ at }) => (left < at && at <= right) || (right < at && at <= left),
      );
      if (right < left) crossed.reverse();
      for (const { at, below, above } of crossed) {
        const x = yield* crossing(f, at, [grid[i - 1], left], [grid[i], right]);
        const [from, to] = left < right ? [below, above] : [above, below];
        tips.push({ at: x, from, to, p: sigmoid(at) });
      }
    }
    return tips;
  }

  /** What an input is under settings, as the network uses it. */
  statedAt(settings, { path, judgement: pair, of }) {
    const { overrides = {} } = settings;
    if (Object.hasOwn(overrides, path)) return readOverride(path, overrides[path]);
    const kept = judgement(pair ?? this.windowAt(settings).fitted[of]);
    if (!path.endsWith(".base_rate")) return kept;
    const { within } = this.compiled.events[this.index.event.get(of)].base_rate;
    return { ...kept, within: pair ? within : null };
  }
}

/** How far the log-odds lie apart, in decibans, of two pairs of P(no) and P(yes). */
function shift(before, after) {
  if (before[0] === after[0] && before[1] === after[1]) return 0;
  const logOdds = ([no, yes]) => Math.log(yes) - Math.log(no);
  return (logOdds(after) - logOdds(before)) * DECIBANS;
}

/** The likelihood of a fact, no and yes, were its reports what a sound source says of the truth only. */
function perfectLikelihood(reports, sound) {
  const product = (cell) => reports.reduce((all, report, i) => all * cell(report, sound[i]), 1);
  const [no, yes] = ["no", "yes"].map((side) =>
    product((report, [u, r]) => u + r * (report.mean ? report[side] / report.mean : 0)),
  );
  // Which way they point together; if no way, what most of them say.
  const votes = reports.reduce((sum, { report }) => sum + (report.says ? 1 : -1), 0);
  const [pNo, pYes] = reports[0].chances;
  const best = (yes - no || votes) >= 0 ? [0, pYes > 0 ? 1 / pYes : 0] : [pNo > 0 ? 1 / pNo : 0, 0];
  return best.map((cell) => product((_, [u, r]) => u + r * cell));
}

/**
 * Find where a function crosses a level between two points on either side of it, by the Illinois
 * form of the false position.
 */
function* crossing(f, level, [a, fa], [b, fb]) {
  let [ga, gb] = [fa - level, fb - level];
  for (let round = 0; round < 60 && Math.abs(b - a) > TOLERANCE; round++) {
    const straight = b - (gb * (b - a)) / (gb - ga);
    const x = Number.isFinite(straight) ? straight : (a + b) / 2;
    const gx = f(x) - level;
    yield 1;
    if (gx === 0 || Number.isNaN(gx)) return x;
    if (gx > 0 === gb > 0) ga /= 2;
    else [a, ga] = [b, gb];
    if (Math.abs(x - b) < TOLERANCE) return x;
    [b, gb] = [x, gx];
  }
  return b;
}

/** Boundaries between the words of a lexicon, in log-odds, and the words below and above each. */
function boundariesOf(lexicon) {
  const inner = lexicon.slice(1).map(([above, low], i) => {
    return { at: logit(low), below: lexicon[i][0], above };
  });
  const [first, last] = [lexicon[0], lexicon[lexicon.length - 1]];
  return [
    { at: logit(first[1]), below: "below the scale", above: first[0] },
    ...inner,
    { at: logit(last[2]), below: last[0], above: "above the scale" },
  ];
}

/** The word for a probability; a shared end takes the word nearer to an even chance. */
function wordFor(p, lexicon) {
  p = Number(p.toFixed(9)); // drops what is rounding only
  if (p < lexicon[0][1]) return "below the scale";
  if (p > lexicon[lexicon.length - 1][2]) return "above the scale";
  const off = ([, low, high]) => Math.abs((low + high) / 2 - 0.5);
  const holding = lexicon.filter(([, low, high]) => low <= p && p <= high);
  return holding.reduce((a, b) => (off(b) < off(a) ? b : a))[0];
}

/** Read the probability of yes off the findings of every event, for one block of draws. */
function readChances(belief, chances, first) {
  for (let k = 0; k < chances.length; k++) {
    for (let lane = 0; lane < LANES; lane++) {
      const no = belief[2 * k * LANES + lane];
      const yes = belief[(2 * k + 1) * LANES + lane];
      chances[k][first + lane] = no + yes > 0 ? yes / (no + yes) : 0;
    }
  }
}

/** Run a computation of several steps to its end. */
function finished(steps) {
  let step = steps.next();
  while (!step.done) step = steps.next();
  return step.value;
}
