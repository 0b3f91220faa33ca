/** A question or a condition, new or as its file has it, comes in; the parts of its card go out. */

import { h } from "./elements.js";
import { choose, date, number, pick, share, text } from "./fields.js";
import { fold, group, kept, titleIn, untouched } from "./fields.js";
import { pairFields, starts } from "./linkcard.js";
import { rates } from "./ratecard.js";
import { amountField, byAnswer, cutsOfStates, settling } from "./several.js";
import { statesField, tableField } from "./several.js";
import { middleShare } from "./typed.js";

const LABEL = 42; // characters that tables, sliders and the graph show whole
const OFFER = 250; // ms of rest after which a label is asked for

// What makes an answer yes, or what is answered instead; and of what one thinks a hundred.
const SORTS = {
  occurs: "it happens at least once by the date",
  lasts: "it stays so until the date",
  state: "it is so on the date",
  which: "which of these: one of several answers",
  step: "how far: one of several steps, low to high",
  amount: "how much: a number",
};
const SUCH = { occurs: "years", lasts: "years" };
const ASKED = { occurs: "does it happen", lasts: "does it stay so all along", state: "is it so" };
const isYesNo = (sort) => sort in ASKED;

// What is asked of several answers: on the date, as it is unless said otherwise, or by the date.
const ASKS = {
  which: [
    ["state", "which one holds on the date"],
    ["first", "which one comes about first by the date"],
  ],
  step: [
    ["state", "how far it is on the date"],
    ["occurs", "how far it gets at most by the date"],
  ],
};

const sortOf = (entry) => {
  if (!entry) return null;
  if (entry.quantity) return "amount";
  if (entry.states) return String(entry.ordered).match(/^(yes|true)$/i) ? "step" : "which";
  return entry.kind ?? "occurs";
};

/**
 * The label that Python offers for a question follows it, until somebody writes another; the
 * function that is given waits for it.
 */
function labelled(app, { question, title }, entry) {
  let [offered, asked, timer, answer] = ["", "", 0, null];
  const isMine = () => title.control.value !== offered;
  const ask = () => {
    clearTimeout(timer);
    const words = question.control.value.trim();
    if (words !== asked) answer = words ? app.ask({ do: "label", words }) : null;
    asked = words;
    return answer;
  };
  const offer = async (late = false) => {
    if (entry || isMine()) return;
    const { label = "" } = (await ask()) ?? {};
    if (!label) asked = ""; // nobody answered: the next time it is asked anew
    // Nothing changes under the hand of somebody who is about to write.
    if (isMine() || (!late && title.control.matches(":focus"))) return;
    title.control.value = offered = label;
    app.cards.update();
  };
  question.control.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(() => offer(), OFFER);
  });
  question.control.addEventListener("change", () => offer());
  return () => offer(true);
}

const MONTHS = {
  read: (said) =>
    /^\d+([.,]\d+)?$/.test(said) && Number(said)
      ? { form: `${said.replace(",", ".")} months` }
      : { doubt: "Write a number of months, such as 12." },
  shown: (form) => String(form).replace(/\s*months?$/, ""),
};

const doubted = (field, words) => ({ doubts: [{ field, words }] });

/** What is asked of an event before anything special to this case: by the sort of its answer. */
function baseRate(app, what, entry, sort) {
  const rate = entry?.base_rate;
  const isSame = () => Boolean(entry) && sortOf(entry) === sort();
  const isStates = () => kindOf(sort()) === "states";
  const isOrdered = () => sort() === "step";
  /** Whether the numbers are for a period: of an event that comes about by the date. */
  const isOfPeriod = () => (isStates() ? asks.read().form !== "state" : sort() in SUCH);
  /** Say of what one is to think: so many years, or days. */
  const words = () => {
    const carried = sort() in SUCH;
    const months = carried ? parseInt(within.read().form, 10) : NaN;
    const years = months === 12 ? SUCH[sort()] : `periods of ${within.control.value} months`;
    const such = Number.isNaN(months) ? "cases" : years;
    const until = carried && Number.isNaN(months) ? " by the date" : "";
    return `Before anything special to this case: of 100 such ${such}, in how many ${ASKED[sort()] ?? ""}${until}?`;
  };
  const yesNo = share("base_rate", words, {
    counts: true,
    hint: "30, 20-40 or 6 of 30",
    own: isYesNo(sort()) ? rate : undefined,
  });
  const within = number("within", "The number is for a period of how many months?", MONTHS, {
    own: rate?.within ?? (entry ? undefined : "12 months"),
  });
  /** A number that is stated for a period from now on is one for a year, unless it is said. */
  const turned = () => {
    const isNew = !isSame() || asks.touched();
    if (isOfPeriod() && !within.control.value && isNew) within.control.value = "12";
  };
  const own = entry?.states ? entry : null;
  const asks = pick("kind.of", "What is asked of them?", () => ASKS[sort()] ?? ASKS.which, {
    own: own?.kind,
    onchange: turned,
  });
  const states = statesField(own, isOrdered, () => asks.read().form === "first");
  const cuts = cutsOfStates(own, states, isOrdered);
  const amount = amountField(entry?.quantity ? entry : null);
  const table = entry?.table !== undefined && tableField(app, what.name, entry);
  const found = rates(app, (taken) => {
    const { within: period, ...bare } = taken.base_rate;
    yesNo.show(bare);
    yesNo.taken = taken;
    within.show(period);
    yesNo.el.dispatchEvent(new Event("input", { bubbles: true }));
  });
  const which = () => {
    const kind = kindOf(sort());
    return table && kind === kindOf(sortOf(entry)) ? "table" : kind;
  };
  const ways = { yesNo, states, amount, ...(table ? { table } : {}) };
  const model =
    rate?.model !== undefined &&
    `It is estimated by a model (${rate.model}); what you write here takes its place.`;
  const parts = group("div", null, [
    model && h("p.fc-note", model),
    group("div", isStates, asks),
    Object.entries(ways).map(([name, one]) => group("div", () => which() === name, one)),
    group("div", () => isOfPeriod() && which() !== "table", within),
    group("div", isStates, [
      fold("Parts: answers to speak of together", own?.cuts !== undefined, cuts),
    ]),
    group("div", () => which() === "yesNo", found),
  ]);
  const statesTold = () => {
    const cut = cuts.told();
    if (cut.doubt) return doubted("cuts", cut.doubt);
    const kind = isSame() && !asks.touched() ? entry.kind : asks.read().form;
    const stated = { kind: kind === "state" && !isSame() ? undefined : kind, cuts: cut.form };
    if (which() === "table") {
      const { doubts, entry: rows } = table.told();
      return doubts ? { doubts } : { entry: { ...stated, ...rows } };
    }
    const { doubt, base_rate: shares, ...named } = states.told();
    if (doubt) return doubted("states", doubt);
    const period = isOfPeriod() ? within.read().form : undefined;
    const ordered = !isOrdered() ? undefined : isSame() ? entry.ordered : "yes";
    return {
      entry: { ...stated, ...named, ordered, base_rate: kept({ ...shares, within: period }) },
    };
  };
  const told = () => {
    // What nobody has touched stays as the file has it, whatever its form.
    if (isSame() && untouched(parts.fields())) return { entry: {} };
    if (isStates()) return statesTold();
    if (which() !== "yesNo") return ways[which()].told();
    const { form } = yesNo.read();
    if (form === undefined) return doubted("base_rate", "A number is due here: 30, or 20-40.");
    if (form === rate && (rate?.model !== undefined || !within.touched()))
      return { entry: { base_rate: rate } };
    const period = isOfPeriod() ? within.read().form : undefined;
    const { why, reference } = yesNo.taken && !yesNo.touched() ? yesNo.taken : {};
    const isKnown = reference && reference.name in app.story.references;
    const adds = reference && !isKnown ? [{ add: "references", ...reference }] : [];
    const bare = kept({ ...(typeof form === "object" ? form : { best: form }), within: period });
    const base = typeof form === "object" || period !== undefined ? bare : form;
    return { entry: { base_rate: base }, why, reference: reference && [reference.name], adds };
  };
  /** How common it is, as a share of one; null where that is not said so far. */
  const common = () => {
    const { form } = which() === "yesNo" ? yesNo.read() : {};
    return form?.of ? Number(form.seen) / Number(form.of) : middleShare(form);
  };
  return { ...parts, turned, told, common };
}

// The order in which the shipped cases tell of an event.
const ORDER =
  "role kind title question states ordered none quantity resolution resolve_by headline base_rate now cuts why reference".split(
    " ",
  );

/** The entry that the answers make: what the card does not ask about stays as it is. */
function entryOf(entry, changes) {
  const merged = { ...(entry ?? {}), ...changes };
  const told = Object.entries(merged).filter(([, value]) => value !== undefined);
  const place = ([key]) => (entry ? 0 : ORDER.indexOf(key));
  return Object.fromEntries(told.toSorted((one, other) => place(one) - place(other)));
}

// What belongs to one sort of answer only, and goes when another is chosen; and what another of
// the same kind can keep.
const without = (...keys) => Object.fromEntries(keys.map((key) => [key, undefined]));
const OF_SORT = without("states", "ordered", "quantity", "cuts");
const OF_KIND = without("none", "now", "parents", "table");
const kindOf = (sort) => (isYesNo(sort) ? "yesNo" : sort === "amount" ? "amount" : "states");

const NOW = {
  key: "now",
  asked: "And in this case: out of 100, how sure are you now of each?",
  note: "What is left empty keeps its share of the rest.",
};

/** What is held of it in this case without any fact: one number, or one for each answer. */
function heldNow(app, what, entry, { role, sort, isKin }) {
  const own = entry?.now;
  const isEach = typeof own === "object" && !["low", "best", "seen"].some((key) => key in own);
  const one = share("now", "And in this case: out of 100, how sure are you that it holds now?", {
    note: "Leave it empty if it is like the past cases.",
    own: isEach ? undefined : own,
  });
  const several = what.name && app.story.asks(what.name).length > 1;
  const each = several && byAnswer(app, what.name, isEach ? own : null, NOW);
  const isOne = () => isYesNo(sort()) && (role === "driver" || own !== undefined);
  const isOfEach = () => Boolean(each) && isKin() && !isYesNo(sort());
  return {
    ...group("div", null, group("div", isOne, one), each && group("div", isOfEach, each)),
    told(said) {
      if (isOne()) return { now: said.now };
      if (!isOfEach() || untouched(each.fields())) return {};
      const told = each.told();
      return { now: Object.keys(told).length ? told : undefined };
    },
  };
}

/**
 * The parts that a question and a condition have in common. Each adds fields of its own: above the
 * number and among what is folded, with what they `write`, and links that it bears (`bearing`).
 */
function eventCard(app, what, entry, own) {
  const { role, asked, sorts, usual, rule = [], folded = [], write = () => ({}) } = own;
  const isSame = () => Boolean(entry) && sortOf(entry) === sort.now();
  const isKin = () => Boolean(entry) && kindOf(sortOf(entry)) === kindOf(sort.now());
  const label = titleIn(entry, what);
  const question = text("question", asked, {
    rows: 2,
    needed: "Write it in one sentence.",
    max: 1000,
    own: entry?.question ?? (role === "driver" ? label : undefined), // its label may be all it has
  });
  const title = text("title", "A short label for it", {
    max: LABEL,
    needed: "A label is due here.",
    own: label,
  });
  const sort = choose("kind", sorts, SORTS, {
    own: sortOf(entry) ?? usual,
    onchange: () => rate.turned(),
  });
  const rate = baseRate(app, what, entry, sort.now);
  const bears = own.bearing?.(rate.common) ?? [];
  const now = heldNow(app, what, entry, { role, sort: sort.now, isKin });
  const outcome = entry && settling(entry, isKin);
  const given = pick("given", "What can it happen without at no time?", () => starts(app), {
    first: "it needs nothing else",
    own: entry?.given,
  });
  const levels = ["low", "moderate", "high"].map((one) => [one, one]);
  const confidence = pick("confidence", "How good is what the number rests on?", () => levels, {
    first: "not said",
    own: entry?.base_rate?.confidence,
  });
  const isOpen = Boolean(entry?.given) || folded.some((one) => one.read().form !== undefined);
  const isOdd = Boolean(entry) && sortOf(entry) !== usual;
  /** The base rate with how good its basis is held to be. */
  const sure = (changed) => {
    const base = changed?.base_rate ?? entry?.base_rate;
    if (!confidence.touched() || base === undefined) return {};
    const { confidence: _, ...bare } = typeof base === "object" ? base : { best: base };
    const { form } = confidence.read();
    return { base_rate: form ? { ...bare, confidence: form } : bare };
  };
  return {
    parts: [
      question,
      title,
      rule.length ? sort : fold("It is more than: it holds or not", isOdd, sort),
      rule,
      rate,
      now,
      text("why", "Why this number? Where it comes from", { rows: 2, own: entry?.why }),
      fold("More: what it needs, and how good the number is", isOpen, [
        // What other sorts have of it stays.
        { el: group("div", () => isYesNo(sort.now()), given).el, fields: () => [given] },
        confidence,
        folded,
      ]),
      outcome,
      group("div", () => isYesNo(sort.now()) && bears.length > 0, [
        h("h4", "What does it do to each question? Leave empty what it does not move."),
        bears,
      ]),
    ],
    doubts: (said) => [
      ...(rate.told().doubts ?? []),
      ...(outcome?.doubts(said) ?? []),
      ...bears.flatMap((one) => one.doubts(said)),
    ],
    ready: labelled(app, { question, title }, entry),
    /** What a base rate that was taken from a table adds to the references of the case. */
    before: () => rate.told().adds ?? [],
    entry(said) {
      const told = rate.told();
      const kind = isYesNo(sort.now()) ? sort.now() : undefined;
      const asks = role === "driver" && said.question === said.title && !entry?.question;
      const hasNone = entry && entry.title === undefined; // and may go on without
      return entryOf(entry, {
        ...(entry?.role === undefined && role === "outcome" && entry ? {} : { role }),
        ...(isKin() ? {} : OF_KIND),
        ...(isSame() ? {} : { ...OF_SORT, kind }),
        title: hasNone && !asks && !title.touched() ? undefined : said.title,
        question: asks ? undefined : said.question,
        ...write(said),
        ...now.told(said),
        ...told.entry,
        ...sure(told.entry),
        given: said.given,
        ...outcome?.told(said),
        why: said.why ?? told.why,
        reference: told.reference ?? entry?.reference,
      });
    },
    after: (said, place) =>
      bears
        .flatMap((one) => one.entries(`$${place}`, said))
        .map((link) => ({ add: "links", entry: link })),
  };
}

const PLACES = {
  read: (said) =>
    /^[1-9]\d?$/.test(said) ? { form: Number(said) } : { doubt: "Write a number from 1 to 99." },
  shown: String,
};

/** A question: what is wanted, by when, who settles it, how common it is, and how it came out. */
export function questionCard(app, what, entry) {
  const own = typeof entry?.resolution === "object" ? entry.resolution : {};
  const last = app.compiled.resolve_by ?? undefined;
  return eventCard(app, what, entry, {
    role: "outcome",
    asked: "What do you want to know? One question",
    sorts: "When is the answer yes, or what is answered?",
    usual: "occurs",
    rule: [
      date("resolve_by", "By when, or on which day?", entry?.resolve_by ?? last),
      text("criterion", "By what rule could a stranger tell?", { rows: 2, own: own.criterion }),
      text("source", "Who settles it: whose word counts?", { own: own.source }),
    ],
    folded: [
      text("threshold", "Which figure must be reached, if one is asked for?", {
        own: own.threshold,
      }),
      number("headline", "Its place among the answers a report gives first", PLACES, {
        note: "1 comes first. Where no question has a place, those come first that moved most.",
        own: entry?.headline,
      }),
    ],
    write({ criterion, source, threshold, resolve_by: by, headline }) {
      const resolution = entryOf(own, { criterion, source, threshold });
      const isOwn = by && (entry?.resolve_by || by !== last);
      return {
        resolution: Object.keys(resolution).length ? resolution : undefined,
        resolve_by: isOwn ? by : undefined,
        headline,
      };
    },
  });
}

/** A condition: how common it is, whether it holds now, and for each question what it does to it. */
export function conditionCard(app, what, entry) {
  const { events, order } = app.story;
  const questions = entry ? [] : order.filter((event) => events[event].role === "outcome");
  return eventCard(app, what, entry, {
    role: "driver",
    asked: "Which condition? A few words: “a winter of high water”",
    sorts: "What sort of condition?",
    usual: "state",
    bearing: (common) => questions.map((event) => pairFields(app, event, common)),
  });
}
