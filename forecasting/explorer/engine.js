/**
 * A compiled case and settings go in; the exact probabilities of its events, and their bands, come
 * out.
 *
 * The compiled case is what `model.py` makes of a case: the Plan of its circuit, its judgements and
 * its evidence. This module computes with it what `network.py` computes in Python, step by step, so
 * that a page can move any number of the case and show the answer in the same frame.
 *
 * A judgement is `{median, sd}`: of a probability in log-odds, of a multiplier in logs.
 *
 * @typedef {{median: number, sd: number}} Judgement
 * @typedef {{overrides?: Object<string, *>, given?: Object<string, boolean>,
 *   do?: Object<string, boolean>, as_of?: ?string, by?: ?string}} Settings
 */

// ---------------------------------------------------------------------------------------------
// Probabilities and multipliers with a range (judgement.py).
// ---------------------------------------------------------------------------------------------

/** Standard normal quantile of 0.95: a stated range is a central 90% interval. */
const Z90 = 1.6448536269514722;

/** One unit of log-odds in decibans. */
const DECIBANS = 10 / Math.LN10;

const TINY = 5e-324; // the smallest positive number
const EPSILON = 2 ** -53; // from 1 to the largest number below it
const FAR = 600; // log-odds whose exponentials are still well inside the range of a float

// The points and weights of the trapezoid sum that takes expectations, as in Python.
const NODES = Float64Array.from({ length: 256 }, (_, i) => (i * 17) / 255 - 8.5);
NODES[255] = 8.5;
const WEIGHTS = NODES.map((x) => Math.exp(-0.5 * x * x));
const WEIGHT_SUM = WEIGHTS.reduce((a, b) => a + b);
for (let i = 0; i < 256; i++) WEIGHTS[i] /= WEIGHT_SUM;

/** Turn log-odds into a probability, without overflow. */
function sigmoid(x) {
  const e = Math.exp(-Math.abs(x));
  return (x >= 0 ? 1 : e) / (1 + e);
}

/** Turn a probability into log-odds; 0 and 1 give infinities. */
function logit(p) {
  return Math.log(p) - Math.log1p(-p);
}

/** Take the mean of a logit-normal probability, E[sigmoid(Normal(median, sd))]. */
function expected(median, sd) {
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
class Mixture {
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
function over(judgement, ratio, lasts = false) {
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
function probability(value) {
  if (value !== null && typeof value === "object") {
    if (value.beta) return beta(...value.beta);
    if ("seen" in value) return beta(value.seen + 0.5, value.of - value.seen + 0.5);
  }
  return ranged(value, logit);
}

/** Read a multiplier on odds: a number, `{low, high}` with or without `best`, or `{best}`. */
function multiplier(value) {
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

// ---------------------------------------------------------------------------------------------
// The circuit (circuit.py): one sweep up gives the probability of the evidence, one sweep down its
// derivative by every cell, and so the posterior of every factor at once.
// ---------------------------------------------------------------------------------------------

// Below this a product has left the range in which a float keeps its digits.
const SMALLEST = 2.3e-308;

// More than rounding takes from a sum of probabilities.
const LOST = 1e-11;

/**
 * A plan with its working space. A level multiplies pairs of earlier cells: each of the cells it
 * makes takes one of the first products, and those left over are added, one to a cell.
 */
class Circuit {
  /** @param {object} plan as `circuit.Plan.as_json` gives it */
  constructor(plan) {
    this.size = plan.size;
    this.cells = plan.cells;
    this.root = plan.root;
    this.offsets = plan.offsets;
    this.levels = plan.levels.map(({ gather, output, made }) => ({
      left: Int32Array.from(gather[0]),
      right: Int32Array.from(gather[1]),
      output,
      made,
    }));
    this.value = new Float64Array(plan.cells);
    this.adjoint = new Float64Array(plan.cells);
  }

  /**
   * Give the natural log of the probability of the evidence; -Infinity if it is impossible.
   *
   * @param {Float64Array} tables cells of all factors
   * @param {?Float64Array} belief takes the posterior of every cell, if wanted
   */
  evaluate(tables, belief = null) {
    const z = this.up(tables);
    if (z !== null) {
      if (belief === null || z === 0) {
        belief?.fill(0);
        return Math.log(z);
      }
      if (this.down(tables, z, belief)) return Math.log(z);
    }
    return this.evaluateLogs(tables, belief);
  }

  /** Sweep up on plain numbers; null if a product leaves their range. */
  up(tables) {
    const value = this.value;
    value.set(tables);
    value[this.size] = 1;
    let extreme = false;
    for (const { left, right, output, made } of this.levels) {
      const products = left.length;
      for (let i = 0; i < made; i++) {
        const a = value[left[i]];
        const b = value[right[i]];
        const product = a * b;
        if (product < SMALLEST && a !== 0 && b !== 0) extreme = true;
        value[output + i] = product;
      }
      for (let i = made, cell = output; i < products; i++, cell++) {
        const a = value[left[i]];
        const b = value[right[i]];
        const product = a * b;
        if (product < SMALLEST && a !== 0 && b !== 0) extreme = true;
        value[cell] += product;
      }
    }
    const z = value[this.root];
    return extreme || !(z === 0 || (z > 1e-280 && z < Infinity)) ? null : z;
  }

  /** Sweep down after `up`; false if derivatives have left the range of plain numbers. */
  down(tables, z, belief) {
    const { value, adjoint, size, offsets } = this;
    adjoint.fill(0);
    adjoint[this.root] = 1;
    for (let l = this.levels.length - 1; l >= 0; l--) {
      const { left, right, output, made } = this.levels[l];
      const products = left.length;
      for (let i = 0; i < made; i++) {
        const a = left[i];
        const b = right[i];
        const slope = adjoint[output + i];
        adjoint[a] += slope * value[b];
        adjoint[b] += slope * value[a];
      }
      for (let i = made, cell = output; i < products; i++, cell++) {
        const a = left[i];
        const b = right[i];
        const slope = adjoint[cell];
        adjoint[a] += slope * value[b];
        adjoint[b] += slope * value[a];
      }
    }
    // What has been lost below the range of a float is missing from the sum of some factor.
    for (let factor = 0, cell = 0; factor < offsets.length; factor++) {
      const end = offsets[factor + 1] ?? size;
      let sum = 0;
      for (; cell < end; cell++) {
        belief[cell] = (tables[cell] * adjoint[cell]) / z;
        sum += belief[cell];
      }
      if (!(Math.abs(sum - 1) < LOST)) return false;
    }
    return true;
  }

  /** Run the same sweeps on logarithms, where 1e-300 and far below is nothing special. */
  evaluateLogs(tables, belief) {
    const { value, adjoint, size } = this;
    for (let i = 0; i < size; i++) value[i] = Math.log(tables[i]);
    value[size] = 0;
    for (const { left, right, output, made } of this.levels) {
      for (let i = 0; i < left.length; i++) {
        const product = value[left[i]] + value[right[i]];
        const cell = i < made ? output + i : output + i - made;
        value[cell] = i < made ? product : logAddExp(value[cell], product);
      }
    }
    const logZ = value[this.root];
    if (belief === null) return logZ;
    adjoint.fill(-Infinity);
    adjoint[this.root] = 0;
    for (let l = this.levels.length - 1; l >= 0; l--) {
      const { left, right, output, made } = this.levels[l];
      for (let i = 0; i < left.length; i++) {
        const slope = adjoint[i < made ? output + i : output + i - made];
        adjoint[left[i]] = logAddExp(adjoint[left[i]], slope + value[right[i]]);
        adjoint[right[i]] = logAddExp(adjoint[right[i]], slope + value[left[i]]);
      }
    }
    const finite = logZ === -Infinity ? 0 : logZ;
    for (let i = 0; i < size; i++) belief[i] = Math.exp(value[i] + adjoint[i] - finite);
    return logZ;
  }
}

/** The same sweeps for several draws at once; each cell holds one number a draw. */
class BatchCircuit {
  constructor(circuit, lanes) {
    this.circuit = circuit;
    this.lanes = lanes;
    this.value = new Float64Array(circuit.cells * lanes);
    this.adjoint = new Float64Array(circuit.cells * lanes);
    this.column = new Float64Array(circuit.size);
    this.belief = new Float64Array(circuit.size);
  }

  /**
   * Give each draw's log of the probability of the evidence, and the posterior of some cells.
   *
   * @param {Float64Array} tables shape (size, lanes)
   * @param {Int32Array} cells whose posterior is wanted, two of each yes/no variable
   * @param {Float64Array} logZ takes one number a draw
   * @param {Float64Array} belief takes the posterior, shape (cells, lanes)
   */
  evaluate(tables, cells, logZ, belief) {
    if (this.sweep(tables, cells, logZ, belief)) return;
    // Some draw has left the range of plain numbers: each goes by itself.
    const { lanes, column, circuit } = this;
    for (let lane = 0; lane < lanes; lane++) {
      for (let i = 0; i < circuit.size; i++) column[i] = tables[i * lanes + lane];
      logZ[lane] = circuit.evaluate(column, this.belief);
      cells.forEach((cell, i) => {
        belief[i * lanes + lane] = this.belief[cell];
      });
    }
  }

  sweep(tables, cells, logZ, belief) {
    const { value, adjoint, lanes, circuit } = this;
    value.set(tables);
    value.fill(1, circuit.size * lanes, (circuit.size + 1) * lanes);
    let extreme = false;
    for (const { left, right, output, made } of circuit.levels) {
      for (let i = 0; i < left.length; i++) {
        const a = left[i] * lanes;
        const b = right[i] * lanes;
        const first = i < made;
        const cell = (first ? output + i : output + i - made) * lanes;
        for (let lane = 0; lane < lanes; lane++) {
          const x = value[a + lane];
          const y = value[b + lane];
          const product = x * y;
          if (product < SMALLEST && x !== 0 && y !== 0) extreme = true;
          value[cell + lane] = first ? product : value[cell + lane] + product;
        }
      }
    }
    const root = circuit.root * lanes;
    for (let lane = 0; lane < lanes; lane++) {
      const z = value[root + lane];
      if (!(z === 0 || (z > 1e-280 && z < Infinity))) extreme = true;
      logZ[lane] = Math.log(z);
    }
    if (extreme) return false;
    adjoint.fill(0);
    adjoint.fill(1, root, root + lanes);
    for (let l = circuit.levels.length - 1; l >= 0; l--) {
      const { left, right, output, made } = circuit.levels[l];
      for (let i = 0; i < left.length; i++) {
        const a = left[i] * lanes;
        const b = right[i] * lanes;
        const cell = (i < made ? output + i : output + i - made) * lanes;
        for (let lane = 0; lane < lanes; lane++) {
          const slope = adjoint[cell + lane];
          adjoint[a + lane] += slope * value[b + lane];
          adjoint[b + lane] += slope * value[a + lane];
        }
      }
    }
    for (let i = 0; i < cells.length; i++) {
      for (let lane = 0; lane < lanes; lane++) {
        const z = value[root + lane];
        const place = cells[i] * lanes + lane;
        const chance = z === 0 ? 0 : (tables[place] * adjoint[place]) / z;
        belief[i * lanes + lane] = chance;
        if (i % 2 === 0 || z === 0) continue;
        const sum = belief[(i - 1) * lanes + lane] + chance;
        if (!(Math.abs(sum - 1) < LOST)) return false;
      }
    }
    return true;
  }
}

function logAddExp(a, b) {
  if (a === -Infinity) return b;
  if (b === -Infinity) return a;
  return a > b ? a + Math.log1p(Math.exp(b - a)) : b + Math.log1p(Math.exp(a - b));
}

// ---------------------------------------------------------------------------------------------
// Evenly spread standard normal draws (sobol.py).
// ---------------------------------------------------------------------------------------------

class NormalDraws {
  /** @param {object} sobol direction numbers and digital shifts of each dimension, as integers */
  constructor({ bits, directions, shifts }) {
    Object.assign(this, { directions, shifts });
    this.quantiles = Float64Array.from({ length: 2 ** bits }, (_, k) =>
      normalQuantile((k + 0.5) / 2 ** bits),
    );
    this.known = new Map();
  }

  /** Standard normal values of one dimension. */
  of(dimension, draws) {
    const key = `${dimension} ${draws}`;
    if (!this.known.has(key)) {
      if (!this.directions[dimension]) throw new RangeError("more uncertain numbers than draws");
      const points = new Int32Array(draws);
      for (let filled = 1, bit = 0; filled < draws; filled *= 2, bit++) {
        for (let j = 0; j < filled; j++) {
          points[filled + j] = points[j] ^ this.directions[dimension][bit];
        }
      }
      const shift = this.shifts[dimension];
      const values = new Float64Array(draws);
      for (let j = 0; j < draws; j++) values[j] = this.quantiles[points[j] ^ shift];
      this.known.set(key, values);
    }
    return this.known.get(key);
  }
}

/**
 * The quantile function of the standard normal distribution.
 *
 * Wichura (1988), algorithm AS 241, doi:10.2307/2347330: about 16 digits, and what Python's
 * statistics.NormalDist computes.
 */
function normalQuantile(p) {
  const q = p - 0.5;
  if (Math.abs(q) <= 0.425) return q * rational(CENTRE, 0.180625 - q * q);
  const r = Math.sqrt(-Math.log(Math.min(p, 1 - p)));
  return Math.sign(q) * (r <= 5 ? rational(MIDDLE, r - 1.6) : rational(TAIL, r - 5));
}

const rational = ([above, below], x) => polynomial(above, x) / polynomial(below, x);
const polynomial = (coefficients, x) => coefficients.reduce((sum, c) => sum * x + c, 0);

const CENTRE = [
  [
    2.50908_09287_30122_6727e3, 3.34305_75583_58812_8105e4, 6.72657_70927_00870_0853e4,
    4.59219_53931_54987_1457e4, 1.37316_93765_50946_1125e4, 1.97159_09503_06551_4427e3,
    1.33141_66789_17843_7745e2, 3.38713_28727_96366_608,
  ],
  [
    5.22649_52788_52854_561e3, 2.87290_85735_72194_2674e4, 3.93078_95800_09271_061e4,
    2.12137_94301_58659_5867e4, 5.39419_60214_24751_1077e3, 6.87187_00749_20579_083e2,
    4.23133_30701_60091_1252e1, 1,
  ],
];
const MIDDLE = [
  [
    7.74545_01427_83414_07640e-4, 2.27238_44989_26918_45833e-2, 2.41780_72517_74506_11770e-1,
    1.27045_82524_52368_38258, 3.64784_83247_63204_60504, 5.76949_72214_60691_40550,
    4.63033_78461_56545_29590, 1.42343_71107_49683_57734,
  ],
  [
    1.05075_00716_44416_84324e-9, 5.47593_80849_95344_94600e-4, 1.51986_66563_61645_71966e-2,
    1.48103_97642_74800_74590e-1, 6.89767_33498_51000_04550e-1, 1.67638_48301_83803_84940,
    2.05319_16266_37758_82187, 1,
  ],
];
const TAIL = [
  [
    2.01033_43992_92288_13265e-7, 2.71155_55687_43487_57815e-5, 1.24266_09473_88078_43860e-3,
    2.65321_89526_57612_30930e-2, 2.96560_57182_85048_91230e-1, 1.78482_65399_17291_33580,
    5.46378_49111_64114_36990, 6.65790_46435_01103_77720,
  ],
  [
    2.04426_31033_89939_78564e-15, 1.42151_17583_16445_88870e-7, 1.84631_83175_10054_68180e-5,
    7.86869_13114_56132_59100e-4, 1.48753_61290_85061_48525e-2, 1.36929_88092_27358_05310e-1,
    5.99832_20655_58879_37690e-1, 1,
  ],
];

/** Read quantiles off weighted values, between the middles of their weights. */
function weightedQuantiles(values, weights, shares) {
  const order = Uint32Array.from(values, (_, i) => i).sort((a, b) => values[a] - values[b]);
  const middles = new Float64Array(order.length);
  let sum = 0;
  order.forEach((place, i) => {
    sum += weights[place];
    middles[i] = sum - weights[place] / 2;
  });
  return shares.map((share) => {
    const after = middles.findIndex((middle) => middle > share);
    if (after === 0) return values[order[0]];
    if (after < 0) return values[order[order.length - 1]];
    const [low, high] = [values[order[after - 1]], values[order[after]]];
    const part = (share - middles[after - 1]) / (middles[after] - middles[after - 1]);
    return low + part * (high - low);
  });
}

// ---------------------------------------------------------------------------------------------
// The judgements of a case, and the same with some of them overridden (overlay.py).
// ---------------------------------------------------------------------------------------------

const judgement = ([median, sd]) => ({ median: Number(median), sd: Number(sd) });
const optional = (pair) => (pair ? judgement(pair) : null);
const inverse = ({ median, sd }) => ({ median: -median, sd });

/** A multiplier as the model uses it: what "lowers" divides the odds. */
const signed = (key, odds) => (key === "lowers" ? inverse(odds) : odds);

/** Take the judgements out of a compiled case. */
function judgementsOf(compiled) {
  return {
    baseRates: compiled.events.map(
      ({ base_rate: base }) =>
        base && {
          ...judgement(base.judgement),
          within: base.within,
          fitted: Boolean(base.model),
        },
    ),
    now: compiled.events.map((event) => optional(event.now)),
    rows: compiled.events.map((event) => event.table?.map((row) => judgement(row.judgement))),
    links: compiled.links.map((link) => signed(link.key, judgement(link.judgement))),
    facts: compiled.facts.map((fact) => ({
      if_yes: optional(fact.if_yes),
      if_no: optional(fact.if_no),
      likelihood_ratio: optional(fact.likelihood_ratio),
      chance: optional(fact.chance),
      bearings: fact.bearings?.map((push) => signed(push.key, judgement(push.judgement))),
      status: fact.status,
      reports: fact.reports.map((report) => ({
        ...report,
        hit: optional(report.hit),
        false: optional(report.false),
      })),
    })),
    reliability: mapped(compiled.scales.reliability, judgement),
    credibility: mapped(compiled.scales.credibility, judgement),
  };
}

const mapped = (record, f) =>
  Object.fromEntries(Object.entries(record).map(([key, value]) => [key, f(value)]));

/** Read a period such as "12 months" or "2.5 years", in months. */
function months(period) {
  const match = /^\s*(\d+(?:\.\d+)?)\s*(month|year)s?\s*$/.exec(period);
  if (!match) throw new RangeError(`not a period: ${period}`);
  return Number(match[1]) * (match[2] === "year" ? 12 : 1);
}

// What a fact may be told anew, and what that takes the place of.
const FACT_KEYS = {
  if_yes: ["likelihood_ratio"],
  if_no: ["likelihood_ratio"],
  likelihood_ratio: ["if_yes", "if_no"],
  chance: [],
  status: [],
};

/**
 * Read an override in its file form into what it puts in place.
 *
 * @returns {*} a judgement; of a status, a grade or a list of reports the value as written
 */
function readOverride(path, value) {
  const last = path.slice(path.lastIndexOf(".") + 1);
  if (["status", "reports", "grade"].includes(last)) return value;
  if (["raises", "lowers", "odds"].includes(last)) return signed(last, multiplier(value));
  if (last === "likelihood_ratio") return multiplier(value);
  const read = probability(value);
  if (last !== "base_rate") return read;
  return { ...read, within: value.within === undefined ? null : months(value.within) };
}

/** Put what an override states in its place; `judged` holds lists that may be changed. */
function put(judged, index, path, value) {
  const [section, name, key, ...rest] = path.replace("->", ".").split(".");
  let known = false;
  if (section === "events") {
    known = putEvent(judged, index, index.event.get(name), key, rest, value);
  } else if (section === "links") {
    const l = index.link.get(`${name}.${key}`);
    known = l !== undefined;
    if (known) judged.links[l] = value;
  } else if (section === "evidence") {
    known = putFact(judged, index, index.fact.get(name), key, rest, value);
  } else if (section === "scales" && (name === "reliability" || name === "credibility")) {
    known = Object.hasOwn(judged[name], key);
    if (known) judged[name][key] = value;
  }
  if (!known) throw new RangeError(`no such judgement: ${path}`);
}

function putEvent(judged, index, k, key, rest, value) {
  if (k === undefined) return false;
  if (key === "now") judged.now[k] = value;
  else if (key === "base_rate" && judged.baseRates[k]) judged.baseRates[k] = value;
  else {
    const row = key === "table" ? index.row(k, rest[0]) : -1;
    if (row < 0) return false;
    judged.rows[k] = judged.rows[k].with(row, value);
  }
  return true;
}

function putFact(judged, index, f, key, [name, part], value) {
  if (f === undefined) return false;
  const fact = { ...judged.facts[f] };
  if (Object.hasOwn(FACT_KEYS, key)) {
    fact[key] = value;
    for (const rival of FACT_KEYS[key]) fact[rival] = null;
  } else if (key === "bears_on") {
    const bearing = index.bearing(f, name);
    if (bearing < 0) return false;
    fact.bearings = fact.bearings.with(bearing, value);
  } else if (key === "reports" && name === undefined) {
    if (value.length) throw new RangeError("new reports need the case to be compiled anew");
    fact.reports = [];
  } else if (key === "reports" && fact.reports[name] && ["grade", "hit", "false"].includes(part)) {
    const report = { ...fact.reports[name] };
    if (part === "grade") [report.letter, report.digit = null] = value;
    else report[part] = value;
    fact.reports = fact.reports.with(name, report);
  } else return false;
  judged.facts[f] = fact;
  return true;
}

// ---------------------------------------------------------------------------------------------
// Nodes and their tables (families.py).
// ---------------------------------------------------------------------------------------------

/**
 * The log-odds of yes in each row of a node's table: an intercept, plus `median`, plus `loading`
 * times standard normal numbers.
 */
class Family {
  /**
   * @param {Float64Array} median by row
   * @param {Float64Array[]} loading by row, how each uncertain number of the node moves it
   * @param {?Judgement} base its base rate; null where the rows are stated outright
   * @param {boolean} conditional whether the first variable of its scope is a condition
   */
  constructor(median, loading, base, conditional) {
    this.median = median;
    this.loading = loading;
    this.spread = Float64Array.from(loading, (row) => Math.hypot(...row));
    this.mixture = new Mixture(median, this.spread);
    this.base = base;
    this.conditional = conditional;
    this.parameters = loading[0].length;
    this.mean = base && expected(base.median, base.sd);
  }

  /** Take over the mixture of an earlier family of the same rows: only its base rate moved. */
  keepMixture(earlier) {
    if (earlier?.mixture.equals(this.median, this.spread)) this.mixture = earlier.mixture;
  }

  /** Build a node from a base rate and multipliers: its own spread moves every row. */
  static linked(base, odds, conditional) {
    const count = 1 << odds.length;
    const median = new Float64Array(count);
    const loading = Array.from({ length: count }, () => new Float64Array(1 + odds.length));
    for (let row = 0; row < count; row++) {
      loading[row][0] = base.sd;
      odds.forEach((push, i) => {
        if ((row >> (odds.length - 1 - i)) & 1) {
          median[row] += push.median;
          loading[row][1 + i] = push.sd;
        }
      });
    }
    return new Family(median, loading, base, conditional);
  }

  /** Build a node whose rows are stated outright: each has an uncertain number of its own. */
  static stated(rows, conditional) {
    const loading = rows.map((row, i) => Float64Array.from(rows, (_, j) => (i === j ? row.sd : 0)));
    return new Family(Float64Array.from(rows, (row) => row.median), loading, null, conditional);
  }

  /** A likelihood ratio L: if_yes = L/(1+L) and if_no = 1/(1+L) are one number from both sides. */
  static ratio({ median, sd }) {
    const loading = [Float64Array.of(-sd), Float64Array.of(sd)];
    return new Family(Float64Array.of(-median, median), loading, null, false);
  }

  /** Write the mean of every cell into a flat vector of tables. */
  writeExpected(intercept, tables, start) {
    const { mixture } = this;
    mixture.moveTo(intercept);
    let cell = this.writeCondition(tables, start);
    for (let row = 0; row < this.median.length; row++) {
      tables[cell++] = mixture.no[row];
      tables[cell++] = mixture.yes[row];
    }
  }

  /** Write every cell for each of several draws of the node's uncertain numbers. */
  writeDrawn(intercept, z, first, lanes, tables, start) {
    let cell = start + (this.conditional ? 2 * this.median.length : 0);
    for (let row = 0; row < this.median.length; row++, cell += 2) {
      const loading = this.loading[row];
      for (let lane = 0; lane < lanes; lane++) {
        let x = intercept + this.median[row];
        for (let i = 0; i < loading.length; i++) {
          if (loading[i] !== 0) x += loading[i] * z[i][first + lane];
        }
        const e = Math.exp(-Math.abs(x));
        const big = 1 / (1 + e);
        tables[cell * lanes + lane] = x >= 0 ? e * big : big;
        tables[(cell + 1) * lanes + lane] = x >= 0 ? big : e * big;
      }
    }
  }

  /** Without its condition, a node is no. */
  writeCondition(tables, start) {
    if (!this.conditional) return start;
    for (let row = 0; row < this.median.length; row++) {
      tables[start++] = 1;
      tables[start++] = 0;
    }
    return start;
  }
}

// ---------------------------------------------------------------------------------------------
// The network (network.py).
// ---------------------------------------------------------------------------------------------

/** What cannot be: told to the reader in place of numbers. */
class Impossible extends Error {}

/** Compute something, or give null if it cannot be. */
function possible(compute) {
  try {
    return compute();
  } catch (error) {
    if (error instanceof Impossible) return null;
    throw error;
  }
}

/** Relative difference that rounding alone makes between two sweeps over the same numbers. */
const ROUNDING = 1e-14;

/** Names and places of a case: they stay the same under all settings. */
class Index {
  constructor(compiled) {
    const place = (list, key = (one) => one.id) => new Map(list.map((one, i) => [key(one), i]));
    this.compiled = compiled;
    this.event = place(compiled.events);
    this.fact = place(compiled.facts);
    this.source = place(compiled.sources);
    this.link = place(compiled.links, (link) => `${link.from}.${link.to}`);
    this.events = compiled.events.length;
    this.nodes = this.events + compiled.facts.length;
    this.offsets = compiled.plan.offsets;
    this.scopes = compiled.plan.scopes;
    // Factors in the order of the plan: families, findings, sources, and pairs of a fact and a
    // source that reports it.
    this.pair = new Map();
    for (const fact of compiled.facts) {
      for (const { source } of fact.reports) {
        const key = `${fact.id} ${source}`;
        if (!this.pair.has(key)) {
          const factor = 2 * this.nodes + compiled.sources.length + this.pair.size;
          this.pair.set(key, this.offsets[factor]);
        }
      }
    }
    this.linksTo = compiled.events.map((event) =>
      compiled.links.flatMap((link, l) => (link.to === event.id ? [l] : [])),
    );
    this.given = compiled.events.map((event) => this.event.get(event.given) ?? null);
    this.above = compiled.events.map((event) =>
      [...event.parents, event.given].flatMap((name) => this.event.get(name) ?? []),
    );
    this.bearsOn = compiled.facts.map((fact) => fact.bears_on.map((name) => this.event.get(name)));
    this.depth = [];
    for (let k = 0; k < this.nodes; k++) this.measure(k);
  }

  measure(k) {
    if (this.depth[k] === undefined) {
      const above = this.scopes[k].slice(0, -1).map((parent) => this.measure(parent));
      this.depth[k] = 1 + Math.max(-1, ...above);
    }
    return this.depth[k];
  }

  row(event, name) {
    return this.compiled.events[event].table?.findIndex((row) => row.row === name) ?? -1;
  }

  bearing(fact, event) {
    return this.compiled.facts[fact].bearings.findIndex((push) => push.event === event);
  }

  /** Where the cells of a finding on an event or fact are. */
  finding(node) {
    return this.offsets[this.nodes + node];
  }

  /** Where the cells of a source's soundness are. */
  soundness(source) {
    return this.offsets[2 * this.nodes + source];
  }

  /** Events that follow from some events, and these themselves. */
  descendants(roots) {
    const below = new Set(roots);
    for (let before = -1; before < below.size; ) {
      before = below.size;
      this.above.forEach((above, k) => {
        if (above.some((parent) => below.has(parent))) below.add(k);
      });
    }
    return below;
  }
}

/**
 * The network of expected tables before any evidence: intercepts, tables, prior marginals.
 *
 * It keeps what it computed last. A node is calibrated anew only if its own numbers have changed,
 * or the joint prior of its parents has, by more than rounding.
 */
class Prior {
  constructor(index, circuit) {
    this.index = index;
    this.circuit = circuit;
    this.tables = new Float64Array(circuit.size).fill(1);
    this.belief = new Float64Array(circuit.size);
    this.marginals = new Float64Array(index.nodes);
    this.forget();
  }

  forget() {
    const { nodes, scopes } = this.index;
    this.families = new Array(nodes).fill(null);
    this.intercepts = new Float64Array(nodes);
    this.rows = new Array(nodes).fill(null);
    this.reliability = [];
    this.known = false;
    for (let k = 0; k < nodes; k++) {
      // Nodes not solved yet stand at one half: they lie below, and sum out.
      const start = this.index.offsets[k];
      this.tables.fill(0.5, start, start + 2 ** scopes[k].length);
    }
  }

  /**
   * @param {Family[]} families of events, then of facts
   * @param {Judgement[]} reliability of each source
   */
  solve(families, reliability) {
    try {
      this.update(families, reliability);
    } catch (error) {
      this.forget();
      throw error;
    }
  }

  update(families, reliability) {
    const { index, tables, intercepts } = this;
    let stale = !this.known;
    reliability.forEach((judged, s) => {
      if (judged === this.reliability[s]) return;
      const sound = expected(judged.median, judged.sd);
      tables[index.soundness(s)] = 1 - sound;
      tables[index.soundness(s) + 1] = sound;
      stale = true;
    });
    const waiting = [];
    const write = (k, intercept) => {
      intercepts[k] = intercept;
      families[k].writeExpected(intercept, tables, index.offsets[k]);
      stale = true;
    };
    families.forEach((family, k) => {
      if (family.base && index.scopes[k].length > 1) waiting.push(k);
      else if (family !== this.families[k]) write(k, family.base ? family.base.median : 0);
    });
    waiting.sort((a, b) => index.depth[a] - index.depth[b] || a - b);
    let level = -1;
    let swept = false;
    for (const k of waiting) {
      if (index.depth[k] > level && stale) {
        this.sweep();
        swept = true;
        stale = false;
      }
      level = index.depth[k];
      const rows = swept || !this.rows[k] ? this.jointOfParents(k, families[k]) : this.rows[k];
      if (families[k] !== this.families[k] || !near(rows, this.rows[k])) {
        this.rows[k] = rows;
        const start = this.known ? intercepts[k] : null;
        write(k, families[k].mixture.calibrate(families[k].mean, rows, start));
      }
    }
    if (stale) this.sweep();
    if (stale || swept) {
      for (let v = 0; v < index.nodes; v++) this.marginals[v] = marginal(this.belief, index, v);
    }
    for (let k = 0; k < index.events; k++) {
      if (index.given[k] !== null && this.marginals[index.given[k]] === 0) throw dead(index, k);
    }
    this.families = families;
    this.reliability = reliability;
    this.known = true;
  }

  sweep() {
    this.circuit.evaluate(this.tables, this.belief);
  }

  /** The prior of each row of a node's table, given its condition. */
  jointOfParents(k, family) {
    const count = family.median.length;
    const start = this.index.offsets[k] + (family.conditional ? 2 * count : 0);
    const rows = new Float64Array(count);
    let sum = 0;
    for (let row = 0; row < count; row++) {
      rows[row] = this.belief[start + 2 * row] + this.belief[start + 2 * row + 1];
      sum += rows[row];
    }
    if (sum === 0) throw dead(this.index, k);
    return rows.map((chance) => chance / sum);
  }
}

function near(rows, others) {
  return (
    others !== null &&
    rows.every((chance, i) => Math.abs(chance - others[i]) <= ROUNDING * others[i])
  );
}

function dead(index, k) {
  const { id, given } = index.compiled.events[k];
  return new Impossible(`events.${id}: its condition ${given} has probability 0`);
}

/** Read P(yes) of an event or fact from the cells left for findings on it. */
function marginal(belief, index, node) {
  const start = index.finding(node);
  const total = belief[start] + belief[start + 1];
  return total > 0 ? belief[start + 1] / total : belief[start + 1];
}

/** One source's report of one fact, as it counts. */
class CountedReport {
  /**
   * @param {number} fact
   * @param {number} source
   * @param {number} start first of its four cells
   * @param {object} report
   * @param {number} p0 prior probability of the fact
   * @param {function} strength what a digit is worth, where no expert stated `hit` and `false`
   */
  constructor(fact, source, start, report, p0, strength) {
    Object.assign(this, { fact, source, start, report, p0 });
    if (report.hit === null) {
      const odds = strength(report.digit, p0);
      [this.no, this.yes] = report.says ? [1, odds] : [odds, 1];
    } else {
      [this.no, this.yes] = this.likelihood(
        expected(report.false.median, report.false.sd),
        expected(report.hit.median, report.hit.sd),
      );
    }
    this.mean = (1 - p0) * this.no + p0 * this.yes;
  }

  /** Write the same for each of several draws of what an expert stated as a range. */
  writeDrawn(zNo, zYes, first, lanes, tables) {
    const drawn = (judged, z, lane) => sigmoid(judged.median + judged.sd * z[first + lane]);
    for (let lane = 0; lane < lanes; lane++) {
      const [no, yes] = this.likelihood(
        drawn(this.report.false, zNo, lane),
        drawn(this.report.hit, zYes, lane),
      );
      // What the likelihood is divided by is a constant of the mean judgements.
      tables[(this.start + 1) * lanes + lane] = this.mean ? no / this.mean : 0;
      tables[(this.start + 3) * lanes + lane] = this.mean ? yes / this.mean : 0;
    }
  }

  likelihood(no, yes) {
    return this.report.says ? [no, yes] : [1 - no, 1 - yes];
  }

  /** Write the cells (fact, source): no/unsound, no/sound, yes/unsound, yes/sound. */
  write(tables) {
    tables[this.start] = 1;
    tables[this.start + 1] = this.mean ? this.no / this.mean : 0;
    tables[this.start + 2] = 1;
    tables[this.start + 3] = this.mean ? this.yes / this.mean : 0;
  }
}

// Draws go through the circuit in blocks of this many: each cell's numbers fill two cache lines.
const LANES = 16;

// Sliders run this far, and further where a judgement of the case does.
const PROBABILITY_RANGE = [0.001, 0.999];
const ODDS_RANGE = [0.01, 100];

// Points at which a slider is tried for a change of word, half a unit of log-odds apart on most,
// and how near such a change is then found.
const GRID = 29;
const TOLERANCE = 1e-9;

// The reliability of a source that no longer reports: any number does.
const EVEN = { median: 0, sd: 0 };

/**
 * Make an engine for a compiled case.
 *
 * Where settings are impossible, `solve` gives NaN for what has no answer, and `problem` says why;
 * a band then has no ends, and there are no weights. Settings that are wrong in form throw a
 * RangeError. `bandSteps` and `tipSteps` compute the same as `band` and `tip` a millisecond or so
 * at a time: each `next()` gives the share that is done, the last one the result.
 *
 * @param {object} compiled what `forecasting.explorer.model.compiled` gives
 */
export function engine(compiled) {
  const index = new Index(compiled);
  const circuit = new Circuit(compiled.plan);
  const own = judgementsOf(compiled);
  const normal = new NormalDraws(compiled.sobol);
  const main = new Solver(compiled, index, circuit, own, normal);
  // Tipping points try far settings: what the main solver has at hand stays as it is.
  const side = new Solver(compiled, index, circuit, own, normal);
  return {
    /**
     * @param {Settings} settings
     * @returns {{prior: object, posterior: object, priorFacts: object, facts: object,
     *   soundness: object, logEvidence: number, scenarios: object, scenariosPrior: object,
     *   impossible: boolean, problem: ?string}} probabilities by name
     */
    solve: (settings = {}) => main.solve(settings),

    /** @returns {{low: object, high: object, mean: object, effectiveDraws: number}} 90% bands */
    band: (settings = {}, draws) => finished(main.bandSteps(settings, draws)),
    bandSteps: (settings = {}, draws) => main.bandSteps(settings, draws),

    /** @returns {Array<{kind: string, item: string, title: string, date: ?string,
     *   before: number, after: number, decibans: number}>} in the order of dates */
    weights: (settings, outcome) => main.weights(settings, outcome),

    /** Decibans of a fact as if it were all the evidence; 0 if it is no evidence yet. */
    alone: (settings, fact, event) => main.alone(settings, fact, event),

    /** The same, if no report of its sources could be more credible. */
    ceiling: (settings, fact, event) => main.alone(settings, fact, event, true),

    /** @returns {Array<{at: number, from: string, to: string, p: number}>} along the slider */
    tip: (settings, path, outcome) => finished(side.tipSteps(settings, path, outcome)),
    tipSteps: (settings, path, outcome) => side.tipSteps(settings, path, outcome),

    /** Judgements that a slider can move, at the case's own values; its ends on the log scale. */
    inputs: () => main.inputs(),

    /** The base rate of an event for a window: `{median, sd}` in log-odds; null if it has none. */
    baseRate: (settings, event) => main.baseRateAt(settings, event),

    /** The estimative word for a probability. */
    word: (p) => wordFor(p, compiled.lexicon),
  };
}

/** Solves one setting after another; what did not change from the last is not computed again. */
class Solver {
  constructor(compiled, index, circuit, own, normal) {
    Object.assign(this, { compiled, index, circuit, own, normal });
    this.prior = new Prior(index, circuit);
    this.read = new Map(); // overrides as read, by path
    this.boundaries = boundariesOf(compiled.lexicon);
    this.lastFamilies = []; // by node: what it was made of, and the family
    this.belief = new Float64Array(circuit.size);
    this.tables = new Float64Array(circuit.size);
  }

  /**
   * The judgements of the case with the overrides of a setting in their places.
   *
   * @param {?{path: string, judgement: Judgement}} moved one more, not in its file form
   */
  judgementsAt(overrides = {}, moved = null) {
    const paths = Object.keys(overrides);
    if (!paths.length && !moved) return this.own;
    const copy = mapped(this.own, (part) => (Array.isArray(part) ? [...part] : { ...part }));
    for (const path of paths) {
      const text = JSON.stringify(overrides[path]);
      let known = this.read.get(path);
      if (known?.text !== text) {
        known = { text, value: readOverride(path, overrides[path]) };
        this.read.set(path, known);
      }
      put(copy, this.index, path, known.value);
    }
    if (moved) put(copy, this.index, moved.path, moved.judgement);
    return copy;
  }

  /** The pair of dates of a setting, with the length of its window. */
  windowAt({ as_of: asOf, by }) {
    const day = asOf ?? this.compiled.as_of;
    const end = by ?? this.compiled.resolve_by;
    const window = this.compiled.windows.find((one) => one.as_of === day && one.by === end);
    if (!window) throw new RangeError(`no window from ${day} to ${end} in this page`);
    return window;
  }

  /** The base rate of an event for a window: fitted for it, or rescaled to it. */
  baseRate(k, judged, window) {
    const { id, kind } = this.compiled.events[k];
    if (judged.fitted) return judgement(window.fitted[id]);
    if (judged.within === null) return judged;
    const settled = window.settled_months;
    const length = Object.hasOwn(settled, id) ? settled[id] : window.months;
    return over(judged, length / judged.within, kind === "lasts");
  }

  /** The same, by name and under settings. */
  baseRateAt(settings, name) {
    const k = this.index.event.get(name);
    const base = this.judgementsAt(settings.overrides).baseRates[k];
    return base && this.baseRate(k, base, this.windowAt(settings));
  }

  /** The families of all events and facts; one made of the same judgements as before is kept. */
  familiesAt(judged, window) {
    const families = [];
    const { compiled, index } = this;
    const make = (inputs, build) => {
      const k = families.length;
      const last = this.lastFamilies[k];
      const same =
        last?.inputs.length === inputs.length && inputs.every((one, i) => one === last.inputs[i]);
      if (!same) {
        const family = build();
        family.keepMixture(last?.family);
        this.lastFamilies[k] = { inputs, family };
      }
      families.push(this.lastFamilies[k].family);
    };
    compiled.events.forEach((event, k) => {
      const conditional = event.given !== null;
      if (judged.rows[k]) {
        make(judged.rows[k], () => Family.stated(judged.rows[k], conditional));
        return;
      }
      const base = judged.baseRates[k];
      const odds = index.linksTo[k].map((l) => judged.links[l]);
      make([base, ...odds, window], () =>
        Family.linked(this.baseRate(k, base, window), odds, conditional),
      );
    });
    for (const fact of judged.facts) {
      if (fact.chance) {
        make([fact.chance, ...fact.bearings], () =>
          Family.linked(fact.chance, fact.bearings, false),
        );
      } else if (fact.likelihood_ratio) {
        make([fact.likelihood_ratio], () => Family.ratio(fact.likelihood_ratio));
      } else {
        const rows = [fact.if_no, fact.if_yes];
        if (rows.includes(null)) throw new RangeError("if_yes and if_no go together");
        make(rows, () => Family.stated(rows, false));
      }
    }
    return families;
  }

  /** The letter of each source: that of its first graded report. */
  lettersOf(judged) {
    const letters = new Array(this.compiled.sources.length).fill(null);
    const reporting = new Array(letters.length).fill(false);
    for (const { reports } of judged.facts) {
      for (const { source, letter } of reports) {
        const s = this.index.source.get(source);
        reporting[s] = true;
        letters[s] ??= letter;
      }
    }
    return { letters, reporting };
  }

  /** Everything about a setting that does not depend on given and do. */
  at(settings, moved) {
    const judged = this.judgementsAt(settings.overrides, moved);
    const window = this.windowAt(settings);
    const { letters, reporting } = this.lettersOf(judged);
    const reliability = letters.map((letter) => (letter ? judged.reliability[letter] : EVEN));
    const families = this.familiesAt(judged, window);
    this.prior.solve(families, reliability);
    const asOf = window.as_of;
    const hasCome = (day) => day === null || asOf === null || day <= asOf;
    return { settings, judged, window, families, reporting, reliability, hasCome };
  }

  /** The reports that count: of each source on each fact the latest one made so far. */
  counted({ judged, hasCome }) {
    const counted = [];
    const strength = (digit, p0) => this.strength(digit, p0, judged.credibility);
    judged.facts.forEach((fact, f) => {
      const latest = new Map();
      for (const report of fact.reports) {
        if (!hasCome(report.day)) continue;
        const other = latest.get(report.source);
        if (!other || (other.day ?? "") <= (report.day ?? "")) latest.set(report.source, report);
      }
      const { id } = this.compiled.facts[f];
      for (const [source, report] of latest) {
        counted.push(
          new CountedReport(
            f,
            this.index.source.get(source),
            this.index.pair.get(`${id} ${source}`),
            report,
            this.prior.marginals[this.index.events + f],
            strength,
          ),
        );
      }
    });
    return counted;
  }

  /** The odds by which a sound report of a digit supports what it says. */
  strength(digit, p0, credibility) {
    const { says_nothing: nothing, never_supports: never } = this.compiled.scales;
    if (digit === nothing || p0 === 0 || p0 === 1) return 1;
    const rare = Math.min(p0, 1 - p0);
    const strength = (Math.exp(credibility[digit].median) * (1 - rare)) / rare;
    return never.includes(digit) ? Math.min(1, strength) : strength;
  }

  /** What counts as evidence: statements on events, observed facts, reports. */
  findings(state, cut = new Set()) {
    const { judged, hasCome } = state;
    const { compiled, index, prior } = this;
    const statements = [];
    compiled.events.forEach((event, k) => {
      if (cut.has(k)) return;
      const settled = event.settled && hasCome(event.settled.day);
      if (settled) {
        const happened = Number(event.settled.happened);
        statements.push({ event: k, no: 1 - happened, yes: happened, settled: event.settled });
      } else if (judged.now[k]) {
        const p0 = prior.marginals[k];
        if (p0 === 0 || p0 === 1) {
          throw new Impossible(
            `events.${event.id}.now: the network makes its probability exactly ${p0}`,
          );
        }
        const c = expected(judged.now[k].median, judged.now[k].sd);
        statements.push({ event: k, no: (1 - c) / (1 - p0), yes: c / p0, settled: null });
      }
    });
    const kept = index.bearsOn.map((events) => !events.some((k) => cut.has(k)));
    const observed = [];
    judged.facts.forEach(({ status }, f) => {
      const known = status === "confirmed" || status === "absent";
      if (known && kept[f] && hasCome(compiled.facts[f].day)) {
        observed.push({ fact: f, seen: status === "confirmed" });
      }
    });
    const reports = this.counted(state).filter((report) => kept[report.fact]);
    return { statements, observed, reports };
  }

  /** Each source's kappa: the prior probability of its reports if it is sound. */
  bundles(reports) {
    const { index, circuit, prior } = this;
    const kappa = new Float64Array(this.compiled.sources.length).fill(1);
    const bySource = Array.from(kappa, () => []);
    for (const report of reports) bySource[report.source].push(report);
    let tables = null;
    bySource.forEach((bundle, s) => {
      // A single report has prior mean 1 by construction, unless it could not have been made.
      if (bundle.length === 1 && bundle[0].mean === 0) kappa[s] = 0;
      if (bundle.length < 2) return;
      tables ??= new Float64Array(circuit.size);
      tables.set(prior.tables);
      tables[index.soundness(s)] = 0;
      tables[index.soundness(s) + 1] = 1;
      for (const report of bundle) report.write(tables);
      kappa[s] = Math.exp(circuit.evaluate(tables));
    });
    return kappa;
  }

  /** Put evidence, what is given and what is made so into the prior tables. */
  write(tables, { statements, observed, reports }, kappa, given, made) {
    const { index, prior } = this;
    tables.set(prior.tables);
    for (const { event, no, yes } of statements) {
      tables[index.finding(event)] = no;
      tables[index.finding(event) + 1] = yes;
    }
    for (const { fact, seen } of observed) {
      tables[index.finding(index.events + fact)] = seen ? 0 : 1;
      tables[index.finding(index.events + fact) + 1] = seen ? 1 : 0;
    }
    kappa.forEach((chance, s) => {
      tables[index.soundness(s)] *= chance;
    });
    for (const report of reports) report.write(tables);
    for (const [k, yes] of made) {
      const start = index.offsets[k];
      const end = start + 2 ** index.scopes[k].length;
      for (let cell = start; cell < end; cell += 2) {
        tables[cell] = yes ? 0 : 1;
        tables[cell + 1] = yes ? 1 : 0;
      }
    }
    for (const [k, yes] of given) tables[index.finding(k) + (yes ? 0 : 1)] = 0;
  }

  /** Events of a setting by their number; refuses to make so what cannot be. */
  query({ given = {}, do: made = {} }) {
    const { compiled, index } = this;
    const numbered = (setting) =>
      Object.entries(setting).map(([name, yes]) => {
        if (!index.event.has(name)) throw new RangeError(`no such event: ${name}`);
        return [index.event.get(name), yes];
      });
    for (const [name, yes] of Object.entries(made)) {
      const condition = compiled.events[index.event.get(name)]?.given;
      if (condition && !Object.hasOwn(made, condition)) {
        throw new Impossible(`${name} cannot be made so unless ${condition} is set too`);
      }
      if (condition && yes && !made[condition]) {
        throw new Impossible(`${name} cannot happen without ${condition}`);
      }
    }
    return [numbered(given), numbered(made)];
  }

  /** Put a setting's evidence into `this.tables` and give all that was needed for it. */
  prepare(settings, moved = null) {
    const state = this.at(settings, moved);
    const [given, made] = this.query(settings);
    const cut = made.length ? this.index.descendants(made.map(([k]) => k)) : new Set();
    const findings = this.findings(state, cut);
    const kappa = this.bundles(findings.reports);
    this.write(this.tables, findings, kappa, given, made);
    return { ...state, given, made, findings, kappa };
  }

  solve(settings) {
    const { compiled, index, circuit, tables, belief } = this;
    let state;
    let problem = null;
    try {
      state = this.prepare(settings);
    } catch (error) {
      if (!(error instanceof Impossible)) throw error;
      problem = error.message;
    }
    const logEvidence = problem ? -Infinity : circuit.evaluate(tables, belief);
    if (logEvidence === -Infinity) problem ??= "the evidence is impossible";
    const after = (v) => (problem ? NaN : marginal(belief, index, v));
    const before = (v) => (this.prior.known ? this.prior.marginals[v] : NaN);
    const named = (list, f) => Object.fromEntries(list.map((one, i) => [one.id, f(i)]));
    const { events, facts, sources, scenarios } = compiled;
    const reporting = sources.filter((_, s) => state?.reporting[s] ?? true);
    return {
      prior: named(events, before),
      posterior: named(events, after),
      priorFacts: named(facts, (f) => before(index.events + f)),
      facts: named(facts, (f) => after(index.events + f)),
      soundness: Object.fromEntries(
        reporting.map(({ id }) => {
          const start = index.soundness(index.source.get(id));
          return [id, problem ? NaN : belief[start + 1] / (belief[start] + belief[start + 1])];
        }),
      ),
      logEvidence,
      scenarios: named(scenarios, (i) => (problem ? NaN : this.joint(tables, i, logEvidence))),
      scenariosPrior: named(scenarios, (i) =>
        this.prior.known ? this.joint(this.prior.tables, i, 0) : NaN,
      ),
      impossible: problem !== null,
      problem,
    };
  }

  /** Which uncertain number of a setting is which dimension of the draws. */
  dimensions({ families, judged, reporting }) {
    let next = 0;
    const family = families.map(({ parameters }) => (next += parameters) - parameters);
    const source = reporting.map((reports) => (reports ? next++ : -1));
    const pair = new Map();
    judged.facts.forEach((fact, f) => {
      for (const name of new Set(fact.reports.map((report) => report.source))) {
        pair.set(`${f} ${this.index.source.get(name)}`, next);
        next += 2;
      }
    });
    return { family, source, pair };
  }

  /**
   * Draw all uncertain numbers and weigh each draw by its probability of the evidence, a few draws
   * at a step.
   */
  *bandSteps(settings, draws = this.compiled.sobol.draws) {
    const { compiled, index, circuit } = this;
    const state = possible(() => this.prepare(settings));
    if (state === null || circuit.evaluate(this.tables) === -Infinity) {
      return { low: {}, high: {}, mean: {}, effectiveDraws: 0 };
    }
    const lanes = Math.min(LANES, draws);
    const batch = new BatchCircuit(circuit, lanes);
    const tables = new Float64Array(circuit.size * lanes);
    for (let i = 0; i < circuit.size; i++) {
      tables.fill(this.tables[i], i * lanes, (i + 1) * lanes);
    }
    const writers = yield* this.drawnTables(state, tables, lanes, draws);
    const cells = Int32Array.from({ length: 2 * index.events }, (_, i) => index.finding(0) + i);
    const belief = new Float64Array(cells.length * lanes);
    const logZ = new Float64Array(draws);
    const chances = Array.from({ length: index.events }, () => new Float64Array(draws));
    for (let first = 0; first < draws; first += lanes) {
      for (const write of writers) write(first);
      batch.evaluate(tables, cells, logZ.subarray(first, first + lanes), belief);
      for (let k = 0; k < index.events; k++) {
        for (let lane = 0; lane < lanes; lane++) {
          const no = belief[2 * k * lanes + lane];
          const yes = belief[(2 * k + 1) * lanes + lane];
          chances[k][first + lane] = no + yes > 0 ? yes / (no + yes) : 0;
        }
      }
      yield (first + lanes) / draws;
    }
    const most = logZ.reduce((a, b) => Math.max(a, b));
    const weights = logZ.map((log) => Math.exp(log - most));
    const total = weights.reduce((a, b) => a + b);
    weights.forEach((weight, j) => {
      weights[j] = weight / total;
    });
    const ends = [];
    for (const values of chances) {
      ends.push(weightedQuantiles(values, weights, compiled.sobol.band));
      yield 1; // sorting one event's draws is a step of its own
    }
    const named = (f) => Object.fromEntries([...index.event].map(([name, k]) => [name, f(k)]));
    return {
      low: named((k) => ends[k][0]),
      high: named((k) => ends[k][1]),
      mean: named((k) => chances[k].reduce((sum, chance, j) => sum + chance * weights[j], 0)),
      effectiveDraws: 1 / weights.reduce((sum, weight) => sum + weight * weight, 0),
    };
  }

  /** List what writes the drawn cells of a block of draws, given the first of them. */
  *drawnTables(state, tables, lanes, draws) {
    const { index } = this;
    const { families, reliability, findings, kappa, made } = state;
    const dimension = this.dimensions(state);
    const z = (d) => this.normal.of(d, draws);
    const fixed = new Set(made.map(([k]) => k));
    const writers = [];
    for (const [k, family] of families.entries()) {
      if (fixed.has(k) || !family.spread.some((sd) => sd > 0)) continue;
      yield 0;
      const intercept = this.prior.intercepts[k];
      const own = Array.from(family.loading[0], (_, i) => z(dimension.family[k] + i));
      writers.push((first) =>
        family.writeDrawn(intercept, own, first, lanes, tables, index.offsets[k]),
      );
    }
    reliability.forEach(({ median, sd }, s) => {
      if (!(sd > 0)) return;
      const own = z(dimension.source[s]);
      const start = index.soundness(s) * lanes;
      writers.push((first) => {
        for (let lane = 0; lane < lanes; lane++) {
          const sound = sigmoid(median + sd * own[first + lane]);
          tables[start + lane] = (1 - sound) * kappa[s];
          tables[start + lanes + lane] = sound;
        }
      });
    });
    for (const report of findings.reports) {
      if (report.report.hit === null) continue;
      const d = dimension.pair.get(`${report.fact} ${report.source}`);
      const [zNo, zYes] = [z(d), z(d + 1)];
      writers.push((first) => report.writeDrawn(zNo, zYes, first, lanes, tables));
    }
    return writers;
  }

  /** The probability that a named combination of events comes about. */
  joint(tables, scenario, logZ) {
    const { index, circuit } = this;
    const together = tables.slice();
    for (const [name, yes] of Object.entries(this.compiled.scenarios[scenario].closed)) {
      together[index.finding(index.event.get(name)) + (yes ? 0 : 1)] = 0;
    }
    return Math.exp(circuit.evaluate(together) - logZ);
  }

  /** Log-odds of an event under settings; NaN where they are impossible. */
  logOdds(settings, event, moved = null) {
    if (possible(() => this.prepare(settings, moved)) === null) return NaN;
    const logZ = this.circuit.evaluate(this.tables, this.belief);
    return logZ === -Infinity ? NaN : logit(this.posteriorOf(this.belief, event));
  }

  posteriorOf(belief, node) {
    return Math.min(1, marginal(belief, this.index, node));
  }

  /**
   * Weigh each item of evidence on an outcome, in the order of their dates: the weights sum to the
   * whole way from prior to posterior. What is made so comes first, what is given last.
   */
  weights(settings, outcome) {
    const { compiled, index } = this;
    const state = possible(() => this.prepare(settings));
    if (state === null) return [];
    const { findings, given, made } = state;
    const node = index.event.get(outcome);
    const items = this.itemsOf(findings);
    const kappa = new Float64Array(compiled.sources.length).fill(1);
    const counted = { statements: [], observed: [], reports: [] };
    const [isMade, isGiven] = [[], []];
    const rows = [];
    const columns = [];
    const step = (row) => {
      const column = new Float64Array(this.circuit.size);
      this.write(column, counted, kappa, isGiven, isMade);
      columns.push(column);
      rows.push(row);
    };
    const supposed = (kind, [k]) => ({
      kind, item: compiled.events[k].id, title: compiled.events[k].title, date: null,
    });
    for (const one of made) {
      isMade.push(one);
      step(supposed("do", one));
    }
    for (const { row, statements, observed, reports } of items) {
      counted.statements.push(...statements);
      counted.observed.push(...observed);
      counted.reports.push(...reports);
      if (reports.length) {
        const touched = new Set(reports.map((report) => report.source));
        const shared = counted.reports.filter((report) => touched.has(report.source));
        const changed = this.bundles(shared);
        for (const source of touched) kappa[source] = changed[source];
      }
      step(row);
    }
    for (const one of given) {
      isGiven.push(one);
      step(supposed("given", one));
    }
    let before = this.prior.marginals[node];
    return this.posteriorsOf(columns, node).map((after, i) => {
      const decibans = before === after ? 0 : (logit(after) - logit(before)) * DECIBANS;
      const row = { ...rows[i], before, after, decibans };
      before = after;
      return row;
    });
  }

  /** List the items of evidence in the order of their dates: statements first, then facts. */
  itemsOf({ statements, observed, reports }) {
    const { compiled } = this;
    const items = statements.map((statement) => {
      const { id, title } = compiled.events[statement.event];
      const { settled } = statement;
      const kind = !settled ? "now" : settled.happened ? "happened" : "ruled out";
      const row = { kind, item: id, title, date: settled?.day ?? null };
      return { row, statements: [statement], observed: [], reports: [] };
    });
    compiled.facts.forEach((fact, f) => {
      const seen = observed.filter((one) => one.fact === f);
      const told = reports.filter((one) => one.fact === f);
      if (!seen.length && !told.length) return;
      const days = [...seen.map(() => fact.day), ...told.map(({ report }) => report.day)];
      const date = days.includes(null) ? null : days.reduce((a, b) => (a < b ? a : b));
      const row = { kind: "fact", item: fact.id, title: fact.claim, date };
      items.push({ row, statements: [], observed: seen, reports: told });
    });
    const day = ({ row }) => row.date ?? "";
    return items.sort((a, b) => (day(a) < day(b) ? -1 : day(a) > day(b) ? 1 : 0));
  }

  /** The posterior of one event in each of several settings of the tables, all in one batch. */
  posteriorsOf(columns, node) {
    const { circuit, index } = this;
    this.batch ??= new BatchCircuit(circuit, LANES);
    const tables = new Float64Array(circuit.size * LANES);
    const cells = Int32Array.of(index.finding(node), index.finding(node) + 1);
    const logZ = new Float64Array(LANES);
    const belief = new Float64Array(2 * LANES);
    const result = [];
    for (let first = 0; first < columns.length; first += LANES) {
      for (let lane = 0; lane < LANES; lane++) {
        const column = columns[Math.min(first + lane, columns.length - 1)];
        for (let i = 0; i < circuit.size; i++) tables[i * LANES + lane] = column[i];
      }
      this.batch.evaluate(tables, cells, logZ, belief);
      for (let lane = 0; lane < LANES && first + lane < columns.length; lane++) {
        const chance = belief[LANES + lane] / (belief[lane] + belief[LANES + lane]);
        result.push(logZ[lane] === -Infinity ? NaN : chance);
      }
    }
    return result;
  }

  /**
   * The weight of a fact on an event as if it were all the evidence, in decibans.
   *
   * @param {boolean} perfect as if none of its reports could be more credible: a sound source then
   *   reports nothing but the truth, and only its letter limits what the fact is worth
   */
  alone(settings, factName, eventName, perfect = false) {
    const { index, circuit, prior, tables, belief } = this;
    const f = index.fact.get(factName);
    const node = index.event.get(eventName);
    const state = possible(() => this.at(settings));
    const findings = state && possible(() => this.findings(state));
    if (!findings) return NaN;
    const observed = findings.observed.filter(({ fact }) => fact === f);
    const reports = findings.reports.filter(({ fact }) => fact === f);
    const counted = { statements: [], observed, reports };
    if (perfect && !observed.length) counted.reports = [];
    this.write(tables, counted, this.bundles(counted.reports), [], []);
    if (perfect && !observed.length) {
      const cell = index.finding(index.events + f);
      for (const { p0, report, source } of reports) {
        if (!(p0 > 0 && p0 < 1)) continue;
        const sound = expected(state.reliability[source].median, state.reliability[source].sd);
        const [no, yes] = report.says ? [0, 1 / p0] : [1 / (1 - p0), 0];
        tables[cell] *= 1 - sound + sound * no;
        tables[cell + 1] *= 1 - sound + sound * yes;
      }
    }
    const impossible = circuit.evaluate(tables, belief) === -Infinity;
    const after = impossible ? NaN : this.posteriorOf(belief, node);
    const before = prior.marginals[node];
    return after === before ? 0 : (logit(after) - logit(before)) * DECIBANS;
  }

  /** The judgements that a slider can move, at the case's own values. */
  inputs() {
    const { compiled } = this;
    const window = this.windowAt({});
    return compiled.inputs.map((input) => {
      const { median, sd } = judgement(input.judgement ?? window.fitted[input.of]);
      const odds = input.kind === "odds";
      const shown = odds ? Math.exp : sigmoid;
      const half = Z90 * sd;
      const [least, most] = odds ? ODDS_RANGE.map(Math.log) : PROBABILITY_RANGE.map(logit);
      const reach = Number.isFinite(median) ? [median - half, median + half] : [];
      return {
        ...input,
        median,
        sd,
        low: shown(median - half),
        best: shown(median),
        high: shown(median + half),
        least: Math.min(least, ...reach),
        most: Math.max(most, ...reach),
      };
    });
  }

  /**
   * Find where the word for an outcome changes as the centre of an input moves along its slider,
   * its range in log-odds kept.
   *
   * Every crossing of a boundary between two words that shows on a grid of `GRID` points is then
   * found to within rounding of what a slider can show.
   *
   * @returns {Generator} at the end a list of `{at, from, to, p}`, in the order of the slider:
   *   the centre, the words to its left and right, and the outcome's probability between them
   */
  *tipSteps(settings, path, outcome) {
    const input = this.inputs().find((one) => one.path === path);
    if (!input) throw new RangeError(`no such input: ${path}`);
    const node = this.index.event.get(outcome);
    const sign = path.endsWith(".lowers") ? -1 : 1;
    const stated = this.statedAt(settings, input);
    const f = (x) => {
      const moved = { path, judgement: { ...stated, median: sign * x } };
      return this.logOdds(settings, node, moved);
    };
    const { least, most } = input;
    const grid = Array.from({ length: GRID }, (_, i) => least + ((most - least) * i) / (GRID - 1));
    const values = [];
    for (const x of grid) {
      values.push(f(x));
      yield values.length / (GRID + 1);
    }
    const tips = [];
    for (let i = 1; i < GRID; i++) {
      const [left, right] = [values[i - 1], values[i]];
      const crossed = this.boundaries.filter(
        ({ at }) => (left < at && at <= right) || (right < at && at <= left),
      );
      if (right < left) crossed.reverse();
      for (const { at, below, above } of crossed) {
        const x = yield* crossing(f, at, [grid[i - 1], left], [grid[i], right]);
        const [from, to] = left < right ? [below, above] : [above, below];
        tips.push({ at: x, from, to, p: sigmoid(at) });
      }
    }
    return tips;
  }

  /** What an input is under settings, as the network uses it. */
  statedAt(settings, { path, judgement: pair, of }) {
    const { overrides = {} } = settings;
    if (Object.hasOwn(overrides, path)) return readOverride(path, overrides[path]);
    const kept = judgement(pair ?? this.windowAt(settings).fitted[of]);
    if (!path.endsWith(".base_rate")) return kept;
    const { within } = this.compiled.events[this.index.event.get(of)].base_rate;
    return { ...kept, within: pair ? within : null };
  }
}

/**
 * Find where a function crosses a level between two points on either side of it, by the Illinois
 * form of the false position.
 */
function* crossing(f, level, [a, fa], [b, fb]) {
  let [ga, gb] = [fa - level, fb - level];
  for (let round = 0; round < 60 && Math.abs(b - a) > TOLERANCE; round++) {
    const straight = b - (gb * (b - a)) / (gb - ga);
    const x = Number.isFinite(straight) ? straight : (a + b) / 2;
    const gx = f(x) - level;
    yield 1;
    if (gx === 0 || Number.isNaN(gx)) return x;
    if (gx > 0 === gb > 0) ga /= 2;
    else [a, ga] = [b, gb];
    if (Math.abs(x - b) < TOLERANCE) return x;
    [b, gb] = [x, gx];
  }
  return b;
}

/** Boundaries between the words of a lexicon, in log-odds, and the words below and above each. */
function boundariesOf(lexicon) {
  const inner = lexicon.slice(1).map(([above, low], i) => {
    return { at: logit(low), below: lexicon[i][0], above };
  });
  const [first, last] = [lexicon[0], lexicon[lexicon.length - 1]];
  return [
    { at: logit(first[1]), below: "below the scale", above: first[0] },
    ...inner,
    { at: logit(last[2]), below: last[0], above: "above the scale" },
  ];
}

/** The word for a probability; a shared end takes the word nearer to an even chance. */
function wordFor(p, lexicon) {
  p = Number(p.toFixed(9)); // drops what is rounding only
  if (p < lexicon[0][1]) return "below the scale";
  if (p > lexicon[lexicon.length - 1][2]) return "above the scale";
  const off = ([, low, high]) => Math.abs((low + high) / 2 - 0.5);
  const holding = lexicon.filter(([, low, high]) => low <= p && p <= high);
  return holding.reduce((a, b) => (off(b) < off(a) ? b : a))[0];
}

/** Run a computation of several steps to its end. */
function finished(steps) {
  let step = steps.next();
  while (!step.done) step = steps.next();
  return step.value;
}
