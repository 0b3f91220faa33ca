/**
 * A question of a card comes in; the control in which it is answered goes out, and its answer in the
 * form of a case file.
 *
 * A field has `key` (what Python calls it when something is wrong), `el`, `read()`, which gives
 * `{ form }`, `{ doubt }` in words, or `{}` where nothing is said, `show(form)` and `complain(words)`.
 * It begins with what the file has, its `own`; where it was not touched it gives that back, to the
 * letter. A card is a tree of parts, each a field, a group of parts, or an element between them.
 */

import { button, h, keep, mark, newId, part } from "./elements.js";
import { partsOf, partsTyped, readShare, readTimes, showShare, showTimes } from "./typed.js";

const EMPTY = {};

/** Tell whether nobody has answered any of some fields: then what was shown in them stays. */
export const untouched = (fields) => fields.every((field) => !field.touched?.());

/** Leave out of an entry what is not said. */
export const kept = (entry) =>
  Object.fromEntries(Object.entries(entry).filter(([, value]) => value !== undefined));

/** The elements of parts. */
export const elementsOf = (parts) => parts.flat(2).map((one) => one?.el ?? one);

/** The fields that are asked now: those of parts that are shown. */
export const fieldsOf = (parts) =>
  parts.flat(2).flatMap((one) => one?.fields?.() ?? (one?.read ? [one] : []));

/** Parts in an element that is shown, and asked about, while `when` holds. */
export const group = (what, when, ...parts) => ({
  el: h(what, { hidden: when && (() => !when()) }, elementsOf(parts)),
  fields: () => (when && !when() ? [] : fieldsOf(parts)),
});

/** Parts that stay in sight or not; what is folded is asked all the same. */
export const fold = (words, open, ...parts) => ({
  el: h("details", { open }, h("summary", words), elementsOf(parts)),
  fields: () => fieldsOf(parts),
});

/** Begin a field with what the file has. */
function begun(field, own) {
  field.show(own);
  return field;
}

/** The title of an entry, or else its name in words; nothing of a new one. */
export const titleIn = (entry, { name }) =>
  entry ? (entry.title ?? name.replaceAll("_", " ")) : undefined;

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
export function text(key, words, { rows = 1, max = null, needed = null, note, own } = {}) {
  const control =
    rows > 1
      ? h("textarea", { autocomplete: "off", rows })
      : h("input", { autocomplete: "off", type: "text" });
  const length = () => control.value.length;
  const isNear = () => length() > 0 && (max < 100 || length() > max / 2); // long before it is full
  const left = max && h("span.fc-note.fc-count", () => (isNear() ? `${length()} of ${max}` : ""));
  const read = (said) =>
    max && said.length > max
      ? { doubt: `At most ${max} characters.` }
      : { form: said.replace(/\s+/g, " ") };
  const frame = framed(key, words, control, { beside: left, note });
  return begun(textual(frame, control, { ...asIs, read, needed }), own);
}

export function date(key, words, own) {
  const control = h("input", { type: "date" });
  return begun(textual(framed(key, words, control), control, asIs), own);
}

/** A number in the words of `how` (typed.js): a share, times, an amount. */
export function number(key, words, how, { own, hint = null, note, beside } = {}) {
  const control = h("input.fc-short", {
    type: "text",
    inputmode: "decimal",
    autocomplete: "off",
    placeholder: hint,
  });
  return begun(textual(framed(key, words, control, { note, beside }), control, how), own);
}

/** How a share is read and shown. */
export const SHARE = (options) => ({
  read: (said) => readShare(said, options),
  shown: showShare,
});

/** How a factor is. */
export const TIMES = { read: readTimes, shown: showTimes };

const CELLS = 100;
const STROKES = { best: "most likely", low: "at least", high: "at most" };

/** A share out of 100: typed, or painted on a grid of 10 by 10, with the ends as two more strokes. */
export function share(
  key,
  words,
  { own, closed = false, counts = false, note, hint = "30 or 20-40" } = {},
) {
  const how = SHARE({ closed, counts, words: true });
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
  const field = number(key, words, how, { note, hint, beside });
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
  let file;
  field.show = (form) => {
    file = form;
    show(form);
    draw();
  };
  // How good the basis of a number is held to be outlives the number.
  field.read = () => {
    const told = read();
    const { confidence } = file ?? {};
    if (told.form === undefined || told.form === file || confidence === undefined) return told;
    const form = typeof told.form === "object" ? told.form : { best: told.form };
    return { form: { ...form, confidence } };
  };
  return begun(field, own);
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
  { own, first = null, needed = null, note, onchange = () => {} } = {},
) {
  const select = h("select.fc-choice", { onchange });
  keep(() => fill(select, options(), first));
  fill(select, options(), first);
  const field = textual(framed(key, words, select, { note }), select, { ...asIs, needed });
  const { show } = field;
  // Where there is always a choice, the first one is what nobody has touched.
  field.show = (form) => show(form ?? (first === null ? select.options[0]?.value : form));
  return begun(field, own);
}

/** One of several, to tick or to choose: its value, the box, and both with its words. */
function option(attributes, value, told) {
  const input = h("input", { ...attributes, value });
  return { value, input, el: h("label.fc-option", input, " ", told) };
}

/** Any of several, asked anew as the card grows; what is chosen is a list of their names. */
export function checks(key, words, options, own) {
  let [file, shown, told] = [undefined, "", ""];
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
    if (!touched()) return file === undefined ? EMPTY : { form: file };
    return chosen().length ? { form: chosen() } : EMPTY;
  };
  const show = (form) => {
    file = form;
    fill();
    tick([form ?? []].flat());
    shown = chosen().join();
  };
  return begun({ ...frame, touched, read, show }, own);
}

/** A few choices, all in sight. */
export function choose(key, words, options, { own, onchange = () => {} }) {
  const name = newId();
  const radios = Object.entries(options).map(([value, told]) =>
    option({ type: "radio", name, checked: value === own, onchange }, value, told),
  );
  const frame = framed(key, words, elementsOf(radios), { many: true });
  const now = () => radios.find(({ input }) => input.checked)?.value;
  return { ...frame, now, touched: () => now() !== own, read: () => ({ form: now() }) };
}

/** Several of the same, as rows that can be added and taken away; each row is a list of fields. */
export function rows(key, words, make, { add, least = 1, own }) {
  const made = []; // of each row its fields, and the form that was shown in it
  let changed = false;
  const list = h("div.fc-rowsof");
  const focus = () => put().fields[0].el.querySelector("input, select")?.focus();
  const more = button("fc-quiet", { "data-adds": key, onclick: focus }, add);
  const frame = framed(key, words, [list, more], { many: true });
  const put = (form) => {
    const { el: fields, update } = part(() => make(made.length));
    const away = () => {
      made.splice(made.indexOf(one), 1);
      row.remove();
      changed = true;
      frame.el.dispatchEvent(new Event("input", { bubbles: true }));
      more.focus();
    };
    const row = h("div.fc-rowof", elementsOf(fields), takeAway("Take this row away", away));
    const one = { fields, update, form };
    made.push(one);
    list.append(row);
    if (form) fields.forEach((field, i) => field.show(form[i]));
    return one;
  };
  keep(() => made.forEach(({ update }) => update()));
  own.forEach((form) => put(form));
  while (made.length < least) put();
  const inner = () => made.flatMap(({ fields }) => fields);
  const read = () => EMPTY; // its rows are read one by one
  const field = { ...frame, made, read, touched: () => changed || !untouched(inner()) };
  return Object.assign(field, { fields: () => [field, ...inner()] });
}

/** The button that takes away one of several. */
export const takeAway = (words, onclick) =>
  button("fc-quiet", { "aria-label": words, onclick }, "×");
