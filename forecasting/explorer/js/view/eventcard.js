/** A question or a condition, new or as its file has it, comes in; the fields of its card go out. */

import { h } from "./elements.js";
import { choose, date, kept, number, pick, share, text, untouched } from "./fields.js";
import { pairFields, starts } from "./linkcard.js";
import { rates } from "./ratecard.js";
import { amountField, byAnswer, cutsOfStates, settling } from "./several.js";
import { statesField, tableField } from "./several.js";

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

/** What is asked of an event before anything special to this case: by the sort of its answer. */
function baseRate(app, what, entry, sort) {
  const yesNo = share("base_rate", "", { counts: true, hint: "30, 20-40 or 6 of 30" });
  const asked = yesNo.el.querySelector(".fc-asked");
  const rate = entry?.base_rate;
  const within = number("within", "The number is for a period of how many months?", {
    read: (said) =>
      /^\d+([.,]\d+)?$/.test(said) && Number(said)
        ? { form: `${said.replace(",", ".")} months` }
        : { doubt: "Write a number of months, such as 12." },
    shown: (form) => String(form).replace(/\s*months?$/, ""),
  });
  yesNo.show(isYesNo(sort()) ? rate : undefined);
  within.show(rate?.within ?? (entry ? undefined : "12 months"));
  const isSame = () => Boolean(entry) && sortOf(entry) === sort();
  const asks = pick("kind.of", "What is asked of them?", () => ASKS[sort()] ?? ASKS.which);
  asks.show(entry?.states ? entry.kind : undefined);
  const asksOf = () => asks.read().form;
  const isOrdered = () => sort() === "step";
  const own = entry?.states ? entry : null;
  const states = statesField(own, isOrdered, () => asksOf() === "first");
  const cuts = cutsOfStates(own, states, isOrdered);
  const amounts = amountField(entry?.quantity ? entry : null);
  const table = entry?.table !== undefined ? tableField(app, what.name, entry) : null;
  const modelled = rate?.model !== undefined;
  const found = rates(app, (taken) => {
    const { within: period, ...bare } = taken.base_rate;
    yesNo.show(bare);
    yesNo.taken = taken;
    within.show(period);
    yesNo.el.dispatchEvent(new Event("input", { bubbles: true }));
  });
  const parts = {
    yesNo: yesNo.el,
    states: states.el,
    amount: amounts.el,
    ...(table ? { table: table.el } : {}),
  };
  const which = () => {
    const kind = kindOf(sort());
    return table && kind === kindOf(sortOf(entry)) ? "table" : kind;
  };
  const el = h("div", [
    modelled &&
      h(
        "p.fc-note",
        `It is estimated by a model (${rate.model}); what you write here takes its place.`,
      ),
    h("div", { hidden: () => kindOf(sort()) !== "states" }, asks.el),
    Object.entries(parts).map(([name, one]) => h("div", { hidden: () => which() !== name }, one)),
    within.el,
    h(
      "details",
      { hidden: () => kindOf(sort()) !== "states", open: own?.cuts !== undefined },
      h("summary", "Parts: answers to speak of together"),
      cuts.el,
    ),
    h("div", { hidden: () => which() !== "yesNo" }, found.el),
  ]);
  /** Whether the numbers are for a period: of an event that comes about by the date. */
  const isOfPeriod = () =>
    kindOf(sort()) === "states" ? asksOf() !== "state" : sort() in SUCH;
  /** Say of what one is to think: so many years, or days. */
  const ask = () => {
    const carried = sort() in SUCH;
    within.el.hidden = !isOfPeriod() || which() === "table";
    const months = carried ? parseInt(within.read().form, 10) : NaN;
    const years = months === 12 ? SUCH[sort()] : `periods of ${within.control.value} months`;
    const such = !carried ? "cases" : Number.isNaN(months) ? "cases" : years;
    const until = carried && Number.isNaN(months) ? " by the date" : "";
    asked.textContent = `Before anything special to this case: of 100 such ${such}, in how many ${ASKED[sort()] ?? ""}${until}?`;
  };
  within.control.addEventListener("input", ask);
  /** A number that is stated for a period from now on is one for a year, unless it is said. */
  const turned = () => {
    const isNew = !isSame() || asks.touched();
    if (isOfPeriod() && !within.control.value && isNew) within.control.value = "12";
    ask();
  };
  asks.control.addEventListener("change", turned);
  const sharesTold = () => {
    const { field, doubt, base_rate: shares, ...named } = states.told();
    if (doubt) return { doubts: [{ field, words: doubt }] };
    const { within: _, ...bare } = shares;
    const period = isOfPeriod() ? within.read() : {};
    if (period.doubt) return { doubts: [{ field: "within", words: period.doubt }] };
    const ordered = !isOrdered() ? undefined : isSame() ? entry.ordered : "yes";
    return { entry: { ...named, ordered, base_rate: kept({ ...bare, within: period.form }) } };
  };
  const told = () => {
    // What nobody has touched stays as the file has it, whatever its form.
    if (isSame() && untouched(all())) return { entry: {} };
    if (which() === "amount") return amounts.told();
    if (kindOf(sort()) === "states") {
      const cut = cuts.told();
      if (cut.doubt) return { doubts: [{ field: "cuts", words: cut.doubt }] };
      const kind = isSame() && !asks.touched() ? entry.kind : asksOf();
      const stated = { kind: kind === "state" && !isSame() ? undefined : kind, cuts: cut.form };
      const { doubts, entry: told } = table ? table.told() : sharesTold();
      return doubts ? { doubts } : { entry: { ...stated, ...told } };
    }
    if (which() === "table") return table.told();
    const [{ form, doubt }, period] = [yesNo.read(), within.read()];
    if (doubt) return { doubts: [{ field: "base_rate", words: doubt }] };
    if (form === undefined)
      return { doubts: [{ field: "base_rate", words: "A number is due here: 30, or 20-40." }] };
    if (form === rate && (rate?.model !== undefined || !within.touched()))
      return { entry: { base_rate: rate } };
    if (period.doubt) return { doubts: [{ field: "within", words: period.doubt }] };
    const isCarried = sort() in SUCH && period.form !== undefined;
    const { why, reference } = yesNo.taken && !yesNo.touched() ? yesNo.taken : {};
    const isKnown = reference && reference.name in app.story.references;
    const adds = reference && !isKnown ? [{ add: "references", ...reference }] : [];
    const { within: _, ...bare } = typeof form === "object" ? form : { best: form };
    const base = isCarried
      ? { ...bare, within: period.form }
      : typeof form === "object"
        ? bare
        : form;
    return { entry: { base_rate: base }, why, reference: reference && [reference.name], adds };
  };
  const all = () => {
    if (which() === "yesNo") return [yesNo, ...(sort() in SUCH ? [within] : [])];
    const others = { states, amount: amounts, table }[which()].fields();
    if (kindOf(sort()) !== "states") return others;
    const period = isOfPeriod() && which() === "states" ? [within] : [];
    return [asks, ...others, ...period, ...cuts.fields()];
  };
  return { el, ask, turned, told, fields: all };
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
  const one = share("now", "And in this case: out of 100, how sure are you that it holds now?", {
    note: "Leave it empty if it is like the past cases.",
  });
  const own = entry?.now;
  const isEach = typeof own === "object" && !["low", "best", "seen"].some((key) => key in own);
  one.show(isEach ? undefined : own);
  const several = what.name && app.story.asks(what.name).length > 1;
  const each = several ? byAnswer(app, what.name, isEach ? own : null, NOW) : null;
  const isOne = () => isYesNo(sort()) && (role === "driver" || own !== undefined);
  const isOfEach = () => Boolean(each) && isKin() && !isYesNo(sort());
  return {
    el: h("div", [
      h("div", { hidden: () => !isOne() }, one.el),
      each && h("div", { hidden: () => !isOfEach() }, each.el),
    ]),
    fields: () => [...(isOne() ? [one] : []), ...(isOfEach() ? each.fields : [])],
    told(said) {
      if (isOne()) return { now: said.now };
      if (!isOfEach() || untouched(each.fields)) return {};
      const told = each.told();
      return { now: Object.keys(told).length ? told : undefined };
    },
  };
}

function eventForm(app, what, entry, { role, first, start, folded = [] }) {
  const question = text("question", first, {
    rows: 2,
    needed: "Write it in one sentence.",
    max: 1000,
  });
  const title = text("title", "A short label for it", {
    max: LABEL,
    needed: "A label is due here.",
  });
  const sort = choose(
    "kind",
    role === "outcome" ? "When is the answer yes, or what is answered?" : "What sort of condition?",
    SORTS,
    {
      onchange: () => rate.turned(),
    },
  );
  sort.show(sortOf(entry) ?? start);
  const rate = baseRate(app, what, entry, sort.now);
  rate.ask();
  const why = text("why", "Why this number? Where it comes from", { rows: 2 });
  const label = entry ? (entry.title ?? (what.name ?? "").replaceAll("_", " ")) : undefined;
  title.show(label);
  // A condition may be told in the words of its label alone.
  question.show(entry?.question ?? (role === "driver" ? label : undefined));
  why.show(entry?.why);
  const offer = labelled(app, { question, title }, entry);
  const isSame = () => Boolean(entry) && sortOf(entry) === sort.now();
  const isKin = () => Boolean(entry) && kindOf(sortOf(entry)) === kindOf(sort.now());
  const outcome = entry && settling(entry, isKin);
  const given = pick("given", "What can it happen without at no time?", () => starts(app), {
    first: "it needs nothing else",
  });
  given.show(entry?.given);
  const confidence = pick(
    "confidence",
    "How good is what the number rests on?",
    () => ["low", "moderate", "high"].map((one) => [one, one]),
    { first: "not said" },
  );
  confidence.show(entry?.base_rate?.confidence);
  const isOpen = Boolean(entry?.given) || folded.some((one) => one.read().form !== undefined);
  const more = h("details", { open: isOpen }, [
    h("summary", "More: what it needs, and how good the number is"),
    h("div", { hidden: () => kindOf(sort.now()) !== "yesNo" }, given.el),
    confidence.el,
    folded.map(({ el }) => el),
  ]);
  /** The base rate with how good its basis is held to be. */
  const sure = (changed) => {
    const own = changed?.base_rate ?? entry?.base_rate;
    if (!confidence.touched() || own === undefined) return {};
    const { confidence: _, ...bare } = typeof own === "object" ? own : { best: own };
    const { form } = confidence.read();
    return { base_rate: form ? { ...bare, confidence: form } : bare };
  };
  const now = heldNow(app, what, entry, { role, sort: sort.now, isKin });
  const read = (said, more) => {
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
      ...more,
      ...now.told(said),
      ...told.entry,
      ...sure(told.entry),
      given: said.given,
      ...outcome?.told(said),
      why: said.why ?? told.why,
      reference: told.reference ?? entry?.reference,
    });
  };
  /** What a base rate that was taken from a table adds to the references of the case. */
  const adds = () => rate.told().adds ?? [];
  const fields = () => [
    ...[...rate.fields(), ...now.fields(), why, given, confidence, ...folded],
    ...(outcome?.fields() ?? []),
  ];
  const doubts = (said) => [...(rate.told().doubts ?? []), ...(outcome?.doubts(said) ?? [])];
  const els = [rate.el, now.el, why.el, more];
  return { question, title, sort, els, outcome, offer, read, adds, fields, doubts };
}

const PLACES = {
  read: (said) =>
    /^[1-9]\d?$/.test(said) ? { form: Number(said) } : { doubt: "Write a number from 1 to 99." },
  shown: String,
};

/** A question: what is wanted, by when, who settles it, how common it is, and how it came out. */
export function questionCard(app, what, entry) {
  const place = number("headline", "Its place among the answers a report gives first", PLACES, {
    note: "1 comes first. Where no question has a place, those come first that moved most.",
  });
  const figure = text("threshold", "Which figure must be reached, if one is asked for?");
  place.show(entry?.headline);
  figure.show(entry?.resolution?.threshold);
  const parts = eventForm(app, what, entry, {
    role: "outcome",
    first: "What do you want to know? One question",
    start: "occurs",
    folded: [figure, place],
  });
  const { question, title, sort, outcome } = parts;
  const by = date("resolve_by", "By when, or on which day?");
  by.show(entry?.resolve_by ?? app.compiled.resolve_by ?? undefined);
  const own = typeof entry?.resolution === "object" ? entry.resolution : {};
  const criterion = text("criterion", "By what rule could a stranger tell?", { rows: 2 });
  const source = text("source", "Who settles it: whose word counts?");
  criterion.show(own.criterion);
  source.show(own.source);
  const build = (said) => {
    const { criterion: rule, source: word, threshold } = said;
    const resolution = entryOf(own, { criterion: rule, source: word, threshold });
    const isOwn =
      said.resolve_by && (entry?.resolve_by || said.resolve_by !== app.compiled.resolve_by);
    return parts.read(said, {
      resolution: Object.keys(resolution).length ? resolution : undefined,
      resolve_by: isOwn ? said.resolve_by : undefined,
      headline: said.headline,
    });
  };
  return {
    title: `Question: ${entry?.title ?? what.name}`,
    els: [
      ...[question.el, title.el, sort.el, by.el, criterion.el, source.el, ...parts.els],
      outcome?.el,
    ],
    fields: () => [question, title, sort, by, criterion, source, ...parts.fields()],
    doubts: parts.doubts,
    ready: parts.offer,
    told: () => title.read().form,
    edits: (said) => [...parts.adds(), ...written(what, build(said), said.title)],
  };
}

const written = (what, entry, words) =>
  what.name === null
    ? [{ add: "events", name: null, words, entry }]
    : [{ replace: ["events", what.name], entry }];

/** A condition: how common it is, whether it holds now, and for each question what it does to it. */
export function conditionCard(app, what, entry) {
  const parts = eventForm(app, what, entry, {
    role: "driver",
    first: "Which condition? A few words: “a winter of high water”",
    start: "state",
  });
  const { question, title, sort, outcome } = parts;
  const isPlain = () => isYesNo(sort.now());
  const bears = entry
    ? []
    : app.story.order
        .filter((event) => app.story.events[event].role === "outcome")
        .map((event) => pairFields(app, event));
  const does = h("div", { hidden: () => !isPlain() || !bears.length }, [
    h("h4", "What does it do to each question? Leave empty what it does not move."),
    bears.map(({ el }) => el),
  ]);
  const links = (said, place) =>
    isPlain()
      ? bears
          .flatMap((one) => one.entries(`$${place}`, said))
          .map((link) => ({ add: "links", entry: link }))
      : [];
  return {
    title: `Condition: ${entry?.title ?? what.name}`,
    els: [
      question.el,
      title.el,
      h(
        "details",
        { open: Boolean(entry) && !["state"].includes(sortOf(entry)) },
        h("summary", "It is more than: it holds or not"),
        sort.el,
      ),
      ...parts.els,
      outcome?.el,
      does,
    ],
    fields: () => [
      question,
      title,
      sort,
      ...parts.fields(),
      ...(isPlain() ? bears.flatMap((one) => one.fields()) : []),
    ],
    doubts: (said) => [
      ...parts.doubts(said),
      ...(isPlain() ? bears.flatMap((one) => one.doubts(said)) : []),
    ],
    ready: parts.offer,
    told: () => title.read().form,
    edits(said) {
      const adds = parts.adds();
      const event = written(what, parts.read(said, {}), said.title);
      return [...adds, ...event, ...links(said, adds.length + 1)];
    },
  };
}
