/** The states, amounts or table of an event, as its file has them, come in; their fields go out. */

import { h, newId } from "./elements.js";
import { SHARE, checks, date, number, pick, rows, text } from "./fields.js";
import { elementsOf, fieldsOf, fold, group, kept, untouched } from "./fields.js";
import { partsOf, readAmount, readCount, readFactor } from "./typed.js";
import { readShare, readSpan, showShare } from "./typed.js";

const SIGNS = {
  ...{ ">=": "at least", ">": "more than", "<": "less than", "<=": "at most" },
  "..": "from … to",
};
const POINTS = { low: 5, best: 50, high: 95 };

const spaced = (name) => name.replaceAll("_", " ");

/** The key of a new state or cut: Python makes a name of the words behind the sign. */
function worded(words, taken) {
  let key = `$${words}`;
  while (key in taken) key += " ";
  return key;
}

const middleOf = (form) => {
  const { low, best } = partsOf(showShare(form));
  return low === undefined ? (best ?? null) : null;
};

/** What points leave of a hundred, or how far they miss it; null where one is a range or none. */
function left(forms) {
  const points = forms.filter((form) => form !== undefined).map(middleOf);
  if (points.includes(null)) return null;
  return Number((100 - points.reduce((sum, x) => sum + x, 0)).toPrecision(9));
}

const WRONG_SUM = (rest) =>
  `These make ${Number((100 - rest).toPrecision(9))} of 100, and must make 100.`;

/** What is wrong with shares that must make a hundred, of which one may be open; or nothing. */
function missed(forms) {
  const [open, rest] = [forms.filter((form) => form === undefined).length, left(forms)];
  if (open > 1) return "Leave one number empty at most: that answer takes the rest.";
  if (open === 0 && rest !== null && Math.abs(rest) > 1e-4) return WRONG_SUM(rest);
  return open && rest !== null && rest < 0 ? WRONG_SUM(rest) : "";
}

/** What one answer takes, if it is the one that is left open. */
function restWords(forms, labels) {
  const rest = left(forms);
  const open = forms.findIndex((form) => form === undefined);
  if (rest === null || open < 0 || missed(forms)) return missed(forms);
  return `“${labels[open]}” takes the rest: ${rest} of 100.`;
}

const AMOUNT = { read: readAmount, shown: String };

const unsureField = (rate, words) =>
  number("unsure", words, { read: readFactor, shown: String }, { own: rate?.unsure });

/** What stands in a base rate beside the numbers that a card asks for. */
const besides = (rate, known) =>
  Object.fromEntries(Object.entries(rate ?? {}).filter(([key]) => !known.includes(key)));

/** The states that an entry has, with their labels. */
export const labelsIn = (entry) =>
  Array.isArray(entry?.states)
    ? Object.fromEntries(entry.states.map((name) => [name, spaced(name)]))
    : Object.fromEntries(
        Object.entries(entry?.states ?? {}).map(([name, label]) => [name, label || spaced(name)]),
      );

const REST = "One number may stay empty: that answer takes what the others leave.";

const WAYS = [
  ["of", "of 100 such cases, in how many"],
  ["seen", "how often each was seen"],
];

/** Rows of answers, each with how many of 100, or how often it was seen; an empty one takes the rest. */
export function statesField(entry, isOrdered, isFirst) {
  const labels = labelsIn(entry);
  const rate = entry?.base_rate ?? {};
  const known = Object.keys(labels);
  const seen = typeof rate.seen === "object" ? rate.seen : null;
  const way = pick("states.way", "How do you tell how common each answer is?", () => WAYS, {
    own: seen ? "seen" : "of",
  });
  const isCounted = () => way.read().form === "seen";
  const how = {
    read: (said) => (isCounted() ? readCount(said) : readShare(said)),
    shown: (form) => (seen ? String(form) : showShare(form)),
  };
  const make = (i) => [
    text(`states.${i}.label`, "answer"),
    number(`states.${i}.share`, () => (isCounted() ? "seen" : "of 100"), how),
  ];
  const own = known.map((name) => {
    const one = (seen ?? rate)[name];
    return Object.assign([labels[name], one === "rest" ? undefined : one], { name });
  });
  const asked = "Which answers are there, and of 100 such cases, in how many is it this one?";
  const field = rows("states", asked, make, { add: "another answer", least: 3, own });
  field.covers = "base_rate";
  const unsure = unsureField(
    rate,
    "Not sure of these steps? So many times higher or lower their odds may be",
  );
  // An answer keeps its name while its words change; one that is new has a sign of its own so long.
  const signs = new WeakMap();
  const signOf = (one) => {
    if (!signs.has(one)) signs.set(one, one.form?.name ?? `$${newId()}`);
    return signs.get(one);
  };
  const filled = () =>
    field.made
      .map((one) => {
        const [label, of] = one.fields.map((each) => each.read());
        return { sign: signOf(one), form: one.form, label, of };
      })
      .filter(({ label }) => label.form);
  const answers = () => filled().map(({ sign, label }) => [sign, label.form]);
  const none = pick("none", "Which answer says that none of the others came about?", answers, {
    first: "the last one",
    own: entry?.none,
  });
  /** What the file calls each answer, by its sign: of a new one, the words to make a name of. */
  const names = () => {
    const result = {};
    const taken = {};
    for (const { sign, label, form } of filled()) {
      result[sign] = form?.name ?? worded(label.form, taken);
      taken[result[sign]] = true;
    }
    return result;
  };
  const note = () => {
    const all = filled();
    if (isCounted() || all.length < 2 || all.some(({ of }) => of.doubt)) return "";
    const [forms, labels] = ["of", "label"].map((key) => all.map((one) => one[key].form));
    return forms.some((form) => form !== undefined) ? restWords(forms, labels) : "";
  };
  field.el.append(h("p.fc-note", () => note() || (isCounted() ? "" : REST)));
  const beside = besides(rate, [...known, "seen", "unsure"]);
  const told = () => {
    const all = filled();
    if (all.length < 2) return { doubt: "Write at least two answers." };
    const factor = isOrdered() ? unsure.read() : {};
    const called = names();
    const keys = Object.values(called);
    const states = Object.fromEntries(all.map(({ sign, label }) => [called[sign], label.form]));
    const other = isFirst() ? called[none.read().form] : undefined;
    const numbers = [way, unsure, ...field.made.map(({ fields }) => fields[1])];
    // Where labels only were changed, the numbers stay, whatever their form.
    if (entry && keys.join() === known.join() && untouched(numbers))
      return { states, none: other, base_rate: entry.base_rate };
    const forms = all.map(({ of }) => of.form);
    const doubted = isCounted()
      ? forms.includes(undefined) && "Write for each answer how often it was seen."
      : missed(forms);
    if (doubted) return { doubt: doubted };
    const shares = Object.fromEntries(keys.map((name, i) => [name, forms[i] ?? "rest"]));
    return {
      states,
      none: other,
      base_rate: {
        ...(isCounted() ? { seen: shares } : shares),
        ...kept({ ...beside, unsure: factor.form }),
      },
    };
  };
  const parts = [way, field, group("div", isFirst, none), group("div", isOrdered, unsure)];
  return { ...group("div", null, parts), told, answers, names };
}

/** One number for each answer of an event of the case, and if need be for anything else. */
export function byAnswer(app, event, own, { key, asked, note, closed = false, rest = false }) {
  const { story } = app;
  const parts = story.statesOf(event).length ? story.statesOf(event) : story.asks(event);
  const ids = parts.map(({ name }) => name.slice(event.length + 1));
  const usual = rest ? [...ids, "otherwise"] : ids;
  const stated = Object.keys(own ?? {});
  // What the file says of other parts, such as cuts of states, is asked of those instead.
  const isUsual = stated.every((one) => usual.includes(one));
  const others = rest ? ["otherwise"] : [];
  const keys = isUsual ? usual : [...new Set([...stated, ...others])];
  const fields = keys.map((one) => {
    const words = `“${story.labelOf(event, one)}”`;
    return number(`${key}.${one}`, words, SHARE({ closed }), { own: own?.[one] });
  });
  const all = [group("div.fc-pair", null, fields), h("p.fc-note", note)];
  const told = () => kept(Object.fromEntries(keys.map((one, i) => [one, fields[i].read().form])));
  return { ...below(key, h("span.fc-asked", asked), all), told };
}

/** Parts below the words for all of them. */
const below = (key, words, parts) => ({
  el: h("fieldset.fc-question", { "data-field": key }, h("legend", words), elementsOf(parts)),
  fields: () => fieldsOf(parts),
});

/** Rows of named parts: a name, and the fields of what it takes in, read and written by `how`. */
function cutsField(entry, asked, { make, shown, written, stays = () => true }) {
  const cuts = entry?.cuts ?? {};
  const named = (i) => [text(`cuts.${i}.name`, "called"), ...make(i)];
  const own = Object.entries(cuts).map(([name, said]) =>
    Object.assign([spaced(name), ...shown(said)], { said }),
  );
  const field = rows("cuts", asked, named, { add: "a part", least: 0, own });
  return {
    ...field,
    told() {
      if (entry && untouched(field.fields()) && Object.values(cuts).every(stays))
        return { form: entry.cuts };
      const result = {};
      for (const { fields: row, form } of field.made) {
        const [{ form: name }, ...parts] = [row[0].read(), ...row.slice(1)];
        const isOwn = form && untouched(parts) && stays(form.said);
        const { form: said, doubt } = isOwn ? { form: form.said } : written(...parts);
        if (doubt) return { doubt };
        if (!name && said === undefined) continue;
        if (!name || said === undefined)
          return { doubt: "A part needs a name, and what it takes in." };
        const old = Object.keys(cuts).find((one) => spaced(one) === name);
        result[old ?? worded(name, result)] = said;
      }
      return { form: Object.keys(result).length ? result : undefined };
    },
  };
}

const cutsOfAmount = (entry) =>
  cutsField(entry, "Parts of the scale to speak of (“rich: at least 400”), if any", {
    make(i) {
      const sign = pick(`cuts.${i}.sign`, "if", () => Object.entries(SIGNS));
      const read = (said) => (sign.read().form === ".." ? readSpan(said) : readAmount(said));
      return [sign, number(`cuts.${i}.at`, "amount", { read, shown: String })];
    },
    shown(said) {
      const [, sign, at] = /^(>=|<=|>|<)\s*(.+)$/.exec(said) ?? [null, "..", said];
      return [sign, at.replace("..", "to")];
    },
    written(sign, at) {
      const [{ form: how }, { form, doubt }] = [sign.read(), at.read()];
      if (doubt || form === undefined) return { doubt };
      return { form: how === ".." ? form.replace("to", "..") : `${how} ${form}` };
    },
  });

/** Rows of named parts of states: which answers each takes; of steps, from one on or up to one. */
export function cutsOfStates(entry, { answers, names }, isOrdered) {
  const known = Object.keys(labelsIn(entry));
  const within = (said) => {
    if (Array.isArray(said)) return said;
    const [, sign, at] = /^\s*(>=|<=|>|<)\s*(\S+)/.exec(said) ?? [];
    const [low, high] = String(said)
      .split("..")
      .map((one) => known.indexOf(one.trim()));
    const i = known.indexOf(at);
    const holds = { ">=": (k) => k >= i, ">": (k) => k > i, "<=": (k) => k <= i, "<": (k) => k < i };
    return known.filter((_, k) => (sign ? holds[sign](k) : low <= k && k <= high));
  };
  return cutsField(entry, "Answers to speak of together (“peaceful: this one or that”), if any", {
    make: (i) => [checks(`cuts.${i}.of`, "takes in", answers)],
    shown: (said) => [within(said)],
    stays: (said) => Array.isArray(said) || isOrdered(),
    written(some) {
      const [all, called] = [answers().map(([sign]) => sign), names()];
      const taken = all.filter((sign) => (some.read().form ?? []).includes(sign));
      if (!taken.length) return {};
      const [first, last] = [all.indexOf(taken[0]), all.indexOf(taken.at(-1))];
      const isRun = isOrdered() && last - first + 1 === taken.length;
      if (isRun && last === all.length - 1) return { form: `>= ${called[taken[0]]}` };
      if (isRun && first === 0) return { form: `<= ${called[taken.at(-1)]}` };
      return { form: taken.map((sign) => called[sign]) };
    },
  });
}

// Which amounts there can be, and on which scale they are judged.
const WHOLE = [
  ["", "any amounts"],
  ["yes", "whole numbers only"],
];
const SCALES = [
  ["log", "half of it and twice it: by times"],
  ["linear", "ten less and ten more: by steps"],
];

/** The points of an amount: low, best and high, or those that the file states. */
export function amountField(entry) {
  const rate = entry?.base_rate;
  const isModelled = rate?.model !== undefined;
  const levels = rate?.quantiles ? Object.keys(rate.quantiles) : Object.keys(POINTS);
  const points = levels.map((level) => {
    const percent = POINTS[level] ?? parseFloat(level);
    const words =
      percent === 50
        ? "Half of them are below"
        : percent > 50
          ? `In ${Number((100 - percent).toPrecision(6))} of 100 it is above`
          : `In ${percent} of 100 such cases it is below`;
    return number(`amount.${level}`, words, AMOUNT, { own: (rate?.quantiles ?? rate)?.[level] });
  });
  points[0].covers = "base_rate";
  const amount = typeof entry?.quantity === "object" ? entry.quantity : {};
  const unit = text("quantity", "Counted in (tonnes, deaths, dollars)", { own: amount.unit });
  const isWhole = /^(yes|true)$/i.test(amount.whole);
  const whole = pick("whole", "It comes in", () => WHOLE, { own: isWhole ? "yes" : undefined });
  const scale = pick("scale", "What lies equally far from an amount?", () => SCALES, {
    first: "whatever suits the amounts above",
    own: amount.scale,
  });
  const unsure = unsureField(
    rate,
    "Not sure of these points? So many times higher or lower the odds of more may be",
  );
  const cuts = cutsOfAmount(entry);
  const isDue = (i) => levels[i] !== "best" && !isModelled && points[i].read().form === undefined;
  const told = () => {
    const due = points.filter((_, i) => isDue(i));
    const doubts = due.map(({ key }) => ({ field: key, words: "An amount is due here." }));
    const cut = cuts.told();
    if (cut.doubt) doubts.push({ field: "cuts", words: cut.doubt });
    if (doubts.length) return { doubts };
    const all = kept(Object.fromEntries(levels.map((level, i) => [level, points[i].read().form])));
    const bare = besides(rate, [...Object.keys(POINTS), "quantiles", "unsure"]);
    const { model: _, ...others } = bare;
    const stated = { ...(rate?.quantiles ? { quantiles: all } : all), ...others };
    return {
      entry: {
        quantity: kept({
          ...{ ...amount, unit: unit.read().form, scale: scale.read().form },
          whole: whole.touched() ? whole.read().form : amount.whole,
        }),
        base_rate: kept({
          ...(Object.keys(all).length ? stated : bare),
          unsure: unsure.read().form,
        }),
        cuts: cut.form,
      },
    };
  };
  const isOpen = amount.scale !== undefined || rate?.unsure !== undefined;
  const parts = [
    group("div.fc-pair", null, unit, whole),
    points,
    cuts,
    fold("More: on which scale, and how sure of the points", isOpen, scale, unsure),
  ];
  return { ...group("div", null, parts), told };
}

/** One row of a table of several states: a number for each, of which the last is worked out. */
function rowOfStates(app, name, key, row, entry) {
  const isList = Array.isArray(row);
  const keys = Object.keys(row);
  const states = Object.values(labelsIn(entry));
  const labels = keys.map((one) => (isList ? states[one] : app.story.labelOf(name, one)));
  const fields = keys.map((one, i) => {
    const own = row[one] === "rest" ? undefined : row[one];
    return number(`table.${key}.${one}`, labels[i], SHARE({ closed: true }), { own });
  });
  // Of two, one is typed and the other worked out.
  const stated = keys.findIndex((one) => row[one] !== "rest");
  const typed = keys.length === 2 ? Math.max(0, stated) : -1;
  const asked = typed < 0 ? fields : [fields[typed]];
  const forms = () => {
    const read = fields.map((one) => one.read().form);
    if (typed < 0 || !fields[typed].touched()) return read;
    const [form, whole] = [read[typed], left([read[typed]])];
    const other = row[keys[1 - typed]] === "rest" || whole === null ? undefined : `${whole}%`;
    return typed ? [other, form] : [form, other];
  };
  const note = () => {
    if (asked.some((one) => one.read().doubt)) return "";
    const now = forms();
    if (typed < 0 || now[typed] === undefined) return restWords(now, labels);
    const rest = left([now[typed]]);
    return rest === null
      ? `“${labels[1 - typed]}” takes the rest.`
      : `“${labels[1 - typed]}”: ${rest} of 100.`;
  };
  return {
    parts: [group("div.fc-pair", null, asked), h("p.fc-note", note)],
    doubt: () => (untouched(asked) ? "" : missed(forms())),
    form() {
      if (untouched(asked)) return row;
      const told = forms().map((form) => form ?? "rest");
      return isList ? told : Object.fromEntries(keys.map((one, i) => [one, told[i]]));
    },
  };
}

/** One row of a table of yes and no: a number. */
function rowOfYesNo(key, row) {
  const field = number(`table.${key}`, "of 100", SHARE({ closed: true }), { own: row });
  const form = () => field.read().form;
  return {
    parts: [group("div.fc-pair", null, field)],
    doubt: () => (form() === undefined ? "A number is due here." : ""),
    form,
  };
}

/** The rows of a table: for every combination of its parents, what it then comes to. */
export function tableField(app, name, entry) {
  const { table, parents = [] } = entry;
  const isBare = parents.length === 0 && !(typeof table === "object" && "" in table);
  const all = Object.entries(isBare ? { "": table } : table).map(([words, row]) => {
    const names = words.split(",").map((one) => one.trim());
    const key = names.join(".");
    const made = entry.states ? rowOfStates(app, name, key, row, entry) : rowOfYesNo(key, row);
    const where = words ? `Where ${app.story.rowWords(name, names.join(", "))}` : "In all cases";
    return { words, ...made, ...below(`table.${key}`, where, made.parts) };
  });
  const told = () => {
    const doubts = all
      .filter((row) => row.doubt())
      .map((row) => ({ field: row.fields()[0].key, words: row.doubt() }));
    if (doubts.length) return { doubts };
    const written = Object.fromEntries(all.map(({ words, form }) => [words, form()]));
    return { entry: { table: isBare ? written[""] : written } };
  };
  const asked = h("span.fc-asked", "Of 100 such cases, in how many is it so?");
  return { ...below("table", asked, all), told };
}

// How a question or a condition came out.

const YES_NO = [
  ["happened", "yes, it came about"],
  ["ruled_out", "no, and it cannot any more"],
];

/** How an event of a file came out, once it has: yes or no, which of its states, or how much; when. */
export function settling(entry, isSame) {
  const answers = entry.states
    ? Object.entries(labelsIn(entry)).map(([name, label]) => [`settled ${name}`, label])
    : entry.quantity
      ? [["settled", "yes, the amount is known"]]
      : YES_NO;
  const { happened, ruled_out: never, settled } = entry;
  const known = settled && (entry.quantity ? "settled" : `settled ${settled.state}`);
  const options = () => [["", "not yet"], ...answers];
  const own = happened ? "happened" : never ? "ruled_out" : known;
  const how = pick("settled", "Is it settled already?", options, { own });
  const value =
    entry.quantity && number("value", "What did it come to?", AMOUNT, { own: settled?.value });
  const day = date("settled_on", "Since which day?", happened ?? never ?? settled?.date);
  const isSettled = () => Boolean(how.read().form);
  return {
    ...group("div", isSame, how, group("div", isSettled, value, day)),
    doubts(said) {
      if (!isSame() || !said.settled) return [];
      const due = [];
      if (value && said.value === undefined) due.push({ field: "value", words: "Which amount?" });
      if (!said.settled_on) due.push({ field: "settled_on", words: "On which day?" });
      return due;
    },
    told(said) {
      const none = { happened: undefined, ruled_out: undefined, settled: undefined };
      if (!isSame()) return none; // of another sort of answer
      if (untouched([how, value, day].filter(Boolean))) return {};
      const [key, state] = (said.settled ?? "").split(" ");
      if (!key) return none;
      if (key !== "settled") return { ...none, [key]: said.settled_on };
      const came = state ? { state } : { value: said.value };
      return { ...none, settled: { ...came, date: said.settled_on } };
    },
  };
}
