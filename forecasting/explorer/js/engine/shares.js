/**
 * Medians and spreads of several states' log weights come in; expected shares, and what they teach,
 * go out (shares.py, which says how).
 *
 * Rows of states are flat: row r's state k of K is at r * K + k.
 */

import { LAST_STEP, NODES, accumulate, learned, placesOf } from "./judgement.js";

// As in Python: the step of the outer sum, and derivatives kept at each; the ends of both sums; the
// step of the inner sum, itself and times the spread.
const STEP = 0.25;
const DERIVATIVES = 7;
const WIDTH = 1 + DERIVATIVES;
const [REACH, FAR, GONE] = [9, 38, 4.5];
const [INNER_STEP, INNER_BEND] = [0.4, 0.3];

// As in Python: places of draws in a step, the lowest median, and when Newton ends.
const FINER = 4;
const LOWEST = -600;
const [MOST_STEPS, FEW_HALVINGS, MOST_HALVINGS] = [400, 8, 60];
const ROUNDING = 1e-15;
const EXACT = 1e-13; // met well enough, where steps are slow

const MOST_TABLES = 512; // that are kept, one for a spread: most stay from move to move

const FACTORIAL = new Float64Array(DERIVATIVES).fill(1);
const CHOOSE = new Float64Array(DERIVATIVES).fill(1); // k + DERIVATIVES - 1 of which k
for (let k = 1; k < DERIVATIVES; k++) {
  FACTORIAL[k] = FACTORIAL[k - 1] * k;
  CHOOSE[k] = (CHOOSE[k - 1] * (DERIVATIVES - 1 + k)) / k;
}

/**
 * Take the expected shares of several states, row by row: E[softmax(median + spread * z)].
 *
 * @param {ArrayLike<number>} medians flat; minus infinity for a share of 0
 * @param {ArrayLike<number>} spreads flat
 * @param {number} states
 * @returns {Float64Array} flat
 */
export function expectedRows(medians, spreads, states) {
  const shares = new Float64Array(medians.length);
  const both = new Float64Array(states * states);
  for (let at = 0; at < medians.length; at += states) {
    row(medians, spreads, at, states, shares.subarray(at, at + states), both);
  }
  return shares;
}

/**
 * Differentiate the expected shares of each row by its medians.
 *
 * @returns {Float64Array} of row r, state k by the median of t at (r * K + k) * K + t
 */
export function slopes(medians, spreads, states) {
  const result = new Float64Array(medians.length * states);
  const share = new Float64Array(states);
  for (let at = 0; at < medians.length; at += states) {
    const slope = result.subarray(at * states, (at + states) * states);
    row(medians, spreads, at, states, share, slope);
    for (let k = 0; k < states; k++) {
      let sum = 0;
      for (let t = 0; t < states; t++) {
        if (t === k) continue;
        sum += slope[k * states + t];
        slope[k * states + t] *= -1;
      }
      slope[k * states + k] = sum;
    }
  }
  return result;
}

/** Put one row's E[p_k] and, off the diagonal, its E[p_k p_t] in place. */
function row(medians, spreads, at, states, share, both) {
  let [top, wide] = [-Infinity, false];
  for (let k = 0; k < states; k++) {
    if (medians[at + k] > top) top = medians[at + k];
    if (spreads[at + k] > 0 && medians[at + k] > -Infinity) wide = true;
  }
  if (!wide) {
    let total = 0;
    for (let k = 0; k < states; k++) total += share[k] = Math.exp(medians[at + k] - top);
    for (let k = 0; k < states; k++) share[k] /= total;
    for (let k = 0; k < states; k++) {
      for (let t = 0; t < states; t++) both[k * states + t] = share[k] * share[t];
    }
    return;
  }
  const m = Float64Array.from({ length: states }, (_, k) => medians[at + k] - top);
  const s = spreads.slice(at, at + states);
  const { count, rate, silent } = race(m, s, times(m, s));
  let total = 0;
  for (let k = 0; k < states; k++) {
    const own = k * count;
    let sum = 0;
    for (let i = 0; i < count; i++) sum += rate[own + i] * silent[i];
    share[k] = sum;
    total += sum;
  }
  const pair = new Float64Array(count); // what one state has, at every time, of a pair
  for (let k = 0; k < states; k++) {
    share[k] /= total;
    for (let i = 0, a = k * count; i < count; i++) pair[i] = silent[i] * rate[a + i];
    for (let t = 0; t < k; t++) {
      let sum = 0;
      for (let i = 0, b = t * count; i < count; i++) sum += pair[i] * rate[b + i];
      both[k * states + t] = both[t * states + k] = sum / total;
    }
  }
}

/** Choose the log times of the sum, as multiples of STEP; the highest median is 0. */
function times(m, s) {
  let [low, high] = [-Infinity, -Infinity];
  for (let k = 0; k < m.length; k++) {
    low = Math.max(low, m[k] + REACH * s[k], m[k] + (s[k] * s[k]) / 2);
    high = Math.max(high, m[k] - s[k] * (REACH + s[k]));
  }
  const start = Math.floor((-low - FAR) / STEP);
  return { start, count: Math.ceil((GONE - high) / STEP) - start + 1 };
}

/**
 * Follow the clocks of one row over log time: the rate of each, -G' / G, and the chance that none
 * has rung, the product of all G.
 */
function race(m, s, { start, count }, shift = 0) {
  const rate = new Float64Array(m.length * count);
  const silent = new Float64Array(count).fill(1);
  for (let k = 0; k < m.length; k++) {
    if (m[k] > -Infinity) clock(m[k] + shift, s[k], start, count, silent, rate, k * count);
  }
  return { count, rate, silent };
}

function clock(median, spread, start, count, silent, rate, at) {
  const { first, points, table } = tableOf(spread);
  const whole = Math.floor(median / STEP);
  const begin = start + whole - first; // where in the table the first point is
  const below = Math.min(Math.max(-begin, 0), count);
  const end = Math.max(Math.min(count, points - 1 - begin), below);
  for (let i = 0; i < below; i++) {
    rate[at + i] = Math.exp(STEP * (start + i) + median + (spread * spread) / 2);
  }
  const weights = blend(median / STEP - whole);
  for (let i = below, cell = (begin + below) * WIDTH; i < end; i++, cell += WIDTH) {
    let [survival, density] = [0, 0];
    for (let k = 0, j = cell; k < DERIVATIVES; k++, j++) {
      const [here, next] = [weights[k], weights[DERIVATIVES + k]];
      survival += here * table[j] + next * table[j + WIDTH];
      density -= here * table[j + 1] + next * table[j + WIDTH + 1];
    }
    silent[i] *= survival;
    rate[at + i] = survival > 0 ? density / (STEP * survival) : 0;
  }
  silent.fill(0, end);
}

/** Weigh the derivatives at both ends of a step, for a part of it. */
function blend(part) {
  const weights = new Float64Array(2 * DERIVATIVES);
  for (let end = 0; end < 2; end++) {
    const t = end ? 1 - part : part;
    const still = (1 - t) ** DERIVATIVES;
    let sum = 0;
    for (let k = DERIVATIVES - 1, power = 1; k >= 0; k--, power *= t) {
      sum += CHOOSE[DERIVATIVES - 1 - k] * power;
      weights[end * DERIVATIVES + k] = (((end ? -t : t) ** k / FACTORIAL[k]) * still) * sum;
    }
  }
  return weights;
}

const tables = new Map();

/** Tabulate G(y) = E[exp(-exp(y + spread * z))] and its derivatives, in units of STEP. */
function tableOf(spread) {
  let found = tables.get(spread);
  if (found) return found;
  const first = Math.floor(-(FAR + 1.5 * spread ** 2) / STEP);
  const points = Math.ceil((GONE + spread * (REACH + spread)) / STEP) - first + 1;
  const { z, weight } = inner(spread);
  const factors = z.map((one) => Math.exp(spread * one));
  const table = new Float64Array(points * WIDTH);
  const moments = new Float64Array(WIDTH);
  for (let i = 0; i < points; i++) {
    const scale = Math.exp(STEP * (first + i));
    moments.fill(0);
    for (let j = 0; j < factors.length; j++) {
      const v = scale * factors[j];
      if (v > 750) break; // exp(-v) is 0, from here on
      let part = weight[j] * Math.exp(-v);
      for (let k = 0; k < WIDTH; k++, part *= v) moments[k] += part;
    }
    for (let k = 0; k < WIDTH; k++) {
      let sum = 0;
      for (let j = 0; j <= k; j++) sum += FALLS[k * WIDTH + j] * moments[j];
      table[i * WIDTH + k] = sum;
    }
  }
  found = { first, points, table };
  if (tables.size >= MOST_TABLES) tables.delete(tables.keys().next().value);
  tables.set(spread, found);
  return found;
}

/** The points and weights of the inner sum. */
function inner(spread) {
  if (!(spread > 0)) return { z: Float64Array.of(0), weight: Float64Array.of(1) };
  const reach = REACH + spread;
  const half = Math.ceil(reach / Math.min(INNER_STEP, INNER_BEND / spread));
  const z = Float64Array.from({ length: 2 * half + 1 }, (_, i) => (reach * (i - half)) / half);
  const weight = z.map((one) => Math.exp((-one * one) / 2));
  const total = weight.reduce((a, b) => a + b);
  return { z, weight: weight.map((one) => one / total) };
}

// What the derivatives of G are of E[v^k exp(-v)], which has itself k times, less the next, as its
// derivative.
const FALLS = new Float64Array(WIDTH * WIDTH);
FALLS[0] = 1;
for (let k = 1; k < WIDTH; k++) {
  for (let j = 0; j <= k; j++) {
    const before = FALLS[(k - 1) * WIDTH + j];
    FALLS[k * WIDTH + j] = STEP * (j * before - (j ? FALLS[(k - 1) * WIDTH + j - 1] : 0));
  }
}

/**
 * Solve for the intercepts that give a mixture of rows its expected shares.
 *
 * @param {ArrayLike<number>} goals K shares, which sum to 1
 * @param {ArrayLike<number>} weights R probabilities, which sum to 1
 * @param {ArrayLike<number>} offsets flat, R times K
 * @param {ArrayLike<number>} spreads flat, R times K
 * @param {?ArrayLike<number>} start intercepts near the solution
 * @param {?Float64Array} rows takes the expected shares of all rows, flat
 * @returns {Float64Array} minus infinity for a goal of 0; 0 for the last of the others
 */
export function calibrated(goals, weights, offsets, spreads, start = null, rows = null) {
  const possible = [...goals.keys()].filter((k) => goals[k] > 0);
  const used = [...weights.keys()].filter((r) => weights[r] > 0);
  const cells = used.flatMap((r) => possible.map((k) => r * goals.length + k));
  const mixture = {
    goals: Float64Array.from(possible, (k) => goals[k]),
    weights: Float64Array.from(used, (r) => weights[r]),
    offsets: Float64Array.from(cells, (cell) => offsets[cell]),
    spreads: Float64Array.from(cells, (cell) => spreads[cell]),
  };
  const wide = mixture.spreads.some((sd) => sd > 0);
  const closed = used.length === 1 && !wide;
  // A state that could not be, and now can, starts anew.
  const near = start && !closed && possible.every((k) => Number.isFinite(start[k]));
  let b = Float64Array.from(possible, (k) => {
    if (near) return start[k];
    const pushed = used.reduce((sum, r) => sum + weights[r] * offsets[r * goals.length + k], 0);
    return Math.log(goals[k]) - pushed;
  });
  let shares = null;
  if (!closed) ({ b, shares } = newton(b, mixture));
  const found = new Float64Array(goals.length).fill(-Infinity);
  possible.forEach((k, i) => (found[k] = b[i] - b[b.length - 1]));
  for (let r = 0; rows && r < weights.length; r++) {
    const own = rows.subarray(r * goals.length, (r + 1) * goals.length);
    const i = shares ? used.indexOf(r) : -1;
    if (i < 0) {
      const medians = found.map((one, k) => one + offsets[r * goals.length + k]);
      const sds = spreads.slice(r * goals.length, (r + 1) * goals.length);
      own.set(expectedRows(medians, sds, goals.length));
    } else possible.forEach((k, j) => (own[k] = shares[i * possible.length + j]));
  }
  return found;
}

/** Step until the log of each expected share is as far off its goal as those of all others. */
function newton(b, { goals, weights, offsets, spreads }) {
  const states = goals.length;
  let [least, most, widest] = [Infinity, -Infinity, 0];
  for (let i = 0; i < offsets.length; i++) {
    least = Math.min(least, offsets[i]);
    most = Math.max(most, offsets[i]);
    widest = Math.max(widest, spreads[i]);
  }
  const reach = 1 + most - least + 2 * REACH * widest;
  const medians = new Float64Array(offsets.length);
  const miss = (b) => {
    const mean = new Float64Array(states);
    const both = new Float64Array(states * states);
    const shares = new Float64Array(medians.length);
    const all = new Float64Array(medians.length * states);
    for (let i = 0; i < medians.length; i++) medians[i] = b[i % states] + offsets[i];
    for (let r = 0; r < weights.length; r++) {
      const [share, pairs] = [
        shares.subarray(r * states, (r + 1) * states),
        all.subarray(r * states * states, (r + 1) * states * states),
      ];
      row(medians, spreads, r * states, states, share, pairs);
      for (let k = 0; k < states; k++) mean[k] += weights[r] * share[k];
      for (let i = 0; i < both.length; i++) both[i] += weights[r] * pairs[i];
    }
    const off = mean.map((one, k) => Math.log(goals[k]) - Math.log(one));
    const largest = off.reduce((top, one) => Math.max(top, Math.abs(one)), 0);
    return { off, mean, both, shares, all, largest };
  };
  // What so short a step adds to shares is straight: their bend is below rounding.
  const after = ({ shares, all }, step) =>
    shares.map((share, i) => {
      const own = step[i % states]; // beside itself it adds nothing
      return step.reduce((sum, one, t) => sum + all[i * states + t] * (own - one), share);
    });
  let last = miss(b);
  for (let round = 0; round < MOST_STEPS; round++) {
    const { off, mean, both, largest } = last;
    if (largest <= ROUNDING) return { b, shares: last.shares };
    let found = null;
    for (const byLogs of [true, false]) {
      const common = mean.reduce((sum, one, k) => sum + one * off[k], 0);
      const flows = mean.map((one, k) => (byLogs ? one * (off[k] - common) : goals[k] - one));
      const step = potentials(both, flows);
      const longest = step.reduce((top, one) => Math.max(top, Math.abs(one)), 0);
      if (longest <= LAST_STEP) {
        return { b: b.map((one, k) => one + step[k]), shares: after(last, step) };
      }
      let scale = Math.min(1, reach / longest);
      const downhill = (means) =>
        step.reduce((sum, one, k) => sum + (goals[k] - means[k]) * one, 0);
      const halvings = byLogs ? FEW_HALVINGS : MOST_HALVINGS;
      for (let half = 0; half < halvings && !found; half++, scale /= 2) {
        const at = b.map((one, k) => one + scale * step[k]);
        const next = miss(at);
        const better = byLogs
          ? next.largest < largest
          : downhill(next.mean) >= -downhill(mean) / 2;
        if (better) found = { at, next };
      }
      if (found) break;
    }
    if (!found) break;
    [b, last] = [found.at, found.next];
  }
  // Where shares of 1e-100 leave Newton no digits: one by one.
  for (let round = 0; round < MOST_STEPS && last.largest > EXACT; round++) {
    b = b.map((one, k) => one + last.off[k]);
    last = miss(b);
  }
  if (last.largest > LAST_STEP) throw new RangeError(`no intercepts found for shares of ${goals}`);
  return { b, shares: last.shares };
}

/** Solve for what drives given flows, of sum 0, through a graph; the last is 0. */
function potentials(both, flows) {
  const states = flows.length;
  const [edges, found] = [both.slice(), new Float64Array(states)];
  const sums = new Float64Array(states);
  for (let i = 0; i < states - 1; i++) {
    for (let t = i + 1; t < states; t++) sums[i] += edges[i * states + t];
    for (let t = i + 1; t < states; t++) {
      const part = edges[i * states + t] / sums[i];
      for (let k = i + 1; k < states; k++) edges[k * states + t] += edges[k * states + i] * part;
      flows[t] += flows[i] * part;
    }
  }
  for (let i = states - 2; i >= 0; i--) {
    let sum = flows[i];
    for (let t = i + 1; t < states; t++) sum += edges[i * states + t] * found[t];
    found[i] = sum / sums[i];
  }
  return found;
}

/** What one state of a row that came about teaches of the row's normal numbers. */
export class Lesson {
  /**
   * @param {number} state
   * @param {ArrayLike<number>} medians K
   * @param {ArrayLike<number>} spreads K
   */
  constructor(state, medians, spreads) {
    const top = medians.reduce((a, b) => Math.max(a, b));
    this.state = state;
    this.m = Float64Array.from(medians, (m) => Math.max(m - top, LOWEST));
    this.s = Float64Array.from(spreads);
    this.places = Array.from(spreads, () => new Map()); // of each number, by time
    const span = times(this.m, this.s);
    this.first = FINER * span.start;
    this.below = new Float64Array(FINER * span.count);
    for (let part = 0; part < FINER; part++) {
      const { count, rate, silent } = race(this.m, this.s, span, (part * STEP) / FINER);
      for (let i = 0; i < count; i++) {
        this.below[FINER * i + part] = Math.max(rate[state * count + i] * silent[i], 0);
      }
    }
    accumulate(this.below, this.below.reduce((a, b) => a + b));
  }

  /** Draw the log time at which the first clock rang, by a number between 0 and 1. */
  time(uniform) {
    const { below } = this;
    let [low, high] = [0, below.length - 1];
    if (!(uniform > below[low])) high = low;
    else if (!(uniform < below[high])) low = high;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (below[middle] <= uniform) low = middle;
      else high = middle;
    }
    const part = high > low ? (uniform - below[low]) / (below[high] - below[low]) : 0;
    return ((this.first + low + part) * STEP) / FINER;
  }

  /** Where a draw of one number goes, given that time: between the points of a grid, straight. */
  learned(k, z, time) {
    if (!(this.s[k] > 0)) return z;
    const at = ((time + this.m[k]) * FINER) / STEP;
    const i = Math.floor(at);
    const earlier = learned(this.placesAt(k, i), z);
    return earlier + (at - i) * (learned(this.placesAt(k, i + 1), z) - earlier);
  }

  placesAt(k, i) {
    let found = this.places[k].get(i);
    if (found) return found;
    const time = (i * STEP) / FINER;
    const logs = NODES.map((z) => {
      const logV = Math.min(time + this.s[k] * z, 700);
      return -0.5 * z * z - Math.exp(logV) + (k === this.state ? logV : 0);
    });
    const most = logs.reduce((a, b) => Math.max(a, b));
    const weights = logs.map((log) => Math.exp(log - most));
    found = placesOf(weights, weights.reduce((a, b) => a + b));
    this.places[k].set(i, found);
    return found;
  }
}

/**
 * Carry shares of which comes about first over to a period `ratio` times as long.
 *
 * @param {ArrayLike<number>} means
 * @param {ArrayLike<number>} spreads not used: they stay as they were stated
 * @param {number} ratio
 * @param {number} none the state in which none comes about
 */
export function overPeriod(means, spreads, ratio, none) {
  let some = 0;
  for (let k = 0; k < means.length; k++) if (k !== none) some += means[k];
  if (ratio === 1 || !some) return Float64Array.from(means);
  const logNone = some > 0.5 ? Math.log(means[none]) : Math.log1p(-some);
  const factor = -Math.expm1(ratio * logNone) / some;
  const moved = Float64Array.from(means, (one) => one * factor);
  moved[none] = Math.exp(ratio * logNone);
  return moved;
}
