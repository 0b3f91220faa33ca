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
export class BatchCircuit {
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
        if (i < made) {
          const cell = (output + i) * lanes;
          for (let lane = 0; lane < lanes; lane++) {
            const product = value[a + lane] * value[b + lane];
            if (product < SMALLEST && value[a + lane] && value[b + lane]) extreme = true;
            value[cell + lane] = product;
          }
        } else {
          const cell = (output + i - made) * lanes;
          for (let lane = 0; lane < lanes; lane++) {
            const product = value[a + lane] * value[b + lane];
            if (product < SMALLEST && value[a + lane] && value[b + lane]) extreme = true;
            value[cell + lane] += product;
          }
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
    for (const { to, above, beside } of this.wayDown(cells)) {
      for (let i = 0; i < to.length; i++) {
        const cell = to[i] * lanes;
        const slope = above[i] * lanes;
        const other = beside[i] * lanes;
        for (let lane = 0; lane < lanes; lane++) {
          adjoint[cell + lane] += adjoint[slope + lane] * value[other + lane];
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

  /** List the steps of the sweep down that lead to some cells, level by level from the top. */
  wayDown(cells) {
    if (this.wanted === cells) return this.steps;
    const { circuit } = this;
    const leads = new Uint8Array(circuit.cells);
    for (const cell of cells) leads[cell] = 1;
    this.steps = circuit.levels.map(({ left, right, output, made }) => {
      const [to, above, beside] = [[], [], []];
      left.forEach((a, i) => {
        const b = right[i];
        const cell = i < made ? output + i : output + i - made;
        if (leads[a] || leads[b]) leads[cell] = 1;
        const step = (one, other) => {
          if (!leads[one]) return;
          to.push(one);
          above.push(cell);
          beside.push(other);
        };
        step(a, b);
        step(b, a);
      });
      return {
        to: Int32Array.from(to),
        above: Int32Array.from(above),
        beside: Int32Array.from(beside),
      };
    });
    this.steps.reverse();
    this.wanted = cells;
    return this.steps;
  }
}

function logAddExp(a, b) {
  if (a === -Infinity) return b;
  if (b === -Infinity) return a;
  return a > b ? a + Math.log1p(Math.exp(b - a)) : b + Math.log1p(Math.exp(a - b));
}
