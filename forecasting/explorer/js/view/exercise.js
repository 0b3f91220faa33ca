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

const CLOSE = 0.02;
const ROUNDING = 1e-9;

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

/** Whether an answer is off by two points at most, and by less than half of what is rarer. */
const isClose = (right, said) =>
  Math.abs(said - right) <= Math.min(CLOSE + ROUNDING, right / 2, (1 - right) / 2);

/** What is said to an answer. */
export function reply({ right, wrong, after }, { said, met }) {
  if (met === "right") return [`Right: ${percent(right)}.`, after];
  const error = wrong.find(({ name }) => name === met);
  if (!error && isClose(right, said)) return [`${percent(said)} is close, but not it.`];
  if (!error) return [`${percent(said)} is not it, and no error that we know of leads there.`];
  const name = error.name.replaceAll("_", " ");
  return [`${name[0].toUpperCase()}${name.slice(1)}.`, error.reply];
}

/** Ask back where a number below one was typed: a share, or a part of one percent. */
function meant(text) {
  const n = Number(text.trim().replace(",", "."));
  const points = Number((100 * n).toPrecision(12));
  return `Did you mean ${points} of 100? Then write ${points}. Or ${n} of 100? Write ${n}%.`;
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
    const doubt = doubtShare(text);
    const said = doubt ? null : oneShare(text, true);
    if (said === null) {
      this.refuse(doubt ? meant(text) : "Write a number from 0 to 100, such as 25 or 12.5.");
      return;
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

export const mount = (root, told) => new Page(root, told, alone());

/** The contract of anywidget. */
export function render({ model, el }) {
  const page = new Page(el, model.get("told"), model);
  const hear = () => page.update();
  model.on("change:tries", hear);
  return () => model.off("change:tries", hear);
}

export default { render };
