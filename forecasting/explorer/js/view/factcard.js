/** A fact comes in; what is claimed, what it bears on and who says so, as the fields of its card, go out. */

import { button, h, keep, part } from "./elements.js";
import { SHARE, TIMES, date, number, pick, share, text } from "./fields.js";
import { elementsOf, fieldsOf, fold, group, kept, takeAway, untouched } from "./fields.js";
import { partless, starts } from "./linkcard.js";
import { day } from "./numbers.js";
import { byAnswer } from "./several.js";
import { showShare } from "./typed.js";

// Who says so, where it is none of the sources that the case knows.
const NEW = "+";
const OURSELVES = "-";
const NOT_SO = "!";
const OWN = [
  [OURSELVES, "we saw it ourselves"],
  [NOT_SO, "we looked ourselves, and it is not so"],
];
const DOES = {
  raises: "where it holds, this is more likely",
  lowers: "where it holds, this is less likely",
  odds: "where it holds, this has other odds",
};
const DUE = "A number is due here: 30, or 20-40.";
const CHOOSE = { first: "choose…", needed: "Choose what it bears on." };

// How likely a fact was under each answer of an event, one by one, and under anything else.
const LIKELY = {
  ...{ key: "if", closed: true, rest: true },
  asked: "Of 100 such cases, in how many would we see this, if it is",
  note: "What is left empty is like anything else.",
};

/** How much something raises or lowers the chance of a fact: two fields, as the file has it. */
function strength(i, own = {}) {
  const ways = Object.entries(DOES).filter(([key]) => key !== "odds" || own.odds !== undefined);
  const key = Object.keys(DOES).find((one) => own[one] !== undefined);
  const does = pick(`bears_on.${i}.does`, "there", () => ways, { own: key });
  const words = "by so many times (odds)";
  const times = number(`bears_on.${i}.times`, words, TIMES, { own: own[key] });
  const [yes, no] = [own.if_yes, own.if_no].map(showShare);
  const two = `The file has two numbers: ${yes} of 100 where it holds, ${no} where not. A factor takes their place.`;
  const isOwn = () => Object.keys(own).length > 0 && untouched([does, times]);
  return {
    fields: [does, times],
    note: yes && h("p.fc-note", two),
    doubts: () =>
      isOwn() || times.read().form !== undefined
        ? []
        : [{ field: times.key, words: "Write how many times, such as 3." }],
    told: () => (isOwn() ? own : { [does.read().form ?? "raises"]: times.read().form }),
  };
}

/** What a fact bears on: one thing, with its numbers; or several, each with a factor. */
function bearings(app, entry) {
  const own = entry?.bears_on;
  const map = own && typeof own === "object" && !Array.isArray(own) ? own : null;
  const more = []; // the same fact on other things
  const single = () => more.length === 0 && !map;
  const first = pick("bears_on", "What does it bear on?", () => starts(app, single()), {
    ...CHOOSE,
    own: map ? Object.keys(map)[0] : own,
    note: partless(app),
  });
  // Which answer of several is meant, only the writer knows.
  if (!entry && app.selected && !app.compiled.empty && !app.story.isSeveral(app.selected))
    first.control.value = app.askedOf(app.selected) ?? "";
  const isSo = () => (first.read().form ? app.story.isSo(first.read().form) : "it is so");
  const asked = {
    if_yes: () => `If ${isSo()}: of 100 such cases, in how many would we see this?`,
    if_no: () => "If not: of 100, in how many would we see it all the same?",
  };
  const pairs = Object.entries(asked).map(([key, words]) =>
    share(key, words, { closed: true, own: entry?.[key] }),
  );
  const times = entry?.likelihood_ratio;
  const ratio =
    times !== undefined &&
    number("likelihood_ratio", "How many times likelier is this if it is so?", TIMES, {
      own: times,
    });
  const whole = () => {
    const event = first.read().form ?? "";
    return single() && event in app.story.events && app.story.isSeveral(event) ? event : null;
  };
  const sets = new Map(); // by event, how likely the fact is under each of its answers
  const answers = () => {
    const event = whole();
    const stated = own === event ? entry?.if : null;
    if (!sets.has(event)) sets.set(event, part(() => byAnswer(app, event, stated, LIKELY)));
    return sets.get(event);
  };
  const place = h("div");
  keep(() => {
    if (!whole()) return;
    const { el: set, update } = answers();
    if (place.firstChild !== set.el) place.replaceChildren(set.el);
    update();
  });
  const own0 = strength(0, map ? Object.values(map)[0] : undefined);
  const chance = "Of 100 such cases in which none of them holds, in how many would we see this?";
  const common = number("chance", chance, SHARE(), { own: entry?.chance });
  const list = h("div");
  const put = (name, told) => {
    const i = more.length + 1;
    const { el: one, update } = part(() => ({
      on: pick(`bears_on.${i}`, "and on", () => starts(app), {
        ...CHOOSE,
        needed: "Choose what it bears on, or take this away.",
        own: name,
      }),
      ...strength(i, told),
    }));
    const away = () => {
      more.splice(more.indexOf(one), 1);
      row.remove();
      app.cards.update();
      another.focus();
    };
    const fields = elementsOf([one.on, one.fields]);
    const row = h("div", [h("div.fc-rowof", fields, takeAway("Take this away", away)), one.note]);
    more.push(Object.assign(one, { update }));
    list.append(row);
    app.cards.update();
    if (!name) one.on.control.focus();
  };
  const another = button(
    "fc-quiet",
    { "data-adds": "bears_on", onclick: () => put() },
    "it bears on something else too",
  );
  for (const [name, told] of Object.entries(map ?? {}).slice(1)) put(name, told);
  keep(() => more.forEach(({ update }) => update()));
  const numbers = group("div", single, [
    group("div", () => !ratio && !whole(), pairs),
    ratio && group("div", () => !whole(), ratio),
    { el: group("div", whole, place).el, fields: () => (whole() ? answers().el.fields() : []) },
  ]);
  const parts = group("div", null, [
    first,
    numbers,
    group("div", () => !single(), group("div.fc-rowof", null, own0.fields), own0.note),
    { el: list, fields: () => more.flatMap((one) => [one.on, ...one.fields]) },
    group("div", () => !single(), common),
    group("div", () => !whole(), another),
  ]);
  // What nobody has touched stays as the file has it, whatever its form.
  const count = Object.keys(map ?? {}).length || 1;
  const asRead = () =>
    entry && !entry.draft && more.length === count - 1 && untouched(parts.fields());
  const none = Object.fromEntries(
    ["if", "likelihood_ratio", "if_yes", "if_no", "chance"].map((key) => [key, undefined]),
  );
  return {
    ...parts,
    doubts(said) {
      if (asRead()) return [];
      if (!single()) return [own0, ...more].flatMap((one) => one.doubts());
      const fields = numbers.fields();
      const open = fields.filter(({ key }) => said[key] === undefined);
      const due = whole() ? (open.length === fields.length ? open.slice(0, 1) : []) : open;
      return due.map(({ key }) => ({ field: key, words: DUE }));
    },
    entry(said) {
      if (asRead()) return {};
      if (whole()) return { bears_on: said.bears_on, ...none, if: answers().el.told() };
      if (single()) {
        const told = numbers.fields().map(({ key }) => [key, said[key]]);
        return { bears_on: said.bears_on, ...none, ...Object.fromEntries(told) };
      }
      const all = [own0, ...more].map((one) => [
        one.on ? one.on.read().form : said.bears_on,
        one.told(),
      ]);
      return { bears_on: Object.fromEntries(all), ...none, chance: said.chance };
    },
  };
}

/** Whether a report says what stands behind its fold. */
const isTold = (report) =>
  ["says", "date", "hit", "false", "why"].some((key) => report[key] !== undefined);

/** Parts of a card, here of one report: the i-th of its fact. */
function reportParts(app, i, report, sources, drop) {
  const key = (name) => `reports.${i}.${name}`;
  const known = () => Object.entries(sources()).map(([name, { title }]) => [name, title ?? name]);
  const graded = (scale) => () =>
    Object.entries(scale).map(([sign, words]) => [sign, `${sign}: ${words}`]);
  const who = pick(
    key("source"),
    i ? "Who else reports it?" : "Who says so?",
    () => [...known(), [NEW, "somebody new…"], ...(i ? [] : OWN)],
    { first: "choose…", needed: "Choose who says so.", own: report.source },
  );
  const title = text(key("title"), "Who is that?", {
    needed: "Write the name of the new source.",
  });
  const letter = pick(key("letter"), "How reliable is this source?", graded(app.story.letters), {
    first: "choose…",
    needed: "Choose how reliable the source is.",
    own: report.grade?.[0],
  });
  const credible = "How credible is what it says here?";
  const digit = pick(key("digit"), credible, graded(app.story.digits), {
    first: "choose…",
    needed: "Choose how credible the report is.",
    own: report.grade?.slice(1) || undefined,
  });
  const said = () => who.read().form;
  // A source has one letter in a case, as it is now: it may have been moved on the page.
  const own = () => (said() && app.letter(said())) ?? sources()[said()]?.letter ?? null;
  keep(() => {
    letter.control.disabled = Boolean(own());
    if (own()) letter.control.value = own();
  });
  const says = [
    ["yes", "it says so"],
    ["no", "it denies it"],
  ];
  const judged = {
    hit: "If it is so: of 100 such cases, in how many would it report this?",
    false: "If it is not so: of 100, in how many would it report this all the same?",
  };
  const rates = Object.entries(judged).map(([name, words]) =>
    number(key(name), words, SHARE({ closed: true }), { own: report[name] }),
  );
  const isJudged = () => rates.some(({ control }) => control.value.trim());
  const more = [
    pick(key("says"), "Does it say so?", () => says, { own: report.says }),
    date(key("date"), "Reported on which day, if not on that of the fact?", report.date),
    ...rates,
    text(key("why"), "Why this grade, or these numbers?", { own: report.why }),
  ];
  const isGraded = () => Boolean(said()) && ![OURSELVES, NOT_SO].includes(said());
  const words = "More of this report: that it denies it, its day, numbers for its credibility";
  const parts = group("fieldset.fc-question", null, [
    h("legend", i ? "Another report" : "Report"),
    who,
    group("div", () => said() === NEW, title),
    group("div", isGraded, [
      // Of a report that is judged by numbers a letter is read, and not asked for.
      { el: letter.el, fields: () => (isJudged() && !letter.read().form ? [] : [letter]) },
      group("div", () => !isJudged(), digit),
      fold(words, isTold(report), more),
    ]),
    i > 0 && button("fc-quiet", { onclick: drop }, "take this report away"),
  ]);
  return { ...parts, who, title, letter, digit, more, rates, said, isGraded, isJudged };
}

/** Who says so: reports, each with its source, how reliable that is, and how credible the report. */
function reports(app, entry, waits) {
  const all = [];
  let dropped = false;
  const list = h("div");
  const sources = () => app.desk?.entries?.sources ?? {};
  const put = (report = {}) => {
    const drop = () => {
      all.splice(all.indexOf(one), 1);
      one.el.remove();
      dropped = true;
      another.focus();
    };
    const made = part(() => reportParts(app, all.length, report, sources, drop));
    const one = { ...made.el, update: made.update, report };
    all.push(one);
    list.append(one.el);
    app.cards.update();
    return one;
  };
  const next = () => put().who.control.focus();
  const another = button(
    "fc-quiet",
    { "data-adds": "reports", onclick: next },
    "somebody else reports it too",
  );
  const seen = entry && !entry.reports?.length;
  if (entry?.reports?.length) entry.reports.forEach((report) => put(report));
  else put();
  if (seen && entry.status !== "pending") {
    all[0].update();
    all[0].who.show(entry.status === "absent" ? NOT_SO : OURSELVES);
  }
  keep(() => all.forEach(({ update }) => update()));
  /** What we saw ourselves: that it is so, or not; null where others report it. */
  const ourselves = () =>
    ({ [OURSELVES]: "confirmed", [NOT_SO]: "absent" })[all[0]?.said()] ?? null;
  /** Nobody has touched who says so: it stays as the file has it, whatever its form. */
  const asRead = () =>
    entry &&
    !entry.draft &&
    !dropped &&
    all.length === Math.max(1, entry.reports?.length ?? 0) &&
    all.every(({ who, title, digit, more, letter }) =>
      untouched([who, title, digit, ...more, ...(letter.control.disabled ? [] : [letter])]),
    );
  const parts = group("div", () => !waits(), [
    { el: list, fields: () => (asRead() ? [] : fieldsOf(all)) },
    group("div", () => ourselves() === null, another),
  ]);
  return {
    ...parts,
    doubts() {
      if (waits() || asRead()) return [];
      return all
        .filter((one) => one.isGraded() && one.isJudged())
        .flatMap(({ rates }) => rates.filter((one) => one.read().form === undefined))
        .map(({ key }) => ({ field: key, words: "Both numbers are due, or neither." }));
    },
    asRead,
    ourselves,
    /** New sources as edits, and the reports, which refer to them by their place among the edits. */
    told() {
      const [edits, made] = [[], {}];
      const titles = Object.fromEntries(
        Object.entries(sources()).map(([name, { title }]) => [(title ?? name).toLowerCase(), name]),
      );
      const named = (one) => {
        if (one.said() !== NEW) return one.said();
        const title = one.title.read().form ?? "";
        const key = title.toLowerCase();
        if (titles[key]) return titles[key];
        if (!made[key]) {
          edits.push({ add: "sources", name: null, words: title, entry: { title } });
          made[key] = `$${edits.length}`;
        }
        return made[key];
      };
      const written = all
        .filter((one) => one.isGraded())
        .map((one) => {
          const { grade: _, says: __, ...rest } = one.report;
          const said = Object.fromEntries(
            one.more.map(({ key, read }) => [key.split(".").at(-1), read().form]),
          );
          const letter = one.letter.control.value;
          const digit = one.isJudged() ? "" : (one.digit.read().form ?? "");
          return kept({
            ...{ ...rest, source: named(one) },
            ...{ ...said, says: said.says === "no" ? "no" : undefined },
            grade: `${letter}${digit}` || undefined,
          });
        });
      return { edits, reports: written };
    },
  };
}

/** A fact. */
export function factCard(app, what, entry) {
  const claim = text("claim", "What is the fact? One sentence", {
    rows: 2,
    needed: "Write in one sentence what is the case.",
    own: entry?.claim,
  });
  const when = date("date", "Since which day?", entry?.date);
  const on = bearings(app, entry);
  const isPending = entry?.status === "pending";
  const waits = h("input", { type: "checkbox", checked: isPending });
  const last = () => app.settings.now.as_of ?? app.compiled.as_of;
  const late = () => Boolean(when.read().form && last() && when.read().form > last());
  const isWaiting = () => waits.checked && (late() || isPending);
  const who = reports(app, entry, isWaiting);
  const until = date("watch_until", "How long is one to look out for it?", entry?.watch_until);
  const pending = " Keep it as pending: it counts for nothing until it is seen";
  const isKept = () => entry && who.asRead() && isWaiting() === isPending;
  const told = () => (isWaiting() || isKept() ? { edits: [] } : who.told());
  return {
    title: "Fact",
    parts: [
      claim,
      when,
      group("div", () => late() || isPending, [
        h("label.fc-option", waits, pending),
        group("div", isWaiting, until),
      ]),
      on,
      who,
      text("why", "Why these numbers?", { rows: 2, own: entry?.why }),
    ],
    doubts(said) {
      const words = `This is later than the day of the forecast, ${day(last())}. Take another day, or keep it as pending.`;
      return [
        ...(late() && !isWaiting() && !entry ? [{ field: "date", words }] : []),
        ...on.doubts(said),
        ...who.doubts(),
      ];
    },
    /** Sources that are new. */
    before: () => told().edits,
    entry(said) {
      // What is pending counts for nothing only as long as nobody reports it.
      const status = isWaiting() ? "pending" : (who.ourselves() ?? undefined);
      const known = who.ourselves() ? { status } : { status, reports: told().reports };
      return {
        ...entry,
        ...{ claim: said.claim, date: said.date, ...on.entry(said) },
        ...(isKept() ? {} : { reports: undefined, ...known }),
        ...(isWaiting() ? { watch_until: said.watch_until } : {}),
        why: said.why,
        draft: undefined, // once it has its numbers it counts
      };
    },
  };
}
