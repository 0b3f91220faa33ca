/**
 * A compiled case (model.py) comes in; an explorer that answers to the hand, in HTML and SVG, goes out.
 *
 * Every probability comes from the engine. A part of the page is built once and then updated in
 * place, so nothing that is being dragged or typed into is ever replaced. The parts, from left to
 * right: outline.js and outcomes.js, answer.js and graph.js, inputs.js or one card (cards.js);
 * above them bar.js and header.js, and below them what is amiss (bar.js).
 *
 * A card is opened by `app.cards.show({ card: "events", name: null })` (column.js) and stands in the
 * right column. It changes the case by `await app.ask({ do: "edit", edits })`;
 * `app.barred("events")` says why it cannot now.
 */

import { engine } from "../engine/engine.js";
import { reading } from "../engine/judgement.js";
import { togethers } from "../engine/stated.js";
import { amount, asOdds, decibans, percent, scaleOf } from "./numbers.js";
import { h, part, say } from "./elements.js";
import { NOTHING, Settings, carried } from "./settings.js";
import { Story } from "./story.js";
import { eventList } from "./outcomes.js";
import { graph } from "./graph.js";
import { panel } from "./inputs.js";
import { scenarios } from "./header.js";
import { bar, notices } from "./bar.js";
import { BARE, begin } from "./begin.js";
import { outline } from "./outline.js";
import { Cards } from "./column.js";
import { movesIn } from "./link.js";
import { Host } from "./host.js";
import { answers, commit } from "./veil.js";

const LATE = 150; // ms after which bands that still belong to the last move are dimmed
const SLICE = 4; // ms of idle work at a time, so that a move never waits for it
const UNSEEN = 50; // ms after which a page that has drawn nothing draws nothing at all
const QUIET = 700; // ms before the changed headline is spoken

// A field that is written in has an undo of its own.
const WRITTEN = "textarea, input:not([type=range], [type=checkbox], [type=radio])";

const PYTHON = "needs Python: open the case in a notebook, or by forecasting desk";
const LOST = "not connected to Python: what is typed stays here until it is";
const OVERLAY = "only facts and sources can be added beside a case; desk() changes the case itself";
const UNANSWERED =
  "Python did not answer. If it restarted, save your moves, then run the cell or reload the page.";

class Explorer {
  /** `host`, if there is one, is sent what changes, and told when the page has come to rest. */
  constructor(root, { compiled, settings, outcome, blind, committed, host = null }) {
    Object.assign(this, { root, host, committed: committed?.line ? committed : null });
    this.veiled = Boolean(blind) && !this.committed; // until a number is committed
    this.unit = "points"; // of weights: percentage points, times, or decibans
    this.said = this.retold = this.offer = "";
    this.editing = 0; // edits that Python has not answered yet
    this.edited = null; // the settings that the latest of them was asked with
    this.file = null;
    this.settings = new Settings(settings, compiled, () => this.moved());
    this.cards = new Cards(this);
    this.build(outcome);
  }

  build(outcome) {
    this.compiled = this.settings.compiled;
    this.known = new Map();
    this.asks = new Map(); // of each event of several states, what is asked of it
    this.amounts = new Map(); // of each quantity, the last that could be
    this.setAside = new Map(); // grades of facts that are switched off
    this.band = null; // of the present answer once it is settled, of an earlier one till then
    this.parts = {};
    this.sliders = [];
    this.selected = null;
    this.engine = null;
    this.trouble = "";
    if (this.compiled.empty) this.story = new Story({ ...BARE, ...this.compiled }, () => "");
    else this.reckon();
    this.live = h("p.fc-hidden", { "aria-live": "polite", role: "status" });
    this.centre = h("div.fc-middle");
    this.aside = h("aside.fc-right", { "aria-label": "Inputs" });
    this.frame = part(() => this.framed());
    this.el = this.frame.el;
    this.root.replaceChildren(this.el);
    if (this.compiled.empty) {
      this.parts = { begin: part(() => begin(this)) };
      this.centre.replaceChildren(this.parts.begin.el);
      this.fill();
    } else {
      const { events, order } = this.story;
      const first = order.find((event) => events[event].role === "outcome") ?? order[0];
      this.solve();
      this.select(this.story.eventOf(outcome ?? "") in events ? outcome : first, false);
    }
  }

  /** Make the engine of the case, and what it says before anything is moved. */
  reckon() {
    this.engine = engine(this.compiled);
    this.word = this.engine.word;
    this.story = new Story(this.compiled, this.word);
    this.inputs = new Map(this.engine.inputs().map((input) => [input.path, input]));
    this.togethers = togethers(this.compiled); // by the path of all of them
    this.own = this.engine.solve(NOTHING);
    this.ownStated = this.engine.stated(NOTHING);
    this.answer = this.own;
  }

  framed() {
    const isEmpty = this.compiled.empty || this.veiled;
    return h(
      "section.fc",
      {
        "aria-label": `Explorer: ${this.story.name}`,
        "data-lm-suppress-shortcuts": "true",
        // Whoever embeds the explorer can read what was moved, with or without a kernel.
        "data-settings": () => JSON.stringify(this.settings.now),
        "data-shape": () => this.settings.shape ?? null,
        tabindex: "-1",
        onkeydown: (event) => this.pressed(event),
      },
      this.veiled ? h("h2.fc-title", this.story.name) : bar(this),
      h("p.fc-trouble", { role: "alert", hidden: () => !this.trouble }, () => this.trouble),
      !isEmpty && scenarios(this),
      h("div.fc-columns", [
        !this.veiled && h("div.fc-left", [outline(this), !isEmpty && eventList(this)]),
        this.centre,
        !this.veiled && this.aside,
      ]),
      notices(this),
      this.live,
    );
  }

  /** Solve the present settings; a contradiction is told, and the last answer stays. */
  solve() {
    this.trouble = "";
    if (!this.engine) return;
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
      answer: part(() => answers(this, event)),
      graph: part(() => (this.veiled ? "" : graph(this, event))),
      panel: part(() => (this.veiled ? [] : panel(this, event))),
    };
    this.centre.replaceChildren(...this.parts.answer.el, this.parts.graph.el);
    if (!this.cards.open || !this.aside.firstChild) this.fill();
    this.refresh();
    if (tell) this.host?.send("outcome", this.askedOf(event) ?? event);
  }

  /** Ask for another state or cut of the event that is shown. */
  askAbout(name) {
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
    return some.length ? mostProbable(some, this.own.posterior) : null;
  }

  /** Draw the graph anew, or more of it; everything else stays. */
  showGraph(all) {
    const wider = part(() => graph(this, this.selected, all));
    wider.el.open = this.parts.graph.el.open;
    this.parts.graph.el.replaceWith(wider.el);
    this.parts.graph = wider;
    wider.update();
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
    this.said = this.offer = "";
    if (this.settings.compiled !== this.compiled) this.rebuild();
    else {
      this.solve();
      this.refresh();
    }
    this.host?.send("shape", this.settings.shape ?? "");
    this.host?.send("settings", this.settings.now);
  }

  /** Bring the page to the present answer; bands and tipping marks follow in idle time. */
  refresh() {
    this.settled = false;
    this.known = new Map();
    this.update();
    if (this.engine) this.later();
  }

  update() {
    for (const one of [this.frame, ...Object.values(this.parts), this.cards]) one.update();
  }

  /** Put into the right column what belongs there: the inputs of an event, or one card. */
  fill() {
    const { open } = this.cards;
    this.el.classList.toggle("fc-carded", Boolean(open));
    const inputs = this.parts.panel?.el ?? [];
    this.aside.replaceChildren(...(open ? [open.el] : inputs));
    this.aside.setAttribute("aria-label", open ? "Card" : "Inputs");
    this.aside.scrollTop = 0;
    this.update();
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
    const band = yield* this.engine.bandSteps(this.settings.now);
    this.band = { ...band, of: this.answer };
    this.settled = true;
    this.update();
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
      if (![undefined, words].includes(this.heard) && !this.veiled) say(this.live, words);
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
    const states = this.story.statesOf(event);
    const names = states.map(({ name }) => name);
    return states[names.indexOf(mostProbable(names, this.answer.posterior))];
  }

  /**
   * What is known of an amount, of the last setting that could be. Its curve takes longest: of an
   * amount that is not selected it follows with the bands.
   */
  amountOf(event) {
    const isSeen = this.settled || event === this.selected || !this.amounts.has(`${event} true`);
    return this.once(`${event} ${isSeen}`, () => {
      const key = `${event} ${isSeen}`;
      try {
        this.amounts.set(key, this.engine.quantity(this.settings.now, event, isSeen));
      } catch (error) {
        if (!this.amounts.has(`${event} true`)) throw error;
      }
      return this.amounts.get(key) ?? this.amounts.get(`${event} true`);
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
    const label = states ? this.likeliest(event).label : "";
    if (brief) return `${label} ${shown()}`.trim();
    return `${label && `${label}: `}${shown()}, ${word()}`;
  }

  /** Tell the band of an event, if it has any width, and whether the luck of the draws made it rough. */
  bandTold(event, between) {
    if (!this.band?.draws) return "";
    const { low, high, mean, of } = this.band;
    const isRough = Math.abs(mean[event] - of.posterior[event]) >= this.compiled.sobol.rough;
    const ends = [low[event], high[event]].map(percent);
    return ends[0] === ends[1] ? "" : `${isRough ? "rough " : ""}90% band ${ends.join(between)}`;
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

  /** A weight in words: as a factor of the odds, or in decibans for who asks for them. */
  weightTold(weight) {
    return this.unit === "decibans" ? decibans(weight) : asOdds(weight);
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

  /** Whether the page has an address that can hold moves: it is no notebook. */
  get isAddressed() {
    return !this.host && !document.getElementById("jupyter-config-data");
  }

  // Python.

  get desk() {
    return this.compiled.desk ?? null;
  }

  get connected() {
    return this.host?.connected ?? false;
  }

  /** Whether Python was there, and is silent. */
  get lost() {
    return Boolean(this.host?.silent);
  }

  /** Say why nothing can be changed in a section now; nothing if it can. */
  barred(section) {
    if (!this.desk) return PYTHON;
    if (!this.connected) return LOST;
    return this.desk.can.includes(section) ? "" : OVERLAY;
  }

  /** Ask Python something about the state of the page; what comes back may hold `problems`. */
  ask(request) {
    if (!this.host) return Promise.resolve({ problems: [{ field: "", words: `This ${PYTHON}.` }] });
    const state = () => ({ base: this.settings.shape, settings: this.settings.now });
    const isEdit = ["edit", "conflict"].includes(request.do); // either may bring another draft
    const answer = this.host.ask(() => {
      if (isEdit) this.edited = this.settings.now;
      return { ...state(), ...request };
    });
    if (!isEdit) return answer;
    this.editing += 1; // meanwhile there is no way back: it would part page and case
    return answer.finally(() => {
      this.editing -= 1;
      if (!this.editing) this.edited = null;
      this.update();
    });
  }

  /** Ask, and do something with the answer; with one, too, that comes after it was given up. */
  async hear(request, act) {
    const answer = await this.ask(request);
    act(answer);
    answer.later?.then(act);
  }

  async reconnect() {
    this.retold = "Asking Python ...";
    this.update();
    const heard = await this.host.reconnect();
    this.retold = heard ? "" : UNANSWERED;
    this.inform(heard ? "Connected again: Python has heard all your moves." : "");
  }

  /** Say in words what came of something; they stay until the next move. */
  inform(words) {
    this.said = words;
    this.update();
  }

  /**
   * Take over settings, and the draft they belong to, from elsewhere. What was moved while an edit
   * was on its way, or `since` Python has heard last, is moved on a new draft too.
   */
  adopt(settings, compiled = this.compiled, since = null) {
    const { edited, settings: own } = this;
    const from = edited ?? (compiled.shape === own.shape ? null : since);
    own.adopt(from ? carried(from, own.now, settings, compiled) : settings, compiled);
  }

  // The keyboard.

  /** Keys stay within the explorer: a notebook has its own meaning for them. */
  pressed(event) {
    event.stopPropagation();
    const { key, target } = event;
    if (key === "Escape" && this.cards.open?.el.contains(target)) this.cards.close();
    if (target.matches(WRITTEN) || !(event.ctrlKey || event.metaKey) || event.altKey) return;
    const way = { z: event.shiftKey ? "redo" : "undo", y: "redo" }[key.toLowerCase()];
    if (!way) return;
    event.preventDefault();
    if (this.editing) this.inform("One moment: an edit is on its way.");
    else this.settings[way]();
  }

  /** Draw another draft of the case; what had the focus has it again, if it is still there. */
  rebuild() {
    const had = this.el.contains(document.activeElement) ? document.activeElement : null;
    this.destroy();
    this.build(this.selected && (this.askedOf(this.selected) ?? this.selected));
    if (!had) return;
    const again = had.isConnected
      ? had // in a card
      : had.dataset.keep && this.el.querySelector(`[data-keep="${CSS.escape(had.dataset.keep)}"]`);
    (again || this.el).focus({ preventScroll: true });
  }

  /** End a replay. */
  pause() {
    clearInterval(this.playing);
    this.playing = null;
    this.settings.rest();
    this.update();
  }

  destroy() {
    clearTimeout(this.late);
    clearTimeout(this.speaking);
    clearInterval(this.playing);
    this.late = this.work = this.playing = null;
    this.settings.rest();
  }
}

const mostProbable = (names, chances) =>
  names.reduce((one, other) => (chances[other] > chances[one] ? other : one));

/** Tell whether a slider can be seen: its card is open. */
const inSight = ({ el }) => el.offsetParent !== null && !el.closest(".fc-card details:not([open])");

/** Put an explorer into an element of any page; its address may bring moves. */
export function mount(root, options) {
  const explorer = new Explorer(root, options);
  const arrive = () => {
    const { moves, refused } = movesIn(location.hash, explorer);
    if (moves) explorer.adopt(moves);
    if (refused) explorer.inform(refused);
  };
  arrive();
  addEventListener("hashchange", arrive);
  return explorer;
}

/** The contract of anywidget: draw a model of Python, and follow it; the page without it hides. */
export function render({ model, el }) {
  const key = model.get("key");
  (globalThis.fcLive ??= new Set()).add(key);
  for (const still of document.querySelectorAll(`[data-fc-key="${CSS.escape(key)}"]`))
    still.hidden = true;
  let explorer = null;
  const host = new Host(model, () => explorer?.update());
  explorer = new Explorer(el, {
    compiled: model.get("compiled"),
    settings: model.get("settings"),
    outcome: model.get("outcome"),
    blind: model.get("blind"),
    committed: model.get("committed"),
    host,
  });
  // What Python says counts instead of what it has not been told yet, and is one step, also where
  // a host hands it over piece by piece. A case that is still being compiled is waited for.
  let [coming, since, awaited, next] = [false, null, false, model.get("compiled")];
  const adopt = () => {
    coming = false;
    const [settings, shape] = ["settings", "shape"].map(
      (name) => host.untold.get(name) ?? model.get(name),
    );
    if ((shape ?? "") === (next.shape ?? "")) explorer.adopt(settings, next, since);
    since = null;
    if (awaited) select();
  };
  const select = () => {
    const outcome = model.get("outcome");
    const { selected, story } = explorer;
    if ((awaited = !(story.eventOf(outcome) in story.events))) return; // of a draft to come
    const isShown = selected === null || [selected, explorer.askedOf(selected)].includes(outcome);
    if (!isShown) explorer.select(outcome, false);
  };
  const file = () => {
    explorer.file = model.get("file") ?? null;
    explorer.update();
  };
  const hear = (name) => {
    const heard = host.isNews("settings") ? host.before.get("settings") : null;
    host.untold.delete(name);
    if (name === "file") return file();
    if (name === "compiled") next = model.get("compiled");
    if (name === "committed") return explorer.veiled && commit(explorer, model.get(name));
    if (name === "outcome") return select();
    since ??= heard; // of a state of the case alone, which is taken over now
    if (!coming) queueMicrotask(adopt);
    coming = true;
    return null;
  };
  file();
  explorer.inform(explorer.cards.before);
  const names = ["outcome", "settings", "shape", "compiled", "file", "committed"];
  const follow = names.map((name) => [`change:${name}`, () => hear(name)]);
  for (const one of follow) model.on(...one);
  return () => {
    for (const one of follow) model.off(...one);
    explorer.destroy();
    host.stop();
  };
}

export default { render };
