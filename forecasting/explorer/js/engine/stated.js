/**
 * Numbers that hang together, in the form a file has all of them, come in; judgements by place go
 * out (stated.py).
 *
 * `events.cabinet.base_rate: {caretaker: 0.6, inclusive: {low: 0.05, high: 0.2}, other: rest}`, the
 * shares of ordered states, the points of an amount, and a row of a table.
 */

import { placeOf, unsureSpread } from "./amounts.js";
import { exactly, logit, means, months, reading } from "./judgement.js";

/**
 * Find what hangs together, by the path of all of it.
 *
 * @returns {Map<string, {node: number, sort: string, keys: string[], places: number[],
 *   unsure: ?number}>} of each its numbers: shares of states, steps between them, or points
 */
export function togethers({ program, events }) {
  const { paths, wholes, nodes } = program;
  const found = new Map();
  const nodeOf = new Map(events.map(({ id }, k) => [id, k]));
  for (const places of wholes) {
    const stem = paths[places[0]].replace(/\.[^.]*$/, "");
    const keys = places.map((place) => paths[place].slice(stem.length + 1));
    found.set(stem, { node: nodeOf.get(stem.split(".")[1]), sort: "shares", keys, places });
  }
  events.forEach(({ id, states, quantity }, node) => {
    const { family, bases, rows } = nodes[node];
    if (family !== "ordered" || !bases.length) return;
    const stem = `events.${id}.base_rate`;
    const keys = quantity
      ? bases.map((place) => paths[place].slice(stem.length + 1))
      : states.map((state) => state.id);
    const sort = quantity ? "points" : "steps";
    found.set(stem, { node, sort, keys, places: bases, unsure: rows.params[0] });
  });
  return found;
}

/**
 * Read the form of all of them.
 *
 * @returns {{judgements: Judgement[], unsure: ?Judgement, within: ?number}} in the order of their
 *   places, with the period in months that they are for
 */
export function readTogether({ sort, keys }, form, scale) {
  const named = (key) => key.split(/\.(.*)/s).reduce((one, k) => (k ? one?.[k] : one), form);
  const within = form.within === undefined ? null : months(form.within);
  const unsure =
    form.unsure === undefined ? null : { ...exactly(0), sd: unsureSpread(form.unsure) };
  const values = keys.map(named);
  if (values.includes(undefined))
    throw new RangeError(`not all of ${keys}: ${JSON.stringify(form)}`);
  if (sort === "points") {
    return { judgements: values.map((one) => exactly(placeOf(one, scale))), unsure, within };
  }
  const stated = values.map((one) => (one === "rest" ? null : reading(one, logit)));
  const left = stated.reduce((sum, one) => sum - (one ? means(one)[1] : 0), 1);
  const judgements = stated.map((one) => one ?? exactly(logit(left)));
  if (sort === "shares") return { judgements, unsure, within };
  const shares = judgements.map((one) => means(one)[1]);
  const steps = shares.slice(1).map((_, t) => {
    const sum = (some) => some.reduce((a, b) => a + b);
    return exactly(Math.log(sum(shares.slice(t + 1))) - Math.log(sum(shares.slice(0, t + 1))));
  });
  return { judgements: steps, unsure, within };
}
