/**
 * A probability or multiplier with a range comes in; its mean, or the same for another window, goes
 * out (judgement.py).
 *
 * @typedef {{median: number, sd: number, counts: ?number[], within: ?number}} Judgement of a
 *   probability in log-odds, of a multiplier in logs; the two numbers of the Beta that it stands
 *   for, if any; and of a base rate the months it was stated for, if others than the case's
 */

/** Standard normal quantile of 0.95: a stated range is a central 90% interval. */
export const Z90 = 1.6448536269514722;

/** The ends of a judgement's 90% range, where it is normal. */
export const rangeOf = ({ median, sd }) => [median - Z90 * sd, median + Z90 * sd];

/** A number without a range. */
export const exactly = (median) => ({ median, sd: 0, counts: null });

/** One unit of log-odds in decibans. */
export const DECIBANS = 10 / Math.LN10;

const TINY = 5e-324; // the smallest positive number

/** A probability nearer to 0 or 1 than this counts as certain. */
export const CERTAIN = 1e-300;

// As in Python: a mean that takes points of its own, where and how finely moments are summed, the
// widest spread of a stand-in, the largest log that can be squared, and the last step of Newton.
const TAIL = 1e-6;
const [DROP, STEP] = [45, 0.4];
const MOST_SPREAD = 10;
const MOST_LOG = 330;
export const LAST_STEP = 1e-9;

// Log-odds whose exponentials are still well inside the range of a float, and the last that are.
const [FAR, FARTHEST] = [600, 700];

// The points and weights of the trapezoid sum that takes expectations, as in Python.
export const NODES = Float64Array.from({ length: 256 }, (_, i) => (i * 17) / 255 - 8.5);
NODES[255] = 8.5;
const WEIGHTS = NODES.map((x) => Math.exp(-0.5 * x * x));
const WEIGHT_SUM = WEIGHTS.reduce((a, b) => a + b);
for (let i = 0; i < 256; i++) WEIGHTS[i] /= WEIGHT_SUM;

// Up to each node, how much of a standard normal distribution lies below it.
const BELOW = accumulate(WEIGHTS.slice(), 1);

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
  return mean < TAIL ? tail(median, sd).mean : mean;
}

/** The mean of a rare logit-normal, and its slope: what makes it is far up, and so are the points. */
function tail(median, sd) {
  const up = Math.min(sd, -median / sd);
  let [mean, rise] = [0, 0];
  for (let i = 0; i < 256; i++) {
    const x = median + sd * (NODES[i] + up);
    const p = WEIGHTS[i] * Math.exp(-up * (NODES[i] + up / 2)) * sigmoid(x);
    mean += p;
    rise += p * sigmoid(-x);
  }
  return { mean, rise };
}

/** Whether two judgements are of the same numbers. */
export function equal(one, other) {
  if (one === other || !one || !other) return one === other;
  const { median, sd, counts } = other;
  if (one.median !== median || one.sd !== sd) return false;
  return one.counts === counts || String(one.counts) === String(counts);
}

const known = new WeakMap();

/** The means of no and of yes; kept, as from move to move most judgements stay. */
export function means(judgement) {
  if (!known.has(judgement)) {
    const { median, sd } = judgement;
    known.set(judgement, [expected(-median, sd), expected(median, sd)]);
  }
  return known.get(judgement);
}

/** Log-odds of the mean. */
export function meanLogOdds(judgement) {
  if (!(judgement.sd > 0)) return judgement.median;
  const [no, yes] = means(judgement);
  return Math.log(yes) - Math.log(no);
}

/**
 * Where draws of a standard normal number go once the state of what it moves is known: to where as
 * large a share lies below them as before (draws.learned).
 *
 * @param {number[]} centres log-odds of at least each state but the first; of a yes one
 * @param {number} spread what the number is multiplied by, and adds to all of them
 * @param {number} state the one that came about
 * @returns {Float64Array} where the points of the expectation go; read it with `learned`
 */
export function learning(centres, spread, state) {
  // It is likely as it is at least this state, and not the next one.
  const sides = [];
  if (state > 0) sides.push([centres[state - 1], 1]);
  if (state < centres.length) sides.push([centres[state], -1]);
  const below = NODES.map((z, i) =>
    sides.reduce((part, [centre, sign]) => part * sigmoid(sign * (centre + spread * z)), WEIGHTS[i]),
  );
  let total = below.reduce((a, b) => a + b);
  if (!(total > CERTAIN)) {
    const logs = NODES.map((z) =>
      sides.reduce((log, [centre, sign]) => log - softplus(-sign * (centre + spread * z)), -0.5 * z * z),
    );
    const most = logs.reduce((a, b) => Math.max(a, b));
    total = 0;
    for (let i = 0; i < 256; i++) total += below[i] = Math.exp(logs[i] - most);
  }
  return placesOf(below, total);
}

/**
 * Where the points of the expectation go, if the weights there change from the normal ones to
 * these: to where as large a share lies below them.
 *
 * @param {Float64Array} below the weights, which are used up
 * @param {number} total their sum
 */
export function placesOf(below, total) {
  accumulate(below, total);
  const places = new Float64Array(256);
  for (let i = 0, j = 0; i < 256; i++) {
    while (j < 254 && below[j + 1] <= BELOW[i]) j++;
    const part = (BELOW[i] - below[j]) / (below[j + 1] - below[j]);
    places[i] = NODES[j] + Math.min(Math.max(part, 0), 1) * (NODES[j + 1] - NODES[j]);
  }
  return places;
}

/** Where one draw goes: between two points, straight. */
export function learned(places, z) {
  const place = Math.min(Math.max((z + 8.5) * 15, 0), 255);
  const i = Math.min(Math.trunc(place), 254);
  return places[i] + (place - i) * (places[i + 1] - places[i]);
}

/** Turn weights into how much of them lies below each, itself to its middle. */
export function accumulate(weights, total) {
  let sum = 0;
  for (let i = 0; i < weights.length; i++) {
    const weight = weights[i] / total;
    weights[i] = sum + weight / 2;
    sum += weight;
  }
  return weights;
}

/**
 * A mixture of logit-normals, one component for each row of a table.
 *
 * The mean of every component is a sum over the 256 points; with the exponentials of the points
 * kept, moving all components by one intercept costs a product and a quotient a point.
 */
export class Mixture {
  /**
   * @param {Float64Array} offsets log-odds
   * @param {Float64Array} spreads standard deviations in log-odds
   * @param {number[]} each a number of each component from 0 up, the same where they are alike
   */
  constructor(offsets, spreads, each = [...offsets.keys()]) {
    Object.assign(this, { offsets, spreads, each });
    this.firsts = [];
    each.forEach((n, c) => (this.firsts[n] ??= c));
    [this.yes, this.no, this.rise] = [0, 0, 0].map(() => new Float64Array(offsets.length));
    this.exponentials = null; // made when first needed
    this.reach = 0;
    offsets.forEach((offset, c) => {
      const reach = Math.abs(offset) + 8.5 * spreads[c];
      if (!(reach <= this.reach)) this.reach = reach;
    });
  }

  /** Put every component's mean, its complement and its slope at intercept `b` in place. */
  moveTo(b) {
    const { offsets, spreads, each, firsts, yes, no, rise } = this;
    // Where exponentials would leave the range of a float, each point takes its own.
    const far = !(this.reach + Math.abs(b) < FAR);
    if (!far) this.exponentials ??= this.exponentiate(0);
    const exponentials = far ? this.exponentiate(b) : this.exponentials;
    const shift = far ? 1 : Math.exp(b);
    for (const c of firsts) {
      if (!(spreads[c] > 0)) {
        yes[c] = sigmoid(b + offsets[c]);
        no[c] = sigmoid(-b - offsets[c]);
        rise[c] = yes[c] * no[c];
        continue;
      }
      let [sumYes, sumNo, sumRise] = [0, 0, 0];
      for (let i = 0, place = 256 * each[c]; i < 256; i++, place++) {
        const odds = exponentials[place] * shift;
        const q = 1 / (1 + odds);
        const weighted = WEIGHTS[i] * q;
        const p = weighted * odds;
        sumNo += weighted;
        sumYes += p;
        sumRise += p * q;
      }
      yes[c] = sumYes;
      no[c] = sumNo;
      rise[c] = sumRise;
      if (Math.min(sumYes, sumNo) < TAIL) {
        const side = sumYes < sumNo ? 1 : -1;
        const rare = tail(side * (b + offsets[c]), spreads[c]);
        (side === 1 ? yes : no)[c] = rare.mean;
        rise[c] = rare.rise;
      }
    }
    for (let c = 0; firsts.length < offsets.length && c < offsets.length; c++) {
      const first = firsts[each[c]];
      [yes[c], no[c], rise[c]] = [yes[first], no[first], rise[first]];
    }
  }

  exponentiate(b) {
    const result = new Float64Array(256 * this.firsts.length);
    for (const c of this.firsts) {
      if (!(this.spreads[c] > 0)) continue;
      for (let i = 0; i < 256; i++) {
        const x = b + this.offsets[c] + this.spreads[c] * NODES[i];
        result[256 * this.each[c] + i] = Math.exp(Math.max(-FARTHEST, Math.min(x, FARTHEST)));
      }
    }
    return result;
  }

  /**
   * Solve for the intercept that gives the mixture's mean the log-odds `goal`, and put its means in
   * place: Newton steps on the log-odds of the mean, kept inside a shrinking bracket. The log-odds
   * of the mean bend by no more than they rise, so a step of 1e-9 lands within rounding of the root.
   *
   * @param {number} goal
   * @param {ArrayLike<number>} weights probabilities that sum to 1
   * @param {?number} start a guess near the root
   */
  calibrate(goal, weights, start = null) {
    const { offsets, spreads, yes, no, rise } = this;
    let [least, most, centre, used] = [Infinity, -Infinity, 0, 0];
    for (let c = 0; c < offsets.length; c++) {
      if (!(weights[c] > 0)) continue;
      used++;
      centre += offsets[c] * weights[c];
      least = Math.min(least, offsets[c] - 8.5 * spreads[c]);
      most = Math.max(most, offsets[c] + 8.5 * spreads[c]);
    }
    let [low, high] = [goal - most, goal - least];
    let b = start !== null && low < start && start < high ? start : goal - centre;
    let moved = used === 1 && least === most ? 0 : Infinity;
    for (let round = 0; round < 200; round++) {
      this.moveTo(b);
      if (moved === 0) break;
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
      moved = next - b;
      b = next;
      if (Math.abs(moved) > (newton ? LAST_STEP : 4e-16) * Math.max(1, Math.abs(b))) continue;
      // What the last step adds is straight: the bend of so short a step is below rounding.
      for (let c = 0; c < offsets.length; c++) {
        yes[c] += rise[c] * moved;
        no[c] -= rise[c] * moved;
      }
      break;
    }
    return b;
  }
}

/**
 * Rescale a probability to a window `ratio` times as long, at a constant hazard; of an event that
 * lasts, its complement. The mean and the standard deviation of what was stated are kept.
 */
export function over(judgement, ratio, lasts = false) {
  const { median, sd, counts } = judgement;
  if (ratio === 1) return judgement;
  const sign = lasts ? -1 : 1;
  if (!(sd > 0)) {
    const y = Math.max(ratio * softplus(sign * median), TINY);
    return { median: sign * (y + Math.log(-Math.expm1(-y))), sd: 0 };
  }
  const own = counts && lasts ? [counts[1], counts[0]] : counts;
  const moved = rescaled(sign * median, sd, own, ratio);
  return { median: sign * moved.median, sd: moved.sd };
}

/** Match 1 - (1 - p)^ratio, p a Beta if there are counts, else a logit-normal. */
function rescaled(median, sd, counts, ratio) {
  const { x, logs } = pointsOfDensity(median, sd, counts, ratio);
  const risks = Array.from(x, (one) => logRisk(one, ratio));
  const logMeans = [0, 1].map((side) => logSum(logs, (i) => logs[i] + risks[i][side]));
  const side = logMeans[0] <= Math.log(0.5) ? 0 : 1;
  const logVariation = logSum(logs, (i) => {
    const off = risks[i][side] - logMeans[side];
    return logs[i] + 2 * (off > 30 ? off : Math.log(Math.abs(Math.expm1(off))));
  });
  return signed(side === 0, logMeans[side], logVariation);
}

/** The logs of T and of 1 - T at some log-odds of p, also where T leaves the floats. */
function logRisk(x, ratio) {
  const hazard = ratio * softplus(x);
  const yes = x < -700 ? Math.log(ratio) + x : Math.log(-Math.expm1(-Math.max(hazard, TINY)));
  return [yes, -hazard];
}

/** Lay points in log-odds, with logs of weights, over a stated distribution, T and 1 - T. */
function pointsOfDensity(median, sd, counts, ratio) {
  const [a, b] = counts ?? [0, 0];
  const mode = counts ? Math.log(a / b) : median;
  const width = counts ? Math.sqrt(1 / a + 1 / b) : sd;
  const logDensity = counts
    ? (x) => a * (x - mode) - (a + b) * logMean(x - mode, a / (a + b))
    : (x) => -(((x - median) / sd) ** 2) / 2;
  const far = Math.abs(mode) + 20 * width + Math.abs(Math.log(ratio)) + 60 * Math.max(1, 1 / ratio);
  const growth = Math.log((20 * far) / width) / 199;
  const steps = Array.from({ length: 200 }, (_, i) => (width / 20) * Math.exp(i * growth));
  const look = [...steps.map((step) => -step).reverse(), 0, ...steps].map((step) => mode + step);
  const parts = look.map((x) => [0, ...logRisk(x, ratio)].map((log) => logDensity(x) + 2 * log));
  const near = [0, 1, 2].map((part) => {
    const most = parts.reduce((top, logs) => Math.max(top, logs[part]), -Infinity);
    return parts.map((logs) => logs[part] > most - DROP);
  });
  const any = look.map((_, i) => near.some((part) => part[i]));
  const low = look[Math.max(any.indexOf(true) - 1, 0)];
  const high = look[Math.min(any.lastIndexOf(true) + 1, look.length - 1)];
  let sharpest = 0;
  look.forEach((x, i) => {
    const sharp = sigmoid(x) * sigmoid(-x);
    const bend = counts ? (a + b) * sharp : 1 / sd ** 2;
    if (any[i]) sharpest = Math.max(sharpest, bend);
    if (near[2][i]) sharpest = Math.max(sharpest, bend + 2 * ratio * sharp);
  });
  const intervals = Math.ceil((high - low) / Math.min(STEP, 0.5 / Math.sqrt(sharpest)));
  const step = (high - low) / intervals;
  const x = Float64Array.from({ length: intervals + 1 }, (_, i) => low + i * step);
  x[intervals] = high;
  const logs = x.map(logDensity);
  if (counts) {
    logs[0] -= Math.log(-Math.expm1(-a * step));
    logs[intervals] -= Math.log(-Math.expm1(-b * step));
  }
  const total = logSum(logs, (i) => logs[i]);
  return { x, logs: logs.map((log) => log - total) };
}

/** ln(1 - p + p e^d), without loss where d is small. */
function logMean(d, p) {
  if (Math.abs(d) < 1) return Math.log1p(p * Math.expm1(d));
  const [low, high] = [Math.log1p(-p), Math.log(p) + d];
  return Math.max(low, high) + Math.log1p(Math.exp(-Math.abs(high - low)));
}

function logSum(list, log) {
  const logs = Float64Array.from(list, (_, i) => log(i));
  const most = logs.reduce((a, b) => Math.max(a, b));
  return most + Math.log(logs.reduce((sum, one) => sum + Math.exp(one - most), 0));
}

/** Match a mean below one half, or, from its complement, one above. */
function signed(rare, logMean, logVariation) {
  const { median, sd } = matched(logMean, logVariation);
  return { median: rare ? median : -median, sd };
}

/** Find the logit-normal with a mean of at most one half and a relative variance. */
function matched(logMean, logVariation) {
  if (logMean < Math.log(CERTAIN)) return { median: logMean, sd: 0 };
  let [low, high] = [-Infinity, Math.log(MOST_SPREAD)];
  const start = Math.log(softplus(logVariation)) / 2 - Math.log(-Math.expm1(logMean));
  let logSd = Math.min(start, high);
  let median = -Infinity;
  for (let round = 0; round < 100; round++) {
    median = Math.max(median, logMean - Math.exp(2 * logSd) / 2);
    let [found, step] = [null, 0];
    for (let inner = 0; inner < 100; inner++) {
      found = moments(median, logSd);
      step = (logMean - found.mean) / found.meanByMedian;
      median += step;
      if (Math.abs(step) <= LAST_STEP * Math.max(1, Math.abs(median))) break;
    }
    const variation = found.variation + found.variationByMedian * step;
    if (variation > logVariation) high = logSd;
    else low = logSd;
    const follow = -found.meanBySd / found.meanByMedian;
    const steepness = found.variationBySd + found.variationByMedian * follow;
    step = steepness > 0 ? (logVariation - variation) / steepness : Infinity;
    if (!(low <= logSd + step && logSd + step <= high) || Math.abs(step) > 2) {
      step = (Math.max(low, logSd - 2) + Math.min(high, logSd + 2)) / 2 - logSd;
    }
    logSd += step;
    median = Math.abs(step) < 0.1 ? median + follow * step : -Infinity;
    if (Math.abs(step) <= LAST_STEP) break;
  }
  return { median, sd: Math.exp(logSd) };
}

/** The logs of mean and relative variance of a logit-normal, and their derivatives. */
function moments(median, logSd) {
  const sd = Math.exp(logSd);
  const top = 9 + Math.min(2 * sd, Math.max(0, -median / sd));
  const intervals = Math.ceil((9 + top) / Math.min(0.5, 0.55 / sd));
  const z = Float64Array.from({ length: intervals + 1 }, (_, i) => -9 + (i * (9 + top)) / intervals);
  const logP = z.map((one) => -softplus(-(median + sd * one)));
  const total = logSum(z, (i) => (-z[i] * z[i]) / 2);
  const mean = logSum(z, (i) => logP[i] - (z[i] * z[i]) / 2) - total;
  const found = { mean, meanByMedian: 0, meanBySd: 0 };
  let [variance, byMedian, bySd] = [0, 0, 0];
  for (let i = 0; i <= intervals; i++) {
    const weight = Math.exp((-z[i] * z[i]) / 2 - total);
    const p = Math.exp(Math.min(logP[i] - mean, MOST_LOG));
    const rise = p * sigmoid(-(median + sd * z[i]));
    variance += weight * (p - 1) ** 2;
    found.meanByMedian += weight * rise;
    found.meanBySd += weight * rise * z[i] * sd;
    byMedian += 2 * weight * (p - 1) * rise;
    bySd += 2 * weight * (p - 1) * rise * z[i] * sd;
  }
  found.variation = Math.log(variance);
  found.variationByMedian = byMedian / variance - 2 * found.meanByMedian;
  found.variationBySd = bySd / variance - 2 * found.meanBySd;
  return found;
}

function softplus(x) {
  return Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
}

/**
 * Read a judgement in the form a file has it: a number, `{low, high}` with or without `best`,
 * `{best}`, `{seen, of}` or `{beta: [a, b]}`; of a base rate with `within`, a period.
 *
 * @param {function} scale from what people write to where it is normal: `logit` or `Math.log`
 */
export function reading(form, scale) {
  const { low, best, high, seen, of, beta, within } =
    typeof form === "number" ? { best: form } : form;
  const period = within === undefined ? null : months(within);
  const counts = beta ?? (of === undefined ? null : [seen + 0.5, of - seen + 0.5]);
  if (counts) return { ...matchedCount(...counts), counts, within: period };
  const [from, to] = [low ?? best, high ?? best].map(scale);
  const median = best === undefined ? (from + to) / 2 : scale(best);
  const sd = low === undefined ? 0 : (to - from) / (2 * Z90);
  if (Number.isNaN(median) || !(sd >= 0)) {
    throw new RangeError(`not a judgement: ${JSON.stringify(form)}`);
  }
  return { median, sd, counts, within: period };
}

/** Read a period such as "12 months" or "2.5 years", in months. */
export function months(period) {
  const [, count, unit] = /^\s*(\d+(?:\.\d+)?)\s*(month|year)s?\s*$/.exec(period) ?? [];
  if (!unit) throw new RangeError(`not a period: ${period}`);
  return Number(count) * (unit === "year" ? 12 : 1);
}

/** Match a Beta distribution: its mean and its standard deviation, as a probability. */
function matchedCount(a, b) {
  const [fewer, more] = [Math.min(a, b), Math.max(a, b)];
  const logMean = Math.log(fewer) - Math.log(a + b);
  const logVariation = Math.log(more) - Math.log(fewer) - Math.log1p(a + b);
  return signed(a <= b, logMean, logVariation);
}
