/**
 * Numbers that hang together (shares of states, steps between ordered ones, points of an amount)
 * come in; handles that can be dragged, keyed and typed into go out.
 *
 * A handle takes what the hand gives it, and the others move as the engine says. In the settings
 * one moved handle is one key path. Once several have moved, all of them are written, in the form a
 * file has them: what each of them says would depend on the order of the moves.
 */

import { Curve, amountAt, placeOf } from "../engine/amounts.js";
import { Z90, expected, logit, means, sigmoid } from "../engine/judgement.js";
import { about } from "../engine/places.js";
import { PROBABILITY, amount, clamp, percent } from "./numbers.js";
import { button, h, keep, mark, say, share, style } from "./elements.js";
import { Field } from "./sliders.js";
import { baseBar } from "./states.js";
import { parseAmount } from "./typed.js";

const ROUND = [-2, -1, 0, 1, 2, 3, 4, 5, 6, 7, 8].flatMap((e) => [1, 2, 5].map((x) => x * 10 ** e));
const [LEAST, MOST] = [0.001, 0.999].map(logit); // where the lane of a share ends
const GAP = 0.0005; // what is left at least between two steps
const NARROW = 0.005; // how near two points of an amount may come, of the width of their lane
const SURE = 5.9978; // in normal scores: farther out a cut is all but always true, or never
const DIGITS = 9; // of the numbers that move along
const FEW = 7; // points of an amount that each get a handle; of more only the middle does
const FACTORS = Math.log(30); // the widest "unsure"

const rounded = (x) => Number(x.toPrecision(DIGITS));
const meanOf = (judgement) => means(judgement)[1];

/** One number of several: a thumb on a lane, and a field. */
class Handle {
  /**
   * @param {object} told `label`, `asks`; `min` and `max` of the lane; `now()` and `own`, places on
   *   it; `scale`, from a place to what people write; `move(value, gesture)`, which gives words
   *   where it refuses; `range()`, the ends of the 90% range, or null
   */
  constructor(app, path, told) {
    Object.assign(this, { app, path, told });
    const { label, asks, min, max, scale, own, closed } = told;
    this.thumb = h("input.fc-centre", {
      ...{ type: "range", min, max, step: (max - min) / 280 },
      "aria-label": label,
      oninput: ({ target }) => this.drag(Number(target.value)),
      onchange: () => app.settings.rest(),
    });
    this.field = new Field(`${label}, typed`, scale, (value) => told.move(value, null), { closed });
    this.fill = h("div.fc-fill");
    this.own = h("div.fc-own", {
      title: "as the case has it",
      "style.left": share(this.along(own)),
    });
    this.tips = h("div.fc-tips");
    this.range = h("span.fc-ends");
    const ticks = (scale.ticks ?? [])
      .map((at) => scale.to(at))
      .filter((x) => x > min && x < max)
      .map((x) => h("i.fc-tick", { "style.left": share(this.along(x)) }));
    this.el = h("div.fc-slider.fc-handle", { "data-path": path }, [
      h("div.fc-read", [h("span.fc-asks", asks ?? label), this.range, this.field.input]),
      h("div.fc-lane", [h("div.fc-marks", [this.fill, ticks, this.own, this.tips]), this.thumb]),
      this.field.help,
    ]);
    keep(() => this.update());
  }

  along(x) {
    const { min, max } = this.told;
    return clamp((x - min) / (max - min), 0, 1);
  }

  /** A thumb that is held back by its neighbours stays where they are. */
  drag(x) {
    const { scale, move } = this.told;
    move(scale.tidy(scale.from(x)), `${this.path} centre`, true);
    this.update();
  }

  update() {
    const { scale, now, own, range, min, max } = this.told;
    const x = now();
    const shown = scale.show(scale.from(x));
    const ends = range?.() ?? null;
    const told = ends && ends.map((one) => scale.show(scale.from(one)));
    const at = clamp(x, min, max);
    if (Math.abs(Number(this.thumb.value) - at) > (max - min) / 500) this.thumb.value = at;
    mark(this.thumb, "aria-valuetext", told ? `${shown}, 90% range ${told.join(" to ")}` : shown);
    this.field.show(scale.from(x));
    say(this.range, told ? `90%: ${told.join(" – ")}` : "");
    style(this.fill, "display", ends ? "" : "none");
    if (ends) {
      const [from, to] = ends.map((one) => this.along(one));
      style(this.fill, "left", share(from));
      style(this.fill, "width", share(to - from));
    }
    style(this.own, "opacity", Math.abs(x - own) > 1e-9 ? "1" : "0");
  }

  /** Mark where the word of the outcome would change, either way. */
  showTips(tips, outcome) {
    const { scale, now, tipAt } = this.told;
    if (!tipAt) return;
    const near = tips.map((one) => ({ ...one, at: tipAt(one.at) }));
    const two = [near.findLast(({ at }) => at <= now()), near.find(({ at }) => at > now())];
    const told = two.filter(Boolean).map(({ at, from, to }) => {
      const words = `${from} below ${scale.show(scale.from(at))}, ${to} above`;
      return [
        words,
        h("i.fc-tip", { title: `“${outcome}”: ${words}`, "style.left": share(this.along(at)) }),
      ];
    });
    this.tips.replaceChildren(...told.map(([, tip]) => tip));
    const all = told.map(([words]) => words).join("; ");
    mark(this.thumb, "aria-description", all ? `The word for “${outcome}” changes: ${all}` : null);
  }
}

// What is written.

/** The paths under which some numbers that hang together are moved. */
const movedOf = (overrides, stem) =>
  Object.keys(overrides).filter((path) => path === stem || path.startsWith(`${stem}.`));

/** Some numbers that hang together, and how they are moved. */
class Together {
  constructor(app, stem, event) {
    Object.assign(this, { app, stem, event }, app.togethers.get(stem));
    const { base_rate: rate, quantity } = app.story.events[event];
    this.scale = quantity && { log: quantity.scale === "log", whole: quantity.whole };
    this.whole = quantity?.whole;
    const isCarried = app.compiled.windows.some(({ ratios }) => this.node in ratios);
    const isPlain = !rate?.model && !rate?.counted && !isCarried;
    // Counts are not set one by one; and those of another period would be for that one.
    this.alone = !stem.endsWith(".base_rate") || isPlain;
  }

  path(key) {
    return this.sort === "steps" ? `${this.stem}.at_least.${key}` : `${this.stem}.${key}`;
  }

  get now() {
    const stated = this.app.statedNow();
    return this.places.map((place) => stated[place]);
  }

  get own() {
    return this.places.map((place) => this.app.ownStated[place]);
  }

  get isMoved() {
    return movedOf(this.app.settings.now.overrides, this.stem).length > 0;
  }

  reset() {
    this.app.settings.change(null, ({ overrides }) => {
      for (const path of movedOf(overrides, this.stem)) delete overrides[path];
    });
  }

  /** Write a number in its own place while it is the only one, else all in the form of a file. */
  put(key, path, form, gesture) {
    const { app, stem } = this;
    const start = app.settings.before(gesture).overrides;
    const moved = movedOf(start, stem);
    app.settings.change(gesture, ({ overrides }) => {
      for (const one of movedOf(overrides, stem)) delete overrides[one];
      if (this.alone && moved.every((one) => one === path)) overrides[path] = form;
      else {
        const { [path]: last, ...others } = start;
        const settings = { ...app.settings.now, overrides: { ...others, [path]: form } };
        overrides[stem] = this.form(app.engine.stated(settings), key);
      }
    });
  }

  /** All of them, in the form of a file. */
  form(stated, moved) {
    const now = this.places.map((place) => stated[place]);
    if (this.sort === "shares") return this.sharesForm(now, moved);
    const { sd } = stated[this.unsure] ?? { sd: 0 };
    const beside = sd ? { unsure: rounded(Math.exp(Z90 * sd)) } : {};
    if (this.sort === "steps") {
      const least = [1, ...now.map(meanOf), 0];
      const shares = this.keys.map((_, s) => rounded(least[s] - least[s + 1]));
      const rest = shares.indexOf(Math.max(...shares));
      const told = this.keys.map((key, s) => [key, s === rest ? "rest" : shares[s]]);
      return { ...Object.fromEntries(told), ...beside };
    }
    return { ...this.pointsForm(now.map(({ median }) => median)), ...beside };
  }

  pointsForm(places) {
    const form = {};
    this.keys.forEach((key, i) => {
      const [first, level] = key.split(/\.(.*)/s);
      const told = rounded(amountAt(places[i], this.scale));
      if (level) (form[first] ??= {})[level] = told;
      else form[key] = told;
    });
    return form;
  }

  /** Whether all cuts of an amount stay in doubt: a file is refused in which one does not. */
  isOpen(points) {
    const { levels, split, borders } = this.app.compiled.program.nodes[this.node].curve;
    const curve = new Curve({ levels, split, points });
    return borders.every((border) => Math.abs(curve.inverse(border)) < SURE);
  }

  sharesForm(now, moved) {
    const exact = this.keys.filter((key, i) => !now[i].sd);
    const others = (exact.length ? exact : this.keys).filter((key) => key !== moved);
    const size = (key) => meanOf(now[this.keys.indexOf(key)]);
    const rest = others.toSorted((a, b) => size(a) - size(b)).at(-1) ?? exact[0];
    const told = (one) => (one.sd ? rangeOf(one) : rounded(meanOf(one)));
    return Object.fromEntries(
      this.keys.map((key, i) => [key, key === rest ? "rest" : told(now[i])]),
    );
  }
}

/** A judgement with a range, as a file has it. */
function rangeOf({ median, sd }) {
  const [low, best, high] = [-Z90, 0, Z90].map((z) => rounded(sigmoid(median + z * sd)));
  return { low, best, high };
}

// The three sorts.

/** A share of one state; the others keep their proportions. */
function shareHandle(app, all, key, i, asks) {
  const { event } = all;
  const path = all.path(key);
  const { title } = app.inputs.get(path);
  const now = () => all.now[i];
  const place = (judgement) => logit(meanOf(judgement));
  const move = (p, gesture) => {
    const { sd } = all.own[i];
    all.put(key, path, sd ? rangeOf(about(p, sd)) : p, gesture);
  };
  const range = () => {
    const { median, sd } = now();
    return sd ? [median - Z90 * sd, median + Z90 * sd] : null;
  };
  const tipAt = (median) => logit(expected(median, now().sd));
  const ends = { min: LEAST, max: MOST };
  return new Handle(app, path, {
    ...{ label: title, asks: asks ?? app.story.labelOf(event, key), ...ends, scale: PROBABILITY },
    ...{ now: () => place(now()), own: place(all.own[i]), move, range, tipAt },
  });
}

/** How probable it is that an ordered event comes to a state or a higher one. */
function stepHandle(app, all, key, i) {
  const path = all.path(key);
  const now = () => all.now[i].median;
  const move = (value, gesture, held) => {
    const [above, below] = [all.now[i + 1], all.now[i - 1]].map((one) => one && meanOf(one));
    const [least, most] = [above ?? 0, below ?? 1];
    const gap = Math.min(GAP, (most - least) / 10);
    const p = clamp(value, least + gap, most - gap);
    if (p !== value && !held) {
      return `Must lie between ${percent(least)} and ${percent(most)}, which the steps beside it say`;
    }
    all.put(key, path, p === value ? p : rounded(p), gesture);
    return null;
  };
  const label = app.story.labelOf(all.event, key);
  return new Handle(app, path, {
    ...{ label: app.inputs.get(path).title, asks: `at least “${label}”`, min: LEAST, max: MOST },
    ...{ scale: PROBABILITY, now, own: all.own[i].median, move, tipAt: (x) => x },
  });
}

const NO_AMOUNT = "No such amount on this scale";
const DECIDED = "One of its cuts would be all but certain, either way";
const POINTS = { low: "5% point", best: "middle", high: "95% point" };

/** The amounts of a quantity, on its own scale. */
function amountScale(app, all) {
  const { unit } = app.story.events[all.event].quantity;
  return {
    to: (one) => placeOf(one, all.scale),
    from: (place) => amountAt(place, all.scale),
    tidy: (one) =>
      Number((all.whole && Math.abs(one) >= 100 ? Math.round(one) : one).toPrecision(3)),
    show: (one) => amount(one, all.whole && Math.abs(one) >= 10),
    parse: parseAmount,
    ticks: all.scale.log ? ROUND : [],
    help: `Write an amount${unit ? ` of ${unit}` : ""}, such as 1,200 or 0.5`,
  };
}

/** Handles of the points of an amount: the middle takes all others along. */
function pointHandles(app, all) {
  const scale = amountScale(app, all);
  const own = all.own.map(({ median }) => median);
  const width = own.at(-1) - own[0];
  const floor = all.scale.log && all.whole ? placeOf(0, all.scale) : -Infinity;
  const [min, max] = [Math.max(own[0] - width, floor), own.at(-1) + width];
  const isMiddle = (key) => ["best", "quantiles.50%"].includes(key);
  const place = (value) => {
    const isOne = Number.isFinite(value) && (!all.scale.log || value + (all.whole ? 0.5 : 0) > 0);
    return isOne ? placeOf(value, all.scale) : null;
  };
  const one = (key, i) => {
    const path = all.path(key);
    const asks = POINTS[key] ?? key.replace("quantiles.", "") + " point";
    const move = (value, gesture, held) => {
      const x = place(value);
      if (x === null) return NO_AMOUNT;
      const [below, above] = isMiddle(key) ? [] : [all.now[i - 1], all.now[i + 1]];
      const gap = NARROW * width;
      const at = clamp(x, (below?.median ?? -Infinity) + gap, (above?.median ?? Infinity) - gap);
      if (at !== x && !held) return "Amounts must rise from the lowest point to the highest";
      const far = at - all.now[i].median;
      const points = all.now.map(({ median }, k) => median + (k === i || isMiddle(key) ? far : 0));
      if (!all.isOpen(points)) return DECIDED;
      all.put(key, path, at === x ? value : rounded(amountAt(at, all.scale)), gesture);
      return null;
    };
    const now = () => all.now[i].median;
    const label = app.inputs.get(path)?.title ?? path;
    const words = isMiddle(key) ? "middle; the whole curve moves with it" : asks;
    return new Handle(app, path, {
      label,
      asks: words,
      min,
      max,
      scale,
      now,
      own: own[i],
      move,
      tipAt: (x) => x,
    });
  };
  const handles = all.keys
    .map((key, i) => [key, i])
    .filter(([key]) => all.keys.length <= FEW || isMiddle(key))
    .map(([key, i]) => one(key, i));
  return all.keys.some(isMiddle)
    ? handles
    : [middleOf(app, all, { scale, min, max, place }), ...handles];
}

/** The middle of an amount that is stated by its two ends only: they move together. */
function middleOf(app, all, { scale, min, max, place }) {
  const middle = (points) => points.reduce((sum, { median }) => sum + median, 0) / points.length;
  const move = (value, gesture) => {
    const x = place(value);
    if (x === null) return NO_AMOUNT;
    const start = app.engine.stated(app.settings.before(gesture));
    const points = all.places.map((one) => start[one]);
    const far = x - middle(points);
    if (!all.isOpen(points.map(({ median }) => median + far))) return DECIDED;
    app.settings.change(gesture, ({ overrides }) => {
      for (const path of movedOf(overrides, all.stem)) delete overrides[path];
      const moved = all.places.map((at) => [at, { ...start[at], median: start[at].median + far }]);
      overrides[all.stem] = all.form(Object.assign([...start], Object.fromEntries(moved)), null);
    });
    return null;
  };
  return new Handle(app, `${all.stem}.best`, {
    ...{
      label: `middle of “${app.story.title(all.event)}”`,
      asks: "middle; the whole curve moves with it",
    },
    ...{ min, max, scale, now: () => middle(all.now), own: middle(all.own), move },
  });
}

/** How unsure all steps are together, as a factor on their odds. */
function unsureHandle(app, all) {
  const path = `${all.stem}.unsure`;
  if (!app.inputs.has(path)) return null;
  const factor = ({ sd }) => Z90 * sd;
  const scale = {
    to: Math.log,
    from: Math.exp,
    tidy: (one) => Number(one.toPrecision(3)),
    show: (one) => `${amount(one)} times`,
    parse: (text) => parseAmount(text.replace(/\s*times\s*$/, "").replace(/^×/, "")),
    help: "Write a factor of 1 or more, such as 2",
  };
  const move = (value, gesture) => {
    if (!(value >= 1)) return scale.help;
    all.put("unsure", path, value, gesture);
    return null;
  };
  return new Handle(app, path, {
    ...{
      label: app.inputs.get(path).title,
      asks: "unsure, 90% within a factor of",
      min: 0,
      max: FACTORS,
    },
    ...{ scale, move, now: () => factor(app.statedNow()[all.unsure]) },
    own: factor(app.ownStated[all.unsure]),
  });
}

const NOTES = {
  shares: "Move one: the others keep their proportions, and all sum to 100%.",
  steps: "Each handle says how probable that state or a higher one is.",
  points: "It lies below the 5% point, and above the 95% point, in one of 20 cases each.",
};

/** Handles for all numbers of a base rate, or of a row of a table; null if there are none. */
export function handles(app, event, stem) {
  if (!app.togethers.has(stem)) return null;
  const all = new Together(app, stem, event);
  const some = {
    shares: () => all.keys.map((key, i) => shareHandle(app, all, key, i)),
    steps: () => all.keys.slice(1).map((key, i) => stepHandle(app, all, key, i)),
    points: () => pointHandles(app, all),
  }[all.sort]();
  const unsure = all.unsure === undefined ? null : unsureHandle(app, all);
  app.sliders.push(...some.filter(({ told, path }) => told.tipAt && app.inputs.has(path)));
  const back = button(
    "fc-quiet.fc-back",
    {
      "aria-label": `Reset ${stem.endsWith(".base_rate") ? "base rate" : "row"} of ${app.story.title(event)}`,
      "style.visibility": () => (all.isMoved ? "visible" : "hidden"),
      onclick: () => {
        all.reset();
        some[0].thumb.focus();
      },
    },
    "reset",
  );
  const isBase = stem.endsWith(".base_rate");
  const isOfStates = all.sort !== "points";
  return h("div.fc-together", { "data-together": stem }, [
    isBase && isOfStates && baseBar(app, event),
    some.map(({ el }) => el),
    unsure?.el,
    h("p.fc-note", some.length > 1 && NOTES[all.sort], " ", back),
  ]);
}
