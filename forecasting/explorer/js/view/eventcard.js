/** A question or a condition, new or as its file has it, comes in; the fields of its card go out. */

import { h } from "./elements.js";
import { choose, date, number, pick, rows, share, text, untouched } from "./fields.js";
import { pairFields } from "./linkcard.js";
import { rates } from "./ratecard.js";
import { readAmount, readShare, showShare } from "./typed.js";

export const LABEL = 42; // characters that tables, sliders and the graph show whole
const SMALL = /^(will|is|are|the|a|an|be|of|in|to|by|on|and|or|for|with|from|than|that)$/i;

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

const SIGNS = { ">=": "at least", ">": "more than", "<": "less than", "<=": "at most" };

/** A label of whole words from a question: no longer than tables can show. */
function labelFrom(question) {
  if (question.length <= LABEL) return question;
  const words = question.replace(/[ ?.!]+$/, "").split(/\s+/);
  const from = Math.max(
    0,
    words.findIndex((word) => !SMALL.test(word)),
  );
  const kept = words.slice(from).filter((word) => word.toLowerCase() !== "be");
  while (kept.length > 1 && (kept.join(" ").length > LABEL || SMALL.test(kept.at(-1)))) kept.pop();
  const label = kept.join(" ").slice(0, LABEL);
  return label.charAt(0).toUpperCase() + label.slice(1);
}

/** A name for a state or a cut, of its words, unlike those that are taken. */
function nameFrom(words, taken) {
  const bare =
    words
      .normalize("NFKD")
      .toLowerCase()
      .match(/[a-z0-9]+/g) ?? [];
  const stem = bare.join("_").slice(0, 40) || "state";
  const start = /^[a-z]/.test(stem) ? stem : `n_${stem}`;
  let name = start;
  for (let i = 2; taken.includes(name); i += 1) name = `${start}_${i}`;
  return name;
}

const sortOf = (entry) => {
  if (!entry) return null;
  if (entry.quantity) return "amount";
  if (entry.states) return String(entry.ordered).match(/^(yes|true)$/i) ? "step" : "which";
  return entry.kind ?? "occurs";
};

/** The label offered for a question follows it, until somebody writes another. */
function labelled(fields, entry) {
  const { question, title } = fields;
  let offered = "";
  if (!entry)
    question.control.addEventListener("input", () => {
      if (title.control.value !== offered) return;
      title.control.value = offered = labelFrom(question.control.value);
    });
}

// Shares of several states, and the amounts of a quantity.

/** Rows of answers, each with how many of 100; the one that is left empty takes the rest. */
function statesField(entry) {
  const labels = Array.isArray(entry?.states)
    ? Object.fromEntries(entry.states.map((name) => [name, name.replaceAll("_", " ")]))
    : (entry?.states ?? {});
  const rate = entry?.base_rate ?? {};
  const known = Object.keys(labels);
  const seen = typeof rate.seen === "object" ? rate.seen : null;
  const shown = known.map((name) => {
    const one = seen ? seen[name] : rate[name];
    const label = labels[name] || name.replaceAll("_", " ");
    return Object.assign([label, one === "rest" || seen ? null : one], { name });
  });
  const make = (i) => [
    text(`states.${i}.label`, "answer", {}),
    number(`states.${i}.share`, "of 100", { read: (said) => readShare(said), shown: showShare }),
  ];
  const field = rows(
    "states",
    "Which answers are there, and of 100 such cases, in how many is it this one?",
    make,
    {
      add: "another answer",
      least: 3,
    },
  );
  field.show(shown);
  // What stands beside the shares of states, such as `within` and `unsure`, stays.
  const beside = Object.fromEntries(
    Object.entries(rate).filter(([key]) => !known.includes(key) && key !== "seen"),
  );
  return {
    ...field,
    /** Give states and base rate in the form of a file, or what is to be asked back. */
    told() {
      const made = field.made();
      const read = made.map(({ fields, form }) => [
        ...fields.map((each) => each.read()),
        form?.name,
      ]);
      const doubt = read.flatMap(([label, of]) => [label, of]).find((one) => one.doubt)?.doubt;
      if (doubt) return { doubt };
      const filled = read.filter(([label]) => label.form);
      if (filled.length < 2) return { doubt: "Write at least two answers." };
      const open = filled.filter(([, of]) => of.form === undefined);
      const names = [];
      for (const [label, , own] of filled)
        names.push(own ?? nameFrom(label.form, [...names, ...known]));
      const isSame = entry && names.join() === known.join();
      const states = Object.fromEntries(names.map((name, i) => [name, filled[i][0].form]));
      // Where labels only were changed, the numbers stay, whatever their form.
      if (isSame && untouched(made.map(({ fields }) => fields[1])))
        return { states, base_rate: entry.base_rate };
      if (open.length > 1)
        return { doubt: "Leave one number empty at most: that answer takes the rest." };
      const shares = Object.fromEntries(
        names.map((name, i) => [name, filled[i][1].form ?? "rest"]),
      );
      return { states, base_rate: { ...shares, ...beside } };
    },
  };
}

/** Rows of named parts of an amount: at least 200, less than 50. */
function cutsField(entry) {
  const own = entry?.cuts ?? {};
  const parsed = Object.entries(own).map(([name, said]) => [
    name,
    /^(>=|<=|>|<)\s*(.+)$/.exec(said),
  ]);
  const shown = parsed
    .filter(([, found]) => found)
    .map(([name, [, sign, at]]) => [name.replaceAll("_", " "), sign, at]);
  const others = Object.fromEntries(
    parsed.filter(([, found]) => !found).map(([name]) => [name, own[name]]),
  );
  const make = (i) => [
    text(`cuts.${i}.name`, "called", {}),
    pick(`cuts.${i}.sign`, "if", () => Object.entries(SIGNS)),
    number(`cuts.${i}.at`, "amount", { read: readAmount, shown: String }),
  ];
  const field = rows(
    "cuts",
    "Parts of the scale to speak of (“rich: at least 400”), if any",
    make,
    { add: "a part", least: 0 },
  );
  field.show(shown);
  return {
    ...field,
    told() {
      const result = { ...others };
      for (const [name, sign, at] of field.all().map((one) => one.map((each) => each.read()))) {
        if (at.doubt) return { doubt: at.doubt };
        if (!name.form && at.form === undefined) continue;
        if (!name.form || at.form === undefined)
          return { doubt: "A part needs a name and an amount." };
        const old = Object.keys(own).find((one) => one.replaceAll("_", " ") === name.form);
        result[old ?? nameFrom(name.form, Object.keys(result))] = `${sign.form} ${at.form}`;
      }
      return { form: Object.keys(result).length ? result : undefined };
    },
  };
}

/** What is asked of an event before anything special to this case: by the sort of its answer. */
function baseRate(app, entry, sort) {
  const yesNo = share("base_rate", "", { counts: true, hint: "30, 20-40 or 6 of 30" });
  const asked = yesNo.el.querySelector(".fc-asked");
  const rate = entry?.base_rate;
  const within = number("within", "stated for a period of so many months", {
    read: (said) =>
      /^\d+([.,]\d+)?$/.test(said) && Number(said)
        ? { form: `${said.replace(",", ".")} months` }
        : { doubt: "Write a number of months, such as 12." },
    shown: (form) => String(form).replace(/\s*months?$/, ""),
  });
  yesNo.show(isYesNo(sort()) ? rate : undefined);
  within.show(rate?.within ?? (entry ? undefined : "12 months"));
  const states = statesField(entry?.states ? entry : null);
  const steps = { read: readAmount, shown: String };
  const amounts = ["low", "best", "high"].map((end, i) => {
    const words = [
      "In 5 of 100 such cases it is below",
      "half of them are below",
      "and in 5 of 100 it is above",
    ][i];
    const field = number(`amount.${end}`, words, steps);
    field.show(entry?.quantity ? rate?.[end] : undefined);
    return field;
  });
  const unit = text("quantity", "Counted in (tonnes, deaths, dollars)", {});
  unit.show(typeof entry?.quantity === "object" ? entry.quantity.unit : undefined);
  const cuts = cutsField(entry?.quantity ? entry : null);
  const modelled = rate?.model !== undefined;
  const table = rates(app, (taken) => {
    const { within: period, ...bare } = taken.base_rate;
    yesNo.show(bare);
    yesNo.taken = taken;
    within.show(period);
    yesNo.el.dispatchEvent(new Event("input", { bubbles: true }));
  });
  const parts = {
    yesNo: h("div", [yesNo.el, within.el, table.el]),
    states: states.el,
    amount: h("div", [unit.el, amounts.map(({ el }) => el), cuts.el]),
  };
  const which = () => (isYesNo(sort()) ? "yesNo" : sort() === "amount" ? "amount" : "states");
  const el = h("div", [
    modelled &&
      h(
        "p.fc-note",
        `It is estimated by a model (${rate.model}); what you write here takes its place.`,
      ),
    Object.entries(parts).map(([name, one]) => h("div", { hidden: () => which() !== name }, one)),
  ]);
  /** Say of what one is to think: so many years, or days. */
  const ask = () => {
    const carried = sort() in SUCH;
    within.el.hidden = !carried;
    const months = carried ? parseInt(within.read().form, 10) : NaN;
    const years = months === 12 ? SUCH[sort()] : `periods of ${within.control.value} months`;
    const such = !carried ? "days" : Number.isNaN(months) ? "cases" : years;
    const until = carried && Number.isNaN(months) ? " by the date" : "";
    asked.textContent = `Before anything special to this case: of 100 such ${such}, in how many ${ASKED[sort()] ?? ""}${until}?`;
  };
  within.control.addEventListener("input", ask);
  /** A number that is stated for a period from now on is one for a year, unless it is said. */
  const turned = () => {
    if (sort() in SUCH && !within.control.value && !(entry && sortOf(entry) === sort()))
      within.control.value = "12";
    ask();
  };
  const told = () => {
    // What nobody has touched stays as the file has it, whatever its form.
    if (entry && sortOf(entry) === sort() && untouched(all())) return { entry: {} };
    if (which() === "states") {
      const { doubt, states: named, base_rate: shares } = states.told();
      if (doubt) return { doubts: [{ field: "states", words: doubt }] };
      return {
        entry: { states: named, ordered: sort() === "step" ? "yes" : undefined, base_rate: shares },
      };
    }
    if (which() === "amount") {
      const read = amounts.map((one) => one.read());
      const doubts = read.flatMap(({ doubt, form }, i) => {
        const words = doubt ?? (form === undefined && !modelled ? "An amount is due here." : null);
        return words ? [{ field: amounts[i].key, words }] : [];
      });
      const cut = cuts.told();
      if (cut.doubt) doubts.push({ field: "cuts", words: cut.doubt });
      if (doubts.length) return { doubts };
      const [low, best, high] = read.map(({ form }) => form);
      const own = typeof entry?.quantity === "object" ? entry.quantity : {};
      const said = unit.read().form;
      const points =
        low === undefined ? rate : { ...(entry?.quantity ? rate : {}), low, best, high };
      return {
        entry: {
          quantity: { ...own, ...(said ? { unit: said } : {}) },
          base_rate: points,
          cuts: cut.form,
        },
      };
    }
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
    if (which() === "amount") return [unit, ...amounts, cuts, ...cuts.all().flat()];
    return [states, ...states.all().flat()];
  };
  return { el, ask, turned, told, fields: all };
}

// The order in which the shipped cases tell of an event.
const ORDER =
  "role kind title question states ordered quantity resolution resolve_by base_rate now cuts why reference".split(
    " ",
  );

/** The entry that the answers make: what the card does not ask about stays as it is. */
function entryOf(entry, changes) {
  const merged = { ...(entry ?? {}), ...changes };
  const told = Object.entries(merged).filter(([, value]) => value !== undefined);
  const place = ([key]) => (entry ? 0 : ORDER.indexOf(key));
  return Object.fromEntries(told.toSorted((one, other) => place(one) - place(other)));
}

// What belongs to one sort of answer only, and goes when another is chosen.
const OF_SORT = { states: undefined, ordered: undefined, quantity: undefined, cuts: undefined };

function eventForm(app, what, entry, { role, first, start }) {
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
  const rate = baseRate(app, entry, sort.now);
  rate.ask();
  const why = text("why", "Why this number? Where it comes from", { rows: 2 });
  const label = entry ? (entry.title ?? (what.name ?? "").replaceAll("_", " ")) : undefined;
  title.show(label);
  // A condition may be told in the words of its label alone.
  question.show(entry?.question ?? (role === "driver" ? label : undefined));
  why.show(entry?.why);
  labelled({ question, title }, entry);
  const read = (said, more) => {
    const told = rate.told();
    const kind = isYesNo(sort.now()) ? sort.now() : undefined;
    const isOwnKind = entry && sortOf(entry) === sort.now();
    const asks = role === "driver" && said.question === said.title && !entry?.question;
    const hasNone = entry && entry.title === undefined; // and may go on without
    return entryOf(entry, {
      ...(entry?.role === undefined && role === "outcome" && entry ? {} : { role }),
      ...(isOwnKind ? {} : { ...OF_SORT, kind }),
      title: hasNone && !asks && !title.touched() ? undefined : said.title,
      question: asks ? undefined : said.question,
      ...more,
      ...told.entry,
      why: said.why ?? told.why,
      reference: told.reference ?? entry?.reference,
    });
  };
  /** What a base rate that was taken from a table adds to the references of the case. */
  const adds = () => rate.told().adds ?? [];
  return { question, title, sort, rate, why, read, adds };
}

/** How a question of a file came out, once it has: yes or no, or which of its states, and when. */
function settling(entry) {
  const states = Array.isArray(entry.states)
    ? entry.states.map((name) => [name, name.replaceAll("_", " ")])
    : Object.entries(entry.states ?? {});
  const answers = entry.states
    ? states.map(([name, label]) => [`settled ${name}`, label])
    : [
        ["happened", "yes, it came about"],
        ["ruled_out", "no, and it cannot any more"],
      ];
  const how = pick("settled", "Is it settled already?", () => [["", "not yet"], ...answers]);
  const day = date("settled_on", "Since which day?");
  const { happened, ruled_out: never, settled } = entry;
  how.show(happened ? "happened" : never ? "ruled_out" : settled && `settled ${settled.state}`);
  day.show(happened ?? never ?? settled?.date);
  const isOpen = () => !how.read().form;
  return {
    el: h("div", { hidden: Boolean(entry.quantity) }, [
      how.el,
      h("div", { hidden: isOpen }, day.el),
    ]),
    fields: () => (entry.quantity ? [] : [how, ...(isOpen() ? [] : [day])]),
    doubts: (said) =>
      said.settled && !said.settled_on ? [{ field: "settled_on", words: "On which day?" }] : [],
    told(said) {
      if (entry.quantity || untouched([how, day])) return {};
      const none = { happened: undefined, ruled_out: undefined, settled: undefined };
      const [key, state] = (said.settled ?? "").split(" ");
      if (!key) return none;
      return { ...none, [key]: state ? { state, date: said.settled_on } : said.settled_on };
    },
  };
}

/** A question: what is wanted, by when, who settles it, how common it is, and how it came out. */
export function questionCard(app, what, entry) {
  const parts = eventForm(app, what, entry, {
    role: "outcome",
    first: "What do you want to know? One question",
    start: "occurs",
  });
  const { question, title, sort, rate, why } = parts;
  const by = date("resolve_by", "By when, or on which day?");
  by.show(entry?.resolve_by ?? app.compiled.resolve_by ?? undefined);
  const own = typeof entry?.resolution === "object" ? entry.resolution : {};
  const criterion = text("criterion", "By what rule could a stranger tell?", { rows: 2 });
  const source = text("source", "Who settles it: whose word counts?");
  criterion.show(own.criterion);
  source.show(own.source);
  const outcome = entry && settling(entry);
  const build = (said) => {
    const resolution = entryOf(own, { criterion: said.criterion, source: said.source });
    const isOwn =
      said.resolve_by && (entry?.resolve_by || said.resolve_by !== app.compiled.resolve_by);
    return parts.read(said, {
      resolution: Object.keys(resolution).length ? resolution : undefined,
      resolve_by: isOwn ? said.resolve_by : undefined,
      ...outcome?.told(said),
    });
  };
  return {
    title: `Question: ${entry?.title ?? what.name}`,
    els: [
      ...[question.el, title.el, sort.el, by.el, rate.el, why.el, criterion.el, source.el],
      outcome?.el,
    ],
    fields: () => [
      ...[question, title, sort, by, ...rate.fields(), why, criterion, source],
      ...(outcome?.fields() ?? []),
    ],
    doubts: (said) => [...(rate.told().doubts ?? []), ...(outcome?.doubts(said) ?? [])],
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
  const { question, title, sort, rate, why } = parts;
  const now = share("now", "And in this case: out of 100, how sure are you that it holds now?", {
    note: "Leave it empty if it is like the past cases.",
  });
  const isPlain = () => isYesNo(sort.now());
  now.show(
    typeof entry?.now === "object" && !("low" in entry.now || "best" in entry.now)
      ? undefined
      : entry?.now,
  );
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
      rate.el,
      h("div", { hidden: () => !isPlain() }, now.el),
      why.el,
      does,
    ],
    fields: () => [
      question,
      title,
      sort,
      ...rate.fields(),
      ...(isPlain() ? [now] : []),
      why,
      ...(isPlain() ? bears.flatMap((one) => one.fields()) : []),
    ],
    doubts: (said) =>
      rate.told().doubts ?? (isPlain() ? bears.flatMap((one) => one.doubts(said)) : []),
    told: () => title.read().form,
    edits(said) {
      const adds = parts.adds();
      const event = written(what, parts.read(said, isPlain() ? { now: said.now } : {}), said.title);
      return [...adds, ...event, ...links(said, adds.length + 1)];
    },
  };
}
