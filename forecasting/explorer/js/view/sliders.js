/** One number of the case comes in; a slider that can be dragged, keyed and typed into goes out. */

import { rangeOf } from "../engine/judgement.js";
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
    const doubt = this.scale.doubt?.(this.input.value, this.closed);
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

/** A number on a lane: its thumb, a field to type into, and marks of where it was and could go. */
export class Lane {
  /**
   * @param {object} lane `label`; `min`, `max` and `step`; `scale`, from a place on it to what
   *   people write; `own`, where the case has it; `place()`, where it is now; `tipAt`, where on it a
   *   change of words is, and `isSpelled`, whether the words stand at its mark
   */
  constructor(app, path, { tipAt = (x) => x, ...lane }) {
    Object.assign(this, { app, path, tipAt, ...lane });
    const { scale, min, max, own } = this;
    const at = (x) => ({ "style.left": share(this.along(x)) });
    this.fill = h("div.fc-fill");
    this.ghost = h("div.fc-own", { title: "as the case has it", ...at(own) });
    this.tips = h("div.fc-tips");
    this.ticks = (scale.ticks ?? [])
      .map(scale.to)
      .filter((x) => x > min && x < max)
      .map((x) => h("i.fc-tick", at(x)));
  }

  /** A thumb on it; `move` is given where the hand takes it. */
  thumb(kind, label, move) {
    const { min, max, step } = this;
    return h(`input.${kind}`, {
      ...{ type: "range", min, max, step },
      "aria-label": label,
      oninput: ({ target }) => move(Number(target.value)),
      onchange: () => this.app.settings.rest(),
    });
  }

  along(x) {
    return clamp((x - this.min) / (this.max - this.min), 0, 1);
  }

  /** Move a thumb, unless the hand is on it and it stands there already. */
  turn(thumb, x, words) {
    const to = clamp(x, this.min, this.max);
    if (Math.abs(Number(thumb.value) - to) > 0.6 * this.step) thumb.value = to;
    mark(thumb, "aria-valuetext", words);
  }

  /** Draw a mark from one place to another. */
  span(drawn, ends) {
    const [from, to] = ends.map((x) => this.along(x));
    style(drawn, "left", share(from));
    style(drawn, "width", share(to - from));
  }

  /** Mark where the word of the outcome would change, either way, and say it to those who listen. */
  showTips(tips, outcome) {
    const { scale } = this;
    const now = this.place();
    const all = tips.map((one) => ({ ...one, at: this.tipAt(one.at) }));
    const near = [all.findLast(({ at }) => at <= now), all.find(({ at }) => at > now)];
    const told = near.filter(Boolean).map(({ at, from, to }) => {
      const words = `${from} below ${scale.show(scale.from(at))}, ${to} above`;
      const below = at <= now; // words of two marks stand apart, however near the marks are
      const side = near.every(Boolean) ? (below ? ".fc-under" : ".fc-over") : "";
      const place = { title: `“${outcome}”: ${words}`, "style.left": share(this.along(at)) };
      const word = this.isSpelled && h(`span.fc-tipword${side}`, below ? from : to);
      return [words, h("i.fc-tip", place, word)];
    });
    this.tips.replaceChildren(...told.map(([, tip]) => tip));
    const words = told.map(([one]) => one).join("; ");
    const changes = words && `The word for “${outcome}” changes: ${words}`;
    mark(this.centre, "aria-description", changes || null);
  }
}

/** One judgement: its centre on one lane, the ends of its 90% range on a lane below. */
export class Slider extends Lane {
  constructor(app, path, label, asks) {
    const input = app.inputs.get(path);
    const { median: own, least: min, most: max } = input;
    const place = () => this.now.median;
    const scale = scaleOf(input);
    super(app, path, { label, min, max, step: 0.05, scale, own, place, isSpelled: true });
    this.input = input;
    this.build(asks ?? label);
    this.update();
  }

  build(asks) {
    const { scale, label, path } = this;
    this.centre = this.thumb("fc-centre", label, (x) => this.moveCentre(x));
    const closed = /if_yes|if_no|hit|false|table|reliability|\.if\./.test(path);
    this.field = new Field(`${label}, typed`, scale, (value) => this.typeCentre(value), { closed });
    this.ends = ["low", "high"].map((which) => {
      const typed = (value) => this.moveEnd(which, scale.to(value), null, value);
      const words = `${label}: ${which} end of the 90% range`;
      return {
        thumb: this.thumb("fc-end", words, (x) => this.moveEnd(which, x)),
        field: new Field(`${label}: ${which} end, typed`, scale, typed, { end: true }),
      };
    });
    const [low, high] = this.ends;
    this.class = h("div.fc-class", { title: "the range of the case" });
    this.span(this.class, rangeOf(this.input));
    this.ranged = button("fc-quiet", { onclick: () => this.toggleRange() });
    const reset = { onclick: () => this.reset(), "aria-label": `Reset ${label}` };
    this.back = button("fc-quiet.fc-back", reset, "reset");
    this.typed = h("span.fc-ends", "90%: ", low.field.input, " – ", high.field.input);
    const lane = [h("div.fc-marks", this.fill), low.thumb, high.thumb];
    this.rangeLane = h("div.fc-lane.fc-range", lane);
    const marks = [this.class, this.ticks, this.ghost, this.tips];
    this.el = h("div.fc-slider", { "data-path": path }, [
      h("div.fc-read", [h("span.fc-asks", asks), this.field.input, this.typed, this.ranged, this.back]),
      h("div.fc-lane", [h("div.fc-marks", marks), this.centre]),
      this.rangeLane,
      ...[this.field.help, low.field.help, high.field.help],
    ]);
  }

  get now() {
    return this.app.judged(this.path);
  }

  /** Write the file's own form: a number, or {low, best, high}, with the period of a base rate. */
  write(low, best, high, gesture) {
    const within = this.input.within ? { within: `${this.input.within} months` } : null;
    const ends = low === undefined ? null : { low, best, high };
    const form = ends || within ? { ...(ends ?? { best }), ...within } : best;
    this.app.settings.override(this.path, form, gesture);
  }

  put(median, sd, gesture, best = this.scale.tidy(this.scale.from(median))) {
    const { from, tidy: short } = this.scale;
    if (!Number.isFinite(median)) sd = 0; // certainty has no range
    const [low, high] = rangeOf({ median, sd }).map((x) => (sd ? short(from(x)) : undefined));
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
    const isLow = which === "low";
    const other = rangeOf(this.now)[isLow ? 1 : 0];
    if ((isLow ? other - x : x - other) < 0.01) return "The low end must lie below the high end";
    const { from, to, tidy: short } = this.scale;
    const [end, far] = [typed ?? short(from(x)), short(from(other))];
    const best = short(from((to(end) + to(far)) / 2));
    const [low, high] = isLow ? [end, far] : [far, end];
    this.write(low, best, high, gesture);
    return null;
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
    const isChanged = this.path in this.app.settings.now.overrides;
    const ends = sd ? rangeOf(this.now) : [];
    const told = ends.map((x) => show(from(x)));
    const words = show(from(median));
    this.turn(this.centre, median, sd ? `${words}, 90% range ${told.join(" to ")}` : words);
    this.field.show(from(median));
    for (const one of [this.rangeLane, this.typed]) style(one, "display", sd ? "" : "none");
    say(this.ranged, sd ? "exact" : "± range");
    ends.forEach((x, i) => {
      this.turn(this.ends[i].thumb, x, told[i]);
      this.ends[i].field.show(from(x));
    });
    if (sd) this.span(this.fill, ends);
    for (const one of [this.ghost, this.class]) style(one, "opacity", isChanged ? "1" : "0");
    style(this.back, "visibility", isChanged ? "visible" : "hidden");
  }
}
