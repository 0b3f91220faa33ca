/**
 * A compiled case (model.py) comes in; an explorer that answers to the hand, in HTML and SVG, goes out.
 *
 * Every probability comes from the engine. A part of the page is built once and then updated in
 * place, so nothing that is being dragged or typed into is ever replaced. The parts, from left to
 * right: outcomes.js, answer.js and graph.js, inputs.js; above them header.js.
 */

import { engine } from "../engine/engine.js";
import { reading } from "../engine/judgement.js";
import { togethers } from "../engine/stated.js";
import { overlayText } from "../engine/overlay.js";
import { amount, percent, scaleOf } from "./numbers.js";
import { h, part, say } from "./elements.js";
import { NOTHING, Settings, same } from "./settings.js";
import { Story } from "./story.js";
import { eventList } from "./outcomes.js";
import { headline, waterfall } from "./answer.js";
import { graph } from "./graph.js";
import { panel } from "./inputs.js";
import { changes, dates, notice, scenarios } from "./header.js";
import { Kernel } from "./kernel.js";

const DRAWS = 1024;
const LATE = 150; // ms after which bands that still belong to the last move are dimmed
const SLICE = 4; // ms of idle work at a time, so that a move never waits for it
const UNSEEN = 50; // ms after which a page that has drawn nothing draws nothing at all
const QUIET = 700; // ms before the changed headline is spoken

class Explorer {
  /** `host`, if there is one, is sent what changes, and told when the page has come to rest. */
  constructor(root, { compiled, settings, outcome, host = null }) {
    Object.assign(this, { root, host });
    this.unit = "decibans";
    this.settings = new Settings(settings, compiled, () => this.moved());
    this.build(outcome);
  }

  build(outcome) {
    this.compiled = this.settings.shape;
    this.engine = engine(this.compiled);
    this.word = this.engine.word;
    this.story = new Story(this.compiled, this.word);
    this.inputs = new Map(this.engine.inputs().map((input) => [input.path, input]));
    this.known = new Map();
    this.togethers = togethers(this.compiled); // by the path of all of them
    this.asks = new Map(); // of each event of several states, what is asked of it
    this.amounts = new Map(); // of each quantity, the last that could be
    this.setAside = new Map(); // grades of facts that are switched off
    this.own = this.engine.solve(NOTHING);
    this.ownStated = this.engine.stated(NOTHING);
    this.answer = this.own;
    this.band = null; // of the present answer once it is settled, of an earlier one till then
    this.live = h("p.fc-hidden", { "aria-live": "polite", role: "status" });
    this.centre = h("div.fc-middle");
    this.aside = h("aside.fc-right", { "aria-label": "Inputs" });
    this.frame = part(() => this.framed());
    this.el = this.frame.el;
    this.root.replaceChildren(this.el);
    const { events, order } = this.story;
    const first = order.find((event) => events[event].role === "outcome") ?? order[0];
    this.solve();
    this.select(this.story.eventOf(outcome ?? "") in events ? outcome : first, false);
  }

  framed() {
    return h(
      "section.fc",
      {
        "aria-label": `Explorer: ${this.story.name}`,
        "data-lm-suppress-shortcuts": "true",
        // Whoever embeds the explorer can read what was moved, with or without a kernel.
        "data-settings": () => JSON.stringify(this.settings.now),
        onkeydown: (event) => event.stopPropagation(),
      },
      h("header.fc-top", h("h2.fc-title", this.story.name), dates(this), changes(this)),
      notice(this),
      h("p.fc-trouble", { role: "alert", hidden: () => !this.trouble }, () => this.trouble),
      scenarios(this),
      h("div.fc-columns", eventList(this), this.centre, this.aside),
      this.live,
    );
  }

  /** Solve the present settings; a contradiction is told, and the last answer stays. */
  solve() {
    this.trouble = "";
    try {
      const answer = this.engine.solve(this.settings.now);
      if (!answer.impossible) this.answer = answer;
      else
        this.trouble = `No forecast: ${answer.problem}. The numbers below are the last that could be; undo, or soften an item.`;
    } catch (error) {
      this.trouble = String(error.message ?? error);
    }
  }

  /** Show an event, or a state or cut of one. */
  select(name, tell = true) {
    const event = this.story.eventOf(name);
    if (name !== event) this.asks.set(event, name);
    this.selected = event;
    this.sliders = [];
    this.parts = {
      answer: part(() => [headline(this, event), waterfall(this, event)]),
      graph: part(() => graph(this, event)),
      panel: part(() => panel(this, event)),
    };
    this.centre.replaceChildren(...this.parts.answer.el, this.parts.graph.el);
    this.aside.replaceChildren(...this.parts.panel.el);
    this.aside.scrollTop = 0;
    this.refresh();
    if (tell) this.host?.send("outcome", this.askedOf(event) ?? event);
  }

  /** Ask for another state or cut of the event that is shown. */
  ask(name) {
    this.asks.set(this.selected, name);
    this.refresh();
    this.host?.send("outcome", name);
  }

  /** What is asked of an event: whether it happens, a state or a cut; null of an amount without. */
  askedOf(event) {
    const all = this.story.asks(event).map(({ name }) => name);
    const asked = this.asks.get(event);
    if (all.includes(asked)) return asked;
    const states = this.story.statesOf(event).map(({ name }) => name);
    const some = states.length ? states : all;
    return some.length ? some.reduce(most(this.own.posterior)) : null;
  }

  /** Show more of the graph; everything else stays. */
  showGraph(all) {
    const wider = part(() => graph(this, this.selected, all));
    this.parts.graph.el.replaceWith(wider.el);
    this.parts.graph = wider;
    wider.update();
    wider.el.querySelector("summary").focus();
  }

  /** Open the card of a fact. */
  open(fact) {
    const card = this.aside.querySelector(`[data-fact="${CSS.escape(fact)}"]`);
    if (!card) return;
    const details = card.querySelector("details");
    for (const folded of [card.closest("details"), details]) folded.open = true;
    card.scrollIntoView({ block: "nearest" });
    details.querySelector("summary").focus();
  }

  moved() {
    if (this.settings.shape === this.compiled) {
      this.solve();
      this.refresh();
    } else {
      this.rebuild();
      this.host?.send("added", this.compiled.added ?? {});
    }
    this.host?.send("settings", this.settings.now);
  }

  /** Bring the page to the present answer; bands and tipping marks follow in idle time. */
  refresh() {
    this.settled = false;
    this.known = new Map();
    this.show();
    this.later();
  }

  show() {
    for (const one of [this.frame, ...Object.values(this.parts)]) one.update();
  }

  /** Find something once for all the parts that show it, until the next move. */
  once(key, make) {
    if (!this.known.has(key)) this.known.set(key, make());
    return this.known.get(key);
  }

  // Idle work, in slices.

  later() {
    this.el.classList.add("fc-stale");
    this.late ??= setTimeout(() => this.el.classList.add("fc-late"), LATE);
    const work = (this.work = this.settle());
    // The move itself is drawn first. Where nothing is drawn, as in a hidden page, time goes on.
    const drawn = new Promise(requestAnimationFrame);
    const unseen = new Promise((goOn) => setTimeout(goOn, UNSEEN));
    Promise.race([drawn, unseen]).then(() => this.goOn(work));
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
    this.band = { ...band, of: this.answer };
    this.settled = true;
    this.show();
    this.el.classList.remove("fc-stale", "fc-late");
    clearTimeout(this.late);
    this.late = null;
    this.speak();
    if (this.host) queueMicrotask(() => this.host.tell()); // what goes wrong there stops nothing here
    for (const slider of this.sliders.filter(inSight)) {
      const asked = this.askedOf(this.selected);
      if (asked === null) return;
      const tips = yield* this.engine.tipSteps(this.settings.now, slider.path, asked);
      slider.showTips(tips, this.story.title(asked));
    }
  }

  /** Tell those who listen what became of the headline, once the hand rests. */
  speak() {
    const words = `${this.story.title(this.selected)}: ${this.inShort(this.selected)}`;
    clearTimeout(this.speaking);
    this.speaking = setTimeout(() => {
      if (this.heard !== undefined && this.heard !== words) say(this.live, words);
      this.heard = words;
    }, QUIET);
  }

  // Numbers that several parts show.

  /**
   * What is known of an event, a state or a cut: functions, since it changes with every move. So
   * does what is asked of an event: a function may be given in place of the name.
   */
  about(asked) {
    const name = () => (typeof asked === "function" ? asked() : asked);
    const p = () => this.answer.posterior[name()];
    return {
      p,
      prior: () => this.answer.prior[name()],
      own: () => this.own.posterior[name()],
      shown: () => percent(p()),
      word: () => this.word(p()),
      low: () => this.band.low[name()],
      high: () => this.band.high[name()],
    };
  }

  /** The state of an event that is most probable, as a proposition. */
  likeliest(event) {
    const { posterior } = this.answer;
    return this.story
      .statesOf(event)
      .reduce((a, b) => (posterior[b.name] > posterior[a.name] ? b : a));
  }

  /** What is known of an amount: its points and its curve, of the last setting that could be. */
  amountOf(event) {
    return this.once(`amount ${event}`, () => {
      try {
        this.amounts.set(event, this.engine.quantity(this.settings.now, event));
      } catch (error) {
        if (!this.amounts.has(event)) throw error;
      }
      return this.amounts.get(event);
    });
  }

  /** The answer to an event in a few words. */
  inShort(event, brief = false) {
    const { states, quantity } = this.story.events[event];
    if (quantity) {
      const { levels, prior, posterior, value } = this.amountOf(event);
      const at = (points, level) => amount(points[levels.indexOf(level)], quantity.whole);
      const unit = quantity.unit ? ` ${quantity.unit}` : "";
      const middle = at(posterior, 0.5);
      if (brief) return middle;
      if (value !== null)
        return `${amount(value, quantity.whole)}${unit}, known; before ${at(prior, 0.5)}`;
      const range = `90% range ${at(posterior, 0.05)} to ${at(posterior, 0.95)}`;
      return `${middle}${unit}, ${range}; before ${at(prior, 0.5)}`;
    }
    const name = states ? this.likeliest(event).name : event;
    const { shown, word } = this.about(name);
    if (brief) return states ? `${this.likeliest(event).label} ${shown()}` : shown();
    return states
      ? `${this.likeliest(event).label}: ${shown()}, ${word()}`
      : `${shown()}, ${word()}`;
  }

  /** Tell the band of an event, and whether the luck of the draws made it rough; no draws, no band. */
  bandTold(event, between) {
    if (!this.band?.draws) return "";
    const { low, high, mean, of } = this.band;
    const isRough = Math.abs(mean[event] - of.posterior[event]) >= this.compiled.sobol.rough;
    const ends = [low[event], high[event]].map(percent).join(between);
    return `${isRough ? "rough " : ""}90% band ${ends}`;
  }

  /** What a judgement is now: as the case has it, or as it was moved. */
  judged(path) {
    const input = this.inputs.get(path);
    if (this.hangs(path)) return this.statedNow()[input.place];
    const form = this.settings.now.overrides[path];
    return form === undefined ? input : reading(form, scaleOf(input).to);
  }

  /** The judgements of all places as they are now. */
  statedNow() {
    return this.once("stated", () => this.engine.stated(this.settings.now));
  }

  /** Tell whether a number hangs together with others, so that they move with it. */
  hangs(path) {
    return [...this.togethers].some(([stem]) => path.startsWith(`${stem}.`));
  }

  linkWeight(link) {
    const { median } = this.judged(link.path);
    return link.path.endsWith(".lowers") ? -median : median;
  }

  /** What a fact is worth alone, in decibans, or at most (`ceiling`); null if it does not count. */
  worth(fact, event, how = "alone") {
    const asked = this.askedOf(event);
    if (asked === null) return null;
    const find = () => this.engine[how](this.settings.now, fact, asked);
    return this.once(`${how} ${fact} ${asked}`, () => (this.counts(fact) ? find() : null));
  }

  // Evidence: on or off, and its grades.

  status(fact) {
    return this.settings.now.overrides[`evidence.${fact}.status`] ?? this.story.facts[fact].status;
  }

  counts(fact) {
    return this.status(fact) !== "pending";
  }

  /** Count a fact or leave it out; what was graded of it meanwhile is set aside. */
  switchFact(fact, on) {
    const at = `evidence.${fact}`;
    const { reports } = this.story.facts[fact];
    this.settings.change(null, (next) => {
      const { overrides } = next;
      if (!on) {
        const isGrade = ([path]) => path.startsWith(`${at}.reports.`);
        const graded = Object.fromEntries(Object.entries(overrides).filter(isGrade));
        this.setAside.set(fact, graded);
        for (const path of Object.keys(graded)) delete overrides[path];
        overrides[`${at}.status`] = "pending";
        if (reports.length) overrides[`${at}.reports`] = [];
        return;
      }
      delete overrides[`${at}.status`];
      delete overrides[`${at}.reports`];
      Object.assign(overrides, this.setAside.get(fact));
      reports.forEach(({ source }, index) =>
        this.writeGrade(overrides, fact, index, { letter: this.letter(source) }),
      );
    });
  }

  gradeOf(fact, index, overrides = this.settings.now.overrides) {
    const written = overrides[`evidence.${fact}.reports.${index}.grade`];
    const { letter, digit } = this.story.facts[fact].reports[index];
    return written ? { letter: written[0], digit: written[1] } : { letter, digit };
  }

  writeGrade(overrides, fact, index, { letter, digit }) {
    const path = `evidence.${fact}.reports.${index}.grade`;
    const [own, now] = [
      this.story.facts[fact].reports[index],
      this.gradeOf(fact, index, overrides),
    ];
    const grade = { letter: letter ?? now.letter, digit: digit ?? now.digit };
    if (grade.letter === own.letter && grade.digit === own.digit) delete overrides[path];
    else overrides[path] = `${grade.letter}${grade.digit ?? ""}`;
  }

  /** Where a source reports a fact that counts, each as the fact and the index of its report. */
  reportsBy(source) {
    const places = ([fact, { reports }]) => reports.map((report, index) => [report, fact, index]);
    return Object.entries(this.story.facts)
      .filter(([fact]) => this.counts(fact))
      .flatMap(places)
      .filter(([report]) => report.source === source)
      .map(([, ...place]) => place);
  }

  /** A source has one letter in a case: that of any of its reports that count. */
  letter(source) {
    const [first] = this.reportsBy(source);
    return first && this.gradeOf(...first).letter;
  }

  grade(source, letter) {
    this.settings.change(null, ({ overrides }) =>
      this.reportsBy(source).forEach((place) => this.writeGrade(overrides, ...place, { letter })),
    );
  }

  credit(fact, index, digit) {
    this.settings.change(null, ({ overrides }) =>
      this.writeGrade(overrides, fact, index, { digit }),
    );
  }

  /** Go back to the case as it is in its file. */
  reset() {
    const bare = this.settings.bare();
    this.settings.change(null, (next) => Object.assign(next, structuredClone(NOTHING)), bare);
    if (!bare) this.host?.send("added", {}); // never seen here: Python compiles it
  }

  /** Give what differs from the case as a file to keep. */
  save() {
    const text = overlayText(this.compiled, this.settings.now);
    const href = `data:application/yaml;charset=utf-8,${encodeURIComponent(text)}`;
    h("a", { href, download: `${this.compiled.case}-moves.yaml` }).click();
  }

  // From outside.

  /** Say that the kernel does not hear, in words; null when it does. */
  tell(words) {
    this.unheard = words;
    this.show();
  }

  adopt(settings, compiled) {
    const known = same(compiled.added, this.compiled.added);
    this.settings.adopt(settings, known ? this.compiled : compiled);
  }

  /** Draw a case of another shape; a key that was pressed keeps the focus. */
  rebuild() {
    const pressed = ["fc-undo", "fc-reset"].find((key) => this.el.querySelector(`.${key}:focus`));
    this.destroy();
    this.build(this.askedOf(this.selected) ?? this.selected);
    if (pressed) this.el.querySelector(`.${pressed}`).focus();
  }

  /** End a replay. */
  pause() {
    clearInterval(this.playing);
    this.playing = null;
    this.settings.rest();
    this.show();
  }

  destroy() {
    clearTimeout(this.late);
    clearTimeout(this.speaking);
    clearInterval(this.playing);
    this.late = this.work = this.playing = null;
    this.settings.rest();
  }
}

const most = (chances) => (one, other) => (chances[other] > chances[one] ? other : one);

/** Tell whether a slider can be seen: its card is open. */
const inSight = ({ el }) => el.offsetParent !== null && !el.closest(".fc-card details:not([open])");

/** Put an explorer into an element of any page. */
export const mount = (root, options) => new Explorer(root, options);

/** The contract of anywidget: draw a model of the kernel, and follow it. The page without a kernel hides. */
export function render({ model, el }) {
  const key = model.get("key");
  (globalThis.fcLive ??= new Set()).add(key);
  for (const still of document.querySelectorAll(`[data-fc-key="${CSS.escape(key)}"]`))
    still.hidden = true;
  const explorer = mount(el, {
    compiled: model.get("compiled"),
    settings: model.get("settings"),
    outcome: model.get("outcome"),
    host: { send: (name, value) => kernel.send(name, value), tell: () => kernel.tell() },
  });
  const kernel = new Kernel(model, (words) => explorer.tell(words));
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
  const select = () => {
    const outcome = model.get("outcome");
    const { selected } = explorer;
    if (![selected, explorer.askedOf(selected)].includes(outcome)) explorer.select(outcome, false);
  };
  const hear = (name) => {
    kernel.untold.delete(name);
    if (name === "outcome") return select();
    if (!coming) queueMicrotask(adopt);
    coming = true;
    return null;
  };
  const names = ["outcome", "settings", "added", "compiled"];
  const follow = names.map((name) => [`change:${name}`, () => hear(name)]);
  for (const one of follow) model.on(...one);
  return () => {
    for (const one of follow) model.off(...one);
    explorer.destroy();
    kernel.stop();
  };
}

export default { render };
