/** A probability or a multiplier comes in; the way people write and read it goes out. */

import { logit, sigmoid } from "../engine/judgement.js";

const MINUS = "\u2212";

export const clamp = (x, low, high) => Math.min(high, Math.max(low, x));

/** Show a probability as the command line does: one decimal near 0 and 1. */
export function percent(p) {
  if (p === 0 || p === 1) return `${100 * p}%`;
  if (p < 0.0005) return "<0.1%";
  if (p > 0.9995) return ">99.9%";
  return `${(100 * p).toFixed(p < 0.095 || p > 0.985 ? 1 : 0)}%`;
}

export const digits3 = (x) => String(Number(x.toPrecision(3)));

/** Keep three digits that matter, so that an overlay reads as a person would write it. */
function tidy(p) {
  if (p <= 0 || p >= 1) return p;
  return p < 0.9
    ? Number(p.toPrecision(3))
    : Number((1 - Number((1 - p).toPrecision(3))).toPrecision(12));
}

const signed = (x, digits = 1) => `${x < 0 ? MINUS : "+"}${Math.abs(x).toFixed(digits)}`;

export function decibans(x) {
  if (!Number.isFinite(x)) return x > 0 ? "settles it" : "rules it out";
  return Math.abs(x) < 0.05 ? "0 dB" : `${signed(x)} dB`;
}

export function asOdds(x) {
  if (!Number.isFinite(x)) return decibans(x);
  const times = 10 ** (Math.abs(x) / 10);
  return Math.abs(x) < 0.05
    ? "×1"
    : `${x < 0 ? "÷" : "×"}${times < 10 ? times.toFixed(2) : digits3(times)}`;
}

/** Show by how many points of a hundred a probability moves. */
export function points(x) {
  const size = 100 * Math.abs(x);
  if (size < 0.05) return "0";
  return `${x < 0 ? MINUS : "+"}${size < 9.95 ? size.toFixed(1) : size.toFixed(0)}`;
}

export function oddsOf(p) {
  const odds = p / (1 - p);
  return odds >= 1 ? `${digits3(odds)} to 1` : `1 to ${digits3(1 / odds)}`;
}

const DAY = new Intl.DateTimeFormat("en-GB", {
  day: "numeric",
  month: "short",
  year: "numeric",
  timeZone: "UTC",
});

/** Write 2021-09-15 as 15 Sept 2021; a partial date stays as it is. */
export const day = (iso) =>
  /^\d{4}-\d\d-\d\d$/.test(iso ?? "") ? DAY.format(new Date(`${iso}T00:00:00Z`)) : (iso ?? "");

/** Read 25%, 25 or 12,5 % as a share of one; null if it is none. */
function parsePercent(text, closed) {
  const match = /^(\d+(?:[.,]\d*)?|[.,]\d+)\s*%?$/.exec(text.trim());
  if (!match) return null;
  const p = Number((Number(match[1].replace(",", ".")) / 100).toPrecision(12));
  return (closed ? p >= 0 && p <= 1 : p > 0 && p < 1) ? p : null;
}

/** Ask back where a share of one may have been meant; words, or null. */
function doubtPercent(text) {
  const p = /^0?[.,]\d+$/.test(text.trim()) ? Number(text.trim().replace(",", ".")) : 0;
  return p ? whichShare([p]) : null;
}

/** Ask whether numbers below 1 are shares of one, or of a hundred. */
export function whichShare(numbers) {
  const told = [100, 1].map((k) =>
    numbers.map((p) => Number((k * p).toPrecision(12))).join(" to "),
  );
  return `${told.join("% or ")}%? Write it with the percent sign`;
}

function parseTimes(text) {
  const match = /^[×x]?\s*(\d+(?:[.,]\d*)?|[.,]\d+)\s*(?:times|×|x)?$/i.exec(text.trim());
  const times = match && Number(match[1].replace(",", "."));
  return times > 0 && Number.isFinite(times) ? times : null;
}

/** Write an amount as Python does: three digits that matter, and thousands apart. */
export function amount(x, whole = false) {
  const rounded = Number((whole ? Math.round(x) : x).toPrecision(3));
  const size = Math.abs(rounded);
  if (size && !(size >= 1e-6 && size < 1e15)) return String(rounded).replace("-", MINUS);
  const decimals = size ? Math.max(0, 2 - Math.floor(Math.log10(size))) : 0;
  const [units, rest = ""] = size.toFixed(decimals).split(".");
  const spaced = units.replace(/\B(?=(\d{3})+$)/g, ",");
  const after = rest.replace(/0+$/, "");
  return `${rounded < 0 ? MINUS : ""}${spaced}${after && `.${after}`}`;
}

/** Read an amount such as 1,200 or 1 200, 0.35 or 12,5; null if it is none. */
export function parseAmount(text) {
  const bare = text
    .trim()
    .replace(MINUS, "-")
    .replace(/(?<=\d)[\s\u00a0\u202f'’_](?=\d{3})/g, "");
  const grouped = /^-?\d{1,3}(,\d{3})+(\.\d+)?$/.test(bare);
  const plain = grouped ? bare.replaceAll(",", "") : bare.replace(",", ".");
  return /^-?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i.test(plain) ? Number(plain) : null;
}

// The two kinds of number that a slider moves. `to` and `from` lead to its scale of logarithms.
export const PROBABILITY = {
  to: logit,
  from: sigmoid,
  tidy,
  ticks: [0.01, 0.05, 0.2, 0.45, 0.55, 0.8, 0.95, 0.99], // where the words change
  show: (p) => `${p < 0.9 ? digits3(100 * p) : Number((100 * tidy(p)).toPrecision(12))}%`,
  parse: parsePercent,
  doubt: doubtPercent,
  help: "Write a percentage, such as 25%, 25 or 12,5 %",
};
const MULTIPLIER = {
  to: Math.log,
  from: Math.exp,
  tidy: (x) => Number(x.toPrecision(3)),
  ticks: [1 / 15, 1 / 6, 1 / 3, 1, 3, 6, 15], // moderate, strong, decisive
  show: (x) => `${digits3(x)} times`,
  showEnd: digits3,
  parse: parseTimes,
  help: "Write how many times, such as 3 or 1,5",
};

export const scaleOf = ({ kind }) => (kind === "odds" ? MULTIPLIER : PROBABILITY);
