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
    if (this.loading.every((row, i) => isSame(row, earlier.loading[i]))) this.rows = earlier.rows;
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
   * Give every cell, condition apart, for each of several draws of the node's uncertain numbers.
   *
   * @param {Float64Array[]} z standard normal values: one array of draws for each uncertain number
   * @returns {Float64Array} shape (draws / LANES, cells, LANES); kept, as most nodes stay as they
   *   are from one move to the next
   */
  drawn(intercept, z) {
    if (!this.rows || !isSame(this.rows.z, z)) this.rows = new DrawnRows(this, z);
    if (this.written?.rows !== this.rows || this.written.intercept !== intercept) {
      this.written = { rows: this.rows, intercept, cells: this.rows.cells(intercept) };
    }
    return this.written.cells;
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

/**
 * The rows of a table for each of several draws, at intercept 0. With their odds kept, moving all
 * of them by one intercept costs a product and a quotient a row.
 */
class DrawnRows {
  constructor({ median, loading }, z) {
    this.z = z;
    const draws = z[0].length;
    const x = new Float64Array(median.length * draws);
    let reach = 0;
    for (let first = 0, place = 0; first < draws; first += LANES) {
      for (let row = 0; row < median.length; row++) {
        for (let j = first; j < first + LANES; j++, place++) {
          x[place] = median[row];
          for (let i = 0; i < z.length; i++) {
            if (loading[row][i] !== 0) x[place] += loading[row][i] * z[i][j];
          }
          if (!(Math.abs(x[place]) <= reach)) reach = Math.abs(x[place]);
        }
      }
    }
    this.reach = reach;
    this.isFar = !(reach < FAR); // then these are log-odds, else odds
    this.numbers = this.isFar ? x : x.map(Math.exp);
  }

  /** No and yes of each row: shape (draws / LANES, rows, 2, LANES). */
  cells(intercept) {
    const { numbers, isFar } = this;
    const direct = isFar || !(this.reach + Math.abs(intercept) < FAR);
    const shift = Math.exp(intercept);
    const cells = new Float64Array(2 * numbers.length);
    for (let place = 0; place < numbers.length; place += LANES) {
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
    return cells;
  }
}

function isSame(numbers, others) {
  return numbers.length === others.length && numbers.every((one, i) => one === others[i]);
}
