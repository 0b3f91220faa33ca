/** A compiled case and settings come in; a file of what differs goes out (overlay.py). */

// Characters that YAML refuses, or takes for the end of a line.
const UNSAFE = /[\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/g;
const escaped = (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`;
const written = (value) => JSON.stringify(value).replace(UNSAFE, escaped);

/** Write what differs from the case as an overlay file; what is only supposed is told in a comment. */
export function overlayText({ case: name, analyst = "analyst", added }, { overrides, ...supposed }) {
  const rows = Object.entries({ ...added, ...overrides }).sort();
  const left = Object.entries(supposed).filter(([, value]) => value && Object.keys(value).length);
  const place = (path) => (/^[\w.]+$/.test(path) ? path : written(path));
  return [
    ...left.map(([name, value]) => `# Only supposed, and no part of an overlay: ${name} ${written(value)}`),
    `analyst: ${written(analyst)}`,
    `case: ${name}`,
    rows.length ? "overrides:" : "overrides: {}",
    ...rows.map(([path, value]) => `  ${place(path)}: ${written(value)}`),
    "",
  ].join("\n");
}
