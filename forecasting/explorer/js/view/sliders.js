/** One number of the case comes in; a slider that can be dragged, keyed and typed into goes out. */

import { Z90 } from "../engine/judgement.js";
import { clamp, scaleOf } from "./numbers.js";
import { button, h, mark, newId, say, share, style } from "./elements.js";
import { same } from "./settings.js";

/** A read-out that can be typed into. What is not understood stays, marked and explained. */
export class Field {
  constructor(label, scale, commit, { closed = false, end = false } = {}) {
    Object.assign(this, { scale, commit, closed, end });
    this.help = h("span.fc-help", { id: newId(), hidden: true });
    this.input = h("input.fc-field", {
      type: "text",
      inputmode: "decimal",
      autocomplete: "off",
      spellcheck: "false",
      "aria-label": label,
      onchange: () => this.read(),
      onkeydown: (event) => event.key === "Escape" && this.forget(),
    });
  }

  read() {
    const doubt = this.scale.doubt?.(this.input.value);
    const value = this.scale.parse(this.input.value, this.closed);
    const refused = doubt ?? (value === null ? this.scale.help : this.commit(value));
    this.complain(refused || null);
    if (!refused) this.show(this.value, true);
  }

  complain(words) {
    this.help.hidden = !words;
    this.help.textContent = words ? `${words}.` : "";
    mark(this.input, "aria-invalid", words ? "true" : null);
    mark(this.input, "aria-describedby", words ? this.help.id : null);
  }

  forget() {
    this.complain(null);
    this.show(this.value, true);
  }

  show(value, force = false) {
    this.value = value;
    const typing =
      this.input === this.input.getRootNode().activeElement || this.input.ariaInvalid === "true";
    if (typing && !force) return;
    const text = this.end ? (this.scale.showEnd ?? this.scale.show)(value) : this.scale.show(value);
    if (this.input.value !== text) this.input.value = text;
    style(this.input, "width", `${Math.max(4, text.length) + 0.9}ch`);
  }
}

/** One judgement: its centre on one lane, the ends of its 90% range on a lane below. */
export class Slider {
  constructor(app, path, label, { asks = null, closed = false } = {}) {
    this.app = app;
    this.path = path;
    this.label = label;
    this.input = app.inputs.get(path);
    this.scale = scaleOf(this.input);
    this.closed = closed || /if_yes|if_no|hit|false|table|reliability|\.if\./.test(path);
    this.build(asks);
    this.update();
  }

  build(asks) {
    const { scale, label } = this;
    const { least: min, most: max } = this.input;
    const range = (what, words, move) =>
      h(`input.${what}`, {
        type: "range",
        min,
        max,
        step: 0.05,
        "aria-label": words,
        oninput: (event) => move(Number(event.target.value)),
        onchange: () => this.app.settings.rest(),
      });
    this.centre = range("fc-centre", label, (x) => this.moveCentre(x));
    this.low = range("fc-end", `${label}: low end of the 90% range`, (x) => this.moveEnd("low", x));
    this.high = range("fc-end", `${label}: high end of the 90% range`, (x) =>
      this.moveEnd("high", x),
    );
    const { closed } = this;
    this.field = new Field(`${label}, typed`, scale, (value) => this.typeCentre(value), { closed });
    this.lowField = new Field(
      `${label}: low end, typed`,
      scale,
      (value) => this.typeEnd("low", value),
      { end: true },
    );
    this.highField = new Field(
      `${label}: high end, typed`,
      scale,
      (value) => this.typeEnd("high", value),
      { end: true },
    );
    this.fill = h("div.fc-fill");
    this.own = h("div.fc-own", { title: "as the case has it" });
    this.class = h("div.fc-class", { title: "the range of the case" });
    this.tips = h("div.fc-tips");
    this.ranged = button("fc-quiet", { onclick: () => this.toggleRange() });
    this.back = button(
      "fc-quiet.fc-back",
      { onclick: () => this.reset(), "aria-label": `Reset ${label}` },
      "reset",
    );
    this.ends = h("span.fc-ends", {}, "90%: ", this.lowField.input, " – ", this.highField.input);
    const ticks = scale.ticks
      .filter((at) => scale.to(at) > min && scale.to(at) < max)
      .map((at) => {
        const tick = h("i.fc-tick", { title: scale.tickWords?.(at) ?? null });
        tick.style.left = share(this.along(scale.to(at)));
        return tick;
      });
    this.rangeLane = h(
      "div.fc-lane.fc-range",
      {},
      h("div.fc-marks", {}, this.fill),
      this.low,
      this.high,
    );
    this.el = h(
      "div.fc-slider",
      { "data-path": this.path },
      h(
        "div.fc-read",
        {},
        h("span.fc-asks", {}, asks ?? label),
        this.field.input,
        this.ends,
        this.ranged,
        this.back,
      ),
      h(
        "div.fc-lane",
        {},
        h("div.fc-marks", {}, this.class, ticks, this.own, this.tips),
        this.centre,
      ),
      this.rangeLane,
      this.field.help,
      this.lowField.help,
      this.highField.help,
    );
    const { median, sd } = this.input;
    const [from, to] = [median - Z90 * sd, median + Z90 * sd].map((x) => this.along(x));
    style(this.own, "left", share(this.along(median)));
    style(this.class, "left", share(from));
    style(this.class, "width", share(to - from));
  }

  along(x) {
    const { least: min, most: max } = this.input;
    return clamp((x - min) / (max - min), 0, 1);
  }

  get now() {
    return this.app.judged(this.path);
  }

  /** Write the file's own form: a number, or {low, best, high}, with the period of a base rate. */
  write(low, best, high, gesture) {
    const within = this.input.within && `${this.input.within} months`;
    const form =
      low === undefined
        ? within
          ? { best, within }
          : best
        : { low, best, high, ...(within ? { within } : {}) };
    this.app.settings.override(this.path, form, gesture);
  }

  put(median, sd, gesture, best = this.scale.tidy(this.scale.from(median))) {
    const { from, tidy: short } = this.scale;
    if (!Number.isFinite(median)) sd = 0; // certainty has no range
    const [low, high] = [-Z90, Z90].map((z) => (sd ? short(from(median + z * sd)) : undefined));
    this.write(low, best, high, gesture);
    this.written = { form: this.app.settings.now.overrides[this.path], sd };
  }

  moveCentre(x) {
    this.put(x, this.spread, `${this.path} centre`);
  }

  typeCentre(value) {
    this.put(this.scale.to(value), this.spread, null, value);
  }

  /** The spread that a moved centre keeps: what was meant, and not what rounding made of it. */
  get spread() {
    const form = this.app.settings.now.overrides[this.path];
    return form !== undefined && same(form, this.written?.form) ? this.written.sd : this.now.sd;
  }

  /** Move one end: the other stays, and the centre is their middle. */
  moveEnd(which, x, gesture = `${this.path} ${which}`, typed = undefined) {
    const { median, sd } = this.now;
    const other = which === "low" ? median + Z90 * sd : median - Z90 * sd;
    const gap = which === "low" ? other - x : x - other;
    if (gap < 0.01) return "The low end must lie below the high end";
    const { from, tidy: short } = this.scale;
    const end = typed ?? short(from(x));
    const far = short(from(other));
    const best = short(from((this.scale.to(end) + this.scale.to(far)) / 2));
    if (which === "low") this.write(end, best, far, gesture);
    else this.write(far, best, end, gesture);
    return null;
  }

  typeEnd(which, value) {
    return this.moveEnd(which, this.scale.to(value), null, value);
  }

  toggleRange() {
    const { median, sd } = this.now;
    this.put(median, sd ? 0 : this.input.sd || 0.5, null);
  }

  reset() {
    this.app.settings.override(this.path, undefined);
    this.centre.focus();
  }

  update() {
    const { median, sd } = this.now;
    const { from, show } = this.scale;
    const [low, high] = [median - Z90 * sd, median + Z90 * sd];
    const changed = this.path in this.app.settings.now.overrides;
    const words =
      show(from(median)) + (sd ? `, 90% range ${show(from(low))} to ${show(from(high))}` : "");
    this.turn(this.centre, median, words);
    this.field.show(from(median));
    style(this.rangeLane, "display", sd ? "" : "none");
    style(this.ends, "display", sd ? "" : "none");
    say(this.ranged, sd ? "exact" : "± range");
    if (sd) {
      this.turn(this.low, low, show(from(low)));
      this.turn(this.high, high, show(from(high)));
      this.lowField.show(from(low));
      this.highField.show(from(high));
      style(this.fill, "left", share(this.along(low)));
      style(this.fill, "width", share(this.along(high) - this.along(low)));
    }
    for (const shadow of [this.own, this.class]) style(shadow, "opacity", changed ? "1" : "0");
    style(this.back, "visibility", changed ? "visible" : "hidden");
  }

  /** Move a thumb, unless the hand is on it and it stands there already. */
  turn(range, x, words) {
    const { least: min, most: max } = this.input;
    const to = clamp(x, min, max);
    if (Math.abs(Number(range.value) - to) > 0.03) range.value = to;
    mark(range, "aria-valuetext", words);
  }

  /** Mark where the word of the outcome would change, either way, and say it to those who listen. */
  showTips(tips, outcome) {
    const { scale } = this;
    const { median } = this.now;
    const near = [
      tips.findLast(({ at }) => at <= median),
      tips.find(({ at }) => at > median),
    ].filter(Boolean);
    const told = near.map(({ at, from, to }) => [at, scale.show(scale.from(at)), from, to]);
    const marks = told.map(([at, place, from, to]) => {
      const title = `“${outcome}”: ${from} below ${place}, ${to} above`;
      const below = at <= median; // words of two marks stand apart, however near the marks are
      const side = near.length > 1 ? (below ? ".fc-under" : ".fc-over") : "";
      const tip = h("i.fc-tip", { title }, h(`span.fc-tipword${side}`, below ? from : to));
      tip.style.left = share(this.along(at));
      return tip;
    });
    this.tips.replaceChildren(...marks);
    const words = told.map(([, place, from, to]) => `${from} below ${place}, ${to} above`);
    mark(
      this.centre,
      "aria-description",
      words.length ? `The word for “${outcome}” changes: ${words.join("; ")}` : null,
    );
  }
}
