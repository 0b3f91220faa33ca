/**
 * A compiled case and settings come in; the numbers at its places, and what counts, go out.
 *
 * Every judgement has a place of its own (program.py): an override is written to it. Grades, what
 * is seen of facts, reports that are dropped and dates are switches; nothing is compiled anew.
 *
 * @typedef {{overrides?: Object<string, *>, given?: Object<string, boolean>,
 *   do?: Object<string, boolean>, as_of?: ?string, by?: ?string}} Settings overrides by path, each
 *   a Judgement, or in the form that a file has it
 */

import { equal, logit, over, reading } from "./judgement.js";

/** What cannot be: told to the reader in place of numbers. */
export class Impossible extends Error {}

/** Compute something, or give null if it cannot be. */
export function possible(compute) {
  try {
    return compute();
  } catch (error) {
    if (error instanceof Impossible) return null;
    throw error;
  }
}

const MULTIPLIERS = ["raises", "lowers", "odds"];
const isMultiplier = (path) => /\.(raises|lowers|odds|likelihood_ratio)$/.test(path);

/** A judgement as a compiled case has it: of a count, with the two numbers of its Beta. */
const judgement = ([median, sd, ...counts]) => ({
  median: Number(median),
  sd,
  counts: counts.length ? counts : null,
});

export class Places {
  constructor({ program, windows, events, facts, as_of: asOf, resolve_by: by }) {
    const numbered = (names) => new Map(names.map((name, i) => [name, i]));
    Object.assign(this, { program, windows, events, asOf, by });
    this.place = numbered(program.paths);
    this.stated = program.stated.map((pair) => pair && judgement(pair));
    this.event = numbered(events.map(({ id }) => id));
    this.fact = new Map(facts.map(({ id }, f) => [id, events.length + f]));
    const told = facts.flatMap(({ id, reports }) =>
      reports.map(({ day }, i) => ({ day, path: `evidence.${id}.reports.${i}` })),
    );
    this.report = numbered(told.map(({ path }) => path));
    this.reports = program.reports.map((report, i) => ({ ...report, day: told[i].day }));
    this.carried = []; // base rates as last carried over to a window, by event
  }

  /** The pair of dates of a setting, and what follows from it. */
  windowAt({ as_of: asOf, by }) {
    const [day, end] = [asOf ?? this.asOf, by ?? this.by];
    const window = this.windows.find((one) => one.as_of === day && one.by === end);
    if (!window) throw new RangeError(`no window from ${day} to ${end} in this page`);
    return window;
  }

  /**
   * Write a setting to the places.
   *
   * @param {?{place: number, judgement: Judgement}} moved one more
   * @returns {{window: object, stated: Judgement[], x: Judgement[], seen: object, told: object[],
   *   reports: object[], reliable: (Judgement|undefined)[]}} judgements by place, as stated and as
   *   they are for the window, null where there is none; facts that are seen, by node; reports of
   *   any day, and those that count; of each source that reports at all its reliability
   */
  at(settings, moved = null) {
    const window = this.windowAt(settings);
    const switches = { seen: { ...this.program.seen }, reports: [...this.reports] };
    const stated = [...this.stated];
    for (const [path, value] of Object.entries(settings.overrides ?? {})) {
      const found = this.find(path);
      if (found) stated[found.place] = this.read(value, found);
      else if (!this.turn(switches, path, value)) {
        throw new RangeError(`no such judgement: ${path}`);
      }
    }
    if (moved) stated[moved.place] = moved.judgement;
    const x = [...stated];
    this.events.forEach((_, k) => {
      const { base } = this.program.nodes[k];
      if (base !== null) x[base] = this.baseRate(k, x[base], window);
    });
    const told = switches.reports.filter(Boolean);
    const reliable = this.program.sources.map((_, s) => {
      const letter = told.find((report) => report.source === s && report.letter)?.letter;
      return x[this.program.letters[letter]];
    });
    const reports = window.counted.map((i) => switches.reports[i]).filter(Boolean);
    return { window, stated, x, seen: switches.seen, told, reports, reliable };
  }

  /** Find the place of a path; a multiplier has one, whichever of its keys is named. */
  find(path) {
    const exact = path.replace("->", ".");
    if (this.place.has(exact)) return { place: this.place.get(exact), path: exact, turned: false };
    const [, stem, key] = /^(.*\.)(raises|lowers|odds)$/.exec(exact) ?? [];
    const own = stem && MULTIPLIERS.find((other) => this.place.has(stem + other));
    if (!own) return null;
    const turned = (key === "lowers") !== (own === "lowers");
    return { place: this.place.get(stem + own), path: exact, turned };
  }

  read(value, { path, turned }) {
    const held = typeof value === "object" && "median" in value;
    const one = held ? value : reading(value, isMultiplier(path) ? Math.log : logit);
    return turned ? { ...one, median: -one.median } : one;
  }

  /** Turn what is no number: a grade, what is seen of a fact, reports that are dropped. */
  turn({ seen, reports }, path, value) {
    const [, item, key] = /^(.*)\.(status|reports|grade)$/.exec(path) ?? [];
    const own = this.report.get(item);
    if (key === "grade" && own !== undefined) {
      const [letter, digit = null] = value;
      if (reports[own]) reports[own] = { ...reports[own], letter, digit };
      return true;
    }
    const node = item?.startsWith("evidence.") ? this.fact.get(item.slice(9)) : undefined;
    if (node === undefined || key === "grade") return false;
    if (key === "status") {
      delete seen[node];
      if (["confirmed", "absent"].includes(value)) seen[node] = value === "confirmed";
    } else if (value.length) {
      throw new RangeError("new reports need the case to be compiled anew");
    } else {
      this.reports.forEach((report, i) => {
        if (report.node === node) reports[i] = null;
      });
    }
    return true;
  }

  /** The base rate of an event for a window: fitted for it, as stated, or carried over to it. */
  baseRate(k, stated, window) {
    if (!stated) return { ...judgement(window.fitted[k]), within: null };
    const { within } = stated;
    if (within === null) return stated;
    const [ratio, lasts] = within
      ? [(window.months[k] ?? window.length) / within, this.events[k].kind === "lasts"]
      : (window.rates[k] ?? [1, false]);
    const last = this.carried[k];
    if (last?.ratio === ratio && equal(last.stated, stated)) return last.rate;
    this.carried[k] = { stated, ratio, rate: over(stated, ratio, lasts) };
    return this.carried[k].rate;
  }
}
