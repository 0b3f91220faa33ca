/**
 * Moves of the hand and questions come in; Python is told and asked, and whether it hears goes out.
 *
 * Of the host it asks get, set(name, value), save_changes, on, off and send only: JupyterLab,
 * Voila, marimo, VS Code and Colab have these, and nothing more in common (widget.py).
 */

import { same } from "./settings.js";

const TELL = 250; // ms after which Python hears of a hand that goes on: each message costs time
const SILENT = 4000; // ms in which Python, with nothing else to do, answers many times over
const RARELY = 60000; // ms, the longest pause between two attempts to reach one that is silent
const ANSWER = 20000; // ms that an answer to a question may take

const LATE = "Python does not answer. What you typed stays here; try again in a moment.";
const CUT = "Python cannot be reached. What you typed stays here.";

export class Host {
  /** `changed` is called when Python begins to hear, or to be silent. */
  constructor(model, changed) {
    Object.assign(this, { model, changed });
    this.untold = new Map();
    this.before = new Map(); // what Python has heard last, of what it was told anew or is to be
    this.unheard = new Set();
    this.known = false; // a page on which widgets are drawn without Python gets no answer, ever
    this.silent = false;
    this.pause = SILENT;
    this.asking = null; // the question that is open, and what its answer does
    this.missed = new Map(); // what the answer does to a question that was given up
    this.turn = Promise.resolve();
    this.follow = [
      ["change:heard", () => this.heard()],
      ["change:answered", () => this.answered()],
    ];
    for (const one of this.follow) model.on(...one);
    this.say();
  }

  get connected() {
    return this.known && !this.silent;
  }

  /** Tell in a moment, unless the model holds it already: what came from there is not sent back. */
  send(name, value) {
    const known = this.model.get(name);
    if (!this.isNews(name)) this.before.set(name, known);
    if (same(value, known)) this.untold.delete(name);
    else this.untold.set(name, value);
    this.timer ||= setTimeout(() => this.tell(), TELL);
  }

  /** Whether Python has yet to hear how something was moved. */
  isNews(name) {
    return this.untold.has(name) || this.unheard.has(name);
  }

  tell() {
    clearTimeout(this.timer);
    this.timer = 0;
    if (this.untold.size) this.say();
  }

  say() {
    for (const [name, value] of this.untold) {
      this.unheard.add(name);
      this.model.set(name, value);
    }
    this.untold.clear();
    this.count();
    this.model.save_changes();
    this.watch ??= setTimeout(() => this.look(), this.pause);
  }

  /** Number a message: two views of one explorer count together. */
  count() {
    this.told = (this.model.get("told") ?? 0) + 1;
    this.model.set("told", this.told);
  }

  /** Python has heard of something: a sign of life, and perhaps all there was to hear. */
  heard() {
    clearTimeout(this.watch);
    this.watch = null;
    this.pause = SILENT;
    if (this.model.get("heard") >= this.told) {
      this.unheard.clear();
      this.back?.(true);
    } else this.watch = setTimeout(() => this.look(), SILENT);
    this.lives();
  }

  /** Python has said something. */
  lives() {
    if (this.connected) return;
    [this.known, this.silent] = [true, false];
    this.changed();
  }

  look() {
    this.watch = null;
    if (!this.known) return;
    if (!this.silent) {
      this.silent = true;
      this.changed();
    }
    // A question may be lost like a move, or its answer: asked again it is answered again.
    this.again([...this.unheard, ...(this.asking ? ["asked"] : [])]);
    this.pause = Math.min(2 * this.pause, RARELY);
    this.watch = setTimeout(() => this.look(), this.pause);
  }

  /** Tell once more what may have been lost on the way: Python ignores what it has heard. */
  again(names) {
    const told = [...names, "told"].map((name) => [name, this.model.get(name)]);
    try {
      this.model.send(Object.fromEntries(told));
      return true;
    } catch {
      return false; // a line that is cut takes nothing; the page goes on saying so
    }
  }

  /** Tell everything once more; whether Python has heard it, in time. */
  reconnect() {
    const { untold, model } = this;
    if (this.back) return this.trying;
    for (const [name, value] of untold) model.set(name, value);
    untold.clear();
    // A new number, or Python takes it for heard; sent before anything else that bears it.
    this.count();
    if (!this.again(["shape", "settings", "outcome"])) return Promise.resolve(false);
    this.trying = new Promise((done) => {
      const late = setTimeout(() => this.back(false), SILENT);
      this.back = (heard) => {
        clearTimeout(late);
        this.back = null;
        done(heard);
      };
    });
    return this.trying;
  }

  /**
   * Ask Python; `question` gives what is asked when its turn has come, since the host may put two
   * messages into one. The answer always comes: with `problems`, if with nothing else; where it
   * was given up, with what comes of it `later`.
   */
  ask(question) {
    const answer = this.turn.then(() => this.put(question()));
    this.turn = answer.catch(() => {}); // one that failed stands in no other's way
    return answer;
  }

  put(question) {
    const n = `${performance.now().toString(36)}-${Math.random().toString(36).slice(2)}`;
    return new Promise((done) => {
      const end = (answer) => {
        clearTimeout(late);
        this.asking = null;
        done(answer);
      };
      const fail = (words, more) => end({ n, problems: [{ field: "", words }], ...more });
      const giveUp = () => fail(LATE, { later: new Promise((act) => this.missed.set(n, act)) });
      const late = setTimeout(giveUp, ANSWER);
      this.asking = { n, end };
      try {
        this.model.set("asked", { n, ...question });
        this.say();
      } catch {
        fail(CUT);
      }
    });
  }

  answered() {
    const answer = this.model.get("answered");
    const end = this.asking?.n === answer?.n ? this.asking?.end : this.missed.get(answer?.n);
    if (!end) return;
    this.lives(); // an answer may come before it is told what Python has heard
    // What else came with the answer, such as a new draft, is on the page before it.
    setTimeout(() => end(answer));
  }

  stop() {
    this.tell();
    clearTimeout(this.watch);
    for (const one of this.follow) this.model.off(...one);
  }
}
