/**
 * A question of a card comes in; the control in which it is answered goes out, and its answer in the
 * form of a case file.
 *
 * A field has `key` (what Python calls it when something is wrong), `el`, `read()`, which gives
 * `{ form }`, `{ doubt }` in words, or `{}` where nothing is said, `show(form)` and `complain(words)`.
 * A field that was not touched gives back what was shown to it, to the letter.
 */

import { button, h, keep, mark, newId, part } from "./elements.js";
import { partsOf, partsTyped, readShare, showShare } from "./typed.js";

const EMPTY = {};

/** Tell whether nobody has answered any of some fields: then what was shown in them stays. */
export const untouched = (fields) => fields.every((field) => !field.touched?.());

/** Leave out of an entry what is not said. */
export const kept = (entry) =>
  Object.fromEntries(Object.entries(entry).filter(([, value]) => value !== undefined));

/** Words, a control, and room for what is wrong with it. */
function framed(key, words, control, { note = null, beside = null, many = false } = {}) {
  const help = h("span.fc-help", { id: newId(), role: "alert", hidden: true });
  const asked = h("span.fc-asked", words);
  const el = many
    ? h("fieldset.fc-question", { "data-field": key }, h("legend", asked), control, beside)
    : h("div.fc-question", { "data-field": key }, [h("label", asked, control), beside]);
  if (note) el.append(h("p.fc-note", note));
  el.append(help);
  const complain = (told) => {
    help.hidden = !told;
    help.textContent = told ?? "";
    const first = el.querySelector("input, select, textarea") ?? el.querySelector("button");
    mark(first, "aria-invalid", told ? "true" : null);
    mark(first, "aria-describedby", told ? help.id : null);
  };
  return { key, el, complain };
}

/** Make a field of a control whose answer is a text. */
function textual(frame, control, { read, shown, needed }) {
  let [own, ownText] = [undefined, ""];
  return {
    ...frame,
    control,
    touched: () => control.value !== ownText,
    read() {
      const text = control.value.trim();
      if (control.value === ownText && own !== undefined) return { form: own };
      if (!text) return needed ? { doubt: needed } : EMPTY;
      return read(text);
    },
    show(form) {
      own = form;
      control.value = form == null ? "" : shown(form);
      ownText = control.value; // not all of a file can be shown: a month is no day to choose
    },
  };
}

const asIs = { read: (form) => ({ form }), shown: String };

/** A text: a line, or `rows` of them, at most `max` characters. */
export function text(key, words, { rows = 1, max = null, needed = null, hint = "", note } = {}) {
  const attributes = { placeholder: hint || null, autocomplete: "off" };
  const control =
    rows > 1 ? h("textarea", { ...attributes, rows }) : h("input", { ...attributes, type: "text" });
  const length = () => control.value.length;
  const isNear = () => length() > 0 && (max < 100 || length() > max / 2); // long before it is full
  const left = max && h("span.fc-note.fc-count", () => (isNear() ? `${length()} of ${max}` : ""));
  const read = (said) =>
    max && said.length > max
      ? { doubt: `At most ${max} characters.` }
      : { form: said.replace(/\s+/g, " ") };
  return textual(framed(key, words, control, { beside: left, note }), control, {
    ...asIs,
    read,
    needed,
  });
}

export function date(key, words, { needed = null } = {}) {
  const control = h("input", { type: "date" });
  return textual(framed(key, words, control), control, { ...asIs, needed });
}

/** A number in the words of `how` (typed.js): a share, times, an amount. */
export function number(key, words, how, { needed = null, hint = "", note, beside } = {}) {
  const control = h("input.fc-short", {
    type: "text",
    inputmode: "decimal",
    autocomplete: "off",
    placeholder: hint || null,
  });
  return textual(framed(key, words, control, { note, beside }), control, { ...how, needed });
}

const CELLS = 100;
const STROKES = { best: "most likely", low: "at least", high: "at most" };

/** A share out of 100: typed, or painted on a grid of 10 by 10, with the ends as two more strokes. */
export function share(
  key,
  words,
  { closed = false, counts = false, needed = null, note, hint = "30 or 20-40" } = {},
) {
  const how = {
    read: (said) => readShare(said, { closed, counts, words: true }),
    shown: showShare,
  };
  const cells = Array.from({ length: CELLS }, () => h("i"));
  let stroke = "best";
  const strokes = Object.entries(STROKES).map(([name, told]) =>
    button(
      "fc-stroke",
      { tabindex: "-1", "data-on": name === stroke, onclick: () => pick(name) },
      told,
    ),
  );
  const pick = (name) => {
    stroke = name;
    strokes.forEach((one, i) => mark(one, "data-on", Object.keys(STROKES)[i] === stroke));
  };
  const grid = h(
    "div.fc-grid",
    {
      onpointerdown: (event) => paint(event),
      onpointermove: (event) => event.buttons && paint(event),
    },
    cells,
  );
  // The grid is the mouse's way to the field beside it, which is the way of keys and of readers.
  const beside = h("div.fc-paint", { "aria-hidden": "true" }, grid, h("div", strokes));
  const field = number(key, words, how, { needed, note, hint, beside });
  const { control } = field;
  const paint = (event) => {
    const box = grid.getBoundingClientRect();
    const [column, row] = [
      Math.floor((10 * (event.clientX - box.left)) / box.width),
      Math.floor((10 * (event.clientY - box.top)) / box.height),
    ].map((at) => Math.min(9, Math.max(0, at)));
    const count = 10 * row + column + 1;
    event.preventDefault();
    const parts = { ...partsOf(control.value), [stroke]: count };
    const { best = count } = parts;
    // A first end makes room for the other, as far from the middle.
    if (stroke === "low") parts.high = Math.max(parts.high ?? 0, best + 1, 2 * best - count);
    if (stroke === "high") parts.low = Math.min(parts.low ?? CELLS, best - 1, 2 * best - count);
    if (stroke !== "best") parts.best = best;
    for (const end of ["low", "best", "high"])
      if (end in parts) parts[end] = Math.min(99, Math.max(1, parts[end]));
    const isRange = parts.low < parts.best && parts.best < parts.high;
    control.value = partsTyped(isRange ? parts : { best: count });
    control.dispatchEvent(new Event("input", { bubbles: true }));
    draw();
  };
  const draw = () => {
    const { low, best, high } = partsOf(control.value);
    const kind = (i) => {
      if (i < (low ?? best ?? 0)) return "in";
      if (i < (best ?? low ?? 0)) return "best";
      return i < (high ?? 0) ? "may" : null;
    };
    cells.forEach((cell, i) => mark(cell, "data-in", kind(i)));
  };
  control.addEventListener("input", draw);
  const { show, read } = field;
  let own;
  field.show = (form) => {
    own = form;
    show(form);
    draw();
  };
  // How good the basis of a number is held to be outlives the number.
  field.read = () => {
    const told = read();
    const { confidence } = own ?? {};
    if (told.form === undefined || told.form === own || confidence === undefined) return told;
    const form = typeof told.form === "object" ? told.form : { best: told.form };
    return { form: { ...form, confidence } };
  };
  return field;
}

/** Fill a list to choose from, and keep what is chosen where it is still there. */
function fill(select, options, first) {
  const told = JSON.stringify(options);
  if (select.fcTold === told) return;
  select.fcTold = told;
  const now = select.value;
  const rows = options.map(([value, words]) => h("option", { value }, words));
  if (first !== null) rows.unshift(h("option", { value: "" }, first));
  select.replaceChildren(...rows);
  select.value = options.some(([value]) => value === now)
    ? now
    : first === null
      ? (options[0]?.[0] ?? "")
      : "";
}

/** A list to choose from, asked anew as the case grows; `first` stands for nothing chosen. */
export function pick(
  key,
  words,
  options,
  { first = null, needed = null, onchange = () => {} } = {},
) {
  const select = h("select.fc-choice", { onchange: () => onchange(select.value) });
  keep(() => fill(select, options(), first));
  fill(select, options(), first);
  const field = textual(framed(key, words, select), select, { ...asIs, needed });
  const { show } = field;
  // Where there is always a choice, the first one is what nobody has touched.
  field.show = (form) => show(form ?? (first === null ? select.options[0]?.value : form));
  if (first === null) field.show();
  return field;
}

/** One of several, to tick or to choose: its value, the box, and both with its words. */
function option(attributes, value, told) {
  const input = h("input", { ...attributes, value });
  return { value, input, el: h("label.fc-option", input, " ", told) };
}

/** Any of several, asked anew as the card grows; what is chosen is a list of their names. */
export function checks(key, words, options) {
  let [own, shown, told] = [undefined, "", ""];
  let boxes = [];
  const list = h("div");
  const frame = framed(key, words, list, { many: true });
  const chosen = () => boxes.filter(({ input }) => input.checked).map(({ value }) => value);
  const fill = () => {
    const now = options();
    if (told === JSON.stringify(now)) return;
    told = JSON.stringify(now);
    const names = chosen();
    boxes = now.map(([value, label]) => option({ type: "checkbox" }, value, label));
    tick(names);
    list.replaceChildren(...boxes.map(({ el }) => el));
  };
  const tick = (names) =>
    boxes.forEach(({ value, input }) => (input.checked = names.includes(value)));
  keep(fill);
  const touched = () => chosen().join() !== shown;
  const read = () => {
    if (!touched()) return own === undefined ? EMPTY : { form: own };
    return chosen().length ? { form: chosen() } : EMPTY;
  };
  const show = (form) => {
    own = form;
    fill();
    tick([form ?? []].flat());
    shown = chosen().join();
  };
  show();
  return { ...frame, touched, read, show };
}

/** A few choices, all in sight. */
export function choose(key, words, options, { onchange = () => {} } = {}) {
  const name = newId();
  const radios = Object.entries(options).map(([value, told]) =>
    option({ type: "radio", name, onchange: () => onchange(value) }, value, told),
  );
  const frame = framed(
    key,
    words,
    radios.map(({ el }) => el),
    { many: true },
  );
  const now = () => radios.find(({ input }) => input.checked)?.value;
  let own;
  const show = (form) => {
    own = form;
    radios.forEach(({ value, input }) => (input.checked = value === form));
  };
  return { ...frame, now, touched: () => now() !== own, read: () => ({ form: now() }), show };
}

/** Several of the same, as rows that can be added and taken away; each row is a list of fields. */
export function rows(key, words, make, { add, least = 1 }) {
  const all = [];
  let changed = false;
  const list = h("div.fc-rowsof");
  const more = button(
    "fc-quiet",
    { onclick: () => put()?.fields[0].el.querySelector("input, select")?.focus() },
    add,
  );
  const frame = framed(key, words, [list, more], { many: true });
  const put = (form) => {
    const { el: fields, update } = part(() => make(all.length));
    const one = { fields, update, form, el: null };
    const away = () => {
      all.splice(all.indexOf(one), 1);
      one.el.remove();
      changed = true;
      frame.el.dispatchEvent(new Event("input", { bubbles: true }));
      more.focus();
    };
    one.el = h(
      "div.fc-rowof",
      fields.map(({ el }) => el),
      button("fc-quiet", { "aria-label": "Take this row away", onclick: away }, "×"),
    );
    all.push(one);
    list.append(one.el);
    if (form) fields.forEach((field, i) => field.show(form[i]));
    return one;
  };
  keep(() => all.forEach(({ update }) => update()));
  const clear = () => all.splice(0).forEach(({ el }) => el.remove());
  return {
    ...frame,
    read: () => EMPTY, // its rows are read one by one
    touched: () => changed || !untouched(all.flatMap(({ fields }) => fields)),
    /** The rows: their fields, and the form that was shown in each. */
    made: () => all,
    all: () => all.map(({ fields }) => fields),
    show(forms) {
      clear();
      changed = false;
      forms.forEach((form) => put(form));
      while (all.length < least) put();
    },
  };
}
