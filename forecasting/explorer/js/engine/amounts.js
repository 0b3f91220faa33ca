/**
 * What is held of an amount comes in; chances below amounts, quantiles and densities go out
 * (amounts.py).
 *
 * An amount has a place on a scale, a base distribution on it is stated by a few points, and the
 * rows of a table shift it by intercepts that are solved against it.
 *
 * @typedef {{log: boolean, whole: boolean}} Scale whether equal ratios are equal steps, and whether
 *   amounts are counts, so that 0 is one
 * @typedef {{levels: number[], points: number[], split: boolean}} Stated probabilities and their
 *   places on the scale, both ascending; whether they are a split normal, else a monotone cubic
 */

import { Mixture, Z90 } from "./judgement.js";
import { normalQuantile } from "./sobol.js";

// As in Python: where an amount counts as certain, what is rounding in a sum, the last step
// of Newton, and what a picture shows.
const FARTHEST = 37;
const ROUNDING = 1e-14;
const LAST_STEP = 1e-11;
const OUTER = [0.005, 0.995];

const half = ({ log, whole }) => (log && whole ? 0.5 : 0);

/** Find the place of an amount on a scale. */
export function placeOf(amount, scale) {
  const place = scale.log ? Math.log(amount + half(scale)) : amount;
  if (!Number.isFinite(place)) throw new RangeError(`${amount} has no place on the scale`);
  return place;
}

/** Find the amount at a place: the inverse. */
export function amountAt(place, scale) {
  return scale.log ? Math.exp(place) - half(scale) : place;
}

/** The spread in log-odds of "within this factor either way, 90%". */
export function unsureSpread(factor) {
  if (!(factor >= 1 && factor < Infinity)) throw new RangeError("a factor is at least 1");
  return Math.log(factor) / Z90;
}

/** A base distribution, as a rising curve of places on normal scores, piece by piece. */
export class Curve {
  /** @param {Stated} stated */
  constructor({ levels, points, split }) {
    const ends = split && points.length === 2;
    this.points = ends ? [points[0], (points[0] + points[1]) / 2, points[1]] : Array.from(points);
    this.scores = split ? [-Z90, 0, Z90] : levels.map(normalQuantile);
    const steps = (list) => list.slice(1).map((one, i) => one - list[i]);
    [this.widths, this.rises] = [this.scores, this.points].map(steps);
    if (![...this.widths, ...this.rises].every((step) => step > 0 && step < Infinity)) {
      throw new RangeError("levels and their amounts must both ascend, no two of them equal");
    }
    // The slopes at both ends of a piece over that of its chord, less 1.
    const chords = this.rises.map((rise, i) => rise / this.widths[i]);
    const slopes = split || chords.length < 2 ? null : slopesOf(this.widths, chords);
    this.first = chords.map((chord, i) => (slopes ? slopes[i] / chord - 1 : 0));
    this.last = chords.map((chord, i) => (slopes ? slopes[i + 1] / chord - 1 : 0));
  }

  /** The place at a normal score. */
  at(z) {
    const i = piece(this.scores, z);
    const t = (z - this.scores[i]) / this.widths[i];
    const inside = Math.min(Math.max(t, 0), 1); // beyond the ends, straight on
    const pull = this.first[i] * (1 - inside) - this.last[i] * inside;
    return this.points[i] + this.rises[i] * (t + inside * (1 - inside) * pull);
  }

  /** The normal score at a place: the inverse, by Newton steps inside a shrinking bracket. */
  inverse(x) {
    const i = piece(this.points, x);
    const part = (x - this.points[i]) / this.rises[i];
    const [a, b] = [this.first[i], this.last[i]];
    let t = part;
    if (part > 0 && part < 1 && (a !== 0 || b !== 0)) {
      let [low, high] = [0, 1];
      for (let round = 0; round < 100; round++) {
        const gap = t + t * (1 - t) * (a * (1 - t) - b * t) - part;
        if (gap === 0) break;
        if (gap > 0) high = t;
        else low = t;
        const slope = 1 + a * (1 - t) * (1 - 3 * t) - b * t * (2 - 3 * t);
        const step = slope > 0 ? t - gap / slope : NaN;
        const next = low <= step && step <= high ? step : (low + high) / 2;
        const moved = Math.abs(next - t);
        t = next;
        if (moved <= 1e-16) break;
      }
    }
    return this.scores[i] + this.widths[i] * t;
  }

  /** The log-odds that the amount lies above a place. */
  logOddsAbove(x) {
    const z = Math.min(Math.max(this.inverse(x), -FARTHEST), FARTHEST);
    const above = logTailOdds(Math.abs(z));
    return z > 0 ? above : -above;
  }
}

/** The piece that a value falls in; the outermost go on beyond the ends. */
function piece(ends, at) {
  let i = 0;
  while (i < ends.length - 2 && at >= ends[i + 1]) i++;
  return i;
}

/** The slopes of a monotone cubic: weighted harmonic means, at the ends three-point ones. */
function slopesOf(widths, chords) {
  const end = (near, further, chord, other) =>
    Math.max(((2 * near + further) * chord - near * other) / (near + further), 0);
  const inner = widths.slice(1).map((after, i) => {
    const before = widths[i];
    const inverse = (before + 2 * after) / chords[i] + (2 * before + after) / chords[i + 1];
    return (3 * (before + after)) / inverse;
  });
  const n = widths.length - 1;
  return [
    end(widths[0], widths[1], chords[0], chords[1]),
    ...inner,
    end(widths[n], widths[n - 1], chords[n], chords[n - 1]),
  ];
}

/** The log-odds of what lies above a normal score z >= 0: a series, further out a fraction. */
function logTailOdds(z) {
  const density = Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI);
  if (z < 1.5) {
    let [term, sum] = [z, 0];
    for (let k = 3; term > 1e-17 * sum; k += 2) {
      sum += term;
      term *= (z * z) / k;
    }
    return Math.log(0.5 - density * sum) - Math.log(0.5 + density * sum);
  }
  let fraction = z;
  for (let k = Math.ceil(20 + 200 / (z * z)); k > 0; k--) fraction = z + k / fraction;
  return Math.log(density / fraction) - Math.log1p(-density / fraction);
}

/** The base distribution of a quantity, and the rows of its table under the mean judgements. */
export class Prior {
  /**
   * @param {Stated} stated
   * @param {ArrayLike<number>} weights probabilities of rows
   * @param {Float64Array} offsets their log-odds beside the intercept
   * @param {Float64Array} spreads and the spread of these
   * @param {number[]} each which rows are alike
   */
  constructor(stated, weights, offsets, spreads, each) {
    Object.assign(this, { curve: new Curve(stated), weights });
    this.mixture = new Mixture(offsets, spreads, each);
  }

  /** Solve for the intercept of "above x"; it falls as x rises. */
  intercept(x, start = null) {
    return this.mixture.calibrate(this.curve.logOddsAbove(x), this.weights, start);
  }

  /** Find the place with this intercept. */
  place(intercept) {
    this.mixture.moveTo(intercept);
    let [above, below] = [0, 0];
    this.weights.forEach((weight, a) => {
      above += weight * this.mixture.yes[a];
      below += weight * this.mixture.no[a];
    });
    return this.curve.at(above < below ? -normalQuantile(above) : normalQuantile(below));
  }
}

/** What is known of a quantity: how probable each row and each cell between its cuts are. */
export class Answered {
  /**
   * @param {Prior} prior what intercepts are solved against
   * @param {ArrayLike<number>} cuts intercepts of the borders, from the lowest amount up
   * @param {ArrayLike<number>} joint P(row, cell | evidence), cell by cell, row by row
   */
  constructor(prior, cuts, joint) {
    Object.assign(this, { prior, cuts, joint, mixture: prior.mixture });
    const [rows, cells] = [prior.weights.length, cuts.length + 1];
    this.ends = [Infinity, ...cuts, -Infinity];
    this.sides = this.ends.map((c) => this.at(c));
    this.heights = new Float64Array(rows * cells); // by how much evidence stretches a row's cell
    this.upTo = new Float64Array(cells + 1); // how much lies below each end
    for (let i = 0; i < cells; i++) {
      this.upTo[i + 1] = this.upTo[i];
      for (let a = 0; a < rows; a++) {
        const mass = between(this.sides[i], this.sides[i + 1], a);
        this.heights[a * cells + i] = mass > 0 ? joint[a * cells + i] / mass : 0;
        this.upTo[i + 1] += joint[a * cells + i];
      }
    }
  }

  /** Find the places with these levels below them. */
  quantiles(levels) {
    return Float64Array.from(levels, (level) => this.prior.place(this.intercept(level)));
  }

  /** How much of each row lies above an intercept and below it. */
  at(c) {
    const { yes, no, offsets } = this.mixture;
    if (Number.isFinite(c)) {
      this.mixture.moveTo(c);
      return { yes: yes.slice(), no: no.slice() };
    }
    const all = new Float64Array(offsets.length).fill(1);
    const none = new Float64Array(offsets.length);
    return c > 0 ? { yes: all, no: none } : { yes: none, no: all };
  }

  /** How much lies below where an intercept is solved for. */
  below(c) {
    let cell = 0;
    while (cell < this.cuts.length && this.cuts[cell] > c) cell++;
    this.mixture.moveTo(c);
    return Math.min(Math.max(this.upTo[cell] + this.part(cell), 0), 1);
  }

  /** How much of a cell lies below where the rows were moved to. */
  part(cell) {
    const cells = this.cuts.length + 1;
    let sum = 0;
    for (let a = 0; a < this.mixture.offsets.length; a++) {
      sum += this.heights[a * cells + cell] * between(this.sides[cell], this.mixture, a);
    }
    return sum;
  }

  /** Solve for the intercept with a level below it, within its cell. */
  intercept(level) {
    if (!(level > 0 && level < 1)) throw new RangeError("levels lie strictly between 0 and 1");
    const { mixture, ends, upTo, heights } = this;
    const [shift, spread] = [mixture.offsets, mixture.spreads].map(farthest);
    const cells = this.cuts.length + 1;
    let cell = 0;
    while (cell < cells - 1 && !(upTo[cell + 1] >= level - ROUNDING)) cell++;
    let mass = 0;
    for (let a = 0; a < mixture.offsets.length; a++) mass += this.joint[a * cells + cell];
    const goal = level - upTo[cell];
    const reach = 2 * FARTHEST ** 2 + shift + FARTHEST * spread;
    let top = Math.min(ends[cell], reach);
    let bottom = Math.max(ends[cell + 1], -reach);
    if (mass - goal <= ROUNDING) return bottom; // of a flat piece, its lower end
    const wanted = Math.log(goal / (mass - goal));
    const inside = Math.min(1, (top - bottom) / 2); // an outer cell has no middle to start from
    const start = Math.log1p(-level) - Math.log(level);
    let c = Math.min(Math.max(start, bottom + inside), top - inside);
    for (let round = 0; round < 200; round++) {
      mixture.moveTo(c);
      const value = this.part(cell);
      const rest = Math.max(mass - value, 0);
      let slope = 0;
      mixture.rise.forEach((rise, a) => (slope += heights[a * cells + cell] * rise));
      const gap = Math.log(value / rest) - wanted;
      const step = c + (gap * value * rest) / (mass * slope);
      if (gap > 0) bottom = c;
      else top = c;
      const next = bottom <= step && step <= top ? step : (bottom + top) / 2;
      const moved = Math.abs(next - c);
      c = next;
      if (moved <= LAST_STEP * Math.max(1, Math.abs(c))) break;
    }
    return c;
  }
}

const farthest = (list) => list.reduce((most, one) => Math.max(most, Math.abs(one)), 0);

/** How much of a row lies between two ends, from the side with less. */
function between(low, high, row) {
  return low.yes[row] < low.no[row] ? low.yes[row] - high.yes[row] : high.no[row] - low.no[row];
}

/**
 * Probability per unit of the scale, between even places, of several answers in one picture.
 *
 * @param {Answered[]} answers of one prior
 * @returns {{places: Float64Array, densities: Float64Array[]}} steps + 1 places, and of each answer
 *   the mean of each step
 */
export function densities(answers, steps) {
  const ends = answers.map((answered) => answered.quantiles(OUTER));
  const low = Math.min(...ends.map((pair) => pair[0]));
  const width = (Math.max(...ends.map((pair) => pair[1])) - low) / steps;
  const places = Float64Array.from({ length: steps + 1 }, (_, i) => low + i * width);
  let c = null; // the intercept of one place is a guess at the next
  const cuts = Array.from(places, (x) => (c = answers[0].prior.intercept(x, c)));
  return {
    places,
    densities: answers.map((answered) => {
      const below = cuts.map((cut) => answered.below(cut));
      return Float64Array.from({ length: steps }, (_, i) => (below[i + 1] - below[i]) / width);
    }),
  };
}
