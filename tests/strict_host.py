"""The state of an explorer comes in; a page in a host of six functions and nothing else goes out.

The host stands for JupyterLab, Voila, marimo, VS Code and Colab, which have no more in common.
"""

from __future__ import annotations

import contextlib
import json

from forecasting.explorer.live import joined, style
from forecasting.explorer.widget import NOTHING

# As Python tells them: that it has heard comes last.
TRAITS = ("compiled", "shape", "settings", "outcome", "told", "asked", "file", "answered", "heard")

# Any other name that is asked of it, and any other way to call it, is an error.
HOST = """held => {
    const [acts, changed] = [{}, {}];
    globalThis.sent = [];
    globalThis.failures = [];
    globalThis.put = (given) => {
        const names = Object.keys(given).filter(
            (name) => JSON.stringify(held[name]) !== JSON.stringify(given[name]));
        Object.assign(held, given);
        for (const name of names) for (const act of acts[`change:${name}`] ?? []) act();
    };
    const refuse = (words) => { failures.push(words); throw TypeError(words); };
    const counted = (count, act) => (...given) =>
        given.length === count && (!count || typeof given[0] === "string")
            ? act(...given) : refuse(`called with ${JSON.stringify(given)}`);
    const known = {
        get: counted(1, (name) => structuredClone(held[name])),
        set: counted(2, (name, value) => { changed[name] = value; put({ [name]: value }); }),
        save_changes: counted(0, () => {
            sent.push(structuredClone(changed));
            for (const name of Object.keys(changed)) delete changed[name];
            globalThis.passOn?.(); // to a Python that answers by itself, where a test has one
        }),
        on: counted(2, (event, act) => { (acts[event] ??= []).push(act); }),
        off: counted(2, (event, act) => {
            acts[event] = acts[event].filter((one) => one !== act);
        }),
        send: (content) => {
            sent.push({ again: structuredClone(content) });
            globalThis.passOn?.();
        },
    };
    const barred = () => refuse("the host is not to be changed");
    globalThis.used = new Set();
    const given = (name) => { used.add(name); return known[name]; };
    const model = globalThis.model = new Proxy(known, {
        get: (_, name) => Object.hasOwn(known, name) ? given(name) : refuse(`no ${String(name)}`),
        has: (_, name) => refuse(`looked for ${String(name)}`),
        ...{ set: barred, defineProperty: barred, deleteProperty: barred, ownKeys: barred },
    });
    globalThis.leave = render({ model, el: document.querySelector("main") });
}"""


class Host:
    """A host with the six functions of anywidget's contract, and Python as the test plays it.

    ``compiled`` is the case that Python holds; anything else that it holds may be given, too.
    """

    def __init__(self, page, *, answers=True, **held):
        held = {
            **{"shape": held["compiled"]["shape"], "settings": NOTHING},
            **{"outcome": "", "told": 0, "heard": 0, "key": "k", "asked": {}, "answered": {}},
            **{"file": {"name": "", "kind": "", "saved": "", "problem": "", "conflict": None}},
            **held,
        }
        self.page = page
        page.clock.install()
        page.evaluate(HOST, held)
        self.root = page.locator(".fc:visible")
        self.root.wait_for()
        if answers:
            self.hear()

    def wait(self, milliseconds=300):
        """Let time pass: by itself, long enough for the page to tell what a hand has done."""
        self.page.clock.run_for(milliseconds)

    @contextlib.contextmanager
    def still(self):
        """Let no time pass but by `wait`, however slow the machine is."""
        self.page.clock.pause_at((self.page.evaluate("Date.now()") + 60_000) / 1000)
        yield
        self.page.clock.resume()

    def take(self):
        """What the page has sent since, in one piece."""
        self.wait()
        sent = self.page.evaluate("sent.splice(0)")
        return {name: value for message in sent for name, value in message.items()}

    def say(self, **given):
        """Let Python say something, all of it at once."""
        self.page.evaluate("given => put(given)", given)
        self.wait(1)

    def hear(self):
        """Let Python hear all there is; give what it was told."""
        sent = self.take()
        told = sent.get("told", sent.get("again", {}).get("told", 0))
        if told:
            self.say(heard=told)
        return sent

    def button(self, name):
        return self.root.get_by_role("button", name=name, exact=True)

    @property
    def notice(self):
        return self.root.locator(".fc-notice")

    @property
    def said(self):
        return self.root.locator(".fc-said").text_content()

    @property
    def settings(self):
        return json.loads(self.root.get_attribute("data-settings"))

    def type(self, path, text):
        field = self.root.locator(f'[data-path="{path}"] .fc-field').first
        field.fill(text)
        field.press("Enter")


def host_page(folder):
    """Write a page with the scripts of the explorer, and nothing drawn by them so far."""
    file = folder / "host.html"
    head = "<!doctype html><html lang='en'><title>Host</title><main class='fc-page'></main>"
    scheme = "<style>:root { color-scheme: light dark }</style>"
    script = f"<script>{joined()}globalThis.render = render</script>"
    file.write_text(f"{head}{scheme}{script}<style>{style()}</style>", "utf-8")
    return file


def state(explorer):
    return json.loads(json.dumps({name: getattr(explorer, name) for name in TRAITS}))
