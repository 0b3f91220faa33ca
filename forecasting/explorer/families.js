/** Judgements on one node come in; the cells of its table go out (families.py). */

import { LANES } from "./circuit.js";
import { FAR, Mixture, expected, sigmoid } from "./judgement.js";

/**
 * The log-odds of yes in each row of a node's table: an intercept, plus `median`, plus `loading`
 * times standard normal numbers.
 */
export class Family {
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

  /** Take over what an earlier family of the same rows has computed: only its base rate moved. */
  keep(earlier) {
    if (!earlier?.mixture.equals(this.median, this.spread)) return;
    this.mixture = earlier.mixture;
    if (this.loading.every((row, i) => isSame(row, earlier.loading[i]))) this.draws = earlier.draws;
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

  /**
   * Write every cell, condition apart, for a block of draws of the node's uncertain numbers.
   *
   * @param {Float64Array[]} z standard normal values: one array of draws for each uncertain number
   * @param {number} first the first of `LANES` draws
   * @param {Float64Array} tables of shape (size, LANES)
   * @param {number} start the first of the node's cells in them, its condition included
   */
  writeDrawn(intercept, z, first, tables, start) {
    if (!this.draws || !isSame(this.draws.z, z)) this.draws = new DrawnRows(this, z);
    const cell = start + (this.conditional ? 2 * this.median.length : 0);
    this.draws.write(intercept, first, tables, cell * LANES);
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

// Nodes of up to this many rows keep their draws: at most 1.5 megabytes each. A larger node would
// take more memory than its draws are worth in time.
const KEPT = 64;

/**
 * The rows of a table for each of several draws, block by block. With their odds kept, moving all
 * of them by one intercept costs a product and a quotient a row; most nodes do not move at all.
 */
class DrawnRows {
  constructor({ median, loading }, z) {
    Object.assign(this, { median, loading, z });
    this.isKept = median.length <= KEPT;
    const blocks = this.isKept ? z[0].length / LANES : 1;
    this.reach = new Float64Array(blocks).fill(NaN); // the farthest log-odds; unknown at first
    this.intercepts = new Float64Array(blocks).fill(NaN); // for which the cells are written
    this.numbers = new Float64Array(median.length * LANES * blocks);
    this.cells = new Float64Array(2 * this.numbers.length);
  }

  write(intercept, first, tables, start) {
    const block = this.isKept ? first / LANES : 0;
    if (!this.isKept || Number.isNaN(this.reach[block])) this.draw(first, block);
    if (!this.isKept || this.intercepts[block] !== intercept) this.move(intercept, block);
    const count = 2 * this.median.length * LANES;
    for (let i = 0, place = block * count; i < count; i++) {
      tables[start + i] = this.cells[place + i];
    }
  }

  /** Put the odds of a block at intercept 0 in place; log-odds where some are too far for odds. */
  draw(first, block) {
    const { median, loading, z, numbers } = this;
    const begin = block * median.length * LANES;
    let reach = 0;
    for (let row = 0, place = begin; row < median.length; row++) {
      for (let j = first; j < first + LANES; j++, place++) {
        let x = median[row];
        for (let i = 0; i < z.length; i++) {
          if (loading[row][i] !== 0) x += loading[row][i] * z[i][j];
        }
        numbers[place] = x;
        if (!(Math.abs(x) <= reach)) reach = Math.abs(x);
      }
    }
    this.reach[block] = reach;
    if (!(reach < FAR)) return;
    const end = begin + median.length * LANES;
    for (let place = begin; place < end; place++) numbers[place] = Math.exp(numbers[place]);
  }

  /** Put no and yes of each row of a block in place. */
  move(intercept, block) {
    const { median, numbers, cells } = this;
    const reach = this.reach[block];
    const isFar = !(reach < FAR);
    const direct = isFar || !(reach + Math.abs(intercept) < FAR);
    const shift = Math.exp(intercept);
    const end = (block + 1) * median.length * LANES;
    for (let place = block * median.length * LANES; place < end; place += LANES) {
      for (let lane = 0; lane < LANES; lane++) {
        const no = 2 * place + lane;
        const number = numbers[place + lane];
        if (direct) {
          const x = intercept + (isFar ? number : Math.log(number));
          cells[no] = sigmoid(-x);
          cells[no + LANES] = sigmoid(x);
        } else {
          const odds = number * shift;
          cells[no] = 1 / (1 + odds);
          cells[no + LANES] = odds * cells[no];
        }
      }
    }
    this.intercepts[block] = intercept;
  }
}

function isSame(numbers, others) {
  return numbers.length === others.length && numbers.every((one, i) => one === others[i]);
}
