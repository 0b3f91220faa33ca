// A compiled case (model.py) comes in; an explorer that answers to the hand, in HTML and SVG, goes out.
//
// Reading order: numbers and words, elements, the settings, sliders, then the parts of the page from
// left to right, and last the explorer that holds them. Every probability comes from the engine. Text
// of a case only ever becomes a text node. A part is built once and then updated in place, so nothing
// that is being dragged or typed into is ever replaced.

import { engine } from "./engine.js";

// ---------------------------------------------------------------------------------------------
// Numbers and words
// ---------------------------------------------------------------------------------------------

const Z90 = 1.6448536269514722; // a stated range is a central 90% interval
const MINUS = "\u2212";
const DECIBANS = 10 / Math.LN10; // one unit of log-odds in decibans

const logOdds = (p) => Math.log(p) - Math.log1p(-p);
const chance = (x) => (x >= 0 ? 1 / (1 + Math.exp(-x)) : Math.exp(x) / (1 + Math.exp(x)));
const clamp = (x, low, high) => Math.min(high, Math.max(low, x));

/** Show a probability as the command line does: one decimal near 0 and 1. */
function percent(p) {
  if (p === 0 || p === 1) return `${100 * p}%`;
  if (p < 0.0005) return "<0.1%";
  if (p > 0.9995) return ">99.9%";
  return `${(100 * p).toFixed(p < 0.095 || p > 0.985 ? 1 : 0)}%`;
}

const digits3 = (x) => String(Number(x.toPrecision(3)));

/** Keep three digits that matter, so that an overlay reads as a person would write it. */
function tidy(p) {
  if (p <= 0 || p >= 1) return p;
  return p < 0.9 ? Number(p.toPrecision(3)) : Number((1 - Number((1 - p).toPrecision(3))).toPrecision(12));
}

const signed = (x, digits = 1) => `${x < 0 ? MINUS : "+"}${Math.abs(x).toFixed(digits)}`;

function decibans(x) {
  if (!Number.isFinite(x)) return x > 0 ? "settles it" : "rules it out";
  return Math.abs(x) < 0.05 ? "0 dB" : `${signed(x)} dB`;
}

function asOdds(x) {
  if (!Number.isFinite(x)) return decibans(x);
  const times = 10 ** (Math.abs(x) / 10);
  return Math.abs(x) < 0.05 ? "×1" : `${x < 0 ? "÷" : "×"}${times < 10 ? times.toFixed(2) : digits3(times)}`;
}

function oddsOf(p) {
  const odds = p / (1 - p);
  return odds >= 1 ? `${digits3(odds)} to 1` : `1 to ${digits3(1 / odds)}`;
}

// ICD 203; a shared endpoint takes the word nearer to an even chance.
const WORDS = [
  ["almost no chance", 0.01, 0.05],
  ["very unlikely", 0.05, 0.2],
  ["unlikely", 0.2, 0.45],
  ["roughly even chance", 0.45, 0.55],
  ["likely", 0.55, 0.8],
  ["very likely", 0.8, 0.95],
  ["almost certain", 0.95, 0.99],
];

function wordFor(exact) {
  const p = Number(exact.toFixed(9));
  if (p < 0.01) return "below the scale";
  if (p > 0.99) return "above the scale";
  const holding = WORDS.filter(([, low, high]) => low <= p && p <= high);
  const away = ([, low, high]) => Math.abs((low + high) / 2 - 0.5);
  return holding.reduce((best, one) => (away(one) < away(best) ? one : best))[0];
}

const DAY = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric", timeZone: "UTC" });

/** Write 2021-09-15 as 15 Sept 2021; a partial date stays as it is. */
const day = (iso) => (/^\d{4}-\d\d-\d\d$/.test(iso ?? "") ? DAY.format(new Date(`${iso}T00:00:00Z`)) : (iso ?? ""));

/** Read 25%, 25 or 12,5 % as a share of one; null if it is none. */
function parsePercent(text, closed) {
  const match = /^(\d+(?:[.,]\d*)?|[.,]\d+)\s*%?$/.exec(text.trim());
  if (!match) return null;
  const p = Number((Number(match[1].replace(",", ".")) / 100).toPrecision(12));
  return (closed ? p >= 0 && p <= 1 : p > 0 && p < 1) ? p : null;
}

function parseTimes(text) {
  const match = /^[×x]?\s*(\d+(?:[.,]\d*)?|[.,]\d+)\s*(?:times|×|x)?$/i.exec(text.trim());
  const times = match && Number(match[1].replace(",", "."));
  return times > 0 && Number.isFinite(times) ? times : null;
}

// The two kinds of number that a slider moves. `to` and `from` lead to its scale of logarithms.
const PROBABILITY = {
  to: logOdds,
  from: chance,
  tidy,
  reach: [logOdds(0.001), logOdds(0.999)],
  ticks: [0.01, 0.05, 0.2, 0.45, 0.55, 0.8, 0.95, 0.99], // where the words change
  show: (p) => `${p < 0.9 ? digits3(100 * p) : Number((100 * tidy(p)).toPrecision(12))}%`,
  parse: parsePercent,
  help: "Write a percentage, such as 25%, 25 or 12,5 %",
};
const MULTIPLIER = {
  to: Math.log,
  from: Math.exp,
  tidy: (x) => Number(x.toPrecision(3)),
  reach: [-Math.log(30), Math.log(30)],
  ticks: [1 / 15, 1 / 6, 1 / 3, 1, 3, 6, 15], // moderate, strong, decisive
  show: (x) => `${digits3(x)} times`,
  parse: parseTimes,
  help: "Write how many times, such as 3 or 1,5",
};
const SURE_MULTIPLIER = { ...MULTIPLIER, reach: [0, Math.log(30)], ticks: [1.5, 3, 6, 15] };

function scaleOf(input) {
  if (input.kind === "probability") return PROBABILITY;
  return /\.odds$|likelihood_ratio$/.test(input.path) || input.low < 1 ? MULTIPLIER : SURE_MULTIPLIER;
}

/** Read the file's own form (0.2, {low, high}, {low, best, high}) as centre and spread. */
function judgement(form, scale) {
  if (typeof form === "number") return { median: scale.to(form), sd: 0 };
  if (form.low === undefined) return { median: scale.to(form.best), sd: 0 };
  const [low, high] = [scale.to(form.low), scale.to(form.high)];
  const median = form.best === undefined ? (low + high) / 2 : scale.to(form.best);
  return { median, sd: (high - low) / (2 * Z90) };
}

// ---------------------------------------------------------------------------------------------
// Elements
// ---------------------------------------------------------------------------------------------

const SVG = "http://www.w3.org/2000/svg";
let lastId = 0;
const newId = () => `fc-${(lastId += 1)}-${Math.random().toString(36).slice(2, 7)}`;

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
function h(what, attributes = {}, ...children) {
  const [tag, ...classes] = what.split(".");
  const node = document.createElement(tag);
  if (classes.length) node.className = classes.join(" ");
  return dress(node, attributes, children);
}

function svg(tag, attributes = {}, ...children) {
  return dress(document.createElementNS(SVG, tag), attributes, children);
}

const button = (what, attributes, ...children) => h(`button.${what}`, { type: "button", ...attributes }, ...children);

/** Write text, style or an attribute only where it changed: most of a page stays as it is. */
function say(node, text) {
  if (node.fcSaid !== text) node.textContent = node.fcSaid = text;
}

function style(node, name, value) {
  const kept = (node.fcStyle ??= {});
  if (kept[name] !== value) node.style.setProperty(name, (kept[name] = value));
}

function mark(node, name, value) {
  const kept = (node.fcMarks ??= {});
  if (kept[name] === value) return;
  kept[name] = value;
  if (value == null || value === false) node.removeAttribute(name);
  else node.setAttribute(name, value === true ? "" : value);
}

const share = (p) => `${(100 * p).toFixed(2)}%`;

function choice(label, options, chosen, onchange) {
  const rows = options.map(([value, words, disabled]) => h("option", { value, disabled }, words));
  const select = h("select.fc-choice", { "aria-label": label, onchange: () => onchange(select.value) }, rows);
  select.value = chosen;
  return select;
}

function section(title, open, ...children) {
  return h("details.fc-section", { open }, h("summary", {}, h("h3", {}, title)), ...children);
}

// ---------------------------------------------------------------------------------------------
// Settings: what the hand has changed, with a way back
// ---------------------------------------------------------------------------------------------

const NOTHING = { overrides: {}, given: {}, do: {}, as_of: null, by: null };
const complete = (settings) => ({ ...NOTHING, ...(settings ?? {}) });
const same = (one, other) => JSON.stringify(one) === JSON.stringify(other);

class Settings {
  constructor(now, changed) {
    this.now = complete(now);
    this.past = [];
    this.gesture = null; // one drag is one step back, however many moves it made
    this.changed = changed;
  }

  change(gesture, edit) {
    const next = structuredClone(this.now);
    edit(next);
    if (same(next, this.now)) return;
    if (gesture === null || gesture !== this.gesture) this.past.push(this.now);
    this.gesture = gesture;
    this.now = next;
    this.changed();
  }

  rest() {
    this.gesture = null;
  }

  undo() {
    if (!this.past.length) return;
    this.now = this.past.pop();
    this.rest();
    this.changed();
  }

  /** Take over settings that came from Python; they can be undone like any others. */
  adopt(settings) {
    this.rest();
    this.change(null, (next) => Object.assign(next, NOTHING, structuredClone(complete(settings))));
  }

  override(path, form, gesture = null) {
    this.change(gesture, (next) => {
      if (form === undefined) delete next.overrides[path];
      else next.overrides[path] = form;
    });
  }

  suppose(event, what) {
    this.change(null, (next) => {
      delete next.given[event];
      delete next.do[event];
      const [how, answer] = what.split(" ");
      if (how) next[how][event] = answer === "yes";
    });
  }

  supposed(event) {
    for (const how of ["given", "do"]) {
      if (event in this.now[how]) return `${how} ${this.now[how][event] ? "yes" : "no"}`;
    }
    return "";
  }

  get count() {
    const { overrides, given, do: made, as_of, by } = this.now;
    const paths = new Set(Object.keys(overrides).map((path) => path.replace(/\.(status|reports)$/, ".")));
    return paths.size + Object.keys(given).length + Object.keys(made).length + (as_of ? 1 : 0) + (by ? 1 : 0);
  }
}

// ---------------------------------------------------------------------------------------------
// Sliders
// ---------------------------------------------------------------------------------------------

/** A read-out that can be typed into. What is not understood stays, marked and explained. */
class Field {
  constructor(label, scale, closed, commit) {
    Object.assign(this, { scale, closed, commit });
    this.help = h("span.fc-help", { id: newId(), hidden: true });
    this.input = h("input.fc-field", {
      type: "text",
      inputmode: "decimal",
      autocomplete: "off",
      spellcheck: "false",
      "aria-label": label,
      onchange: () => this.read(),
      onkeydown: (event) => event.key === "Escape" && this.forget(),
    });
  }

  read() {
    const value = this.scale.parse(this.input.value, this.closed);
    const refused = value === null ? this.scale.help : this.commit(value);
    this.complain(refused || null);
    if (!refused) this.show(this.value, true);
  }

  complain(words) {
    this.help.hidden = !words;
    this.help.textContent = words ? `${words}.` : "";
    mark(this.input, "aria-invalid", words ? "true" : null);
    mark(this.input, "aria-describedby", words ? this.help.id : null);
  }

  forget() {
    this.complain(null);
    this.show(this.value, true);
  }

  show(value, force = false) {
    this.value = value;
    const typing = this.input === this.input.getRootNode().activeElement || this.input.ariaInvalid === "true";
    if (typing && !force) return;
    const text = this.scale.show(value);
    if (this.input.value !== text) this.input.value = text;
    style(this.input, "width", `${Math.max(4, text.length) + 1.5}ch`);
  }
}

/** One judgement: its centre on one lane, the ends of its 90% range on a lane below. */
class Slider {
  constructor(app, path, label, { asks = null, closed = false } = {}) {
    this.app = app;
    this.path = path;
    this.label = label;
    this.input = app.inputs.get(path);
    this.scale = scaleOf(this.input);
    this.closed = closed || /if_yes|if_no|hit|false|table|reliability/.test(path);
    this.build(asks);
    this.update();
  }

  build(asks) {
    const { scale, label } = this;
    const [min, max] = scale.reach;
    const range = (what, words, move) =>
      h(`input.${what}`, {
        type: "range", min, max, step: 0.05, "aria-label": words,
        oninput: (event) => move(Number(event.target.value)),
        onchange: () => this.app.settings.rest(),
      });
    this.centre = range("fc-centre", label, (x) => this.moveCentre(x));
    this.low = range("fc-end", `${label}: low end of the 90% range`, (x) => this.moveEnd("low", x));
    this.high = range("fc-end", `${label}: high end of the 90% range`, (x) => this.moveEnd("high", x));
    this.field = new Field(`${label}, typed`, scale, this.closed, (value) => this.typeCentre(value));
    this.lowField = new Field(`${label}: low end, typed`, scale, false, (value) => this.typeEnd("low", value));
    this.highField = new Field(`${label}: high end, typed`, scale, false, (value) => this.typeEnd("high", value));
    this.fill = h("div.fc-fill");
    this.own = h("div.fc-own", { title: "as the case has it" });
    this.class = h("div.fc-class", { title: "the range of the case" });
    this.tips = h("div.fc-tips");
    this.ranged = button("fc-quiet", { onclick: () => this.toggleRange() });
    this.back = button("fc-quiet.fc-back", { onclick: () => this.reset(), "aria-label": `Reset ${label}` }, "reset");
    this.ends = h("span.fc-ends", {}, "90%: ", this.lowField.input, " to ", this.highField.input);
    const ticks = scale.ticks.filter((at) => scale.to(at) >= min).map((at) => {
      const tick = h("i.fc-tick");
      tick.style.left = share(this.along(scale.to(at)));
      return tick;
    });
    this.rangeLane = h("div.fc-lane.fc-range", {}, h("div.fc-marks", {}, this.fill), this.low, this.high);
    this.el = h(
      "div.fc-slider", { "data-path": this.path },
      h("div.fc-read", {}, h("span.fc-asks", {}, asks ?? label), this.field.input, this.ends, this.ranged, this.back),
      h("div.fc-lane", {}, h("div.fc-marks", {}, this.class, ticks, this.own, this.tips), this.centre),
      this.rangeLane,
      this.field.help, this.lowField.help, this.highField.help,
    );
    const { median, sd } = this.input;
    const [from, to] = [median - Z90 * sd, median + Z90 * sd].map((x) => this.along(x));
    style(this.own, "left", share(this.along(median)));
    style(this.class, "left", share(from));
    style(this.class, "width", share(to - from));
  }

  along(x) {
    const [min, max] = this.scale.reach;
    return clamp((x - min) / (max - min), 0, 1);
  }

  get now() {
    const form = this.app.settings.now.overrides[this.path];
    return form === undefined ? this.input : judgement(form, this.scale);
  }

  /** Write the file's own form: a number, or {low, best, high}, with the period of a base rate. */
  write(low, best, high, gesture) {
    const within = this.input.within;
    const form = low === undefined ? (within ? { best, within } : best) : { low, best, high, ...(within ? { within } : {}) };
    this.app.settings.override(this.path, form, gesture);
  }

  put(median, sd, gesture, best = this.scale.tidy(this.scale.from(median))) {
    const { from, tidy: short } = this.scale;
    if (!sd) return this.write(undefined, best, undefined, gesture);
    return this.write(short(from(median - Z90 * sd)), best, short(from(median + Z90 * sd)), gesture);
  }

  moveCentre(x) {
    this.put(x, this.now.sd, `${this.path} centre`);
  }

  typeCentre(value) {
    this.put(this.scale.to(value), this.now.sd, null, value);
  }

  /** Move one end: the other stays, and the centre is their middle. */
  moveEnd(which, x, gesture = `${this.path} ${which}`, typed = undefined) {
    const { median, sd } = this.now;
    const other = which === "low" ? median + Z90 * sd : median - Z90 * sd;
    const gap = which === "low" ? other - x : x - other;
    if (gap < 0.01) return "The low end must lie below the high end";
    const { from, tidy: short } = this.scale;
    const end = typed ?? short(from(x));
    const far = short(from(other));
    const best = short(from((this.scale.to(end) + this.scale.to(far)) / 2));
    if (which === "low") this.write(end, best, far, gesture);
    else this.write(far, best, end, gesture);
    return null;
  }

  typeEnd(which, value) {
    return this.moveEnd(which, this.scale.to(value), null, value);
  }

  toggleRange() {
    const { median, sd } = this.now;
    this.put(median, sd ? 0 : this.input.sd || 0.5, null);
  }

  reset() {
    this.app.settings.override(this.path, undefined);
    this.centre.focus();
  }

  update() {
    const { median, sd } = this.now;
    const { from, show } = this.scale;
    const [low, high] = [median - Z90 * sd, median + Z90 * sd];
    const changed = this.path in this.app.settings.now.overrides;
    const words = show(from(median)) + (sd ? `, 90% range ${show(from(low))} to ${show(from(high))}` : "");
    this.turn(this.centre, median, words);
    this.field.show(from(median));
    style(this.rangeLane, "display", sd ? "" : "none");
    style(this.ends, "display", sd ? "" : "none");
    say(this.ranged, sd ? "exact" : "± range");
    if (sd) {
      this.turn(this.low, low, show(from(low)));
      this.turn(this.high, high, show(from(high)));
      this.lowField.show(from(low));
      this.highField.show(from(high));
      style(this.fill, "left", share(this.along(low)));
      style(this.fill, "width", share(this.along(high) - this.along(low)));
    }
    for (const shadow of [this.own, this.class]) style(shadow, "opacity", changed ? "1" : "0");
    style(this.back, "visibility", changed ? "visible" : "hidden");
  }

  /** Move a thumb, unless the hand is on it and it stands there already. */
  turn(range, x, words) {
    const [min, max] = this.scale.reach;
    const to = clamp(x, min, max);
    if (Math.abs(Number(range.value) - to) > 0.03) range.value = to;
    mark(range, "aria-valuetext", words);
  }

  /** Mark where the word of the selected outcome would change. */
  showTips(at, outcome) {
    const marks = at.map(({ x, word }) => {
      const place = this.scale.show(this.scale.from(x));
      const tip = h("i.fc-tip", { title: `at ${place}, “${outcome}” becomes ${word}` });
      tip.style.left = share(this.along(x));
      return tip;
    });
    this.tips.replaceChildren(...marks);
    const words = at.map(({ x, word }) => `${word} at ${this.scale.show(this.scale.from(x))}`);
    mark(this.centre, "aria-description", words.length ? `The word changes: ${words.join("; ")}` : null);
  }
}

// ---------------------------------------------------------------------------------------------
// Left: outcomes and drivers
// ---------------------------------------------------------------------------------------------

/** Prior tick, posterior dot, 90% band and the case's own answer, on a line from 0 to 1. */
class Strip {
  constructor() {
    this.band = h("i.fc-band");
    this.prior = h("i.fc-prior");
    this.ghost = h("i.fc-ghost");
    this.dot = h("i.fc-dot");
    this.el = h("span.fc-strip", { "aria-hidden": "true" }, this.band, this.prior, this.ghost, this.dot);
  }

  update(prior, posterior, own) {
    style(this.prior, "left", share(prior));
    style(this.dot, "left", share(posterior));
    style(this.ghost, "left", share(own));
    style(this.ghost, "opacity", Math.abs(own - posterior) > 0.0005 ? "1" : "0");
  }

  showBand(low, high) {
    style(this.band, "left", share(low));
    style(this.band, "width", share(high - low));
  }
}

class EventRow {
  constructor(app, event) {
    this.app = app;
    this.event = event;
    this.title = app.story.title(event);
    this.strip = new Strip();
    this.value = h("span.fc-p");
    this.word = h("span.fc-word");
    this.el = button("fc-row", { "data-event": event, tabindex: "-1", onclick: () => app.select(event) },
      h("span.fc-name", { title: app.story.events[event].question }, this.title),
      this.strip.el, this.value, this.word);
    if (app.story.events[event].given) this.el.classList.add("fc-under");
  }

  update({ prior, posterior }) {
    const [before, after] = [prior[this.event], posterior[this.event]];
    this.strip.update(before, after, this.app.own.posterior[this.event]);
    say(this.value, percent(after));
    say(this.word, wordFor(after));
    this.spoken = `${this.title}: ${percent(after)}, ${wordFor(after)}; prior ${percent(before)}`;
    mark(this.el, "aria-label", this.spoken);
    mark(this.el, "aria-current", this.app.selected === this.event ? "true" : null);
    mark(this.el, "tabindex", this.app.selected === this.event ? "0" : "-1");
  }

  showBand(low, high) {
    this.strip.showBand(low, high);
    mark(this.el, "aria-label", `${this.spoken}; 90% band ${percent(low)} to ${percent(high)}`);
  }
}

class EventList {
  constructor(app) {
    this.app = app;
    this.rows = new Map(app.story.order.map((event) => [event, new EventRow(app, event)]));
    const of = (role) => app.story.order.filter((event) => app.story.events[event].role === role);
    const list = (events) => h("div.fc-rows", {}, events.map((event) => this.rows.get(event).el));
    const scale = h("span.fc-scale", { "aria-hidden": "true" }, ...[0, 25, 50, 75, 100].map((at) => {
      const label = h("i", {}, at === 100 ? "100%" : String(at));
      label.style.left = `${at}%`;
      return label;
    }));
    const head = h("div.fc-row.fc-head", { "aria-hidden": "true" }, h("span.fc-name", {}, "prior | 90% band ●"), scale);
    const [outcomes, drivers] = [of("outcome"), of("driver")];
    this.drivers = section(`Drivers (${drivers.length})`, false, list(drivers));
    this.el = h("nav.fc-left", { "aria-label": "Outcomes and drivers", onkeydown: (event) => this.step(event) },
      h("h3", {}, `Outcomes (${outcomes.length})`), head, list(outcomes), drivers.length ? this.drivers : null);
  }

  /** Up and down move through the list, Home and End to its ends. */
  step(event) {
    const rows = [...this.el.querySelectorAll("button.fc-row")].filter((row) => row.offsetParent !== null);
    const at = rows.indexOf(event.target);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: rows.length - 1 }[event.key];
    if (at < 0 || to === undefined) return;
    event.preventDefault();
    rows[clamp(to, 0, rows.length - 1)].focus();
  }

  update(answer) {
    if (this.app.story.events[this.app.selected].role === "driver") this.drivers.open = true;
    for (const row of this.rows.values()) row.update(answer);
  }

  showBand({ low, high }) {
    for (const [event, row] of this.rows) row.showBand(low[event], high[event]);
  }
}

// ---------------------------------------------------------------------------------------------
// Centre: the answer, how it got there, what it hangs on
// ---------------------------------------------------------------------------------------------

/** A hundred cases, so many of them filled. */
class IconArray {
  constructor() {
    const cell = (i) => svg("rect", { x: 12 * (i % 10), y: 12 * Math.floor(i / 10), width: 10, height: 10, rx: 2 });
    this.cells = Array.from({ length: 100 }, (_, i) => cell(i));
    this.svg = svg("svg", { viewBox: "0 0 118 118", role: "img", class: "fc-icons" }, this.cells);
    this.words = h("p");
    this.el = h("details.fc-frequency", {}, h("summary", {}, "Of 100 such cases"), h("div", {}, this.svg, this.words));
  }

  update(p, title) {
    const count = Math.round(100 * p);
    this.cells.forEach((cell, i) => mark(cell, "class", i < count ? "fc-yes" : "fc-no"));
    const answer = `in ${count} it comes out yes, in ${100 - count} no.`;
    mark(this.svg, "aria-label", `Of 100 such cases, ${answer}`);
    say(this.words, `Of 100 cases that look like this one (“${title}”), ${answer}`);
  }
}

class Headline {
  constructor(app, event) {
    this.app = app;
    this.event = event;
    const { question, criterion, confidence } = app.story.events[event];
    this.value = h("span.fc-big");
    this.word = h("span.fc-bigword");
    this.rest = h("span.fc-rest");
    this.strip = new Strip();
    this.icons = new IconArray();
    const views = app.story.viewsOf(event).map((words) => h("span", {}, words));
    this.el = h("header.fc-headline", {},
      h("h2", {}, app.story.title(event)),
      question ? h("p.fc-question", {}, question) : null,
      h("div.fc-answer", {}, this.value, h("div", {}, this.word, this.rest)),
      this.strip.el,
      h("p.fc-notes", {}, views, confidence ? h("span", {}, `analytic confidence: ${confidence}`) : null),
      criterion ? h("details.fc-frequency", {}, h("summary", {}, "How it will be settled"), h("p", {}, criterion)) : null,
      this.icons.el);
  }

  update({ prior, posterior }) {
    const [before, p] = [prior[this.event], posterior[this.event]];
    say(this.value, percent(p));
    say(this.word, wordFor(p));
    this.before = before;
    this.strip.update(before, p, this.app.own.posterior[this.event]);
    this.icons.update(p, this.app.story.title(this.event));
    this.tell(this.band);
  }

  tell(band) {
    this.band = band;
    say(this.rest, `from ${percent(this.before)} before the evidence${band ? ` · 90% band ${percent(band[0])} – ${percent(band[1])}` : ""}`);
  }

  showBand({ low, high }) {
    this.strip.showBand(low[this.event], high[this.event]);
    this.tell([low[this.event], high[this.event]]);
  }
}

// Probabilities at which the axis of a waterfall may start or end: it then stays still under a drag.
const STOPS = [0.0001, 0.001, 0.005, 0.01, 0.03, 0.1, 0.25, 0.5, 0.75, 0.9, 0.97, 0.99, 0.995, 0.999, 0.9999];
const WORTH_A_ROW = 0.1; // decibans; smaller items share one row

class WaterfallRow {
  constructor(item, dated) {
    this.item = item;
    this.bar = h("i.fc-push");
    this.value = h("span.fc-p");
    this.label = h("span.fc-name", { title: item.title }, item.title);
    this.date = h("span.fc-date", {}, dated);
    this.el = h("li.fc-step", {}, this.date, this.label, h("span.fc-track", {}, this.bar), this.value);
  }

  update(before, after, weight, axis, unit) {
    const [from, to] = [axis(before), axis(after)].map((at) => clamp(at, 0, 1));
    style(this.bar, "left", share(Math.min(from, to)));
    style(this.bar, "width", share(Math.max(Math.abs(to - from), 0.002)));
    mark(this.bar, "class", weight >= 0 ? "fc-push fc-up" : "fc-push fc-down");
    say(this.value, unit === "odds" ? asOdds(weight) : decibans(weight));
    mark(this.el, "data-decibans", String(weight));
  }
}

/** Prior to posterior, item by item, on one axis of log-odds. */
class Waterfall {
  constructor(app, event) {
    this.app = app;
    this.event = event;
    this.rows = new Map();
    this.list = h("ol.fc-steps", { "aria-label": "How the forecast got there, item by item" });
    this.axis = h("div.fc-axis", { "aria-hidden": "true" });
    this.start = new WaterfallRow({ title: "Base rate" }, "");
    this.small = new WaterfallRow({ title: "" }, "");
    this.end = new WaterfallRow({ title: "Forecast" }, "");
    for (const row of [this.start, this.end]) row.el.classList.add("fc-total");
    const unit = choice("Unit of weight", [["decibans", "in decibans"], ["odds", "in odds"]], app.unit, (value) => {
      app.unit = value;
      this.draw();
    });
    this.el = section("How it got there", true,
      h("p.fc-note", {}, "Each item in the order of its date, moving the odds from where the one above left them. 10 dB multiply the odds by ten, 3 dB by two. ", unit),
      this.axis, this.list);
    this.list.append(this.start.el, this.small.el, this.end.el);
  }

  update(answer, items) {
    this.answer = answer;
    this.items = items;
    this.draw();
  }

  /** Find the row of an item that is, or ever was, worth one; rows stand in the order of dates. */
  rowOf(item) {
    const key = `${item.kind} ${item.item}`;
    if (!this.rows.has(key)) {
      if (Math.abs(item.decibans) < WORTH_A_ROW) return null;
      this.rows.set(key, new WaterfallRow(item, day(item.date)));
    }
    return this.rows.get(key);
  }

  draw() {
    if (!this.items) return;
    const { event, items } = this;
    const [before, after] = [this.answer.prior[event], this.answer.posterior[event]];
    const axis = this.scale([before, after, ...items.flatMap((one) => [one.before, one.after])]);
    const unit = this.app.unit;
    let smallest = 0;
    let lesser = 0;
    let last = this.start.el;
    const shown = new Set();
    for (const item of items) {
      const row = this.rowOf(item);
      if (!row) {
        smallest += item.decibans;
        lesser += 1;
        continue;
      }
      row.update(item.before, item.after, item.decibans, axis, unit);
      if (last.nextSibling !== row.el) last.after(row.el);
      last = row.el;
      shown.add(row);
    }
    for (const row of this.rows.values()) if (!shown.has(row)) row.el.remove();
    this.total(this.start, before, axis);
    this.total(this.end, after, axis);
    style(this.small.el, "display", lesser ? "" : "none");
    say(this.small.label, `${lesser} more under ${WORTH_A_ROW} dB each`);
    const reached = chance(logOdds(after) - smallest / DECIBANS);
    this.small.update(reached, after, smallest, axis, unit);
  }

  total(row, p, axis) {
    style(row.bar, "left", share(clamp(axis(p), 0, 1)));
    mark(row.bar, "class", "fc-push fc-at");
    say(row.value, this.app.unit === "odds" ? oddsOf(p) : percent(p));
  }

  scale(points) {
    const inside = points.filter((p) => p > 0 && p < 1);
    const low = STOPS.findLast((stop) => stop <= Math.min(...inside)) ?? STOPS[0];
    const high = STOPS.find((stop) => stop >= Math.max(...inside)) ?? STOPS.at(-1);
    const [from, to] = [logOdds(low), logOdds(high)];
    const axis = (p) => (logOdds(clamp(p, STOPS[0], STOPS.at(-1))) - from) / (to - from);
    const ends = `${low} ${high}`;
    if (this.ends !== ends) {
      this.ends = ends;
      const labels = STOPS.filter((p) => p >= low && p <= high).map((p) => {
        const label = h("i", {}, percent(p));
        label.style.left = share(axis(p));
        return label;
      });
      this.axis.replaceChildren(h("span.fc-track", {}, labels));
    }
    return axis;
  }
}

const BOX = 46; // height of an event in the graph, px
const LINE = 22; // height of a fact below it
const GAP = 18;
const FEW = 9; // events that fit into the graph at a glance
const MOST_FACTS = 6; // below one event; the rest is counted

/** What an event hangs on: its ancestors in layers, each with the facts that bear on it. */
class Graph {
  constructor(app, event, all = false) {
    this.app = app;
    this.event = event;
    this.boxes = new Map();
    this.lines = [];
    this.edges = [];
    const layers = this.layers(all);
    const height = this.arrange(layers);
    this.edgesSvg = svg("svg", { class: "fc-edges", viewBox: `0 0 100 ${height}`, preserveAspectRatio: "none", "aria-hidden": "true" });
    this.canvas = h("div.fc-graph", {}, this.edgesSvg);
    this.canvas.style.height = `${height}px`;
    layers.flat().forEach((name) => this.canvas.append(this.box(name)));
    for (const link of this.links()) this.connect(link);
    const alone = layers.length === 1;
    this.el = section("What it hangs on", true,
      h("p.fc-note", {}, alone ? "Nothing moves it but the facts below it." :
        "Left moves right. A solid line raises the odds, a dashed one lowers them, so many times. Below each event, the facts that bear on it."),
      this.hidden ? button("fc-quiet", { onclick: () => app.showGraph(true) }, "show all that stands above these") : null,
      this.canvas);
  }

  parents(name) {
    return this.app.story.parents(name);
  }

  /** Find the events above: those one or two links away, while they are few, or all. */
  above(all) {
    let known = [this.event];
    for (let steps = 1; ; steps += 1) {
      const wider = [...new Set([...known, ...known.flatMap((name) => this.parents(name))])];
      const enough = !all && steps > 1 && (steps > 2 || wider.length > FEW);
      if (enough || wider.length === known.length) return { known, hidden: wider.length - known.length };
      known = wider;
    }
  }

  /** Put the event in the last layer and every event above it left of all that it moves. */
  layers(all) {
    const { known, hidden } = this.above(all);
    this.hidden = hidden;
    const depth = new Map();
    const visit = (name, at) => {
      if ((depth.get(name) ?? -1) >= at || !known.includes(name)) return;
      depth.set(name, at);
      for (const parent of this.parents(name)) visit(parent, at + 1);
    };
    visit(this.event, 0);
    const deepest = Math.max(...depth.values());
    const layers = Array.from({ length: deepest + 1 }, () => []);
    for (const name of this.app.story.order) if (depth.has(name)) layers[deepest - depth.get(name)].push(name);
    return layers;
  }

  factsOf(name) {
    return this.app.story.factsOn(name);
  }

  arrange(layers) {
    const tall = (name) => BOX + LINE * Math.min(this.factsOf(name).length, MOST_FACTS + 1);
    const heights = layers.map((names) => names.reduce((sum, name) => sum + tall(name) + GAP, -GAP));
    const height = Math.max(...heights);
    const column = 100 / (layers.length - 1 + 0.72);
    this.column = column;
    layers.forEach((names, i) => {
      const spare = names.length > 1 ? (height - heights[i]) / (names.length - 1) : 0;
      let y = names.length > 1 ? 0 : (height - heights[i]) / 2;
      for (const name of names) {
        this.boxes.set(name, { x: i * column, y, width: 0.72 * column });
        y += tall(name) + GAP + Math.min(spare, 40);
      }
    });
    return height;
  }

  box(name) {
    const { app } = this;
    const at = this.boxes.get(name);
    at.fill = h("i.fc-level");
    at.value = h("span.fc-p");
    at.button = button(name === this.event ? "fc-box.fc-chosen" : "fc-box", { "data-event": name, onclick: () => app.select(name) },
      at.fill, h("span.fc-name", {}, app.story.title(name)), at.value);
    const facts = this.factsOf(name);
    const el = h("div.fc-node", {}, at.button, facts.slice(0, MOST_FACTS).map((fact) => this.fact(fact, name)),
      facts.length > MOST_FACTS ? h("span.fc-fact", {}, `and ${facts.length - MOST_FACTS} more facts`) : null);
    Object.assign(el.style, { left: `${at.x}%`, top: `${at.y}px`, width: `${at.width}%` });
    return el;
  }

  fact(fact, event) {
    const weight = h("span.fc-p");
    const el = button("fc-fact", { title: this.app.story.claim(fact), onclick: () => this.app.panel.open(fact) },
      weight, h("span.fc-name", {}, this.app.story.claim(fact)));
    this.lines.push({ fact, event, weight, el });
    return el;
  }

  links() {
    const pairs = [...this.boxes.keys()].flatMap((to) => this.parents(to).map((from) => ({ from, to, link: this.app.story.link(from, to) })));
    return pairs.filter(({ from }) => this.boxes.has(from));
  }

  connect({ from, to, link }) {
    const [a, b] = [this.boxes.get(from), this.boxes.get(to)];
    const [x1, y1, x2] = [a.x + a.width, a.y + BOX / 2, b.x];
    b.arrivals = (b.arrivals ?? 0) + 1;
    const y2 = b.y + 8 + ((b.arrivals * 7) % (BOX - 14));
    const bend = (x2 - x1) / 2;
    const path = svg("path", { d: `M${x1} ${y1}C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}`, "vector-effect": "non-scaling-stroke" });
    const t = 0.5 / Math.max(1, Math.round(x2 - x1) / this.column); // halfway to the next layer
    const along = (p0, p1, p2, p3) => (1 - t) ** 3 * p0 + 3 * (1 - t) ** 2 * t * p1 + 3 * (1 - t) * t ** 2 * p2 + t ** 3 * p3;
    const label = h("span.fc-strength");
    label.style.left = `${along(x1, x1 + bend, x2 - bend, x2)}%`;
    label.style.top = `${along(y1, y1, y2, y2)}px`;
    this.edgesSvg.append(path);
    this.canvas.append(label);
    this.edges.push({ path, label, link });
  }

  update({ posterior }) {
    for (const [name, { fill, value, button: el }] of this.boxes) {
      style(fill, "width", share(posterior[name]));
      say(value, percent(posterior[name]));
      mark(el, "aria-label", `${this.app.story.title(name)}: ${percent(posterior[name])}`);
    }
    for (const { path, label, link } of this.edges) this.strengthen(path, label, link);
  }

  strengthen(path, label, link) {
    if (!link) {
      say(label, "needed");
      return mark(path, "class", "fc-edge fc-needed");
    }
    const weight = this.app.linkWeight(link);
    mark(path, "class", `fc-edge ${weight >= 0 ? "fc-raises" : "fc-lowers"}`);
    style(path, "stroke-width", `${clamp(0.8 + 1.1 * Math.abs(weight), 0.8, 4).toFixed(2)}px`);
    return say(label, `${weight >= 0 ? "×" : "÷"}${digits3(Number(Math.exp(Math.abs(weight)).toPrecision(2)))}`);
  }

  /** Show what each fact is worth as if it were all the evidence. */
  weigh() {
    for (const { fact, event, weight, el } of this.lines) {
      const worth = this.app.worth(fact, event);
      say(weight, worth === null ? "not seen" : decibans(worth));
      mark(el, "class", `fc-fact ${worth === null ? "fc-unseen" : worth >= 0 ? "fc-raises" : "fc-lowers"}`);
    }
  }
}

// ---------------------------------------------------------------------------------------------
// Right: the inputs of what is selected
// ---------------------------------------------------------------------------------------------

const WHAT_IFS = [
  ["", "as forecast"],
  ["given yes", "suppose we learn: yes"],
  ["given no", "suppose we learn: no"],
  ["do yes", "make it so: yes"],
  ["do no", "make it so: no"],
];

/** Suppose an event were learned, or made so. */
class WhatIf {
  constructor(app, event) {
    this.app = app;
    this.event = event;
    const needs = app.story.events[event].given;
    const options = WHAT_IFS.map(([value, words]) => [value, words]);
    this.select = choice(`What if: ${app.story.title(event)}`, options, "", (value) => app.settings.suppose(event, value));
    this.needs = needs;
    this.el = h("label.fc-whatif", {}, "what if ", this.select);
  }

  update() {
    const { settings } = this.app;
    const now = settings.supposed(this.event);
    if (this.select.value !== now) this.select.value = now;
    mark(this.el, "data-supposed", now || null);
    if (!this.needs) return;
    // What can happen only with another event can be made so only if that one is made so too.
    const set = settings.now.do[this.needs];
    for (const option of this.select.options) {
      option.disabled = option.value.startsWith("do") && (set === undefined || (set === false && option.value === "do yes"));
    }
  }
}

class DriverBlock {
  constructor(app, driver, link, target) {
    this.app = app;
    this.driver = driver;
    const title = app.story.title(driver);
    this.value = h("span.fc-p");
    this.whatIf = new WhatIf(app, driver);
    this.sliders = [];
    if (app.inputs.has(`events.${driver}.now`)) {
      this.sliders.push(new Slider(app, `events.${driver}.now`, `Held now: ${title}`, { asks: "held now, apart from the facts" }));
    }
    if (link && app.inputs.has(link.path)) {
      const verb = { raises: "raises", lowers: "lowers", odds: "multiplies" }[link.path.split(".").at(-1)];
      this.sliders.push(new Slider(app, link.path, `${title} ${verb} the odds of ${app.story.title(target)}`, { asks: `if true, ${verb} the odds` }));
    }
    const needed = link ? null : h("p.fc-note", {}, "Without it, this cannot happen.");
    this.el = h("div.fc-driver", {},
      h("div.fc-driverhead", {}, button("fc-link", { onclick: () => app.select(driver) }, title), this.value, this.whatIf.el),
      needed, this.sliders.map((slider) => slider.el), link?.why ? h("p.fc-why", {}, link.why) : null);
  }

  update({ posterior }) {
    say(this.value, percent(posterior[this.driver]));
    this.whatIf.update();
    this.sliders.forEach((slider) => slider.update());
  }
}

/** One report of a fact: who said it, and how far that is to be believed. */
class ReportLine {
  constructor(app, fact, index) {
    this.app = app;
    this.fact = fact;
    this.index = index;
    const { reports } = app.story.facts[fact];
    this.report = reports[index];
    const { source, says, date, letter, digit } = this.report;
    const { title: name, interest } = app.story.sources[source];
    const spelled = (words) => Object.entries(words).map(([key, meaning]) => [key, `${key}: ${meaning}`]);
    this.letter = letter && choice(`Reliability of ${name}`, spelled(app.story.letters), letter, (value) => app.grade(source, value));
    this.digit = digit && choice(`Credibility of this report by ${name}`, spelled(app.story.digits), digit, (value) => app.credit(fact, index, value));
    this.sound = h("span.fc-note");
    const paths = ["hit", "false"].map((key) => `evidence.${fact}.reports.${index}.${key}`).filter((path) => app.inputs.has(path));
    this.sliders = paths.map((path) => new Slider(app, path, app.inputs.get(path).title));
    this.el = h("li.fc-report", {},
      h("div", {}, h("b", {}, name), says === false ? h("em", {}, " denies it") : " reports it", date ? `, ${day(date)}` : "",
        interest ? h("span.fc-note", {}, ` (${interest})`) : null),
      h("div.fc-grades", {}, this.letter, this.digit), this.sound, this.sliders.map((slider) => slider.el));
  }

  update({ soundness }) {
    const { letter, digit } = this.app.gradeOf(this.fact, this.index);
    if (this.letter && this.letter.value !== letter) this.letter.value = letter;
    if (this.digit && this.digit.value !== digit) this.digit.value = digit;
    const sound = soundness[this.report.source];
    say(this.sound, sound === undefined ? "" : `sound with probability ${percent(sound)} in the light of all sources`);
    this.sliders.forEach((slider) => slider.update());
  }
}

/** A fact: claim, date, who reported it, how likely it was either way, and what it is worth now. */
class EvidenceCard {
  constructor(app, fact, event) {
    this.app = app;
    this.fact = fact;
    this.event = event;
    const { claim, date, status, watch_until: until } = app.story.facts[fact];
    this.worth = h("span.fc-p");
    this.bar = h("i.fc-push");
    this.ceiling = h("i.fc-ceiling");
    this.limit = h("p.fc-note");
    this.body = h("div.fc-cardbody");
    this.control = status === "pending" ? this.watched() : this.counted();
    const when = status === "pending" ? (until ? `watch until ${until}` : "an indicator to watch") : day(date);
    this.details = h("details", { ontoggle: () => this.details.open && this.fill() },
      h("summary", {}, h("span.fc-claim", {}, claim), h("span.fc-date", {}, when),
        h("span.fc-meter", { "aria-hidden": "true" }, this.ceiling, this.bar), this.worth),
      this.body);
    this.el = h("article.fc-card", { "data-fact": fact, "aria-label": claim }, this.control, this.details);
  }

  counted() {
    this.box = h("input", { type: "checkbox", onchange: () => this.app.switchFact(this.fact, this.box.checked) });
    return h("label.fc-on", { title: "does this fact count?" }, this.box, h("span.fc-hidden", {}, "counts"));
  }

  watched() {
    const states = [["pending", "not seen"], ["confirmed", "seen"], ["absent", "absent"]];
    this.state = choice("Suppose it is", states, "pending", (value) =>
      this.app.settings.override(`evidence.${this.fact}.status`, value === "pending" ? undefined : value));
    return h("label.fc-on", {}, this.state);
  }

  /** Build the inside when it is first opened. */
  fill() {
    if (this.sliders) return;
    const { app, fact, event } = this;
    const { why, reports } = app.story.facts[fact];
    const title = app.story.title(event);
    const at = (key) => `evidence.${fact}.${key}`;
    const asked = [
      [at("if_yes"), `If it is coming (“${title}”): how likely was it that we would see this?`],
      [at("if_no"), "If it is not: how likely was it that we would see this?"],
      [at("likelihood_ratio"), "How many times likelier is this if it is coming?"],
      [at("chance"), "How common is this, all in all?"],
    ].filter(([path]) => app.inputs.has(path));
    const pushes = [...app.inputs.values()].filter((input) => input.path.startsWith(at("bears_on.")));
    this.sliders = [
      ...asked.map(([path, words]) => new Slider(app, path, words)),
      ...pushes.map(({ path }) => {
        const [other, verb] = path.split(".").slice(-2);
        return new Slider(app, path, `“${app.story.title(other)}” ${verb === "odds" ? "multiplies" : verb} the odds of seeing this`);
      }),
    ];
    this.reports = reports.map((_, index) => new ReportLine(app, fact, index));
    this.body.append(...[
      ...this.sliders.map((slider) => slider.el),
      this.reports.length ? h("ul.fc-reports", {}, this.reports.map((report) => report.el)) : null,
      this.limit,
      why ? h("p.fc-why", {}, why) : null,
    ].filter(Boolean));
    this.update(app.answer);
    this.weigh();
    app.later();
  }

  update(answer) {
    const { overrides } = this.app.settings.now;
    const state = overrides[`evidence.${this.fact}.status`] ?? this.app.story.facts[this.fact].status;
    if (this.state && this.state.value !== state) this.state.value = state;
    if (this.box) this.box.checked = this.app.counts(this.fact);
    mark(this.el, "data-off", this.box && !this.box.checked ? true : null);
    this.sliders?.forEach((slider) => slider.update());
    this.reports?.forEach((report) => report.update(answer));
  }

  weigh() {
    const worth = this.app.worth(this.fact, this.event);
    const most = this.app.ceiling(this.fact, this.event);
    say(this.worth, worth === null ? (this.state ? "" : "off") : decibans(worth));
    const width = (x) => share(clamp(Math.abs(x ?? 0) / 15, 0, 1));
    style(this.bar, "width", width(worth));
    style(this.ceiling, "width", width(most));
    mark(this.bar, "class", (worth ?? 0) >= 0 ? "fc-push fc-up" : "fc-push fc-down");
    if (this.sliders && most !== null) {
      const now = worth === null ? "It does not count now" : `Worth ${decibans(worth)} by itself`;
      say(this.limit, `${now}; at most ${decibans(most)} were the report beyond doubt from a source as reliable as this.`);
    }
  }
}

/** Everything that can be moved about the selected event. */
class Panel {
  constructor(app) {
    this.app = app;
    this.el = h("aside.fc-right", { "aria-label": "Inputs" });
    this.cards = new Map();
  }

  select(event) {
    const { app } = this;
    const { story, inputs } = app;
    const { why, role, table } = story.events[event];
    const base = `events.${event}.base_rate`;
    const now = `events.${event}.now`;
    this.sliders = [];
    const slider = (path, label, asks) => {
      const one = new Slider(app, path, label, { asks });
      this.sliders.push(one);
      return one.el;
    };
    const parts = [];
    if (role === "driver" && inputs.has(now)) parts.push(slider(now, `Held now: ${story.title(event)}`, "held now, apart from the facts"));
    if (inputs.has(base)) parts.push(slider(base, `Base rate of ${story.title(event)}`, story.askBaseRate(event)));
    for (const [path, input] of inputs) if (table && path.startsWith(`events.${event}.table.`)) parts.push(slider(path, input.title));
    if (story.classOf(event)) parts.push(h("p.fc-note", {}, story.classOf(event)));
    if (why) parts.push(h("p.fc-why", {}, why));
    this.whatIf = new WhatIf(app, event);
    this.drivers = story.parents(event).map((driver) => new DriverBlock(app, driver, story.link(driver, event), event));
    this.cards = new Map(story.factsOn(event).map((fact) => [fact, new EvidenceCard(app, fact, event)]));
    const own = [...this.cards.values()].map((card) => card.el);
    const farther = story.ancestors(event).flatMap((name) => story.factsOn(name).map((fact) => [fact, name])).filter(([fact]) => !this.cards.has(fact));
    for (const [fact, name] of farther) if (!this.cards.has(fact)) this.cards.set(fact, new EvidenceCard(app, fact, name));
    this.far = section(`Evidence on what moves it (${this.cards.size - own.length})`, false, [...this.cards.values()].slice(own.length).map((card) => card.el));
    this.el.replaceChildren(
      section(role === "driver" ? "This driver" : "Base rate", true, parts, h("div.fc-driverhead", {}, this.whatIf.el)),
      ...(this.drivers.length ? [section(`What moves it (${this.drivers.length})`, true, this.drivers.map((one) => one.el))] : []),
      section(`Evidence (${own.length})`, true, own.length ? own : h("p.fc-note", {}, "No fact is listed on it directly.")),
      ...(this.cards.size > own.length ? [this.far] : []),
    );
    this.el.scrollTop = 0;
  }

  /** Open a card, from the graph. */
  open(fact) {
    const card = this.cards.get(fact);
    if (!card) return;
    if (this.far.contains(card.el)) this.far.open = true;
    card.details.open = true;
    card.el.scrollIntoView({ block: "nearest" });
    card.details.querySelector("summary").focus();
  }

  update(answer) {
    this.sliders.forEach((slider) => slider.update());
    this.whatIf.update();
    this.drivers.forEach((driver) => driver.update(answer));
    this.cards.forEach((card) => card.update(answer));
  }

  /** Sliders that are in sight, for their tipping marks. */
  visible() {
    const all = [...this.sliders, ...this.drivers.flatMap((one) => one.sliders)];
    for (const card of this.cards.values()) if (card.details.open) all.push(...(card.sliders ?? []));
    return all.filter((slider) => slider.el.offsetParent !== null);
  }
}

// ---------------------------------------------------------------------------------------------
// Top: dates, scenarios, what was changed
// ---------------------------------------------------------------------------------------------

/** The day of the forecast and the day it is for, with a replay of the days on which something came. */
class Dates {
  constructor(app) {
    this.app = app;
    const { days, ends } = app.story;
    this.days = days;
    this.when = h("output.fc-day");
    this.slider = h("input.fc-replay", {
      type: "range", min: 0, max: Math.max(days.length - 1, 0), step: 1, "aria-label": "Day of the forecast",
      oninput: () => this.go(Number(this.slider.value), "as_of"),
      onchange: () => app.settings.rest(),
    });
    const step = (words, label, to) => button("fc-quiet", { "aria-label": label, title: label, onclick: () => this.go(to()) }, words);
    const at = () => Number(this.slider.value);
    this.play = button("fc-quiet", { onclick: () => this.toggle() }, "replay");
    this.by = choice("Day it is for", ends.map((end) => [end, `by ${day(end)}`]), app.story.by, (value) =>
      app.settings.change(null, (next) => (next.by = value === app.story.by ? null : value)));
    this.el = days.length
      ? h("div.fc-dates", {}, "as of ", this.when,
        days.length > 1 ? [step("◂", "One day of news back", () => at() - 1), this.slider, step("▸", "One day of news on", () => at() + 1), this.play] : null,
        ends.length > 1 ? this.by : h("span", {}, ends.length ? `by ${day(ends[0])}` : ""))
      : h("div.fc-dates");
  }

  go(index, gesture = null) {
    const day_ = this.days[clamp(index, 0, this.days.length - 1)];
    this.app.settings.change(gesture, (next) => (next.as_of = day_ === this.app.story.asOf ? null : day_));
  }

  toggle() {
    if (this.playing) return this.stop();
    if (Number(this.slider.value) >= this.days.length - 1) this.go(0);
    say(this.play, "pause");
    this.playing = setInterval(() => {
      const next = Number(this.slider.value) + 1;
      if (next < this.days.length) this.go(next, "replay");
      if (next >= this.days.length - 1) this.stop();
    }, 900);
    return null;
  }

  stop() {
    clearInterval(this.playing);
    this.playing = null;
    this.app.settings.rest();
    say(this.play, "replay");
  }

  update() {
    const now = this.app.settings.now.as_of ?? this.app.story.asOf;
    const by = this.app.settings.now.by ?? this.app.story.by;
    say(this.when, day(now));
    const index = this.days.indexOf(now);
    if (index >= 0 && Number(this.slider.value) !== index) this.slider.value = index;
    mark(this.slider, "aria-valuetext", day(now));
    if (this.by.value !== by) this.by.value = by;
  }
}

/** Named scenarios as one bar; the rest is something else. */
class Scenarios {
  constructor(app) {
    this.app = app;
    const named = Object.entries(app.story.scenarios);
    const parts = [...named, ["something else", { title: "something else" }]];
    this.parts = named.length ? parts.map(([id, { title }], i) => this.part(id, title, i === parts.length - 1 ? "rest" : i % 6)) : [];
    this.el = h("section.fc-scenarios", { "aria-label": "Scenarios", hidden: !named.length },
      h("div.fc-stack", { "aria-hidden": "true" }, this.parts.map((part) => part.bar)),
      h("ul.fc-legend", {}, this.parts.map((part) => part.label)));
  }

  part(id, title, hue) {
    const value = h("b.fc-p");
    const before = h("span.fc-note");
    return { id, value, before, bar: h(`i.fc-hue-${hue}`, { title }), label: h("li", {}, h(`i.fc-hue-${hue}`), title, " ", value, " ", before) };
  }

  update({ scenarios, scenariosPrior }) {
    const rest = (all) => Math.max(0, 1 - this.parts.slice(0, -1).reduce((sum, { id }) => sum + all[id], 0));
    for (const { id, bar, value, before } of this.parts) {
      const last = id === "something else";
      const p = last ? rest(scenarios) : scenarios[id];
      style(bar, "flex-grow", p.toFixed(4));
      say(value, percent(p));
      say(before, `was ${percent(last ? rest(scenariosPrior) : scenariosPrior[id])}`);
    }
  }
}

/** What the hand has changed, each with a way back. */
class Changes {
  constructor(app) {
    this.app = app;
    this.count = h("summary", {});
    this.list = h("ul");
    this.el = h("details.fc-changes", {}, this.count, this.list);
    this.undo = button("fc-undo", { onclick: () => app.settings.undo() }, "Undo");
    this.reset = button("fc-reset", { onclick: () => app.settings.change(null, (next) => Object.assign(next, structuredClone(NOTHING))) }, "Reset all");
  }

  update() {
    const { settings } = this.app;
    const { count } = settings;
    // A button that loses its use keeps the focus: aria-disabled, not disabled.
    mark(this.undo, "aria-disabled", settings.past.length ? null : "true");
    mark(this.reset, "aria-disabled", count ? null : "true");
    say(this.count, count === 1 ? "1 change" : `${count} changes`);
    mark(this.el, "data-none", count ? null : true);
    const rows = this.rows();
    const told = JSON.stringify(rows.map(([words]) => words));
    if (told === this.told) return;
    this.told = told;
    this.list.replaceChildren(...rows.map(([words, edit]) =>
      h("li", {}, h("span", {}, words), button("fc-quiet", { "aria-label": `Take back: ${words}`, onclick: () => {
        settings.change(null, edit);
        this.count.focus();
      } }, "reset"))));
  }

  rows() {
    const { story, settings, inputs } = this.app;
    const { overrides, given, do: made, as_of, by } = settings.now;
    const yes = (answer) => (answer ? "yes" : "no");
    const rows = Object.keys(overrides).filter((path) => !path.endsWith(".reports")).map((path) => {
      const input = inputs.get(path);
      const fact = path.startsWith("evidence.") ? path.split(".")[1] : null;
      const about = fact && story.facts[fact] ? ` (${story.claim(fact)})` : "";
      const words = input ? input.title + about : `${path.split(".").at(-1)} of “${fact ? story.claim(fact) : path}”`;
      const told = path.endsWith(".status") && path.replace(/status$/, "reports") in overrides ? `left out: ${story.claim(fact)}` : words;
      return [told, (next) => {
        delete next.overrides[path];
        if (path.endsWith(".status")) delete next.overrides[path.replace(/status$/, "reports")];
      }];
    });
    for (const [event, answer] of Object.entries(given)) rows.push([`we learn ${yes(answer)}: ${story.title(event)}`, (next) => delete next.given[event]]);
    for (const [event, answer] of Object.entries(made)) rows.push([`made ${yes(answer)}: ${story.title(event)}`, (next) => delete next.do[event]]);
    if (as_of) rows.push([`as of ${day(as_of)}`, (next) => (next.as_of = null)]);
    if (by) rows.push([`by ${day(by)}`, (next) => (next.by = null)]);
    return rows;
  }
}

// ---------------------------------------------------------------------------------------------
// The case in words
// ---------------------------------------------------------------------------------------------

const byId = (records) => Object.fromEntries(records.map((record) => [record.id, record]));
const pairOf = ([median, sd]) => ({ median: Number(median), sd });

/** What the compiled case says in words, by name. */
class Story {
  constructor(compiled) {
    this.name = compiled.title;
    this.events = byId(compiled.events);
    this.facts = byId(compiled.facts);
    this.sources = byId(compiled.sources);
    this.scenarios = byId(compiled.scenarios);
    this.links = compiled.links.map((link) => ({ ...link, path: `links.${link.from}.${link.to}.${link.key}` }));
    ({ views: this.views, references: this.references, as_of: this.asOf, resolve_by: this.by } = compiled);
    ({ letters: this.letters, digits: this.digits } = compiled.scales);
    const distinct = (key) => [...new Set(compiled.windows.map((window) => window[key]).filter(Boolean))].sort();
    this.days = distinct("as_of");
    this.ends = distinct("by");
    // What can happen only with another event stands below it.
    const under = (event) => Object.keys(this.events).filter((name) => this.events[name].given === event);
    const add = (event) => [event, ...under(event).flatMap(add)];
    this.order = Object.keys(this.events).filter((name) => !this.events[name].given).flatMap(add);
  }

  title(event) {
    return this.events[event].title;
  }

  claim(fact) {
    return this.facts[fact].claim;
  }

  /** Events that move an event, or without which it cannot happen. */
  parents(event) {
    const { parents, given } = this.events[event];
    return given && !parents.includes(given) ? [...parents, given] : parents;
  }

  /** All events above an event, nearest first. */
  ancestors(event) {
    const found = new Set();
    let next = this.parents(event);
    while (next.length) {
      next.forEach((name) => found.add(name));
      next = next.flatMap((name) => this.parents(name)).filter((name) => !found.has(name));
    }
    return [...found];
  }

  link(from, to) {
    return this.links.find((link) => link.from === from && link.to === to);
  }

  factsOn(event) {
    return Object.keys(this.facts).filter((fact) => this.facts[fact].bears_on.includes(event));
  }

  /** What others hold of an event, in words and as a range. */
  viewsOf(event) {
    return Object.entries(this.views).filter(([, held]) => event in held).map(([viewer, held]) => {
      const { median, sd } = pairOf(held[event]);
      const [low, high] = [median - Z90 * sd, median + Z90 * sd].map((x) => percent(chance(x)));
      return `${viewer} holds it ${wordFor(chance(median))} (${low === high ? low : `${low} – ${high}`})`;
    });
  }

  /** What a base rate rests on. */
  classOf(event) {
    const { base_rate: rate, reference } = this.events[event];
    const from = rate?.model ? `Estimated from past cases: ${rate.model}.` : "";
    const titles = reference.map((name) => this.references[name]?.title).filter(Boolean);
    return [from, titles.length ? `See ${titles.join("; ")}.` : ""].filter(Boolean).join(" ");
  }

  askBaseRate(event) {
    const { kind } = this.events[event];
    if (kind === "occurs") return "of 100 such windows, in how many does it happen?";
    return kind === "lasts" ? "of 100 such windows, in how many does it last?" : "of 100 such cases, in how many is it so?";
  }
}

// ---------------------------------------------------------------------------------------------
// The explorer
// ---------------------------------------------------------------------------------------------

const DRAWS = 1024;
const REST = 40; // ms without a move before bands are drawn anew
const SLICE = 8; // ms of idle work at a time, so that a move never waits for it
const QUIET = 700; // ms before the changed headline is spoken

class Explorer {
  constructor(root, { compiled, settings, outcome, onSettings, onOutcome }) {
    Object.assign(this, { root, compiled, onSettings, onOutcome });
    this.unit = "decibans";
    this.build(settings, outcome);
  }

  build(settings, outcome) {
    this.story = new Story(this.compiled);
    this.engine = engine(this.compiled);
    this.inputs = new Map(this.engine.inputs().map((input) => [input.path, input]));
    this.settings = new Settings(settings, () => this.moved());
    this.setAside = new Map(); // grades of facts that are switched off
    this.own = this.engine.solve(NOTHING);
    this.list = new EventList(this);
    this.panel = new Panel(this);
    this.dates = new Dates(this);
    this.scenarios = new Scenarios(this);
    this.changes = new Changes(this);
    this.trouble = h("p.fc-trouble", { role: "alert", hidden: true });
    this.live = h("p.fc-hidden", { "aria-live": "polite", role: "status" });
    this.centre = h("div.fc-middle");
    this.el = h("section.fc", { "aria-label": `Explorer: ${this.story.name}`, "data-lm-suppress-shortcuts": "true", onkeydown: (event) => event.stopPropagation() },
      h("header.fc-top", {}, h("h2.fc-title", {}, this.story.name), this.dates.el,
        h("div.fc-tools", {}, this.changes.el, this.changes.undo, this.changes.reset)),
      this.trouble, this.scenarios.el,
      h("div.fc-columns", {}, this.list.el, this.centre, this.panel.el), this.live);
    this.root.replaceChildren(this.el);
    const first = this.story.order.find((event) => this.story.events[event].role === "outcome") ?? this.story.order[0];
    this.answer = this.solve() ?? this.own;
    this.select(outcome in this.story.events ? outcome : first, false);
  }

  /** Solve the present settings; a contradiction is told, and the last answer stays. */
  solve() {
    let answer = null;
    let words = "";
    try {
      answer = this.engine.solve(this.settings.now);
      if (answer.impossible) words = "These settings contradict each other, so there is no forecast. The numbers below are the last ones that had one: undo, or soften an item.";
    } catch (error) {
      words = String(error.message ?? error);
    }
    this.trouble.hidden = !words;
    say(this.trouble, words);
    return words ? null : answer;
  }

  select(event, tell = true) {
    this.selected = event;
    this.headline = new Headline(this, event);
    this.waterfall = new Waterfall(this, event);
    this.graph = new Graph(this, event);
    this.panel.select(event);
    this.centre.replaceChildren(this.headline.el, this.waterfall.el, this.graph.el);
    this.refresh();
    if (tell) this.onOutcome?.(event);
  }

  /** Show more of the graph; everything else stays. */
  showGraph(all) {
    const old = this.graph.el;
    this.graph = new Graph(this, this.selected, all);
    old.replaceWith(this.graph.el);
    this.graph.update(this.answer);
    this.graph.weigh();
    this.graph.el.querySelector("summary").focus();
  }

  moved() {
    this.answer = this.solve() ?? this.answer;
    this.refresh();
    this.onSettings?.(this.settings.now);
  }

  /** Bring every number of the page to the present answer; bands and tipping marks follow in idle time. */
  refresh() {
    this.worths = new Map();
    const { answer } = this;
    for (const part of [this.list, this.headline, this.scenarios, this.graph, this.panel, this.dates, this.changes]) part.update(answer);
    this.waterfall.update(answer, this.engine.weights(this.settings.now, this.selected));
    this.graph.weigh();
    this.panel.cards.forEach((card) => card.weigh());
    this.later();
  }

  // Idle work, in slices.

  later() {
    clearTimeout(this.timer);
    this.el.classList.add("fc-stale");
    this.work = this.settle();
    this.timer = setTimeout(() => this.go(), REST);
  }

  go() {
    const until = performance.now() + SLICE;
    while (performance.now() < until) if (this.work.next().done) return;
    this.timer = setTimeout(() => this.go(), 0);
  }

  *settle() {
    const band = yield* this.engine.bandSteps(this.settings.now, DRAWS);
    this.list.showBand(band);
    this.headline.showBand(band);
    this.el.classList.remove("fc-stale");
    for (const slider of this.panel.visible()) {
      slider.showTips(this.engine.tip(this.settings.now, slider.path, this.selected), this.story.title(this.selected));
      yield;
    }
    this.speak();
  }

  /** Tell those who listen what became of the headline, once the hand rests. */
  speak() {
    const p = percent(this.answer.posterior[this.selected]);
    const words = `${this.story.title(this.selected)}: ${p}, ${wordFor(this.answer.posterior[this.selected])}`;
    clearTimeout(this.speaking);
    this.speaking = setTimeout(() => {
      if (this.heard !== undefined && this.heard !== words) say(this.live, words);
      this.heard = words;
    }, QUIET);
  }

  // Numbers that several parts show.

  linkWeight(link) {
    const input = this.inputs.get(link.path);
    const form = this.settings.now.overrides[link.path];
    const { median } = form === undefined ? input : judgement(form, MULTIPLIER);
    return link.path.endsWith(".lowers") ? -median : median;
  }

  worth(fact, event) {
    return this.once(`worth ${fact} ${event}`, () => (this.counts(fact) ? this.engine.alone(this.settings.now, fact, event) : null));
  }

  ceiling(fact, event) {
    return this.once(`ceiling ${fact} ${event}`, () => (this.counts(fact) ? this.engine.ceiling(this.settings.now, fact, event) : null));
  }

  once(key, make) {
    if (!this.worths.has(key)) this.worths.set(key, make());
    return this.worths.get(key);
  }

  // Evidence: on or off, and its grades.

  status(fact) {
    return this.settings.now.overrides[`evidence.${fact}.status`] ?? this.story.facts[fact].status;
  }

  counts(fact) {
    return this.status(fact) !== "pending";
  }

  switchFact(fact, on) {
    const [status, reports] = [`evidence.${fact}.status`, `evidence.${fact}.reports`];
    this.settings.change(null, (next) => {
      if (!on) {
        const graded = Object.entries(next.overrides).filter(([path]) => path.startsWith(`${reports}.`));
        this.setAside.set(fact, graded);
        for (const [path] of graded) delete next.overrides[path];
        next.overrides[status] = "pending";
        if (this.story.facts[fact].reports.length) next.overrides[reports] = [];
        return;
      }
      delete next.overrides[status];
      delete next.overrides[reports];
      Object.assign(next.overrides, Object.fromEntries(this.setAside.get(fact) ?? []));
      this.story.facts[fact].reports.forEach((report, index) => this.writeGrade(next, fact, index, { letter: this.letter(report.source) }));
    });
  }

  gradeOf(fact, index, overrides = this.settings.now.overrides) {
    const written = overrides[`evidence.${fact}.reports.${index}.grade`];
    const { letter, digit } = this.story.facts[fact].reports[index];
    return written ? { letter: written[0], digit: written[1] } : { letter, digit };
  }

  /** A source has one letter in a case: that of any of its reports that count. */
  letter(source) {
    for (const [fact, { reports }] of Object.entries(this.story.facts)) {
      const index = reports.findIndex((report) => report.source === source);
      if (index >= 0 && this.counts(fact)) return this.gradeOf(fact, index).letter;
    }
    return null;
  }

  writeGrade(next, fact, index, change) {
    const path = `evidence.${fact}.reports.${index}.grade`;
    const own = this.story.facts[fact].reports[index];
    const grade = { ...this.gradeOf(fact, index, next.overrides), ...Object.fromEntries(Object.entries(change).filter(([, value]) => value)) };
    if (grade.letter === own.letter && grade.digit === own.digit) delete next.overrides[path];
    else next.overrides[path] = `${grade.letter}${grade.digit ?? ""}`;
  }

  grade(source, letter) {
    this.settings.change(null, (next) => {
      for (const [fact, { reports }] of Object.entries(this.story.facts)) {
        if (!this.counts(fact)) continue;
        reports.forEach((report, index) => report.source === source && this.writeGrade(next, fact, index, { letter }));
      }
    });
  }

  credit(fact, index, digit) {
    this.settings.change(null, (next) => this.writeGrade(next, fact, index, { digit }));
  }

  // From outside.

  adopt(settings) {
    if (!same(complete(settings), this.settings.now)) this.settings.adopt(settings);
  }

  recompile(compiled, settings) {
    this.destroy();
    this.compiled = compiled;
    this.build(settings, this.selected);
  }

  destroy() {
    clearTimeout(this.timer);
    clearTimeout(this.speaking);
    this.dates.stop();
  }
}

/** Put an explorer into an element of any page. */
export function mount(root, options) {
  return new Explorer(root, options);
}

/** The contract of anywidget: draw a model of the kernel, and follow it. */
function render({ model, el }) {
  let frame = 0;
  const send = (name, value) => {
    model.set(name, value);
    frame ||= requestAnimationFrame(() => {
      frame = 0;
      model.save_changes();
    });
  };
  const explorer = mount(el, {
    compiled: model.get("compiled"),
    settings: model.get("settings"),
    outcome: model.get("outcome"),
    onSettings: (settings) => send("settings", settings),
    onOutcome: (event) => send("outcome", event),
  });
  const follow = {
    "change:settings": () => explorer.adopt(model.get("settings")),
    "change:outcome": () => model.get("outcome") !== explorer.selected && explorer.select(model.get("outcome"), false),
    "change:compiled": () => explorer.recompile(model.get("compiled"), model.get("settings")),
  };
  for (const [event, act] of Object.entries(follow)) model.on(event, act);
  return () => {
    for (const [event, act] of Object.entries(follow)) model.off(event, act);
    explorer.destroy();
  };
}

export default { render };
