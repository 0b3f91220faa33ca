/**
 * A compiled case and settings come in; its tables with the evidence in them, and the exact
 * probabilities of its events, go out (network.py).
 *
 * @typedef {{overrides?: Object<string, *>, given?: Object<string, boolean>,
 *   do?: Object<string, boolean>, as_of?: ?string, by?: ?string}} Settings
 */

import { CERTAIN, expected, learned, learning, over, sigmoid } from "./judgement.js";
import { LANES } from "./circuit.js";
import { Family } from "./families.js";
import { judgement, mapped, put, readOverride } from "./overlay.js";

/** What cannot be: told to the reader in place of numbers. */
class Impossible extends Error {}

/** Compute something, or give null if it cannot be. */
export function possible(compute) {
  try {
    return compute();
  } catch (error) {
    if (error instanceof Impossible) return null;
    throw error;
  }
}

// The reliability of a source that no longer reports: any number does.
const EVEN = { median: 0, sd: 0 };

/** Relative difference that rounding alone makes between two sweeps over the same numbers. */
const ROUNDING = 1e-14;

/** Names and places of a case: they stay the same under all settings. */
export class Index {
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
    this.complements = new Float64Array(index.nodes);
    this.forget();
  }

  forget() {
    const { nodes, scopes } = this.index;
    this.families = new Array(nodes).fill(null);
    this.intercepts = new Float64Array(nodes);
    this.rows = new Array(nodes).fill(null);
    this.reliability = [];
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
      tables[index.soundness(s)] = expected(-judged.median, judged.sd);
      tables[index.soundness(s) + 1] = expected(judged.median, judged.sd);
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
        write(k, families[k].mixture.calibrate(families[k].goal, rows, start));
      }
    }
    if (stale) this.sweep();
    if (stale || swept) {
      for (let v = 0; v < index.nodes; v++) {
        this.marginals[v] = marginal(this.belief, index, v);
        this.complements[v] = marginal(this.belief, index, v, 0);
      }
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

  /** The prior probabilities of no and of yes: neither is 1 less the other, rounded. */
  chances(node) {
    return [this.complements[node], this.marginals[node]];
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

/** Read P(yes), or P(no), of an event or fact from the cells left for findings on it. */
export function marginal(belief, index, node, state = 1) {
  const start = index.finding(node);
  const total = belief[start] + belief[start + 1];
  return total > 0 ? belief[start + state] / total : belief[start + state];
}

/** One source's report of one fact, as it counts. */
class CountedReport {
  /**
   * @param {number} fact
   * @param {number} source
   * @param {number} start first of its four cells
   * @param {object} report
   * @param {number[]} chances prior probabilities of no and of yes of the fact
   * @param {function} strength what a digit is worth, where no expert stated `hit` and `false`
   */
  constructor(fact, source, start, report, chances, strength) {
    Object.assign(this, { fact, source, start, report, chances });
    if (report.hit === null) {
      const odds = strength(report.digit, chances);
      [this.no, this.yes] = report.says ? [1, odds] : [odds, 1];
    } else {
      const sign = report.says ? 1 : -1;
      [this.no, this.yes] = [report.false, report.hit].map(({ median, sd }) =>
        expected(sign * median, sd),
      );
    }
    this.mean = chances[0] * this.no + chances[1] * this.yes;
  }

  /** Move draws of what an expert stated as a range, where a sound source's report tells of it. */
  learn(cells, z) {
    return [this.report.false, this.report.hit].map(({ median, sd }, state) => {
      if (!(sd > 0)) return z[state];
      const places = learning(median, sd, this.report.says);
      return z[state].map((one, j) => (cells[j] === 1 + 2 * state ? learned(places, one) : one));
    });
  }

  /** Write the same for each of several draws of what an expert stated as a range. */
  writeDrawn(zNo, zYes, first, tables) {
    const sign = this.report.says ? 1 : -1;
    const drawn = (judged, z, lane) => sigmoid(sign * (judged.median + judged.sd * z[first + lane]));
    for (let lane = 0; lane < LANES; lane++) {
      const no = drawn(this.report.false, zNo, lane);
      const yes = drawn(this.report.hit, zYes, lane);
      // What the likelihood is divided by is a constant of the mean judgements.
      tables[(this.start + 1) * LANES + lane] = this.mean ? no / this.mean : 0;
      tables[(this.start + 3) * LANES + lane] = this.mean ? yes / this.mean : 0;
    }
  }

  /** Write the cells (fact, source): no/unsound, no/sound, yes/unsound, yes/sound. */
  write(tables) {
    tables[this.start] = 1;
    tables[this.start + 1] = this.mean ? this.no / this.mean : 0;
    tables[this.start + 2] = 1;
    tables[this.start + 3] = this.mean ? this.yes / this.mean : 0;
  }
}

/** Solves one setting after another; what did not change from the last is not computed again. */
export class Network {
  constructor(compiled, index, circuit, own) {
    Object.assign(this, { compiled, index, circuit, own });
    this.prior = new Prior(index, circuit);
    this.read = new Map(); // overrides as read, by path
    this.lastFamilies = []; // by node: what it was made of, and the family
    this.belief = new Float64Array(circuit.size);
    this.tables = new Float64Array(circuit.size);
    this.scratch = new Float64Array(circuit.size);
  }

  /**
   * The judgements of the case with the overrides of a setting in their places.
   *
   * @param {?{path: string, judgement: Judgement}} moved one more, not in its file form
   */
  judgementsAt(overrides = {}, moved = null) {
    const paths = Object.keys(overrides);
    if (!paths.length && !moved) return this.own;
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
    if (moved) put(copy, this.index, moved.path, moved.judgement);
    return copy;
  }

  /** The pair of dates of a setting, with the length of its window. */
  windowAt({ as_of: asOf, by }) {
    const day = asOf ?? this.compiled.as_of;
    const end = by ?? this.compiled.resolve_by;
    const window = this.compiled.windows.find((one) => one.as_of === day && one.by === end);
    if (!window) throw new RangeError(`no window from ${day} to ${end} in this page`);
    return window;
  }

  /** The base rate of an event for a window: fitted for it, or rescaled to it. */
  baseRate(k, judged, window) {
    const { id, kind } = this.compiled.events[k];
    if (judged.fitted) return judgement(window.fitted[id]);
    if (judged.within === null) return judged;
    const settled = window.settled_months;
    const length = Object.hasOwn(settled, id) ? settled[id] : window.months;
    return over(judged, length / judged.within, kind === "lasts");
  }

  /** The same, by name and under settings. */
  baseRateAt(settings, name) {
    const k = this.index.event.get(name);
    const base = this.judgementsAt(settings.overrides).baseRates[k];
    return base && this.baseRate(k, base, this.windowAt(settings));
  }

  /** The families of all events and facts; one made of the same judgements as before is kept. */
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
        family.keep(last?.family);
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
        if (rows.includes(null)) throw new RangeError("if_yes and if_no go together");
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

  /**
   * Everything about a setting that does not depend on given and do. It is kept, also that it
   * cannot be, as each part of an answer asks for it.
   */
  at(settings, moved = null) {
    const { overrides, as_of: day, by } = settings;
    const key = moved ? null : JSON.stringify([overrides, day, by]);
    if (key === null || this.last?.key !== key) {
      this.last = null; // the prior is about to be that of other settings
      try {
        this.last = { key, state: this.workedOut(settings, moved) };
      } catch (error) {
        if (!(error instanceof Impossible)) throw error;
        this.last = { key, error };
      }
    }
    if (this.last.error) throw this.last.error;
    return this.last.state;
  }

  workedOut(settings, moved) {
    const judged = this.judgementsAt(settings.overrides, moved);
    const window = this.windowAt(settings);
    const { letters, reporting } = this.lettersOf(judged);
    const reliability = letters.map((letter) => (letter ? judged.reliability[letter] : EVEN));
    const families = this.familiesAt(judged, window);
    this.prior.solve(families, reliability);
    const asOf = window.as_of;
    const hasCome = (day) => day === null || asOf === null || day <= asOf;
    return { judged, window, families, reporting, reliability, hasCome };
  }

  /**
   * The reports that count: of each source on each fact the latest one made so far; none of a
   * source that affirms and denies it on that day.
   */
  counted({ judged, hasCome }) {
    const counted = [];
    const strength = (digit, chances) => this.strength(digit, chances, judged.credibility);
    judged.facts.forEach((fact, f) => {
      const latest = new Map();
      for (const report of fact.reports) {
        if (!hasCome(report.day)) continue;
        const other = latest.get(report.source);
        const [day, before] = [report.day ?? "", other?.report.day ?? ""];
        if (other && before > day) continue;
        const agrees = !other || before < day || (other.agrees && other.report.says === report.says);
        latest.set(report.source, { report, agrees });
      }
      const { id } = this.compiled.facts[f];
      for (const [source, { report, agrees }] of latest) {
        if (!agrees) continue;
        counted.push(
          new CountedReport(
            f,
            this.index.source.get(source),
            this.index.pair.get(`${id} ${source}`),
            report,
            this.prior.chances(this.index.events + f),
            strength,
          ),
        );
      }
    });
    return counted;
  }

  /** The odds by which a sound report of a digit supports what it says. */
  strength(digit, chances, credibility) {
    const { says_nothing: nothing, never_supports: never } = this.compiled.scales;
    const rare = Math.min(...chances);
    if (digit === nothing || rare < CERTAIN) return 1;
    const strength = (Math.exp(credibility[digit].median) * Math.max(...chances)) / rare;
    return never.includes(digit) ? Math.min(1, strength) : strength;
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
        const [pNo, pYes] = prior.chances(k);
        if (Math.min(pNo, pYes) < CERTAIN) {
          const certain = Math.round(pYes);
          throw new Impossible(
            `events.${event.id}.now: the network makes its probability exactly ${certain}`,
          );
        }
        const { median, sd } = judged.now[k];
        const [no, yes] = [expected(-median, sd) / pNo, expected(median, sd) / pYes];
        statements.push({ event: k, no, yes, settled: null });
      }
    });
    const kept = index.bearsOn.map((events) => !events.some((k) => cut.has(k)));
    const observed = [];
    judged.facts.forEach(({ status }, f) => {
      const known = status === "confirmed" || status === "absent";
      if (known && kept[f] && hasCome(compiled.facts[f].day)) {
        observed.push({ fact: f, seen: status === "confirmed" });
      }
    });
    const reports = this.counted(state).filter((report) => kept[report.fact]);
    return { statements, observed, reports };
  }

  /** Each source's kappa: the prior probability of its reports if it is sound. */
  bundles(reports) {
    const { index, circuit, prior, scratch } = this;
    const kappa = new Float64Array(this.compiled.sources.length).fill(1);
    const bySource = Array.from(kappa, () => []);
    for (const report of reports) bySource[report.source].push(report);
    bySource.forEach((bundle, s) => {
      // A single report has prior mean 1 by construction, unless it could not have been made.
      if (bundle.length === 1 && bundle[0].mean === 0) kappa[s] = 0;
      if (bundle.length < 2) return;
      scratch.set(prior.tables);
      scratch[index.soundness(s)] = 0;
      scratch[index.soundness(s) + 1] = 1;
      for (const report of bundle) report.write(scratch);
      kappa[s] = Math.exp(circuit.evaluate(scratch));
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
      if (condition && !Object.hasOwn(made, condition)) {
        throw new Impossible(`${name} cannot be made so unless ${condition} is set too`);
      }
      if (condition && yes && !made[condition]) {
        throw new Impossible(`${name} cannot happen without ${condition}`);
      }
    }
    return [numbered(given), numbered(made)];
  }

  /** Put a setting's evidence into `this.tables` and give all that was needed for it. */
  prepare(settings, moved = null) {
    const state = this.at(settings, moved);
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
    const { index, circuit, scratch } = this;
    scratch.set(tables);
    for (const [name, yes] of Object.entries(this.compiled.scenarios[scenario].closed)) {
      scratch[index.finding(index.event.get(name)) + (yes ? 0 : 1)] = 0;
    }
    return Math.exp(circuit.evaluate(scratch) - logZ);
  }

  /** Log-odds of an event under settings; NaN where they are impossible. */
  logOdds(settings, event, moved = null) {
    if (possible(() => this.prepare(settings, moved)) === null) return NaN;
    const logZ = this.circuit.evaluate(this.tables, this.belief);
    const [no, yes] = [0, 1].map((state) => marginal(this.belief, this.index, event, state));
    return logZ === -Infinity ? NaN : Math.log(yes) - Math.log(no);
  }

  posteriorOf(belief, node) {
    return Math.min(1, marginal(belief, this.index, node));
  }
}
