/**
 * Numbers that hang together (shares of states, steps between ordered ones, points of an amount)
 * come in; handles that can be dragged, keyed and typed into go out.
 *
 * A handle takes what the hand gives it, and the others move as the engine says. In the settings
 * one moved handle is one key path. Once several have moved, all of them are written, in the form a
 * file has them: what each of them says would depend on the order of the moves.
 */

import { Curve, amountAt, placeOf } from "../engine/amounts.js";
import { Z90, expected, logit, means, rangeOf, sigmoid } from "../engine/judgement.js";
import { about } from "../engine/places.js";
import { PROBABILITY, amount, clamp, percent } from "./numbers.js";
import { button, h, keep, say, style } from "./elements.js";
import { Field, Lane } from "./sliders.js";
import { baseBar } from "./states.js";
import { doubtAmount, parseAmount } from "./typed.js";

const ROUND = [-2, -1, 0, 1, 2, 3, 4, 5, 6, 7, 8].flatMap((e) => [1, 2, 5].map((x) => x * 10 ** e));
// The lane of a share.
const SHARES = { min: logit(0.001), max: logit(0.999), scale: PROBABILITY };
const GAP = 0.0005; // what is left at least between two steps
const NARROW = 0.005; // how near two points of an amount may come, of the width of their lane
const SURE = 5.9978; // in normal scores: farther out a cut is all but always true, or never
const DIGITS = 9; // of the numbers that move along
const FEW = 7; // points of an amount that each get a handle; of more only the middle does
const FACTORS = Math.log(30); // the widest "unsure"

const rounded = (x) => Number(x.toPrecision(DIGITS));
const meanOf = (judgement) => means(judgement)[1];

/** One number of several: a thumb on a lane, and a field. */
class Handle extends Lane {
  /**
   * @param {object} lane as of any lane, and `asks`; `move(value, gesture)`, which gives words where
   *   it refuses; `range()`, the ends of the 90% range, or null
   */
  constructor(app, path, lane) {
    super(app, path, { ...lane, step: (lane.max - lane.min) / 280 });
    const { label, asks, scale } = this;
    this.centre = this.thumb("fc-centre", label, (x) => this.drag(x));
    this.field = new Field(`${label}, typed`, scale, (value) => this.move(value, null));
    this.typed = h("span.fc-ends");
    const marks = [this.fill, this.ticks, this.ghost, this.tips];
    this.el = h("div.fc-slider.fc-handle", { "data-path": path }, [
      h("div.fc-read", [h("span.fc-asks", asks), this.typed, this.field.input]),
      h("div.fc-lane", [h("div.fc-marks", marks), this.centre]),
      this.field.help,
    ]);
    keep(() => this.update());
  }

  /** A thumb that is held back by its neighbours stays where they are. */
  drag(x) {
    const { scale } = this;
    this.move(scale.tidy(scale.from(x)), `${this.path} centre`, true);
    this.update();
  }

  update() {
    const { scale, own } = this;
    const x = this.place();
    const shown = scale.show(scale.from(x));
    const ends = this.range?.() ?? null;
    const told = ends && ends.map((one) => scale.show(scale.from(one)));
    this.turn(this.centre, x, told ? `${shown}, 90% range ${told.join(" to ")}` : shown);
    this.field.show(scale.from(x));
    say(this.typed, told ? `90%: ${told.join(" – ")}` : "");
    style(this.fill, "display", ends ? "" : "none");
    if (ends) this.span(this.fill, ends);
    style(this.ghost, "opacity", Math.abs(x - own) > 1e-9 ? "1" : "0");
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
    const exact = this.keys.filter((_, i) => !now[i].sd);
    const others = (exact.length ? exact : this.keys).filter((key) => key !== moved);
    const size = (key) => meanOf(now[this.keys.indexOf(key)]);
    const rest = others.toSorted((a, b) => size(a) - size(b)).at(-1) ?? exact[0];
    const told = (one) => (one.sd ? formOf(one) : rounded(meanOf(one)));
    return Object.fromEntries(
      this.keys.map((key, i) => [key, key === rest ? "rest" : told(now[i])]),
    );
  }
}

/** A judgement with a range, as a file has it. */
function formOf(judgement) {
  const [low, high] = rangeOf(judgement).map((x) => rounded(sigmoid(x)));
  return { low, best: rounded(sigmoid(judgement.median)), high };
}

// The three sorts.

/** A share of one state; the others keep their proportions. */
function shareHandle(app, all, key, i) {
  const { event } = all;
  const path = all.path(key);
  const { title } = app.inputs.get(path);
  const now = () => all.now[i];
  const place = (judgement) => logit(meanOf(judgement));
  const move = (p, gesture) => {
    const { sd } = all.own[i];
    all.put(key, path, sd ? formOf(about(p, sd)) : p, gesture);
  };
  const range = () => (now().sd ? rangeOf(now()) : null);
  const tipAt = (median) => logit(expected(median, now().sd));
  return new Handle(app, path, {
    ...{ label: title, asks: app.story.labelOf(event, key), ...SHARES },
    ...{ place: () => place(now()), own: place(all.own[i]), move, range, tipAt },
  });
}

/** How probable it is that an ordered event comes to a state or a higher one. */
function stepHandle(app, all, key, i) {
  const path = all.path(key);
  const place = () => all.now[i].median;
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
    ...{ label: app.inputs.get(path).title, asks: `at least “${label}”`, ...SHARES },
    ...{ place, own: all.own[i].median, move },
  });
}

const NO_AMOUNT = "No such amount on this scale";
const DECIDED = "One of its cuts would be all but certain, either way";
const MIDDLE = "middle; the whole curve moves with it";
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
    doubt: doubtAmount,
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
    return new Handle(app, path, {
      ...{ label: app.inputs.get(path)?.title ?? path, asks: isMiddle(key) ? MIDDLE : asks },
      ...{ min, max, scale, place: () => all.now[i].median, own: own[i], move },
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
    ...{ label: `middle of “${app.story.title(all.event)}”`, asks: MIDDLE },
    ...{ min, max, scale, place: () => middle(all.now), own: middle(all.own), move },
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
    ...{ label: app.inputs.get(path).title, asks: "unsure, 90% within a factor of" },
    ...{ min: 0, max: FACTORS, scale, move, own: factor(app.ownStated[all.unsure]) },
    place: () => factor(app.statedNow()[all.unsure]),
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
  app.sliders.push(...some.filter(({ path }) => app.inputs.has(path)));
  const back = button(
    "fc-quiet.fc-back",
    {
      "aria-label": `Reset ${stem.endsWith(".base_rate") ? "base rate" : "row"} of ${app.story.title(event)}`,
      "style.visibility": () => (all.isMoved ? "visible" : "hidden"),
      onclick: () => {
        all.reset();
        some[0].centre.focus();
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
