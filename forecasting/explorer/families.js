/** Judgements on one node come in; the cells of its table go out (families.py). */

import { LANES } from "./circuit.js";
import { Mixture, learning, meanLogOdds, sigmoid } from "./judgement.js";

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
    this.goal = base && meanLogOdds(base);
  }

  /** Take over what an earlier family of the same rows has computed: only its base rate moved. */
  keep(earlier) {
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

  /**
   * Move draws of its numbers from what they are before a world is known to after.
   *
   * @param {Int32Array} cells which cell of the node's table each draw's world is in
   * @param {Float64Array[]} z standard normal values: one array of draws for each uncertain number
   * @returns {Float64Array[]} the same, learned from the row that came about
   */
  learn(intercept, cells, z) {
    const result = z.map((own) => own.slice());
    const first = this.conditional ? 2 * this.median.length : 0;
    const learned = new Map();
    cells.forEach((reached, j) => {
      const cell = reached - first;
      const row = cell >> 1;
      const spread = this.spread[row];
      if (cell < 0 || !(spread > 0)) return;
      if (!learned.has(cell)) {
        learned.set(cell, learning(intercept + this.median[row], spread, cell % 2 === 1));
      }
      const loading = this.loading[row];
      let before = 0;
      for (let i = 0; i < z.length; i++) before += (loading[i] / spread) * z[i][j];
      const change = (learned.get(cell)(before) - before) / spread;
      for (let i = 0; i < z.length; i++) result[i][j] += loading[i] * change;
    });
    return result;
  }

  /**
   * Write every cell, condition apart, for a block of draws of the node's uncertain numbers.
   *
   * @param {Float64Array[]} z one array of draws for each uncertain number
   * @param {number} first the first of `LANES` draws
   * @param {Float64Array} tables of shape (size, LANES)
   * @param {number} start the first of the node's cells in them, its condition included
   */
  writeDrawn(intercept, z, first, tables, start) {
    const { median, loading } = this;
    let no = (start + (this.conditional ? 2 * median.length : 0)) * LANES;
    for (let row = 0; row < median.length; row++, no += 2 * LANES) {
      for (let lane = 0; lane < LANES; lane++) {
        let x = intercept + median[row];
        for (let i = 0; i < z.length; i++) x += loading[row][i] * z[i][first + lane];
        const e = Math.exp(-Math.abs(x));
        const rarer = e / (1 + e);
        tables[no + lane] = x < 0 ? 1 / (1 + e) : rarer;
        tables[no + LANES + lane] = x < 0 ? rarer : 1 / (1 + e);
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
