/**
 * Names, attributes and text come in; elements go out. Text is text, never markup.
 *
 * A function in place of an attribute or a text is asked anew at every update of the part of the
 * page in which it stands. An attribute may also be `style.NAME`, or the `value` or the `checked`
 * of a control.
 */

const SVG = "http://www.w3.org/2000/svg";
let lastId = 0;
export const newId = () => `fc-${(lastId += 1)}-${Math.random().toString(36).slice(2, 7)}`;

let acts = null; // those of the part that is being built

/** Build a part of the page; give it with `update`, which brings all of it to the present. */
export function part(build) {
  const outer = acts;
  const own = (acts = []);
  const el = build();
  acts = outer;
  return { el, update: () => own.forEach((act) => act()) };
}

/** Do something at every update of the part that is being built. */
export const keep = (act) => acts.push(act);

function put(node, name, value) {
  if (name.startsWith("style.")) style(node, name.slice("style.".length), value);
  else mark(node, name, value);
}

/** Turn a control to a value. A hand can change it too, so what was written last does not count. */
function turn(node, name, value) {
  if (node[name] !== value) node[name] = value;
}

function dress(node, given) {
  const [attributes, ...children] = given[0]?.constructor === Object ? given : [{}, ...given];
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (typeof value !== "function") put(node, name, value);
    else if (name === "value" || name === "checked") keep(() => turn(node, name, value()));
    else keep(() => put(node, name, value()));
  }
  for (const child of children.flat(2)) {
    if (typeof child === "function") keep(() => say(node, child()));
    else if (child != null && child !== false && child !== "") node.append(child);
  }
  return node;
}

/** Make an element: h("button.fc-undo", {type: "button"}, "Undo"). Strings become text nodes. */
export function h(what, ...given) {
  const [tag, ...classes] = what.split(".");
  const node = document.createElement(tag);
  if (classes.length) node.className = classes.join(" ");
  return dress(node, given);
}

export const svg = (tag, ...given) => dress(document.createElementNS(SVG, tag), given);

export const button = (what, attributes, ...children) =>
  h(`button.${what}`, { type: "button", ...attributes }, ...children);

/** Write text, style or an attribute only where it changed: most of a page stays as it is. */
export function say(node, text) {
  if (node.fcSaid === text) return;
  node.fcSaid = text;
  // A text that is changed costs less than another in its place.
  const { firstChild: only } = node;
  if (only && only.nodeType === 3 && only === node.lastChild) only.data = text;
  else node.textContent = text;
}

export function style(node, name, value) {
  const kept = (node.fcStyle ??= {});
  if (kept[name] !== value) node.style.setProperty(name, (kept[name] = value));
}

export function mark(node, name, value) {
  const kept = (node.fcMarks ??= {});
  if (kept[name] === value) return;
  kept[name] = value;
  if (value == null || value === false) node.removeAttribute(name);
  else node.setAttribute(name, value === true ? "" : value);
}

export const share = (p) => `${(100 * p).toFixed(2)}%`;

/** A list to choose from; what is chosen follows `now`. An option may be barred for a while. */
export function choice(label, options, now, onchange) {
  const rows = options.map(([value, words, disabled]) => h("option", { value, disabled }, words));
  const chosen = () => onchange(select.value);
  const select = h("select.fc-choice", { "aria-label": label, onchange: chosen, value: now }, rows);
  return select;
}

export const section = (title, open, ...children) =>
  h("details.fc-section", { open }, h("summary", h("h3", title)), ...children);

/** Whether the hand is at an element, or nowhere: else what comes late is not to take the focus. */
export const isAtHand = (el) =>
  [document.body, null].includes(document.activeElement) || el.contains(document.activeElement);

/** Do something with what the browser keeps; nothing comes of it where it keeps nothing. */
export function tried(act) {
  try {
    return act();
  } catch {
    return null;
  }
}
