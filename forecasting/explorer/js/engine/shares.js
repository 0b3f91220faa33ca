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
 * Gives E[p_k] of each row and, off the diagonal, its E[p_k p_t]: less the slope of k's by the median
 * of t, of row r at (r * K + k) * K + t.
 *
 * @param {ArrayLike<number>} medians flat; minus infinity for a share of 0
 * @param {ArrayLike<number>} spreads flat
 * @param {Int32Array} clocks a number for each cell, the same where medians and spreads always are
 */
export function expected(medians, spreads, states, clocks = Int32Array.from(medians.keys())) {
  const shares = new Float64Array(medians.length);
  const pairs = new Float64Array(medians.length * states);
  const wide = [];
  for (let at = 0; at < medians.length; at += states) {
    let isWide = false;
    for (let cell = at; cell < at + states; cell++) {
      isWide ||= spreads[cell] > 0 && medians[cell] > -Infinity;
    }
    if (isWide) wide.push(at);
    else still(medians, at, states, shares, pairs);
  }
  if (!wide.length) return { shares, pairs };
  const cells = wide.flatMap((at) => Array.from({ length: states }, (_, k) => at + k));
  const kept = race(medians, spreads, cells, clocks, times(medians, spreads, wide, states));
  for (const at of wide) finish(kept, clocks, at, states, shares, pairs);
  return { shares, pairs };
}

/** Put the shares of a row without spreads in place. */
function still(medians, at, states, shares, pairs) {
  let [top, total] = [-Infinity, 0];
  for (let k = at; k < at + states; k++) top = Math.max(top, medians[k]);
  for (let k = at; k < at + states; k++) total += shares[k] = Math.exp(medians[k] - top);
  for (let k = at; k < at + states; k++) shares[k] /= total;
  for (let k = at, i = at * states; k < at + states; k++) {
    for (let t = at; t < at + states; t++, i++) pairs[i] = shares[k] * shares[t];
  }
}

/** Put the shares of a row whose clocks race in place. */
function finish({ count, rate, quiet }, clocks, at, states, shares, pairs) {
  const silent = new Float64Array(count).fill(1); // the chance that none has rung
  for (let k = at; k < at + states; k++) {
    for (let i = 0, a = clocks[k] * count; i < count; i++, a++) silent[i] *= quiet[a];
  }
  const first = new Float64Array(count); // how densely one state rings first, at every time
  let total = 0;
  for (let k = 0; k < states; k++) {
    let sum = 0;
    for (let i = 0, a = clocks[at + k] * count; i < count; i++, a++) {
      sum += first[i] = silent[i] * rate[a];
    }
    shares[at + k] = sum;
    total += sum;
    for (let t = 0; t < k; t++) {
      let both = 0;
      for (let i = 0, a = clocks[at + t] * count; i < count; i++, a++) both += first[i] * rate[a];
      pairs[(at + k) * states + t] = pairs[(at + t) * states + k] = both;
    }
  }
  for (let k = at; k < at + states; k++) shares[k] /= total;
  for (let i = at * states; i < (at + states) * states; i++) pairs[i] /= total;
}

/** Choose the log times of the sum for rows that begin at some cells, as multiples of STEP. */
function times(m, s, rows, states) {
  let [start, end] = [Infinity, -Infinity];
  for (const at of rows) {
    let [low, high] = [-Infinity, -Infinity];
    for (let k = at; k < at + states; k++) {
      low = Math.max(low, m[k] + REACH * s[k], m[k] + (s[k] * s[k]) / 2);
      high = Math.max(high, m[k] - s[k] * (REACH + s[k]));
    }
    start = Math.min(start, Math.floor((-low - FAR) / STEP));
    end = Math.max(end, Math.ceil((GONE - high) / STEP));
  }
  return { start, count: end - start + 1 };
}

/**
 * Follow clocks over log time: the rate of each, -G' / G, and G, the chance that it has not rung.
 * A clock that several rows have is followed once.
 */
function race(medians, spreads, cells, clocks, { start, count }) {
  const seen = new Set();
  const length = count * (1 + cells.reduce((most, cell) => Math.max(most, clocks[cell]), 0));
  const [rate, quiet] = [new Float64Array(length), new Float64Array(length).fill(1)];
  for (const cell of cells) {
    if (seen.has(clocks[cell]) || !(medians[cell] > -Infinity)) continue;
    seen.add(clocks[cell]);
    clock(medians[cell], spreads[cell], start, count, rate, quiet, clocks[cell] * count);
  }
  return { count, rate, quiet };
}

function clock(median, spread, start, count, rate, quiet, at) {
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
    quiet[at + i] = survival;
    rate[at + i] = survival > 0 ? density / (STEP * survival) : 0;
  }
  quiet.fill(0, at + end, at + count);
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
      own.set(expected(medians, sds, goals.length).shares);
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
  const clocks = alike(offsets, spreads, states);
  const medians = new Float64Array(offsets.length);
  const miss = (b) => {
    const mean = new Float64Array(states);
    const both = new Float64Array(states * states);
    for (let i = 0; i < medians.length; i++) medians[i] = b[i % states] + offsets[i];
    const { shares, pairs } = expected(medians, spreads, states, clocks);
    for (let i = 0; i < shares.length; i++) {
      mean[i % states] += weights[Math.floor(i / states)] * shares[i];
    }
    for (let i = 0; i < pairs.length; i++) {
      both[i % both.length] += weights[Math.floor(i / both.length)] * pairs[i];
    }
    const off = mean.map((one, k) => Math.log(goals[k]) - Math.log(one));
    const largest = off.reduce((top, one) => Math.max(top, Math.abs(one)), 0);
    return { off, mean, both, shares, pairs, largest };
  };
  // What so short a step adds to shares is straight: their bend is below rounding.
  const after = ({ shares, pairs }, step) =>
    shares.map((share, i) => {
      const own = step[i % states]; // beside itself it adds nothing
      return step.reduce((sum, one, t) => sum + pairs[i * states + t] * (own - one), share);
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

/** Number what rows add to their states: alike where a state has the same in several rows. */
function alike(offsets, spreads, states) {
  const found = new Map();
  return Int32Array.from(offsets, (offset, cell) => {
    const key = `${cell % states} ${offset} ${spreads[cell]}`;
    if (!found.has(key)) found.set(key, found.size);
    return found.get(key);
  });
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
    const span = times(this.m, this.s, [0], this.m.length);
    const each = [...this.m.keys()];
    this.first = FINER * span.start;
    this.below = new Float64Array(FINER * span.count);
    for (let part = 0; part < FINER; part++) {
      const later = this.m.map((m) => m + (part * STEP) / FINER);
      const { count, rate, quiet } = race(later, this.s, each, each, span);
      for (let i = 0; i < count; i++) {
        const silent = each.reduce((product, k) => product * quiet[k * count + i], 1);
        this.below[FINER * i + part] = Math.max(rate[state * count + i] * silent, 0);
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
 * @param {number} none the state in which none comes about
 */
export function overPeriod(means, ratio, none) {
  let some = 0;
  for (let k = 0; k < means.length; k++) if (k !== none) some += means[k];
  if (ratio === 1 || !some) return Float64Array.from(means);
  const logNone = some > 0.5 ? Math.log(means[none]) : Math.log1p(-some);
  const factor = -Math.expm1(ratio * logNone) / some;
  const moved = Float64Array.from(means, (one) => one * factor);
  moved[none] = Math.exp(ratio * logNone);
  return moved;
}
