/**
 * A solved setting comes in; draws of its uncertain numbers, and bands, a few draws at a step, go
 * out (draws.py).
 *
 * A draw is a world, from the network of expected tables with the evidence in them, then each
 * number given the row that came about; the same Program is then solved for it, its constants kept.
 */

import { learned, learning, sigmoid } from "./judgement.js";
import { between } from "./run.js";
import { Lesson } from "./shares.js";
import { EvenDraws, quantiles } from "./sobol.js";
import { chanceOf } from "./supposed.js";

const AT_ONCE = 8; // draws that are solved at a step

export class Draws {
  constructor({ program, events, sobol }, circuit, runner, propositions) {
    Object.assign(this, { program, sobol, circuit, runner, propositions });
    this.even = new EvenDraws(sobol);
    this.belief = new Float64Array(circuit.size);
    this.findings = events.map((_, k) => program.nodes.length + k); // factors to be read
    this.lastMoved = new WeakMap(); // what was learned last, by the draws of a first number
  }

  /**
   * Draw all uncertain numbers in the light of the evidence, and solve for each draw. Where every
   * number is known there are no draws, and the band is the answer itself.
   *
   * @param {object} state what counts, and what was made so
   * @param {Float64Array} expected tables with the evidence in them; not all impossible
   * @param {Float64Array} belief what they make of every cell
   */
  *bandSteps(state, expected, belief, draws) {
    const { circuit, program, propositions } = this;
    const named = (f) => Object.fromEntries(propositions.map(({ name }, i) => [name, f(i)]));
    const uncertain = this.uncertain(state, draws);
    if (!uncertain.length) {
      const own = named((i) => chanceOf(belief, propositions[i]));
      return { low: own, high: own, mean: own, draws: 0 };
    }
    // A source that no longer reports takes any draws: it is in no world of the case.
    let next = program.nodes.length;
    const sources = state.reliable.map((one) => (one ? next++ : 0));
    const variables = [...program.nodes.keys(), ...sources];
    const uniform = variables.map((v) => this.even.uniform(v, draws));
    const worlds = circuit.worlds(expected, uniform);
    const steps = flat(uncertain, expected); // now: between two steps a move may write other tables
    const numbers = [];
    for (const one of uncertain) {
      yield 0;
      numbers.push(...this.learn(one, worlds[one.factor]));
    }
    const chances = propositions.map(() => new Float64Array(draws));
    for (let first = 0; first < draws; first += AT_ONCE) {
      const end = Math.min(first + AT_ONCE, draws);
      this.solve(first, end, numbers, steps, chances);
      yield end / draws;
    }
    const ends = chances.map((values) => quantiles(values, this.sobol.band));
    return {
      low: named((i) => ends[i][0]),
      high: named((i) => ends[i][1]),
      mean: named((i) => chances[i].reduce((sum, one) => sum + one, 0) / draws),
      draws,
    };
  }

  /**
   * List what is uncertain and counts: nodes, sources, and what experts stated of reports.
   *
   * Each has numbers `z`, which move the log-odds of its rows from their centres, by so much. A
   * row of no and yes writes both cells, times a constant; of ordered states it has a centre a
   * step, and of others a sum of numbers for each state. Of the cell of its factor that a world is
   * in, `tells` gives the row that it tells of, times the states, plus the state; else less than 0.
   */
  uncertain({ made, found, reliable, kappa, told }, draws) {
    const { nodes, sources } = this.program;
    const { offsets, size } = this.circuit;
    const fixed = new Set(made.map(({ node }) => node));
    const reports = found.filter(({ source }) => source !== undefined);
    // Numbers take the dimensions after those of the variables, as in Python: of what reports.
    let next = nodes.length + reliable.filter(Boolean).length;
    const z = (dimension) => this.even.normal(dimension, draws);
    const list = [];
    this.runner.kept.forEach((of, k) => {
      const { own } = of;
      const { family, states } = nodes[k];
      const numbers = own.map((_, i) => next + i);
      next += own.length;
      const tie = family === "softmax" ? next++ : null;
      if (fixed.has(k) || !(of.mixture ?? of).spreads.some((sd) => sd > 0)) return;
      list.push({
        of,
        factor: k,
        states,
        z: numbers.map(z),
        tie: tie === null ? null : this.even.uniform(tie, draws),
        rows: this.rowsOf(k, of),
        tells: this.rowTold(k),
      });
    });
    reliable.forEach((of, s) => {
      const dimension = of && next++;
      if (!(of?.sd > 0) || !reports.some(({ source }) => source === s)) return;
      const { at } = sources[s];
      const rows = [rowOf([at, at + 1], [kappa[s], 1], [of.median], [of.sd])];
      const factor = 2 * nodes.length + s;
      list.push({ of, factor, states: 2, rows, tells: (cell) => cell, z: [z(dimension)] });
    });
    const pairs = [...new Set(told.map(({ at }) => at))]; // of a fact and a source
    for (const { at, says, mean, judged } of reports) {
      (judged ?? []).forEach((of, state) => {
        if (!(of.sd > 0)) return;
        const cell = at + 1 + 2 * state; // what is likelier if it is false, or if it is so
        const sign = says ? 1 : -1;
        // What the likelihood is divided by is a constant of the mean judgements.
        const times = [0, mean && 1 / mean];
        const rows = [rowOf([size, cell], times, [sign * of.median], [sign * of.sd])];
        const tells = (reached) => (reached === 1 + 2 * state ? 1 : -1);
        const factor = offsets.indexOf(at);
        const dimension = next + 2 * pairs.indexOf(at) + state;
        list.push({ of, factor, states: 2, rows, tells, z: [z(dimension)] });
      });
    }
    return list;
  }

  /** The rows of a node's table, and what moves them. */
  rowsOf(k, of) {
    const { own, rows, mixture, b } = of;
    const { family, states } = this.program.nodes[k];
    const moved = (cells, times, centres, r) => {
      const which = rows.pull ? [...own.keys()].filter((i) => rows.pull[r][i]) : [r];
      const by = which.map((i) => (rows.pull ? rows.pull[r][i] : 1) * own[i].sd);
      return rowOf(cells, times, centres, by, which);
    };
    const medians = family === "softmax" ? this.runner.mediansOf(k) : null;
    return Array.from(this.runner.rows[k], (cell, r) => {
      const cells = Array.from({ length: states }, (_, s) => cell + s);
      if (family === "logit") return moved(cells, [1, 1], [b + mixture.offsets[r]], r);
      if (family === "ordered") {
        return moved(cells, null, b.map((c) => c + mixture.offsets[r]), r);
      }
      const sums = cells.map((_, s) => moved(null, null, [medians[r * states + s]], r * states + s));
      return { cells, times: null, sums };
    });
  }

  /** Of a cell of a node's table, the row as rows are numbered where its condition holds. */
  rowTold(k) {
    const { at, states, condition } = this.program.nodes[k];
    if (!condition) return (cell) => cell;
    const [first, end] = this.runner.cellsOf(k);
    const number = new Int32Array(end - first).fill(-1);
    this.runner.rows[k].forEach((open, r) => {
      for (let s = 0; s < states; s++) number[open - at + s] = r * states + s;
    });
    return (cell) => number[cell];
  }

  /**
   * Move draws of numbers from what they are before a world is known to after: only the row that
   * came about tells of them. A move leaves most, and their worlds, alone.
   *
   * @param {Int32Array} reached which cell of its factor each draw's world is in
   * @returns {Float64Array[]} one array of draws for each number
   */
  learn({ of, z, rows, states, tells, tie }, reached) {
    const known = this.lastMoved.get(z[0]);
    const last = known?.of === of ? known : { reached: [], moved: z, places: [] };
    if (reached.every((cell, j) => cell === last.reached[j])) return last.moved;
    const { places } = last;
    const moved = last.moved.map((one) => one.slice()); // a band in the making has the last ones
    this.lastMoved.set(z[0], { of, reached, moved, places });
    for (let j = 0; j < reached.length; j++) {
      if (reached[j] === last.reached[j]) continue;
      for (let i = 0; i < z.length; i++) moved[i][j] = z[i][j];
      const told = tells(reached[j]);
      if (told < 0) continue;
      const row = rows[Math.floor(told / states)];
      if (row.sums) {
        places[told] ??= lessonOf(row, told % states);
        learnShares(row, places[told], moved, j, tie[j]);
        continue;
      }
      const { by, which, centres, spread } = row;
      if (!(spread > 0)) continue;
      places[told] ??= learning(centres, spread, told % states);
      let before = 0;
      for (let t = 0; t < by.length; t++) before += (by[t] / spread) * moved[which[t]][j];
      const change = (learned(places[told], before) - before) / spread;
      for (let t = 0; t < by.length; t++) moved[which[t]][j] += by[t] * change;
    }
    return moved;
  }

  /** Solve for some draws; their numbers are first brought together, draw by draw. */
  solve(first, end, numbers, steps, chances) {
    const { tables, block, which, by, ends, centre, cells, times, others } = steps;
    const width = numbers.length;
    for (let i = 0; i < width; i++) {
      for (let j = first; j < end; j++) block[(j - first) * width + i] = numbers[i][j];
    }
    for (let j = first; j < end; j++) {
      const start = (j - first) * width;
      for (let r = 0, t = 0; r < ends.length; r++) {
        let x = centre[r];
        for (; t < ends[r]; t++) x += by[t] * block[start + which[t]];
        const e = Math.exp(-Math.abs(x));
        const likelier = 1 / (1 + e);
        const rarer = e * likelier;
        tables[cells[2 * r]] = times[2 * r] * (x > 0 ? rarer : likelier);
        tables[cells[2 * r + 1]] = times[2 * r + 1] * (x > 0 ? likelier : rarer);
      }
      for (const row of others) (row.sums ? writeShares : writeSteps)(tables, row, block, start);
      this.circuit.evaluate(tables, this.belief, this.findings);
      for (let i = 0; i < chances.length; i++) {
        chances[i][j] = chanceOf(this.belief, this.propositions[i]);
      }
    }
  }
}

/** What a state that came about teaches of the numbers that move a row of shares. */
function lessonOf({ sums }, state) {
  const medians = sums.map(({ centres }) => centres[0]);
  return new Lesson(state, medians, sums.map(({ spread }) => spread));
}

/** Move a draw of them, in place: each state has a sum, and one number more ties these. */
function learnShares({ sums }, lesson, moved, j, tie) {
  const time = lesson.time(tie);
  const changes = sums.map(({ by, which, spread }, s) => {
    let before = 0;
    for (let t = 0; t < by.length; t++) before += (by[t] / spread) * moved[which[t]][j];
    return spread > 0 ? (lesson.learned(s, before, time) - before) / spread : 0;
  });
  sums.forEach(({ by, which }, s) => {
    for (let t = 0; t < by.length; t++) moved[which[t]][j] += by[t] * changes[s];
  });
}

/** What a draw's numbers add to a row. */
function pushOf({ which, by }, block, start) {
  let sum = 0;
  for (let t = 0; t < by.length; t++) sum += by[t] * block[start + which[t]];
  return sum;
}

/** Write a row of ordered states: each is what lies between two steps. */
function writeSteps(tables, row, block, start) {
  const { cells, centres } = row;
  const push = pushOf(row, block, start);
  let [lowNo, lowYes] = [0, 1];
  for (let t = 0; t < centres.length; t++) {
    const [no, yes] = [sigmoid(-centres[t] - push), sigmoid(centres[t] + push)];
    tables[cells[t]] = between(lowNo, lowYes, no, yes);
    [lowNo, lowYes] = [no, yes];
  }
  tables[cells[centres.length]] = lowYes;
}

/** Write a row of unordered states: shares in proportion to their weights. */
function writeShares(tables, { cells, sums }, block, start) {
  let most = -Infinity;
  for (let s = 0; s < cells.length; s++) {
    const log = sums[s].centres[0] + pushOf(sums[s], block, start);
    tables[cells[s]] = log;
    most = Math.max(most, log);
  }
  let total = 0;
  for (const cell of cells) total += tables[cell] = Math.exp(tables[cell] - most);
  for (const cell of cells) tables[cell] /= total;
}

/**
 * Lay rows of no and yes, and what moves them, into flat lists, as they are gone through for every
 * draw; of others just number what moves them.
 */
function flat(uncertain, expected) {
  let [start, end] = [0, 0];
  const every = uncertain.flatMap((one) => {
    const first = start;
    start += one.z.length;
    const numbered = ({ which, ...row }) => ({ ...row, which: which.map((i) => first + i) });
    return one.rows.map((row) =>
      row.sums ? { ...row, sums: row.sums.map(numbered) } : numbered(row),
    );
  });
  const [rows, others] = [true, false].map((flat) => every.filter((row) => !!row.times === flat));
  const tables = new Float64Array(expected.length + 1); // the last cell takes what no row needs
  tables.set(expected);
  return {
    tables,
    block: new Float64Array(AT_ONCE * start),
    which: Int32Array.from(rows.flatMap((row) => row.which)),
    by: Float64Array.from(rows.flatMap((row) => row.by)),
    ends: Int32Array.from(rows, (row) => (end += row.by.length)),
    centre: Float64Array.from(rows, (row) => row.centres[0]),
    cells: Int32Array.from(rows.flatMap((row) => row.cells)),
    times: Float64Array.from(rows.flatMap((row) => row.times)),
    others,
  };
}

/** A row, and which of its numbers move it: most rows of a large table hang on few. */
function rowOf(cells, times, centres, all, numbers = [...all.keys()]) {
  const movers = [...all.keys()].filter((i) => all[i] !== 0);
  const [which, by] = [movers.map((i) => numbers[i]), movers.map((i) => all[i])];
  return { cells, times, centres, which, by, spread: Math.hypot(...by) };
}
