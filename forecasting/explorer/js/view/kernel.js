/**
 * Moves of the hand come in; the kernel is told of them, and whether it has heard goes out (widget.py).
 *
 * Of its host it asks get, set(key, value), save_changes, on, off and send only. Where the host also
 * shows the kernel itself, as JupyterLab does, one that is busy can be told from one that is gone.
 */

import { same } from "./settings.js";

const TELL = 250; // ms after which a kernel hears of a hand that goes on moving: each message costs time
const LOOK = 1000; // ms between two looks at whether it has answered
const SILENT = 4000; // ms in which a kernel with nothing else to do answers many times over
const AT_WORK = 15000; // ms that one at work may take, or one of which nothing is known
const GONE = ["dead", "restarting", "autorestarting"];

const WORDS = {
  gone: "Python has stopped or was started anew, and no longer knows this explorer. Your moves stay on this page only: save them, then run the cell again.",
  busy: "Python is busy and has not heard your latest moves. They stay on this page only, until it has.",
  silent: "Python does not answer. Your moves stay on this page only, until it does.",
};

export class Kernel {
  /** `notify` is given words while the kernel does not hear, and null when it hears again. */
  constructor(model, notify) {
    Object.assign(this, { model, notify });
    this.untold = new Map();
    this.unheard = new Set();
    this.gone = false;
    this.hears = () => this.heard();
    model.on("change:heard", this.hears);
    this.shown = model.widget_manager?.kernel;
    this.follows = (_, status) => this.lost(status);
    this.shown?.statusChanged?.connect(this.follows);
    this.shown?.disposed?.connect(this.follows); // shut down, or another in its place
    // A page on which widgets are drawn without a kernel gets no answer, and is no place for a notice.
    this.known = Boolean(this.shown);
    if (!this.known) this.say();
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
    if (this.untold.size) this.say();
  }

  say() {
    const told = [...this.untold];
    this.untold.clear();
    for (const [name, value] of told) {
      this.unheard.add(name);
      this.model.set(name, value);
    }
    this.told = (this.model.get("told") ?? 0) + 1;
    this.model.set("told", this.told);
    this.model.save_changes();
    if (this.watch) return;
    this.since = performance.now();
    this.watch = setTimeout(() => this.look(), LOOK);
  }

  heard() {
    this.known = true;
    this.gone = false;
    this.since = performance.now();
    this.notify(null);
    if (this.model.get("heard") < this.told) return;
    this.unheard.clear();
    clearTimeout(this.watch);
    this.watch = null;
  }

  look() {
    const status = this.model.widget_manager?.kernel?.status;
    const busy = status === "busy";
    const patience = busy || !status ? AT_WORK : SILENT;
    if (this.known && performance.now() - this.since > patience) {
      this.notify(WORDS[this.gone ? "gone" : busy ? "busy" : "silent"]);
      if (!busy && !this.gone) this.again();
    }
    this.watch = setTimeout(() => this.look(), LOOK);
  }

  /** Tell once more what may have been lost on the way: the kernel ignores what it has heard. */
  again() {
    const names = [...this.unheard, "told"];
    try {
      this.model.send(Object.fromEntries(names.map((name) => [name, this.model.get(name)])));
    } catch {
      // A line that is cut takes nothing; the notice stands.
    }
  }

  lost(status = "dead") {
    if (!GONE.includes(status)) return;
    this.gone = true;
    this.notify(WORDS.gone);
  }

  stop() {
    this.tell();
    clearTimeout(this.watch);
    this.model.off("change:heard", this.hears);
    this.shown?.statusChanged?.disconnect(this.follows);
    this.shown?.disposed?.disconnect(this.follows);
  }
}
