/** A fact comes in; what is claimed, what it bears on and who says so, as the fields of its card, go out. */

import { button, h, keep, part } from "./elements.js";
import { date, kept, number, pick, share, text, untouched } from "./fields.js";
import { starts } from "./linkcard.js";
import { day } from "./numbers.js";
import { byAnswer } from "./several.js";
import { readShare, readTimes, showShare, showTimes } from "./typed.js";

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
};
const SEEN = { read: (said) => readShare(said, { closed: true }), shown: showShare };
const TIMES = { read: readTimes, shown: showTimes };
const DUE = "A number is due here: 30, or 20-40.";

// How likely a fact was under each answer of an event, one by one, and under anything else.
const LIKELY = {
  ...{ key: "if", closed: true, rest: true },
  asked: "Of 100 such cases, in how many would we see this, if it is",
  note: "What is left empty is like anything else.",
};

/** How much something raises or lowers the chance of a fact: two fields, as the file has it. */
function strength(i, own) {
  const ways = Object.entries(DOES);
  if (own?.odds !== undefined) ways.push(["odds", "where it holds, this has other odds"]);
  const does = pick(`bears_on.${i}.does`, "there", () => ways);
  const times = number(`bears_on.${i}.times`, "by so many times (odds)", TIMES);
  const key = ["raises", "lowers", "odds"].find((one) => own?.[one] !== undefined);
  if (key) {
    does.show(key);
    times.show(own[key]);
  }
  const pair = own?.if_yes !== undefined && [own.if_yes, own.if_no].map(showShare);
  const isOwn = () => own && untouched([does, times]);
  return {
    does,
    times,
    fields: [does, times],
    note:
      pair &&
      h(
        "p.fc-note",
        `The file has two numbers: ${pair[0]} of 100 where it holds, ${pair[1]} where not. A factor takes their place.`,
      ),
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
  const options = () => starts(app, !map && more.length === 0);
  const more = []; // the same fact on other things
  const first = pick("bears_on", "What does it bear on?", options, {
    first: "choose…",
    needed: "Choose what it bears on.",
  });
  first.show(map ? Object.keys(map)[0] : (own ?? undefined));
  // Which answer of several is meant, only the writer knows.
  if (!entry && app.selected && !app.compiled.empty && !app.story.isSeveral(app.selected))
    first.control.value = app.askedOf(app.selected) ?? "";
  const isSo = () => (first.read().form ? app.story.isSo(first.read().form) : "it is so");
  const asked = {
    if_yes: () => `If ${isSo()}: of 100 such cases, in how many would we see this?`,
    if_no: () => "If not: of 100, in how many would we see it all the same?",
  };
  const pairs = Object.entries(asked).map(([key, words]) => share(key, words, { closed: true }));
  const ratio =
    entry?.likelihood_ratio !== undefined &&
    number("likelihood_ratio", "How many times likelier is this if it is so?", TIMES);
  for (const field of [...pairs, ratio].filter(Boolean)) field.show(entry?.[field.key]);
  const sets = new Map(); // by event, how likely the fact is under each of its answers
  const setOf = (event) => {
    const stated = own === event ? entry?.if : null;
    if (!sets.has(event))
      sets.set(
        event,
        part(() => byAnswer(app, event, stated, LIKELY)),
      );
    return sets.get(event);
  };
  const single = () => more.length === 0 && !map;
  const whole = () => {
    const event = first.read().form ?? "";
    return single() && event in app.story.events && app.story.isSeveral(event) ? event : null;
  };
  const answers = h("div");
  keep(() => {
    const set = whole() && setOf(whole());
    if (set && answers.firstChild !== set.el.el) answers.replaceChildren(set.el.el);
    set?.update();
  });
  const list = h("div");
  const own0 = strength(0, map && Object.values(map)[0]);
  const common = number(
    "chance",
    "Of 100 such cases in which none of them holds, in how many would we see this?",
    { read: (said) => readShare(said), shown: showShare },
  );
  common.show(entry?.chance);
  const put = (name, told) => {
    const i = more.length + 1;
    const { el: one, update } = part(() => ({
      on: pick(`bears_on.${i}`, "and on", () => starts(app), {
        first: "choose…",
        needed: "Choose what it bears on, or take this away.",
      }),
      ...strength(i, told),
    }));
    one.update = update;
    const away = () => {
      more.splice(more.indexOf(one), 1);
      row.remove();
      app.cards.update();
      another.focus();
    };
    const row = h("div", [
      h(
        "div.fc-rowof",
        one.on.el,
        one.does.el,
        one.times.el,
        button("fc-quiet", { "aria-label": "Take this away", onclick: away }, "×"),
      ),
      one.note,
    ]);
    more.push(one);
    list.append(row);
    one.on.show(name);
    app.cards.update();
    if (!name) one.on.control.focus();
  };
  const another = button("fc-quiet", { onclick: () => put() }, "it bears on something else too");
  for (const [name, told] of Object.entries(map ?? {}).slice(1)) put(name, told);
  keep(() => more.forEach(({ update }) => update()));
  const isPair = () => single() && !ratio && !whole();
  const el = h("div", [
    first.el,
    h(
      "div",
      { hidden: () => !isPair() },
      pairs.map((one) => one.el),
    ),
    ratio && h("div", { hidden: () => !single() || Boolean(whole()) }, ratio.el),
    h("div", { hidden: () => !whole() }, answers),
    h("div", { hidden: single }, [h("div.fc-rowof", own0.does.el, own0.times.el), own0.note]),
    list,
    h("div", { hidden: single }, common.el),
    h("div", { hidden: () => Boolean(whole()) }, another),
  ]);
  const numbers = () => {
    if (whole()) return setOf(whole()).el.fields;
    return single() ? (ratio ? [ratio] : pairs) : [own0, ...more].flatMap((one) => one.fields);
  };
  const fields = () => [
    ...[first, ...numbers()],
    ...(single() ? [] : [...more.map(({ on }) => on), common]),
  ];
  // What nobody has touched stays as the file has it, whatever its form.
  const count = Object.keys(map ?? {}).length || 1;
  const asRead = () => entry && !entry.draft && more.length === count - 1 && untouched(fields());
  const none = Object.fromEntries(
    ["if", "likelihood_ratio", "if_yes", "if_no", "chance"].map((key) => [key, undefined]),
  );
  return {
    el,
    fields,
    doubts(said) {
      if (asRead()) return [];
      if (!single()) return [own0, ...more].flatMap((one) => one.doubts());
      const isDue = ({ key }) => said[key] === undefined;
      const due = whole() && !numbers().every(isDue) ? [] : numbers().filter(isDue);
      return due.slice(0, whole() ? 1 : 2).map(({ key }) => ({ field: key, words: DUE }));
    },
    entry(said) {
      if (asRead()) return {};
      if (whole()) return { bears_on: said.bears_on, ...none, if: setOf(whole()).el.told() };
      if (single())
        return {
          ...{ bears_on: said.bears_on, ...none },
          ...Object.fromEntries(numbers().map(({ key }) => [key, said[key]])),
        };
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
  ["says", "date", "hit", "false", "why"].some((key) => report?.[key] !== undefined);

/** Who says so: reports, each with its source, how reliable that is, and how credible the report. */
function reports(app, entry, waits) {
  const all = [];
  let dropped = false;
  const list = h("div");
  const sources = () => app.desk?.entries?.sources ?? {};
  const graded = (scale) =>
    Object.entries(scale).map(([sign, words]) => [sign, `${sign}: ${words}`]);
  const put = (report = null) => {
    const i = all.length;
    const made = part(() => {
      const known = () =>
        Object.entries(sources()).map(([name, { title }]) => [name, title ?? name]);
      const who = pick(
        `reports.${i}.source`,
        i ? "Who else reports it?" : "Who says so?",
        () => [...known(), [NEW, "somebody new…"], ...(i ? [] : OWN)],
        { first: "choose…", needed: "Choose who says so." },
      );
      const title = text(`reports.${i}.title`, "Who is that?", {
        needed: "Write the name of the new source.",
      });
      const letter = pick(
        `reports.${i}.letter`,
        "How reliable is this source?",
        () => graded(app.story.letters),
        { first: "choose…", needed: "Choose how reliable the source is." },
      );
      const digit = pick(
        `reports.${i}.digit`,
        "How credible is what it says here?",
        () => graded(app.story.digits),
        { first: "choose…", needed: "Choose how credible the report is." },
      );
      const said = () => who.read().form;
      // A source has one letter in a case, as it is now: it may have been moved on the page.
      const own = () => (said() && app.letter(said())) ?? sources()[said()]?.letter ?? null;
      const denies = pick(`reports.${i}.says`, "Does it say so?", () => [
        ["yes", "it says so"],
        ["no", "it denies it"],
      ]);
      keep(() => {
        letter.control.disabled = Boolean(own());
        if (own()) letter.control.value = own();
      });
      const judged = {
        hit: "If it is so: of 100 such cases, in how many would it report this?",
        false: "If it is not so: of 100, in how many would it report this all the same?",
      };
      const rates = Object.entries(judged).map(([key, words]) =>
        number(`reports.${i}.${key}`, words, SEEN),
      );
      const isJudged = () => rates.some(({ control }) => control.value.trim());
      const when = date(`reports.${i}.date`, "Reported on which day, if not on that of the fact?");
      const reason = text(`reports.${i}.why`, "Why this grade, or these numbers?");
      const more = [denies, when, ...rates, reason];
      const isGraded = () => said() && ![OURSELVES, NOT_SO].includes(said());
      const away = button("fc-quiet", { onclick: () => drop() }, "take this report away");
      const el = h("fieldset.fc-question", [
        h("legend", i ? "Another report" : "Report"),
        who.el,
        h("div", { hidden: () => said() !== NEW }, title.el),
        h("div", { hidden: () => !isGraded() }, [
          letter.el,
          h("div", { hidden: isJudged }, digit.el),
          h("details", { open: isTold(report) }, [
            h(
              "summary",
              "More of this report: that it denies it, its day, numbers for its credibility",
            ),
            more.map((one) => one.el),
          ]),
        ]),
        i > 0 && away,
      ]);
      const fields = () => [
        who,
        ...(said() === NEW ? [title] : []),
        ...(isGraded() ? ofSource() : []),
      ];
      const ofSource = () => [
        ...(isJudged() && !letter.read().form ? [] : [letter]),
        ...(isJudged() ? [] : [digit]),
        ...more,
      ];
      return {
        el,
        who,
        title,
        letter,
        digit,
        denies,
        more,
        rates,
        fields,
        said,
        isGraded,
        isJudged,
      };
    });
    const one = { ...made.el, update: made.update, report };
    const drop = () => {
      all.splice(all.indexOf(one), 1);
      one.el.remove();
      dropped = true;
      another.focus();
    };
    all.push(one);
    list.append(one.el);
    if (report) {
      one.who.show(report.source);
      one.letter.show(report.grade?.[0]);
      one.digit.show(report.grade?.slice(1) || undefined);
      one.denies.show(report.says);
      one.more.slice(1).forEach((field) => field.show(report[field.key.split(".").at(-1)]));
    }
    app.cards.update();
    return one;
  };
  const another = button(
    "fc-quiet",
    { onclick: () => put().who.control.focus() },
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
  return {
    el: h(
      "div",
      { hidden: waits },
      list,
      h("div", { hidden: () => ourselves() !== null }, another),
    ),
    fields: () => (waits() || asRead() ? [] : all.flatMap((one) => one.fields())),
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
          const { grade: _, says: __, ...rest } = one.report ?? {};
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
  });
  const when = date("date", "Since which day?");
  const on = bearings(app, entry);
  const waits = h("input", { type: "checkbox", checked: entry?.status === "pending" });
  const who = reports(app, entry, () => isWaiting());
  const why = text("why", "Why these numbers?", { rows: 2 });
  const until = date("watch_until", "How long is one to look out for it?");
  claim.show(entry?.claim);
  when.show(entry?.date);
  why.show(entry?.why);
  until.show(entry?.watch_until);
  const late = () => {
    const [said, last] = [when.read().form, app.settings.now.as_of ?? app.compiled.as_of];
    return Boolean(said && last && said > last);
  };
  const isWaiting = () => waits.checked && (late() || entry?.status === "pending");
  const waiting = h("div", { hidden: () => !late() && entry?.status !== "pending" }, [
    h("label.fc-option", waits, " Keep it as pending: it counts for nothing until it is seen"),
    h("div", { hidden: () => !isWaiting() }, until.el),
  ]);
  return {
    title: "Fact",
    els: [claim.el, when.el, waiting, on.el, who.el, why.el],
    fields: () => [
      claim,
      when,
      ...(isWaiting() ? [until] : []),
      ...on.fields(),
      ...who.fields(),
      why,
    ],
    doubts(said) {
      const last = app.settings.now.as_of ?? app.compiled.as_of;
      const words = `This is later than the day of the forecast, ${day(last)}. Take another day, or keep it as pending.`;
      return [
        ...(late() && !isWaiting() && !entry ? [{ field: "date", words }] : []),
        ...on.doubts(said),
        ...who.doubts(),
      ];
    },
    told: () => claim.read().form,
    edits(said) {
      const isKept = entry && who.asRead() && isWaiting() === (entry.status === "pending");
      const { edits, reports: told } = isWaiting() || isKept ? { edits: [] } : who.told();
      // What is pending counts for nothing only as long as nobody reports it.
      const status = isWaiting() ? "pending" : (who.ourselves() ?? undefined);
      const known = who.ourselves() ? { status } : { status, reports: told };
      const fact = {
        ...(entry ?? {}),
        ...{ claim: said.claim, date: said.date, ...on.entry(said) },
        ...(isKept ? {} : { reports: undefined, ...known }),
        ...(isWaiting() ? { watch_until: said.watch_until } : {}),
        why: said.why,
        draft: undefined, // once it has its numbers it counts
      };
      const written = kept(fact);
      return [
        ...edits,
        entry
          ? { replace: ["evidence", what.name], entry: written }
          : { add: "evidence", name: null, words: said.claim, entry: written },
      ];
    },
  };
}
