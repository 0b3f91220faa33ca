/** An address and settings come in; an address that holds these moves goes out, and is read. */

import { overlayText } from "../engine/overlay.js";
import { download } from "./handin.js";
import { NOTHING } from "./settings.js";

const MARK = "#fc=";

const LIKE = { "+": "-", "/": "_", "=": "" };
const encode = (text) =>
  btoa(String.fromCharCode(...new TextEncoder().encode(text))).replace(/[+/=]/g, (c) => LIKE[c]);
const decode = (text) => {
  const bytes = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return new TextDecoder().decode(Uint8Array.from(bytes, (c) => c.charCodeAt(0)));
};

/** Write settings into the fragment of an address, which no server is told of (RFC 4648, 5). */
const linkTo = (address, digest, settings) =>
  `${address.replace(/#.*$/s, "")}${MARK}${encode(JSON.stringify({ digest, settings }))}`;

const OTHER =
  "The moves in this address are of another case, or of this one as it was: nothing was moved.";
const BROKEN = "The moves in this address cannot be read: nothing was moved.";
const ASKED = "Python is asked for the file ...";

const record = (value) => {
  if (value?.constructor !== Object) throw TypeError("no record");
  return value;
};

// What is no number the engine takes as it comes.
const WORDS = {
  status: /^(pending|confirmed|absent)$/,
  grade: /^[A-F][1-6]?$/,
  reports: /^$/, // a list of none
};
const isKnown = ([path, value]) =>
  (WORDS[path.slice(path.lastIndexOf(".") + 1)] ?? /^/).test(value);

/** Read the moves of an address for a page: `moves`, or why they are `refused`, or neither. */
export function movesIn(fragment, { compiled, engine }) {
  if (!fragment.startsWith(MARK)) return {};
  try {
    const { digest, settings } = JSON.parse(decode(fragment.slice(MARK.length)));
    if (digest !== compiled.digest) return { refused: OTHER };
    const { overrides, given, do: made, as_of, by } = { ...NOTHING, ...record(settings) };
    const moves = {
      overrides: record(overrides),
      given: record(given),
      do: record(made),
      as_of,
      by,
    };
    if (!Object.entries(overrides).every(isKnown)) return { refused: BROKEN };
    engine.solve(moves); // what it does not know is no move of this page
    return { moves };
  } catch {
    return { refused: BROKEN };
  }
}

/** Copy the moves: as an address that opens the page with them, or as the text of an overlay. */
export async function copyMoves(app) {
  const { compiled, settings } = app;
  const text = app.isAddressed
    ? linkTo(location.href, compiled.digest, settings.now)
    : overlayText(compiled, settings.now);
  const copied = await copyText(text);
  app.offer = copied ? "" : text;
  const what = app.isAddressed
    ? "The link is copied: it opens this page with your moves."
    : "A notebook has no link of its own: your moves are copied as the text of an overlay file.";
  app.inform(copied ? what : "The browser does not let the page copy: take the text below.");
}

/** Put a text on the clipboard; whether the browser let it. */
export async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}

/** Download the case of a desk, or what differs from a case as an overlay. */
export async function keepAsFile(app) {
  const { case: name, desk } = app.compiled;
  const keep = (text, file) => download(text, file, "application/yaml");
  const moves = () => keep(overlayText(app.compiled, app.settings.now), `${name}-moves.yaml`);
  if (desk?.text === undefined) return moves();
  // Python writes the moves into the case; without it they are a file of their own.
  if (app.connected) app.inform(ASKED);
  const { text } = app.connected ? await app.ask({ do: "text" }) : {};
  if (app.said === ASKED) app.inform("");
  keep(text ?? desk.text, `${name}.yaml`);
  return text === undefined && Object.keys(app.settings.now.overrides).length ? moves() : null;
}
