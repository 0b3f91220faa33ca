/** Judgements on one node come in; the cells of its table go out (families.py). */

import { Mixture, expected } from "./judgement.js";

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
