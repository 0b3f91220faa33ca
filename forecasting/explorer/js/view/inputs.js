/** An event comes in; everything that can be moved about it, on the right, goes out. */

import { amount, clamp, day, percent } from "./numbers.js";
import { button, choice, h, keep, part, section, share } from "./elements.js";
import { handles } from "./handles.js";
import { Field, Slider } from "./sliders.js";
import { doubtAmount, parseAmount } from "./typed.js";

const ANSWERS = ["yes", "no"].map((name) => ({ name, label: name }));
const HOW = { given: "suppose we learn", do: "make it so" };
const OFF_HERE =
  "Off here; not part of the file, in which it counts. To take it out of the file, edit it and delete it.";
const ADD_FACT = " Add what was seen, and who says so, with “+ Fact”.";
const SEEN = { pending: "not seen", confirmed: "seen", absent: "absent" };

/** A slider for a number, if the case has it. */
function slider(app, path, label, asks) {
  if (!app.inputs.has(path)) return null;
  const one = new Slider(app, path, label ?? app.inputs.get(path).title, asks);
  app.sliders.push(one);
  keep(() => one.update());
  return one.el;
}

/** The paths of all numbers under a stem. */
const below = (app, stem) => [...app.inputs.keys()].filter((path) => path.startsWith(`${stem}.`));

/** What is held now of an event, or of some of its states and cuts. */
function heldNow(app, event) {
  const stem = `events.${event}.now`;
  const one = (path, words) =>
    slider(app, path, `Held now: ${words}`, "held now, apart from the facts");
  const each = below(app, stem).map((path) => {
    const key = path.slice(stem.length + 1);
    return slider(app, path, null, `held now of “${app.story.labelOf(event, key)}”`);
  });
  return [one(stem, app.story.title(event)), ...each];
}

/** Suppose an event were learned, or made so: yes or no, one of its states, or an amount. */
function whatIf(app, event) {
  const { title, quantity } = app.story.events[event];
  const { options, now, suppose, more } = (quantity ? whatAmount : whatAnswer)(app, event);
  const all = [["", "as forecast"], ...options];
  return h("span.fc-whatif", { "data-supposed": () => now() || null }, [
    h("label", "what if ", choice(`What if: ${title}`, all, now, suppose)),
    more,
  ]);
}

function whatAnswer({ story, settings }, event) {
  const { given: needs, states } = story.events[event];
  const answers = states ? story.statesOf(event) : ANSWERS;
  const now = () => {
    const { how, name, answer } = settings.supposed(event) ?? {};
    if (!how) return "";
    const held = states ? (answer === true ? name : "") : answer ? "yes" : "no";
    return `${how} ${held}`;
  };
  // What can happen only with another event can be made so only if that one is made so too.
  const barred = (how, answer) => () => {
    if (!needs || how !== "do") return false;
    const above = settings.supposed(story.eventOf(needs));
    if (above?.how !== "do") return true;
    return answer === "yes" && !story.holds(needs, above);
  };
  const options = Object.entries(HOW).flatMap(([how, words]) =>
    answers.map(({ name, label }) => [`${how} ${name}`, `${words}: ${label}`, barred(how, name)]),
  );
  const suppose = (value) => {
    const [how, name] = value.split(" ");
    if (states) settings.suppose(event, how, true, name);
    else settings.suppose(event, how, name === "yes");
  };
  return { options, now, suppose };
}

function whatAmount(app, event) {
  const { settings, story } = app;
  const { title, quantity } = story.events[event];
  const now = () => settings.supposed(event)?.how ?? "";
  const usual = () => {
    const { name, answer } = settings.supposed(event) ?? {};
    if (name === event) return Number(answer);
    const { levels, posterior } = app.amountOf(event);
    return Number(posterior[levels.indexOf(0.5)].toPrecision(3));
  };
  const scale = {
    show: (one) => amount(one, quantity.whole),
    parse: parseAmount,
    doubt: doubtAmount,
    help: "Write an amount, such as 1,200 or 0.5",
  };
  const commit = (value) => {
    const least = quantity.scale === "log" ? (quantity.whole ? 0 : Number.MIN_VALUE) : -Infinity;
    if (value < least) return "No such amount on this scale";
    settings.suppose(event, now(), value);
    return null;
  };
  const field = new Field(`What if: amount of ${title}`, scale, commit);
  keep(() => {
    field.show(usual());
    field.input.hidden = !now();
  });
  const suppose = (how) => settings.suppose(event, how, usual());
  return { options: Object.entries(HOW), now, suppose, more: [" ", field.input, field.help] };
}

/** An event that moves another, or without which it cannot happen. */
function driverBlock(app, driver, target) {
  const { story } = app;
  const title = story.title(driver);
  const links = story.linksBetween(driver, target);
  const given = story.events[target].given;
  const linked = (link) => {
    const verb = link.key === "odds" ? "multiplies" : link.key;
    const [from, to] = story.linkWords(link);
    const isPlain = link.from === driver && link.to === target && !story.isSeveral(target);
    const odds = `${verb} the odds`;
    const asks = isPlain
      ? `if true, ${odds}`
      : `if ${link.from === driver ? "true" : from}, ${odds} of ${to}`;
    const words = isPlain ? [title, story.title(target)] : [from, to];
    return [
      slider(app, link.path, `${words[0]} ${odds} of ${words[1]}`, asks),
      link.why && h("p.fc-why", link.why),
    ];
  };
  const needed = given === driver ? "it" : `“${given && story.title(given)}”`;
  const isNeeded = given && story.eventOf(given) === driver;
  return h("div.fc-driver", [
    h("div.fc-driverhead", [
      button("fc-link", { onclick: () => app.select(driver) }, title),
      h("span.fc-p", () => app.inShort(driver, true)),
      whatIf(app, driver),
    ]),
    isNeeded && h("p.fc-note", `Without ${needed}, this cannot happen.`),
    heldNow(app, driver),
    links.flatMap(linked),
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
    return p === undefined ? "" : `sound with probability ${percent(p)} in the light of all sources`;
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
  const { why, reports, bears_on: bearsOn } = story.facts[fact];
  const name = bearsOn.find((one) => story.eventOf(one) === event) ?? event;
  const see = "how likely was it that we would see this?";
  const asked = {
    if_yes: `If ${story.isSo(name)}: ${see}`,
    if_no: `If not: ${see}`,
    likelihood_ratio: "How many times likelier is this if it is so?",
    chance: "How common is this, all in all?",
  };
  const limit = () => {
    const [worth, most] = [app.worth(fact, event), app.worth(fact, event, "ceiling")];
    if (worth === null || most === null) return "";
    return `By itself it moves the odds ${app.weightTold(worth)}; at most ${app.weightTold(most)} were the report beyond doubt from a source as reliable as this.`;
  };
  const likely = (path) => {
    const key = path.slice(path.lastIndexOf(".") + 1);
    const label = story.labelOf(story.eventOf(bearsOn[0]), key);
    const answer = key === "otherwise" ? label : `“${label}”`;
    return slider(app, path, null, `If ${answer}: ${see}`);
  };
  const lines = reports.map((report, index) => reportLine(app, fact, report, index));
  const edit = () => app.cards.show({ card: "evidence", name: fact });
  return h("div.fc-cardbody", [
    Object.entries(asked).map(([key, words]) => slider(app, `evidence.${fact}.${key}`, words)),
    below(app, `evidence.${fact}.if`).map(likely),
    below(app, `evidence.${fact}.bears_on`).map((path) => slider(app, path)),
    lines.length > 0 && h("ul.fc-reports", lines),
    h("p.fc-note", limit),
    why && h("p.fc-why", why),
    app.desk?.can.includes("evidence") && button("fc-quiet", { onclick: edit }, "Edit this fact"),
  ]);
}

/** A fact: claim, date, who reported it, how likely it was either way, and what it is worth now. */
function evidenceCard(app, fact, event) {
  const { claim, date, status, reports, watch_until: until } = app.story.facts[fact];
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
  // A file has no word for a fact that somebody reports and that does not count.
  const isHereOnly = () => isOff() && reports.length > 0 && app.file?.kind === "case";
  let inside = null; // built when it is first opened
  keep(() => inside?.update());
  const open = ({ target }) => {
    if (inside || !target.open) return;
    inside = part(() => cardBody(app, fact, event));
    target.append(inside.el);
    inside.update();
    app.later();
  };
  const isOff = () => !isWatched && !app.counts(fact);
  return h("article.fc-card", { "data-fact": fact, "aria-label": claim, "data-off": isOff }, [
    h("label.fc-on", { title: isWatched ? null : "does this fact count?" }, [
      control,
      !isWatched && h("span.fc-hidden", "counts"),
    ]),
    h("details", { ontoggle: open }, [
      h("summary", [
        h("span.fc-claim", claim),
        h("span.fc-date", isWatched ? watch : day(date)),
        h("span.fc-meter", { "aria-hidden": "true" }, h("i.fc-ceiling", ceiling), h("i", bar)),
        h("span.fc-p", () =>
          worth() === null ? (isWatched ? "" : "off") : app.weightTold(worth()),
        ),
      ]),
    ]),
    h("p.fc-note", { hidden: () => !isHereOnly() }, OFF_HERE),
  ]);
}

/** Rows of a table by state, each with a heading that says where it counts. */
function tableRows(app, event) {
  const stem = `events.${event}.table.`;
  const rows = [...app.togethers.keys()].filter((path) => path.startsWith(stem));
  const row = (path) => {
    const words = path.slice(stem.length);
    return [
      words && h("h4", `Where ${app.story.rowWords(event, words)}`),
      handles(app, event, path),
    ];
  };
  return rows.flatMap(row);
}

/** Everything that can be moved about an event. */
export function panel(app, event) {
  const { story } = app;
  const { why, role, table } = story.events[event];
  const isDriver = role === "driver";
  const rows = table ? below(app, `events.${event}.table`) : [];
  const base = `Base rate of ${story.title(event)}`;
  const drivers = story.parents(event);
  const own = story.factsOn(event);
  const far = new Map();
  for (const name of story.ancestors(event))
    for (const fact of story.factsOn(name))
      if (!own.includes(fact) && !far.has(fact)) far.set(fact, name);
  return [
    section(isDriver ? "This condition" : "Base rate", true, [
      (isDriver || story.isSeveral(event)) && heldNow(app, event),
      story.isSeveral(event)
        ? h("p.fc-note", story.askBaseRate(event))
        : slider(app, `events.${event}.base_rate`, base, story.askBaseRate(event)),
      handles(app, event, `events.${event}.base_rate`),
      story.isSeveral(event) ? tableRows(app, event) : rows.map((path) => slider(app, path)),
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
      !own.length && h("p.fc-note", "No fact bears on it directly.", app.desk ? ADD_FACT : ""),
    ]),
    far.size > 0 &&
      section(`Evidence on what moves it (${far.size})`, false, [
        [...far].map(([fact, name]) => evidenceCard(app, fact, name)),
      ]),
  ].filter(Boolean);
}
