/** Settings come in; dates, scenarios and the list of changes, at the top, go out. */

import { clamp, day, percent } from "./numbers.js";
import { button, choice, h, mark, say, style } from "./elements.js";

/** The day of the forecast and the day it is for, with a replay of the days on which something came. */
export class Dates {
  constructor(app) {
    this.app = app;
    const { days, ends } = app.story;
    this.days = days;
    this.when = h("output.fc-day");
    this.slider = h("input.fc-replay", {
      type: "range",
      min: 0,
      max: Math.max(days.length - 1, 0),
      step: 1,
      "aria-label": "Day of the forecast",
      oninput: () => this.go(Number(this.slider.value), "as_of"),
      onchange: () => app.settings.rest(),
    });
    const step = (words, label, to) =>
      button(
        "fc-quiet",
        { "aria-label": label, title: label, onclick: () => this.go(to()) },
        words,
      );
    const at = () => Number(this.slider.value);
    this.play = button("fc-quiet", { onclick: () => this.toggle() }, "replay");
    this.by = choice(
      "Day it is for",
      ends.map((end) => [end, `by ${day(end)}`]),
      app.story.by,
      (value) =>
        app.settings.change(null, (next) => (next.by = value === app.story.by ? null : value)),
    );
    this.el = days.length
      ? h(
          "div.fc-dates",
          {},
          "as of ",
          this.when,
          days.length > 1
            ? [
                step("◂", "One day of news back", () => at() - 1),
                this.slider,
                step("▸", "One day of news on", () => at() + 1),
                this.play,
              ]
            : null,
          ends.length > 1 ? this.by : h("span", {}, ends.length ? `by ${day(ends[0])}` : ""),
        )
      : h("div.fc-dates");
  }

  go(index, gesture = null) {
    const day_ = this.days[clamp(index, 0, this.days.length - 1)];
    this.app.settings.change(
      gesture,
      (next) => (next.as_of = day_ === this.app.story.asOf ? null : day_),
    );
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
export class Scenarios {
  constructor(app) {
    this.app = app;
    const named = Object.entries(app.story.scenarios);
    const parts = [...named, ["something else", { title: "something else" }]];
    this.parts = named.length
      ? parts.map(([id, { title }], i) =>
          this.part(id, title, i === parts.length - 1 ? "rest" : i % 6),
        )
      : [];
    this.el = h(
      "section.fc-scenarios",
      { "aria-label": "Scenarios", hidden: !named.length },
      h(
        "div.fc-stack",
        { "aria-hidden": "true" },
        this.parts.map((part) => part.bar),
      ),
      h(
        "ul.fc-legend",
        {},
        this.parts.map((part) => part.label),
      ),
    );
  }

  part(id, title, hue) {
    const value = h("b.fc-p");
    const before = h("span.fc-note");
    return {
      id,
      value,
      before,
      bar: h(`i.fc-hue-${hue}`, { title }),
      label: h("li", {}, h(`i.fc-hue-${hue}`), title, " ", value, " ", before),
    };
  }

  update({ scenarios, scenariosPrior }) {
    const rest = (all) =>
      Math.max(0, 1 - this.parts.slice(0, -1).reduce((sum, { id }) => sum + all[id], 0));
    for (const { id, bar, value, before } of this.parts) {
      const last = id === "something else";
      const p = last ? rest(scenarios) : scenarios[id];
      style(bar, "flex-grow", p.toFixed(4));
      say(value, percent(p));
      say(before, `was ${percent(last ? rest(scenariosPrior) : scenariosPrior[id])}`);
    }
  }
}

/** Words while the kernel does not hear of the moves, and a way to keep them. */
export class Notice {
  constructor(app) {
    this.words = h("span");
    this.el = h(
      "p.fc-trouble.fc-notice",
      { role: "status", hidden: true },
      this.words,
      button("fc-quiet.fc-save", { onclick: () => app.save() }, "Save your moves as a file"),
      h("span.fc-note", {}, "Explorer.load(case, file) opens it again."),
    );
  }

  show(words) {
    this.el.hidden = !words;
    say(this.words, words ?? "");
  }
}

/** What the hand has changed, each with a way back. */
export class Changes {
  constructor(app) {
    this.app = app;
    this.count = h("summary", {});
    this.list = h("ul");
    this.el = h("details.fc-changes", {}, this.count, this.list);
    this.undo = button("fc-undo", { onclick: () => app.settings.undo() }, "Undo");
    this.reset = button("fc-reset", { onclick: () => app.reset() }, "Reset all");
  }

  update() {
    const { settings } = this.app;
    const rows = this.rows();
    const count = rows.length;
    // A button that loses its use keeps the focus: aria-disabled, not disabled.
    mark(this.undo, "aria-disabled", settings.past.length ? null : "true");
    mark(this.reset, "aria-disabled", count ? null : "true");
    say(this.count, count === 1 ? "1 change" : `${count} changes`);
    mark(this.el, "data-none", count ? null : true);
    const told = JSON.stringify(rows.map(([words]) => words));
    if (told === this.told) return;
    this.told = told;
    this.list.replaceChildren(
      ...rows.map(([words, edit]) =>
        h(
          "li",
          {},
          h("span", {}, words),
          edit &&
            button(
              "fc-quiet",
              {
                "aria-label": `Take back: ${words}`,
                onclick: () => {
                  settings.change(null, edit);
                  this.count.focus();
                },
              },
              "reset",
            ),
        ),
      ),
    );
  }

  /** List the changes, in words, each with what takes it back; an addition goes by Undo or Reset. */
  rows() {
    const { story, settings } = this.app;
    const { given, do: made, as_of, by } = settings.now;
    const yes = (answer) => (answer ? "yes" : "no");
    const rows = Object.keys(this.app.compiled.added ?? {}).map((path) => {
      const [section, name] = path.split(".");
      const what = { evidence: story.facts[name]?.claim, sources: story.sources[name]?.title };
      return [`added: ${what[section] ?? path}`];
    });
    for (const [words, paths] of this.overridden())
      rows.push([words, (next) => paths.forEach((path) => delete next.overrides[path])]);
    for (const [event, answer] of Object.entries(given))
      rows.push([
        `we learn ${yes(answer)}: ${story.title(event)}`,
        (next) => delete next.given[event],
      ]);
    for (const [event, answer] of Object.entries(made))
      rows.push([`made ${yes(answer)}: ${story.title(event)}`, (next) => delete next.do[event]]);
    if (as_of) rows.push([`as of ${day(as_of)}`, (next) => (next.as_of = null)]);
    if (by) rows.push([`by ${day(by)}`, (next) => (next.by = null)]);
    return rows;
  }

  /** Gather paths that are one change to a reader: a fact left out, a source's letter on all reports. */
  overridden() {
    const found = new Map();
    for (const path of Object.keys(this.app.settings.now.overrides)) {
      for (const words of this.wordsFor(path))
        found.set(words, [...(found.get(words) ?? []), path]);
    }
    return found;
  }

  wordsFor(path) {
    const { story, settings, inputs } = this.app;
    const [section, name, , index] = path.split(".");
    const fact = section === "evidence" ? story.facts[name] : null;
    if (inputs.has(path)) return [inputs.get(path).title + (fact ? ` (${fact.claim})` : "")];
    if (!fact) return [path];
    if (!path.endsWith(".grade")) {
      const status = this.app.status(name);
      return [status === "pending" ? `left out: ${fact.claim}` : `${status}: ${fact.claim}`];
    }
    const { source, letter, digit } = fact.reports[index];
    const now = settings.now.overrides[path];
    const words = [];
    if (now[0] !== letter) words.push(`source graded ${now[0]}: ${story.sources[source].title}`);
    if ((now[1] ?? null) !== digit) words.push(`report graded ${now[1]}: ${fact.claim}`);
    return words;
  }
}
