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
  const say = (...els) => found.replaceChildren(...els);
  const failed = (problems) => say(h("p.fc-help", problems.map((one) => one.words).join(" ")));
  const look = async () => {
    say(h("p.fc-note", "…"));
    const { tables = [], problems } = await app.ask({ do: "tables", words: words.value });
    if (problems?.length) return failed(problems);
    if (!tables.length) return say(h("p.fc-note", "No table at hand has these words."));
    return say(
      h(
        "ul",
        tables.map((one) => h("li", tableRow(one))),
      ),
    );
  };
  const tableRow = (table) => {
    const told = [`${table.rows} cases`, table.last && `to ${table.last}`, table.source]
      .filter(Boolean)
      .join(", ");
    const place = h("div");
    const open = (by) => async () => {
      const { classes = [], problems } = await app.ask({ do: "rates", table: table.table, by });
      if (problems?.length)
        return place.replaceChildren(h("p.fc-help", problems.map((one) => one.words).join(" ")));
      return place.replaceChildren(
        h(
          "ul",
          classes.map((one) => h("li", classRow(table, one))),
        ),
      );
    };
    return [
      h("b", table.question || table.title),
      h("p.fc-note", told),
      button("fc-quiet", { onclick: open("") }, "all cases"),
      ...(table.by ?? []).flatMap((column) => [
        " ",
        button("fc-quiet", { onclick: open(column) }, `by ${column.replaceAll("_", " ")}`),
      ]),
      place,
    ];
  };
  const classRow = (table, one) => [
    `${one.group}: ${one.seen} of ${one.of}, ${percent(one.share)} (90%: ${percent(one.low)} to ${percent(one.high)}) `,
    button(
      "fc-quiet",
      {
        "aria-label": `Take ${one.seen} of ${one.of} as the base rate`,
        onclick: () => {
          take(one);
          say(h("p.fc-note", `Taken: ${one.seen} of ${one.of}, ${one.group}, ${table.title}.`));
        },
      },
      "take",
    ),
  ];
  words.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    event.stopPropagation(); // here Enter looks for words, and adds no question
    look();
  });
  const el = h(
    "details.fc-rates",
    h("summary", "or take it from a table of past cases"),
    h("div.fc-pair", [words, button("fc-quiet", { onclick: look }, "Search")]),
    found,
  );
  return { el };
}
