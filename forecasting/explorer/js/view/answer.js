/** An answer of the engine comes in; how probable an event is, and how it got there, goes out. */

import { DECIBANS, logit, sigmoid } from "../engine/judgement.js";
import { asOdds, clamp, day, decibans, oddsOf, percent } from "./numbers.js";
import { button, choice, h, mark, say, section, share, style, svg } from "./elements.js";
import { Strip } from "./outcomes.js";

/** A hundred cases, so many of them filled. */
class IconArray {
  constructor() {
    const cell = (i) =>
      svg("rect", { x: 12 * (i % 10), y: 12 * Math.floor(i / 10), width: 10, height: 10, rx: 2 });
    this.cells = Array.from({ length: 100 }, (_, i) => cell(i));
    this.svg = svg("svg", { viewBox: "0 0 118 118", role: "img", class: "fc-icons" }, this.cells);
    this.words = h("p");
    this.el = h(
      "details.fc-frequency",
      {},
      h("summary", {}, "Of 100 such cases"),
      h("div", {}, this.svg, this.words),
    );
  }

  update(p, title) {
    const count = Math.round(100 * p);
    this.cells.forEach((cell, i) => mark(cell, "class", i < count ? "fc-yes" : "fc-no"));
    const answer = `in ${count} it comes out yes, in ${100 - count} no.`;
    mark(this.svg, "aria-label", `Of 100 such cases, ${answer}`);
    say(this.words, `Of 100 cases that look like this one (“${title}”), ${answer}`);
  }
}

export class Headline {
  constructor(app, event) {
    this.app = app;
    this.event = event;
    const { question, criterion, confidence } = app.story.events[event];
    this.value = h("span.fc-big");
    this.word = h("span.fc-bigword");
    this.rest = h("span.fc-rest");
    this.range = h("span.fc-rest.fc-bandwords");
    this.strip = new Strip();
    this.icons = new IconArray();
    const views = app.story.viewsOf(event).map((words) => h("span", {}, words));
    this.el = h(
      "header.fc-headline",
      {},
      h("h2", {}, app.story.title(event)),
      question ? h("p.fc-question", {}, question) : null,
      h("div.fc-answer", {}, this.value, h("div", {}, this.word, this.rest, this.range)),
      this.strip.el,
      h(
        "p.fc-notes",
        {},
        views,
        confidence ? h("span", {}, `analytic confidence: ${confidence}`) : null,
      ),
      criterion
        ? h(
            "details.fc-frequency",
            {},
            h("summary", {}, "How it will be settled"),
            h("p", {}, criterion),
          )
        : null,
      this.icons.el,
    );
  }

  update({ prior, posterior }) {
    const [before, p] = [prior[this.event], posterior[this.event]];
    say(this.value, percent(p));
    say(this.word, this.app.word(p));
    say(this.rest, `from ${percent(before)} before the evidence`);
    this.strip.update(before, p, this.app.own.posterior[this.event]);
    this.icons.update(p, this.app.story.title(this.event));
  }

  showBand(band) {
    this.strip.showBand(band.low[this.event], band.high[this.event]);
    const told = this.app.bandTold(band, this.event, " – ");
    say(this.range, told && ` · ${told}`);
  }
}

// Probabilities at which the axis of a waterfall may start or end: it then stays still under a drag.
const STOPS = [
  0.0001, 0.001, 0.005, 0.01, 0.03, 0.1, 0.25, 0.5, 0.75, 0.9, 0.97, 0.99, 0.995, 0.999, 0.9999,
];
const WORTH_A_ROW = 0.1; // decibans; smaller items share one row

const WHEN = { now: "held now", do: "made so", given: "learned" };

class WaterfallRow {
  constructor(title, dated, onclick = null) {
    this.bar = h("i.fc-push");
    this.value = h("span.fc-p");
    this.label = onclick
      ? button("fc-name", { title, onclick }, title)
      : h("span.fc-name", { title }, title);
    this.date = h("span.fc-date", {}, dated);
    this.el = h(
      "li.fc-step",
      {},
      this.date,
      this.label,
      h("span.fc-track", {}, this.bar),
      this.value,
    );
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
export class Waterfall {
  constructor(app, event) {
    this.app = app;
    this.event = event;
    this.rows = new Map();
    this.list = h("ol.fc-steps", { "aria-label": "How the forecast got there, item by item" });
    this.axis = h("div.fc-axis", { "aria-hidden": "true" });
    this.start = new WaterfallRow("Base rate", "");
    this.small = new WaterfallRow("", "");
    this.end = new WaterfallRow("Forecast", "");
    for (const row of [this.start, this.end]) row.el.classList.add("fc-total");
    const unit = choice(
      "Unit of weight",
      [
        ["decibans", "in decibans"],
        ["odds", "in odds"],
      ],
      app.unit,
      (value) => {
        app.unit = value;
        this.draw();
      },
    );
    this.el = section(
      "How it got there",
      true,
      h(
        "p.fc-note",
        {},
        "Each item in the order of its date, moving the odds from where the one above left them. 10 dB multiply the odds by ten, 3 dB by two. ",
        unit,
      ),
      this.axis,
      this.list,
    );
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
      const open =
        item.kind === "fact"
          ? () => this.app.panel.open(item.item)
          : () => this.app.select(item.item);
      const { kind, title, date } = item;
      const when = kind === "fact" ? day(date) : (WHEN[kind] ?? kind);
      this.rows.set(key, new WaterfallRow(title, when, open));
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
    const reached = sigmoid(logit(after) - smallest / DECIBANS);
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
    const [from, to] = [logit(low), logit(high)];
    const axis = (p) => (logit(clamp(p, STOPS[0], STOPS.at(-1))) - from) / (to - from);
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
