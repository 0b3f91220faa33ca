/** What people type comes in; numbers in the form of a case file go out, and the way back. */

import { parseAmount, whichShare } from "./numbers.js";

const NUMBER = String.raw`(\d+(?:[.,]\d*)?|[.,]\d+)`;
const SPAN = String.raw`\s*(?:-|–|to|bis)\s*`;
const ONE = new RegExp(`^${NUMBER}\\s*%?$`);
const RANGE = new RegExp(`^${NUMBER}\\s*%?${SPAN}${NUMBER}\\s*%?$`);
const BOTH = new RegExp(`^${NUMBER}\\s*%?\\s*\\(\\s*${NUMBER}\\s*%?${SPAN}${NUMBER}\\s*%?\\s*\\)$`);
const COUNT = /^(\d+)\s*(?:of|out of|in|\/)\s*(\d+)$/;
const WORDS = /^[a-z][a-z ]*$/i;

const numberOf = (text) => Number(text.replace(",", "."));
const plain = (text) => String(numberOf(text));

/** Read the numbers of “30”, “20-40” or “30 (20-40)” into low, best, high; null if it is none. */
function ends(text) {
  const [one, range, both] = [ONE, RANGE, BOTH].map((form) => form.exec(text.trim()));
  if (one) return { best: one[1] };
  if (range) return { low: range[1], high: range[2] };
  return both && { low: both[2], best: both[1], high: both[3] };
}

const inOrder = (found) => {
  const all = ["low", "best", "high"]
    .filter((end) => end in found)
    .map((end) => numberOf(found[end]));
  return all.every((x, i) => !i || all[i - 1] < x);
};

/** Put the ends into the form of a file: one number alone, or low, best and high. */
function formOf(found, write) {
  const written = Object.entries(found).map(([end, text]) => [end, write(plain(text))]);
  return written.length === 1 ? written[0][1] : Object.fromEntries(written);
}

/**
 * Read a share: 30, 30%, 20-40%, 30 (20-40), or 6 of 30.
 *
 * Gives `{ form }` as a case file states it, or `{ doubt }`: what to ask back, in words.
 */
export function readShare(text, { closed = false, counts = false, words = false } = {}) {
  const said = text.trim();
  const count = counts && COUNT.exec(said);
  if (count) {
    const [seen, of] = [Number(count[1]), Number(count[2])];
    if (of < 1 || seen > of) return { doubt: "The part cannot be more than the whole." };
    return { form: { seen: String(seen), of: String(of) } };
  }
  const found = ends(said);
  if (!found) {
    if (words && WORDS.test(said)) return { form: said };
    const more = counts ? ", or 6 of 30" : "";
    return { doubt: `Write a number out of 100, or a range: 30, or 20-40${more}.` };
  }
  const all = Object.values(found).map(numberOf);
  const small = all.filter((x) => x > 0 && x < 1);
  if (small.length && all.every((x) => x <= 1) && !said.includes("%")) {
    return { doubt: `${whichShare(all)}.` };
  }
  if (!inOrder(found)) return { doubt: "The smaller number comes first." };
  const isSure = closed && all.length === 1;
  if (!all.every((x) => (isSure ? x >= 0 && x <= 100 : x > 0 && x < 100)))
    return { doubt: isSure ? "A number from 0 to 100." : "Above 0 and below 100." };
  return { form: formOf(found, (x) => `${x}%`) };
}

/** Read how many times: 3, or 2-6. */
export function readTimes(text) {
  const said = text.trim().replace(/^[×x]\s*|\s*(times|×|x)$/gi, "");
  const found = ends(said);
  if (!found) {
    if (WORDS.test(said)) return { form: said };
    return { doubt: "Write how many times, such as 3, or a range: 2-6." };
  }
  if (!inOrder(found)) return { doubt: "The smaller number comes first." };
  if (Object.values(found).some((x) => numberOf(x) <= 0)) return { doubt: "Above 0." };
  return { form: formOf(found, Number) };
}

/** Read an amount: 1,200 or 0.5. */
export function readAmount(text) {
  const value = parseAmount(text);
  return value === null ? { doubt: "Write an amount, such as 1,200 or 0.5." } : { form: value };
}

const bare = (one) => {
  if (typeof one === "number") return String(Number((100 * one).toPrecision(12)));
  const said = String(one).trim();
  // A file may also say 0.3: a number without a percent sign is a share of one.
  if (/^\d*\.?\d+$/.test(said)) return String(Number((100 * Number(said)).toPrecision(12)));
  return said.replace(/\s*%$/, "");
};

/** Show a share of a file as it is typed: a number as a share of one is told out of 100. */
export function showShare(form) {
  if (form == null) return "";
  if (typeof form !== "object") return bare(form);
  if ("seen" in form) return typeof form.seen === "object" ? "" : `${form.seen} of ${form.of}`;
  const { low, best, high } = form;
  if (low == null) return best == null ? "" : bare(best);
  const range = `${bare(low)}-${bare(high)}`;
  return best == null ? range : `${bare(best)} (${range})`;
}

export function showTimes(form) {
  if (form == null) return "";
  if (typeof form !== "object") return String(form);
  const range = `${form.low}-${form.high}`;
  return form.best == null ? range : `${form.best} (${range})`;
}

/** The parts of what is typed as numbers out of 100, for a picture: low, best and high. */
export function partsOf(text) {
  const found = ends(text) ?? {};
  return Object.fromEntries(Object.entries(found).map(([end, one]) => [end, numberOf(one)]));
}

/** Write the parts of a picture, numbers out of 100, as one types them. */
export const partsTyped = (parts) =>
  "low" in parts ? `${parts.best} (${parts.low}-${parts.high})` : String(parts.best);

// What a probability does to odds, in words.
const odds = (p) => p / (1 - p);

/** How many times the odds are where something holds: of two shares, each with its middle. */
export function timesBetween(yes, no) {
  const middle = (form) => {
    const { low, best, high } = partsOf(showShare(form));
    const p = best ?? Math.sqrt(low * high);
    return p > 0 && p < 100 ? odds(p / 100) : null;
  };
  const [a, b] = [middle(yes), middle(no)];
  return a === null || b === null ? null : a / b;
}
