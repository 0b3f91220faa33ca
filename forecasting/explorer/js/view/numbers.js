/** A probability or a multiplier comes in; the way people read it, and move it, goes out. */

import { logit, sigmoid } from "../engine/judgement.js";
import { doubtShare, oneShare, oneTimes } from "./typed.js";

const MINUS = "\u2212";

export const clamp = (x, low, high) => Math.min(high, Math.max(low, x));

/** Show a probability as the command line does: one decimal near 0 and 1. */
export function percent(p) {
  if (p === 0 || p === 1) return `${100 * p}%`;
  if (p < 0.0005) return "<0.1%";
  if (p > 0.9995) return ">99.9%";
  return `${fixed(100 * p, p < 0.095 || p > 0.985 ? 1 : 0)}%`;
}

/** Round to no or one decimal; halves go to the even digit, as in Python: 20.5 is 20, 3.25 is 3.2. */
function fixed(x, digits) {
  const isDown = digits ? (4 * x) % 4 === 1 : (2 * x) % 4 === 1;
  return (isDown ? x - 0.01 : x).toFixed(digits);
}

export const digits3 = (x) => String(Number(x.toPrecision(3)));

/** Keep three digits that matter, so that an overlay reads as a person would write it. */
function tidy(p) {
  if (p <= 0 || p >= 1) return p;
  return p < 0.9
    ? Number(p.toPrecision(3))
    : Number((1 - Number((1 - p).toPrecision(3))).toPrecision(12));
}

const signed = (x, digits = 1) => `${x < 0 ? MINUS : "+"}${fixed(Math.abs(x), digits)}`;

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
  return `${x < 0 ? MINUS : "+"}${fixed(size, size < 9.95 ? 1 : 0)}`;
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

// The two kinds of number that a slider moves. `to` and `from` lead to its scale of logarithms.
export const PROBABILITY = {
  to: logit,
  from: sigmoid,
  tidy,
  ticks: [0.01, 0.05, 0.2, 0.45, 0.55, 0.8, 0.95, 0.99], // where the words change
  show: (p) => `${p < 0.9 ? digits3(100 * p) : Number((100 * tidy(p)).toPrecision(12))}%`,
  parse: oneShare,
  doubt: doubtShare,
  help: "Write a percentage, such as 25%, 25 or 12,5 %",
};
const MULTIPLIER = {
  to: Math.log,
  from: Math.exp,
  tidy: (x) => Number(x.toPrecision(3)),
  ticks: [1 / 15, 1 / 6, 1 / 3, 1, 3, 6, 15], // moderate, strong, decisive
  show: (x) => `${digits3(x)} times`,
  showEnd: digits3,
  parse: oneTimes,
  help: "Write how many times, such as 3 or 1,5",
};

export const scaleOf = ({ kind }) => (kind === "odds" ? MULTIPLIER : PROBABILITY);
