/** A case comes in; its outline, a tree of buttons that open the cards of its parts, goes out. */

import { button, h, section } from "./elements.js";

/** What a publishable case lacks, counted; each leads to where it can be mended. */
function lacking(app) {
  const { todo } = app.desk;
  if (app.compiled.empty) return null;
  if (!todo.length) return h("p.fc-note", "Nothing is missing that a reader would ask for.");
  const row = ({ words, section: part, name }) => {
    const card = cardOf(app, part, name);
    return h("li", card ? button("fc-link", { onclick: () => app.cards.show(card) }, words) : words);
  };
  const counted = todo.length === 1 ? "1 thing is missing" : `${todo.length} things are missing`;
  return h("details.fc-todo", { "data-keep": "todo" }, [
    h("summary", counted),
    h("ul", todo.map(row)),
  ]);
}

/** The card in which a part of the case is written; null for what has none. */
function cardOf(app, part, name) {
  if (part === "events" && app.story.events[name])
    return { card: app.story.events[name].role === "outcome" ? "events" : "condition", name };
  if (part === "evidence" && app.desk.entries?.drafts?.[name]) return { card: part, name };
  if (part === "sources" && app.desk.entries?.sources?.[name]) return { card: part, name };
  const known = { evidence: "facts", scenarios: "scenarios", views: "views" }[part];
  if (known && app.story[known][name]) return { card: part, name };
  if (part === "links" && name) return { card: part, name };
  return part === "case" ? { card: "case", name: null } : null;
}

/** A line of the tree: a button that opens a card. */
const line = (app, card, words, { quiet = false, key = `${card.card} ${card.name}` } = {}) => {
  const attributes = { "data-keep": key, onclick: () => app.cards.show(card) };
  if (quiet) attributes["data-card"] = card.card;
  return h("li", button(quiet ? "fc-quiet" : "fc-link", attributes, words));
};

/** Things of one kind, each with its card and its words; `add` is the card of a new one. */
function branch(app, title, items, add = null) {
  if (!items.length && !add) return null;
  const words = `+ ${title.toLowerCase().replace(/s$/, "")}`;
  const empty = { card: add, name: null };
  const rows = items.map(([card, words]) => line(app, card, words));
  const more = add && line(app, empty, words, { quiet: true, key: `add ${add}` });
  const summary = h("summary", `${title} (${items.length})`);
  const isOpen = items.length > 0 && items.length < 12;
  return h("li", h("details", { open: isOpen }, [summary, h("ul", [...rows, more])]));
}

/** The tree itself: where there is Python to change the case. */
export function outline(app) {
  if (!app.desk) return null;
  const { story, desk } = app;
  const { drafts = {}, sources = {} } = desk.entries ?? {};
  const can = (part) => desk.can.includes(part);
  const of = (card, words) => Object.entries(words).map(([name, told]) => [{ card, name }, told]);
  const told = (records, key) =>
    Object.fromEntries(Object.entries(records).map(([name, one]) => [name, one[key] ?? name]));
  const events = (isAsked) =>
    story.order
      .filter((event) => (story.events[event].role === "outcome") === isAsked)
      .map((name) => [cardOf(app, "events", name), story.title(name)]);
  const links = story.links.map(({ from, to }) => [
    { card: "links", name: `${from}->${to}` },
    `${story.title(from)} → ${story.title(to)}`,
  ]);
  const scenarios = of("scenarios", told(story.scenarios, "title"));
  const views = Object.keys(story.views).map((name) => [
    cardOf(app, "views", name),
    story.viewerOf(name),
  ]);
  const isDraft = "Drafts, which count for nothing until they have numbers";
  const own = { card: "case", name: null };
  return h("div.fc-outline", [
    lacking(app),
    section("Outline", false, [
      h("ul", [
        can("case") && line(app, own, "The case: title and days", { key: "the case" }),
        can("events") && branch(app, "Questions", events(true)),
        can("events") && branch(app, "Conditions", events(false)),
        branch(app, "Facts", of("evidence", told(story.facts, "claim"))),
        branch(app, isDraft, of("evidence", drafts)),
        can("links") && branch(app, "Links", links),
        branch(app, "Sources", of("sources", told(sources, "title"))), // also who reports nothing
        can("scenarios") &&
          branch(app, "Scenarios", scenarios, app.compiled.empty ? null : "scenarios"),
        can("views") && branch(app, "Views", views, app.compiled.empty ? null : "views"),
      ]),
    ]),
  ]);
}
