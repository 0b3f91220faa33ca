/** An answer of the engine comes in; the list of questions and conditions, on the left, goes out. */

import { clamp, percent } from "./numbers.js";
import { button, h, keep, mark, section, share } from "./elements.js";
import { drags } from "./graph.js";
import { pictured, spoken } from "./states.js";

/** Prior tick, posterior dot, 90% band and the case's own answer, on a line from 0 to 1. */
export function strip(app, event) {
  const { prior, p, own, low, high } = app.about(event);
  return h("span.fc-strip", { "aria-hidden": "true" }, [
    h("i.fc-band", {
      "style.left": () => app.band && share(low()),
      "style.width": () => app.band && share(high() - low()),
    }),
    h("i.fc-prior", { "style.left": () => share(prior()) }),
    h("i.fc-ghost", {
      "style.left": () => share(own()),
      "style.opacity": () => (Math.abs(own() - p()) > 0.0005 ? "1" : "0"),
    }),
    h("i.fc-dot", { "style.left": () => share(p()) }),
  ]);
}

/** A row of the list: the event once, and a picture of all it can come to. */
function eventRow(app, event) {
  const { title, question, given } = app.story.events[event];
  const { prior, p, shown, word } = app.about(event);
  const isSeveral = app.story.isSeveral(event);
  const chosen = () => app.selected === event;
  const told = () => {
    if (isSeveral) return spoken(app, event);
    const band = app.settled && app.bandTold(event, " to ");
    const words = `${title}: ${shown()}, ${word()}; prior ${percent(prior())}`;
    return band ? `${words}; ${band}` : words;
  };
  const known = {
    "data-event": event,
    ...(isSeveral ? {} : { "data-prior": prior, "data-posterior": p }),
    "aria-label": told,
    "aria-current": () => chosen() && "true",
    tabindex: () => (chosen() ? "0" : "-1"),
    onclick: () => app.select(event),
    ...drags(app, event),
  };
  const kind = `fc-row${isSeveral ? ".fc-several" : ""}${given ? ".fc-under" : ""}`;
  return button(kind, known, [
    h("span.fc-name", { title: question }, title),
    isSeveral
      ? pictured(app, event)
      : [strip(app, event), h("span.fc-p", shown), h("span.fc-word", word)],
  ]);
}

const MANY = 20; // outcomes from which on they are grouped, and looked for by words
const FEW = 2; // outcomes that make a group

/**
 * Group outcomes by what moves them: the cause of most of them first, then that of most of those
 * that are left. Each group is a cause and its outcomes; the last has none.
 *
 * @param {[string, string[]][]} outcomes each with what moves it directly
 */
export function clusters(outcomes) {
  const found = [];
  let left = outcomes;
  while (left.length) {
    const moved = new Map();
    for (const [name, causes] of left)
      for (const cause of new Set(causes)) moved.set(cause, [...(moved.get(cause) ?? []), name]);
    const [cause, names] = [...moved].reduce(
      (most, one) => (one[1].length > most[1].length ? one : most),
      [null, []],
    );
    if (names.length < FEW) break;
    found.push([cause, names]);
    left = left.filter(([name]) => !names.includes(name));
  }
  const place = ([, names]) => outcomes.findIndex(([name]) => name === names[0]);
  found.sort((one, other) => place(one) - place(other));
  return left.length ? [...found, [null, left.map(([name]) => name)]] : found;
}

const folded = new WeakMap(); // of each explorer, the groups that are closed: drafts come and go

/** A group of outcomes under a heading that folds it. */
function groupOf(app, cause, events, list) {
  const closed = folded.get(app) ?? folded.set(app, new Set()).get(app);
  const words = cause === null ? "Others" : app.story.title(cause);
  const title = cause === null ? null : `They hang on “${words}”`;
  const holds = () => events.includes(app.selected);
  const heading = h("summary", { title }, `${words} (${events.length})`);
  const ontoggle = () => {
    closed[el.open ? "delete" : "add"](cause);
    reach();
  };
  const el = h("details.fc-group", { open: !closed.has(cause), ontoggle }, [heading, list(events)]);
  // One place of the list is reached by Tab: the row that is chosen, or the heading that hides it.
  const reach = () => mark(heading, "tabindex", holds() && !el.open ? "0" : "-1");
  let last = null;
  keep(() => {
    if (app.selected !== last && holds()) el.open = true;
    last = app.selected;
    reach();
  });
  return el;
}

/** All outcomes in groups; what can happen only with another stands below it. */
function grouped(app, outcomes, list) {
  const { story } = app;
  const above = (event) => {
    const { given } = story.events[event];
    return given && outcomes.includes(story.eventOf(given)) ? story.eventOf(given) : null;
  };
  const top = (event) => (above(event) ? top(above(event)) : event);
  const roots = outcomes.filter((event) => !above(event));
  // What moves others is of its own group.
  const all = clusters(roots.map((event) => [event, [...story.parents(event), event]]));
  return all.map(([cause, names]) => {
    const events = outcomes.filter((event) => names.includes(top(event)));
    return groupOf(app, cause, events, list);
  });
}

/** Up and down move through rows and headings, Home and End to the ends; left and right fold. */
function step(event) {
  const { key, target, currentTarget } = event;
  const group = target.closest("details.fc-group");
  const heading = group?.querySelector("summary");
  const isFold = group && ["ArrowLeft", "ArrowRight"].includes(key);
  if (isFold && target === heading) group.open = key === "ArrowRight";
  if (isFold && key === "ArrowLeft") heading.focus();
  const all = [...currentTarget.querySelectorAll("button.fc-row, .fc-group > summary")];
  const rows = all.filter((row) => row.checkVisibility());
  const at = rows.indexOf(target);
  const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: rows.length - 1 }[key];
  if (at < 0 || (to === undefined && !isFold)) return;
  event.preventDefault();
  if (!isFold) rows[clamp(to, 0, rows.length - 1)].focus();
}

/** A field that leaves the rows which hold all its words, and the groups of those. */
function search(app, some) {
  const narrow = ({ target }) => {
    const words = target.value.toLowerCase().split(/\s+/).filter(Boolean);
    const left = app.el.querySelector(".fc-left");
    for (const event of some) {
      const { title, question } = app.story.events[event];
      const told = `${title} ${question ?? ""}`.toLowerCase();
      const row = left.querySelector(`[data-event="${CSS.escape(event)}"]`);
      row.hidden = !words.every((word) => told.includes(word));
    }
    for (const group of left.querySelectorAll(".fc-group")) {
      group.hidden = !group.querySelector(".fc-row:not([hidden])");
      group.fcOpen ??= group.open; // what is found is seen; then all is folded as before
      group.open = words.length ? true : group.fcOpen;
      if (!words.length) group.fcOpen = undefined;
    }
  };
  const words = { placeholder: "find a question", "aria-label": "Find a question" };
  return h("input.fc-search", { type: "search", ...words, oninput: narrow });
}

export function eventList(app) {
  const { events, order } = app.story;
  const isDriver = (event) => events[event].role === "driver";
  const list = (some) => h("div.fc-rows", [some.map((event) => eventRow(app, event))]);
  const [outcomes, drivers] = [order.filter((one) => !isDriver(one)), order.filter(isDriver)];
  const scale = [0, 25, 50, 75, 100].map((at) =>
    h("i", { "style.left": `${at}%` }, at === 100 ? "100%" : String(at)),
  );
  const below = section(`Conditions (${drivers.length})`, false, list(drivers));
  keep(() => (below.open ||= isDriver(app.selected)));
  const many = outcomes.length >= MANY;
  return h("nav", { "aria-label": "Questions and conditions", onkeydown: step }, [
    h("h3", `Questions (${outcomes.length})`),
    !outcomes.every((event) => app.story.isSeveral(event)) &&
      h("div.fc-row.fc-head", { "aria-hidden": "true" }, [
        h("span.fc-name", "| prior   ● forecast   ▬ 90%"),
        h("span.fc-scale", { "aria-hidden": "true" }, scale),
      ]),
    outcomes.some((event) => app.story.isSeveral(event)) &&
      h("p.fc-note.fc-key", "Thin bar, dashed line: before the evidence."),
    many && search(app, outcomes),
    many ? grouped(app, outcomes, list) : list(outcomes),
    drivers.length > 0 && below,
  ]);
}
