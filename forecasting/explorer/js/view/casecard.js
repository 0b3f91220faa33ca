/** The case itself, a source, a scenario or a view comes in; the parts of its card go out. */

import { h } from "./elements.js";
import { date, number, pick, rows, SHARE, takeAway, text, titleIn } from "./fields.js";
import { starts } from "./linkcard.js";

/** What the case is about, and its days. */
export function caseCard(app, what, entry) {
  const needed = "A title is due here.";
  const listed = [entry.horizons ?? []].flat().join(", ") || undefined;
  const words = "Other days to tell of, with commas between them";
  const days = text("horizons", words, { own: listed });
  return {
    title: "The case",
    parts: [
      text("title", "What is this case about?", { needed, max: 200, own: entry.title }),
      text("about", "In a few sentences", { rows: 3, own: entry.about }),
      date("as_of", "Day of the forecast: what is dated later is not known yet", entry.as_of),
      date("resolve_by", "Looking to which day?", entry.resolve_by),
      days,
    ],
    doubts: ({ as_of: first, resolve_by: last }) =>
      first && last && first >= last
        ? [{ field: "resolve_by", words: "It must be later than the day of the forecast." }]
        : [],
    entry(said) {
      const list = said.horizons?.split(",").map((day) => day.trim());
      return { ...entry, ...said, horizons: days.touched() ? list : entry.horizons };
    },
    moves: false,
  };
}

/** A source: its name, and what it may want to be believed. */
export const sourceCard = (app, what, entry) => ({
  parts: [
    text("title", "Who is it?", {
      needed: "Write the name of the source.",
      own: titleIn(entry, what),
    }),
    text("interest", "What might it want us to believe?", { rows: 2, own: entry?.interest }),
  ],
  entry: ({ title, interest }) => ({ ...entry, title, interest }),
  moves: false,
});

const ANSWERS = { yes: "holds", no: "does not hold" };

/** Yes or no, as a file may have it; null for a state, or several of which one holds. */
const answerOf = (said) => {
  if (/^(yes|true)$/i.test(said)) return "yes";
  return /^(no|false)$/i.test(said) ? "no" : null;
};

/** A scenario: a name, and what holds and does not hold in it. */
export function scenarioCard(app, what, entry) {
  const own = Object.entries(entry?.when ?? {});
  const plain = own.map(([event, said]) => [event, answerOf(said)]).filter(([, said]) => said);
  const make = (i) => [
    pick(`when.${i}.event`, "what", () => starts(app), { first: "choose…" }),
    pick(`when.${i}.answer`, "does it hold?", () => Object.entries(ANSWERS)),
  ];
  const when = rows("when", "In it,", make, { add: "and another", least: 2, own: plain });
  // What is no plain answer is told in words, and can be taken away.
  const others = Object.fromEntries(own.filter(([, said]) => !answerOf(said)));
  const stated = Object.entries(others).map(([event, answer]) => {
    const labels = [answer].flat().map((state) => app.story.labelOf(event, state));
    const words = `${app.story.title(event)}: ${labels.join(" or ")}`;
    const away = () => {
      delete others[event];
      row.remove();
      when.el.dispatchEvent(new Event("input", { bubbles: true }));
    };
    const row = h("div.fc-rowof", h("span", words), takeAway(`Take away “${words}”`, away));
    return row;
  });
  const conditions = () =>
    when.made
      .map(({ fields: [event, answer] }) => [event.read().form, answer.read().form])
      .filter(([event]) => event);
  return {
    parts: [
      h("p.fc-note", "Scenarios are worlds worth a name; the bar shows how probable each is."),
      text("title", "What is it called?", {
        needed: "Write what it is called.",
        own: titleIn(entry, what),
      }),
      when,
      stated.length > 0 && h("div", { role: "group", "aria-label": "And in it" }, stated),
      text("why", "Why is it worth a name?", { rows: 2, own: entry?.why }),
    ],
    doubts: () =>
      conditions().length || Object.keys(others).length
        ? []
        : [{ field: "when", words: "Choose at least one thing that holds or does not." }],
    entry({ title, why }) {
      return { ...entry, title, when: { ...others, ...Object.fromEntries(conditions()) }, why };
    },
    moves: false,
  };
}

/** What somebody else holds: who it is, and their numbers, in words or of 100. */
export function viewCard(app, what, entry) {
  const isNew = entry === null;
  const make = (i) => [
    pick(`held.${i}.event`, "of what", () => starts(app), { first: "choose…" }),
    number(`held.${i}.share`, "of 100, or in words", SHARE({ words: true }), {
      hint: "30, or likely",
    }),
  ];
  const own = Object.entries(entry ?? {});
  const held = rows("held", "What do they hold likely?", make, { add: "and of another", own });
  const pairs = () =>
    held.made
      .map(({ fields: [event, share] }) => [event.read().form, share.read().form])
      .filter(([event, share]) => event || share !== undefined);
  const needed = "Write whose view it is.";
  const doubtOf = (all) => {
    if (!all.length) return "Give at least one number of theirs.";
    if (!all.every(([event, share]) => event && share !== undefined))
      return "Each row needs what it is of, and a number.";
    const isTwice = new Set(all.map(([event]) => event)).size < all.length;
    return isTwice ? "One of these stands here twice." : "";
  };
  return {
    ...(isNew ? {} : { title: `The view of ${app.story.viewerOf(what.name)}` }),
    parts: [
      h("p.fc-note", "Shown beside the forecast, to compare; it moves nothing."),
      isNew && text("title", "Whose view is it? A name", { needed, max: 60 }),
      held,
    ],
    doubts: () => {
      const words = doubtOf(pairs());
      return words ? [{ field: "held", words }] : [];
    },
    entry: () => Object.fromEntries(pairs()),
    moves: false,
  };
}
