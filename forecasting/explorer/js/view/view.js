/**
 * A compiled case (model.py) comes in; an explorer that answers to the hand, in HTML and SVG, goes out.
 *
 * Every probability comes from the engine. A part of the page is built once and then updated in
 * place, so nothing that is being dragged or typed into is ever replaced. The parts, from left to
 * right: outcomes.js, answer.js and graph.js, inputs.js; above them header.js.
 */

import { engine } from "../engine/engine.js";
import { reading } from "../engine/judgement.js";
import { percent, scaleOf } from "./numbers.js";
import { h, mark, say } from "./elements.js";
import { NOTHING, Settings, same } from "./settings.js";
import { Story } from "./story.js";
import { EventList } from "./outcomes.js";
import { Headline, Waterfall } from "./answer.js";
import { Graph } from "./graph.js";
import { Panel } from "./inputs.js";
import { overlayText } from "../engine/overlay.js";
import { Changes, Dates, Notice, Scenarios } from "./header.js";
import { Kernel } from "./kernel.js";

const DRAWS = 1024;
const LATE = 150; // ms after which bands that still belong to the last move are dimmed
const SLICE = 4; // ms of idle work at a time, so that a move never waits for it
const UNSEEN = 50; // ms after which a page that has drawn nothing draws nothing at all
const QUIET = 700; // ms before the changed headline is spoken

class Explorer {
  constructor(root, { compiled, settings, outcome, onSettings, onAdded, onOutcome, onRest }) {
    Object.assign(this, { root, onSettings, onAdded, onOutcome, onRest });
    this.unit = "decibans";
    this.settings = new Settings(settings, compiled, () => this.moved());
    this.notice = new Notice(this);
    this.build(outcome);
  }

  build(outcome) {
    this.compiled = this.settings.shape;
    this.engine = engine(this.compiled);
    this.word = this.engine.word;
    this.story = new Story(this.compiled, this.word);
    this.inputs = new Map(this.engine.inputs().map((input) => [input.path, input]));
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
    this.el = h(
      "section.fc",
      {
        "aria-label": `Explorer: ${this.story.name}`,
        "data-lm-suppress-shortcuts": "true",
        onkeydown: (event) => event.stopPropagation(),
      },
      h(
        "header.fc-top",
        {},
        h("h2.fc-title", {}, this.story.name),
        this.dates.el,
        h("div.fc-tools", {}, this.changes.el, this.changes.undo, this.changes.reset),
      ),
      this.notice.el,
      this.trouble,
      this.scenarios.el,
      h("div.fc-columns", {}, this.list.el, this.centre, this.panel.el),
      this.live,
    );
    this.root.replaceChildren(this.el);
    const first =
      this.story.order.find((event) => this.story.events[event].role === "outcome") ??
      this.story.order[0];
    this.answer = this.solve() ?? this.own;
    this.select(outcome in this.story.events ? outcome : first, false);
  }

  /** Solve the present settings; a contradiction is told, and the last answer stays. */
  solve() {
    let answer = null;
    let words = "";
    try {
      answer = this.engine.solve(this.settings.now);
      if (answer.impossible)
        words = `No forecast: ${answer.problem}. The numbers below are the last that could be; undo, or soften an item.`;
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
    if (this.settings.shape === this.compiled) {
      this.answer = this.solve() ?? this.answer;
      this.refresh();
    } else {
      this.rebuild();
      this.onAdded?.(this.compiled.added ?? {});
    }
    this.onSettings?.(this.settings.now);
  }

  /** Bring every number of the page to the present answer; bands and tipping marks follow in idle time. */
  refresh() {
    this.worths = new Map();
    const { answer } = this;
    // Whoever embeds the explorer can read what was moved, with or without a kernel.
    mark(this.el, "data-settings", JSON.stringify(this.settings.now));
    for (const part of [
      this.list,
      this.headline,
      this.scenarios,
      this.graph,
      this.panel,
      this.dates,
      this.changes,
    ])
      part.update(answer);
    this.waterfall.update(answer, this.engine.weights(this.settings.now, this.selected));
    this.graph.weigh();
    this.panel.cards.forEach((card) => card.weigh());
    this.later();
  }

  // Idle work, in slices.

  later() {
    this.el.classList.add("fc-stale");
    this.late ??= setTimeout(() => this.el.classList.add("fc-late"), LATE);
    const work = this.settle();
    this.work = work;
    let begun = false;
    const begin = () => {
      if (!begun) this.goOn(work);
      begun = true;
    };
    // The move itself is drawn first. Where nothing is drawn, as in a hidden page, time goes on.
    requestAnimationFrame(begin);
    setTimeout(begin, UNSEEN);
  }

  /** Work on as soon as the page leaves time, unless another move has come. */
  goOn(work) {
    // A message comes at once; a timer would wait some milliseconds.
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      if (work !== this.work) return;
      const until = performance.now() + SLICE;
      while (performance.now() < until) if (work.next().done) return;
      this.goOn(work);
    };
    port2.postMessage(null);
  }

  *settle() {
    const band = yield* this.engine.bandSteps(this.settings.now, DRAWS);
    this.list.showBand(band);
    this.headline.showBand(band);
    this.el.classList.remove("fc-stale", "fc-late");
    clearTimeout(this.late);
    this.late = null;
    this.speak();
    if (this.onRest) queueMicrotask(this.onRest); // what goes wrong there stops nothing here
    for (const slider of this.panel.visible()) {
      const tips = yield* this.engine.tipSteps(this.settings.now, slider.path, this.selected);
      slider.showTips(tips, this.story.title(this.selected));
    }
  }

  /** Tell those who listen what became of the headline, once the hand rests. */
  speak() {
    const p = percent(this.answer.posterior[this.selected]);
    const words = `${this.story.title(this.selected)}: ${p}, ${this.word(this.answer.posterior[this.selected])}`;
    clearTimeout(this.speaking);
    this.speaking = setTimeout(() => {
      if (this.heard !== undefined && this.heard !== words) say(this.live, words);
      this.heard = words;
    }, QUIET);
  }

  // Numbers that several parts show.

  /** Tell the band of an event, and whether the luck of the draws made it rough; no draws, no band. */
  bandTold({ low, high, mean, draws }, event, between) {
    if (!draws) return "";
    const { rough } = this.compiled.sobol;
    const isRough = Math.abs(mean[event] - this.answer.posterior[event]) >= rough;
    const ends = [low[event], high[event]].map(percent).join(between);
    return `${isRough ? "rough " : ""}90% band ${ends}`;
  }

  /** What a judgement is now: as the case has it, or as it was moved. */
  judged(path) {
    const input = this.inputs.get(path);
    const form = this.settings.now.overrides[path];
    return form === undefined ? input : reading(form, scaleOf(input).to);
  }

  linkWeight(link) {
    const { median } = this.judged(link.path);
    return link.path.endsWith(".lowers") ? -median : median;
  }

  worth(fact, event) {
    return this.once(`worth ${fact} ${event}`, () =>
      this.counts(fact) ? this.engine.alone(this.settings.now, fact, event) : null,
    );
  }

  ceiling(fact, event) {
    return this.once(`ceiling ${fact} ${event}`, () =>
      this.counts(fact) ? this.engine.ceiling(this.settings.now, fact, event) : null,
    );
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
        const graded = Object.entries(next.overrides).filter(([path]) =>
          path.startsWith(`${reports}.`),
        );
        this.setAside.set(fact, graded);
        for (const [path] of graded) delete next.overrides[path];
        next.overrides[status] = "pending";
        if (this.story.facts[fact].reports.length) next.overrides[reports] = [];
        return;
      }
      delete next.overrides[status];
      delete next.overrides[reports];
      Object.assign(next.overrides, Object.fromEntries(this.setAside.get(fact) ?? []));
      this.story.facts[fact].reports.forEach((report, index) =>
        this.writeGrade(next, fact, index, { letter: this.letter(report.source) }),
      );
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
    const grade = {
      ...this.gradeOf(fact, index, next.overrides),
      ...Object.fromEntries(Object.entries(change).filter(([, value]) => value)),
    };
    if (grade.letter === own.letter && grade.digit === own.digit) delete next.overrides[path];
    else next.overrides[path] = `${grade.letter}${grade.digit ?? ""}`;
  }

  grade(source, letter) {
    this.settings.change(null, (next) => {
      for (const [fact, { reports }] of Object.entries(this.story.facts)) {
        if (!this.counts(fact)) continue;
        reports.forEach(
          (report, index) =>
            report.source === source && this.writeGrade(next, fact, index, { letter }),
        );
      }
    });
  }

  credit(fact, index, digit) {
    this.settings.change(null, (next) => this.writeGrade(next, fact, index, { digit }));
  }

  /** Go back to the case as it is in its file. */
  reset() {
    const bare = this.settings.bare();
    this.settings.change(null, (next) => Object.assign(next, structuredClone(NOTHING)), bare);
    if (!bare) this.onAdded?.({}); // never seen here: Python compiles it
  }

  /** Give what differs from the case as a file to keep. */
  save() {
    const text = overlayText(this.compiled, this.settings.now);
    const href = `data:application/yaml;charset=utf-8,${encodeURIComponent(text)}`;
    h("a", { href, download: `${this.compiled.case}-moves.yaml` }).click();
  }

  // From outside.

  adopt(settings, compiled) {
    const known = same(compiled.added, this.compiled.added);
    this.settings.adopt(settings, known ? this.compiled : compiled);
  }

  /** Draw a case of another shape; a key that was pressed keeps the focus. */
  rebuild() {
    const pressed = ["undo", "reset"].find((name) => this.changes[name].matches(":focus"));
    this.destroy();
    this.build(this.selected);
    this.changes[pressed]?.focus();
  }

  destroy() {
    clearTimeout(this.late);
    this.late = null;
    this.work = null;
    clearTimeout(this.speaking);
    this.dates.stop();
  }
}

/** Put an explorer into an element of any page. */
export function mount(root, options) {
  return new Explorer(root, options);
}

/** The contract of anywidget: draw a model of the kernel, and follow it. The page without a kernel hides. */
export function render({ model, el }) {
  (globalThis.fcLive ??= new Set()).add(model.get("key"));
  for (const still of document.querySelectorAll(`[data-fc-key="${CSS.escape(model.get("key"))}"]`))
    still.hidden = true;
  const explorer = mount(el, {
    compiled: model.get("compiled"),
    settings: model.get("settings"),
    outcome: model.get("outcome"),
    onSettings: (settings) => kernel.send("settings", settings),
    onAdded: (added) => kernel.send("added", added),
    onOutcome: (event) => kernel.send("outcome", event),
    onRest: () => kernel.tell(),
  });
  const kernel = new Kernel(model, (words) => explorer.notice.show(words));
  // What the kernel says counts instead of what it has not been told yet, and is one step, also
  // where a host hands it over piece by piece. A case that is still being compiled is waited for.
  let coming = false;
  const adopt = () => {
    coming = false;
    const [settings, added] = ["settings", "added"].map(
      (name) => kernel.untold.get(name) ?? model.get(name),
    );
    const next = model.get("compiled");
    if (same(added, next.added)) explorer.adopt(settings, next);
  };
  const follow = {
    "change:outcome": () => {
      kernel.untold.delete("outcome");
      if (model.get("outcome") !== explorer.selected) explorer.select(model.get("outcome"), false);
    },
  };
  for (const name of ["settings", "added", "compiled"])
    follow[`change:${name}`] = () => {
      kernel.untold.delete(name);
      if (!coming) queueMicrotask(adopt);
      coming = true;
    };
  for (const [event, act] of Object.entries(follow)) model.on(event, act);
  return () => {
    for (const [event, act] of Object.entries(follow)) model.off(event, act);
    explorer.destroy();
    kernel.stop();
  };
}

export default { render };
