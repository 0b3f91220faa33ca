/**
 * Moves of the hand and drafts of the case come in; the state of the page, and its history, go out.
 *
 * A state is a pair: the *shape*, which names a draft, and the settings that are moved on it.
 */

export const NOTHING = { overrides: {}, given: {}, do: {}, as_of: null, by: null };
const complete = (settings) => ({ ...NOTHING, ...(settings ?? {}) });
export const same = (one, other) => JSON.stringify(one) === JSON.stringify(other);

/** Tell whether a move has a place in a compiled case: a number, a fact, or an event of it. */
function hasPlace({ inputs = [], facts = [], events = [] }, path) {
  const [section, name] = path.split(".");
  if (section === "evidence") return facts.some(({ id }) => id === name);
  const isIn = (one) => one.path === path || one.path.startsWith(`${path}.`);
  return inputs.some(isIn) || events.some(({ id }) => id === section);
}

/**
 * Carry the moves that lead from one state of settings to another over to a third one.
 *
 * A move that was taken back meanwhile stays as the third state has it; so does one that has no
 * place in its case, which is given compiled.
 */
export function carried(from, to, onto, compiled) {
  const next = complete(onto);
  for (const part of ["overrides", "given", "do"]) {
    const isMoved = ([path, value]) => !same(value, from[part][path]) && hasPlace(compiled, path);
    const moves = Object.entries(to[part]).filter(isMoved);
    next[part] = { ...next[part], ...Object.fromEntries(moves) };
  }
  for (const day of ["as_of", "by"]) if (to[day] !== from[day]) next[day] = to[day];
  return next;
}

export class Settings {
  /** Drafts that were seen are kept, so that undo and redo need nobody but the page. */
  constructor(now, compiled, changed) {
    this.now = complete(now);
    this.shape = compiled.shape;
    this.shapes = new Map([[compiled.shape, compiled]]);
    this.first = [this.now, this.shape];
    this.past = [];
    this.future = [];
    this.gesture = null; // one drag is one step back, however many moves it made
    this.changed = changed;
  }

  get compiled() {
    return this.shapes.get(this.shape);
  }

  change(gesture, edit, shape = this.shape) {
    const next = structuredClone(this.now);
    edit(next);
    if (same(next, this.now) && shape === this.shape) return;
    if (gesture === null || gesture !== this.gesture) this.past.push([this.now, this.shape]);
    this.future = [];
    this.gesture = gesture;
    [this.now, this.shape] = [next, shape];
    this.changed();
  }

  rest() {
    this.gesture = null;
  }

  /** What a gesture started from: what hangs together is moved from there at each of its steps. */
  before(gesture) {
    return gesture !== null && gesture === this.gesture ? this.past.at(-1)[0] : this.now;
  }

  undo() {
    this.step(this.past, this.future);
  }

  redo() {
    this.step(this.future, this.past);
  }

  step(from, to) {
    if (!from.length) return;
    to.push([this.now, this.shape]);
    [this.now, this.shape] = from.pop();
    this.rest();
    this.changed();
  }

  /** Take over what came from elsewhere; it can be undone like any other change. */
  adopt(settings, compiled = this.compiled) {
    const { shape } = compiled;
    if (!this.shapes.has(shape)) this.shapes.set(shape, compiled);
    this.put(settings, shape);
  }

  /** Go back to where the page began, which can be undone too. */
  reset() {
    this.put(...this.first);
  }

  put(settings, shape) {
    const edit = (next) => Object.assign(next, structuredClone(complete(settings)));
    this.change(null, edit, shape);
  }

  get isFirst() {
    return same([this.now, this.shape], this.first);
  }

  override(path, form, gesture = null) {
    this.change(gesture, (next) => {
      if (form === undefined) delete next.overrides[path];
      else next.overrides[path] = form;
    });
  }

  /**
   * Suppose that an event is learned (`given`) or made so (`do`): yes or no, an amount, or that one
   * of its states holds, by the name of that.
   */
  suppose(event, how, answer, name = event) {
    this.change(null, (next) => {
      for (const set of [next.given, next.do])
        for (const one of Object.keys(set).filter(isOf(event))) delete set[one];
      if (how) next[how][name] = answer;
    });
  }

  /** What is supposed of an event or of one of its states: how, of what, and the answer; or null. */
  supposed(event) {
    for (const how of ["given", "do"]) {
      const name = Object.keys(this.now[how]).find(isOf(event));
      if (name !== undefined) return { how, name, answer: this.now[how][name] };
    }
    return null;
  }
}

const isOf = (event) => (name) => name === event || name.startsWith(`${event}.`);
