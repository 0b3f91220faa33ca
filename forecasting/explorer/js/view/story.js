/** A compiled case (model.py) comes in; what it says in words, by name, goes out. */

import { rangeOf, sigmoid } from "../engine/judgement.js";
import { percent } from "./numbers.js";
import { same } from "./settings.js";

const byId = (records) => Object.fromEntries(records.map((record) => [record.id, record]));

/** What the compiled case says in words, by name. */
export class Story {
  constructor(compiled, word) {
    this.word = word;
    this.name = compiled.title;
    for (const section of ["events", "facts", "sources", "scenarios"])
      this[section] = byId(compiled[section]);
    this.propositions = Object.fromEntries(compiled.propositions.map((one) => [one.name, one]));
    const path = ({ from, to, key }) => `links.${from}.${to}.${key}`;
    this.links = compiled.links.map((link) => ({ ...link, path: path(link) }));
    const { views, references, scales, as_of: asOf, resolve_by: by } = compiled;
    Object.assign(this, { views, references, asOf, by });
    Object.assign(this, { letters: scales.letters, digits: scales.digits });
    const distinct = (key) =>
      [...new Set(compiled.windows.map((window) => window[key]).filter(Boolean))].sort();
    this.days = distinct("as_of");
    this.ends = distinct("by");
    // What can happen only with another event stands below it.
    const under = (event) =>
      compiled.events
        .filter(({ given }) => (given && this.eventOf(given)) === event)
        .flatMap(({ id }) => [id, ...under(id)]);
    this.order = under(null);
  }

  /** The title of an event, or of one of its states or cuts. */
  title(name) {
    return (this.events[name] ?? this.propositions[name])?.title ?? name.replaceAll("_", " ");
  }

  /** That something is so, in the words of its kind: it comes about, lasts, holds, is the answer. */
  isSo(name) {
    const { kind } = this.events[name] ?? {};
    const isPlain = kind && !this.isSeveral(name);
    const words = { occurs: "is coming", lasts: "stays so", state: "holds" };
    return `“${this.title(name)}” ${isPlain ? words[kind] : "is the answer"}`;
  }

  /** The event that a proposition is about: `cabinet` of `cabinet.inclusive`. */
  eventOf(name) {
    return name in this.events ? name : name.replace(/\.[^.]*$/, "");
  }

  isSeveral(event) {
    return Boolean(this.events[event].states);
  }

  /** The states of an event, as propositions; a quantity has cells, which have no name. */
  statesOf(event) {
    const { states, quantity } = this.events[event];
    if (!states || quantity) return [];
    return states.map(({ id, label }) => ({ name: `${event}.${id}`, id, label }));
  }

  /** What can be asked of an event: its states and cuts, or whether it happens. */
  asks(event) {
    if (!this.isSeveral(event)) return [{ name: event, label: this.title(event) }];
    const cuts = this.events[event].cuts.map((cut) => {
      return { name: cut.name, label: cut.words, isCut: true };
    });
    return [...this.statesOf(event), ...cuts];
  }

  /** What a cut says: "≥ 348", "≥ fighting", or the states that it puts together. */
  cutWords(event, { text, states: some }) {
    const { states, quantity } = this.events[event];
    if (text.startsWith("[")) return some.map((i) => states[i].label).join(" or ");
    const signs = text.replace(">=", "≥").replace("<=", "≤").replace("..", "to");
    const known = quantity ? null : states.find(({ id }) => signs.endsWith(` ${id}`));
    return known ? signs.replace(known.id, known.label) : signs;
  }

  /** The label of a state or cut, without its event; `otherwise` is none of those that are named. */
  labelOf(event, key) {
    const { states = [], cuts = [] } = this.events[event] ?? {};
    const found = [...states, ...cuts].find(
      ({ id, name }) => id === key || name === `${event}.${key}`,
    );
    if (found) return found.label;
    return key === "otherwise" ? "anything else" : key;
  }

  claim(fact) {
    return this.facts[fact].claim;
  }

  /** Events that move an event, or without which it cannot happen. */
  parents(event) {
    const { parents, given } = this.events[event];
    return [...new Set([...parents, given].filter(Boolean).map((name) => this.eventOf(name)))];
  }

  /** All events above an event, nearest first. */
  ancestors(event) {
    const found = new Set();
    let next = this.parents(event);
    while (next.length) {
      next.forEach((name) => found.add(name));
      next = next.flatMap((name) => this.parents(name)).filter((name) => !found.has(name));
    }
    return [...found];
  }

  /** The links from one event to another: several where they start at several states. */
  linksBetween(from, to) {
    const ends = (link) => [link.from, link.to].map((name) => this.eventOf(name));
    return this.links.filter((link) => same(ends(link), [from, to]));
  }

  /** Whether a condition holds once its event is made so: yes or no, or a state of it. */
  holds(condition, { name, answer }) {
    if (answer !== true) return false;
    const [needed, made] = [condition, name].map((one) => this.propositions[one]?.states ?? []);
    return name === condition || (made.length > 0 && made.every((state) => needed.includes(state)));
  }

  /** A row of a table in words. */
  rowWords(event, row) {
    const { parents } = this.events[event];
    const words = row.split(", ").map((word, i) => {
      const name = parents[i] ?? "";
      return `${this.title(name)}: ${this.labelOf(this.eventOf(name), word)}`;
    });
    return words.join(", ");
  }

  /** What a link starts from and leads to, in words. */
  linkWords({ from, to }) {
    const more = { steps: "a higher state of ", points: "more of " };
    return [`“${this.title(from)}”`, `${more[this.sortOf(to)] ?? ""}“${this.title(to)}”`];
  }

  /** How the base rate of an event is moved: by shares of its states, steps, or points. */
  sortOf(name) {
    const { ordered, quantity } = this.events[name] ?? {};
    if (quantity) return "points";
    return ordered ? "steps" : "shares";
  }

  factsOn(event) {
    const isOn = (name) => this.eventOf(name) === event;
    return Object.keys(this.facts).filter((fact) => this.facts[fact].bears_on.some(isOn));
  }

  /** Somebody who holds something likely, by name. */
  viewerOf(name) {
    return name.replaceAll("_", " ");
  }

  /** What others hold of an event, or of a state or cut of it, in words and as a range. */
  viewsOf(event) {
    const told = (viewer, [name, judgement]) => {
      const [median, sd] = judgement.map(Number);
      const [low, high] = rangeOf({ median, sd }).map((x) => percent(sigmoid(x)));
      const it = name === event ? "it" : `“${this.title(name)}”`;
      return `${this.viewerOf(viewer)} holds ${it} ${this.word(sigmoid(median))} (${low === high ? low : `${low} – ${high}`})`;
    };
    return Object.entries(this.views).flatMap(([viewer, held]) =>
      Object.entries(held)
        .filter(([name]) => this.eventOf(name) === event)
        .map((one) => told(viewer, one)),
    );
  }

  /** What a base rate rests on. */
  classOf(event) {
    const { base_rate: rate, reference } = this.events[event];
    const from = rate?.model ? `Estimated from past cases: ${rate.model}.` : "";
    const titles = reference.map((name) => this.references[name]).filter(Boolean);
    return [from, titles.length ? `See ${titles.join("; ")}.` : ""].filter(Boolean).join(" ");
  }

  askBaseRate(event) {
    const { kind, quantity } = this.events[event];
    if (quantity)
      return `how much is it in such cases${quantity.unit ? ` (${quantity.unit})` : ""}?`;
    if (this.isSeveral(event)) return "of 100 such cases, in how many is it this one?";
    if (kind === "occurs") return "of 100 such periods, in how many does it happen?";
    return kind === "lasts"
      ? "of 100 such periods, in how many does it last?"
      : "of 100 such cases, in how many is it so?";
  }
}
