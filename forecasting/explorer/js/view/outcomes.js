/** An answer of the engine comes in; the list of outcomes and drivers, on the left, goes out. */

import { clamp, percent } from "./numbers.js";
import { button, h, keep, section, share } from "./elements.js";
import { drags } from "./graph.js";
import { severalRow } from "./states.js";

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

function eventRow(app, event) {
  if (app.story.isSeveral(event)) return severalRow(app, event, drags(app, event));
  const { title, question, given } = app.story.events[event];
  const { prior, p, shown, word } = app.about(event);
  const chosen = () => app.selected === event;
  const spoken = () => {
    const told = app.settled && app.bandTold(event, " to ");
    const words = `${title}: ${shown()}, ${word()}; prior ${percent(prior())}`;
    return told ? `${words}; ${told}` : words;
  };
  return button(
    given ? "fc-row.fc-under" : "fc-row",
    {
      "data-event": event,
      "data-prior": prior,
      "data-posterior": p,
      "aria-label": spoken,
      "aria-current": () => chosen() && "true",
      tabindex: () => (chosen() ? "0" : "-1"),
      onclick: () => app.select(event),
      ...drags(app, event),
    },
    h("span.fc-name", { title: question }, title),
    strip(app, event),
    h("span.fc-p", shown),
    h("span.fc-word", word),
  );
}

/** Up and down move through the list, Home and End to its ends. */
function step(event) {
  const all = [...event.currentTarget.querySelectorAll("button.fc-row")];
  const rows = all.filter((row) => row.offsetParent !== null);
  const at = rows.indexOf(event.target);
  const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: rows.length - 1 }[event.key];
  if (at < 0 || to === undefined) return;
  event.preventDefault();
  rows[clamp(to, 0, rows.length - 1)].focus();
}

const MANY = 20; // outcomes from which on they are looked for by words

export function eventList(app) {
  const { events, order } = app.story;
  const isDriver = (event) => events[event].role === "driver";
  const list = (some) =>
    h(
      "div.fc-rows",
      some.map((event) => eventRow(app, event)),
    );
  /** A field that leaves the rows which hold all its words. */
  const search = (some) => {
    const narrow = ({ target }) => {
      const words = target.value.toLowerCase().split(/\s+/).filter(Boolean);
      for (const event of some) {
        const { title, question } = app.story.events[event];
        const told = `${title} ${question ?? ""}`.toLowerCase();
        const row = app.el.querySelector(`.fc-left [data-event="${CSS.escape(event)}"]`);
        row.hidden = !words.every((word) => told.includes(word));
      }
    };
    const attributes = {
      type: "search",
      placeholder: "find an outcome",
      "aria-label": "Find an outcome",
    };
    return h("input.fc-search", { ...attributes, oninput: narrow });
  };
  const [outcomes, drivers] = [order.filter((one) => !isDriver(one)), order.filter(isDriver)];
  const scale = [0, 25, 50, 75, 100].map((at) =>
    h("i", { "style.left": `${at}%` }, at === 100 ? "100%" : String(at)),
  );
  const below = section(
    `${app.desk ? "Conditions" : "Drivers"} (${drivers.length})`,
    false,
    list(drivers),
  );
  keep(() => (below.open ||= isDriver(app.selected)));
  const many = outcomes.length >= MANY;
  return h("nav", { "aria-label": "Outcomes and drivers", onkeydown: step }, [
    h("h3", `${app.desk ? "Questions" : "Outcomes"} (${outcomes.length})`),
    !outcomes.every((event) => app.story.isSeveral(event)) &&
      h("div.fc-row.fc-head", { "aria-hidden": "true" }, [
        h("span.fc-name", "| prior   ● forecast   ▬ 90%"),
        h("span.fc-scale", { "aria-hidden": "true" }, scale),
      ]),
    outcomes.some((event) => app.story.isSeveral(event)) &&
      h("p.fc-note.fc-key", "Thin bar, dashed line: before the evidence."),
    many && search(outcomes),
    list(outcomes),
    drivers.length > 0 && below,
  ]);
}
