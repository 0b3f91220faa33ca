/** Moves of the hand, and additions to the case, come in; what differs from it goes out, with a way back. */

export const NOTHING = { overrides: {}, given: {}, do: {}, as_of: null, by: null };
export const complete = (settings) => ({ ...NOTHING, ...(settings ?? {}) });
export const same = (one, other) => JSON.stringify(one) === JSON.stringify(other);

export class Settings {
  /** `shape` is the compiled case that the settings belong to: another one where facts were added. */
  constructor(now, shape, changed) {
    this.now = complete(now);
    this.shape = shape;
    this.past = [];
    this.gesture = null; // one drag is one step back, however many moves it made
    this.changed = changed;
  }

  change(gesture, edit, shape = this.shape) {
    const next = structuredClone(this.now);
    edit(next);
    if (same(next, this.now) && shape === this.shape) return;
    if (gesture === null || gesture !== this.gesture) this.past.push([this.now, this.shape]);
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
    if (!this.past.length) return;
    [this.now, this.shape] = this.past.pop();
    this.rest();
    this.changed();
  }

  /** Take over what came from elsewhere; it can be undone like any other change. */
  adopt(settings, shape) {
    const edit = (next) => Object.assign(next, structuredClone(complete(settings)));
    this.change(null, edit, shape);
  }

  /** Find a compiled case without additions among those that can be gone back to. */
  bare() {
    return [this.shape, ...this.past.map(([, shape]) => shape)].find(
      ({ added }) => !Object.keys(added ?? {}).length,
    );
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
