/** A compiled case and overrides come in; its judgements with those in their places, or a file of them, go out (overlay.py). */

import { multiplier, probability } from "./judgement.js";

/** A judgement as a compiled case has it: of a count, with the two numbers of its Beta. */
export const judgement = ([median, sd, ...counts]) => ({
  median: Number(median),
  sd: Number(sd),
  counts: counts.length ? counts : null,
});
const optional = (pair) => (pair ? judgement(pair) : null);
const inverse = ({ median, sd }) => ({ median: -median, sd });

/** A multiplier as the model uses it: what "lowers" divides the odds. */
const signed = (key, odds) => (key === "lowers" ? inverse(odds) : odds);

/** Take the judgements out of a compiled case. */
export function judgementsOf(compiled) {
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

// Characters that YAML refuses, or takes for the end of a line.
const UNSAFE = /[\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/g;
const escaped = (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`;
const written = (value) => JSON.stringify(value).replace(UNSAFE, escaped);

/** Write what differs from the case as an overlay file; what is only supposed is told in a comment. */
export function overlayText({ case: name, analyst = "analyst", added }, { overrides, ...supposed }) {
  const rows = Object.entries({ ...added, ...overrides }).sort();
  const left = Object.entries(supposed).filter(([, value]) => value && Object.keys(value).length);
  const place = (path) => (/^[\w.]+$/.test(path) ? path : written(path));
  return [
    ...left.map(([name, value]) => `# Only supposed, and no part of an overlay: ${name} ${written(value)}`),
    `analyst: ${written(analyst)}`,
    `case: ${name}`,
    rows.length ? "overrides:" : "overrides: {}",
    ...rows.map(([path, value]) => `  ${place(path)}: ${written(value)}`),
    "",
  ].join("\n");
}

export const mapped = (record, f) =>
  Object.fromEntries(Object.entries(record).map(([key, value]) => [key, f(value)]));

/** Read a period such as "12 months" or "2.5 years", in months. */
function months(period) {
  const match = /^\s*(\d+(?:\.\d+)?)\s*(month|year)s?\s*$/.exec(period);
  if (!match) throw new RangeError(`not a period: ${period}`);
  return Number(match[1]) * (match[2] === "year" ? 12 : 1);
}

// What a fact may be told anew, and what that takes the place of.
const FACT_KEYS = {
  if_yes: ["likelihood_ratio"],
  if_no: ["likelihood_ratio"],
  likelihood_ratio: ["if_yes", "if_no"],
  chance: [],
  status: [],
};

/**
 * Read an override in its file form into what it puts in place.
 *
 * @returns {*} a judgement; of a status, a grade or a list of reports the value as written
 */
export function readOverride(path, value) {
  const last = path.slice(path.lastIndexOf(".") + 1);
  if (["status", "reports", "grade"].includes(last)) return value;
  if (["raises", "lowers", "odds"].includes(last)) return signed(last, multiplier(value));
  if (last === "likelihood_ratio") return multiplier(value);
  const read = probability(value);
  if (last !== "base_rate") return read;
  return { ...read, within: value.within === undefined ? null : months(value.within) };
}

/** Put what an override states in its place; `judged` holds lists that may be changed. */
export function put(judged, index, path, value) {
  const [section, name, key, ...rest] = path.replace("->", ".").split(".");
  let known = false;
  if (section === "events") {
    known = putEvent(judged, index, index.event.get(name), key, rest, value);
  } else if (section === "links") {
    const l = index.link.get(`${name}.${key}`);
    known = l !== undefined;
    if (known) judged.links[l] = value;
  } else if (section === "evidence") {
    known = putFact(judged, index, index.fact.get(name), key, rest, value);
  } else if (section === "scales" && (name === "reliability" || name === "credibility")) {
    known = Object.hasOwn(judged[name], key);
    if (known) judged[name][key] = value;
  }
  if (!known) throw new RangeError(`no such judgement: ${path}`);
}

function putEvent(judged, index, k, key, rest, value) {
  if (k === undefined) return false;
  if (key === "now") judged.now[k] = value;
  else if (key === "base_rate" && judged.baseRates[k]) judged.baseRates[k] = value;
  else {
    const row = key === "table" ? index.row(k, rest[0]) : -1;
    if (row < 0) return false;
    judged.rows[k] = judged.rows[k].with(row, value);
  }
  return true;
}

function putFact(judged, index, f, key, [name, part], value) {
  if (f === undefined) return false;
  const fact = { ...judged.facts[f] };
  if (Object.hasOwn(FACT_KEYS, key)) {
    fact[key] = value;
    for (const rival of FACT_KEYS[key]) fact[rival] = null;
  } else if (key === "bears_on") {
    const bearing = index.bearing(f, name);
    if (bearing < 0) return false;
    fact.bearings = fact.bearings.with(bearing, value);
  } else if (key === "reports" && name === undefined) {
    if (value.length) throw new RangeError("new reports need the case to be compiled anew");
    fact.reports = [];
  } else if (key === "reports" && fact.reports[name] && ["grade", "hit", "false"].includes(part)) {
    const report = { ...fact.reports[name] };
    if (part === "grade") [report.letter, report.digit = null] = value;
    else report[part] = value;
    fact.reports = fact.reports.with(name, report);
  } else return false;
  judged.facts[f] = fact;
  return true;
}
