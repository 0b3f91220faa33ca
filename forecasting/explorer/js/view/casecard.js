/** The case itself, a source or a scenario comes in; the fields of its card go out. */

import { button, h } from "./elements.js";
import { date, kept, pick, rows, text } from "./fields.js";
import { starts } from "./linkcard.js";

/** What the case is about, and its days. */
export function caseCard(app, what, entry) {
  const title = text("title", "What is this case about?", {
    needed: "A title is due here.",
    max: 200,
  });
  const about = text("about", "In a few sentences", { rows: 3 });
  const from = date("as_of", "Day of the forecast: what is dated later is not known yet");
  const by = date("resolve_by", "Looking to which day?");
  title.show(entry?.title);
  about.show(entry?.about);
  const days = text("horizons", "Other days to tell of, with commas between them");
  from.show(entry?.as_of);
  const listed = [entry?.horizons ?? []].flat().join(", ");
  days.show(listed || undefined);
  by.show(entry?.resolve_by);
  return {
    title: "The case",
    els: [title.el, about.el, from.el, by.el, days.el],
    fields: () => [title, about, from, by, days],
    doubts: ({ as_of: first, resolve_by: last }) =>
      first && last && first >= last
        ? [{ field: "resolve_by", words: "It must be later than the day of the forecast." }]
        : [],
    edits(said) {
      const list = said.horizons?.split(",").map((day) => day.trim());
      const horizons = days.touched() ? list : entry.horizons;
      return [{ replace: ["case", ""], entry: kept({ ...entry, ...said, horizons }) }];
    },
    moves: false,
  };
}

/** A source: its name, and what it may want to be believed. */
export function sourceCard(app, what, entry) {
  const title = text("title", "Who is it?", { needed: "Write the name of the source." });
  const interest = text("interest", "What might it want us to believe?", { rows: 2 });
  title.show(entry?.title ?? (entry ? (what.name ?? "").replaceAll("_", " ") : undefined));
  interest.show(entry?.interest);
  return {
    title: `Source: ${entry?.title ?? what.name}`,
    els: [title.el, interest.el],
    fields: () => [title, interest],
    told: () => title.read().form,
    edits(said) {
      const written = kept({ ...(entry ?? {}), title: said.title, interest: said.interest });
      return [
        entry
          ? { replace: ["sources", what.name], entry: written }
          : { add: "sources", name: null, words: said.title, entry: written },
      ];
    },
    moves: false,
  };
}

const ANSWERS = { yes: "holds", no: "does not hold" };

/** A scenario: a name, and what holds and does not hold in it. */
export function scenarioCard(app, what, entry) {
  const title = text("title", "What is it called?", { needed: "Write what it is called." });
  const why = text("why", "Why is it worth a name?", { rows: 2 });
  const when = rows(
    "when",
    "In it,",
    (i) => [
      pick(`when.${i}.event`, "what", () => starts(app), { first: "choose…" }),
      pick(`when.${i}.answer`, "does it hold?", () => Object.entries(ANSWERS)),
    ],
    { add: "and another", least: 2 },
  );
  title.show(entry?.title ?? (entry ? (what.name ?? "").replaceAll("_", " ") : undefined));
  why.show(entry?.why);
  const said = (answer) =>
    /^(yes|true)$/i.test(answer) ? "yes" : /^(no|false)$/i.test(answer) ? "no" : null;
  const own = Object.entries(entry?.when ?? {});
  when.show(
    own.filter(([, answer]) => said(answer)).map(([event, answer]) => [event, said(answer)]),
  );
  // A state, or several of which one holds, as a file may have it: told in words.
  const others = Object.fromEntries(own.filter(([, answer]) => !said(answer)));
  const stated = Object.entries(others).map(([event, answer]) => {
    const labels = [answer].flat().map((state) => app.story.labelOf(event, state));
    const away = () => {
      delete others[event];
      row.remove();
      when.el.dispatchEvent(new Event("input", { bubbles: true }));
    };
    const words = `${app.story.title(event)}: ${labels.join(" or ")}`;
    const attributes = { "aria-label": `Take away “${words}”`, onclick: away };
    const row = h("div.fc-rowof", h("span", words), button("fc-quiet", attributes, "×"));
    return row;
  });
  const conditions = () =>
    when
      .all()
      .map(([event, answer]) => [event.read().form, answer.read().form])
      .filter(([event]) => event);
  return {
    title: `Scenario: ${entry?.title ?? what.name}`,
    els: [
      h("p.fc-note", "Scenarios are worlds worth a name; the bar shows how probable each is."),
      title.el,
      when.el,
      stated.length > 0 && h("div", { role: "group", "aria-label": "And in it" }, stated),
      why.el,
    ],
    fields: () => [title, why, when],
    doubts: () =>
      conditions().length || Object.keys(others).length
        ? []
        : [{ field: "when", words: "Choose at least one thing that holds or does not." }],
    told: () => title.read().form,
    edits(answers) {
      const written = kept({
        ...(entry ?? {}),
        title: answers.title,
        when: { ...others, ...Object.fromEntries(conditions()) },
        why: answers.why,
      });
      return [
        entry
          ? { replace: ["scenarios", what.name], entry: written }
          : { add: "scenarios", name: null, words: answers.title, entry: written },
      ];
    },
    moves: false,
  };
}
