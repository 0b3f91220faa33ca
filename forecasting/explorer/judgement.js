/**
 * A probability or multiplier with a range comes in; its mean, or the same for another window, goes
 * out (judgement.py).
 *
 * @typedef {{median: number, sd: number}} Judgement of a probability in log-odds, of a multiplier
 *   in logs
 */

/** Standard normal quantile of 0.95: a stated range is a central 90% interval. */
export const Z90 = 1.6448536269514722;

/** One unit of log-odds in decibans. */
export const DECIBANS = 10 / Math.LN10;

const TINY = 5e-324; // the smallest positive number
const EPSILON = 2 ** -53; // from 1 to the largest number below it
/** Log-odds whose exponentials are still well inside the range of a float. */
export const FAR = 600;

// The points and weights of the trapezoid sum that takes expectations, as in Python.
const NODES = Float64Array.from({ length: 256 }, (_, i) => (i * 17) / 255 - 8.5);
NODES[255] = 8.5;
const WEIGHTS = NODES.map((x) => Math.exp(-0.5 * x * x));
const WEIGHT_SUM = WEIGHTS.reduce((a, b) => a + b);
for (let i = 0; i < 256; i++) WEIGHTS[i] /= WEIGHT_SUM;

/** Turn log-odds into a probability, without overflow. */
export function sigmoid(x) {
  const e = Math.exp(-Math.abs(x));
  return (x >= 0 ? 1 : e) / (1 + e);
}

/** Turn a probability into log-odds; 0 and 1 give infinities. */
export function logit(p) {
  return Math.log(p) - Math.log1p(-p);
}

/** Take the mean of a logit-normal probability, E[sigmoid(Normal(median, sd))]. */
export function expected(median, sd) {
  if (!(sd > 0)) return sigmoid(median);
  let mean = 0;
  for (let i = 0; i < 256; i++) mean += WEIGHTS[i] * sigmoid(median + sd * NODES[i]);
  return mean;
}

/**
 * A mixture of logit-normals, one component for each row of a table.
 *
 * The mean of every component is a sum over the 256 points; with the exponentials of the points
 * kept, moving all components by one intercept costs a product and a quotient a point.
 */
export class Mixture {
  /**
   * @param {ArrayLike<number>} offsets log-odds
   * @param {ArrayLike<number>} spreads standard deviations in log-odds
   */
  constructor(offsets, spreads) {
    this.offsets = Float64Array.from(offsets);
    this.spreads = Float64Array.from(spreads);
    const count = this.offsets.length;
    [this.yes, this.no, this.rise] = [0, 0, 0].map(() => new Float64Array(count));
    this.exponentials = null; // made when first needed
    this.reach = 0;
    for (let c = 0; c < count; c++) {
      const reach = Math.abs(this.offsets[c]) + 8.5 * this.spreads[c];
      if (!(reach <= this.reach)) this.reach = reach;
    }
  }

  /** Whether a mixture is one of the same numbers. */
  equals(offsets, spreads) {
    return (
      offsets.length === this.offsets.length &&
      this.offsets.every((x, c) => x === offsets[c]) &&
      this.spreads.every((x, c) => x === spreads[c])
    );
  }

  /** Put every component's mean, its complement and its slope at intercept `b` in place. */
  moveTo(b) {
    const { offsets, spreads, yes, no, rise } = this;
    // Where exponentials would leave the range of a float, each point takes its own.
    const direct = !(this.reach + Math.abs(b) < FAR);
    if (!direct) this.exponentials ??= this.exponentiate();
    const shift = direct ? 0 : Math.exp(b);
    for (let c = 0; c < offsets.length; c++) {
      if (!(spreads[c] > 0)) {
        yes[c] = sigmoid(b + offsets[c]);
        no[c] = sigmoid(-b - offsets[c]);
        rise[c] = yes[c] * no[c];
        continue;
      }
      let sumYes = 0;
      let sumNo = 0;
      let sumRise = 0;
      if (direct) {
        for (let i = 0; i < 256; i++) {
          const x = b + offsets[c] + spreads[c] * NODES[i];
          const [p, q] = [sigmoid(x), sigmoid(-x)];
          sumYes += WEIGHTS[i] * p;
          sumNo += WEIGHTS[i] * q;
          sumRise += WEIGHTS[i] * p * q;
        }
      } else {
        for (let i = 0, place = 256 * c; i < 256; i++, place++) {
          const odds = this.exponentials[place] * shift;
          const q = 1 / (1 + odds);
          const weighted = WEIGHTS[i] * q;
          const p = weighted * odds;
          sumNo += weighted;
          sumYes += p;
          sumRise += p * q;
        }
      }
      yes[c] = sumYes;
      no[c] = sumNo;
      rise[c] = sumRise;
    }
  }

  exponentiate() {
    const result = new Float64Array(256 * this.offsets.length);
    for (let c = 0; c < this.offsets.length; c++) {
      if (!(this.spreads[c] > 0)) continue;
      for (let i = 0; i < 256; i++) {
        result[256 * c + i] = Math.exp(this.offsets[c] + this.spreads[c] * NODES[i]);
      }
    }
    return result;
  }

  /**
   * Solve for the intercept that gives the mixture the mean `target`: Newton steps on the log-odds
   * of the mean, kept inside a shrinking bracket. The log-odds of the mean bend by no more than
   * they rise, so a step of 1e-9 lands within rounding of the root.
   *
   * @param {number} target in (0, 1)
   * @param {ArrayLike<number>} weights probabilities that sum to 1
   * @param {?number} start a guess near the root
   */
  calibrate(target, weights, start = null) {
    const { offsets, spreads, yes, no, rise } = this;
    const goal = logit(Math.min(Math.max(target, TINY), 1 - EPSILON));
    let [least, most, centre, used] = [Infinity, -Infinity, 0, 0];
    for (let c = 0; c < offsets.length; c++) {
      if (!(weights[c] > 0)) continue;
      used++;
      centre += offsets[c] * weights[c];
      least = Math.min(least, offsets[c] - 8.5 * spreads[c]);
      most = Math.max(most, offsets[c] + 8.5 * spreads[c]);
    }
    if (used === 1 && least === most) return goal - least;
    let [low, high] = [goal - most, goal - least];
    let b = start !== null && low < start && start < high ? start : goal - centre;
    for (let round = 0; round < 200; round++) {
      this.moveTo(b);
      let [meanYes, meanNo, slope] = [0, 0, 0];
      for (let c = 0; c < offsets.length; c++) {
        meanYes += weights[c] * yes[c];
        meanNo += weights[c] * no[c];
        slope += weights[c] * rise[c];
      }
      slope *= meanYes + meanNo;
      const gap = Math.log(meanYes) - Math.log(meanNo) - goal;
      if (gap > 0) high = b;
      else low = b;
      const step = slope > 0 ? b - (gap * meanYes * meanNo) / slope : Infinity;
      const newton = low <= step && step <= high;
      const next = newton ? step : 0.5 * (low + high);
      const moved = Math.abs(next - b) / Math.max(1, Math.abs(b));
      if (moved <= (newton ? 1e-9 : 4e-16)) return next;
      b = next;
    }
    return b;
  }
}

/**
 * Rescale a probability to a window `ratio` times as long, at a constant hazard; of an event that
 * lasts, its complement.
 */
export function over(judgement, ratio, lasts = false) {
  const sign = lasts ? -1 : 1;
  const half = Z90 * judgement.sd;
  const moved = (x) => {
    const y = Math.max(ratio * softplus(sign * x), TINY);
    return sign * (y + Math.log(-Math.expm1(-y)));
  };
  const [low, middle, high] = [-half, 0, half].map((d) => moved(judgement.median + d));
  return { median: middle, sd: (high - low) / (2 * Z90) };
}

function softplus(x) {
  return Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
}

/**
 * Read a probability in the form a case file has it: a number, `{low, high}` with or without
 * `best`, `{best}`, `{seen, of}` or `{beta: [a, b]}`.
 */
export function probability(value) {
  if (value !== null && typeof value === "object") {
    if (value.beta) return beta(...value.beta);
    if ("seen" in value) return beta(value.seen + 0.5, value.of - value.seen + 0.5);
  }
  return ranged(value, logit);
}

/** Read a multiplier on odds: a number, `{low, high}` with or without `best`, or `{best}`. */
export function multiplier(value) {
  return ranged(value, Math.log);
}

function ranged(value, scale) {
  const exact = typeof value === "number" ? value : "low" in value ? undefined : value.best;
  const [low, high] = exact === undefined ? [scale(value.low), scale(value.high)] : [0, 0];
  const best = exact ?? value.best;
  const median = best === undefined ? (low + high) / 2 : scale(best);
  const sd = (high - low) / (2 * Z90);
  if (Number.isNaN(median) || !(sd >= 0)) {
    throw new RangeError(`not a judgement: ${JSON.stringify(value)}`);
  }
  return { median, sd };
}

/** Match a Beta distribution: its mean exactly, and the spread of its log-odds. */
function beta(a, b) {
  const sd = Math.sqrt(trigamma(a) + trigamma(b));
  return { median: new Mixture([0], [sd]).calibrate(a / (a + b), [1]), sd };
}

function trigamma(x) {
  let below = 0;
  for (; x < 15; x++) below += 1 / (x * x);
  const q = x * x;
  const series = 1 / 6 - (1 / 30 - (1 / 42 - (1 / 30 - 5 / 66 / q) / q) / q) / q;
  return below + 1 / x + 1 / (2 * q) + series / (q * x);
}
