/** An event of several states, or of an amount, comes in; its bar or its curve, in words too, goes out. */

import { placeOf } from "../engine/amounts.js";
import { amount, clamp, percent } from "./numbers.js";
import { h, keep, newId, say, share, style, svg } from "./elements.js";

const HUES = 6; // each with a pattern of its own
const LIGHTEST = 14; // percent of the one hue of ordered states, and that of the last but one
const DARKER = 58;

/** How a state is filled: ordered ones by one hue from light to dark, others by hue and pattern. */
function fill(app, event, i) {
  const { states, ordered } = app.story.events[event];
  if (!ordered) return { class: `fc-state fc-kind-${i % HUES}` };
  const last = states.length - 1;
  const mix = LIGHTEST + ((DARKER - LIGHTEST) * i) / Math.max(last - 1, 1);
  if (i === last) return { class: "fc-state fc-highest" };
  return { class: "fc-state", "style.--fc-mix": `${mix.toFixed(0)}%` };
}

/**
 * All states of an event as one bar; a name shows where it fits in. One style of the bar says how
 * wide all are: at a move the browser then works out anew the style of one element, not of each.
 */
function bar(app, event, which, named = true) {
  const segment = ({ name, label }, i) => {
    const p = () => app.answer[which][name];
    const told = { ...fill(app, event, i), title: () => `${label}: ${percent(p())}` };
    return h("i", told, named && h("b"), named && h("span", label));
  };
  const kind = named ? "span.fc-states" : "span.fc-states.fc-before";
  const states = app.story.statesOf(event);
  const width = ({ name }) => `minmax(1px, ${(100 * app.answer[which][name]).toFixed(3)}fr)`;
  const widths = () => states.map(width).join(" ");
  const told = { "aria-hidden": "true", "style.grid-template-columns": widths };
  return h(kind, told, states.map(segment));
}

/** The bar before the evidence, thin, above that after it. */
const bars = (app, event) =>
  h("span.fc-bars", bar(app, event, "prior", false), bar(app, event, "posterior"));

/** The base rate of an event, as a bar. */
export const baseBar = (app, event) => h("div.fc-bars", bar(app, event, "prior"));

/** Every state and cut, each with its share. */
function legend(app, event) {
  const { quantity } = app.story.events[event];
  const told = ({ name, label, isCut }, i) => {
    const { p, prior, shown } = app.about(name);
    const known = { "data-event": name, "data-prior": prior, "data-posterior": p };
    const mark = isCut ? h("i.fc-cutmark") : h("i", fill(app, event, i));
    return h("span.fc-of", known, mark, h("span", label), " ", h("span.fc-p", shown));
  };
  const all = app.story.asks(event).map(told);
  return all.length > 0 && h(quantity ? "span.fc-legend-of.fc-cuts" : "span.fc-legend-of", all);
}

/** What is said of all states or points at once, to those who listen. */
export function spoken(app, event) {
  const each = app.story.asks(event).map(({ name, label }) => {
    const { shown, prior } = app.about(name);
    return `${label} ${shown()}, was ${percent(prior())}`;
  });
  return [`${app.story.title(event)}: ${app.inShort(event)}`, ...each].join("; ");
}

/** All that an event can come to, in a few words and in a picture. */
export function pictured(app, event, isLarge = false) {
  const isAmount = Boolean(app.story.events[event].quantity);
  return [
    h(isLarge ? "p.fc-short" : "span.fc-short", () => app.inShort(event)),
    isAmount ? density(app, event, isLarge) : bars(app, event),
    !(isAmount && isLarge) && legend(app, event),
  ];
}

/** Choose of which state or cut the page tells how it got there. */
export function chooser(app, event) {
  const all = app.story.asks(event);
  const group = newId();
  const one = ({ name, label }) => {
    const input = h("input", {
      ...{ type: "radio", name: group, value: name },
      checked: () => app.askedOf(event) === name,
      onchange: () => app.askAbout(name),
    });
    const { shown } = app.about(name);
    return h("label.fc-ask", { "data-asked": () => app.askedOf(event) === name }, [
      input,
      h("span", label),
      h("span.fc-p", shown),
    ]);
  };
  const legend = h("legend", "How did it get there? Choose:");
  return all.length > 0 && h("fieldset.fc-choose", legend, all.map(one));
}

// The curve of an amount.

// A drawing that is stretched to its place, and a point of it by parts of its width and height.
const [WIDE, HIGH] = [1000, 100];
export const DRAWN = {
  view: { viewBox: `0 0 ${WIDE} ${HIGH}`, preserveAspectRatio: "none" },
  point: (x, y) => `${(WIDE * x).toFixed(1)} ${(HIGH * y).toFixed(1)}`,
};
const ROOM = 0.04; // above a curve
const USUAL = 400; // px, the width of a drawing that is not on the page yet

/** A round step, of which about five go into a width. */
function stepOf(width) {
  const decade = 10 ** Math.floor(Math.log10(width / 4));
  return [1, 2, 5, 10].map((one) => one * decade).find((one) => one >= width / 6);
}

/** Where the axis ends: at round amounts, so that it stays still while a hand moves the curve. */
function axisOf({ amounts, whole, isLog }) {
  const [first, last] = [amounts[0], amounts.at(-1)];
  if (!isLog) {
    const step = stepOf(last - first);
    return [Math.floor(first / step) * step, Math.ceil(last / step) * step];
  }
  const round = (x, up) => {
    const decade = 10 ** Math.floor(Math.log10(x));
    const stops = [1, 2, 5, 10].map((one) => one * decade);
    return up ? stops.find((one) => one >= x) : stops.findLast((one) => one <= x);
  };
  const low = whole && first < 1 ? 0 : round(Math.max(first, 1e-300), false);
  return [low, round(Math.max(last, 1), true)];
}

/** Round amounts along an axis. */
function stops([first, last], { isLog }) {
  if (!isLog) {
    const step = stepOf(last - first);
    const length = Math.round((last - first) / step) + 1;
    return Array.from({ length }, (_, i) => first + i * step);
  }
  const decades = Math.log10(last / Math.max(first, 1));
  const found = decades > 2.5 ? [1] : decades > 1.2 ? [1, 3] : [1, 2, 5];
  const all = [];
  const lowest = 10 ** Math.floor(Math.log10(Math.max(first, 1e-9)));
  for (let decade = lowest; decade <= last; decade *= 10)
    all.push(...found.map((one) => one * decade));
  return all.filter((one) => one >= first && one <= last);
}

/**
 * How probable each amount is: before the evidence an outline, after it filled. Below it the points
 * between which it lies at 90%, above it the cuts.
 */
function density(app, event, large = false) {
  const { story } = app;
  const { quantity, cuts } = story.events[event];
  const scale = { log: quantity.scale === "log", whole: quantity.whole };
  const kind = { whole: quantity.whole, isLog: scale.log };
  let along = () => 0;
  const outline = svg("path", { class: "fc-outline", "vector-effect": "non-scaling-stroke" });
  const filled = svg("path", { class: "fc-filled" });
  const [below, above] = [h("span.fc-points"), h("span.fc-points.fc-tops")];
  const lines = h("span.fc-lines");
  const axis = large ? h("span.fc-points.fc-scale-of") : null;
  const told = () => `Distribution of ${app.story.title(event)}: ${app.inShort(event)}`;
  const picture = h(
    large ? "span.fc-density.fc-large" : "span.fc-density",
    large ? { role: "img", "aria-label": told } : { "aria-hidden": "true" },
    [above, h("span.fc-plot", svg("svg", DRAWN.view, filled, outline), lines), below, axis],
  );
  const path = (places, densities, most, closed) => {
    const points = Array.from(densities, (one, i) => {
      const x = 0.5 * (along(places[i]) + along(places[i + 1]));
      return DRAWN.point(x, 1 - (1 - ROOM) * (one / most));
    });
    const [first, last] = [places[0], places.at(-1)].map((one) => DRAWN.point(along(one), 1));
    const inner = points.join("L");
    return closed ? `M${first}L${inner}L${last}Z` : `M${inner}`;
  };
  let width = USUAL;
  const draw = () => {
    const { amounts, densities, levels, posterior, value } = app.amountOf(event);
    if (!densities) return; // it follows
    const ends = axisOf({ amounts, ...kind });
    const [from, to] = ends.map((one) => placeOf(one, scale));
    along = (one) => clamp((placeOf(one, scale) - from) / (to - from), 0, 1);
    const most = Math.max(...densities.prior, ...densities.posterior);
    outline.setAttribute("d", path(amounts, densities.prior, most, false));
    filled.setAttribute("d", value === null ? path(amounts, densities.posterior, most, true) : "");
    const show = (one) => amount(one, quantity.whole);
    const of = (level) => posterior[levels.indexOf(level)];
    const points = value === null ? [0.05, 0.5, 0.95].map(of) : [value];
    const borders = cuts.flatMap((cut) => {
      const words = story.cutWords(event, cut);
      const text = large ? `${cut.label} ${words}` : words;
      return [cut.low, cut.high].filter((one) => one !== null).map((at) => ({ at, text }));
    });
    const place = (one) => ({ at: along(one), text: show(one) });
    labels(below, points.map(place), width);
    const cutLabels = borders.map(({ at, text }) => ({ at: along(at), text }));
    labels(above, cutLabels, width, true);
    if (axis) labels(axis, stops(ends, kind).map(place), width);
    marks(lines, [
      ...points.map((one, i) => [
        points.length === 1 || i === 1 ? "i.fc-middle-point" : "i.fc-end-point",
        along(one),
      ]),
      ...borders.map(({ at }) => ["i.fc-cut", along(at)]),
    ]);
  };
  keep(draw);
  const resized = new ResizeObserver(([{ contentRect }]) => {
    if (!contentRect.width || contentRect.width === width) return;
    width = contentRect.width;
    draw();
  });
  resized.observe(picture);
  return picture;
}

/** Draw marks anew, as many as there are; those that stay are only moved. */
function marks(place, wanted) {
  const kinds = wanted.map(([kind]) => kind).join();
  if (place.fcKinds !== kinds) place.replaceChildren(...wanted.map(([kind]) => h(kind)));
  place.fcKinds = kinds;
  wanted.forEach(([, at], i) => style(place.children[i], "left", share(at)));
}

const LETTER = 6.3; // px
const LINE = 13;

/** Write labels along an axis; one without room beside the last stands a line lower, or not at all. */
export function labels(place, wanted, width = USUAL, inLines = false) {
  const sorted = wanted.toSorted((a, b) => a.at - b.at);
  if (place.children.length !== sorted.length) place.replaceChildren(...sorted.map(() => h("i")));
  const ends = inLines ? [-1, -1, -1] : [-1]; // of the latest label in each line
  let lines = 0;
  sorted.forEach(({ at, text }, i) => {
    const label = place.children[i];
    const wide = (LETTER * text.length) / width;
    const start = at - at * wide; // at either edge it stays inside
    const line = ends.findIndex((end) => end <= start);
    say(label, text);
    style(label, "left", share(at));
    style(label, "transform", `translateX(${(-100 * at).toFixed(0)}%)`);
    style(label, "visibility", line < 0 ? "hidden" : "");
    style(label, "top", `${LINE * Math.max(line, 0)}px`);
    if (line >= 0) ends[line] = start + wide + (2 * LETTER) / width;
    lines = Math.max(lines, line + 1);
  });
  if (inLines) style(place, "height", `${LINE * lines + 1}px`);
}
