/** An answer of the engine comes in; how probable an event is, and how it got there, goes out. */

import { DECIBANS, logit, sigmoid } from "../engine/judgement.js";
import { asOdds, clamp, day, decibans, oddsOf, percent, points } from "./numbers.js";
import { button, choice, h, keep, mark, say, section, share, style, svg } from "./elements.js";
import { byDates } from "./dates.js";
import { frequencies, shown } from "./frequencies.js";
import { strip } from "./outcomes.js";
import { chooser, pictured } from "./states.js";

const folded = (title, ...children) => h("details.fc-frequency", h("summary", title), ...children);

/** A hundred cases, so many of them filled. */
function iconArray(app, asked) {
  const { p } = app.about(asked);
  const count = () => Math.round(100 * p());
  const told = () => `in ${count()} it comes out yes, in ${100 - count()} no.`;
  const cells = Array.from({ length: 100 }, (_, i) =>
    svg("rect", {
      ...{ x: 12 * (i % 10), y: 12 * Math.floor(i / 10), width: 10, height: 10, rx: 2 },
      class: () => (i < count() ? "fc-yes" : "fc-no"),
    }),
  );
  const label = () => `Of 100 such cases, ${told()}`;
  const icons = { viewBox: "0 0 118 118", role: "img", class: "fc-icons", "aria-label": label };
  const title = () => app.story.title(asked());
  const words = () => `Of 100 cases that look like this one (“${title()}”), ${told()}`;
  return folded("Of 100 such cases", h("div", svg("svg", icons, cells), h("p", words)));
}

// An event of more states than this is divided into one of them and all others.
const MOST_PARTS = 5;

/** What is asked, and the answers beside it, as a split and as parts for the engine. */
function outcomeOf({ story }, event, asked) {
  const states = story.statesOf(event);
  const seen = states.findIndex(({ name }) => name === asked);
  return seen < 0 || states.length > MOST_PARTS
    ? { split: yesNo(asked, story.title(asked)), parts: sides(asked) }
    : {
        split: { ...yesNo(event, story.title(event), seen), parts: states.map((one) => one.label) },
        parts: states.map(({ name }) => ({ name, holds: true })),
      };
}

const yesNo = (name, title, seen = 0) => ({ name, title, parts: ["yes", "no"], seen });
const sides = (name) => [true, false].map((holds) => ({ name, holds }));

/** A thousand cases, divided by what is asked and by one or two facts that are chosen here. */
function cases(app, event, asked) {
  const { facts } = app.story;
  const names = Object.keys(facts);
  if (!names.length) return null;
  const isOn = (fact) => facts[fact].bears_on.some((name) => app.story.eventOf(name) === event);
  const chosen = [names.find(isOn) ?? names[0], ""];
  const options = names.map((name) => [name, app.story.claim(name)]);
  const pick = (i) => (name) => {
    chosen[i] = name;
    draw();
  };
  const place = h("div");
  const el = h("details.fc-frequency", { ontoggle: () => draw() }, [
    h("summary", "Of 1,000 such cases, with a fact or two"),
    h("p", "Divided by ", choice("Fact", options, () => chosen[0], pick(0)), " and by ", [
      choice("Second fact", [["", "no second fact"], ...options], () => chosen[1], pick(1)),
    ]),
    place,
  ]);
  const draw = () => {
    if (!el.open) return;
    const { split, parts } = outcomeOf(app, event, asked());
    const some = [...new Set(chosen.filter(Boolean))];
    const splits = some.map((name) => {
      const { claim, status, reports } = facts[name];
      const isDenied = reports.length > 0 && !reports.some(({ says }) => says);
      const now = app.settings.now.overrides[`evidence.${name}.status`] ?? status;
      return yesNo(name, claim.replace(/\.+$/, ""), Number(now === "absent" || isDenied));
    });
    const chances = app.engine.divided(app.settings.now, [parts, ...some.map(sides)]);
    if (!chances) return; // a contradiction, which is told above; the last answer stays
    const found = frequencies([split, ...splits], chances, app.answer.posterior[asked()]);
    place.replaceChildren(shown(found));
  };
  keep(draw);
  return el;
}

export function headline(app, event) {
  const { title, question, criterion, confidence, by } = app.story.events[event];
  const isSeveral = app.story.isSeveral(event);
  const asked = () => app.askedOf(event);
  const known = asked() !== null;
  const card = app.story.events[event].role === "outcome" ? "events" : "condition";
  const edit = { "data-keep": "edit", onclick: () => app.cards.show({ card, name: event }) };
  return h("header.fc-headline", [
    app.desk?.can.includes("events") && button("fc-quiet.fc-edit", edit, "Edit"),
    h("h2", title),
    question && h("p.fc-question", question),
    by && h("p.fc-note", `Asked for ${day(by)}, whatever day the others are asked for.`),
    isSeveral && h("div.fc-whole", pictured(app, event, true), chooser(app, event)),
    known && answer(app, asked),
    known && strip(app, asked),
    known && h("div.fc-wordscale", { "aria-hidden": "true" }, wordMarks(app)),
    h("p.fc-notes", [
      app.story.viewsOf(event).map((words) => h("span", words)),
      confidence && h("span", `analytic confidence: ${confidence}`),
    ]),
    criterion && folded("How it will be settled", h("p", criterion)),
    known && iconArray(app, asked),
    known && cases(app, event, asked),
    byDates(app, event),
  ]);
}

/** The words of the scale below the line from 0 to 1, each in the middle of what it stands for. */
const wordMarks = (app) =>
  [0.125, 0.325, 0.5, 0.675, 0.875].map((p) => h("i", { "style.left": share(p) }, app.word(p)));

function answer(app, asked) {
  const { prior, shown, word } = app.about(asked);
  const range = () => {
    const told = app.bandTold(asked(), " – ");
    return told && ` · ${told}`;
  };
  return h("div.fc-answer", [
    h("span.fc-big", shown),
    h("div", [
      h("span.fc-bigword", word),
      h("span.fc-rest", () => `from ${percent(prior())} before the evidence`),
      h("span.fc-rest.fc-bandwords", range),
    ]),
  ]);
}

// Probabilities at which the axis of a waterfall may start or end: it then stays still under a drag.
const STOPS = [
  0.0001, 0.001, 0.005, 0.01, 0.03, 0.1, 0.25, 0.5, 0.75, 0.9, 0.97, 0.99, 0.995, 0.999, 0.9999,
];
const WORTH_A_ROW = 0.1; // decibans; smaller items share one row

const WHEN = { now: "held now", do: "made so", given: "learned" };

const UNITS = [
  ["points", "in points"],
  ["odds", "in times"],
  ["decibans", "in decibans"],
];

// How each unit is to be read.
const READ = {
  points:
    "Each item in the order of its date, moving the forecast from where the one above left it. ",
  odds: "Each item in the order of its date, multiplying (×) or dividing (÷) the odds. ",
  decibans:
    "Each item in the order of its date, moving the odds from where the one above left them. 10 dB multiply the odds by ten, 3 dB by two. ",
};

/** What an item does, in the unit that is chosen. */
const moved = (before, after, weight, unit) =>
  unit === "points" ? points(after - before) : unit === "odds" ? asOdds(weight) : decibans(weight);

/** A row of the waterfall: a bar from one probability to another, or a mark at one. */
class WaterfallRow {
  constructor(title, dated = "", onclick = null, kind = "li.fc-step") {
    this.bar = h("i.fc-push");
    this.value = h("span.fc-p");
    this.label = onclick
      ? button("fc-name", { title, onclick }, title)
      : h("span.fc-name", { title }, title);
    const track = h("span.fc-track", this.bar);
    this.el = h(kind, [h("span.fc-date", dated), this.label, track, this.value]);
  }

  move(before, after, weight, axis, unit) {
    const [from, to] = [axis(before), axis(after)].map((at) => clamp(at, 0, 1));
    style(this.bar, "left", share(Math.min(from, to)));
    style(this.bar, "width", share(Math.max(Math.abs(to - from), 0.002)));
    mark(this.bar, "class", weight >= 0 ? "fc-push fc-up" : "fc-push fc-down");
    say(this.value, moved(before, after, weight, unit));
    mark(this.el, "data-decibans", String(weight));
  }

  stand(p, axis, unit) {
    style(this.bar, "left", share(clamp(axis(p), 0, 1)));
    mark(this.bar, "class", "fc-push fc-at");
    say(this.value, unit === "odds" ? oddsOf(p) : percent(p));
  }
}

/** Where an amount is given a part to speak of. */
const where = ({ desk }) =>
  desk?.can.includes("events") ? "under “Parts of the scale” on its card" : "by cuts in the file of the case";

/** Prior to posterior, item by item, on one axis of log-odds. */
export function waterfall(app, event) {
  const asked = () => app.askedOf(event);
  if (asked() === null)
    return h("p.fc-note", `To see what moves it, give it a part, such as “many: at least 400”, ${where(app)}.`);
  const start = new WaterfallRow("Before the evidence", "", null, "li.fc-step.fc-total");
  const small = new WaterfallRow("");
  const end = new WaterfallRow("Forecast", "", null, "li.fc-step.fc-total");
  const rows = new Map();
  const ticks = h("span.fc-track");
  let items = [];

  /** Find the row of an item that is, or ever was, worth one; rows stand in the order of dates. */
  const rowOf = ({ kind, item, title, date, decibans: weight }) => {
    const key = `${kind} ${item}`;
    if (!rows.has(key) && Math.abs(weight) >= WORTH_A_ROW) {
      const isFact = kind === "fact";
      const open = () => (isFact ? app.open(item) : app.select(item));
      rows.set(key, new WaterfallRow(title, isFact ? day(date) : (WHEN[kind] ?? kind), open));
    }
    return rows.get(key);
  };

  const draw = () => {
    const { unit } = app;
    const { prior, p } = app.about(asked);
    const [before, after] = [prior(), p()];
    const axis = scale([before, after, ...items.flatMap((one) => [one.before, one.after])], ticks);
    const lesser = items.filter((item) => !rowOf(item));
    let last = start.el;
    for (const item of items.filter(rowOf)) {
      const row = rowOf(item);
      row.move(item.before, item.after, item.decibans, axis, unit);
      if (last.nextSibling !== row.el) last.after(row.el);
      last = row.el;
    }
    while (last.nextSibling !== small.el) last.nextSibling.remove(); // what is no item any more
    start.stand(before, axis, unit);
    end.stand(after, axis, unit);
    style(small.el, "display", lesser.length ? "" : "none");
    const many = lesser.length === 1 ? "" : " each";
    say(small.label, `${lesser.length} more, very small${many}`);
    const together = lesser.reduce((sum, item) => sum + item.decibans, 0);
    small.move(sigmoid(logit(after) - together / DECIBANS), after, together, axis, unit);
  };
  const measure = (unit) => {
    app.unit = unit;
    app.update(); // facts and the graph tell weights too
  };
  keep(() => {
    items = app.engine.weights(app.settings.now, asked());
    draw();
  });
  const read = h("span", () => READ[app.unit]);
  const label = { "aria-label": "How the forecast got there, item by item" };
  const steps = [start, small, end].map((row) => row.el);
  return section("How it got there", true, [
    h("p.fc-note", read, choice("Unit of weight", UNITS, () => app.unit, measure)),
    h("div.fc-axis", { "aria-hidden": "true" }, ticks),
    h("ol.fc-steps", label, steps),
  ]);
}

/** Find the axis between two of the stops that holds all points; write its labels anew if it moved. */
function scale(points, ticks) {
  const inside = points.filter((p) => p > 0 && p < 1);
  const low = STOPS.findLast((stop) => stop <= Math.min(...inside)) ?? STOPS[0];
  const high = STOPS.find((stop) => stop >= Math.max(...inside)) ?? STOPS.at(-1);
  const [from, to] = [logit(low), logit(high)];
  const axis = (p) => (logit(clamp(p, STOPS[0], STOPS.at(-1))) - from) / (to - from);
  const within = STOPS.filter((p) => p >= low && p <= high);
  const label = (p) => h("i", { "style.left": share(axis(p)) }, percent(p));
  if (String(ticks.fcStops) !== String(within)) ticks.replaceChildren(...within.map(label));
  ticks.fcStops = within;
  return axis;
}
