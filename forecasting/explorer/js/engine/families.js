/** Judgements on one node come in; the cells of its table go out (families.py). */

import { LANES } from "./circuit.js";
import { Mixture, learned, learning, meanLogOdds } from "./judgement.js";

// Room for the log-odds of a row in a block of draws, as it is needed half a million times a band.
const LOG_ODDS = new Float64Array(LANES);

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
    // By row, which of its numbers move it: most rows of a large table hang on few.
    this.movers = loading.map((row) => [...row.keys()].filter((i) => row[i] !== 0));
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
    const places = new Array(2 * this.median.length).fill(null);
    for (let j = 0; j < cells.length; j++) {
      const cell = cells[j] - first;
      const row = cell >> 1;
      if (cell < 0 || !(this.spread[row] > 0)) continue;
      const spread = this.spread[row];
      const loading = this.loading[row];
      const movers = this.movers[row];
      places[cell] ??= learning(intercept + this.median[row], spread, cell % 2 === 1);
      let before = 0;
      for (let m = 0; m < movers.length; m++) before += (loading[movers[m]] / spread) * z[movers[m]][j];
      const change = (learned(places[cell], before) - before) / spread;
      for (let m = 0; m < movers.length; m++) result[movers[m]][j] += loading[movers[m]] * change;
    }
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
    const { median, loading, movers } = this;
    const x = LOG_ODDS;
    let no = (start + (this.conditional ? 2 * median.length : 0)) * LANES;
    for (let row = 0; row < median.length; row++, no += 2 * LANES) {
      const centre = intercept + median[row];
      for (let lane = 0; lane < LANES; lane++) x[lane] = centre;
      for (let m = 0; m < movers[row].length; m++) {
        const own = z[movers[row][m]];
        const by = loading[row][movers[row][m]];
        for (let lane = 0; lane < LANES; lane++) x[lane] += by * own[first + lane];
      }
      for (let lane = 0; lane < LANES; lane++) {
        const e = Math.exp(-Math.abs(x[lane]));
        const likelier = 1 / (1 + e);
        const isLikely = x[lane] > 0;
        tables[no + lane] = isLikely ? e * likelier : likelier;
        tables[no + LANES + lane] = isLikely ? likelier : e * likelier;
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
