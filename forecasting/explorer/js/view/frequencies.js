/**
 * Chances of combinations of parts come in; whole numbers of cases go out, in words, as a tree, a
 * table and a picture (answer/frequencies.py, tell/frequencies.py).
 *
 * @typedef {{name: string, title: string, parts: string[], seen: number}} Split
 * @typedef {{cases: number, splits: Split[], counts: number[], chances: number[],
 *   forecast: number, concludes: ?boolean}} Frequencies the outcome first; the last split fastest;
 *   without a conclusion if something else is asked than the outcome given the facts
 */

import { percent } from "./numbers.js";
import { h, svg } from "./elements.js";

const SIZES = [1e3, 1e4, 1e5, 1e6];
const [POINT, RARE] = [0.01, 1e-4];
// Cases are shared out in units so small, as whole numbers: rounding then decides nothing.
const UNIT = 1e9;

const [WIDE, HIGH, HEAD, SIGN, LINE] = [320, 200, 18, 8, 16];

const sum = (list) => list.reduce((all, one) => all + one, 0);
const write = (count) => String(count).replace(/\B(?=(\d{3})+$)/g, ",");
const range = (length) => Array.from({ length }, (_, i) => i);

/** All combinations of one part of each split. */
const partsOf = (splits) =>
  splits.reduce((all, { parts }) => all.flatMap((some) => parts.map((_, i) => [...some, i])), [[]]);

/** The sum of values over combinations that have these parts; null, or left out, is any. */
function total({ splits }, parts, values) {
  const holds = (leaf) => parts.every((part, k) => part === null || part === leaf[k]);
  return sum(values.filter((_, i) => holds(partsOf(splits)[i])));
}

const seenOf = ({ splits }) => splits.slice(1).map(({ seen }) => seen);
const countOf = (found, ...parts) => total(found, parts, found.counts);
const shareOf = (found, values) => {
  const parts = [found.splits[0].seen, ...seenOf(found)];
  return total(found, parts, values) / total(found, [null, ...parts.slice(1)], values);
};

/** Divide so many cases that no branch asked about is without any. */
export function frequencies(splits, chances, forecast) {
  const sizes = splits.map(({ parts }) => parts.length);
  const seen = seenOf({ splits });
  const needed = partsOf(splits).map(([first, ...leaf], i) => {
    const isSeen = leaf.every((part, k) => part === seen[k]);
    return chances[i] > 1 / UNIT && (isSeen || (first === splits[0].seen && chances[i] > RARE));
  });
  for (const cases of SIZES) {
    const quotas = chances.map((p) => Math.round(p * cases * UNIT));
    const counts = whole(quotas, sizes, cases);
    const isEmpty = counts.some((n, i) => needed[i] && n === 0);
    if (!isEmpty || cases === SIZES.at(-1)) return { cases, splits, counts, chances, forecast };
  }
  return null;
}

/** Share out a count among branches by the largest remainder, from the trunk to the leaves. */
function whole(quotas, [size, ...sizes], count) {
  if (size === undefined) return [count];
  const step = quotas.length / size;
  const own = range(size).map((i) => quotas.slice(i * step, (i + 1) * step));
  const counts = own.map((some) => Math.floor(sum(some) / UNIT));
  const rest = own.map((some) => sum(some) % UNIT);
  const order = range(size).toSorted((a, b) => rest[b] - rest[a]);
  for (const i of order.slice(0, count - sum(counts))) counts[i] += 1;
  return own.flatMap((some, i) => whole(some, sizes, counts[i]));
}

// In words.

const isNamed = ({ parts }) => parts.join() !== "yes,no";
const quoted = (text) => `“${text}”`;
const listed = (some) =>
  some.length > 1 ? `${some.slice(0, -1).join(", ")} and ${some.at(-1)}` : some[0];
const branchName = (split, part) =>
  isNamed(split) || part ? split.parts[part] : `${split.parts[part]}: ${split.title}`;
const partName = (split, part) =>
  isNamed(split) ? quoted(split.parts[part]) : ["so", "not so"][part];

export function words(found) {
  const [outcome, ...facts] = found.splits;
  const title = quoted(outcome.title);
  let sizes = outcome.parts.map((_, i) => countOf(found, i));
  const divided = isNamed(outcome)
    ? listed(sizes.map((n, i) => `${partName(outcome, i)} in ${write(n)}`))
    : `so in ${write(sizes[0])} and not in ${write(sizes[1])}`;
  const told = [`Of ${write(found.cases)} cases like this one, ${title} is ${divided}.`];
  facts.forEach((fact, n) => {
    const held = sizes.map((_, i) => countOf(found, i, ...seenOf(found).slice(0, n + 1)));
    const these = held.map((few, i) => `in ${write(few)} of the ${write(sizes[i])}`);
    const holds = `${n ? "also " : ""}${fact.seen ? "does not hold" : "holds"}`;
    told.push(`${quoted(fact.title)} ${holds} ${listed(these)}.`);
    sizes = held;
  });
  const concludes = found.concludes !== false;
  if (facts.length && concludes) {
    const all = sum(sizes);
    const p = all ? percent(shareOf(found, found.counts)) : "no share of none";
    const many = `${write(all)} case${all === 1 ? "" : "s"}`;
    const asked = `${title} is ${partName(outcome, outcome.seen)}`;
    told.push(`That leaves ${many}, and ${asked} in ${write(sizes[outcome.seen])} of them: ${p}.`);
  }
  // What whole cases hide: how many there are, rounding, and how the facts are known.
  const { cases, forecast } = found;
  const [answer, counted] = [found.chances, found.counts].map((values) => shareOf(found, values));
  if (cases > SIZES[0])
    told.push(`There are ${write(cases)} cases, as in 1,000 something so rare had none.`);
  if (concludes && !(Math.abs(answer - counted) <= POINT))
    told.push(`Whole cases round the answer by over a point: it is ${percent(answer)}.`);
  if (forecast !== null && facts.length && Math.abs(forecast - answer) > POINT)
    told.push(
      `The forecast is ${percent(forecast)}: it counts the facts as they are known, ` +
        "not as if they had been seen.",
    );
  return told;
}

/** What the picture shows. */
function caption({ splits: [outcome, ...facts] }) {
  const dark = ["", ", dark where the fact holds", ", darker with the first, darkest with both"];
  const asked = `${quoted(outcome.title)} is ${partName(outcome, outcome.seen)}`;
  return `Areas are numbers of cases: blue where ${asked}${dark[facts.length]}.`;
}

// On the page.

/** The cases in words, as nested sets, as a tree and as a table. */
export const shown = (found) =>
  h("div.fc-cases", [
    h("div.fc-told", words(found).map((text) => h("p", text))),
    h("figure", square(found), h("figcaption.fc-note", caption(found))),
    h("ul.fc-tree", h("li", h("b", `${write(found.cases)} cases`), branches(found, []))),
    table(found),
  ]);

function branches(found, path) {
  const split = found.splits[path.length];
  if (!split) return null;
  const isKnown = (part) =>
    path.length > 0 && [...path, part].slice(1).every((one, k) => one === seenOf(found)[k]);
  const branch = (part) =>
    h(`li${isKnown(part) ? ".fc-known" : ""}`, [
      h("b", write(countOf(found, ...path, part))),
      ` ${branchName(split, part)}`,
      branches(found, [...path, part]),
    ]);
  return h("ul", split.parts.map((_, part) => branch(part)));
}

function table(found) {
  const [outcome, ...facts] = found.splits;
  const cells = (...parts) => [
    ...outcome.parts.map((_, i) => countOf(found, i, ...parts)),
    countOf(found, null, ...parts),
  ];
  const row = (what, ...parts) =>
    h("tr", h("th", { scope: "row" }, what), cells(...parts).map((n) => h("td", write(n))));
  const told = (parts) => parts.map((i, k) => `${facts[k].parts[i]}: ${facts[k].title}`).join("; ");
  const heads = [...outcome.parts.map((_, i) => branchName(outcome, i)), "all"];
  return h("table", [
    h("thead", h("tr", h("td"), heads.map((head) => h("th", { scope: "col" }, head)))),
    h("tbody", [
      facts.length > 0 && partsOf(facts).map((parts) => row(told(parts), ...parts)),
      row("all cases"),
    ]),
  ]);
}

/** All cases as one square; a column for each part of the outcome, those with the facts below. */
function square(found) {
  const [outcome, ...facts] = found.splits;
  const shades = [["some"], ["all", "none"], ["all", "some", "none"]][facts.length];
  let left = 0;
  const columns = outcome.parts.map((label, i) => {
    const inside = range(facts.length + 1).map((n) =>
      countOf(found, i, ...seenOf(found).slice(0, facts.length - n)),
    );
    const own = inside.at(-1);
    const wide = (WIDE * own) / found.cases;
    const isAsked = i === outcome.seen;
    const text = (x, y, anchor, said, kind = "") =>
      svg("text", { x, y, "text-anchor": anchor, class: kind }, said);
    let bottom = HEAD + HIGH;
    const bands = inside.map((all, n) => {
      const count = all - (n ? inside[n - 1] : 0);
      const high = own ? (HIGH * count) / own : 0;
      bottom -= high;
      const size = { width: Math.max(wide - 1, 0.5), height: Math.max(high - 1, 0) };
      const kind = `fc-${shades[n]} ${isAsked ? "fc-so" : "fc-not"}`;
      const box = svg("rect", { x: left, y: bottom, ...size, class: kind });
      if (wide <= SIGN * write(count).length || high <= LINE) return [box];
      const at = [left + wide / 2, bottom + high / 2 + 4];
      return [box, text(...at, "middle", write(count), isAsked && !n ? "fc-on" : "")];
    });
    const isLast = i === outcome.parts.length - 1;
    const named = `${write(own)} ${label}`;
    const head = isLast ? text(WIDE, 12, "end", named) : text(left, 12, "start", named);
    const hasRoom = !i || isLast || wide > SIGN * named.length;
    left += wide;
    return svg("g", bands.flat(), hasRoom && head);
  });
  const label = words(found).join(" ");
  const frame = { viewBox: `0 0 ${WIDE} ${HEAD + HIGH}`, role: "img", "aria-label": label };
  return svg("svg", { ...frame, class: "fc-square" }, columns);
}
