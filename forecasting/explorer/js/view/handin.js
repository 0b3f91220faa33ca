/** Guesses come in; what is handed in, a small file or a line to paste, goes out (hand_in.py). */

import { h } from "./elements.js";

const FORM = "forecasting hand-in 1";
const LETTERS = "abcdefghijklmnopqrstuvwxy"; // of the cards, in their order; z is the base rate
const LONGEST_LINE = 60;
export const BASE = "base rate";
export const LONGEST_NAME = 24;

/** Hash a text to 32 bits: FNV-1a over its UTF-8. */
function fnv(text) {
  let found = 0x811c9dc5;
  for (const one of new TextEncoder().encode(text))
    found = Math.imul(found ^ one, 0x01000193) >>> 0;
  return found;
}

/** Name a case as it stands, a question of it and the days. */
const keyOf = ({ digest, event, as_of, by }) =>
  fnv([digest, event, as_of ?? "", by ?? ""].join(" ")).toString(16).padStart(8, "0");

/** A name for the page that a hand-in is made on: four signs, at random. */
export const newMark = () =>
  Array.from(crypto.getRandomValues(new Uint8Array(4)), (n) => (n % 36).toString(36)).join("");

function markOf({ key, id, first, base, second, cards, drivers, name }) {
  const told = [key, id, first, base, second, ...cards, ...drivers, name].join(" ");
  return (fnv(told) % 36 ** 4).toString(36).padStart(4, "0");
}

/** Complete a hand-in of a case `{case, digest, event, as_of, by}`; 0 stands where nothing was asked. */
export function handIn({ case: name, digest, event, as_of, by }, said) {
  const of = { case: name, digest, event, as_of: as_of ?? "", by: by ?? "" };
  const asked = { first: 0, base: 0, second: 0, cards: [], drivers: [], name: "", ...said };
  const whole = { form: FORM, ...of, key: keyOf(of), ...asked };
  return { ...whole, mark: markOf(whole) };
}

/** Write a hand-in as a line of at most 60 signs; `items` are the names of the cards. */
export function lineOf(one, items) {
  const two = (n) => String(n).padStart(2, "0");
  const letter = (driver) => (driver === BASE ? "z" : LETTERS[items.indexOf(driver)]);
  const numbers = [[one.first, one.base, one.second], one.cards].map((all) => all.map(two).join(""));
  const stem = ["FC1", one.key, one.id, ...numbers, one.drivers.map(letter).join("")].join("-");
  const room = LONGEST_LINE - stem.length - 6; // the mark, its dash and a space
  const name = [...one.name].slice(0, Math.max(0, room)).join("").trim();
  return `${stem}-${markOf({ ...one, name })} ${name}`.trim();
}

/** Have a text downloaded as a file. */
export function download(text, file, type = "application/json") {
  const href = `data:${type};charset=utf-8,${encodeURIComponent(text)}`;
  h("a", { href, download: file }).click();
}

/** Keep a hand-in as a file, whose name tells of nobody. */
export const keepHandIn = (one) =>
  download(`${JSON.stringify(one, null, 1)}\n`, `${one.case}-${one.id}.json`);

/** Read a number of a hundred as it was typed: the number, or what is wrong with it. */
export function ofHundred(text) {
  const typed = text.trim().replace(",", ".").replace(/\s*%$/, "");
  const number = Number(typed);
  if (!typed || Number.isNaN(number)) return { wrong: "Write a number from 1 to 99." };
  if (number > 0 && number < 1)
    return { wrong: `Did you mean ${Math.round(100 * number)} of 100? Write whole numbers.` };
  if (number <= 0 || number >= 100)
    return { wrong: "From 1 to 99: 0 and 100 leave no room to be wrong." };
  if (!Number.isInteger(number)) return { wrong: "Write a whole number." };
  return { number };
}
