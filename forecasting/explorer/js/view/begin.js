/** A case without a question comes in; what to do first goes out. */

import { addButton } from "./bar.js";
import { h } from "./elements.js";

// A case that says nothing yet, in the terms of one that does.
export const BARE = {
  ...{ events: [], facts: [], sources: [], scenarios: [], propositions: [], links: [] },
  ...{ windows: [], views: {}, references: {}, scales: {} },
};

const WORDS =
  "A question is what a stranger could settle on a day: “Is the bridge closed on 1 June?” Then add " +
  "the conditions on which it hangs, and the facts that were seen.";

/** Where to begin: nothing else can be shown. */
export const begin = (app) =>
  h("section.fc-begin", [
    h("h2", "Begin with a question"),
    h("p", WORDS),
    addButton(app, "events"),
  ]);
