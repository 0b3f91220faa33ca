/**
 * A card is asked for; it stands in the right column in place of the inputs, with what was typed.
 *
 * A card is built once and never rebuilt by a move, nor by a new draft: it is kept, by what it is
 * about, until it is discarded. What is typed into it outlives a page that is loaded anew (drafts.js).
 */

import { card, nounOf } from "./cards.js";
import { drafts, forget } from "./drafts.js";
import { isAtHand } from "./elements.js";

const FIELDS = "input, textarea, select, button, summary";

/** One card for each thing; a link that is drawn from one event to another is one of its own. */
const keyOf = ({ card: kind, name, from, to }) => JSON.stringify([kind, name, from, to]);

export class Cards {
  constructor(app) {
    this.app = app;
    this.built = new Map();
    this.open = null; // what is shown: { what, el, update }
    this.opener = null; // who opened it, to whom the focus goes back
  }

  /** Open a card, such as `{ card: "events", name: null }` for a new question. */
  show(what) {
    const key = keyOf(what);
    if (!this.open) this.opener = document.activeElement;
    if (this.built.get(key)?.isStale()) this.built.delete(key); // nothing typed: as it is now
    if (!this.built.has(key)) this.built.set(key, { what, ...card(this.app, what) });
    this.open = this.built.get(key);
    this.app.fill();
    this.open.el.querySelector(FIELDS)?.focus();
    this.open.el.scrollIntoView({ block: "nearest" });
  }

  /** Whether a form stands in the card of it still, and is not discarded. */
  has(what, form) {
    return this.built.get(keyOf(what))?.el.contains(form) ?? false;
  }

  /** Whether there is a card of it with something typed. */
  holds(what) {
    return this.built.get(keyOf(what))?.isTouched() ?? false;
  }

  /** Where the browser keeps what is typed into a card: of each file and each case its own. */
  placeOf(what) {
    const { file, compiled } = this.app;
    return `fc ${file?.name ?? ""} ${compiled.case} ${keyOf(what)}`;
  }

  /** Say which cards still hold what was typed before the page was loaded. */
  get before() {
    const place = this.placeOf({}).slice(0, -keyOf({}).length);
    const nouns = drafts(place).map((key) => nounOf(JSON.parse(key.slice(place.length))[0]));
    const cards = [...new Set(nouns)].toSorted().join(", ");
    return cards && `What you typed and did not save is still there: open the card again (${cards}).`;
  }

  /** Close the card that is open, and keep what was typed into it. */
  close() {
    if (!this.open) return;
    const { el, what } = this.open;
    const isLeft = isAtHand(el);
    this.open = null;
    this.app.fill();
    if (!isLeft) return;
    const key = this.app.el.querySelector(`[data-card="${what.card}"]`);
    (this.opener?.isConnected ? this.opener : key)?.focus();
  }

  /** Close a card that is done with, or not wanted: the next one of its kind is empty, and stays. */
  discard(what, form = null) {
    if (form && !this.has(what, form)) return;
    this.built.delete(keyOf(what));
    forget(this.placeOf(what));
    if (this.open && keyOf(this.open.what) === keyOf(what)) this.close();
  }

  update() {
    this.open?.update?.();
  }
}
