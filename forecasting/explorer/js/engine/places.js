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

import { placeOf, unsureSpread } from "./amounts.js";
import { Mixture, equal, exactly, logit, means, over, reading } from "./judgement.js";
import { overPeriod } from "./shares.js";
import { readTogether, togethers } from "./stated.js";

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

/** The factor by which steps are sure. */
const SURE = exactly(0);

/** The scale on which the amounts of a quantity are judged. */
export const scaleOf = ({ quantity: { scale, whole } }) => ({ log: scale === "log", whole });

/** What one file says raises the odds, another may say lowers them. */
const turnedIf = (turned, one) => (turned ? { ...one, median: -one.median } : one);

/** A probability with a mean and a spread. */
export function about(p, sd) {
  if (!(p > 0 && p < 1)) return { median: p <= 0 ? -Infinity : Infinity, sd: 0, counts: null };
  const mixture = new Mixture(Float64Array.of(0), Float64Array.of(sd));
  return { median: mixture.calibrate(logit(p), [1]), sd, counts: null };
}

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
    // Numbers that are for the window, after base rates are carried to it: those of several states,
    // and whatever moves others with it.
    this.several = [...events.keys()].filter((k) => program.nodes[k].family !== "logit");
    this.wholeOf = new Map(program.wholes.flatMap((whole) => whole.map((place) => [place, whole])));
    const bases = this.several.flatMap((k) => program.nodes[k].bases);
    this.lately = new WeakMap(); // base rates of several states, by window
    this.scale = new Map(); // of the points of quantities
    this.unsure = new Set();
    this.togethers = togethers({ program, events });
    this.late = new Set([...this.wholeOf.keys(), ...bases]);
    for (const k of this.several) {
      const { family, bases, curve, rows } = program.nodes[k];
      if (family === "ordered") this.late.add(rows.params[0]);
      if (family === "ordered") this.unsure.add(rows.params[0]);
      if (curve) for (const place of bases) this.scale.set(place, scaleOf(events[k]));
    }
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
    const late = []; // in the order in which the hand made them
    const write = (place, judgement) => {
      if (this.late.has(place)) late.push((x) => this.move(x, new Map([[place, judgement]])));
      else stated[place] = judgement;
    };
    for (const [path, value] of Object.entries(settings.overrides ?? {})) {
      const found = this.find(path);
      const all = this.togethers.get(path);
      if (found) write(found.place, this.read(value, found));
      else if (all) late.push((x) => this.moveAll(x, all, value, window));
      else if (!this.turn(switches, path, value)) {
        throw new RangeError(`no such judgement: ${path}`);
      }
    }
    if (moved) write(moved.place, moved.judgement);
    const x = [...stated];
    this.events.forEach((_, k) => {
      const { family, bases } = this.program.nodes[k];
      if (family === "logit" && bases.length) x[bases[0]] = this.baseRate(k, x[bases[0]], window);
    });
    for (const place of this.unsure) x[place] ??= SURE;
    for (const [place, judgement] of this.carriedTo(window)) x[place] = judgement;
    for (const act of late) act(x);
    for (const place of this.late) stated[place] = x[place];
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

  read(value, { path, place, turned }) {
    if (typeof value === "object" && "median" in value) return turnedIf(turned, value);
    if (this.scale.has(place)) return exactly(placeOf(value.best ?? value, this.scale.get(place)));
    if (this.unsure.has(place)) return { ...SURE, sd: unsureSpread(value.best ?? value) };
    return turnedIf(turned, reading(value, isMultiplier(path) ? Math.log : logit));
  }

  /**
   * Write numbers to their places for the window, and what moves with them (run.writes): others of
   * a whole share what is left in their proportions, their spreads kept, and the median of a
   * quantity takes the other points along.
   *
   * @param {Map<number, Judgement>} named
   */
  move(x, named) {
    if (!named.size) return;
    const last = [...x];
    for (const [place, judgement] of named) x[place] = judgement;
    for (const whole of new Set([...named.keys()].map((place) => this.wholeOf.get(place)))) {
      if (whole) this.share(x, last, whole, named);
    }
    for (const place of named.keys()) {
      for (const other of this.program.shifts[place] ?? []) {
        if (named.has(other)) continue;
        x[other] = exactly(last[other].median + x[place].median - last[place].median);
      }
    }
  }

  /** Give those of a whole that are not moved what is left, in their proportions. */
  share(x, last, whole, named) {
    const mine = whole.filter((place) => named.has(place));
    const others = whole.filter((place) => !named.has(place));
    const left = (from) => {
      const pairs = mine.map((place) => means(from[place]));
      return pairs.length === 1 ? pairs[0][0] : 1 - pairs.reduce((sum, [, yes]) => sum + yes, 0);
    };
    const [before, after] = [left(last), left(x)];
    for (const other of others) {
      // Where nothing was left for them, they have what there is now in equal parts.
      const p = before > 0 ? (means(last[other])[1] * after) / before : after / others.length;
      x[other] = about(p, x[other].sd);
    }
  }

  /** How far a point of a quantity goes: up to those beside it; the median, with them, anywhere. */
  pointRange(place, x) {
    const { bases } = this.program.nodes.find((node) => node.curve && node.bases.includes(place));
    const points = bases.map((own) => x[own].median);
    const [first, last] = [points[0], points[points.length - 1]];
    const ends = [2 * first - last, 2 * last - first];
    const i = bases.indexOf(place);
    return place in this.program.shifts ? ends : [points[i - 1] ?? ends[0], points[i + 1] ?? ends[1]];
  }

  /** Write all of some numbers that hang together; those for another period are carried over. */
  moveAll(x, all, value, window) {
    const { node, places, unsure } = all;
    const read = readTogether(all, value, this.scale.get(places[0]));
    const period = window.months[node] ?? window.length;
    const judgements =
      read.within === null
        ? read.judgements
        : this.carry(node, read.judgements, period / read.within);
    places.forEach((place, i) => (x[place] = judgements[i]));
    if (unsure !== undefined) x[unsure] = read.unsure ?? SURE;
  }

  /** Carry a base rate of several states to a period so many times as long. */
  carry(node, stated, ratio) {
    const { none } = this.program.nodes[node];
    if (none === null) return stated.map((one) => over(one, ratio));
    const [shares, spreads] = [stated.map((one) => means(one)[1]), stated.map(({ sd }) => sd)];
    const moved = overPeriod(shares, ratio, none);
    return Array.from(moved, (share, s) => about(share, spreads[s]));
  }

  /** Base rates of several states as they are for a window, by place (run.carried). */
  carriedTo(window) {
    if (!this.lately.has(window)) {
      const carried = Object.entries(window.ratios).flatMap(([k, ratio]) => {
        const { bases } = this.program.nodes[k];
        const stated = bases.map((place) => this.stated[place]);
        return this.carry(k, stated, ratio).map((one, s) => [bases[s], one]);
      });
      const estimated = Object.entries(window.points).flatMap(([k, points]) =>
        points.map((point, i) => [this.program.nodes[k].bases[i], exactly(point)]),
      );
      this.lately.set(window, [...carried, ...estimated]);
    }
    return this.lately.get(window);
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
