/**
 * A solved setting comes in; draws of its uncertain numbers, and bands, a few draws at a step, go
 * out (draws.py).
 *
 * A draw is a world, from the network of expected tables with the evidence in them, then each
 * number given the row that came about; the same Program is then solved for it, its constants kept.
 */

import { learned, learning } from "./judgement.js";
import { EvenDraws, quantiles } from "./sobol.js";

const AT_ONCE = 8; // draws that are solved at a step

export class Draws {
  constructor({ program, events, sobol }, circuit, runner) {
    Object.assign(this, { program, events, sobol, circuit, runner });
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
    const { circuit, program, events } = this;
    const named = (f) => Object.fromEntries(events.map(({ id }, k) => [id, f(k)]));
    const uncertain = this.uncertain(state, draws);
    if (!uncertain.length) {
      const own = named((k) => this.chance(belief, k));
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
    const chances = events.map(() => new Float64Array(draws));
    for (let first = 0; first < draws; first += AT_ONCE) {
      const end = Math.min(first + AT_ONCE, draws);
      this.solve(first, end, numbers, steps, chances);
      yield end / draws;
    }
    const ends = chances.map((values) => quantiles(values, this.sobol.band));
    return {
      low: named((k) => ends[k][0]),
      high: named((k) => ends[k][1]),
      mean: named((k) => chances[k].reduce((sum, one) => sum + one, 0) / draws),
      draws,
    };
  }

  /** Read the probability of an event. */
  chance(belief, k) {
    const { finding } = this.program.nodes[k];
    const both = belief[finding] + belief[finding + 1];
    return both > 0 ? belief[finding + 1] / both : 0;
  }

  /**
   * List what is uncertain and counts: nodes, sources, and what experts stated of reports.
   *
   * Each has numbers `z`, which move the log-odds of its rows from their centre, by so much. A row
   * writes the cells of no and of yes, times a constant. Of the cell of its factor that a world is
   * in, `tells` gives twice the row that it tells of, plus one for a yes; else less than 0.
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
      const { own, rows, mixture, b } = of;
      const first = this.runner.firstRow(k, rows);
      const numbers = own.map((_, i) => next + i);
      next += own.length;
      if (fixed.has(k) || !mixture.spreads.some((sd) => sd > 0)) return;
      list.push({
        of,
        factor: k,
        z: numbers.map(z),
        rows: Array.from(mixture.offsets, (offset, r) => {
          const cells = [first + 2 * r, first + 2 * r + 1];
          const which = rows.pull ? [...own.keys()].filter((i) => rows.pull[r][i]) : [r];
          const by = which.map((i) => (rows.pull ? rows.pull[r][i] : 1) * own[i].sd);
          return rowOf(cells, [1, 1], b + offset, by, which);
        }),
        tells: (cell) => cell - (first - nodes[k].at),
      });
    });
    reliable.forEach((of, s) => {
      const dimension = of && next++;
      if (!(of?.sd > 0) || !reports.some(({ source }) => source === s)) return;
      const { at } = sources[s];
      const rows = [rowOf([at, at + 1], [kappa[s], 1], of.median, [of.sd])];
      const factor = 2 * nodes.length + s;
      list.push({ of, factor, rows, tells: (cell) => cell, z: [z(dimension)] });
    });
    const pairs = [...new Set(told.map(({ at }) => at))]; // of a fact and a source
    for (const { at, says, mean, judged } of reports) {
      (judged ?? []).forEach((of, state) => {
        if (!(of.sd > 0)) return;
        const cell = at + 1 + 2 * state; // what is likelier if it is false, or if it is so
        const sign = says ? 1 : -1;
        // What the likelihood is divided by is a constant of the mean judgements.
        const times = [0, mean && 1 / mean];
        const rows = [rowOf([size, cell], times, sign * of.median, [sign * of.sd])];
        const tells = (reached) => (reached === 1 + 2 * state ? 1 : -1);
        const factor = offsets.indexOf(at);
        const dimension = next + 2 * pairs.indexOf(at) + state;
        list.push({ of, factor, rows, tells, z: [z(dimension)] });
      });
    }
    return list;
  }

  /**
   * Move draws of numbers from what they are before a world is known to after: only the row that
   * came about tells of them. A move leaves most, and their worlds, alone.
   *
   * @param {Int32Array} reached which cell of its factor each draw's world is in
   * @returns {Float64Array[]} one array of draws for each number
   */
  learn({ of, z, rows, tells }, reached) {
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
      const { by, which, centre, spread } = rows[told >> 1];
      if (!(spread > 0)) continue;
      places[told] ??= learning(centre, spread, told % 2 === 1);
      let before = 0;
      for (let t = 0; t < by.length; t++) before += (by[t] / spread) * moved[which[t]][j];
      const change = (learned(places[told], before) - before) / spread;
      for (let t = 0; t < by.length; t++) moved[which[t]][j] += by[t] * change;
    }
    return moved;
  }

  /** Solve for some draws; their numbers are first brought together, draw by draw. */
  solve(first, end, numbers, { tables, block, which, by, ends, centre, cells, times }, chances) {
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
      this.circuit.evaluate(tables, this.belief, this.findings);
      for (let k = 0; k < chances.length; k++) chances[k][j] = this.chance(this.belief, k);
    }
  }
}

/** Lay rows, and what moves them, into flat lists, as they are gone through for every draw. */
function flat(uncertain, expected) {
  let [start, end] = [0, 0];
  const rows = uncertain.flatMap((one) => {
    const first = start;
    start += one.z.length;
    return one.rows.map((row) => ({ ...row, which: row.which.map((i) => first + i) }));
  });
  const tables = new Float64Array(expected.length + 1); // the last cell takes what no row needs
  tables.set(expected);
  return {
    tables,
    block: new Float64Array(AT_ONCE * start),
    which: Int32Array.from(rows.flatMap((row) => row.which)),
    by: Float64Array.from(rows.flatMap((row) => row.by)),
    ends: Int32Array.from(rows, (row) => (end += row.by.length)),
    centre: Float64Array.from(rows, (row) => row.centre),
    cells: Int32Array.from(rows.flatMap((row) => row.cells)),
    times: Float64Array.from(rows.flatMap((row) => row.times)),
  };
}

/** A row, and which of its numbers move it: most rows of a large table hang on few. */
function rowOf(cells, times, centre, all, numbers = [...all.keys()]) {
  const movers = [...all.keys()].filter((i) => all[i] !== 0);
  const [which, by] = [movers.map((i) => numbers[i]), movers.map((i) => all[i])];
  return { cells, times, centre, which, by, spread: Math.hypot(...by) };
}
