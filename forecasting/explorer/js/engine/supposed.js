/**
 * Names of propositions, and what is supposed of them, come in; the states of events that are left
 * go out (supposed.py, propositions.py).
 *
 * A proposition is a set of states of an event: `rain` and `rain.no` of a yes/no event,
 * `cabinet.inclusive` a state, `deaths.doubled` a cut.
 *
 * @typedef {{name: string, title: string, event: number, states: number[], first: number,
 *   count: number}} Proposition with the first of the cells of what is found of its event, and how
 *   many states that has
 */

const YES_NO = new Map(Object.entries({ yes: true, true: true, no: false, false: false }));

export class Propositions {
  constructor({ propositions, events, program: { nodes } }) {
    const of = (one) => ({ ...one, first: nodes[one.event].finding, count: nodes[one.event].states });
    /** Those that have a row in tables, in their order. */
    this.told = propositions.map(of);
    this.known = new Map(this.told.map((one) => [one.name, one]));
    this.events = events;
    this.event = new Map(events.map(({ id }, k) => [id, k]));
    events.forEach(({ id, title, states, quantity }, event) => {
      if (states || quantity) return;
      ["no", "yes"].forEach((word, state) => {
        const name = `${id}.${word}`;
        this.known.set(name, of({ name, title: `${title}: ${word}`, event, states: [state] }));
      });
    });
  }

  /** Find a proposition by its name. */
  find(name) {
    const found = this.known.get(name);
    if (!found) throw new RangeError(`no such event: ${name}`);
    return found;
  }

  /**
   * Read what is supposed: of a proposition whether it holds, of an event its state, of a quantity
   * its amount.
   *
   * @param {Object<string, boolean|string|number>} setting
   * @returns {{name: string, title: string, node: number, states: number[], amount: ?number}[]}
   *   with the states that are left
   */
  read(setting) {
    return Object.entries(setting).map(([name, value]) => {
      const event = this.event.get(name);
      const known = this.known.get(name);
      if (known) return this.held(known, YES_NO.get(String(value).toLowerCase()), value);
      if (event === undefined) throw new RangeError(`no such event: ${name}`);
      const { quantity, title } = this.events[event];
      if (!quantity) return this.held(this.find(`${name}.${value}`), true);
      const amount = Number(value);
      if (Number.isNaN(amount)) throw new RangeError(`${name}: not an amount: ${value}`);
      const cell = quantity.borders.filter((end) => end <= amount).length;
      return { name, title: `${title}: ${amount}`, node: event, states: [cell], amount };
    });
  }

  held({ name, title, event, states, count }, holds, value) {
    if (holds === undefined) throw new RangeError(`${name}: neither yes nor no: ${value}`);
    const left = holds ? states : others(count, states);
    return { name, title, node: event, states: left, amount: null };
  }
}

/** The states that an event has besides some. */
export const others = (count, states) =>
  [...Array(count).keys()].filter((state) => !states.includes(state));

/** The sum of the cells in which a proposition is true. */
export function sumOf(cells, { first, states }) {
  let sum = cells[first + states[0]];
  for (let i = 1; i < states.length; i++) sum += cells[first + states[i]];
  return sum;
}

/** The probability of a proposition, among cells of what is found of its event. */
export function chanceOf(cells, one) {
  let all = cells[one.first];
  for (let s = 1; s < one.count; s++) all += cells[one.first + s];
  return all > 0 ? sumOf(cells, one) / all : 0;
}

/** Sums of cells in which it is false, and true: neither is 1 less the other, rounded. */
export function sidesOf(cells, { first, count, states }) {
  const sides = [0, 0];
  for (let s = 0; s < count; s++) sides[Number(states.includes(s))] += cells[first + s];
  return sides;
}
