/** An event comes in; what it hangs on, as a drawing in layers, goes out. */

import { clamp, digits3 } from "./numbers.js";
import { button, h, section, svg } from "./elements.js";

const BOX = 46; // height of an event in the graph, px: three lines of its name
const STACKED = 62; // the same with its number below the name, where both side by side are too wide
const BESIDE = 130; // px, the least width of a box with both side by side
const LEAST = 88; // px, the least width of any box: below it the graph is scrolled
const USUAL = 600; // px, the width of a graph that is not on the page yet
const LINE = 22; // height of a fact below it
const GAP = 18;
const LABEL = 15; // height of the label of a link
const FEW = 9; // events that fit into the graph at a glance
const MOST_FACTS = 6; // below one event; the rest is counted
const FULL = 0.72; // of the width of a layer: its events; the links have the rest

const LINK = " Say what moves it with “+ Condition”, or “+ Link” between what is there.";

/** What an event hangs on: its ancestors in layers, each with the facts that bear on it. */
export function graph(app, event, all = false) {
  const { known, hidden } = above(app.story, event, all);
  const layers = inLayers(app.story, event, known);
  const across = layers.length - 1 + FULL; // columns, the last one without room for links
  const isNarrow = () => (FULL / across) * (app.centre.clientWidth || USUAL) < BESIDE;
  const isStacked = isNarrow();
  const high = isStacked ? STACKED : BOX;
  const { places, height, column } = arranged(app.story, layers, high);
  const boxes = layers.flat().map((name) => box(app, name, places.get(name), name === event));
  const lines = linked(app.story, places, high).map(({ ends, ...line }) => ({
    ...{ ...line, ends },
    ...labelled(ends, ((1 - FULL) / 2) * column),
  }));
  spread(lines);
  const drawn = lines.map((line) => draw(app, line));
  const view = { viewBox: `0 0 100 ${height}`, preserveAspectRatio: "none", "aria-hidden": "true" };
  const paths = drawn.map(({ path }) => path);
  const edges = svg("svg", { class: "fc-edges", ...view }, paths);
  const words =
    layers.length === 1
      ? `No link leads to it.${app.desk?.can.includes("links") ? LINK : ""}`
      : "Left moves right. A solid line raises the odds, a dashed one lowers them, so many times. Below each event, the facts that bear on it.";
  const more = {
    onclick: () => {
      app.showGraph(true);
      app.parts.graph.el.querySelector("summary").focus();
    },
  };
  const size = {
    "style.height": `${height}px`,
    "style.min-width": `${Math.round((across / FULL) * LEAST)}px`,
    "style.--fc-box": `${high}px`,
  };
  const el = section("What it hangs on", true, [
    h("p.fc-note", words),
    hidden > 0 && button("fc-quiet", more, "show all that stands above these"),
    h("div.fc-wide", [
      h(isStacked ? "div.fc-graph.fc-stacked" : "div.fc-graph", size, [
        edges,
        boxes,
        drawn.map(({ label }) => label),
      ]),
    ]),
  ]);
  const watch = new ResizeObserver(() => {
    if (el.isConnected && isNarrow() === isStacked) return;
    watch.disconnect();
    requestAnimationFrame(() => el.isConnected && app.showGraph(all)); // not while it is laid out
  });
  watch.observe(el);
  return el;
}

/** Find the events above: those one or two links away, while they are few, or all. */
function above(story, event, all) {
  let known = [event];
  for (let steps = 1; ; steps += 1) {
    const wider = [...new Set([...known, ...known.flatMap((name) => story.parents(name))])];
    const enough = !all && steps > 1 && (steps > 2 || wider.length > FEW);
    if (enough || wider.length === known.length)
      return { known, hidden: wider.length - known.length };
    known = wider;
  }
}

/** Put the event in the last layer and every event above it left of all that it moves. */
function inLayers(story, event, known) {
  const depth = new Map();
  const visit = (name, at) => {
    if ((depth.get(name) ?? -1) >= at || !known.includes(name)) return;
    depth.set(name, at);
    for (const parent of story.parents(name)) visit(parent, at + 1);
  };
  visit(event, 0);
  const deepest = Math.max(...depth.values());
  const layers = Array.from({ length: deepest + 1 }, () => []);
  for (const name of story.order) if (depth.has(name)) layers[deepest - depth.get(name)].push(name);
  return layers;
}

/** Find the place of each event: x and width in percent, y in px. */
function arranged(story, layers, high) {
  const tall = (name) => high + LINE * Math.min(story.factsOn(name).length, MOST_FACTS + 1);
  const heights = layers.map((names) => names.reduce((sum, name) => sum + tall(name) + GAP, -GAP));
  const height = Math.max(...heights);
  const column = 100 / (layers.length - 1 + FULL);
  const places = new Map();
  layers.forEach((names, i) => {
    const spare = names.length > 1 ? (height - heights[i]) / (names.length - 1) : 0;
    let y = names.length > 1 ? 0 : (height - heights[i]) / 2;
    for (const name of names) {
      places.set(name, { x: i * column, y, width: FULL * column });
      y += tall(name) + GAP + Math.min(spare, 40);
    }
  });
  return { places, height, column };
}

function box(app, name, { x, y, width }, chosen) {
  const { title, states, quantity } = app.story.events[name];
  const isOfStates = states && !quantity;
  // What the line below is long for: the likeliest state, the event, or what is asked.
  const leading = () => (isOfStates ? app.likeliest(name).name : app.askedOf(name));
  const shown = () => (isOfStates ? app.about(leading()).shown() : app.inShort(name, true));
  const words = isOfStates ? () => `${title}: ${app.likeliest(name).label}` : title;
  const level = () => (app.askedOf(name) === null ? 0 : app.answer.posterior[leading()]);
  const facts = app.story.factsOn(name);
  const more = facts.length - MOST_FACTS;
  const place = { "style.left": `${x}%`, "style.top": `${y}px`, "style.width": `${width}%` };
  return h("div.fc-node", place, [
    button(
      chosen ? "fc-box.fc-chosen" : "fc-box",
      {
        "data-event": name,
        "aria-label": () => `${title}: ${app.inShort(name, true)}`,
        title: words,
        onclick: () => app.select(name),
        ...drags(app, name),
      },
      h("i.fc-level", { "style.transform": () => `scaleX(${level().toFixed(4)})` }),
      h("span.fc-name", words),
      h("span.fc-p", shown),
    ),
    facts.slice(0, MOST_FACTS).map((fact) => factLine(app, fact, name)),
    more > 0 && h("span.fc-fact", `and ${more} more facts`),
  ]);
}

// What is dragged from one event to another, in the graph or the list, on one page.
const DRAGGED = "application/x-forecasting-event";

/** Attributes of an event that is dragged onto another: a card for a link between them opens. */
export function drags(app, name) {
  if (!app.desk?.can.includes("links")) return {};
  const isOurs = (event) => event.dataTransfer.types.includes(DRAGGED);
  return {
    draggable: "true",
    ondragstart: (event) => event.dataTransfer.setData(DRAGGED, name),
    ondragover: (event) => isOurs(event) && event.preventDefault(),
    ondrop: (event) => {
      if (!isOurs(event)) return;
      event.preventDefault();
      const from = event.dataTransfer.getData(DRAGGED);
      if (from !== name) app.cards.show({ card: "links", name: null, from, to: name });
    },
  };
}

/** What a fact is worth as if it were all the evidence. */
function factLine(app, fact, event) {
  const title = app.story.claim(fact);
  const worth = () => app.worth(fact, event);
  const way = () => (worth() === null ? "fc-unseen" : worth() >= 0 ? "fc-raises" : "fc-lowers");
  return button(
    "fc-fact",
    { title, class: () => `fc-fact ${way()}`, onclick: () => app.open(fact) },
    h("span.fc-p", () => (worth() === null ? "not seen" : app.weightTold(worth()))),
    h("span.fc-name", title),
  );
}

/** Let the links come into each event side by side, in the order in which their sources stand. */
function linked(story, places, high) {
  return [...places].flatMap(([to, b]) => {
    const sources = story.parents(to).filter((name) => places.has(name));
    sources.sort((one, other) => places.get(one).y - places.get(other).y);
    const lines = sources.flatMap((from) => {
      const links = story.linksBetween(from, to);
      return (links.length ? links : [undefined]).map((link) => ({ from, link }));
    });
    return lines.map(({ from, link }, i) => {
      const a = places.get(from);
      const y = b.y + (high * (i + 1)) / (lines.length + 1);
      return { link, from, to, ends: [a.x + a.width, a.y + high / 2, b.x, y] };
    });
  });
}

/** Find where the label of a link stands: so far to the right of its start, clear of all boxes. */
function labelled([x1, y1, x2, y2], far) {
  const bend = (x1 + x2) / 2;
  const along = (t, p0, p1, p2, p3) =>
    (1 - t) ** 3 * p0 + 3 * (1 - t) ** 2 * t * p1 + 3 * (1 - t) * t ** 2 * p2 + t ** 3 * p3;
  const x = x1 + far;
  let [low, high] = [0, 1];
  for (let round = 0; round < 20; round++) {
    const t = (low + high) / 2;
    if (along(t, x1, bend, bend, x2) < x) low = t;
    else high = t;
  }
  return { x, y: along(low, y1, y1, y2, y2) };
}

/** Move labels of one gap between layers apart until none covers another. */
function spread(lines) {
  for (const gap of Map.groupBy(lines, ({ x }) => x.toFixed(3)).values()) {
    gap.sort((one, other) => one.y - other.y);
    let next = -Infinity;
    for (const line of gap) {
      line.y = Math.max(line.y, next);
      next = line.y + LABEL;
    }
  }
}

/** Draw a link, and write how many times it multiplies the odds; without one, the event is needed. */
function draw(app, { link, to, ends: [x1, y1, x2, y2], x, y }) {
  const isTable = !link && app.story.events[to].table; // what it does stands in the rows of a table
  const weight = () => (link ? app.linkWeight(link) : 0);
  const size = () => Math.abs(weight());
  const way = () => (link ? (weight() >= 0 ? "fc-raises" : "fc-lowers") : "fc-needed");
  const times = () => digits3(Number(Math.exp(size()).toPrecision(2)));
  const bend = (x1 + x2) / 2;
  const path = svg("path", {
    d: `M${x1} ${y1}C${bend} ${y1} ${bend} ${y2} ${x2} ${y2}`,
    "vector-effect": "non-scaling-stroke",
    class: () => `fc-edge ${way()}`,
    "style.stroke-width": () => link && `${clamp(0.8 + 1.1 * size(), 0.8, 4).toFixed(2)}px`,
  });
  const place = { "style.left": `${x}%`, "style.top": `${y}px` };
  const title = link && app.story.linkWords(link).join(" → ");
  const label = h("span", { class: () => `fc-strength ${way()}`, ...place, title }, () =>
    link ? `${weight() >= 0 ? "×" : "÷"}${times()}` : isTable ? "table" : "needed",
  );
  return { path, label };
}
