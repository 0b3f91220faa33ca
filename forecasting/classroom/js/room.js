/**
 * What a class is asked comes in (room.py); six steps of a page, and what is handed in, go out.
 *
 * A step is shown when the one before is done, and what was said there stays as it was said. What
 * the case answers is shown when the second guess is committed.
 */

import { DECIBANS, logit, sigmoid } from "../../explorer/js/engine/judgement.js";
import { copyText } from "../../explorer/js/view/link.js";
import { asOdds, percent } from "../../explorer/js/view/numbers.js";
import { button, h, share, tried } from "../../explorer/js/view/elements.js";
import { shown } from "../../explorer/js/view/frequencies.js";
import { MOST_NAMED, ask, download, handIn, newMark, picks } from "../../explorer/js/view/handin.js";

const AGREE = 0.5; // points of a hundred within which two forecasts are one
const ALIKE = 0.5; // decibans within which two weights are one

const BASE_TOLD = "The base rate";
const TOGETHER = "Putting it all together";

const weight = (after, before) => DECIBANS * (logit(after) - logit(before));
const chance = (n) => n / 100;

/** What is kept on this device, where the browser lets a page keep something. */
export const memory = (name) => ({
  read: () => tried(() => JSON.parse(localStorage.getItem(name))),
  write: (value) => tried(() => localStorage.setItem(name, JSON.stringify(value))),
});

const nothing = () => ({
  ...{ id: newMark(), first: 0, base: 0, cards: [], second: 0, drivers: [], name: "" },
  ...{ turned: 0, talked: false, opened: false },
});

/** Why a second guess differs from the case, by steps in decibans, and where own cards led. */
export function reasons(room, said) {
  const { prior, posterior, cards } = room;
  const rows = [
    { what: BASE_TOLD, you: 0, own: 0, gap: weight(prior, chance(said.base)) },
    ...cards.map(({ title, alone }, i) => {
      const [you, own] = [weight(chance(said.cards[i]), prior), weight(alone, prior)];
      return { what: title, you, own, gap: own - you };
    }),
  ];
  const sum = (name) => rows.reduce((all, row) => all + row[name], 0);
  const you = weight(chance(said.second), chance(said.base)) - sum("you");
  const own = weight(posterior, prior) - sum("own");
  rows.push({ what: TOGETHER, you, own, gap: own - you });
  const total = weight(posterior, chance(said.second));
  const most = rows.reduce((one, row) => (Math.abs(row.gap) > Math.abs(one.gap) ? row : one));
  const led = sigmoid(logit(chance(said.second)) - you / DECIBANS);
  return { rows, most, against: most.gap * total < 0, led };
}

export const soft = (...words) => h("p.soft", words);
const yours = (n) => h("span.you", `${n} of 100`);
const more = (title, text) => text && h("details", h("summary", title), h("p", text));

/** Say how a prediction of a card compares with what the case makes of it. */
function compared(you, own) {
  if (Math.abs(you - own) < ALIKE) return "About the same.";
  if (you * own < 0) return "You went the other way.";
  return Math.abs(you) > Math.abs(own) ? "You gave it more weight." : "You gave it less weight.";
}

/** Show the page of a class in an element. */
export function start(root, room) {
  const items = room.cards.map(({ item }) => item);
  const kept = memory(`class ${room.digest} ${room.event} ${room.as_of} ${room.by}`);
  let said = { ...nothing(), ...kept.read() };

  const take = (change) => {
    said = { ...said, ...change };
    kept.write(said);
    draw(true);
  };
  const done = (n) => soft("You said ", yours(n), ".");

  // Of a state or a cut, the words of the case ask something else: each screen says what is asked.
  const so = (is) => (room.whole ? `${is} it so: ${room.asked}?` : `${is} the answer yes?`);
  const start = percent(room.prior);
  const yes = `Of 100 such cases, in how many ${so("is")}`;
  const kind = `Of 100 cases of this kind, in how many ${so("was")}`;

  // What follows is turned up by whoever has looked: a teacher can hold the class at a result.
  const turned = () => Math.max(said.turned, said.cards.length);
  const turn = (n) => {
    const words = n < items.length ? (n ? "Next card" : "First card") : "To the talk";
    return turned() <= n && button("go", { onclick: () => take({ turned: n + 1 }) }, words);
  };

  /** A step that asks, or tells what came of it. */
  const step = (title, isDone, told, asked) => [h("h2", title), ...(isDone ? told() : asked())];

  const first = () =>
    step("1 Your first guess", said.first, () => [done(said.first)], () => [
      h("p", "What do you think now, before any count and any card?"),
      ask(yes, "That is my guess", (first) => take({ first })),
    ]);

  const base = () => {
    const isCounted = Boolean(room.counted);
    const estimate = isCounted ? "" : `, an estimate: ${room.estimate}`;
    const told = () => [
      done(said.base),
      h("h3", isCounted ? "What was counted" : "What the case starts from"),
      isCounted && h("p", `${room.counted}.`),
      h("p", "The case starts from ", h("b.case", start), `${estimate}. ${room.apart}`),
      room.why && soft(room.why),
      turn(0),
    ];
    return step("2 The base rate", said.base, told, () => [
      h("p", "Forget for a moment what is special about this case."),
      ask(kind, isCounted ? "See the count" : "See the estimate", (base) => take({ base })),
    ]);
  };

  const card = (one, i) => {
    const answer = said.cards[i];
    const [you, own] = [answer && chance(answer), one.alone].map((p) => weight(p, room.prior));
    const alone = `Start from ${start}. If this card were all you knew, in how many of 100 ${so("is")}`;
    const known = [one.told, one.day].filter(Boolean).join(", ");
    const head = [h("p.claim", one.title), soft(known)];
    const told = () => [
      ...head,
      h("h3", "What it does"),
      one.cases && h("div.fc", shown(one.cases)),
      h("p", [
        one.cases && "That is if it were certain. ",
        `As it is known, from ${start}: you said `,
        yours(answer),
        ...[", the case ", h("b.case", percent(one.alone)), `. ${compared(you, own)}`],
      ]),
      one.why && soft(one.why),
      turn(i + 1),
    ];
    return step(`3 Card ${i + 1} of ${items.length}`, answer, told, () => [
      ...head,
      ask(alone, "See what it does", (n) => take({ cards: [...said.cards, n] })),
    ]);
  };

  const talk = () => {
    const gaps = room.cards.map(({ alone }, i) =>
      Math.abs(weight(chance(said.cards[i]), alone)),
    );
    const furthest = room.cards[gaps.indexOf(Math.max(...gaps))];
    const sources = room.cards.flatMap((one) => one.sources);
    const shared = [...new Set(sources.filter((one, i) => sources.indexOf(one) !== i))];
    return [
      h("h2", "4 Talk with your neighbours"),
      h("ol", [
        h("li", "Which card moved you most, and why?"),
        h("li", `You and the case differ most on “${furthest.title}”. What did you see in it?`),
        shared.length
          ? h("li", `${shared.join(" and ")}: more than one card. How much is the second worth?`)
          : h("li", "Do two of the cards say the same thing? How much is the second worth?"),
        h("li", "What is on no card, and should be?"),
      ]),
      !said.talked && button("go", { onclick: () => take({ talked: true }) }, "We have talked"),
    ];
  };

  const second = () => {
    if (said.second)
      return [h("h2", "5 Your second guess"), done(said.second), ...handing()];
    const name = h("input.wide", { type: "text", autocomplete: "name" });
    const named = picks([BASE_TOLD, ...room.cards.map((one) => one.title)], (box, title) =>
      h("label.pick", [box, h("span", title)]),
    );
    const commit = (second) => {
      const drivers = named.chosen().map((i) => i - 1);
      take({ second, drivers, name: name.value.trim() });
    };
    return [
      h("h2", "5 Your second guess"),
      h("p", ["Your first guess was ", yours(said.first), ". All cards together, and by yourself again:"]),
      h("fieldset", [
        h("legend", `What weighs most for you? Up to ${MOST_NAMED}, if you like.`),
        named.els,
      ]),
      room.names && h("label", ["Your name, if you like", name]),
      ask(yes, "Commit", commit),
    ];
  };

  const handing = () => {
    const file = handIn(room, said);
    const save = () => download(JSON.stringify(file, null, 1), `${room.case}-${said.id}.json`);
    const field = h("input.wide.line", {
      ...{ type: "text", readonly: true, value: file.line, "aria-label": "Line to hand in" },
      onfocus: ({ target }) => target.select(),
    });
    const told = h("span.soft", { role: "status" });
    const copy = async () => {
      field.select();
      told.textContent = (await copyText(file.line)) ? "Copied." : "Copy it by hand: it is marked.";
    };
    return [
      h("p", "Committed. Hand in the file or the line, whichever your teacher asks for:"),
      h("p", ["Your mark is ", h("b", said.id), ". By it you find yourself in the picture."]),
      h("div.row", [
        button("go", { onclick: save }, "Save the file"),
        button("go", { onclick: copy }, "Copy the line"),
        told,
      ]),
      field,
      !said.opened && soft("Wait until everybody has handed in."),
      !said.opened && button("go", { onclick: () => take({ opened: true }) }, "Show the forecast"),
    ];
  };

  const reveal = () => {
    const { rows, most, against, led } = reasons(room, said);
    const apart = 100 * (chance(said.second) - room.posterior);
    const side = apart > 0 ? "above" : "below";
    const points = Math.abs(apart).toFixed(0);
    const gap =
      Math.abs(apart) < AGREE
        ? "You and the case agree."
        : `You are ${points} point${points === "1" ? "" : "s"} ${side} the case.`;
    return [
      h("h2", "6 The forecast of the case"),
      room.whole && soft(room.question),
      h("p", [h("span.big.case", percent(room.posterior)), ` ${room.word}`]),
      soft(
        `90% band ${percent(room.low)} to ${percent(room.high)}: how far it would move if its `,
        "uncertain numbers were known. It is a judgement too, and not the truth.",
      ),
      h("p", ["You: first ", yours(said.first), ", then ", yours(said.second), ". ", h("b", gap)]),
      Math.abs(apart) >= AGREE && h("p", because(most), against && " It pulls against the rest."),
      ladder(rows, most),
      soft(
        "What you did beyond the cards: your base rate and your cards, one after the other, lead ",
        `to ${percent(led)}, and you committed ${said.second}%. The case has such a last step `,
        "too: cards may share a source or say the same, and some of what it holds is on no card.",
      ),
    ];
  };

  const because = ({ what, you, own }) => {
    const told = `you ${asOdds(you)}, the case ${asOdds(own)} in the odds`;
    const rates = `you started from ${said.base}%, the case from ${percent(room.prior)}`;
    if (what === BASE_TOLD) return `The largest difference is the base rate: ${rates}.`;
    if (what === TOGETHER) return `The largest difference is how you put it all together: ${told}.`;
    return `The largest difference is “${what}”: ${told}.`;
  };

  /** The way from base rate to forecast, yours and that of the case, on one axis of log-odds. */
  const ladder = (rows, most) => {
    let [you, own] = [logit(chance(said.base)), logit(room.prior)];
    const steps = rows.map((row, i) => {
      const from = [you, own];
      you += row.you / DECIBANS;
      own += row.own / DECIBANS;
      return { row, i, from, to: [you, own] };
    });
    const all = steps.flatMap(({ from, to }) => [...from, ...to]);
    const [low, high] = [Math.min(...all) - 0.1, Math.max(...all) + 0.1];
    const at = (x) => share((x - low) / (high - low));
    const track = (from, to, who) =>
      h("div.track", { "aria-hidden": "true" }, [
        h(`i.of-${who}`, {
          "style.left": at(Math.min(from, to)),
          "style.width": share(Math.abs(to - from) / (high - low)),
        }),
      ]);
    const way = (i, step, to) => `${i ? `${asOdds(step)}, to ` : ""}${percent(sigmoid(to))}`;
    const line = ({ row, i, from, to }) =>
      h("li", { "data-most": row === most }, [
        h("div", row.what),
        h("div.soft", [
          ...[h("span.you", `you ${way(i, row.you, to[0])}`), " · "],
          h("span.case", `the case ${way(i, row.own, to[1])}`),
        ]),
        track(from[0], to[0], "you"),
        track(from[1], to[1], "case"),
      ]);
    return h("ol.steps", { "aria-label": "From the base rate to the forecast" }, steps.map(line));
  };

  /** All steps so far. */
  const steps = () => {
    const so = [first];
    if (said.first) so.push(base);
    if (said.base) {
      const seen = Math.min(turned(), items.length);
      so.push(...room.cards.slice(0, seen).map((one, i) => () => card(one, i)));
    }
    if (said.talked || turned() > items.length) so.push(talk);
    if (said.talked) so.push(second);
    if (said.second && said.opened) so.push(reveal);
    return so;
  };

  let sure = false;
  const again = button("quiet", { onclick: () => {
    again.textContent = sure ? "Start again" : "Forget all that was said here? Press once more";
    if (sure) take(nothing());
    sure = !sure;
  } }, "Start again");

  function draw(moved) {
    const parts = steps().map((step) => h("section", step()));
    root.replaceChildren(
      h("header", [
        h("p.soft", room.days),
        h("h1", room.question),
        room.whole && soft(`One part of the question: ${room.whole}`),
        more("How it will be settled", room.criterion),
        more("What it is about", room.about),
      ]),
      ...parts,
      h("section", again),
    );
    if (!moved) return;
    const now = parts.at(-1).querySelector("section > h3") ?? parts.at(-1).querySelector("h2");
    now.tabIndex = -1;
    now.focus({ preventScroll: true });
    now.scrollIntoView({ block: "start" });
  }
  draw(false);
}
