/**
 * A Program, and the numbers at its places, come in; tables with the evidence in them go out
 * (run.py).
 *
 * From move to move most stays as it is: a node whose parts are as before is left alone, and where
 * it is solved anew it starts from what it was.
 */

import { CERTAIN, Mixture, equal, meanLogOdds, means } from "./judgement.js";
import { Impossible } from "./places.js";

/** Relative difference that rounding alone makes between two sweeps over the same numbers. */
const ROUNDING = 1e-14;

const near = (rows, others) =>
  rows.every((chance, i) => Math.abs(chance - others[i]) <= ROUNDING * others[i]);

const rowsIn = ({ params, push }) => (push ?? params).length;

// The reliability of a source that no longer reports: any number does.
const EVEN = { median: 0, sd: 0, counts: null };

const NONE = new Set();

export class Runner {
  constructor({ program, events, facts }, circuit) {
    Object.assign(this, { program, events, circuit });
    this.days = [...events.map(({ settled }) => settled?.day), ...facts.map(({ day }) => day)];
    const { nodes } = program;
    this.tables = new Float64Array(circuit.size).fill(1); // expected ones, before any evidence
    this.belief = new Float64Array(circuit.size);
    this.scratch = new Float64Array(circuit.size);
    [this.no, this.yes] = [0, 0].map(() => new Float64Array(nodes.length));
    // Nodes without an intercept to solve for come first, then the others by what they hang on.
    this.levels = [];
    nodes.forEach(({ base, level }, k) => (this.levels[base === null ? 0 : level] ??= []).push(k));
    this.lastKappa = [];
    this.known = false;
  }

  /** Nodes not solved yet stand at one half, without their condition at no: below, they sum out. */
  forget() {
    this.kept = this.program.nodes.map(() => null);
    for (const { at, scope, conditional } of this.program.nodes) {
      this.tables.fill(0.5, at, at + 2 ** scope.length);
      const without = conditional ? 2 ** (scope.length - 1) : 0;
      for (let i = 0; i < without; i++) this.tables[at + i] = 1 - (i % 2);
    }
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
      program.nodes.forEach(({ finding }, k) => {
        const total = belief[finding] + belief[finding + 1];
        this.no[k] = belief[finding] / (total || 1);
        this.yes[k] = belief[finding + 1] / (total || 1);
      });
    }
    program.nodes.forEach(({ conditional, scope }, k) => {
      if (conditional && this.yes[scope[0]] === 0) throw this.dead(k);
    });
    this.known = true;
  }

  /** Solve a node for its intercept and write its expected table; tells whether it has changed. */
  solve(k, x, swept) {
    const { base, level, restated, rows: stated } = this.program.nodes[k];
    const last = this.kept[k];
    const rows = restated?.params.some((place) => x[place]) ? restated : stated;
    const same =
      rows === last?.rows && rows.params.every((place, i) => equal(x[place], last.own[i]));
    let shares = null;
    if (base !== null && level > 0) {
      shares = swept || !last ? this.sharesOf(k, rows) : last.shares;
      if (same && near(shares, last.shares)) return false;
    } else if (same) return false;
    const own = rows.params.map((place) => x[place]);
    if (own.includes(null)) throw new RangeError("if_yes and if_no go together");
    const mixture = same ? last.mixture : this.mixtureOf(rows, own, last?.mixture);
    let b = base === null ? 0 : x[base].median;
    if (shares) b = mixture.calibrate(meanLogOdds(x[base]), shares, last?.b);
    else mixture.moveTo(b);
    this.kept[k] = { rows, own, shares, mixture, b };
    mixture.yes.forEach((yes, r) => {
      const cell = this.firstRow(k, rows) + 2 * r;
      this.tables[cell] = mixture.no[r];
      this.tables[cell + 1] = yes;
    });
    return true;
  }

  /** Log-odds of each row of a node apart from its intercept, with their spreads. */
  mixtureOf({ push, pull }, own, last) {
    const offset = (row) => row.reduce((sum, sign, i) => (sign ? sum + sign * own[i].median : sum), 0);
    const spread = (row) => Math.hypot(...row.map((sign, i) => sign && own[i].sd));
    // Without push and pull each row has one number, which is its own.
    const offsets = Float64Array.from(push ?? own, push ? offset : ({ median }) => median);
    const spreads = Float64Array.from(pull ?? own, pull ? spread : ({ sd }) => sd);
    const same = (list, others) =>
      list.length === others.length && list.every((v, i) => v === others[i]);
    const kept = last && same(offsets, last.offsets) && same(spreads, last.spreads);
    return kept ? last : new Mixture(offsets, spreads); // only its base rate moved
  }

  /** First cell of the rows that a node's judgements tell of: those where its condition holds. */
  firstRow(k, rows) {
    const { at, conditional } = this.program.nodes[k];
    return conditional ? at + 2 * rowsIn(rows) : at;
  }

  /** The prior of each row of a node's table, given its condition. */
  sharesOf(k, rows) {
    const first = this.firstRow(k, rows);
    const shares = []; // no typed array: so many are made at every move
    let sum = 0;
    for (let cell = first; cell < first + 2 * rowsIn(rows); cell += 2) {
      shares.push(this.belief[cell] + this.belief[cell + 1]);
      sum += shares.at(-1);
    }
    if (sum === 0) throw this.dead(k);
    for (let r = 0; r < shares.length; r++) shares[r] /= sum;
    return shares;
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
    const find = (kind, node, no, yes) => {
      const { finding } = nodes[node];
      const cells = [
        [finding, no],
        [finding + 1, yes],
      ];
      const day = kind === "now" ? null : this.days[node];
      if (!cut.has(node)) found.push({ node, kind, day, cells });
    };
    now.forEach((place, k) => {
      const happened = window.settled[k];
      const settled = happened ? "happened" : "ruled out";
      if (happened !== undefined) find(settled, k, 1 - happened, Number(happened));
      else if (x[place] && !cut.has(k)) find("now", k, ...this.statement(k, x[place]));
    });
    for (const k of window.come) if (k in seen) find("seen", k, 1 - seen[k], Number(seen[k]));
    for (const report of reports) {
      if (!cut.has(report.node)) found.push({ ...report, kind: "report", ...this.told(report, x) });
    }
    return found;
  }

  /** What is held now of an event, taken alone, as a likelihood of prior mean 1. */
  statement(k, judged) {
    const [pNo, pYes] = [this.no[k], this.yes[k]];
    if (Math.min(pNo, pYes) < CERTAIN) {
      const told = `the network makes its probability exactly ${Math.round(pYes)}`;
      throw new Impossible(`events.${this.events[k].id}.now: ${told}`);
    }
    const [no, yes] = means(judged);
    return [no / pNo, yes / pYes];
  }

  /** What a sound source's report tells of its fact: by what its expert stated, or by its digit. */
  told({ node, at, says, pair, digit }, x) {
    const [pNo, pYes] = [this.no[node], this.yes[node]];
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
