/** An event comes in; everything that can be moved about it, on the right, goes out. */

import { clamp, day, decibans, percent } from "./numbers.js";
import { button, choice, h, mark, say, section, share, style } from "./elements.js";
import { Slider } from "./sliders.js";

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
    this.select = choice(`What if: ${app.story.title(event)}`, options, "", (value) =>
      app.settings.suppose(event, value),
    );
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
      option.disabled =
        option.value.startsWith("do") &&
        (set === undefined || (set === false && option.value === "do yes"));
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
      this.sliders.push(
        new Slider(app, `events.${driver}.now`, `Held now: ${title}`, {
          asks: "held now, apart from the facts",
        }),
      );
    }
    if (link && app.inputs.has(link.path)) {
      const verb = { raises: "raises", lowers: "lowers", odds: "multiplies" }[
        link.path.split(".").at(-1)
      ];
      this.sliders.push(
        new Slider(app, link.path, `${title} ${verb} the odds of ${app.story.title(target)}`, {
          asks: `if true, ${verb} the odds`,
        }),
      );
    }
    const needed = link ? null : h("p.fc-note", {}, "Without it, this cannot happen.");
    this.el = h(
      "div.fc-driver",
      {},
      h(
        "div.fc-driverhead",
        {},
        button("fc-link", { onclick: () => app.select(driver) }, title),
        this.value,
        this.whatIf.el,
      ),
      needed,
      this.sliders.map((slider) => slider.el),
      link?.why ? h("p.fc-why", {}, link.why) : null,
    );
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
    const spelled = (words) =>
      Object.entries(words).map(([key, meaning]) => [key, `${key}: ${meaning}`]);
    this.letter =
      letter &&
      choice(`Reliability of ${name}`, spelled(app.story.letters), letter, (value) =>
        app.grade(source, value),
      );
    this.digit =
      digit &&
      choice(`Credibility of this report by ${name}`, spelled(app.story.digits), digit, (value) =>
        app.credit(fact, index, value),
      );
    this.sound = h("span.fc-note");
    const paths = ["hit", "false"]
      .map((key) => `evidence.${fact}.reports.${index}.${key}`)
      .filter((path) => app.inputs.has(path));
    this.sliders = paths.map((path) => new Slider(app, path, app.inputs.get(path).title));
    this.el = h(
      "li.fc-report",
      {},
      h(
        "div",
        {},
        h("b", {}, name),
        says === false ? h("em", {}, " denies it") : " reports it",
        date ? `, ${day(date)}` : "",
        interest ? h("span.fc-note", {}, ` (${interest})`) : null,
      ),
      h("div.fc-grades", {}, this.letter, this.digit),
      this.sound,
      this.sliders.map((slider) => slider.el),
    );
  }

  update({ soundness }) {
    const { letter, digit } = this.app.gradeOf(this.fact, this.index);
    if (this.letter && this.letter.value !== letter) this.letter.value = letter;
    if (this.digit && this.digit.value !== digit) this.digit.value = digit;
    const sound = soundness[this.report.source];
    say(
      this.sound,
      sound === undefined
        ? ""
        : `sound with probability ${percent(sound)} in the light of all sources`,
    );
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
    const when =
      status === "pending"
        ? until
          ? `watch until ${day(until)}`
          : "an indicator to watch"
        : day(date);
    this.details = h(
      "details",
      { ontoggle: () => this.details.open && this.fill() },
      h(
        "summary",
        {},
        h("span.fc-claim", {}, claim),
        h("span.fc-date", {}, when),
        h("span.fc-meter", { "aria-hidden": "true" }, this.ceiling, this.bar),
        this.worth,
      ),
      this.body,
    );
    this.el = h(
      "article.fc-card",
      { "data-fact": fact, "aria-label": claim },
      this.control,
      this.details,
    );
  }

  counted() {
    this.box = h("input", {
      type: "checkbox",
      onchange: () => this.app.switchFact(this.fact, this.box.checked),
    });
    return h(
      "label.fc-on",
      { title: "does this fact count?" },
      this.box,
      h("span.fc-hidden", {}, "counts"),
    );
  }

  watched() {
    const states = [
      ["pending", "not seen"],
      ["confirmed", "seen"],
      ["absent", "absent"],
    ];
    this.state = choice("Suppose it is", states, "pending", (value) =>
      this.app.settings.override(
        `evidence.${this.fact}.status`,
        value === "pending" ? undefined : value,
      ),
    );
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
    const pushes = [...app.inputs.values()].filter((input) =>
      input.path.startsWith(at("bears_on.")),
    );
    this.sliders = [
      ...asked.map(([path, words]) => new Slider(app, path, words)),
      ...pushes.map(({ path }) => {
        const [other, verb] = path.split(".").slice(-2);
        return new Slider(
          app,
          path,
          `“${app.story.title(other)}” ${verb === "odds" ? "multiplies" : verb} the odds of seeing this`,
        );
      }),
    ];
    this.reports = reports.map((_, index) => new ReportLine(app, fact, index));
    this.body.append(
      ...[
        ...this.sliders.map((slider) => slider.el),
        this.reports.length
          ? h(
              "ul.fc-reports",
              {},
              this.reports.map((report) => report.el),
            )
          : null,
        this.limit,
        why ? h("p.fc-why", {}, why) : null,
      ].filter(Boolean),
    );
    this.update(app.answer);
    this.weigh();
    app.later();
  }

  update(answer) {
    const { overrides } = this.app.settings.now;
    const state =
      overrides[`evidence.${this.fact}.status`] ?? this.app.story.facts[this.fact].status;
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
    style(this.ceiling, "display", most === null ? "none" : "");
    mark(this.bar, "class", (worth ?? 0) >= 0 ? "fc-push fc-up" : "fc-push fc-down");
    if (this.sliders && most !== null) {
      const now = worth === null ? "It does not count now" : `Worth ${decibans(worth)} by itself`;
      say(
        this.limit,
        `${now}; at most ${decibans(most)} were the report beyond doubt from a source as reliable as this.`,
      );
    }
  }
}

/** Everything that can be moved about the selected event. */
export class Panel {
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
    if (role === "driver" && inputs.has(now))
      parts.push(slider(now, `Held now: ${story.title(event)}`, "held now, apart from the facts"));
    if (inputs.has(base))
      parts.push(slider(base, `Base rate of ${story.title(event)}`, story.askBaseRate(event)));
    for (const [path, input] of inputs)
      if (table && path.startsWith(`events.${event}.table.`)) parts.push(slider(path, input.title));
    if (story.classOf(event)) parts.push(h("p.fc-note", {}, story.classOf(event)));
    if (why) parts.push(h("p.fc-why", {}, why));
    this.whatIf = new WhatIf(app, event);
    this.drivers = story
      .parents(event)
      .map((driver) => new DriverBlock(app, driver, story.link(driver, event), event));
    this.cards = new Map(
      story.factsOn(event).map((fact) => [fact, new EvidenceCard(app, fact, event)]),
    );
    const own = [...this.cards.values()].map((card) => card.el);
    const farther = story
      .ancestors(event)
      .flatMap((name) => story.factsOn(name).map((fact) => [fact, name]))
      .filter(([fact]) => !this.cards.has(fact));
    for (const [fact, name] of farther)
      if (!this.cards.has(fact)) this.cards.set(fact, new EvidenceCard(app, fact, name));
    this.far = section(
      `Evidence on what moves it (${this.cards.size - own.length})`,
      false,
      [...this.cards.values()].slice(own.length).map((card) => card.el),
    );
    this.el.replaceChildren(
      section(
        role === "driver" ? "This driver" : "Base rate",
        true,
        parts,
        h("div.fc-driverhead", {}, this.whatIf.el),
      ),
      ...(this.drivers.length
        ? [
            section(
              `What moves it (${this.drivers.length})`,
              true,
              this.drivers.map((one) => one.el),
            ),
          ]
        : []),
      section(
        `Evidence (${own.length})`,
        true,
        own.length ? own : h("p.fc-note", {}, "No fact is listed on it directly."),
      ),
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
    for (const card of this.cards.values())
      if (card.details.open) all.push(...(card.sliders ?? []));
    return all.filter((slider) => slider.el.offsetParent !== null);
  }
}
