/** A link from one thing to another comes in; the pair of numbers that states it goes out. */

import { h } from "./elements.js";
import { SHARE, TIMES, choose, group, number, pick, text, untouched } from "./fields.js";
import { percent } from "./numbers.js";
import { around, middleShare, timesBetween } from "./typed.js";

// The keys of which a link has one, or the two first ones.
const STRENGTHS = ["if_yes", "if_no", "raises", "lowers", "odds"];
const WAYS = { raises: "more likely", lowers: "less likely" };

/** A number as a factor of odds, in words that need no odds. */
function factorWords(times) {
  if (times === null || !Number.isFinite(times)) return "";
  const from = 0.2;
  const odds = (times * from) / (1 - from);
  return `It moves 20% to ${percent(odds / (1 + odds))}.`;
}

/** How probable something is before any fact; null of what is not there, or no case yet. */
const priorOf = (app, name) => app.answer?.prior[name] ?? null;

/** Two shares in words: what they do, and what they come to where the base rate is not between them. */
function pairWords(app, target, common, shares) {
  const [yes, no] = shares.map(middleShare);
  if (!yes || !no) return "";
  const times = timesBetween(yes, no);
  const overAll = priorOf(app, target);
  const isBetween = Math.min(yes, no) <= overAll && overAll <= Math.max(yes, no);
  if (isBetween || overAll === null || common === null || app.story.events[target]?.given) return factorWords(times);
  const told = around(overAll, common, times).map((p) => Number((100 * p).toPrecision(2)));
  return `The base rate, ${percent(overAll)}, does not lie between them: it will be about ${told.join(" and ")} of 100.`;
}

/** Whether a thing is moved as a whole, by how many times more is as likely: steps and amounts. */
const isWhole = ({ story }, name) => story.sortOf(name) !== "shares";

/**
 * What can start a link: events that happen or not, states, cuts. `whole` adds those events of
 * several states or parts of which each can be spoken of by itself.
 */
export function starts(app, whole = false) {
  const { story } = app;
  return story.order.flatMap((event) => {
    const asks = story.asks(event);
    const told = asks.map(({ name, label }) => [
      name,
      name === event ? story.title(event) : `${story.title(event)}: ${label}`,
    ]);
    const isWhole = whole && story.isSeveral(event) && asks.length > 0;
    return isWhole ? [[event, `${story.title(event)}: each answer by itself`], ...told] : told;
  });
}

/** Say why an amount is not among them: a function, as the case may be given another. */
export const partless = (app) => () => {
  const { story } = app;
  const names = story.order.filter((event) => !story.asks(event).length);
  const titles = names.map((event) => `“${story.title(event)}”`).join(", ");
  return titles && `Not in the list: ${titles}. Of an amount choose a part; give it one on its card.`;
};

/** The same, conditions first: most links start from one. */
function driversFirst(app) {
  const isAsked = ([name]) => app.story.events[app.story.eventOf(name)].role === "outcome";
  return starts(app).toSorted((one, other) => isAsked(one) - isAsked(other));
}

/** What a link can lead to: events that happen or not, single states, steps and amounts as a whole. */
function targets(app) {
  const { story } = app;
  return story.order.flatMap((event) => {
    if (!story.isSeveral(event)) return [[event, story.title(event)]];
    if (isWhole(app, event)) return [[event, `${story.title(event)}: more of it`]];
    return story
      .statesOf(event)
      .map(({ name, label }) => [name, `${story.title(event)}: ${label}`]);
  });
}

/**
 * “Where it holds: of 100 …; where not: of 100 …”, or how many times more or less likely: the only
 * way to say it of what has more and less. `common` tells how often it holds, or null.
 */
function pair(app, key, target, common, entry = {}, isTimes = () => isWhole(app, target())) {
  const is = Object.keys(WAYS).find((one) => entry[one] !== undefined);
  const yes = number(`${key}if_yes`, "where it holds, of 100", SHARE(), { own: entry.if_yes });
  const no = number(`${key}if_no`, "where not, of 100", SHARE(), { own: entry.if_no });
  const more = () => (isWhole(app, target()) ? "more of it is" : "where it holds, it is");
  const by = () => (isWhole(app, target()) ? "so many times (odds)" : "by so many times (odds)");
  const way = pick(`${key}way`, more, () => Object.entries(WAYS), { own: is });
  const many = number(`${key}times`, by, TIMES, { own: is ? entry[is] : entry.odds });
  const worked = () => {
    const [a, b, c] = [yes, no, many].map((field) => field.read().form);
    if (!isTimes())
      return a === undefined || b === undefined ? "" : pairWords(app, target(), common(), [a, b]);
    if (typeof c !== "number") return "";
    return factorWords(way.read().form === "lowers" ? 1 / c : c);
  };
  const all = group("div", null, [
    group("div.fc-pair", () => !isTimes(), yes, no),
    group("div.fc-pair", isTimes, way, many),
    h("p.fc-note", worked),
  ]);
  return {
    ...all,
    /** What is said of it as the keys of a link; undefined if nothing is. */
    told(said) {
      if (isTimes()) {
        const [does, factor] = [said[way.key], said[many.key]];
        return factor === undefined ? undefined : { [does]: factor };
      }
      const [a, b] = [said[yes.key], said[no.key]];
      return a === undefined || b === undefined ? undefined : { if_yes: a, if_no: b };
    },
    doubts(said) {
      if (isTimes() || (said[yes.key] === undefined) === (said[no.key] === undefined)) return [];
      const field = said[yes.key] === undefined ? yes : no;
      return [{ field: field.key, words: "Both numbers are due, or neither." }];
    },
  };
}

/** What a new condition, which is so `common`, does to one question: a row of its card. */
export function pairFields(app, event, common) {
  const options = () => targets(app).filter(([name]) => app.story.eventOf(name) === event);
  const { title, question } = app.story.events[event];
  const first = "none of its answers";
  const state =
    options().length > 1 &&
    pick(`does.${event}.to`, "which answer does it move?", options, { first });
  const target = () => (state ? (state.read().form ?? "") : event);
  const row = pair(app, `does.${event}.`, target, common);
  const legend = h("legend", { title: question ?? null }, title);
  return {
    ...group("fieldset.fc-question", null, legend, state, row),
    doubts: row.doubts,
    entries(from, said) {
      const told = row.told(said);
      return told && target() ? [{ from, to: target(), ...told }] : [];
    },
  };
}

/** A link: what it starts from, what it moves, and by how much. */
export function linkCard(app, what, entry) {
  const from = pick("from", "Which condition, or which answer?", () => driversFirst(app), {
    first: "choose…",
    needed: "Choose what it starts from.",
    note: partless(app),
    own: entry?.from ?? what.from,
  });
  const to = pick("to", "What does it move?", () => targets(app), {
    first: "choose…",
    needed: "Choose what it moves.",
    own: entry?.to ?? what.to,
  });
  const target = () => to.read().form ?? "";
  const ways = {
    shares: "out of 100, where it holds and where not",
    times: "as a factor: how many times the odds are",
  };
  const own = entry && entry.if_yes === undefined ? "times" : "shares";
  const how = choose("how", "How do you want to say it?", ways, { own });
  const isTimes = () => how.now() === "times" || isWhole(app, target());
  const common = () => priorOf(app, from.read().form);
  const strength = pair(app, "", target, common, entry ?? {}, isTimes);
  // What nobody has touched stays as the file has it, whatever its form.
  const stays = () => entry && untouched([from, to, how, ...strength.fields()]);
  const titles = (...ends) => ends.map((one) => app.story.title(one));
  return {
    title: entry && `Link: ${titles(entry.from, entry.to).join(" to ")}`,
    parts: [
      from,
      to,
      group("div", () => !isWhole(app, target()), how),
      strength,
      text("why", "Why?", { rows: 2, own: entry?.why }),
    ],
    doubts(said) {
      if (stays()) return [];
      const both = strength.doubts(said);
      if (both.length || strength.told(said)) return both;
      const field = strength.fields()[isTimes() ? 1 : 0];
      const words = `A number is due here${isTimes() ? ": 3, or 2-6" : ""}.`;
      return [{ field: field.key, words }];
    },
    told: () => titles(from.read().form ?? "", target()).join(" → "),
    entry(said) {
      const { why: _, ...own } = entry ?? {};
      const why = said.why || undefined;
      if (stays()) return { ...own, why };
      const bare = Object.entries(own).filter(([key]) => !STRENGTHS.includes(key));
      const isOdds = own.odds !== undefined && isTimes() && untouched(strength.fields());
      const told = isOdds ? { odds: own.odds } : strength.told(said);
      return { ...Object.fromEntries(bare), from: said.from, to: said.to, ...told, why };
    },
  };
}
