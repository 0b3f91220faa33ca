/** Settings come in; dates, scenarios and the list of changes go out. */

import { amount, clamp, day, percent } from "./numbers.js";
import { button, choice, h, keep } from "./elements.js";

const TURN = 900; // ms of a replay on each day

/** The day of the forecast and the day it is for, with a replay of the days on which something came. */
export function dates(app) {
  const { story, settings } = app;
  const { days, ends } = story;
  if (!days.length) return h("div.fc-dates");
  const now = () => settings.now.as_of ?? story.asOf;
  const at = () => Number(slider.value);
  const go = (index, gesture = null) => {
    const to = days[clamp(index, 0, days.length - 1)];
    settings.change(gesture, (next) => (next.as_of = to === story.asOf ? null : to));
  };
  const slider = h("input.fc-replay", {
    ...{ type: "range", min: 0, max: days.length - 1, step: 1 },
    "aria-label": "Day of the forecast",
    "aria-valuetext": () => day(now()),
    value: () => (days.includes(now()) ? String(days.indexOf(now())) : slider.value),
    oninput: () => go(at(), "as_of"),
    onchange: () => settings.rest(),
  });
  const replay = () => {
    if (app.playing) return app.pause();
    if (at() >= days.length - 1) go(0);
    app.playing = setInterval(() => {
      const next = at() + 1;
      if (next < days.length) go(next, "replay");
      if (next >= days.length - 1) app.pause();
    }, TURN);
    return app.update();
  };
  const step = (words, label, by) =>
    button("fc-quiet", { "aria-label": label, title: label, onclick: () => go(at() + by) }, words);
  const by = ends.map((end) => [end, `by ${day(end)}`]);
  const lookTo = (end) =>
    settings.change(null, (next) => (next.by = end === story.by ? null : end));
  return h("div.fc-dates", [
    "as of ",
    h("output.fc-day", () => day(now())),
    days.length > 1 && [
      step("◂", "One day of news back", -1),
      slider,
      step("▸", "One day of news on", +1),
      button("fc-quiet", { onclick: replay }, () => (app.playing ? "pause" : "replay")),
    ],
    ends.length > 1
      ? choice("Day it is for", by, () => settings.now.by ?? story.by, lookTo)
      : h("span", by.map(([, words]) => words)),
  ]);
}

/** Named scenarios as one bar; the rest is something else. */
export function scenarios(app) {
  const named = Object.entries(app.story.scenarios);
  const rest = (all) => Math.max(0, 1 - named.reduce((sum, [id]) => sum + all[id], 0));
  const draw = (title, hue, share) => {
    const now = () => share(app.answer.scenarios);
    const before = () => `was ${percent(share(app.answer.scenariosPrior))}`;
    const words = [title, " ", h("b.fc-p", () => percent(now())), " ", h("span.fc-note", before)];
    return {
      bar: h(`i.fc-hue-${hue}`, { title, "style.flex-grow": () => now().toFixed(4) }),
      label: h("li", h(`i.fc-hue-${hue}`), words),
    };
  };
  const drawn = [
    ...named.map(([id, { title }], i) => draw(title, i % 6, (all) => all[id])),
    draw("something else", "rest", rest),
  ];
  const [bars, labels] = ["bar", "label"].map((part) => drawn.map((one) => one[part]));
  return h("section.fc-scenarios", { "aria-label": "Scenarios", hidden: !named.length }, [
    h("div.fc-stack", { "aria-hidden": "true" }, bars),
    h("ul.fc-legend", labels),
  ]);
}

/** What the hand has changed, each with a way back. */
export function changes(app) {
  const { settings } = app;
  const rows = () => app.once("changes", () => changed(app));
  const counted = () => (rows().length === 1 ? "1 change" : `${rows().length} changes`);
  const count = h("summary", counted);
  const list = h("ul");
  const back = (words, edit) => {
    const takeBack = () => {
      settings.change(null, edit);
      count.focus();
    };
    return button("fc-quiet", { "aria-label": `Take back: ${words}`, onclick: takeBack }, "reset");
  };
  keep(() => {
    const told = JSON.stringify(rows().map(([words]) => words));
    if (told === list.fcTold) return;
    list.fcTold = told;
    const line = ([words, edit]) => h("li", h("span", words), edit && back(words, edit));
    list.replaceChildren(...rows().map(line));
  });
  return h("details.fc-changes", { "data-none": () => !rows().length }, count, list);
}

/** List the changes, in words, each with what takes it back; an addition goes by Undo or Reset. */
function changed(app) {
  const { story, settings, compiled } = app;
  const { now } = settings;
  const rows = Object.keys(compiled.added ?? {}).map((path) => {
    const [section, name] = path.split(".");
    const what = { evidence: story.facts[name]?.claim, sources: story.sources[name]?.title };
    return [`added: ${what[section] ?? path}`];
  });
  // Several paths are one change to a reader: a fact left out, a source's letter on all reports.
  const told = Object.keys(now.overrides).flatMap((path) =>
    wordsFor(app, path).map((words) => ({ words, path })),
  );
  for (const [words, paths] of Map.groupBy(told, (one) => one.words))
    rows.push([words, (next) => paths.forEach(({ path }) => delete next.overrides[path])]);
  for (const [how, words] of Object.entries({ given: "we learn", do: "made" }))
    for (const [event, answer] of Object.entries(now[how]))
      rows.push([
        `${words} ${answerWords(story, event, answer)}: ${story.title(event)}`,
        (next) => delete next[how][event],
      ]);
  for (const [name, words] of Object.entries({ as_of: "as of", by: "by" }))
    if (now[name]) rows.push([`${words} ${day(now[name])}`, (next) => (next[name] = null)]);
  return rows;
}

/** What is supposed of an event in words: yes or no, or an amount. */
function answerWords(story, event, answer) {
  if (typeof answer === "boolean") return answer ? "yes" : "no";
  return amount(Number(answer), story.events[event]?.quantity?.whole);
}

function wordsFor(app, path) {
  const { story, settings, inputs } = app;
  const [section, name, , index] = path.split(".");
  const fact = section === "evidence" ? story.facts[name] : null;
  if (inputs.has(path)) return [inputs.get(path).title + (fact ? ` (${fact.claim})` : "")];
  if (app.togethers.has(path)) {
    const [, , kind, ...row] = path.split(".");
    const title = `“${story.title(name)}”`;
    if (kind === "base_rate") return [`base rate of ${title}`];
    return [`${title} where ${story.rowWords(name, row.join("."))}`];
  }
  if (!fact) return [path];
  if (!path.endsWith(".grade")) {
    const now = app.status(name);
    return [`${now === "pending" ? "left out" : now}: ${fact.claim}`];
  }
  const { source, letter, digit } = fact.reports[index];
  const now = settings.now.overrides[path];
  const words = [];
  if (now[0] !== letter) words.push(`source graded ${now[0]}: ${story.sources[source].title}`);
  if ((now[1] ?? null) !== digit) words.push(`report graded ${now[1]}: ${fact.claim}`);
  return words;
}
