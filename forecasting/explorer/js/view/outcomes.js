/** An answer of the engine comes in; the list of outcomes and drivers, on the left, goes out. */

import { clamp, percent } from "./numbers.js";
import { button, h, mark, say, section, share, style } from "./elements.js";

/** Prior tick, posterior dot, 90% band and the case's own answer, on a line from 0 to 1. */
export class Strip {
  constructor() {
    this.band = h("i.fc-band");
    this.prior = h("i.fc-prior");
    this.ghost = h("i.fc-ghost");
    this.dot = h("i.fc-dot");
    this.el = h(
      "span.fc-strip",
      { "aria-hidden": "true" },
      this.band,
      this.prior,
      this.ghost,
      this.dot,
    );
  }

  update(prior, posterior, own) {
    style(this.prior, "left", share(prior));
    style(this.dot, "left", share(posterior));
    style(this.ghost, "left", share(own));
    style(this.ghost, "opacity", Math.abs(own - posterior) > 0.0005 ? "1" : "0");
  }

  showBand(low, high) {
    style(this.band, "left", share(low));
    style(this.band, "width", share(high - low));
  }
}

class EventRow {
  constructor(app, event) {
    this.app = app;
    this.event = event;
    this.title = app.story.title(event);
    this.strip = new Strip();
    this.value = h("span.fc-p");
    this.word = h("span.fc-word");
    this.el = button(
      "fc-row",
      { "data-event": event, tabindex: "-1", onclick: () => app.select(event) },
      h("span.fc-name", { title: app.story.events[event].question }, this.title),
      this.strip.el,
      this.value,
      this.word,
    );
    if (app.story.events[event].given) this.el.classList.add("fc-under");
  }

  update({ prior, posterior }) {
    const [before, after] = [prior[this.event], posterior[this.event]];
    this.strip.update(before, after, this.app.own.posterior[this.event]);
    say(this.value, percent(after));
    mark(this.el, "data-prior", before);
    mark(this.el, "data-posterior", after);
    const word = this.app.word(after);
    say(this.word, word);
    this.spoken = `${this.title}: ${percent(after)}, ${word}; prior ${percent(before)}`;
    mark(this.el, "aria-label", this.spoken);
    mark(this.el, "aria-current", this.app.selected === this.event ? "true" : null);
    mark(this.el, "tabindex", this.app.selected === this.event ? "0" : "-1");
  }

  showBand(band) {
    this.strip.showBand(band.low[this.event], band.high[this.event]);
    const told = this.app.bandTold(band, this.event, " to ");
    mark(this.el, "aria-label", told ? `${this.spoken}; ${told}` : this.spoken);
  }
}

export class EventList {
  constructor(app) {
    this.app = app;
    this.rows = new Map(app.story.order.map((event) => [event, new EventRow(app, event)]));
    const of = (role) => app.story.order.filter((event) => app.story.events[event].role === role);
    const list = (events) =>
      h(
        "div.fc-rows",
        {},
        events.map((event) => this.rows.get(event).el),
      );
    const scale = h(
      "span.fc-scale",
      { "aria-hidden": "true" },
      ...[0, 25, 50, 75, 100].map((at) => {
        const label = h("i", {}, at === 100 ? "100%" : String(at));
        label.style.left = `${at}%`;
        return label;
      }),
    );
    const head = h(
      "div.fc-row.fc-head",
      { "aria-hidden": "true" },
      h("span.fc-name", {}, "| prior   ● forecast   ▬ 90%"),
      scale,
    );
    const [outcomes, drivers] = [of("outcome"), of("driver")];
    this.drivers = section(`Drivers (${drivers.length})`, false, list(drivers));
    this.el = h(
      "nav.fc-left",
      { "aria-label": "Outcomes and drivers", onkeydown: (event) => this.step(event) },
      h("h3", {}, `Outcomes (${outcomes.length})`),
      head,
      list(outcomes),
      drivers.length ? this.drivers : null,
    );
  }

  /** Up and down move through the list, Home and End to its ends. */
  step(event) {
    const rows = [...this.el.querySelectorAll("button.fc-row")].filter(
      (row) => row.offsetParent !== null,
    );
    const at = rows.indexOf(event.target);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: rows.length - 1 }[event.key];
    if (at < 0 || to === undefined) return;
    event.preventDefault();
    rows[clamp(to, 0, rows.length - 1)].focus();
  }

  update(answer) {
    if (this.app.story.events[this.app.selected].role === "driver") this.drivers.open = true;
    for (const row of this.rows.values()) row.update(answer);
  }

  showBand(band) {
    for (const row of this.rows.values()) row.showBand(band);
  }
}
