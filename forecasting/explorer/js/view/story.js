/** A compiled case (model.py) comes in; what it says in words, by name, goes out. */

import { Z90, sigmoid } from "../engine/judgement.js";
import { percent } from "./numbers.js";

const byId = (records) => Object.fromEntries(records.map((record) => [record.id, record]));
const pairOf = ([median, sd]) => ({ median: Number(median), sd });

/** What the compiled case says in words, by name. */
export class Story {
  constructor(compiled, word) {
    this.word = word;
    this.name = compiled.title;
    for (const section of ["events", "facts", "sources", "scenarios"])
      this[section] = byId(compiled[section]);
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
        .filter(({ given }) => given === event)
        .flatMap(({ id }) => [id, ...under(id)]);
    this.order = under(null);
  }

  title(event) {
    return this.events[event].title;
  }

  claim(fact) {
    return this.facts[fact].claim;
  }

  /** Events that move an event, or without which it cannot happen. */
  parents(event) {
    const { parents, given } = this.events[event];
    return given && !parents.includes(given) ? [...parents, given] : parents;
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

  link(from, to) {
    return this.links.find((link) => link.from === from && link.to === to);
  }

  factsOn(event) {
    return Object.keys(this.facts).filter((fact) => this.facts[fact].bears_on.includes(event));
  }

  /** What others hold of an event, in words and as a range. */
  viewsOf(event) {
    return Object.entries(this.views)
      .filter(([, held]) => event in held)
      .map(([viewer, held]) => {
        const { median, sd } = pairOf(held[event]);
        const [low, high] = [median - Z90 * sd, median + Z90 * sd].map((x) => percent(sigmoid(x)));
        return `${viewer} holds it ${this.word(sigmoid(median))} (${low === high ? low : `${low} – ${high}`})`;
      });
  }

  /** What a base rate rests on. */
  classOf(event) {
    const { base_rate: rate, reference } = this.events[event];
    const from = rate?.model ? `Estimated from past cases: ${rate.model}.` : "";
    const titles = reference.map((name) => this.references[name]?.title).filter(Boolean);
    return [from, titles.length ? `See ${titles.join("; ")}.` : ""].filter(Boolean).join(" ");
  }

  askBaseRate(event) {
    const { kind } = this.events[event];
    if (kind === "occurs") return "of 100 such windows, in how many does it happen?";
    return kind === "lasts"
      ? "of 100 such windows, in how many does it last?"
      : "of 100 such cases, in how many is it so?";
  }
}
