/**
 * An exercise comes in (exercise_page.py); a page that asks, meets an answer and shows the cases,
 * goes out. Answers given are kept by the host, if there is one.
 *
 * Of the host it asks get, set(name, value), save_changes, on and off only.
 */

import { shown } from "./frequencies.js";
import { button, h, newId, part } from "./elements.js";
import { percent } from "./numbers.js";
import { doubtShare, oneShare } from "./typed.js";

const CLOSE = 0.02 + 1e-9; // two points, but not of what is rarer than four

/** What comes later: it is hidden from a glance, and from nobody who looks for it. */
export function unsealed(text) {
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  return JSON.parse(new TextDecoder().decode(bytes));
}

/** Meet an answer: `right`, the name of a typical error that it is nearest to, or `other`. */
export function meet({ right, tolerance, wrong }, said) {
  const near = (at) => Math.abs(said - at);
  if (near(right) <= tolerance) return "right";
  const nearest = wrong.reduce((a, b) => (near(b.at) < near(a.at) ? b : a), { at: Infinity });
  return near(nearest.at) <= tolerance ? nearest.name : "other";
}

/** What is said to an answer. */
export function reply({ right, wrong, after }, { said, met }) {
  if (met === "right") return [`Right: ${percent(right)}.`, after];
  const error = wrong.find(({ name }) => name === met);
  if (!error) {
    const isClose = Math.abs(said - right) <= Math.min(CLOSE, right / 2, (1 - right) / 2);
    const far = "not it, and no error that we know of leads there";
    return [`${percent(said)} is ${isClose ? "close, but not it" : far}.`];
  }
  const name = error.name.replaceAll("_", " ");
  return [`${name[0].toUpperCase()}${name.slice(1)}.`, error.reply];
}

class Page {
  constructor(root, told, model) {
    Object.assign(this, { root, told, model });
    this.later = unsealed(told.sealed);
    this.open = false; // whether the answer was asked for
    this.hinted = false;
    this.frame = part(() => this.framed());
    root.replaceChildren(this.frame.el);
    this.update();
  }

  get tries() {
    return this.model.get("tries") ?? [];
  }

  get isOver() {
    return this.open || this.tries.some(({ met }) => met === "right");
  }

  framed() {
    const { told } = this;
    const [field, heading] = [newId(), newId()];
    const place = { id: field, inputmode: "decimal", autocomplete: "off" };
    this.input = h("input", place);
    this.said = h("div.fc-replied", { role: "status" });
    this.end = h("div");
    const check = (event) => {
      event.preventDefault();
      this.check();
    };
    const tell = (name) => () => {
      this[name] = true;
      this.update();
    };
    const isEarly = () => this.isOver || !this.tries.length;
    return h("section.fc.fc-exercise", { "aria-labelledby": heading }, [
      h("h2", { id: heading }, told.title),
      h("p", told.statement),
      h("form.fc-form", { onsubmit: check }, [
        h("label", { for: field }, told.question),
        h("div.fc-asks", [this.input, "%", h("button.fc-add", { type: "submit" }, "Check")]),
      ]),
      this.said,
      h("div.fc-asks", [
        button("fc-quiet", { onclick: tell("hinted"), hidden: () => this.hinted }, "Hint"),
        button("fc-quiet", { onclick: tell("open"), hidden: isEarly }, "Show the answer"),
      ]),
      h("p.fc-hint", { hidden: () => !this.hinted }, told.hint),
      this.end,
      h("p.fc-note", `Source: ${told.source}`),
    ]);
  }

  check() {
    const text = this.input.value;
    const said = oneShare(text, true);
    if (said === null) return this.refuse("Write a number from 0 to 100, such as 25 or 12.5.");
    if (doubtShare(text)) {
      const [share, one] = [1e4, 100].map((k) => Number((k * said).toPrecision(9)));
      return this.refuse(`Did you mean ${share} of 100? Then write ${share}; else write ${one}%.`);
    }
    this.input.removeAttribute("aria-invalid");
    this.model.set("tries", [...this.tries, { said, met: meet(this.later, said) }]);
    this.model.save_changes();
    this.update();
  }

  refuse(words) {
    this.input.setAttribute("aria-invalid", "true");
    this.said.replaceChildren(h("p", words));
    this.input.focus();
  }

  update() {
    this.frame.update();
    const last = this.tries.at(-1);
    const words = last ? reply(this.later, last) : [];
    this.said.replaceChildren(...words.map((text, i) => h(i ? "p" : "p.fc-verdict", text)));
    if (!this.isOver || this.end.firstChild) return;
    const { cases, right, after } = this.later;
    if (last.met !== "right") this.end.append(h("p", h("b", `It is ${percent(right)}. `), after));
    if (cases) this.end.append(shown(cases));
  }
}

/** A host for a page that has none. */
function alone() {
  const held = new Map();
  const set = (name, value) => held.set(name, value);
  return { get: (name) => held.get(name), set, save_changes: () => {} };
}

export const start = (root, told) => new Page(root, told, alone());

/** The contract of anywidget. */
export function render({ model, el }) {
  const page = new Page(el, model.get("told"), model);
  const hear = () => page.update();
  model.on("change:tries", hear);
  return () => model.off("change:tries", hear);
}

export default { render };
