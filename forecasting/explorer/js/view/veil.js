/** A number that a person commits to comes in; the forecast, and what parts the two, go out. */

import { sigmoid } from "../engine/judgement.js";
import { headline, waterfall } from "./answer.js";
import { button, choice, h } from "./elements.js";
import { MOST_NAMED, ask, download, handIn, newMark, picks } from "./handin.js";
import { percent } from "./numbers.js";

const AGREE = 0.005; // probabilities within half a point are one
const FAR = 12; // log-odds, beyond what a base rate is looked for
const HALVINGS = 40;

const claim = (app, fact) => app.story.facts[fact].claim.replace(/\.$/, "");

/** The answer to an event, below what was committed for it; or the question alone. */
export function answers(app, event) {
  if (app.veiled) return [veil(app, event)];
  const isCommitted = app.committed?.event === app.askedOf(event);
  return [...(isCommitted ? [gap(app)] : []), headline(app, event), waterfall(app, event)];
}

/** Take a number that was committed, and show the forecast. */
export function commit(app, committed) {
  Object.assign(app, { committed, veiled: false });
  app.host?.send("committed", committed);
  app.rebuild();
}

/** What is asked before anything is shown: the question, what is known, and a number. */
function veil(app, event) {
  const { story, compiled } = app;
  const { question, criterion } = story.events[event];
  const asked = app.askedOf(event);
  const outcomes = story.order.filter((name) => story.events[name].role === "outcome");
  const facts = Object.entries(story.facts).filter(([fact]) => app.counts(fact));
  const items = [["base rate", "The base rate"], ...facts.map(([id, one]) => [id, one.claim])];
  const named = picks(items.map(([, title]) => title), (box, title) =>
    h("label.fc-pick", [box, " ", title]),
  );
  const send = (number) => {
    const drivers = named.chosen().map((i) => items[i][0]);
    const of = { ...compiled, event: asked, by: compiled.resolve_by };
    commit(app, { ...handIn(of, { id: newMark(), first: number }), number, drivers });
  };
  const more = h("details", [
    h("summary", `What is known; tick what weighs most for you, up to ${MOST_NAMED}`),
    named.els,
  ]);
  const questions = outcomes.map((name) => [name, story.title(name)]);
  const select = (name) => app.select(name);
  const amount = "It is an amount: nothing of it can be said as a number of a hundred.";
  return h("div.fc-veil", [
    outcomes.length > 1 && choice("Question", questions, () => app.selected, select),
    h("h2", story.title(asked ?? event)),
    question && h("p.fc-question", question),
    criterion && h("p", `How it will be settled: ${criterion}`),
    h("p", asked ? "The forecast is shown when you have said yours." : amount),
    asked && ask("Of 100 such cases, in how many is it so?", "Commit", send, { more }),
  ]);
}

/** The number that was committed beside the forecast, and which judgement explains the gap. */
function gap(app) {
  const { event, number, drivers } = app.committed;
  const mine = number / 100;
  const why = () => app.once(`gap ${event}`, () => explained(app, event, mine));
  const named = drivers.filter((one) => app.story.facts[one]).map((fact) => {
    const worth = () => app.weightTold(app.worth(fact, app.selected) ?? 0);
    return h("li", () => `You named “${claim(app, fact)}”: here ${worth()}.`);
  });
  const file = `${app.compiled.case}-committed.json`;
  const keep = () => download(JSON.stringify(app.committed, null, 1), file);
  return h("div.fc-gap", [
    h("p", () => `You committed ${number}% for “${app.story.title(event)}”. ${why()}`),
    h("ul", named),
    button("fc-quiet", { onclick: keep }, "Save what you committed"),
  ]);
}

/** Say what parts a number from the forecast: a fact that is left out, or a base rate. */
function explained(app, event, mine) {
  const { engine, settings, story } = app;
  const solved = (overrides) =>
    engine.solve({ ...settings.now, overrides: { ...settings.now.overrides, ...overrides } });
  const p = app.answer.posterior[event];
  if (Math.abs(p - mine) < AGREE) return "So does the case.";
  const far = (100 * Math.abs(p - mine)).toFixed(0);
  const told = [`You are ${far} points ${mine > p ? "above" : "below"} its ${percent(p)}.`];
  const without = Object.keys(story.facts)
    .filter((fact) => app.counts(fact))
    .map((fact) => {
      const out = { [`evidence.${fact}.status`]: "pending", [`evidence.${fact}.reports`]: [] };
      if (!story.facts[fact].reports.length) delete out[`evidence.${fact}.reports`];
      return { fact, p: solved(out).posterior[event] };
    });
  const off = (one) => Math.abs(one.p - mine);
  const best = without.reduce((one, other) => (off(other) < off(one) ? other : one), { p });
  if (Math.abs(p - mine) - off(best) >= AGREE)
    told.push(
      `Of the facts “${claim(app, best.fact)}” explains most: without it, ${percent(best.p)}.`,
    );
  const path = `events.${event}.base_rate`;
  if (app.inputs.has(path)) {
    let [low, high] = [-FAR, FAR];
    for (let i = 0; i < HALVINGS; i += 1) {
      const middle = (low + high) / 2;
      if (solved({ [path]: sigmoid(middle) }).posterior[event] < mine) low = middle;
      else high = middle;
    }
    const [now, due] = [app.judged(path).median, low].map((x) => percent(sigmoid(x)));
    told.push(`All else as it is, your number needs a base rate of ${due} in place of ${now}.`);
  }
  return told.join(" ");
}
