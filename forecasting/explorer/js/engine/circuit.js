/**
 * The tables of a network come in; the probability of the evidence and the posterior of every cell
 * go out (circuit.py).
 *
 * One sweep up gives the probability of the evidence, one sweep down its derivative by every cell,
 * and so the posterior of every factor at once.
 */

// Below this a product has left the range in which a float keeps its digits.
const SMALLEST = 2.3e-308;

// More than rounding takes from a sum of probabilities.
const LOST = 1e-11;

/**
 * Settings of the tables that a batch takes at once: their numbers of one cell fill a cache line.
 * The sweeps are written out for eight.
 */
export const LANES = 8;

/**
 * A plan with its working space. A level multiplies pairs of earlier cells: each of the cells it
 * makes takes one of the first products, and those left over are added, one to a cell.
 */
export class Circuit {
  /** @param {object} plan as `circuit.Plan.as_json` gives it */
  constructor(plan) {
    this.size = plan.size;
    this.cells = plan.cells;
    this.root = plan.root;
    this.offsets = plan.offsets;
    this.levels = plan.levels.map(({ gather, output, made, summed }) => ({
      left: Int32Array.from(gather[0]),
      right: Int32Array.from(gather[1]),
      output,
      made,
      summed,
    }));
    this.value = new Float64Array(plan.cells);
    this.adjoint = new Float64Array(plan.cells);
  }

  /** The way up in a batch: where the numbers of each cell begin. */
  get wayUp() {
    this.lastWayUp ??= this.levels.map(({ left, right, output, made }) => ({
      left: left.map((cell) => cell * LANES),
      right: right.map((cell) => cell * LANES),
      output: output * LANES,
      made,
    }));
    return this.lastWayUp;
  }

  /**
   * The way down in a batch to some cells, from the top: each product on it, and its two parts.
   *
   * @param {Int32Array} cells whose posterior is wanted, two of each yes/no variable
   */
  wayDown(cells) {
    const leads = new Uint8Array(this.cells);
    for (const cell of cells) leads[cell] = 1;
    const levels = this.levels.map(({ left, right, output, made }) => {
      const taken = [];
      left.forEach((a, i) => {
        if (!leads[a] && !leads[right[i]]) return;
        const cell = i < made ? output + i : output + i - made;
        leads[cell] = 1;
        taken.push([cell, a, right[i]]);
      });
      return taken;
    });
    const steps = levels.reverse().flat();
    const [above, left, right] = [0, 1, 2].map((part) =>
      Int32Array.from(steps, (step) => step[part] * LANES),
    );
    return { cells, above, left, right };
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

  /** What each cell that is made is made of: its products, and the variable it sums out. */
  get makings() {
    if (!this.lastMakings) {
      const count = this.cells;
      const lists = Array.from({ length: 4 }, () => new Int32Array(count));
      const [left, right, secondLeft, secondRight] = lists;
      const variable = new Int32Array(count).fill(-1);
      for (const level of this.levels) {
        for (let i = 0; i < level.made; i++) {
          left[level.output + i] = level.left[i];
          right[level.output + i] = level.right[i];
        }
        level.summed.forEach((v, i) => {
          variable[level.output + i] = v;
          secondLeft[level.output + i] = level.left[level.made + i];
          secondRight[level.output + i] = level.right[level.made + i];
        });
      }
      const factor = new Int32Array(this.size);
      this.offsets.forEach((start, f) => factor.fill(f, start));
      this.lastMakings = { left, right, variable, secondLeft, secondRight, factor };
    }
    return this.lastMakings;
  }

  /**
   * Draw settings of all variables from their joint distribution given the evidence: down from the
   * root, a cell that sums a variable out takes one of its two products (circuit.worlds).
   *
   * @param {Float64Array} tables of evidence that is not impossible
   * @param {Float64Array[]} uniform for each variable as many numbers between 0 and 1 as draws
   * @returns {Int32Array[]} for each factor, which of its cells each draw's world is in
   */
  worlds(tables, uniform) {
    const { left, right, variable, secondLeft, secondRight, factor } = this.makings;
    const draws = uniform[0].length;
    // Logarithms, as evidence of any strength is drawn from.
    this.evaluateLogs(tables, null);
    const share = new Float64Array(this.cells);
    for (let cell = this.size + 1; cell < this.cells; cell++) {
      if (variable[cell] < 0) continue;
      const yes = this.value[secondLeft[cell]] + this.value[secondRight[cell]];
      share[cell] = Math.exp(yes - this.value[cell]);
    }
    const reached = this.offsets.map(() => new Int32Array(draws));
    const waiting = new Int32Array(this.cells);
    for (let j = 0; j < draws; j++) {
      waiting[0] = this.root;
      for (let count = 1; count > 0; ) {
        const cell = waiting[--count];
        if (cell < this.size) {
          const f = factor[cell];
          reached[f][j] = cell - this.offsets[f];
        } else if (cell > this.size) {
          const isYes = variable[cell] >= 0 && uniform[variable[cell]][j] < share[cell];
          waiting[count++] = isYes ? secondLeft[cell] : left[cell];
          waiting[count++] = isYes ? secondRight[cell] : right[cell];
        }
      }
    }
    return reached;
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

/**
 * The same sweeps for `LANES` settings of the tables at once; each cell holds one number a setting.
 *
 * `tables`, of shape (size, LANES), is to be written before each evaluation; what is written stays.
 */
export class BatchCircuit {
  /** @param {Circuit} circuit */
  constructor(circuit) {
    this.circuit = circuit;
    this.value = new Float64Array(circuit.cells * LANES);
    this.value.fill(1, circuit.size * LANES, (circuit.size + 1) * LANES);
    this.tables = this.value.subarray(0, circuit.size * LANES);
    this.adjoint = new Float64Array(circuit.cells * LANES);
  }

  /**
   * Give each setting's log of the probability of the evidence, and the posterior of some cells.
   *
   * @param {object} way to these cells: `circuit.wayDown(cells)`
   * @param {Float64Array} logZ takes one number a setting
   * @param {Float64Array} belief takes the posterior, shape (cells, LANES)
   */
  evaluate(way, logZ, belief) {
    if (this.up(logZ) && this.down(way, belief)) return;
    // Some setting has left the range of plain numbers: each goes by itself.
    const { tables, circuit } = this;
    const [column, own] = [new Float64Array(circuit.size), new Float64Array(circuit.size)];
    for (let lane = 0; lane < LANES; lane++) {
      for (let i = 0; i < circuit.size; i++) column[i] = tables[i * LANES + lane];
      logZ[lane] = circuit.evaluate(column, own);
      way.cells.forEach((cell, i) => {
        belief[i * LANES + lane] = own[cell];
      });
    }
  }

  /** Sweep up; false if a product leaves the range of plain numbers. */
  up(logZ) {
    const { value, circuit } = this;
    let extreme = false;
    for (const { left, right, output, made } of circuit.wayUp) {
      for (let i = 0, cell = output; i < left.length; i++) {
        if (i === made) cell = output;
        let a = left[i];
        let b = right[i];
        // Four numbers at a time, as that is fastest.
        for (const end = cell + LANES; cell < end; cell += 4, a += 4, b += 4) {
          const p = value[a] * value[b];
          const q = value[a + 1] * value[b + 1];
          const r = value[a + 2] * value[b + 2];
          const s = value[a + 3] * value[b + 3];
          if (i < made) {
            value[cell] = p;
            value[cell + 1] = q;
            value[cell + 2] = r;
            value[cell + 3] = s;
          } else {
            value[cell] += p;
            value[cell + 1] += q;
            value[cell + 2] += r;
            value[cell + 3] += s;
          }
          if (p < SMALLEST || q < SMALLEST || r < SMALLEST || s < SMALLEST) {
            extreme ||= lost(value, a, b);
          }
        }
      }
    }
    for (let lane = 0; lane < LANES; lane++) {
      const z = value[circuit.root * LANES + lane];
      if (!(z === 0 || (z > 1e-280 && z < Infinity))) extreme = true;
      logZ[lane] = Math.log(z);
    }
    return !extreme;
  }

  /** Sweep down after `up`; false if derivatives have left the range of plain numbers. */
  down({ cells, above, left, right }, belief) {
    const { value, adjoint } = this;
    const root = this.circuit.root * LANES;
    adjoint.fill(0);
    adjoint.fill(1, root, root + LANES);
    for (let i = 0; i < above.length; i++) {
      const cell = above[i];
      const a = left[i];
      const b = right[i];
      // Eight lanes written out: a loop over them takes a third longer.
      derive(adjoint, value, cell, a, b);
      derive(adjoint, value, cell + 1, a + 1, b + 1);
      derive(adjoint, value, cell + 2, a + 2, b + 2);
      derive(adjoint, value, cell + 3, a + 3, b + 3);
      derive(adjoint, value, cell + 4, a + 4, b + 4);
      derive(adjoint, value, cell + 5, a + 5, b + 5);
      derive(adjoint, value, cell + 6, a + 6, b + 6);
      derive(adjoint, value, cell + 7, a + 7, b + 7);
    }
    for (let i = 0; i < cells.length; i++) {
      for (let lane = 0; lane < LANES; lane++) {
        const z = value[root + lane];
        const place = cells[i] * LANES + lane;
        const chance = z === 0 ? 0 : (value[place] * adjoint[place]) / z;
        belief[i * LANES + lane] = chance;
        if (i % 2 === 0 || z === 0) continue;
        const sum = belief[(i - 1) * LANES + lane] + chance;
        if (!(Math.abs(sum - 1) < LOST)) return false;
      }
    }
    return true;
  }
}

/** Hand the derivative by a product down to its two parts. */
function derive(adjoint, value, cell, a, b) {
  const slope = adjoint[cell];
  adjoint[a] += slope * value[b];
  adjoint[b] += slope * value[a];
}

/** Whether one of four products is too small to keep its digits, though neither of its parts is 0. */
function lost(value, a, b) {
  for (let i = 0; i < 4; i++) {
    if (value[a + i] !== 0 && value[b + i] !== 0 && value[a + i] * value[b + i] < SMALLEST) {
      return true;
    }
  }
  return false;
}

function logAddExp(a, b) {
  if (a === -Infinity) return b;
  if (b === -Infinity) return a;
  return a > b ? a + Math.log1p(Math.exp(b - a)) : b + Math.log1p(Math.exp(a - b));
}
