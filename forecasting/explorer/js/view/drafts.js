/**
 * A card comes in; what is typed into it is kept by the browser until its tab is closed, and typed
 * into the card again when it is built on a page that was loaded anew. Where a host allows no such
 * keeping, nothing is kept.
 */

import { tried } from "./elements.js";

const CONTROLS = "input, textarea, select";
const isTicked = ({ type }) => type === "checkbox" || type === "radio";

const kept = (act) => tried(() => act(sessionStorage));

/** The places, of those that begin so, at which something is kept. */
export const drafts = (place) =>
  kept((store) => Object.keys(store).filter((key) => key.startsWith(place))) ?? [];

export const forget = (place) => kept((store) => store.removeItem(place));

/** What is kept at a place: the entry that the card was built of, and what is typed in its fields. */
export const draft = (place) => kept((store) => JSON.parse(store.getItem(place)));

/** The controls of a card by the field they belong to, in order. */
const byField = (el) =>
  Map.groupBy(el.querySelectorAll(CONTROLS), (one) => one.closest("[data-field]")?.dataset.field ?? "");

/** Keep what is typed into a card. */
export function keepDraft(place, el, entry) {
  const said = (one) => (!isTicked(one) || one.checked ? one.value : null);
  const fields = [...byField(el)].map(([key, all]) => [key, all.map(said)]);
  kept((store) => store.setItem(place, JSON.stringify({ entry, fields })));
}

/** Type it again, field after field: rows that are not there yet are added. */
export function retype(el, { fields }) {
  for (const [key, values] of fields) {
    const find = () => byField(el).get(key) ?? [];
    const more = el.querySelector(`[data-adds="${CSS.escape(key.split(".")[0])}"]`);
    for (let i = 0; i < 100 && more && !find().length; i += 1) more.click();
    find().forEach((one, i) => {
      const [name, to] = isTicked(one) ? ["checked", values.includes(one.value)] : ["value", values[i]];
      if (to === undefined || one[name] === to) return;
      one[name] = to;
      for (const kind of ["input", "change"]) one.dispatchEvent(new Event(kind, { bubbles: true }));
    });
  }
}
