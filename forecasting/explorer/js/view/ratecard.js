/** Words to look for come in; a base rate counted in a table of past cases, to be taken, goes out. */

import { button, h } from "./elements.js";
import { percent } from "./numbers.js";

/** A search of the tables at hand; `take` is given the group that is chosen. */
export function rates(app, take) {
  const found = h("div", { role: "status" });
  const words = h("input", {
    type: "search",
    "aria-label": "Words to look for in tables of past cases",
    placeholder: "coup, ceasefire, …",
  });
  const note = (text) => found.replaceChildren(h("p.fc-note", text));
  /** Ask Python, and put into a place a list of what it finds, or what is wrong. */
  const list = async (place, request, rows) => {
    const { problems = [], ...answer } = await app.ask(request);
    const wrong = problems.length && h("p.fc-help", problems.map((one) => one.words).join(" "));
    const items = wrong ? [] : rows(answer).map((row) => h("li", row));
    place.replaceChildren(wrong || (items.length ? h("ul", items) : NOTHING_FOUND()));
  };
  const look = () => {
    note("…");
    return list(found, { do: "tables", words: words.value }, ({ tables = [] }) =>
      tables.map(tableRow),
    );
  };
  const tableRow = (table) => {
    const last = table.last && `to ${table.last}`;
    const told = [`${table.cases} cases`, last, table.source].filter(Boolean).join(", ");
    const place = h("div");
    const groups = (by, text) => {
      const open = () =>
        list(place, { do: "rates", table: table.table, by }, ({ classes = [] }) =>
          classes.map((one) => classRow(table, one)),
        );
      return button("fc-quiet", { onclick: open }, text);
    };
    return [
      h("b", table.question || table.title),
      h("p.fc-note", told),
      groups("", "all cases"),
      (table.by ?? []).flatMap((by) => [" ", groups(by, `by ${by.replaceAll("_", " ")}`)]),
      place,
    ];
  };
  const classRow = (table, one) => {
    const count = `${one.seen} of ${one.of}`;
    const [share, low, high] = [one.share, one.low, one.high].map(percent);
    const taken = () => {
      take(one);
      note(`Taken: ${count}, ${one.group}, ${table.title}.`);
    };
    const attributes = { "aria-label": `Take ${count} as the base rate`, onclick: taken };
    return [
      `${one.group}: ${count}, ${share} (90%: ${low} to ${high}) `,
      button("fc-quiet", attributes, "take"),
    ];
  };
  words.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    event.stopPropagation(); // here Enter looks for words, and adds no question
    look();
  });
  const el = h("details.fc-rates", [
    h("summary", "or take it from a table of past cases"),
    h("div.fc-pair", [words, button("fc-quiet", { onclick: look }, "Search")]),
    found,
  ]);
  return { el };
}

const NOTHING_FOUND = () => h("p.fc-note", "No table at hand has these words.");
