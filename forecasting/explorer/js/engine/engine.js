/**
 * A compiled case and settings go in; exact probabilities, bands, weights of evidence and tipping
 * points come out.
 *
 * The compiled case is what `model.py` makes of a case: its Program and what depends on the day.
 * What Python computes with it, step by step, is computed here in the same steps, so that a page
 * can move any number of the case and show the answer in the same frame.
 */

import { amountAt, densities } from "./amounts.js";
import { DECIBANS, logit, means, rangeOf, sigmoid } from "./judgement.js";
import { circuitOf } from "./circuit.js";
import { Draws } from "./draws.js";
import { Impossible, Places, possible, scaleOf } from "./places.js";
import { Runner } from "./run.js";
import { Propositions, chanceOf, others, sidesOf, sumOf } from "./supposed.js";

// Sliders run this far, and further where a judgement of the case does: twice as far as what is
// called decisive, and not past 1 where a factor is stated as one that raises or lowers.
const PROBABILITY_RANGE = [0.001, 0.999];
const ODDS_RANGE = [1 / 30, 30];
const PUSH_RANGE = [1, 30];

// Points at which a slider is tried for a change of word, half a unit of log-odds apart on most,
// and how near such a change is then found.
const GRID = 29;
const TOLERANCE = 1e-9;

// The points of a distribution that tables give, and the steps of its picture.
const LEVELS = [0.05, 0.25, 0.5, 0.75, 0.95];
const PICTURE = 64;

// What most nodes are, and are not said to be: yes or no, on nobody's condition.
const USUAL = {
  states: 2, family: "logit", condition: null, restated: null, none: null, curve: null,
};

const NOTHING = { made: [], given: [] };

/**
 * Make an engine for a compiled case: the methods of a `Solver` that are named here.
 *
 * Where settings are impossible, `solve` gives NaN for what has no answer, and `problem` says why;
 * a band then has no ends, and there are no weights. Settings that are wrong in form throw a
 * RangeError. `bandSteps` and `tipSteps` compute the same as `band` and `tip` a millisecond or so
 * at a time: each `next()` gives the share that is done, the last one the result.
 *
 * Everything is told by the names of propositions: yes/no events, states and cuts of others.
 *
 * @param {object} told what `forecasting.explorer.model.compiled` gives
 */
export function engine(told) {
  const nodes = told.program.nodes.map((node) => ({ ...USUAL, ...node }));
  const compiled = { ...told, program: { ...told.program, nodes } };
  const circuit = circuitOf(compiled.program.plan);
  const places = new Places(compiled);
  const main = new Solver(compiled, circuit, places);
  // Tipping points try far settings: what the main solver has at hand stays as it is.
  const side = new Solver(compiled, circuit, places);
  const of = (solver, ...names) => names.map((name) => [name, solver[name].bind(solver)]);
  return Object.fromEntries([
    ...of(main, "solve", "band", "bandSteps", "weights", "alone", "ceiling", "quantity"),
    ...of(main, "inputs", "stated", "word"),
    ...of(side, "divided", "tip", "tipSteps", "horizons"),
  ]);
}

/** Solves and explains one setting after another, and draws its bands. */
class Solver {
  constructor(compiled, circuit, places) {
    const runner = new Runner(compiled, circuit);
    const propositions = new Propositions(compiled);
    const draws = new Draws(compiled, circuit, runner, propositions.told);
    Object.assign(this, { compiled, circuit, places, runner, draws, propositions });
    [this.tables, this.scratch, this.belief] = [0, 0, 0].map(() => new Float64Array(circuit.size));
    this.words = wordsOf(compiled.lexicon);
    this.boundaries = boundariesOf(this.words);
    // Of each named combination, the cells of what it leaves out.
    this.excluded = compiled.scenarios.map(({ closed }) =>
      Object.entries(closed).flatMap(([name, left]) => {
        const { finding, states } = compiled.program.nodes[places.event.get(name)];
        return others(states, left).map((s) => finding + s);
      }),
    );
  }

  /**
   * Everything about a setting that does not depend on given and do. It is kept, also that it
   * cannot be, as each part of an answer asks for it.
   */
  at({ overrides, as_of: asOf, by }, moved = null) {
    const key = moved ? null : JSON.stringify([overrides, asOf, by], written);
    if (key === null || this.last?.key !== key) {
      this.last = null; // what is settled is about to be that of other settings
      const last = { key };
      try {
        const state = this.places.at({ overrides, as_of: asOf, by }, moved);
        this.runner.settle(state);
        last.state = state;
      } catch (error) {
        if (!(error instanceof Impossible)) throw error;
        last.error = error;
      }
      this.last = last;
    }
    if (this.last.error) throw this.last.error;
    return this.last.state;
  }

  /** Put a setting's evidence into `this.tables` and give all that was needed for it. */
  prepare(settings, moved = null) {
    const state = this.at(settings, moved);
    const { made, given } = this.supposed(settings);
    if (made.length && Object.keys(this.compiled.program.left_out ?? {}).length) {
      this.runner.write(this.scratch, made, state.reliable.map(() => 1));
      this.circuit.evaluate(this.scratch, this.belief);
      this.runner.refuseLeftOut(this.belief, new Set(made.map(({ node }) => node)));
    }
    const found = this.found(state, made);
    const kappa = this.runner.kappa(found);
    this.runner.write(this.tables, [...made, ...found, ...given], kappa);
    return { ...state, given, made, found, kappa };
  }

  /** What counts as evidence; nothing does on what is made so, and on what follows from it. */
  found(state, made) {
    if (!made.length) return (state.found ??= this.runner.evidence(state));
    const cut = new Set(made.map(({ node }) => node));
    for (let before = 0; before < cut.size; ) {
      before = cut.size;
      this.compiled.program.nodes.forEach(({ scope }, k) => {
        if (scope.some((above) => cut.has(above))) cut.add(k);
      });
    }
    return this.runner.evidence(state, cut);
  }

  /** What is given and made so, with the cells it writes; refuses to make so what cannot be. */
  supposed({ given = {}, do: made = {} }) {
    if (!Object.keys(given).length && !Object.keys(made).length) return NOTHING;
    const { events, program } = this.compiled;
    const supposed = (kind, setting, cells) =>
      this.propositions.read(setting).map((one) => {
        return { ...one, kind, cells: cells(program.nodes[one.node], one), day: null };
      });
    const found = {
      made: supposed("do", made, ({ states }, one) => {
        const [first, end] = this.runner.cellsOf(one.node);
        const chance = (i) => Number(one.states.includes(i % states));
        return Array.from({ length: end - first }, (_, i) => [first + i, chance(i)]);
      }),
      given: supposed("given", given, ({ finding, states }, one) =>
        others(states, one.states).map((s) => [finding + s, 0]),
      ),
    };
    const left = new Map(found.made.map((one) => [one.node, one.states]));
    for (const { name, node, states } of found.made) {
      const { id, given: condition } = events[node];
      if (left.get(node).length !== 1) {
        throw new Impossible(`${name} can be made so in more than one way`);
      }
      if (!condition) continue;
      const [above, needed] = program.nodes[node].condition;
      if (!left.has(above)) {
        throw new Impossible(`${id} cannot be made so unless ${events[above].id} is set too`);
      }
      if (states.includes(1) && !left.get(above).every((s) => needed.includes(s))) {
        throw new Impossible(`${id} cannot happen without ${condition}`);
      }
    }
    return found;
  }

  /**
   * @param {Settings} settings
   * @returns {{prior: object, posterior: object, priorFacts: object, facts: object,
   *   soundness: object, logEvidence: number, scenarios: object, scenariosPrior: object,
   *   impossible: boolean, problem: ?string}} probabilities by name
   */
  solve(settings = {}) {
    const { compiled, circuit, runner, tables, belief } = this;
    const { events, facts, sources, scenarios, program } = compiled;
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
    const named = (list, f) => {
      const result = {};
      for (let i = 0; i < list.length; i++) result[list[i].id] = f(i);
      return result;
    };
    const told = this.propositions.told;
    const toldOf = (f) => {
      const result = {};
      for (let i = 0; i < told.length; i++) result[told[i].name] = f(told[i]);
      return result;
    };
    const after = (at) => (problem ? NaN : belief[at + 1] / (belief[at] + belief[at + 1]));
    const fact = (f) => program.nodes[events.length + f].finding;
    const reporting = sources.filter((_, s) => !state || state.reliable[s] !== undefined);
    return {
      prior: toldOf((one) => (runner.known ? sumOf(runner.shares, one) : NaN)),
      posterior: toldOf((one) => (problem ? NaN : chanceOf(belief, one))),
      priorFacts: named(facts, (f) => (runner.known ? runner.shares[fact(f) + 1] : NaN)),
      facts: named(facts, (f) => after(fact(f))),
      soundness: named(reporting, (i) => after(program.sources[sources.indexOf(reporting[i])].at)),
      logEvidence,
      scenarios: named(scenarios, (i) => (problem ? NaN : this.joint(tables, i, logEvidence))),
      scenariosPrior: named(scenarios, (i) =>
        runner.known ? this.joint(runner.tables, i, 0) : NaN,
      ),
      impossible: problem !== null,
      problem,
    };
  }

  /** The probability that a named combination of propositions comes about. */
  joint(tables, scenario, logZ) {
    const { scratch, excluded } = this;
    scratch.set(tables);
    for (const cell of excluded[scenario]) scratch[cell] = 0;
    return Math.exp(this.circuit.evaluate(scratch) - logZ);
  }

  /** P(no) and P(yes) of a proposition under the tables at hand; NaN where they are impossible. */
  chances(proposition, tables = this.tables) {
    const logZ = this.circuit.evaluate(tables, this.belief);
    const [no, yes] = sidesOf(this.belief, this.propositions.find(proposition));
    return [no, yes].map((one) => (logZ === -Infinity ? NaN : one / (no + yes)));
  }

  /** P(no) and P(yes) of a proposition before any evidence. */
  prior(proposition) {
    return sidesOf(this.runner.shares, this.propositions.find(proposition));
  }

  /** How probable an outcome is by each of the days that the forecast may be for. */
  horizons(settings, outcome) {
    const { windows, as_of: asOf } = this.compiled;
    const ends = windows.filter(({ as_of: day }) => day === (settings.as_of ?? asOf));
    return ends.flatMap(({ by }) => {
      const { impossible, prior, posterior } = this.solve({ ...settings, by });
      return impossible ? [] : [{ by, prior: prior[outcome], posterior: posterior[outcome] }];
    });
  }

  /**
   * What is known of a quantity before and after the evidence: its 5, 25, 50, 75 and 95% points as
   * amounts, and a picture if it is wanted: the ends of its steps, and for each step the mean
   * probability per unit of the scale.
   */
  quantity(settings, event, isPictured = true) {
    const node = this.propositions.event.get(event);
    if (!this.compiled.events[node]?.quantity) throw new RangeError(`no such quantity: ${event}`);
    const scale = scaleOf(this.compiled.events[node]);
    const state = this.prepare(settings);
    if (this.circuit.evaluate(this.tables, this.belief) === -Infinity) {
      throw new Impossible("the evidence is impossible");
    }
    const answers = this.runner.answered(node, [this.runner.belief, this.belief]);
    const amounts = (places) => Array.from(places, (place) => amountAt(place, scale));
    const [prior, posterior] = answers.map((one) => amounts(one.quantiles(LEVELS)));
    const value = this.amountKnown(node, state);
    const known = {
      levels: LEVELS,
      value,
      prior,
      posterior: value === null ? posterior : posterior.map(() => value),
    };
    if (!isPictured) return known;
    const { places, densities: pictures } = densities(answers, PICTURE);
    const [before, after] = pictures.map((one) => Array.from(one));
    return { ...known, amounts: amounts(places), densities: { prior: before, posterior: after } };
  }

  /** The amount of a quantity itself, where it is supposed or settled. */
  amountKnown(node, { made, given, found }) {
    const supposed = [...given, ...made].filter((one) => one.node === node);
    const amount = supposed.findLast((one) => one.amount !== null)?.amount;
    if (amount !== undefined) return amount;
    const settled = found.some((one) => one.node === node && one.kind === "settled");
    return settled ? this.compiled.events[node].settled.value : null;
  }

  /** @returns {{low: object, high: object, mean: object, draws: number}} 90% bands */
  band(settings, draws) {
    return finished(this.bandSteps(settings, draws));
  }

  *bandSteps(settings = {}, draws = this.compiled.sobol.draws) {
    const state = possible(() => this.prepare(settings));
    if (state === null || this.circuit.evaluate(this.tables, this.belief) === -Infinity) {
      return { low: {}, high: {}, mean: {}, draws: 0 };
    }
    return yield* this.draws.bandSteps(state, this.tables, this.belief, draws);
  }

  /**
   * Weigh each item of evidence on an outcome, in the order of their dates: the weights sum to the
   * whole way from prior to posterior. What is made so comes first, what is given last.
   *
   * @returns {Array<{kind: string, item: string, title: string, date: ?string,
   *   before: number, after: number, decibans: number}>}
   */
  weights(settings, outcome) {
    const state = possible(() => this.prepare(settings));
    if (state === null) return [];
    const { made, found, given } = state;
    const supposed = (list) => list.map((one) => ({ day: null, items: [one] }));
    const counted = [];
    let before = this.prior(outcome);
    return [...supposed(made), ...this.dated(found), ...supposed(given)].map(({ day, items }) => {
      counted.push(...items);
      this.runner.write(this.scratch, counted, this.runner.kappa(counted));
      const after = this.chances(outcome, this.scratch);
      const row = { ...this.told(items[0]), date: day, before: before[1], after: after[1] };
      row.decibans = shift(before, after);
      before = after;
      return row;
    });
  }

  /**
   * The chances of every combination of parts, the last split fastest: each a proposition or a
   * fact that holds or does not. What is known of these facts is left out. Null if the settings
   * are impossible.
   */
  divided(settings, splits) {
    const { circuit, compiled, places, runner, scratch } = this;
    const state = possible(() => this.prepare(settings));
    if (state === null) return null;
    const { made, found, given } = state;
    const own = new Set(splits.flat().map(({ name }) => places.fact.get(name)));
    const counted = found.filter(({ node }) => !own.has(node));
    const base = this.tables;
    runner.write(base, [...made, ...counted, ...given], runner.kappa(counted));
    const outside = ({ name, holds }) => {
      const fact = { node: places.fact.get(name), states: [Number(holds)] };
      const isFact = fact.node !== undefined;
      const [one] = isFact ? [fact] : this.propositions.read({ [name]: holds });
      const { finding, states } = compiled.program.nodes[one.node];
      return others(states, one.states).map((state) => finding + state);
    };
    const leaves = splits.reduce(
      (all, parts) => all.flatMap((cells) => parts.map((part) => [...cells, ...outside(part)])),
      [[]],
    );
    const logs = leaves.map((cells) => {
      scratch.set(base);
      for (const cell of cells) scratch[cell] = 0;
      return circuit.evaluate(scratch);
    });
    const most = Math.max(...logs);
    if (most === -Infinity) return null;
    const weights = logs.map((log) => Math.exp(log - most));
    const all = weights.reduce((sum, one) => sum + one, 0);
    return weights.map((one) => one / all);
  }

  /** Gather evidence on one event or fact, by the day since which all of it is known. */
  dated(found) {
    const gathered = new Map();
    for (const one of found) {
      const known = gathered.get(one.node) ?? { node: one.node, day: null, items: [] };
      if ((one.day ?? "") > (known.day ?? "")) known.day = one.day;
      known.items.push(one);
      gathered.set(one.node, known);
    }
    const order = (a, b) => (a < b ? -1 : Number(a > b));
    return [...gathered.values()].sort(
      (a, b) => order(a.day ?? "", b.day ?? "") || order(a.node, b.node),
    );
  }

  told({ node, kind, name, title }) {
    const { events, facts } = this.compiled;
    if (node >= events.length) {
      const { id, claim } = facts[node - events.length];
      return { kind: "fact", item: id, title: claim };
    }
    return { kind, item: name ?? events[node].id, title: title ?? events[node].title };
  }

  /**
   * The weight of a fact on an event as if it were all the evidence, in decibans; 0 if it is none.
   *
   * @param {boolean} perfect as if its sources, where they are sound, could not be wrong: each
   *   then says once what its reports together point to
   */
  alone({ overrides, as_of: asOf, by }, fact, event, perfect = false) {
    const { runner, scratch } = this;
    const node = this.places.fact.get(fact);
    const state = possible(() => {
      const one = this.at({ overrides, as_of: asOf, by });
      return { ...one, found: this.found(one, []) };
    });
    if (!state) return NaN;
    const own = state.found.filter((one) => one.node === node);
    const reports = own.filter(({ source }) => source !== undefined);
    const asTold = !perfect || !reports.length || own.length > reports.length;
    const counted = asTold ? own : [this.perfect(node, reports, state.reliable)];
    runner.write(scratch, counted, runner.kappa(counted));
    return shift(this.prior(event), this.chances(event, scratch));
  }

  /** The same, if no report of its sources could be more credible. */
  ceiling(settings, fact, event) {
    return this.alone(settings, fact, event, true);
  }

  /** A fact as it were found if its reports were what a sound source says of the truth only. */
  perfect(node, reports, reliable) {
    const sound = reports.map(({ source }) => means(reliable[source]));
    const product = (cell) => reports.reduce((all, one, i) => all * cell(one, sound[i]), 1);
    const [no, yes] = ["no", "yes"].map((side) =>
      product((one, [u, r]) => u + r * (one.mean && one[side] / one.mean)),
    );
    // Which way they point together; if no way, what most of them say.
    const votes = reports.reduce((sum, { says }) => sum + (says ? 1 : -1), 0);
    const chance = this.runner.noAndYes(node);
    const side = (yes - no || votes) >= 0 ? 1 : 0;
    const { finding } = this.compiled.program.nodes[node];
    const cells = [0, 1].map((state) => {
      const best = state === side && chance[side] > 0 ? 1 / chance[side] : 0;
      return [finding + state, product((_, [u, r]) => u + r * best)];
    });
    return { node, cells };
  }

  /** Judgements by place, as stated under settings, those of several states for the window. */
  stated(settings = {}) {
    return this.places.at(settings).stated;
  }

  /** The estimative word for a probability. */
  word(p) {
    return wordFor(p, this.words);
  }

  /** The judgements that a slider can move, at the case's own values; its ends on the log scale. */
  inputs() {
    const { compiled, places } = this;
    const { stated, x } = places.at({});
    return compiled.inputs.map((input) => {
      const { place } = places.find(input.path);
      const { median, sd, counts } = stated[place] ?? x[place];
      const odds = input.kind === "odds";
      const scale = places.scale.get(place);
      const onScale = odds ? Math.exp : sigmoid;
      const shown = scale ? (at) => amountAt(at, scale) : onScale;
      const ends = rangeOf({ median, sd });
      const range = /\.(raises|lowers)$/.test(input.path) ? PUSH_RANGE : ODDS_RANGE;
      const inLogs = odds ? range.map(Math.log) : PROBABILITY_RANGE.map(logit);
      const [least, most] = scale ? places.pointRange(place, x) : inLogs;
      const reach = Number.isFinite(median) ? ends : [];
      return {
        ...input,
        place,
        median,
        sd,
        counts,
        low: shown(ends[0]),
        best: shown(median),
        high: shown(ends[1]),
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
  tip(settings, path, outcome) {
    return finished(this.tipSteps(settings, path, outcome));
  }

  *tipSteps(settings, path, outcome) {
    const input = this.inputs().find((one) => one.path === path);
    if (!input) throw new RangeError(`no such input: ${path}`);
    const { place, least, most } = input;
    const now = this.places.at(settings);
    const stated = now.stated[place] ?? now.x[place];
    const f = (median) => {
      const moved = { place, judgement: { ...stated, median, counts: null } };
      if (possible(() => this.prepare(settings, moved)) === null) return NaN;
      const [no, yes] = this.chances(outcome);
      return Math.log(yes) - Math.log(no);
    };
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
}

/** How far the log-odds lie apart, in decibans, of two pairs of P(no) and P(yes). */
function shift(before, after) {
  if (before[0] === after[0] && before[1] === after[1]) return 0;
  const logOdds = ([no, yes]) => Math.log(yes) - Math.log(no);
  return (logOdds(after) - logOdds(before)) * DECIBANS;
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

/** The words for all probabilities: those of a lexicon, and what lies below and above it. */
const wordsOf = (lexicon) => [
  ["less than 1%", -Infinity, lexicon[0][1]],
  ...lexicon,
  ["more than 99%", lexicon.at(-1)[2], Infinity],
];

/** Boundaries between words, in log-odds, and the words below and above each. */
const boundariesOf = (words) =>
  words.slice(1).map(([above, low], i) => ({ at: logit(low), below: words[i][0], above }));

/** The word for a probability; a shared end takes the word nearer to an even chance. */
function wordFor(p, words) {
  p = Number(p.toFixed(9)); // drops what is rounding only
  const off = ([, low, high]) => Math.abs((low + high) / 2 - 0.5);
  const holding = words.filter(([, low, high]) => low <= p && p <= high);
  return holding.reduce((a, b) => (off(b) < off(a) ? b : a))[0];
}

/** JSON has no infinity: the log-odds of 0 and of 1 must not be written alike. */
const written = (_, value) => (typeof value === "number" && !isFinite(value) ? String(value) : value);

/** Run a computation of several steps to its end. */
function finished(steps) {
  let step = steps.next();
  while (!step.done) step = steps.next();
  return step.value;
}
