/** An event comes in; what it hangs on, as a drawing in layers, goes out. */

import { clamp, decibans, digits3, percent } from "./numbers.js";
import { button, h, mark, say, section, share, style, svg } from "./elements.js";

const BOX = 46; // height of an event in the graph, px
const LINE = 22; // height of a fact below it
const GAP = 18;
const LABEL = 15; // height of the label of a link
const FEW = 9; // events that fit into the graph at a glance
const MOST_FACTS = 6; // below one event; the rest is counted

/** What an event hangs on: its ancestors in layers, each with the facts that bear on it. */
export class Graph {
  constructor(app, event, all = false) {
    this.app = app;
    this.event = event;
    this.boxes = new Map();
    this.lines = [];
    this.edges = [];
    const layers = this.layers(all);
    const height = this.arrange(layers);
    this.edgesSvg = svg("svg", {
      class: "fc-edges",
      viewBox: `0 0 100 ${height}`,
      preserveAspectRatio: "none",
      "aria-hidden": "true",
    });
    this.canvas = h("div.fc-graph", {}, this.edgesSvg);
    this.canvas.style.height = `${height}px`;
    layers.flat().forEach((name) => this.canvas.append(this.box(name)));
    this.connect();
    const alone = layers.length === 1;
    this.el = section(
      "What it hangs on",
      true,
      h(
        "p.fc-note",
        {},
        alone
          ? "Nothing moves it but the facts below it."
          : "Left moves right. A solid line raises the odds, a dashed one lowers them, so many times. Below each event, the facts that bear on it.",
      ),
      this.hidden
        ? button(
            "fc-quiet",
            { onclick: () => app.showGraph(true) },
            "show all that stands above these",
          )
        : null,
      this.canvas,
    );
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
      if (enough || wider.length === known.length)
        return { known, hidden: wider.length - known.length };
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
    for (const name of this.app.story.order)
      if (depth.has(name)) layers[deepest - depth.get(name)].push(name);
    return layers;
  }

  factsOf(name) {
    return this.app.story.factsOn(name);
  }

  arrange(layers) {
    const tall = (name) => BOX + LINE * Math.min(this.factsOf(name).length, MOST_FACTS + 1);
    const heights = layers.map((names) =>
      names.reduce((sum, name) => sum + tall(name) + GAP, -GAP),
    );
    const height = Math.max(...heights);
    const column = 100 / (layers.length - 1 + 0.72);
    this.gap = 0.28 * column;
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
    at.button = button(
      name === this.event ? "fc-box.fc-chosen" : "fc-box",
      { "data-event": name, onclick: () => app.select(name) },
      at.fill,
      h("span.fc-name", {}, app.story.title(name)),
      at.value,
    );
    const facts = this.factsOf(name);
    const el = h(
      "div.fc-node",
      {},
      at.button,
      facts.slice(0, MOST_FACTS).map((fact) => this.fact(fact, name)),
      facts.length > MOST_FACTS
        ? h("span.fc-fact", {}, `and ${facts.length - MOST_FACTS} more facts`)
        : null,
    );
    Object.assign(el.style, { left: `${at.x}%`, top: `${at.y}px`, width: `${at.width}%` });
    return el;
  }

  fact(fact, event) {
    const weight = h("span.fc-p");
    const el = button(
      "fc-fact",
      { title: this.app.story.claim(fact), onclick: () => this.app.panel.open(fact) },
      weight,
      h("span.fc-name", {}, this.app.story.claim(fact)),
    );
    this.lines.push({ fact, event, weight, el });
    return el;
  }

  /** Draw the links into each event side by side, in the order in which their sources stand. */
  connect() {
    for (const [to, b] of this.boxes) {
      const sources = this.parents(to)
        .filter((name) => this.boxes.has(name))
        .sort((one, other) => this.boxes.get(one).y - this.boxes.get(other).y);
      sources.forEach((from, i) => {
        const a = this.boxes.get(from);
        const ends = [a.x + a.width, a.y + BOX / 2, b.x, b.y + (BOX * (i + 1)) / (sources.length + 1)];
        this.draw(ends, this.app.story.link(from, to));
      });
    }
    this.spread();
  }

  draw([x1, y1, x2, y2], link) {
    const bend = (x1 + x2) / 2;
    const path = svg("path", {
      d: `M${x1} ${y1}C${bend} ${y1} ${bend} ${y2} ${x2} ${y2}`,
      "vector-effect": "non-scaling-stroke",
    });
    const along = (t, p0, p1, p2, p3) =>
      (1 - t) ** 3 * p0 + 3 * (1 - t) ** 2 * t * p1 + 3 * (1 - t) * t ** 2 * p2 + t ** 3 * p3;
    // The label stands where the line leaves the first gap between layers, clear of all boxes.
    const x = x1 + this.gap / 2;
    let [low, high] = [0, 1];
    for (let round = 0; round < 20; round++) {
      const t = (low + high) / 2;
      if (along(t, x1, bend, bend, x2) < x) low = t;
      else high = t;
    }
    const label = h("span.fc-strength");
    label.style.left = `${x}%`;
    this.edgesSvg.append(path);
    this.canvas.append(label);
    this.edges.push({ path, label, link, x, y: along(low, y1, y1, y2, y2) });
  }

  /** Move labels of one gap apart until none covers another. */
  spread() {
    const gaps = Map.groupBy(this.edges, ({ x }) => x.toFixed(3));
    for (const edges of gaps.values()) {
      edges.sort((one, other) => one.y - other.y);
      let next = -Infinity;
      for (const edge of edges) {
        edge.y = Math.max(edge.y, next);
        next = edge.y + LABEL;
        edge.label.style.top = `${edge.y}px`;
      }
    }
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
    const way = weight >= 0 ? "fc-raises" : "fc-lowers";
    mark(path, "class", `fc-edge ${way}`);
    mark(label, "class", `fc-strength ${way}`);
    style(path, "stroke-width", `${clamp(0.8 + 1.1 * Math.abs(weight), 0.8, 4).toFixed(2)}px`);
    return say(
      label,
      `${weight >= 0 ? "×" : "÷"}${digits3(Number(Math.exp(Math.abs(weight)).toPrecision(2)))}`,
    );
  }

  /** Show what each fact is worth as if it were all the evidence. */
  weigh() {
    for (const { fact, event, weight, el } of this.lines) {
      const worth = this.app.worth(fact, event);
      say(weight, worth === null ? "not seen" : decibans(worth));
      mark(
        el,
        "class",
        `fc-fact ${worth === null ? "fc-unseen" : worth >= 0 ? "fc-raises" : "fc-lowers"}`,
      );
    }
  }
}
