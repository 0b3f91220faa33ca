/** The state of the page comes in; the bar at its top, and what is amiss, which stands at its foot, go out. */

import { button, h, keep } from "./elements.js";
import { changes, dates } from "./header.js";
import { copyMoves, keepAsFile } from "./link.js";

// What a button adds: the section of the case that it changes, and its words.
const ADD = {
  events: ["events", "+ Question"],
  condition: ["events", "+ Condition"],
  evidence: ["evidence", "+ Fact"],
  links: ["links", "+ Link"],
};

const RESET =
  "Everything since this page was opened is taken back, edits of the case too. Undo brings it back.";

const RECORDING = "The forecast is being recorded ...";

/** A button that loses its use keeps the focus, and says why: aria-disabled, not disabled. */
function usable(what, { why, onclick, ...attributes }, ...words) {
  return button(
    what,
    {
      ...attributes,
      "aria-disabled": () => (why() ? "true" : null),
      title: () => why() || null,
      onclick: () => why() || onclick(),
    },
    ...words,
  );
}

/** A button that opens an empty card. */
export function addButton(app, card) {
  const [section, words] = ADD[card];
  const what = { card, name: null };
  const why = () => (app.cards.holds(what) ? "" : app.barred(section)); // what was typed stays in reach
  const onclick = () => app.cards.show(what);
  return usable("fc-add", { "data-card": card, "data-keep": card, why, onclick }, words);
}

/** Have Python do something, and say meanwhile that it does, and then what came of it. */
async function done(app, request, meanwhile, told) {
  app.inform(meanwhile);
  await app.hear({ do: request }, ({ problems = [], ...found }) =>
    app.inform(found.path ? told(found) : problems.map(({ words }) => words).join(" ")),
  );
}

/** Have the report written. */
const write = (app) =>
  done(app, "report", "The report is being written ...", ({ path }) =>
    `The report is being written. In a minute or so it is in ${path}.`);

/** Have the forecast kept as it stands here; a second press meanwhile would keep it twice. */
async function record(app) {
  app.recording = true;
  await done(app, "record", RECORDING, ({ path, head }) =>
    `Recorded in ${path}. The ledger now ends with ${head}: keep this line elsewhere too.`);
  app.recording = false;
  app.update();
}

/** The bar itself. */
export function bar(app) {
  const waits = () => (app.editing ? "one moment: an edit is on its way" : "");
  const { settings, story } = app;
  const step = (name, words, why) => {
    const onclick = () => {
      const { shape } = settings;
      settings[name]();
      if (name === "reset" && settings.shape !== shape) app.inform(RESET);
    };
    return usable(`fc-step-of.fc-${name}`, { "data-keep": name, why, onclick }, words);
  };
  const saved = () => (app.file?.saved ? `, saved ${app.file.saved}` : "");
  const unheard = () => app.barred("evidence"); // every case that Python knows takes facts
  const about = { "data-card": "case", onclick: () => app.cards.show({ card: "case", name: null }) };
  const share = (keep, words, onclick) => button("fc-quiet", { "data-keep": keep, onclick }, words);
  const report = { "data-keep": "report", why: unheard, onclick: () => write(app) };
  const why = () => (app.recording ? RECORDING : unheard());
  const kept = { "data-keep": "record", why, onclick: () => record(app) };
  return h("header.fc-top", [
    h("div.fc-tools", { role: "group", "aria-label": "Add" }, [
      Object.keys(ADD).map((card) => addButton(app, card)),
    ]),
    h("div.fc-tools", { role: "group", "aria-label": "Changes" }, [
      step("undo", "Undo", () => waits() || (settings.past.length ? "" : "nothing to undo")),
      step("redo", "Redo", () => waits() || (settings.future.length ? "" : "nothing to redo")),
      step("reset", "Reset all", () => waits() || (settings.isFirst ? "nothing is changed" : "")),
      changes(app),
    ]),
    h("div.fc-name-of", [
      h("h2.fc-title", [
        app.desk?.can.includes("case")
          ? button("fc-case", { "data-keep": "case", ...about }, story.name)
          : story.name,
      ]),
      h("span.fc-note", { title: () => app.file?.name || null }, saved),
    ]),
    h("div.fc-tools", { role: "group", "aria-label": "Keep and share" }, [
      share("save", "Save as file", () => keepAsFile(app)),
      share("copy", "Copy link", () => copyMoves(app)),
      usable("fc-quiet", report, "Report"),
      usable("fc-quiet", kept, "Record this forecast"),
    ]),
    !app.compiled.empty && dates(app),
  ]);
}

/** What is amiss, each with what can be done about it; and what came of what was done. */
export function notices(app) {
  const keepFile = () =>
    button("fc-quiet.fc-save", { onclick: () => keepAsFile(app) }, "Save as file");
  return h("div.fc-notices", [
    h("p.fc-trouble.fc-notice", { role: "status", hidden: () => !app.lost }, [
      h("span", () => `Not connected: your moves stay on this page. ${app.retold}`.trim()),
      keepFile(),
      button("fc-quiet.fc-save", { onclick: () => app.reconnect() }, "Reconnect"),
    ]),
    h("p.fc-trouble", { role: "alert", hidden: () => !app.file?.problem }, [
      h("span", () => app.file?.problem ?? ""),
      " ",
      keepFile(),
    ]),
    conflict(app),
    h("p.fc-said", { role: "status", hidden: () => !app.said }, () => app.said),
    h("textarea.fc-offer", {
      ...{ readonly: true, rows: "3", "aria-label": "To copy", hidden: () => !app.offer },
      value: () => app.offer,
      onfocus: ({ target }) => target.select(),
    }),
  ]);
}

/** The file was changed by somebody else: what differs, and whose is kept. */
function conflict(app) {
  const lines = h("pre.fc-diff", { tabindex: "0", "aria-label": "What differs" });
  const take = (whose) => async () => {
    const { problems } = await app.ask({ do: "conflict", keep: whose });
    if (problems?.length) app.inform(problems.map(({ words }) => words).join(" "));
  };
  keep(() => {
    const diff = app.file?.conflict?.diff ?? [];
    if (lines.fcDiff === diff) return;
    lines.fcDiff = diff;
    const kind = (line) => ({ "+": "ins", "-": "del" })[line[0]] ?? "span";
    lines.replaceChildren(...diff.map((line) => h(kind(line), `${line}\n`)));
  });
  return h("div.fc-trouble", { role: "alert", hidden: () => !app.file?.conflict }, [
    h("p", () => `${app.file?.name || "The file"} was changed outside this page. Which counts?`),
    h("p", h("del", "- as it is on this page"), " ", h("ins", "+ as it is in the file")),
    lines,
    button("fc-quiet.fc-save", { onclick: take("mine") }, "Keep what is on this page"),
    " ",
    button("fc-quiet.fc-save", { onclick: take("file") }, "Take the file"),
  ]);
}
