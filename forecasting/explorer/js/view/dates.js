/** An event that can happen on any day comes in; how probable it is by each date goes out. */

import { day, percent } from "./numbers.js";
import { h, keep, mark, share, svg } from "./elements.js";
import { DRAWN, labels } from "./states.js";

const LEVELS = [0.1, 0.25, 0.5, 0.75, 0.9];
const DAY = 24 * 60 * 60 * 1000;
const STEPS = 24;

const timeOf = (iso) => Date.parse(`${iso}T00:00:00Z`);
const isoOf = (time) => new Date(time).toISOString().slice(0, 10);
const hazard = (p) => -Math.log1p(-Math.min(p, 1 - 1e-12));

/** Join what is known at dates by one rate between each two of them, from nothing on the first day. */
function joined(points) {
  const at = (time) => {
    const i = points.findIndex((one) => one.time >= time);
    if (i <= 0) return i ? points.at(-1).p : points[0].p;
    const [a, b] = [points[i - 1], points[i]];
    const part = (time - a.time) / (b.time - a.time);
    return -Math.expm1(-(hazard(a.p) + part * (hazard(b.p) - hazard(a.p))));
  };
  /** The first day by which it is so probable; null if it never is. */
  const when = (level) => {
    const i = points.findIndex(({ p }) => p >= level);
    if (i < 1) return i ? null : points[0].time;
    const [a, b] = [points[i - 1], points[i]];
    const part = (hazard(level) - hazard(a.p)) / (hazard(b.p) - hazard(a.p));
    return Math.ceil((a.time + part * (b.time - a.time)) / DAY) * DAY;
  };
  return { at, when };
}

/** A curve of the probability by date, for an event that occurs, where there are several dates. */
export function byDates(app, event) {
  const { by_dates: isDated } = app.story.events[event];
  if (!isDated || !app.story.asOf || app.story.ends.length < 2) return null;
  const curve = svg("path", { class: "fc-curve", "vector-effect": "non-scaling-stroke" });
  const dots = h("span.fc-lines");
  const below = h("span.fc-points");
  const list = h("ul.fc-bywhen");
  const plot = h("span.fc-plot", { role: "img" }, svg("svg", DRAWN.view, curve), dots);
  const levels = ["100%", "50%", "0"].map((level) => h("i", level));
  const scale = h("span.fc-levels", { "aria-hidden": "true" }, levels);
  const draw = () => {
    const first = app.settings.now.as_of ?? app.story.asOf;
    const found = app.once(`dates ${event}`, () => app.engine.horizons(app.settings.now, event));
    const points = [
      { time: timeOf(first), p: 0 },
      ...found.map(({ by, posterior }) => ({ time: timeOf(by), p: posterior })),
    ];
    const [from, to] = [points[0].time, points.at(-1).time];
    const along = (time) => (time - from) / (to - from || 1);
    const { at, when } = joined(points);
    const steps = Array.from({ length: STEPS + 1 }, (_, i) => from + ((to - from) * i) / STEPS);
    const place = (time) => DRAWN.point(along(time), 1 - at(time));
    const all = [...steps, ...points.map(({ time }) => time)].toSorted((a, b) => a - b);
    mark(curve, "d", `M${all.map(place).join("L")}`);
    const known = points.slice(1).map(({ time, p }) => {
      const place = { "style.left": share(along(time)), "style.top": share(1 - p) };
      return { place, title: `${percent(p)} by ${day(isoOf(time))}` };
    });
    dots.replaceChildren(
      ...known.map(({ title, place }) => h("i.fc-date-dot", { title, ...place })),
    );
    labels(below, [from, to].map((time) => ({ at: along(time), text: day(isoOf(time)) })));
    const reached = (level) => {
      const time = when(level);
      const by = time === null ? `not by ${day(isoOf(to))}` : `by ${day(isoOf(time))}`;
      return h("li", h("b.fc-p", percent(level)), " ", by);
    };
    list.replaceChildren(...LEVELS.map(reached));
    const told = known.map(({ title }) => title).join(", ");
    mark(plot, "aria-label", `${app.story.title(event)}: ${told}`);
  };
  const folded = h("details.fc-frequency", { ontoggle: () => folded.open && draw() }, [
    h("summary", "By when"),
    h("div.fc-bydates", h("div.fc-curves", scale, plot, below), list),
    h("p.fc-note", "Between two dates it is taken to come at one rate."),
  ]);
  keep(() => folded.open && draw());
  return folded;
}
