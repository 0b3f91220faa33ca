/** Questions of past cases come in (practice.py); answers, and after each ten how good, go out. */

import { button, h } from "../../explorer/js/view/elements.js";
import { ask, download } from "../../explorer/js/view/handin.js";
import { percent } from "../../explorer/js/view/numbers.js";
import { memory, soft } from "./room.js";

const SURE = 0.9; // what an interval claims

/** Read the ends of an interval. */
function ends(texts) {
  const number = (text) => Number(text.trim().replace(",", ".").replace("%", "") || NaN);
  const [low, high] = texts.map(number);
  return low >= 0 && high <= 100 && low < high
    ? { value: [low / 100, high / 100] }
    : { wrong: "Write two numbers from 0 to 100, the lower first." };
}

/** What was claimed of an answer, and whether it held: of a yes or no, the side that was chosen. */
export function judged({ share, over }, said) {
  if (over === null) return { claim: SURE, hit: said[0] <= share && share <= said[1] };
  const isSo = share > over;
  return { claim: Math.max(said, 1 - said), hit: said === 0.5 ? isSo : said > 0.5 === isSo };
}

/** Say how often claims held, how often they should have, and what so few answers can tell. */
export function verdict(found, rates) {
  const hits = found.filter(({ hit }) => hit).length;
  const due = found.reduce((sum, { claim }) => sum + claim, 0) / found.length;
  const [low, high] = rates[found.length][hits];
  const so =
    due > high
      ? "Even so you were surer than right."
      : due < low
        ? "Even so you were less sure than right."
        : "They cannot tell you from somebody who is as right as sure.";
  return [
    `${hits} of ${found.length} came out as you said; you claimed ${percent(due)}.`,
    `So few answers leave the rate behind it anywhere from ${percent(low)} to ${percent(high)}.`,
    so,
  ].join(" ");
}

/** Write answers as a table for a ledger: an interval is the claim, at 90%, that it holds. */
export function table(seed, asked, answers, today) {
  const cell = (text) => `"${String(text).replaceAll('"', '""')}"`;
  const rows = answers.map((said, i) => {
    const one = asked[i];
    const isInterval = one.over === null;
    const came = isInterval ? judged(one, said).hit : one.share > one.over;
    const title = isInterval ? `My 90% interval holds the answer: ${one.text}` : one.text;
    const p = isInterval ? SURE : said;
    const about = [title, one.table, isInterval ? "practice;intervals" : "practice;yes or no"];
    return [`practice/${seed}/${i + 1}`, "me", today, p, came ? "yes" : "no", today, ...about];
  });
  const head = ["question", "forecaster", "time", "probability", "outcome", "resolve_by"];
  const all = [[...head, "title", "cluster", "tags"], ...rows];
  return `${all.map((row) => row.map(cell).join(",")).join("\n")}\n`;
}

export function start(root, { seed, blocks, rates }) {
  const kept = memory(`practice ${seed}`);
  const asked = blocks.flat();
  let answers = kept.read() ?? [];
  let shown = 0; // blocks of which the feedback was read

  const take = (said) => {
    answers = [...answers, said];
    kept.write(answers);
    draw();
  };
  const save = () => {
    const today = new Date().toISOString().slice(0, 10);
    download(table(seed, asked, answers, today), `practice-${seed}.csv`, "text/csv");
  };

  const feedback = (n) => {
    const size = blocks[0].length;
    const found = (from, to) =>
      asked.slice(from, to).map((one, i) => judged(one, answers[from + i]));
    const [from, to] = [(n - 1) * size, n * size];
    const told = (one, i) => {
      const said = answers[from + i];
      const yours = one.over === null ? said.map(percent).join(" to ") : `${percent(said)} for yes`;
      const { hit } = judged(one, said);
      return h("li", { "data-most": !hit }, [
        h("div", one.text),
        h("div.soft", [
          h("span.you", `you ${yours}`),
          ` · it was ${percent(one.share)} ${hit ? "✓" : "✗"}`,
        ]),
        soft(one.source),
      ]);
    };
    return [
      h("h2", `After ${to} answers`),
      h("p", verdict(found(from, to), rates)),
      n > 1 && h("p", `All so far: ${verdict(found(0, to), rates)}`),
      h("ol.steps", asked.slice(from, to).map(told)),
      h("div.row", [
        n < blocks.length && button("go", { onclick: () => draw((shown = n)) }, "Ten more"),
        button("go", { onclick: save }, "Save my answers"),
      ]),
      soft("What is saved goes into a ledger of your own: forecasting ledger import, then score."),
    ];
  };

  const question = (i) => {
    const { text, over } = asked[i];
    const form =
      over === null
        ? ask("You are 90% sure that it lies", "Next", take, { fields: ["from", "to"], read: ends })
        : ask(`How likely is it that more than ${Math.round(100 * over)}% were?`, "Next", (n) =>
            take(n / 100),
          );
    return [h("h2", `Question ${i + 1} of ${asked.length}`), h("p.claim", text), form];
  };

  function draw() {
    const size = blocks[0].length;
    const done = Math.floor(answers.length / size);
    const isDue = answers.length % size === 0 && done > shown;
    const part = isDue ? feedback(done) : question(answers.length);
    root.replaceChildren(h("header", h("h1", `Calibration practice ${seed}`)), h("section", part));
    const head = root.querySelector("h2");
    head.tabIndex = -1;
    if (answers.length) (root.querySelector("input") ?? head).focus();
  }
  draw();
}
