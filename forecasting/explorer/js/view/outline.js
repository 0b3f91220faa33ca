/** A case comes in; its outline, a tree of buttons that open the cards of its parts, goes out. */

import { button, h, section } from "./elements.js";

/** What a publishable case lacks, counted; each leads to where it can be mended. */
function lacking(app) {
  const { todo } = app.desk;
  if (app.compiled.empty) return null;
  if (!todo.length) return h("p.fc-note", "Nothing is missing that a reader would ask for.");
  const line = ({ words, section: part, name }) => {
    const card = cardOf(app, part, name);
    return h("li", card ? button("fc-link", { onclick: () => app.show(card) }, words) : words);
  };
  const counted = todo.length === 1 ? "1 thing is missing" : `${todo.length} things are missing`;
  return h(
    "details.fc-todo",
    { "data-keep": "todo" },
    h("summary", counted),
    h("ul", todo.map(line)),
  );
}

/** The card in which a part of the case is written; null for what has none. */
function cardOf(app, part, name) {
  if (part === "events" && app.story.events[name])
    return { card: app.story.events[name].role === "outcome" ? "events" : "condition", name };
  if (part === "evidence" && app.desk.entries?.drafts?.[name]) return { card: part, name };
  if (part === "sources" && app.desk.entries?.sources?.[name]) return { card: part, name };
  const known = { evidence: "facts", scenarios: "scenarios" }[part];
  if (known && app.story[known][name]) return { card: part, name };
  if (part === "links" && name) return { card: part, name };
  return part === "case" ? { card: "case", name: null } : null;
}

/** The tree itself: where there is Python to change the case. */
export function outline(app) {
  if (!app.desk) return null;
  const { story, desk } = app;
  const branch = (title, items, add) => {
    if (!items.length && !add) return null;
    const rows = items.map(([card, words]) => {
      const key = `${card.card} ${card.name}`;
      return h("li", button("fc-link", { "data-keep": key, onclick: () => app.show(card) }, words));
    });
    const more =
      add &&
      h(
        "li",
        button(
          "fc-quiet",
          {
            "data-card": add,
            "data-keep": `add ${add}`,
            onclick: () => app.show({ card: add, name: null }),
          },
          `+ ${title.toLowerCase().replace(/s$/, "")}`,
        ),
      );
    return h(
      "li",
      h("details", { open: items.length > 0 && items.length < 12 }, [
        h("summary", `${title} (${items.length})`),
        h("ul", [...rows, more]),
      ]),
    );
  };
  const events = (role) =>
    story.order
      .filter((event) => (story.events[event].role === "outcome") === (role === "outcome"))
      .map((name) => [cardOf(app, "events", name), story.title(name)]);
  const named = (section_, card, words) =>
    Object.keys(story[section_]).map((name) => [{ card, name }, words(name)]);
  const can = (part) => desk.can.includes(part);
  const links = story.links.map((link) => {
    const { from, to } = link;
    return [{ card: "links", name: `${from}->${to}` }, `${story.title(from)} → ${story.title(to)}`];
  });
  return h("div.fc-outline", [
    lacking(app),
    section("Outline", false, [
      h("ul", [
        can("case") &&
          h(
            "li",
            button(
              "fc-link",
              { "data-keep": "the case", onclick: () => app.show({ card: "case", name: null }) },
              "The case: title and days",
            ),
          ),
        can("events") && branch("Questions", events("outcome")),
        can("events") && branch("Conditions", events("driver")),
        branch(
          "Facts",
          named("facts", "evidence", (name) => story.claim(name)),
        ),
        branch(
          "Drafts, which count for nothing until they have numbers",
          Object.entries(desk.entries?.drafts ?? {}).map(([name, claim]) => [
            { card: "evidence", name },
            claim,
          ]),
        ),
        can("links") && branch("Links", links),
        branch(
          "Sources",
          // Those that report nothing so far too.
          Object.entries(desk.entries?.sources ?? {}).map(([name, { title }]) => [
            { card: "sources", name },
            title ?? name,
          ]),
        ),
        can("scenarios") &&
          branch(
            "Scenarios",
            named("scenarios", "scenarios", (name) => story.scenarios[name].title),
            app.compiled.empty ? null : "scenarios",
          ),
      ]),
    ]),
  ]);
}
