/**
 * Moves of the hand come in; they go out to the kernel, gathered for a moment (widget.py).
 *
 * Of its host it asks get, set(key, value), save_changes, on, off and send only.
 */

import { same } from "./settings.js";

const TELL = 250; // ms after which a kernel hears of a hand that goes on moving: each message costs time

export class Kernel {
  constructor(model) {
    this.model = model;
    this.untold = new Map();
  }

  /** Tell in a moment, unless the model holds it already: what came from there is not sent back. */
  send(name, value) {
    if (same(value, this.model.get(name))) this.untold.delete(name);
    else this.untold.set(name, value);
    this.timer ||= setTimeout(() => this.tell(), TELL);
  }

  tell() {
    clearTimeout(this.timer);
    this.timer = 0;
    if (!this.untold.size) return;
    const told = [...this.untold];
    this.untold.clear();
    for (const [name, value] of told) this.model.set(name, value);
    this.model.save_changes();
  }
}
