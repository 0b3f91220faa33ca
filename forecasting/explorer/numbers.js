/** A probability or a multiplier comes in; the way people write and read it goes out. */

export const Z90 = 1.6448536269514722; // a stated range is a central 90% interval
const MINUS = "\u2212";
export const DECIBANS = 10 / Math.LN10; // one unit of log-odds in decibans

export const logOdds = (p) => Math.log(p) - Math.log1p(-p);
export const chance = (x) => (x >= 0 ? 1 / (1 + Math.exp(-x)) : Math.exp(x) / (1 + Math.exp(x)));
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

export function oddsOf(p) {
  const odds = p / (1 - p);
  return odds >= 1 ? `${digits3(odds)} to 1` : `1 to ${digits3(1 / odds)}`;
}

// ICD 203; a shared endpoint takes the word nearer to an even chance.
const WORDS = [
  ["almost no chance", 0.01, 0.05],
  ["very unlikely", 0.05, 0.2],
  ["unlikely", 0.2, 0.45],
  ["roughly even chance", 0.45, 0.55],
  ["likely", 0.55, 0.8],
  ["very likely", 0.8, 0.95],
  ["almost certain", 0.95, 0.99],
];

export function wordFor(exact) {
  const p = Number(exact.toFixed(9));
  if (p < 0.01) return "below the scale";
  if (p > 0.99) return "above the scale";
  const holding = WORDS.filter(([, low, high]) => low <= p && p <= high);
  const away = ([, low, high]) => Math.abs((low + high) / 2 - 0.5);
  return holding.reduce((best, one) => (away(one) < away(best) ? one : best))[0];
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

function parseTimes(text) {
  const match = /^[×x]?\s*(\d+(?:[.,]\d*)?|[.,]\d+)\s*(?:times|×|x)?$/i.exec(text.trim());
  const times = match && Number(match[1].replace(",", "."));
  return times > 0 && Number.isFinite(times) ? times : null;
}

// The two kinds of number that a slider moves. `to` and `from` lead to its scale of logarithms.
const PROBABILITY = {
  to: logOdds,
  from: chance,
  tidy,
  reach: [logOdds(0.001), logOdds(0.999)],
  ticks: [0.01, 0.05, 0.2, 0.45, 0.55, 0.8, 0.95, 0.99], // where the words change
  show: (p) => `${p < 0.9 ? digits3(100 * p) : Number((100 * tidy(p)).toPrecision(12))}%`,
  parse: parsePercent,
  help: "Write a percentage, such as 25%, 25 or 12,5 %",
};
export const MULTIPLIER = {
  to: Math.log,
  from: Math.exp,
  tidy: (x) => Number(x.toPrecision(3)),
  reach: [-Math.log(30), Math.log(30)],
  ticks: [1 / 15, 1 / 6, 1 / 3, 1, 3, 6, 15], // moderate, strong, decisive
  show: (x) => `${digits3(x)} times`,
  showEnd: digits3,
  parse: parseTimes,
  help: "Write how many times, such as 3 or 1,5",
};
const SURE_MULTIPLIER = { ...MULTIPLIER, reach: [0, Math.log(30)], ticks: [1.5, 3, 6, 15] };

export function scaleOf(input) {
  if (input.kind === "probability") return PROBABILITY;
  return /\.odds$|likelihood_ratio$/.test(input.path) || input.low < 1
    ? MULTIPLIER
    : SURE_MULTIPLIER;
}

/** Read the file's own form (0.2, {low, high}, {low, best, high}) as centre and spread. */
export function judgement(form, scale) {
  if (typeof form === "number") return { median: scale.to(form), sd: 0 };
  if (form.low === undefined) return { median: scale.to(form.best), sd: 0 };
  const [low, high] = [scale.to(form.low), scale.to(form.high)];
  const median = form.best === undefined ? (low + high) / 2 : scale.to(form.best);
  return { median, sd: (high - low) / (2 * Z90) };
}
