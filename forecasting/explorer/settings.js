/** Moves of the hand come in; what differs from the case goes out, with a way back. */

export const NOTHING = { overrides: {}, given: {}, do: {}, as_of: null, by: null };
export const complete = (settings) => ({ ...NOTHING, ...(settings ?? {}) });
export const same = (one, other) => JSON.stringify(one) === JSON.stringify(other);

export class Settings {
  constructor(now, changed) {
    this.now = complete(now);
    this.past = [];
    this.gesture = null; // one drag is one step back, however many moves it made
    this.changed = changed;
  }

  change(gesture, edit) {
    const next = structuredClone(this.now);
    edit(next);
    if (same(next, this.now)) return;
    if (gesture === null || gesture !== this.gesture) this.past.push(this.now);
    this.gesture = gesture;
    this.now = next;
    this.changed();
  }

  rest() {
    this.gesture = null;
  }

  undo() {
    if (!this.past.length) return;
    this.now = this.past.pop();
    this.rest();
    this.changed();
  }

  /** Take over settings that came from Python; they can be undone like any others. */
  adopt(settings) {
    this.rest();
    this.change(null, (next) => Object.assign(next, NOTHING, structuredClone(complete(settings))));
  }

  override(path, form, gesture = null) {
    this.change(gesture, (next) => {
      if (form === undefined) delete next.overrides[path];
      else next.overrides[path] = form;
    });
  }

  suppose(event, what) {
    this.change(null, (next) => {
      delete next.given[event];
      delete next.do[event];
      const [how, answer] = what.split(" ");
      if (how) next[how][event] = answer === "yes";
    });
  }

  supposed(event) {
    for (const how of ["given", "do"]) {
      if (event in this.now[how]) return `${how} ${this.now[how][event] ? "yes" : "no"}`;
    }
    return "";
  }
}
