/** A link from one thing to another comes in; the pair of numbers that states it goes out. */

import { h } from "./elements.js";
import { choose, number, pick, text, untouched } from "./fields.js";
import { percent } from "./numbers.js";
import { readShare, readTimes, showShare, showTimes, timesBetween } from "./typed.js";

// The keys of which a link has one, or the two first ones.
const STRENGTHS = ["if_yes", "if_no", "raises", "lowers", "odds"];
const WAYS = { raises: "more likely", lowers: "less likely" };
const SHARES = { read: (said) => readShare(said), shown: showShare };
const TIMES = { read: readTimes, shown: showTimes };

/** A number as a factor of odds, in words that need no odds. */
function factorWords(times) {
  if (times === null || !Number.isFinite(times)) return "";
  const from = 0.2;
  const odds = (times * from) / (1 - from);
  return `It would turn 20% into ${percent(odds / (1 + odds))}.`;
}

/** Whether a thing is moved as a whole, by how many times more is as likely: steps and amounts. */
const isWhole = (app, name) => {
  const { ordered, quantity } = app.story.events[name] ?? {};
  return Boolean(ordered || quantity);
};

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
 * way to say it of what has more and less.
 */
function pair(app, key, target, isTimes = () => isWhole(app, target())) {
  const yes = number(`${key}if_yes`, "where it holds, of 100", SHARES);
  const no = number(`${key}if_no`, "where not, of 100", SHARES);
  const more = () => (isWhole(app, target()) ? "more of it is" : "where it holds, it is");
  const by = () => (isWhole(app, target()) ? "so many times (odds)" : "by so many times (odds)");
  const way = pick(`${key}way`, more, () => Object.entries(WAYS));
  const many = number(`${key}times`, by, TIMES);
  const worked = () => {
    const [a, b, c] = [yes.read().form, no.read().form, many.read().form];
    if (!isTimes())
      return a === undefined || b === undefined ? "" : factorWords(timesBetween(a, b));
    if (typeof c !== "number") return "";
    return factorWords(way.read().form === "lowers" ? 1 / c : c);
  };
  const el = h("div", [
    h("div.fc-pair", { hidden: isTimes }, [yes.el, no.el]),
    h("div.fc-pair", { hidden: () => !isTimes() }, [way.el, many.el]),
    h("p.fc-note", worked),
  ]);
  const used = () => (isTimes() ? [way, many] : [yes, no]);
  return {
    el,
    fields: used,
    show(entry) {
      yes.show(entry.if_yes);
      no.show(entry.if_no);
      const told = ["raises", "lowers"].find((one) => entry[one] !== undefined);
      way.show(told);
      many.show(told ? entry[told] : entry.odds);
    },
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

/** What a new condition does to one question: a row of its card. */
export function pairFields(app, event) {
  const options = () => targets(app).filter(([name]) => app.story.eventOf(name) === event);
  const { title, question } = app.story.events[event];
  const isOne = options().length === 1;
  const state = isOne
    ? null
    : pick(`does.${event}.to`, "which answer does it move?", options, {
        first: "none of its answers",
      });
  const target = () => (state ? (state.read().form ?? "") : event);
  const row = pair(app, `does.${event}.`, target);
  const el = h(
    "fieldset.fc-question",
    h("legend", { title: question ?? null }, title),
    state?.el,
    row.el,
  );
  return {
    el,
    fields: () => [...(state ? [state] : []), ...row.fields()],
    doubts: (said) => row.doubts(said),
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
  });
  const to = pick("to", "What does it move?", () => targets(app), {
    first: "choose…",
    needed: "Choose what it moves.",
  });
  from.show(entry?.from ?? what.from ?? undefined);
  to.show(entry?.to ?? what.to ?? undefined);
  const target = () => to.read().form ?? "";
  const own = entry && entry.if_yes === undefined ? "times" : "shares";
  const how = choose("how", "How do you want to say it?", {
    shares: "out of 100, where it holds and where not",
    times: "as a factor: how many times the odds are",
  });
  how.show(own);
  const isTimes = () => how.now() === "times" || isWhole(app, target());
  const strength = pair(app, "", target, isTimes);
  if (entry) strength.show(entry);
  const why = text("why", "Why?", { rows: 2 });
  why.show(entry?.why);
  const title = () =>
    [from.read().form ?? "", target()].map((one) => app.story.title(one)).join(" → ");
  // What nobody has touched stays as the file has it, whatever its form.
  const stays = () => entry && untouched([from, to, how, ...strength.fields()]);
  return {
    title: entry ? `Link: ${app.story.title(entry.from)} to ${app.story.title(entry.to)}` : "Link",
    els: [
      from.el,
      to.el,
      h("div", { hidden: () => isWhole(app, target()) }, how.el),
      strength.el,
      why.el,
    ],
    fields: () => [from, to, how, ...strength.fields(), why],
    doubts(said) {
      if (stays()) return [];
      const both = strength.doubts(said);
      if (both.length || strength.told(said)) return both;
      const field = strength.fields()[isTimes() ? 1 : 0];
      const words = `A number is due here${isTimes() ? ": 3, or 2-6" : ""}.`;
      return [{ field: field.key, words }];
    },
    told: title,
    edits(said) {
      const { why: _, ...own } = entry ?? {};
      const write = (link) => {
        const told = { ...link, ...(said.why ? { why: said.why } : {}) };
        return entry
          ? { replace: ["links", what.name], entry: told }
          : { add: "links", entry: told };
      };
      if (stays()) return [write(own)];
      const bare = Object.entries(own).filter(([key]) => !STRENGTHS.includes(key));
      const isOdds = own.odds !== undefined && isTimes() && untouched(strength.fields());
      const told = isOdds ? { odds: own.odds } : strength.told(said);
      const ends = { from: said.from, to: said.to };
      return [write({ ...Object.fromEntries(bare), ...ends, ...told })];
    },
  };
}
