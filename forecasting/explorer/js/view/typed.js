/** What people type comes in; numbers in the form of a case file go out, and the way back. */

const NUMBER = String.raw`(\d+(?:[.,]\d*)?|[.,]\d+)`;
const SPAN = String.raw`\s*(?:-|–|to|bis)\s*`;
const ONE = new RegExp(`^${NUMBER}\\s*%?$`);
const RANGE = new RegExp(`^${NUMBER}\\s*%?${SPAN}${NUMBER}\\s*%?$`);
const BOTH = new RegExp(`^${NUMBER}\\s*%?\\s*\\(\\s*${NUMBER}\\s*%?${SPAN}${NUMBER}\\s*%?\\s*\\)$`);
const COUNT = /^(\d+)\s*(?:of|out of|in|\/)\s*(\d+)$/;
const WORDS = /^[a-z][a-z ]*$/i;

const round = (x) => Number(x.toPrecision(12));
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

/** Ask whether numbers below 1 are shares of one, or of a hundred; null where there is no doubt. */
function whichShare(text) {
  const all = Object.values(ends(text) ?? {}).map(numberOf);
  const isSmall = all.every((x) => x <= 1) && all.some((x) => x > 0 && x < 1);
  if (!isSmall || text.includes("%")) return null;
  const told = [100, 1].map((k) => all.map((p) => round(k * p)).join(" to "));
  return `${told.join("% or ")}%? Write it with the percent sign`;
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
  const asked = whichShare(said);
  if (asked) return { doubt: `${asked}.` };
  if (!inOrder(found)) return { doubt: "The smaller number comes first." };
  const isSure = closed && all.length === 1;
  if (!all.every((x) => (isSure ? x >= 0 && x <= 100 : x > 0 && x < 100)))
    return { doubt: isSure ? "A number from 0 to 100." : "Above 0 and below 100." };
  return { form: formOf(found, (x) => `${x}%`) };
}

/** Read one share, 25%, 25 or 12,5 %, as a share of one; null if it is none. */
export function oneShare(text, closed) {
  const { form } = readShare(text.trim().replace(/%?$/, "%"), { closed });
  return typeof form === "string" ? round(Number(form.slice(0, -1)) / 100) : null;
}

/** What is to be asked back of one share, or why it cannot be; words, or null. */
export function doubtShare(text, closed) {
  const { doubt } = ONE.test(text.trim()) ? readShare(text, { closed }) : {};
  return doubt?.replace(/[.]$/, "") ?? null;
}

const TIMES = /^[×x]\s*|\s*(times|×|x)$/gi;

/** Read one number of times: 3, or 1,5 times; null if it is none. */
export function oneTimes(text) {
  const { form } = readTimes(text);
  return typeof form === "number" ? form : null;
}

/** Read how many times: 3, or 2-6. */
export function readTimes(text) {
  const said = text.trim().replace(TIMES, "");
  const found = ends(said);
  if (!found) {
    if (WORDS.test(said)) return { form: said };
    return { doubt: "Write how many times, such as 3, or a range: 2-6." };
  }
  if (!inOrder(found)) return { doubt: "The smaller number comes first." };
  if (Object.values(found).some((x) => numberOf(x) <= 0)) return { doubt: "Above 0." };
  return { form: formOf(found, Number) };
}

/** Read an amount such as 1,200 or 1 200, 0.35 or 12,5; null if it is none. */
export function parseAmount(text) {
  const bare = text
    .trim()
    .replace("\u2212", "-")
    .replace(/(?<=\d)[\s\u00a0\u202f'’_](?=\d{3})/g, "");
  const grouped = /^-?\d{1,3}(,\d{3})+(\.\d+)?$/.test(bare);
  const plain = grouped ? bare.replaceAll(",", "") : bare.replace(",", ".");
  return /^-?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i.test(plain) ? Number(plain) : null;
}

/** Ask back where a dot may part thousands, as many write it: 1.250; words, or null. */
export function doubtAmount(text) {
  const said = /^([-\u2212]?[1-9]\d{0,2})\.(\d{3})$/.exec(text.trim());
  if (!said) return null;
  const [whole, after] = said.slice(1);
  const exact = after.endsWith("0") ? after.replace(/0+$/, "") : `${after}0`;
  const told = exact ? `${whole}.${exact}` : whole;
  return `${whole}${after} or ${told}? Write one of the two as it stands here`;
}

/** Read an amount: 1,200 or 0.5. */
export function readAmount(text) {
  const [asked, value] = [doubtAmount(text), parseAmount(text)];
  if (asked) return { doubt: `${asked}.` };
  return value === null ? { doubt: "Write an amount, such as 1,200 or 0.5." } : { form: value };
}

const bare = (one) => {
  if (typeof one === "number") return String(round(100 * one));
  const said = String(one).trim();
  // A file may also say 0.3: a number without a percent sign is a share of one.
  if (/^\d*\.?\d+$/.test(said)) return String(round(100 * Number(said)));
  return said.replace(/\s*%$/, "");
};

/** Read two amounts, 10 to 39, into the form in which a file has the part between them. */
export function readSpan(text) {
  const ends = text.split(/\s*(?:to|–|\.\.)\s*/).map(readAmount);
  const [one, other] = ends.map(({ form }) => form);
  if (ends.length === 2 && one < other) return { form: `${one} to ${other}` };
  const asked = ends.map(({ doubt }) => doubt).find((words) => words?.includes("?"));
  return { doubt: asked ?? "Write two amounts, the smaller one first: 10 to 39." };
}

/** Read how often something was counted. */
export const readCount = (text) =>
  /^\d+$/.test(text.trim())
    ? { form: Number(text) }
    : { doubt: "Write how many of the counted cases it was, such as 6." };

/** Read the factor within which something unsure lies. */
export function readFactor(text) {
  const factor = oneTimes(text);
  return factor >= 1 && factor <= 1000
    ? { form: factor }
    : { doubt: "Write a factor from 1 to 1,000, such as 2." };
}

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

/** The middle of a share as a share of one, be it a number or a range; null of certainty and words. */
export function middleShare(form) {
  const { low, best, high } = partsOf(showShare(form));
  const p = best ?? Math.sqrt(low * high);
  return p > 0 && p < 100 ? p / 100 : null;
}

/** How many times the odds are where something holds: of two shares of one. */
export const timesBetween = (yes, no) => odds(yes) / odds(no);

/**
 * What two shares come to whose ratio of odds stays, of what holds in so many over all: where a
 * condition holds, which it does in `common`, and where not.
 */
export function around(overAll, common, times) {
  const where = (no) => (times * odds(no)) / (1 + times * odds(no));
  let [low, high] = [0, 1];
  for (let i = 0; i < 60; i += 1) {
    const no = (low + high) / 2;
    if (common * where(no) + (1 - common) * no < overAll) low = no;
    else high = no;
  }
  return [where(low), low];
}
