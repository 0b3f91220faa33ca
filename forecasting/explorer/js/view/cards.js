/**
 * What is to be made or changed comes in; the card in which it is written goes out.
 *
 * A kind of card (eventcard.js, factcard.js, linkcard.js, casecard.js) gives its parts and the entry
 * that their answers make, with what else is to be written before it and after it; here is what all
 * have in common: what is wrong beside each field, what it would move before it is added, and what
 * else goes when it is deleted.
 */

import { percent } from "./numbers.js";
import { button, h, isAtHand, part } from "./elements.js";
import { draft, keepDraft, retype } from "./drafts.js";
import { same } from "./settings.js";
import { conditionCard, questionCard } from "./eventcard.js";
import { factCard } from "./factcard.js";
import { checks, elementsOf, fieldsOf, fold, kept, text } from "./fields.js";
import { linkCard } from "./linkcard.js";
import { caseCard, scenarioCard, sourceCard, viewCard } from "./casecard.js";

const SINCE = "What you typed since then is not saved yet: it stands in its card.";

const TRY = 600; // ms of rest after which what a card would move is asked

// The section that a card changes, what it is called, and its fields.
const KINDS = {
  events: { section: "events", noun: "question", make: questionCard },
  condition: { section: "events", noun: "condition", make: conditionCard },
  evidence: { section: "evidence", noun: "fact", make: factCard },
  links: { section: "links", noun: "link", make: linkCard },
  sources: { section: "sources", noun: "source", make: sourceCard },
  scenarios: { section: "scenarios", noun: "scenario", make: scenarioCard },
  views: { section: "views", noun: "view", make: viewCard },
  case: { section: "case", noun: "case", make: caseCard },
};

// Sections whose entries have a name in the file by which others refer to them.
const NAMED = ["events", "evidence", "sources", "scenarios", "views"];

export const nounOf = (kind) => KINDS[kind]?.noun ?? kind;

/** Build the card of one thing: its element, and what brings it to the present. */
export function card(app, what) {
  const kind = KINDS[what.card];
  const isNew = what.name === null && what.card !== "case";
  const label = what.card === "case" ? "The case" : `${isNew ? "New " : ""}${kind.noun}`;
  const el = h("section.fc-form", { "aria-label": label });
  let [inner, isTouched] = [null, false];
  const place = app.cards.placeOf(what);
  const build = (now) => {
    const before = app.host && draft(place);
    const entry = before ? before.entry : now;
    inner = part(() => form(app, what, kind, entry));
    el.replaceChildren(...inner.el);
    inner.update();
    if (before) retype(el, before);
    isTouched = Boolean(before);
    const touch = () => {
      isTouched = true;
      if (app.host) keepDraft(place, el, entry);
    };
    for (const one of ["input", "change"]) el.addEventListener(one, touch);
  };
  const load = async () => {
    el.replaceChildren(h("p.fc-note", "…"), closing(app));
    const answer = await app.ask({ do: "read", section: kind.section, name: what.name ?? "" });
    if (answer.problems?.length) return el.replaceChildren(...unread(app, answer, load));
    const isWaiting = isAtHand(el);
    build(answer.entry);
    return isWaiting && el.querySelector("input, textarea, select")?.focus();
  };
  if (isNew) build(null);
  else load();
  const update = () => inner?.update();
  return { el, update, isTouched: () => isTouched, isStale: () => !isNew && !isTouched };
}

const closing = (app) => {
  const title = "What you typed is kept until you come back";
  return button("fc-quiet", { title, onclick: () => app.cards.close() }, "Close");
};

const unread = (app, { problems }, again) => [
  h("p.fc-help", { role: "alert" }, problems.map(({ words }) => words).join(" ")),
  button("fc-quiet", { onclick: again }, "Try again"),
  closing(app),
];

/** The name by which the file calls it: another is written wherever it is referred to. */
const naming = ({ name }, noun) =>
  text("name", `What the file calls this ${noun}`, {
    needed: "A name is due here.",
    note: "Letters from a to z, digits, _ and -. It is renamed everywhere at once.",
    own: name,
  });

// Sections whose entries say on which references they rest.
const RESTING = ["events", "links", "evidence", "sources"];

/** The references of the case on which an entry rests; nothing where the case has none. */
function resting({ story }, section, entry) {
  const known = Object.entries(story.references).map(([name, title]) => [name, title ?? name]);
  if (!known.length || !RESTING.includes(section)) return null;
  return checks("reference", "What it rests on", () => known, entry?.reference);
}

/** Edits that write an entry, anew or in place of what it was. */
const written = (section, name, isNew, words, entry) =>
  isNew ? { add: section, name: null, words, entry } : { replace: [section, name ?? ""], entry };

function form(app, what, { section, noun, make }, entry) {
  const isNew = entry === null;
  const made = make(app, what, entry);
  const rests = resting(app, section, entry);
  const called = !isNew && NAMED.includes(section) ? naming(what, noun) : null;
  const parts = [
    made.parts,
    rests && fold("References", false, rests),
    called && fold("Name in the file", false, called),
  ];
  const words = (said) => made.told?.() ?? said.title ?? said.claim;
  const changes = (said) => {
    const reference = rests?.touched() ? { reference: rests.read().form } : {};
    const before = made.before?.(said) ?? [];
    const own = kept({ ...made.entry(said), ...reference });
    const edit = written(section, what.name, isNew, words(said), own);
    return [...before, edit, ...(made.after?.(said, before.length + 1) ?? [])];
  };
  const renaming = ({ name: to }) =>
    called && to !== what.name ? [{ rename: [section, what.name], to }] : [];
  const wrong = h("p.fc-help", { role: "alert", hidden: true });
  const moves = h("p.fc-moves", { role: "status" });
  const barred = () => app.barred(section);
  let [timer, asked, busy, again, typings] = [0, "", false, false, 0];

  /** Tell what is wrong beside each field, the rest at the end; whether anything is. */
  const complain = (problems) => {
    const fields = fieldsOf(parts);
    fields.forEach((field) => field.complain(null));
    const rest = [];
    const told = new Map(); // by field, all that is wrong with it
    for (const { field: key, words } of problems) {
      const isIt = (one) => one.key === key || one.covers === key;
      const isPart = (one) => one.key.startsWith(`${key}.`);
      const field = key && (fields.find(isIt) ?? fields.find(isPart));
      if (field) told.set(field, [...(told.get(field) ?? []), words]);
      else rest.push(words);
    }
    told.forEach((words, field) => field.complain(words.join(" ")));
    wrong.hidden = !rest.length;
    wrong.textContent = rest.join(" ");
    if (problems.length) {
      const first = el.querySelector("[aria-invalid]") ?? send;
      for (let at = first.closest("details"); at; at = at.parentElement.closest("details"))
        at.open = true;
      if (isAtHand(el)) first.focus();
      const all = problems.map(({ words }) => words).join(" ");
      const told = `The ${noun} is not ${isNew ? "added" : "changed"}: ${all}`;
      if (!el.isConnected) app.inform(told);
    }
    return problems.length > 0;
  };

  /** Read all fields: by key, what they say, and what is to be asked back. */
  const read = () => {
    const [said, doubts] = [{}, []];
    for (const field of fieldsOf(parts)) {
      const { form: one, doubt } = field.read();
      if (doubt) doubts.push({ field: field.key, words: doubt });
      else said[field.key] = one;
    }
    return { said, doubts: [...doubts, ...(doubts.length ? [] : (made.doubts?.(said) ?? []))] };
  };

  /** Whether what was read into the card has been changed since, elsewhere on the page or in Python. */
  const changedMeanwhile = async () => {
    if (isNew) return null;
    const { entry: now, problems } = await app.ask({ do: "read", section, name: what.name ?? "" });
    if (problems?.length) return { problems };
    const words = `This ${noun} was changed since the card was opened. Discard the card and open it again.`;
    return same(now, entry) ? null : { problems: [{ field: "", words }] };
  };

  /** Save what is typed; give whether it is saved, and the card gone. */
  const saved = async () => {
    await made.ready?.(); // what Python has to say to what was typed
    if (!app.cards.has(what, el)) return true;
    if (complain(read().doubts)) return false;
    if (barred()) {
      complain([{ field: "", words: `This ${noun} cannot be kept now: ${barred()}.` }]);
      return false;
    }
    clearTimeout(timer);
    const { said } = read();
    const edits = [...changes(said), ...renaming(said)];
    const [{ selected }, before] = [app, typings];
    const told = isNew ? `Added: the ${noun} “${words(said).replace(/[.]$/, "")}”.` : "Changed.";
    const place = (made.before?.(said) ?? []).length; // of its own edit
    /** The card goes, unless something else was typed into it meanwhile: that is yet to be saved. */
    const done = async ({ problems = [], made: all = [] }) => {
      if (complain(problems)) return;
      const isOpen = Boolean(app.cards.open?.el.contains(el));
      const isAtIt = isOpen && app.selected === selected;
      const isMore = typings !== before && app.cards.has(what, el);
      if (!isMore) app.cards.discard(what, el);
      const [first] = all.filter(([one]) => one === "events");
      const isShown = section === "events" && selected === what.name; // it may have a new name
      if (first && ((isAtIt && what.card === "events") || isShown)) app.select(said.name ?? first[1]);
      if (isAtIt && isNew && section === "evidence") showMoved(app, edits);
      app.inform(isMore ? `${told} ${SINCE}` : told);
      if (!isMore) return;
      const name = called ? said.name : (all[place]?.[1] || what.name);
      const { entry: now = entry } = await app.ask({ do: "read", section, name: name ?? "" });
      app.cards.discard(what, el);
      keepDraft(app.cards.placeOf({ card: what.card, name }), el, now);
      if (isOpen) app.cards.show({ card: what.card, name });
    };
    const answer = (await changedMeanwhile()) ?? (await app.ask({ do: "edit", edits }));
    answer.later?.then((late) => busy || done(late));
    await done(answer);
    return !answer.problems?.length;
  };

  /** A press while the last is on its way is of what is typed by then, should that be refused. */
  const submit = async () => {
    again = busy;
    if (busy) return;
    busy = true;
    while (!(await saved()) && again) again = false;
    busy = false;
  };

  /** Ask what the card would move, once the hand rests and all of it can be read. */
  const preview = async () => {
    const { said, doubts } = read();
    if (doubts.length || barred() || app.compiled.empty || made.moves === false) {
      moves.textContent = "";
      return;
    }
    const edits = changes(said);
    const question = JSON.stringify([edits, app.settings.shape, app.settings.now]);
    if (question === asked) return;
    asked = question;
    moves.textContent = ""; // of what was typed before
    const answer = await app.ask({ do: "try", edits });
    if (question !== asked) return;
    if (answer.problems?.length) {
      asked = ""; // nobody answered: the next time it is asked anew
      return;
    }
    const told = answer.moves
      .map(({ title, before, after }) => [title, percent(before), percent(after)])
      .filter(([, before, after]) => before !== after)
      .map(([title, before, after]) => `“${title}” from ${before} to ${after}`);
    const hardly = answer.moves.length ? "It would hardly move a question." : "";
    moves.textContent = told.length
      ? `It would move ${told.join(", ")}.`
      : hardly || (isNew && section === "events" ? "" : "It would move no question.");
  };

  const typed = () => {
    app.cards.update();
    clearTimeout(timer);
    timer = setTimeout(preview, TRY);
  };
  const send = button(
    "fc-main",
    {
      "aria-disabled": () => (barred() ? "true" : null),
      title: () => barred() || null,
      onclick: submit,
    },
    isNew ? "Add" : "Save",
  );
  const el = h(
    "form",
    {
      novalidate: true,
      onsubmit: (event) => event.preventDefault(),
      oninput: () => {
        typings += 1;
        typed();
      },
      onchange: typed,
    },
    [
      h("h3", isNew ? `A new ${noun}` : (made.title ?? titled(noun, entry, what))),
      elementsOf(parts),
      wrong,
      h("div.fc-buttons", [
        send,
        closing(app),
        button(
          "fc-quiet",
          { title: "What you typed here is thrown away", onclick: () => app.cards.discard(what) },
          "Discard",
        ),
        !isNew && section !== "case" && removal(app, section, noun, what, complain),
      ]),
      moves, // below the buttons, which are not to move while the hand is on its way to them
      h(
        "p.fc-note",
        { hidden: () => !barred() },
        () => `Now nothing of it can be kept: ${barred()}.`,
      ),
    ],
  );
  // Enter in a line of text does what the button does; in a text of several lines it is a new line.
  el.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !["INPUT", "SELECT"].includes(event.target.tagName)) return;
    event.preventDefault();
    submit();
  });
  return [el];
}

/** The heading of a card: what it is of, and how the case calls that. */
const titled = (noun, { title }, { name }) =>
  `${noun[0].toUpperCase()}${noun.slice(1)}: ${title ?? name}`;

/** Explain an event that a new fact bears on, unless the one that is explained is among them. */
function showMoved(app, edits) {
  const { bears_on: on } = edits.at(-1).entry;
  const names = typeof on === "string" ? [on] : Object.keys(on);
  const isShown = names.some((name) => app.story.eventOf(name) === app.selected);
  if (!isShown) app.select(names[0]);
}

/** Delete it, once it is told what else goes. */
function removal(app, section, noun, what, complain) {
  const { name } = what;
  const place = h("span.fc-removal");
  const first = button("fc-quiet", { onclick: () => ask() }, `Delete this ${noun}…`);
  const show = (...els) => {
    place.replaceChildren(...els);
    els.at(-1).focus();
  };
  const ask = async () => {
    if (app.barred(section)) return complain([{ field: "", words: app.barred(section) }]);
    const { also = [], problems } = await app.ask({ do: "losses", section, name });
    if (problems?.length) return complain(problems);
    const words = also.length ? `With it go ${also.join(", ")}.` : "Nothing else goes with it.";
    const keepIt = button("fc-quiet", { onclick: () => show(first) }, "Keep it");
    return show(
      h("span", { role: "status" }, words, " "),
      button("fc-quiet", { onclick: go }, "Delete"),
      keepIt,
    );
  };
  const tell = ({ problems }) => {
    if (problems?.length) return complain(problems);
    app.cards.discard(what);
    return app.inform(`The ${noun} is deleted. Undo brings it back.`);
  };
  const go = () => app.hear({ do: "edit", edits: [{ delete: [section, name] }] }, tell);
  place.append(first);
  return place;
}
