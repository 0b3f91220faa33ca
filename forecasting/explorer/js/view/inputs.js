/** An event comes in; everything that can be moved about it, on the right, goes out. */

import { clamp, day, decibans, percent } from "./numbers.js";
import { button, choice, h, keep, part, section, share } from "./elements.js";
import { Slider } from "./sliders.js";

const WHAT_IFS = {
  "": "as forecast",
  "given yes": "suppose we learn: yes",
  "given no": "suppose we learn: no",
  "do yes": "make it so: yes",
  "do no": "make it so: no",
};
const SEEN = { pending: "not seen", confirmed: "seen", absent: "absent" };

/** A slider for a number, if the case has it. */
function slider(app, path, label, asks) {
  if (!app.inputs.has(path)) return null;
  const one = new Slider(app, path, label ?? app.inputs.get(path).title, { asks });
  app.sliders.push(one);
  keep(() => one.update());
  return one.el;
}

const heldNow = (app, event) =>
  slider(
    app,
    `events.${event}.now`,
    `Held now: ${app.story.title(event)}`,
    "held now, apart from the facts",
  );

/** Suppose an event were learned, or made so. */
function whatIf(app, event) {
  const { story, settings } = app;
  const { title, given: needs } = story.events[event];
  const now = () => settings.supposed(event);
  // What can happen only with another event can be made so only if that one is made so too.
  const barred = (value) => () => {
    const set = settings.now.do[needs];
    const comes = value === "do yes" ? set === true : set !== undefined;
    return Boolean(needs) && value.startsWith("do") && !comes;
  };
  const options = Object.entries(WHAT_IFS).map(([value, words]) => [value, words, barred(value)]);
  const suppose = (value) => settings.suppose(event, value);
  return h("label.fc-whatif", { "data-supposed": () => now() || null }, [
    "what if ",
    choice(`What if: ${title}`, options, now, suppose),
  ]);
}

/** An event that moves another, or without which it cannot happen. */
function driverBlock(app, driver, target) {
  const { story } = app;
  const [title, link] = [story.title(driver), story.link(driver, target)];
  const verb = link?.key === "odds" ? "multiplies" : link?.key;
  const odds = `${verb} the odds`;
  return h("div.fc-driver", [
    h("div.fc-driverhead", [
      button("fc-link", { onclick: () => app.select(driver) }, title),
      h("span.fc-p", app.about(driver).shown),
      whatIf(app, driver),
    ]),
    !link && h("p.fc-note", "Without it, this cannot happen."),
    heldNow(app, driver),
    link &&
      slider(app, link.path, `${title} ${odds} of ${story.title(target)}`, `if true, ${odds}`),
    link?.why && h("p.fc-why", link.why),
  ]);
}

/** One report of a fact: who said it, and how far that is to be believed. */
function reportLine(app, fact, report, index) {
  const { source, says, date } = report;
  const { title: name, interest } = app.story.sources[source];
  const grade = (key, label, words, change) => {
    const spelled = Object.entries(words).map(([one, meaning]) => [one, `${one}: ${meaning}`]);
    return report[key] && choice(label, spelled, () => app.gradeOf(fact, index)[key], change);
  };
  const { letters, digits } = app.story;
  const sound = () => {
    const p = app.answer.soundness[source];
    return p === undefined
      ? ""
      : `sound with probability ${percent(p)} in the light of all sources`;
  };
  return h("li.fc-report", [
    h("div", [
      h("b", name),
      says === false ? h("em", " denies it") : " reports it",
      date && `, ${day(date)}`,
      interest && h("span.fc-note", ` (${interest})`),
    ]),
    h("div.fc-grades", [
      grade("letter", `Reliability of ${name}`, letters, (letter) => app.grade(source, letter)),
      grade("digit", `Credibility of this report by ${name}`, digits, (digit) =>
        app.credit(fact, index, digit),
      ),
    ]),
    h("span.fc-note", sound),
    ["hit", "false"].map((key) => slider(app, `evidence.${fact}.reports.${index}.${key}`)),
  ]);
}

/** The inside of a fact's card. */
function cardBody(app, fact, event) {
  const { story } = app;
  const { why, reports, bearings } = story.facts[fact];
  const asked = {
    if_yes: `If it is coming (“${story.title(event)}”): how likely was it that we would see this?`,
    if_no: "If it is not: how likely was it that we would see this?",
    likelihood_ratio: "How many times likelier is this if it is coming?",
    chance: "How common is this, all in all?",
  };
  const limit = () => {
    const [worth, most] = [app.worth(fact, event), app.worth(fact, event, "ceiling")];
    if (worth === null || most === null) return "";
    return `Worth ${decibans(worth)} by itself; at most ${decibans(most)} were the report beyond doubt from a source as reliable as this.`;
  };
  const bearing = ({ event: other, key }) =>
    slider(
      app,
      `evidence.${fact}.bears_on.${other}.${key}`,
      `“${story.title(other)}” ${key === "odds" ? "multiplies" : key} the odds of seeing this`,
    );
  return h("div.fc-cardbody", [
    Object.entries(asked).map(([key, words]) => slider(app, `evidence.${fact}.${key}`, words)),
    bearings?.map(bearing),
    reports.length > 0 &&
      h(
        "ul.fc-reports",
        reports.map((report, index) => reportLine(app, fact, report, index)),
      ),
    h("p.fc-note", limit),
    why && h("p.fc-why", why),
  ]);
}

/** A fact: claim, date, who reported it, how likely it was either way, and what it is worth now. */
function evidenceCard(app, fact, event) {
  const { claim, date, status, watch_until: until } = app.story.facts[fact];
  const isWatched = status === "pending";
  const worth = () => app.worth(fact, event);
  const most = () => app.worth(fact, event, "ceiling");
  const width = (x) => share(clamp(Math.abs(x ?? 0) / 15, 0, 1));
  const suppose = (now) =>
    app.settings.override(`evidence.${fact}.status`, now === "pending" ? undefined : now);
  const control = isWatched
    ? choice("Suppose it is", Object.entries(SEEN), () => app.status(fact), suppose)
    : h("input", {
        type: "checkbox",
        checked: () => app.counts(fact),
        onchange: ({ target }) => app.switchFact(fact, target.checked),
      });
  const watch = until ? `watch until ${day(until)}` : "an indicator to watch";
  const ceiling = {
    "style.width": () => width(most()),
    "style.display": () => (most() === null ? "none" : ""),
  };
  const bar = {
    "style.width": () => width(worth()),
    class: () => `fc-push ${(worth() ?? 0) >= 0 ? "fc-up" : "fc-down"}`,
  };
  let inside = null; // built when it is first opened
  keep(() => inside?.update());
  const open = ({ target }) => {
    if (inside || !target.open) return;
    inside = part(() => cardBody(app, fact, event));
    target.append(inside.el);
    inside.update();
    app.later();
  };
  return h(
    "article.fc-card",
    {
      "data-fact": fact,
      "aria-label": claim,
      "data-off": () => !isWatched && !app.counts(fact),
    },
    h("label.fc-on", { title: isWatched ? null : "does this fact count?" }, [
      control,
      !isWatched && h("span.fc-hidden", "counts"),
    ]),
    h("details", { ontoggle: open }, [
      h("summary", [
        h("span.fc-claim", claim),
        h("span.fc-date", isWatched ? watch : day(date)),
        h("span.fc-meter", { "aria-hidden": "true" }, h("i.fc-ceiling", ceiling), h("i", bar)),
        h("span.fc-p", () => (worth() === null ? (isWatched ? "" : "off") : decibans(worth()))),
      ]),
    ]),
  );
}

/** Everything that can be moved about an event. */
export function panel(app, event) {
  const { story, inputs } = app;
  const { why, role, table } = story.events[event];
  const isDriver = role === "driver";
  const rows = table
    ? [...inputs.keys()].filter((path) => path.startsWith(`events.${event}.table.`))
    : [];
  const base = `Base rate of ${story.title(event)}`;
  const drivers = story.parents(event);
  const own = story.factsOn(event);
  const far = new Map();
  for (const name of story.ancestors(event))
    for (const fact of story.factsOn(name))
      if (!own.includes(fact) && !far.has(fact)) far.set(fact, name);
  return [
    section(isDriver ? "This driver" : "Base rate", true, [
      isDriver && heldNow(app, event),
      slider(app, `events.${event}.base_rate`, base, story.askBaseRate(event)),
      rows.map((path) => slider(app, path)),
      story.classOf(event) && h("p.fc-note", story.classOf(event)),
      why && h("p.fc-why", why),
      h("div.fc-driverhead", whatIf(app, event)),
    ]),
    drivers.length > 0 &&
      section(`What moves it (${drivers.length})`, true, [
        drivers.map((driver) => driverBlock(app, driver, event)),
      ]),
    section(`Evidence (${own.length})`, true, [
      own.map((fact) => evidenceCard(app, fact, event)),
      !own.length && h("p.fc-note", "No fact is listed on it directly."),
    ]),
    far.size > 0 &&
      section(`Evidence on what moves it (${far.size})`, false, [
        [...far].map(([fact, name]) => evidenceCard(app, fact, name)),
      ]),
  ].filter(Boolean);
}
