"""The documentation site: built without a warning, no dead link, nothing asked from a network."""

import re
import subprocess
import sys
from collections import defaultdict
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit

import pytest

import forecasting

ROOT = Path(__file__).resolve().parents[1]
ELSEWHERE = re.compile(r"(?:https?:)?//", flags=re.IGNORECASE)


class Page(HTMLParser):
    """What one page links to, what it loads, and what can be linked to in it."""

    def __init__(self, text):
        super().__init__()
        self.links, self.loads, self.anchors = [], [], set()
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        addresses = [attrs[name] for name in ("href", "src", "data", "poster") if attrs.get(name)]
        (self.links if tag == "a" else self.loads).extend(addresses)
        self.loads += [one.split()[0] for one in (attrs.get("srcset") or "").split(",") if one]
        self.anchors |= {attrs.get("id"), attrs.get("name")} - {None}


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """Build the site as `make docs` does, into a folder of the test."""
    folder = tmp_path_factory.mktemp("docs")
    recipe = (ROOT / "Makefile").read_text(encoding="utf-8")
    options = re.search(r"-m sphinx (.+) build/docs$", recipe, flags=re.MULTILINE)[1]
    command = [sys.executable, "-m", "sphinx"]
    command += options.replace("build/doctrees", str(folder / "read")).split()
    built = subprocess.run(
        [*command, folder / "site"], cwd=ROOT, capture_output=True, text=True, timeout=300
    )
    assert (built.returncode, built.stderr) == (0, "")
    return folder / "site"


@pytest.fixture(scope="module")
def pages(site):
    return {
        file.relative_to(site).as_posix(): Page(file.read_text(encoding="utf-8"))
        for file in site.rglob("*.html")
    }


def dead(site, pages):
    """Find the links and loads of a site that lead to no file of it, or to no anchor."""
    for name, page in pages.items():
        for address in [*page.links, *page.loads]:
            if urlsplit(address).scheme or ELSEWHERE.match(address):
                continue
            whole = urlsplit(urljoin(f"/{name}", address))
            target, anchor = unquote(whole.path).lstrip("/"), unquote(whole.fragment)
            anchors = pages[target].anchors if anchor and target in pages else {anchor}
            if not (site / target).is_file() or anchor not in anchors:
                yield f"{name}: {address}"


def test_every_link_and_anchor_leads_somewhere(site, pages):
    assert sum(len(page.links) for page in pages.values()) > 1000
    assert list(dead(site, pages)) == []


def test_a_missing_file_and_a_missing_anchor_count_as_dead_and_a_web_address_does_not(tmp_path):
    (tmp_path / "at").mkdir()
    (tmp_path / "there.html").touch()
    links = ["../there.html#here", "../there.html#gone", "gone.html", "#", "#own", "mailto:a@b.c"]
    links += ["https://example.org/x", "//example.org/x"]
    text = "<p id=own>" + "".join(f'<a href="{link}">x</a>' for link in links)
    pages = {"at/page.html": Page(text + '<img src="x.png">'), "there.html": Page("<p id=here>")}
    (tmp_path / "at/page.html").touch()
    found = [line.partition(": ")[2] for line in dead(tmp_path, pages)]
    assert found == ["../there.html#gone", "gone.html", "x.png"]


def test_nothing_is_loaded_from_a_network(site, pages):
    asked = {
        name: [one for one in page.loads if ELSEWHERE.match(one)] for name, page in pages.items()
    }
    assert {name: found for name, found in asked.items() if found} == {}
    for sheet in site.rglob("*.css"):
        text = sheet.read_text(encoding="utf-8")
        assert re.findall(r"""(?:url\(|@import)\s*["']?(?:https?:)?//""", text) == [], sheet


def test_every_public_name_and_module_has_an_entry(pages):
    where = defaultdict(list)
    for name, page in pages.items():
        for anchor in page.anchors:
            where[anchor].append(name)
    modules = {f"module-forecasting.{home}" for home in forecasting._MODULES.values()}
    names = {f"forecasting.{name}" for name in forecasting.__all__}
    assert sorted((modules | names) - set(where)) == []
    methods = {f"forecasting.Network.{name}" for name in ("posterior", "soundness", "to_pgmpy")}
    assert methods <= set(where)


def test_pages_keep_their_place_and_formulas_need_no_script(site, pages):
    assert {"index.html", "README.html", "priors/README.html", "teacher/README.html"} <= set(pages)
    assert "README.html" in pages["index.html"].links
    formulas = (site / "docs/formulas.html").read_text(encoding="utf-8")
    assert formulas.count("<math") > 20
    assert "\\frac" not in formulas


def test_signatures_and_attributes_read_as_they_are_written(site):
    told = [file.read_text(encoding="utf-8") for file in sorted((site / "docs").glob("*.html"))]
    raw = re.compile(r" at 0x[0-9a-f]+|&lt;factory&gt;|~(?:typing|collections|forecasting)\.")
    assert [found[0] for text in told for found in raw.finditer(text)] == []
    names = "event_rows, amount_rows, scenario_rows, horizon_rows"  # of Forecast, of one type
    assert f"<strong>{names}</strong> (<em>tuple of records</em>)" in "".join(told)
    assert "<p>Table of events: event, role, title," in "".join(told)  # a property
