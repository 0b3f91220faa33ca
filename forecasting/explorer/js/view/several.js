/** The states, amounts or table of an event, as its file has them, come in; their fields go out. */

import { h, newId } from "./elements.js";
import { checks, date, kept, number, pick, rows, text, untouched } from "./fields.js";
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

const unsureField = (rate, words) => {
  const field = number("unsure", words, { read: readFactor, shown: String });
  field.show(rate?.unsure);
  return field;
};

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
  const way = pick("states.way", "How do you tell how common each answer is?", () => WAYS);
  way.show(seen ? "seen" : "of");
  const isCounted = () => way.read().form === "seen";
  const how = {
    read: (said) => (isCounted() ? readCount(said) : readShare(said)),
    shown: (form) => (seen ? String(form) : showShare(form)),
  };
  const make = (i) => [
    text(`states.${i}.label`, "answer", {}),
    number(`states.${i}.share`, () => (isCounted() ? "seen" : "of 100"), how),
  ];
  const asked = "Which answers are there, and of 100 such cases, in how many is it this one?";
  const field = rows("states", asked, make, { add: "another answer", least: 3 });
  field.covers = "base_rate";
  const shown = known.map((name) => {
    const one = (seen ?? rate)[name];
    return Object.assign([labels[name], one === "rest" ? undefined : one], { name });
  });
  field.show(shown);
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
    field
      .made()
      .map((one) => ({
        ...{ sign: signOf(one), form: one.form },
        ...{ label: one.fields[0].read(), of: one.fields[1].read() },
      }))
      .filter(({ label }) => label.form);
  const answers = () => filled().map(({ sign, label }) => [sign, label.form]);
  const none = pick("none", "Which answer says that none of the others came about?", answers, {
    first: "the last one",
  });
  none.show(entry?.none);
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
    const forms = all.map(({ of }) => of.form);
    return forms.some((form) => form !== undefined)
      ? restWords(
          forms,
          all.map(({ label }) => label.form),
        )
      : "";
  };
  field.el.append(h("p.fc-note", () => note() || (isCounted() ? "" : REST)));
  const beside = besides(rate, [...known, "seen", "unsure"]);
  const told = () => {
    const doubt = field
      .made()
      .flatMap(({ fields }) => fields.map((one) => one.read()))
      .find((one) => one.doubt)?.doubt;
    if (doubt) return { field: "states", doubt };
    const all = filled();
    if (all.length < 2) return { field: "states", doubt: "Write at least two answers." };
    const factor = isOrdered() ? unsure.read() : {};
    if (factor.doubt) return { field: "unsure", doubt: factor.doubt };
    const called = names();
    const keys = Object.values(called);
    const states = Object.fromEntries(all.map(({ sign, label }) => [called[sign], label.form]));
    const other = isFirst() ? called[none.read().form] : undefined;
    const numbers = [way, unsure, ...field.made().map(({ fields }) => fields[1])];
    // Where labels only were changed, the numbers stay, whatever their form.
    if (entry && keys.join() === known.join() && untouched(numbers))
      return { states, none: other, base_rate: entry.base_rate };
    const forms = all.map(({ of }) => of.form);
    const doubted = isCounted()
      ? forms.includes(undefined) && "Write for each answer how often it was seen."
      : missed(forms);
    if (doubted) return { field: "states", doubt: doubted };
    const shares = Object.fromEntries(keys.map((name, i) => [name, forms[i] ?? "rest"]));
    return {
      states,
      none: other,
      base_rate: {
        ...(isCounted() ? { seen: shares } : shares),
        ...beside,
        ...(factor.form === undefined ? {} : { unsure: factor.form }),
      },
    };
  };
  const el = h("div", [
    way.el,
    field.el,
    h("div", { hidden: () => !isFirst() }, none.el),
    h("div", { hidden: () => !isOrdered() }, unsure.el),
  ]);
  const fields = () => [way, field, ...field.all().flat(), none, unsure];
  return { el, told, fields, answers, names };
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
    const field = number(`${key}.${one}`, `“${story.labelOf(event, one)}”`, {
      read: (said) => readShare(said, { closed }),
      shown: showShare,
    });
    field.show(own?.[one]);
    return field;
  });
  const el = h("fieldset.fc-question", { "data-field": key }, [
    h("legend", h("span.fc-asked", asked)),
    h(
      "div.fc-pair",
      fields.map((one) => one.el),
    ),
    h("p.fc-note", note),
  ]);
  const told = () => {
    const read = fields.map((field, i) => [keys[i], field.read().form]);
    return Object.fromEntries(read.filter(([, form]) => form !== undefined));
  };
  return { el, fields, told };
}

/** Rows of named parts: a name, and the fields of what it takes in, read and written by `how`. */
function cutsField(entry, asked, { make, shown, written, stays = () => true }) {
  const own = entry?.cuts ?? {};
  const named = (i) => [text(`cuts.${i}.name`, "called", {}), ...make(i)];
  const field = rows("cuts", asked, named, { add: "a part", least: 0 });
  field.show(
    Object.entries(own).map(([name, said]) =>
      Object.assign([spaced(name), ...shown(said)], { said }),
    ),
  );
  const fields = () => [field, ...field.all().flat()];
  return {
    ...field,
    fields,
    told() {
      if (entry && untouched(fields()) && Object.values(own).every(stays))
        return { form: entry.cuts };
      const result = {};
      for (const { fields: row, form } of field.made()) {
        const [{ form: name }, ...parts] = [row[0].read(), ...row.slice(1)];
        const isOwn = form && untouched(parts) && stays(form.said);
        const { form: said, doubt } = isOwn ? { form: form.said } : written(...parts);
        if (doubt) return { doubt };
        if (!name && said === undefined) continue;
        if (!name || said === undefined)
          return { doubt: "A part needs a name, and what it takes in." };
        const old = Object.keys(own).find((one) => spaced(one) === name);
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
    const field = number(`amount.${level}`, words, { read: readAmount, shown: String });
    field.show((rate?.quantiles ?? rate)?.[level]);
    return field;
  });
  const amount = typeof entry?.quantity === "object" ? entry.quantity : {};
  const unit = text("quantity", "Counted in (tonnes, deaths, dollars)", {});
  unit.show(amount.unit);
  const whole = pick("whole", "It comes in", () => WHOLE);
  whole.show(/^(yes|true)$/i.test(amount.whole) ? "yes" : undefined);
  const scale = pick("scale", "What lies equally far from an amount?", () => SCALES, {
    first: "whatever suits the amounts above",
  });
  scale.show(amount.scale);
  const unsure = unsureField(
    rate,
    "Not sure of these points? So many times higher or lower the odds of more may be",
  );
  const cuts = cutsOfAmount(entry);
  points[0].covers = "base_rate";
  const fields = () => [unit, whole, ...points, scale, unsure, ...cuts.fields()];
  const due = (level) => level !== "best" && !isModelled;
  const told = () => {
    const read = points.map((one) => one.read());
    const doubts = read.flatMap(({ doubt, form }, i) => {
      const isDue = form === undefined && due(levels[i]);
      const words = doubt ?? (isDue ? "An amount is due here." : null);
      return words ? [{ field: points[i].key, words }] : [];
    });
    const [cut, factor] = [cuts.told(), unsure.read()];
    if (cut.doubt) doubts.push({ field: "cuts", words: cut.doubt });
    if (factor.doubt) doubts.push({ field: "unsure", words: factor.doubt });
    if (doubts.length) return { doubts };
    const given = levels
      .map((level, i) => [level, read[i].form])
      .filter(([, form]) => form !== undefined);
    const all = Object.fromEntries(given);
    const bare = besides(rate, [...Object.keys(POINTS), "quantiles", "unsure"]);
    const stated = given.length ? (rate?.quantiles ? { quantiles: all } : all) : {};
    const beside = factor.form === undefined ? {} : { unsure: factor.form };
    const { model: _, ...others } = bare;
    return {
      entry: {
        quantity: kept({
          ...{ ...amount, unit: unit.read().form, scale: scale.read().form },
          whole: whole.touched() ? whole.read().form : amount.whole,
        }),
        base_rate: given.length ? { ...stated, ...others, ...beside } : { ...bare, ...beside },
        cuts: cut.form,
      },
    };
  };
  const el = h("div", [
    h("div.fc-pair", unit.el, whole.el),
    points.map((one) => one.el),
    cuts.el,
    h("details", { open: amount.scale !== undefined || rate?.unsure !== undefined }, [
      h("summary", "More: on which scale, and how sure of the points"),
      scale.el,
      unsure.el,
    ]),
  ]);
  return { el, told, fields };
}

/** One row of a table of several states: a number for each, of which the last is worked out. */
function rowOfStates(app, name, key, row, entry) {
  const isList = Array.isArray(row);
  const keys = Object.keys(row);
  const states = Object.values(labelsIn(entry));
  const labels = keys.map((one) => (isList ? states[one] : app.story.labelOf(name, one)));
  const fields = keys.map((one, i) => {
    const field = number(`table.${key}.${one}`, labels[i], {
      read: (said) => readShare(said, { closed: true }),
      shown: showShare,
    });
    field.show(row[one] === "rest" ? undefined : row[one]);
    return field;
  });
  // Of two, one is typed and the other worked out.
  const typed =
    keys.length === 2
      ? Math.max(
          0,
          keys.findIndex((one) => row[one] !== "rest"),
        )
      : -1;
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
    els: [
      h(
        "div.fc-pair",
        asked.map(({ el }) => el),
      ),
      h("p.fc-note", note),
    ],
    fields: asked,
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
  const field = number(`table.${key}`, "of 100", {
    read: (said) => readShare(said, { closed: true }),
    shown: showShare,
  });
  field.show(row);
  return {
    els: [h("div.fc-pair", field.el)],
    fields: [field],
    doubt: () => (field.read().form === undefined ? "A number is due here." : ""),
    form: () => field.read().form,
  };
}

/** The rows of a table: for every combination of its parents, what it then comes to. */
export function tableField(app, name, entry) {
  const { table, parents = [] } = entry;
  const isBare = parents.length === 0 && !(typeof table === "object" && "" in table);
  const all = Object.entries(isBare ? { "": table } : table).map(([words, row]) => {
    const key = words.split(",").map((one) => one.trim());
    const made =
      labelsIn(entry) && entry.states
        ? rowOfStates(app, name, key.join("."), row, entry)
        : rowOfYesNo(key.join("."), row);
    const where = words ? `Where ${app.story.rowWords(name, key.join(", "))}` : "In all cases";
    return { words, made, key: `table.${key.join(".")}`, where };
  });
  const el = h("fieldset.fc-question", { "data-field": "table" }, [
    h("legend", h("span.fc-asked", "Of 100 such cases, in how many is it so?")),
    all.map(({ key, made, where }) =>
      h("fieldset.fc-question", { "data-field": key }, [h("legend", where), made.els]),
    ),
  ]);
  return {
    el,
    fields: () => all.flatMap(({ made }) => made.fields),
    told() {
      const doubts = all.flatMap(({ made }) =>
        made.doubt() ? [{ field: made.fields[0].key, words: made.doubt() }] : [],
      );
      const read = all.flatMap(({ made }) => made.fields.filter((one) => one.read().doubt));
      if (read.length) return { doubts: [] }; // told beside its field
      if (doubts.length) return { doubts };
      const written = Object.fromEntries(all.map(({ words, made }) => [words, made.form()]));
      return { entry: { table: isBare ? written[""] : written } };
    },
  };
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
  const how = pick("settled", "Is it settled already?", () => [["", "not yet"], ...answers]);
  const value = number("value", "What did it come to?", { read: readAmount, shown: String });
  const day = date("settled_on", "Since which day?");
  const { happened, ruled_out: never, settled } = entry;
  const known = settled && (entry.quantity ? "settled" : `settled ${settled.state}`);
  how.show(happened ? "happened" : never ? "ruled_out" : known);
  value.show(settled?.value);
  day.show(happened ?? never ?? settled?.date);
  const isOpen = () => !how.read().form;
  const all = entry.quantity ? [how, value, day] : [how, day];
  return {
    el: h("div", { hidden: () => !isSame() }, [
      how.el,
      h("div", { hidden: isOpen }, [entry.quantity && value.el, day.el]),
    ]),
    fields: () => (isSame() ? (isOpen() ? [how] : all) : []),
    doubts(said) {
      if (!isSame() || !said.settled) return [];
      const due = [];
      if (entry.quantity && said.value === undefined)
        due.push({ field: "value", words: "Which amount?" });
      if (!said.settled_on) due.push({ field: "settled_on", words: "On which day?" });
      return due;
    },
    told(said) {
      const none = { happened: undefined, ruled_out: undefined, settled: undefined };
      if (!isSame()) return none; // of another sort of answer
      if (untouched(all)) return {};
      const [key, state] = (said.settled ?? "").split(" ");
      if (!key) return none;
      if (key !== "settled") return { ...none, [key]: said.settled_on };
      const came = state ? { state } : { value: said.value };
      return { ...none, settled: { ...came, date: said.settled_on } };
    },
  };
}
