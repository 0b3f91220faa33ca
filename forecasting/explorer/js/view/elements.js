/** Names, attributes and text come in; elements go out. Text is text, never markup. */

const SVG = "http://www.w3.org/2000/svg";
let lastId = 0;
export const newId = () => `fc-${(lastId += 1)}-${Math.random().toString(36).slice(2, 7)}`;

function dress(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value === true) node.setAttribute(name, "");
    else if (value !== false && value != null) node.setAttribute(name, value);
  }
  node.append(...children.flat().filter((child) => child != null && child !== false));
  return node;
}

/** Make an element: h("button.fc-undo", {type: "button"}, "Undo"). Strings become text nodes. */
export function h(what, attributes = {}, ...children) {
  const [tag, ...classes] = what.split(".");
  const node = document.createElement(tag);
  if (classes.length) node.className = classes.join(" ");
  return dress(node, attributes, children);
}

export function svg(tag, attributes = {}, ...children) {
  return dress(document.createElementNS(SVG, tag), attributes, children);
}

export const button = (what, attributes, ...children) =>
  h(`button.${what}`, { type: "button", ...attributes }, ...children);

/** Write text, style or an attribute only where it changed: most of a page stays as it is. */
export function say(node, text) {
  if (node.fcSaid !== text) node.textContent = node.fcSaid = text;
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

export function choice(label, options, chosen, onchange) {
  const rows = options.map(([value, words, disabled]) => h("option", { value, disabled }, words));
  const select = h(
    "select.fc-choice",
    { "aria-label": label, onchange: () => onchange(select.value) },
    rows,
  );
  select.value = chosen;
  return select;
}

export function section(title, open, ...children) {
  return h("details.fc-section", { open }, h("summary", {}, h("h3", {}, title)), ...children);
}
