/** A fact comes in; what is claimed, what it bears on and who says so, as the fields of its card, go out. */

import { button, h, keep, part } from "./elements.js";
import { date, number, pick, share, text, untouched } from "./fields.js";
import { starts } from "./linkcard.js";
import { day } from "./numbers.js";
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

/** What a fact bears on: one thing, with two shares; or several, each with a factor. */
function bearings(app, entry) {
  const own = entry?.bears_on;
  const map = own && typeof own === "object" && !Array.isArray(own) ? own : null;
  const first = pick("bears_on", "What does it bear on?", () => starts(app), {
    first: "choose…",
    needed: "Choose what it bears on.",
  });
  first.show(map ? Object.keys(map)[0] : (own ?? app.askedOf?.(app.selected ?? "") ?? undefined));
  if (!entry && app.selected && !app.compiled.empty)
    first.control.value = app.askedOf(app.selected) ?? "";
  const titled = () => `“${app.story.title(first.read().form ?? "it")}”`;
  const pairs = {
    if_yes: share("if_yes", "", { closed: true }),
    if_no: share("if_no", "", { closed: true }),
  };
  for (const [key, field] of Object.entries(pairs)) field.show(entry?.[key]);
  const elsewise = entry && (entry.if !== undefined || entry.likelihood_ratio !== undefined);
  keep(() => {
    const asked = {
      if_yes: `If ${titled()} is coming: of 100 such cases, in how many would we see this?`,
      if_no: "If it is not: of 100, in how many would we see it all the same?",
    };
    for (const [key, words] of Object.entries(asked))
      pairs[key].el.querySelector(".fc-asked").textContent = words;
  });
  const more = []; // the same fact on other things
  const list = h("div");
  const times = { read: readTimes, shown: showTimes };
  const strength = (i) => ({
    does: pick(`bears_on.${i}.does`, "there", () => Object.entries(DOES)),
    times: number(`bears_on.${i}.times`, "by so many times (odds)", times),
  });
  const own0 = part(() => strength(0));
  const common = number(
    "chance",
    "Of 100 such cases in which none of them holds, in how many would we see this?",
    { read: (said) => readShare(said), shown: showShare },
  );
  common.show(entry?.chance);
  const put = (name, told) => {
    const made = part(() => ({
      on: pick(`bears_on.${more.length + 1}`, "and on", () => starts(app), {
        first: "choose…",
        needed: "Choose what it bears on, or take this away.",
      }),
      ...strength(more.length + 1),
    }));
    const one = { ...made.el, update: made.update };
    const away = () => {
      more.splice(more.indexOf(one), 1);
      row.remove();
      another.focus();
    };
    const row = h(
      "div.fc-rowof",
      one.on.el,
      one.does.el,
      one.times.el,
      button("fc-quiet", { "aria-label": "Take this away", onclick: away }, "×"),
    );
    more.push(one);
    list.append(row);
    one.on.show(name);
    fillIn(one, told);
    app.cards.update();
    if (!name) one.on.control.focus();
  };
  const fillIn = (one, told = {}) => {
    const does = ["raises", "lowers"].find((key) => told[key] !== undefined);
    if (!does) return;
    one.does.show(does);
    one.times.show(told[does]);
  };
  const another = button("fc-quiet", { onclick: () => put() }, "it bears on something else too");
  for (const [i, [name, told]] of Object.entries(map ?? {}).entries()) {
    if (i) put(name, told);
    else fillIn(own0.el, told);
  }
  keep(() => {
    own0.update();
    more.forEach(({ update }) => update());
  });
  const single = () => more.length === 0 && (!map || Object.keys(map).length < 2);
  const stays = () =>
    elsewise &&
    Object.values(pairs).every((field) => !field.touched() || field.read().form === undefined);
  const el = h("div", [
    first.el,
    elsewise &&
      h(
        "p.fc-note",
        "The file states its strength in another way; two numbers here take its place.",
      ),
    h("div", { hidden: () => !single() }, [pairs.if_yes.el, pairs.if_no.el]),
    h("div", { hidden: single }, [own0.el.does.el, own0.el.times.el]),
    list,
    h("div", { hidden: single }, common.el),
    another,
  ]);
  // What nobody has touched stays as the file has it, whatever its form.
  const count = Object.keys(map ?? {}).length || 1;
  const asRead = () =>
    entry &&
    more.length === count - 1 &&
    untouched([first, ...Object.values(pairs), own0.el.does, own0.el.times, common]) &&
    more.every(({ on, does, times: factor }) => untouched([on, does, factor]));
  const told = ({ does, times: factor }) => ({
    [does.read().form ?? "raises"]: factor.read().form,
  });
  return {
    el,
    fields: () =>
      single()
        ? [first, ...Object.values(pairs)]
        : [
            first,
            own0.el.does,
            own0.el.times,
            ...more.flatMap(({ on, does, times: factor }) => [on, does, factor]),
            common,
          ],
    doubts(said) {
      if (asRead()) return [];
      const due = (key) => ({ field: key, words: "A number is due here: 30, or 20-40." });
      if (!single())
        return [own0.el, ...more]
          .filter((one) => one.times.read().form === undefined)
          .map((one) => ({ field: one.times.key, words: "Write how many times, such as 3." }));
      return stays() ? [] : ["if_yes", "if_no"].filter((key) => said[key] === undefined).map(due);
    },
    entry(said) {
      if (asRead()) return {};
      if (single())
        return {
          bears_on: said.bears_on,
          chance: undefined,
          ...(stays()
            ? {}
            : {
                if: undefined,
                likelihood_ratio: undefined,
                if_yes: said.if_yes,
                if_no: said.if_no,
              }),
        };
      const all = [
        [said.bears_on, told(own0.el)],
        ...more.map((one) => [one.on.read().form, told(one)]),
      ];
      return {
        bears_on: Object.fromEntries(all),
        chance: said.chance,
        if: undefined,
        likelihood_ratio: undefined,
        if_yes: undefined,
        if_no: undefined,
      };
    },
  };
}

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
      const denies = pick(`reports.${i}.says`, "It", () => [
        ["yes", "reports it"],
        ["no", "denies it"],
      ]);
      keep(() => {
        letter.control.disabled = Boolean(own());
        if (own()) letter.control.value = own();
      });
      const isGraded = () => said() && ![OURSELVES, NOT_SO].includes(said());
      const away = button("fc-quiet", { onclick: () => drop() }, "take this report away");
      const el = h("fieldset.fc-question", [
        h("legend", i ? "Another report" : "Report"),
        who.el,
        h("div", { hidden: () => said() !== NEW }, title.el),
        h("div", { hidden: () => !isGraded() }, [
          letter.el,
          digit.el,
          h("details", h("summary", "It denies it"), denies.el),
        ]),
        i > 0 && away,
      ]);
      const fields = () => [
        who,
        ...(said() === NEW ? [title] : []),
        ...(isGraded() ? [letter, digit, denies] : []),
      ];
      return { el, who, title, letter, digit, denies, fields, said, isGraded };
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
    !dropped &&
    all.length === Math.max(1, entry.reports?.length ?? 0) &&
    all.every(({ who, title, digit, denies, letter }) =>
      untouched([who, title, digit, denies, ...(letter.control.disabled ? [] : [letter])]),
    );
  return {
    el: h(
      "div",
      { hidden: waits },
      list,
      h("div", { hidden: () => ourselves() !== null }, another),
    ),
    fields: () => (waits() || asRead() ? [] : all.flatMap((one) => one.fields())),
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
          const denied = one.denies.read().form === "no" ? { says: "no" } : {};
          const graded =
            one.report && one.report.grade === undefined && one.letter.read().form === undefined;
          const grade = graded
            ? {}
            : { grade: `${one.letter.control.value}${one.digit.read().form ?? ""}` };
          return { ...rest, source: named(one), ...grade, ...denied };
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
  const why = text("why", "Why these two numbers?", { rows: 2 });
  claim.show(entry?.claim);
  when.show(entry?.date);
  why.show(entry?.why);
  const late = () => {
    const [said, last] = [when.read().form, app.settings.now.as_of ?? app.compiled.as_of];
    return Boolean(said && last && said > last);
  };
  const isWaiting = () => waits.checked && (late() || entry?.status === "pending");
  const waiting = h("div", { hidden: () => !late() && entry?.status !== "pending" }, [
    h("label.fc-option", waits, " Keep it as pending: it counts for nothing until it is seen"),
  ]);
  return {
    title: "Fact",
    els: [claim.el, when.el, waiting, on.el, who.el, why.el],
    fields: () => [claim, when, ...on.fields(), ...who.fields(), why],
    doubts(said) {
      const last = app.settings.now.as_of ?? app.compiled.as_of;
      const words = `This is later than the day of the forecast, ${day(last)}. Take another day, or keep it as pending.`;
      return [
        ...(late() && !isWaiting() && !entry ? [{ field: "date", words }] : []),
        ...on.doubts(said),
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
        why: said.why,
      };
      const written = Object.fromEntries(
        Object.entries(fact).filter(([, value]) => value !== undefined),
      );
      return [
        ...edits,
        entry
          ? { replace: ["evidence", what.name], entry: written }
          : { add: "evidence", name: null, words: said.claim, entry: written },
      ];
    },
  };
}
