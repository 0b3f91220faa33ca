/** Guesses come in; a line to paste, and a file that holds it, go out (hand_in.py reads them). */

import { h, newId } from "./elements.js";

const LETTERS = "abcdefghijklmnopqrstuvwxy"; // of the cards, in their order; z is the base rate
const LONGEST_LINE = 60;

/** Hash a text to 32 bits: FNV-1a over its UTF-8. */
const mixed = (n, byte) => Math.imul(n ^ byte, 0x01000193) >>> 0;
const fnv = (text) => new TextEncoder().encode(text).reduce(mixed, 0x811c9dc5);
const hex = (n, long) => n.toString(16).padStart(long, "0");

/** A name for the page that a hand-in is made on: four signs, at random. */
export const newMark = () =>
  Array.from(crypto.getRandomValues(new Uint8Array(4)), (n) => (n % 36).toString(36)).join("");

/**
 * Write a hand-in for a case `{case, digest, event, as_of, by}` as a file, and as its `line` of at
 * most 60 signs; `drivers` are numbers of cards, -1 the base rate.
 */
export function handIn({ case: name, digest, event, as_of, by }, said) {
  const of = { case: name, digest, event, as_of: as_of ?? "", by: by ?? "" };
  const key = hex(fnv([digest, event, of.as_of, of.by].join(" ")), 8);
  const two = (numbers) => numbers.map((n) => String(n).padStart(2, "0")).join("");
  const guesses = two([said.first, said.base ?? 0, said.second ?? 0]);
  const weigh = (said.drivers ?? []).map((i) => LETTERS[i] ?? "z").join("");
  const stem = ["FC1", key, said.id, guesses, two(said.cards ?? []), weigh].join("-");
  const room = LONGEST_LINE - stem.length - 6; // the mark, its dash and a space
  const called = [...(said.name ?? "")].slice(0, room).join("").trim();
  return { ...of, line: `${stem}-${hex(fnv(`${stem} ${called}`) % 16 ** 4, 4)} ${called}`.trim() };
}

/** So many things can be named as weighing most. */
export const MOST_NAMED = 3;

/** Boxes to tick for them; `chosen()` gives which are. */
export function picks(titles, draw) {
  const limit = () => {
    const isFull = chosen().length >= MOST_NAMED;
    for (const box of boxes) box.disabled = isFull && !box.checked;
  };
  const boxes = titles.map(() => h("input", { type: "checkbox", onchange: limit }));
  const chosen = () => [...boxes.keys()].filter((i) => boxes[i].checked);
  return { els: titles.map((title, i) => draw(boxes[i], title)), chosen };
}

/** Have a text downloaded as a file. */
export function download(text, file, type = "application/json") {
  const href = `data:${type};charset=utf-8,${encodeURIComponent(text)}`;
  h("a", { href, download: file }).click();
}

/** Read a number of a hundred as it was typed: its `value`, or what is `wrong` with it. */
function ofHundred([text]) {
  const value = Number(text.trim().replace(",", ".").replace(/\s*%$/, "") || NaN);
  if (Number.isNaN(value)) return { wrong: "Write a number from 1 to 99." };
  if (value > 0 && value < 1)
    return { wrong: `Did you mean ${Math.round(100 * value)} of 100? Write whole numbers.` };
  if (value <= 0 || value >= 100)
    return { wrong: "From 1 to 99: 0 and 100 leave no room to be wrong." };
  return Number.isInteger(value) ? { value } : { wrong: "Write a whole number." };
}

/** Ask for a number of a hundred, or for several; what is wrong with them is said below. */
export function ask(words, press, then, { fields = [""], read = ofHundred, more = null } = {}) {
  const id = newId();
  const wrong = h("p.wrong", { id, role: "alert" });
  const like = { type: "text", inputmode: "decimal", autocomplete: "off", "aria-describedby": id };
  const all = fields.map((name) =>
    h("input.number", { ...like, "aria-label": `${words} ${name}`.trim() }),
  );
  const send = (event) => {
    event.preventDefault();
    const found = read(all.map((field) => field.value));
    wrong.textContent = found.wrong ?? "";
    if (found.wrong) all[0].focus();
    else then(found.value);
  };
  return h("form", { onsubmit: send, novalidate: true }, [
    h("p", words),
    h("div.row", [all.flatMap((field, i) => [fields[i], " ", field]), " of 100"]),
    more,
    wrong,
    h("button.fc-add", { type: "submit" }, press),
  ]);
}
