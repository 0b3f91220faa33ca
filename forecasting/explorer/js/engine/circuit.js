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
 * Make a circuit of a plan: a list of products of two cells, each added to one made so far.
 *
 * Its lists and its working space are constants of its functions: V8 then takes half the time that
 * it takes for fields of an object, and less than for several settings at once.
 *
 * @param {object} plan as `circuit.Plan.as_json` gives it
 */
export function circuitOf({ size, cells, root, offsets, levels }) {
  // Each cell takes one product; those left over for a second state are added from the first cell
  // on, then those for a third, and so on.
  const products = levels.flatMap(({ gather: [left, right], output, made, rounds = [] }) => {
    const starts = [0];
    for (const count of [made, ...rounds]) starts.push(starts.at(-1) + count);
    let round = 0;
    return left.map((a, i) => {
      while (i >= starts[round + 1]) round++;
      return [a, right[i], output + i - starts[round]];
    });
  });
  const [left, right, output] = [0, 1, 2].map((part) =>
    Int32Array.from(products, (product) => product[part]),
  );
  const ends = [...offsets.slice(1), size];
  const every = [...offsets.keys()];
  const [value, adjoint] = [0, 0].map(() => new Float64Array(cells));

  /**
   * Give the natural log of the probability of the evidence; -Infinity if it is impossible.
   *
   * @param {Float64Array} tables cells of all factors
   * @param {?Float64Array} belief takes the posterior of every cell, if wanted
   * @param {number[]} factors whose cells are wanted
   */
  function evaluate(tables, belief = null, factors = every) {
    const z = up(tables);
    if (z !== null) {
      if (z === 0) belief?.fill(0);
      if (z === 0 || belief === null || down(tables, z, belief, factors)) return Math.log(z);
    }
    return evaluateLogs(tables, belief);
  }

  /** Sweep up on plain numbers; null if a product leaves their range. */
  function up(tables) {
    value.fill(0);
    value.set(tables);
    value[size] = 1;
    let extreme = false;
    for (let i = 0; i < output.length; i++) {
      const a = value[left[i]];
      const b = value[right[i]];
      const product = a * b;
      if (product < SMALLEST && a !== 0 && b !== 0) extreme = true;
      value[output[i]] += product;
    }
    const z = value[root];
    return extreme || !(z === 0 || (z > 1e-280 && z < Infinity)) ? null : z;
  }

  /** Sweep down after `up`; false if derivatives have left the range of plain numbers. */
  function down(tables, z, belief, factors) {
    adjoint.fill(0);
    adjoint[root] = 1;
    for (let i = output.length - 1; i >= 0; i--) {
      const slope = adjoint[output[i]];
      const a = left[i];
      const b = right[i];
      adjoint[a] += slope * value[b];
      adjoint[b] += slope * value[a];
    }
    // What has been lost below the range of a float is missing from the sum of some factor.
    for (let f = 0; f < factors.length; f++) {
      const end = ends[factors[f]];
      let sum = 0;
      for (let cell = offsets[factors[f]]; cell < end; cell++) {
        belief[cell] = (tables[cell] * adjoint[cell]) / z;
        sum += belief[cell];
      }
      if (!(Math.abs(sum - 1) < LOST)) return false;
    }
    return true;
  }

  /** Run the same sweeps on logarithms, where 1e-300 and far below is nothing special. */
  function evaluateLogs(tables, belief) {
    value.fill(-Infinity);
    for (let i = 0; i < size; i++) value[i] = Math.log(tables[i]);
    value[size] = 0;
    for (let i = 0; i < output.length; i++) {
      value[output[i]] = logAddExp(value[output[i]], value[left[i]] + value[right[i]]);
    }
    const logZ = value[root];
    if (belief === null) return logZ;
    adjoint.fill(-Infinity);
    adjoint[root] = 0;
    for (let i = output.length - 1; i >= 0; i--) {
      const slope = adjoint[output[i]];
      adjoint[left[i]] = logAddExp(adjoint[left[i]], slope + value[right[i]]);
      adjoint[right[i]] = logAddExp(adjoint[right[i]], slope + value[left[i]]);
    }
    const finite = logZ === -Infinity ? 0 : logZ;
    for (let i = 0; i < size; i++) belief[i] = Math.exp(value[i] + adjoint[i] - finite);
    return logZ;
  }

  /**
   * Draw settings of all variables from their joint distribution given the evidence: down from the
   * root, a cell that sums a variable out takes one of its products (circuit.worlds).
   *
   * @param {Float64Array} tables of evidence that is not impossible
   * @param {Float64Array[]} uniform for each variable as many numbers between 0 and 1 as draws
   * @returns {Int32Array[]} for each factor, which of its cells each draw's world is in
   */
  function worlds(tables, uniform) {
    // What each cell that is made is the sum of, from the last product back to the first, and the
    // variable that it sums out.
    const [last, variable] = [0, 0].map(() => new Int32Array(cells).fill(-1));
    const before = output.map((cell, i) => {
      const other = last[cell];
      last[cell] = i;
      return other;
    });
    for (const level of levels) variable.set(level.summed, level.output);
    const factor = new Int32Array(size);
    offsets.forEach((start, f) => factor.fill(f, start));
    // Logarithms, as evidence of any strength is drawn from.
    evaluateLogs(tables, null);
    // How much of a sum a product has, with those after it.
    const share = new Float64Array(output.length);
    for (let i = output.length - 1; i >= 0; i--) {
      if (before[i] < 0) continue; // takes what the others leave
      share[i] += Math.exp(value[left[i]] + value[right[i]] - value[output[i]]);
      share[before[i]] = share[i];
    }
    const draws = uniform[0].length;
    const reached = offsets.map(() => new Int32Array(draws));
    const waiting = new Int32Array(cells);
    for (let j = 0; j < draws; j++) {
      waiting[0] = root;
      for (let count = 1; count > 0; ) {
        const cell = waiting[--count];
        if (cell < size) {
          reached[factor[cell]][j] = cell - offsets[factor[cell]];
        } else if (cell > size) {
          let i = last[cell];
          while (before[i] >= 0 && !(uniform[variable[cell]][j] < share[i])) i = before[i];
          waiting[count++] = left[i];
          waiting[count++] = right[i];
        }
      }
    }
    return reached;
  }

  return { size, offsets, evaluate, worlds };
}

function logAddExp(a, b) {
  if (a === -Infinity) return b;
  if (b === -Infinity) return a;
  return a > b ? a + Math.log1p(Math.exp(b - a)) : b + Math.log1p(Math.exp(a - b));
}
