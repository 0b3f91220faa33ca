"""Broken, misleading and hostile files of other programs: one clear message each, and nothing read.

Every file below is refused in one problem that names the file and fits on a screen; none is read in
part, none reaches beyond its folder, and none takes long.
"""

import json
import time

import pytest

from forecasting.errors import InputError
from forecasting.exchange import claims, formats

CPT = '<cpt id="a"><state id="x"/><state id="y"/><probabilities>0.5 0.5</probabilities></cpt>'


def smile(nodes, before="", after=""):
    return (
        f'<?xml version="1.0"?>{before}<smile version="1.0"><nodes>{nodes}</nodes>{after}</smile>'
    )


def cpt(states="xy", parents="", cells="0.5 0.5", name="b", more=""):
    inner = "".join(f'<state id="{one}"/>' for one in states)
    parents = f"<parents>{parents}</parents>" if parents else ""
    return f'<cpt id="{name}">{inner}{parents}<probabilities>{cells}</probabilities>{more}</cpt>'


LAUGHS = "<!DOCTYPE smile [<!ENTITY a 'ha'><!ENTITY b '" + "&a;" * 50 + "'>]>"
FILE = "<!DOCTYPE smile [<!ENTITY x SYSTEM 'file:///etc/passwd'>]>"
OTHER = "<{} id='n'><state id='x'/><state id='y'/><parents>a</parents></{}>"


def titled(*titles):
    nodes = "".join(f'<node id="a"><name>{title}</name></node>' for title in titles)
    return f"<extensions><genie>{nodes}</genie></extensions>"


def written_by(*programs):
    return f"<extensions>{''.join(f'<genie app="{one}"/>' for one in programs)}</extensions>"


# A variable of two parents.
FAMILY = CPT + cpt() + cpt("xy", "a b", "1 0 1 0 1 0 1 0", "c")

# What is wrong, the file, and a part of what is said.
XDSL = [
    ("entities that grow", smile(cpt(cells="&b;"), LAUGHS), "entities are refused"),
    ("an entity that is a file", smile(cpt(cells="&x;"), FILE), "entities are refused"),
    ("a file as a title", smile(CPT, FILE, "<extensions>&x;</extensions>"), "entities are refused"),
    ("a document type alone", smile(CPT, "<!DOCTYPE smile>"), "entities are refused"),
    ("one from elsewhere", smile(CPT, "<!DOCTYPE s SYSTEM 'http://x/y.dtd'>"), "entities are ref"),
    ("a public one", smile(CPT, '<!DOCTYPE s PUBLIC "a" "b">'), "entities are refused"),
    ("a parameter entity", smile(CPT, "<!DOCTYPE s [<!ENTITY % p SYSTEM 'x'>%p;]>"), "refused"),
    ("an entity that is not known", smile(cpt(cells="&what;")), "not XML"),
    *((kind, smile(CPT + OTHER.format(kind, kind)), f"{kind} is not read") for kind in (
        "noisymax", "noisyadder", "decision", "utility", "mau", "equation", "dynamic", "script",
    )),
    ("nothing", "", "not XML"),
    ("spaces", "  \n ", "not XML"),
    ("no XML", "network a { }", "not XML"),
    ("half of it", smile(CPT)[:80], "not XML"),
    ("tags that cross", "<smile><nodes></smile></nodes>", "not XML"),
    ("two roots", "<smile/><smile/>", "not XML"),
    ("a null", smile(cpt(cells="0.5 \0 0.5")), "not XML"),
    ("another root", "<BIF><NETWORK/></BIF>", "not a network of GeNIe"),
    ("an unknown encoding", '<?xml version="1.0" encoding="utf-99"?><smile/>', "encoding"),
    ("no nodes", "<smile/>", "no variable is declared"),
    ("nodes of nothing", smile(""), "no variable is declared"),
    ("no name", smile(CPT.replace(' id="a"', "")), "a cpt without a name"),
    ("an empty name", smile(CPT.replace('id="a"', 'id=" "')), "a cpt without a name"),
    ("a state without a name", smile(CPT.replace(' id="x"', "")), "a state without a name"),
    ("a node twice", smile(CPT + CPT), "declared twice"),
    ("one state", smile(cpt("x", cells="1")), "too few or too many states"),
    ("a state twice", smile(cpt("xx")), "a state is named twice"),
    ("1,001 states", smile(cpt([f"s{i}" for i in range(1001)])), "too few or too many states"),
    ("1,001 nodes", smile("".join(cpt(name=f"n{i}") for i in range(1001))), "too many variables"),
    ("a parent that is not there", smile(CPT + cpt(parents="aa")), "a parent of b is not declared"),
    ("its own parent", smile(cpt(parents="b", cells="0.5 0.5 0.5 0.5")), "in a circle"),
    ("a circle", smile(cpt(parents="c", cells="1 0 0 1")
                       + cpt(parents="b", cells="1 0 0 1", name="c")), "in a circle"),
    ("a parent twice", smile(CPT + cpt(parents="a a")), "a parent is named twice"),
    ("too few numbers", smile(CPT + cpt(parents="a")), "not as many numbers"),
    ("too many numbers", smile(cpt(cells="0.2 0.3 0.5")), "not as many numbers"),
    ("no numbers", smile(cpt(cells="")), "not as many numbers"),
    ("a word for a number", smile(cpt(cells="half half")), "not a probability"),
    ("not a number", smile(cpt(cells="nan nan")), "not a probability"),
    ("infinity", smile(cpt(cells="inf 0")), "not a probability"),
    ("below 0", smile(cpt(cells="-0.5 1.5")), "not a probability"),
    ("digits of another script", smile(cpt(cells="\u0660 \u0661")), "not a probability"),
    ("a sum of 0.9", smile(cpt(cells="0.4 0.5")), "does not add up to 1"),
    ("too large a table", smile("".join(cpt(name=f"p{i}") for i in range(17))
        + cpt(parents=" ".join(f"p{i}" for i in range(17)))), "is too large"),
    ("results of another state", smile(
        "<deterministic id='d'><state id='x'/><state id='y'/>"
        "<resultingstates>z</resultingstates></deterministic>"), "has no such state"),
    ("too few results", smile(CPT +
        "<deterministic id='d'><state id='x'/><state id='y'/><parents>a</parents>"
        "<resultingstates>x</resultingstates></deterministic>"), "not as many states"),
    ("an entity in a label", smile(CPT.replace('id="x"', 'id="x" label="&b;"')), "not XML"),
    ("an entity that grows in a label", smile(CPT.replace('id="x"', 'id="x" label="&b;"'), LAUGHS),
     "entities are refused"),
    ("a sign in a label that XML has not", smile(CPT.replace('id="x"', 'id="x" label="&#1;"')),
     "not XML"),
    ("markup in a label", smile(CPT.replace('id="x"', 'id="x" label="<b>"')), "not XML"),
    ("two labels", smile(CPT.replace('id="x"', 'id="x" label="a" label="b"')), "not XML"),
    ("a label of 20,000 letters", smile(CPT.replace('id="x"', f'id="x" label="{"a" * 20_000}"')),
     "text is too long"),
    ("a title of 20,000 letters", smile(CPT, "", titled("a" * 20_000)), "text is too long"),
    ("another pyAgrum", smile(FAMILY, "", written_by("aGrUM 4.0.0")), "unclear in which order"),
    ("a version of 4,000 digits", smile(FAMILY, "", written_by("aGrUM " + "9" * 4000 + ".1")),
     "unclear in which order"),
    ("a version of other digits", smile(FAMILY, "", written_by("aGrUM \u0663.\u0663")),
     "unclear in which order"),
    ("no version", smile(FAMILY, "", written_by("aGrUM")), "unclear in which order"),
    ("two programs", smile(FAMILY, "", written_by("aGrUM 3.3.1", "GeNIe 5.0")), "unclear in which"),
    ("1,000 programs", smile(FAMILY, "", written_by(*(f"aGrUM 3.{i}" for i in range(1000)))),
     "unclear in which order"),
    ("too deep", smile(CPT, "", "<x>" * 40 + "</x>" * 40), "too large or too deep"),
    ("too many elements", smile("<x/>" * 100_001), "too large or too deep"),
    ("too long", " " * 2_000_001, "too large"),
]  # fmt: skip

BIT = "variable a { type discrete [2] { x, y }; }"


def bit(more):
    table = "probability ( a ) { table 0.5 0.5; }"
    return BIT.replace("}; }", f"}}; property {more}; }} {table}")


BIF = [
    ("nothing", "", "the file is empty"),
    ("an endless comment", "/* " * 100_000, "a comment is not closed"),
    ("an endless name", "variable " + "a" * 100_000, "not what BIF has"),
    ("quotes", '"' * 100_001, "not a block of a BIF file"),
    ("brackets", "(" * 100_000, "not a block of a BIF file"),
    ("slashes", "/" * 99_999 + "/*", "no variable is declared"),
    ("an include", '#include "/etc/passwd"', "not a block of a BIF file"),
    ("XML", smile(CPT), "this is a network of GeNIe (XDSL)"),
    ("too long", "a" * 2_000_001, "too large"),
    ("a null", "network\0", "not text"),
    ("a count of 5,000 digits", f"variable a {{ type discrete [{'9' * 5000}] {{ x, y }}; }}",
     "not as many as is said"),
    ("a count in other digits", "variable a { type discrete [ \u0662 ] { x, y }; }",
     "not as many as is said"),
    ("no count", "variable a { type discrete [] { x, y }; }", "not as many as is said"),
    ("a name of 500,000 words", f"variable {'a ' * 500_000} {{ type discrete [2] {{ x, y }}; }}",
     "without a table"),
    ("states of 500,000 words", f"variable a {{ type discrete [2] {{ {'a ' * 500_000} }}; }}",
     "not as many as is said"),
    ("500,000 parents", f"{BIT} probability ( a | {'b ' * 500_000} ) {{ table 1 0; }}",
     "is not declared"),
    ("a row of 500,000 words", f"{BIT} probability ( a ) {{ ({'x ' * 500_000}) 1 0; }}",
     "not a row of this table"),
    ("a property without an end", "variable a { property title = \"x\" }", "in such a block"),
    ("a property in half", "variable a { property title = \"x ;", "a quote is not closed"),
    ("a title of 20,000 letters", bit(f'title = "{"a" * 20_000}"'), "text is too long"),
    ("a label of 20,000 letters", bit(f'label_x = "{"a" * 20_000}"'), "text is too long"),
]  # fmt: skip

ACH = [
    ("nothing", "", "the first row names the hypotheses"),
    ("one hypothesis", "x,one\na,C\n", "the first row names the hypotheses"),
    ("no hypothesis", "x\na\n", "the first row names the hypotheses"),
    ("51 hypotheses", "x" + "".join(f",h{i}" for i in range(51)) + "\na\n", "names the hypotheses"),
    ("only columns aside", "x,Credibility,Type\na,b,c\n", "names the hypotheses"),
    ("a hypothesis twice", "x,one,one\na,C,C\n", "named twice"),
    ("one without a name", "x,one,,two\na,C,C,C\n", "named twice, or not at all"),
    ("no items", "x,one,two\n", "no items of evidence"),
    ("2,001 items", "x,one,two\n" + "a,C,C\n" * 2001, "no items of evidence, or too many"),
    ("100,001 rows", "x,one,two\n" + "a,C,C\n" * 100_001, "100,000 rows"),
    ("an item of nothing", "x,one,two\n,C,C\n", "without words"),
    ("a number for a code", "x,one,two\na,0.7,C\n", "not a code"),
    ("a formula", "x,one,two\na,=1+1,C\n", "not a code"),
    (
        "a table of questions",
        "question,probability,date\nRain?,0.3,x\n",
        "a table of questions has columns question, forecaster and probability",
    ),
    ("three letters", "x,one,two\na,CCC,C\n", "not a code"),
    ("YAML in a code", 'x,one,two\na,"{low: 1}",C\n', "not a code"),
    ("a long cell", "x,one,two\na," + "C" * 100_000 + ",C\n", "not a code"),
    ("quotes left open", 'x,one,two\na,"C,C\n', "not a row of values"),
    ("quotes within", 'x,one,two\na,"C"C,C\n', "not a row of values"),
    ("a null", "x,one,two\na,\0,C\n", "not UTF-8 text"),
]


def asked(**more):
    return json.dumps([{"title": "Will it rain?", **more}])


QUESTIONS = [
    ("nothing", "", "not JSON"),
    ("no JSON", "{", "not JSON"),
    ("a word", "rain", "not JSON"),
    ("deep", "[" * 100_000, "too deep"),
    ("a number of 5,000 digits", "[" + "9" * 5000 + "]", "not JSON"),
    ("a key twice", '[{"title": "a", "title": "b"}]', "a key stands twice"),
    ("a number alone", "3", "no list of questions"),
    ("an empty list", "[]", "no question to forecast"),
    ("only answered ones", asked(resolution="yes"), "no question to forecast"),
    ("a list in a list", "[[1]]", "not a question"),
    ("no title", "[{}]", "is missing"),
    ("half a character", '[{"title": "\\ud800"}]', "not JSON"),
    ("a title of spaces", asked(title="  "), "not a text"),
    ("a number for a title", asked(title=3), "not a text"),
    ("a long title", asked(title="a" * 20_001), "not a text"),
    ("a list for a rule", asked(resolution_criteria=["x"]), "not a text"),
    ("a day that is none", asked(scheduled_resolution_time="soon"), "is no day"),
    ("a number for a day", asked(close_time=5), "not a text"),
    ("no options", asked(question_type="multiple_choice"), "not a list of texts"),
    ("one option", asked(question_type="multiple_choice", options=["a"]), "too few"),
    ("an option twice", asked(question_type="multiple_choice", options=["a", "a"]), "twice"),
    ("a number as option", asked(question_type="multiple_choice", options=[1, 2]), "not a list"),
    ("no bounds", asked(question_type="numeric"), "not a number"),
    ("bounds the wrong way", asked(question_type="numeric", lower_bound=2, upper_bound=1), "above"),
    ("no finite bound", '[{"title": "a", "type": "numeric", "lower_bound": NaN, "upper_bound": 1}]',
     "not a number"),
    ("a day from a word", asked(type="date", lower_bound="soon", upper_bound=2e9), "is no day"),
    ("a day out of reach", asked(type="date", lower_bound=0, upper_bound=1e20), "is no day"),
    ("a day before all years", asked(type="date", lower_bound=-1e12, upper_bound=0), "is no day"),
    ("a day in a list", asked(type="date", lower_bound=[1], upper_bound=[2]), "not a number"),
    ("a day that is true", asked(type="date", lower_bound=True, upper_bound=2e9), "not a number"),
    ("an empty day", asked(type="date", lower_bound="", upper_bound=2e9), "not a number"),
    ("days the wrong way", asked(type="date", lower_bound=2e9, upper_bound=1e9), "not above"),
    ("one day", asked(type="date", lower_bound=86400, upper_bound=90000), "not above the lower"),
    ("a word for a scale", asked(type="date", scaling="wide"), "no question to forecast"),
    ("a chance above 1", asked(community_prediction_at_access_time=1.5), "is no probability"),
    ("a word for a chance", asked(community_prediction="likely"), "not a number"),
    ("lists for keys", asked(aggregations={"recency_weighted": {"latest": [1]}}, type=[2]), "no q"),
    ("yes for a chance", asked(community_prediction=True), "not a number"),
    ("1,001 questions", json.dumps([{"title": f"q{i}"} for i in range(1001)]), "too many"),
    ("too long", "[" + " " * 2_000_000 + "]", "too large"),
    ("claims", '{"claims": []}', "is missing"),
]  # fmt: skip

FATEBOOK = [
    ("a chance above 1", "2,2026-01-02,,2026-12-31", "is no probability"),
    ("a word for a chance", "maybe,2026-01-02,,2026-12-31", "is no probability"),
    ("not a number", "nan,2026-01-02,,2026-12-31", "is no probability"),
    ("no day", "0.5,yesterday,,2026-12-31", "is no day"),
    ("an answer that is none", "0.5,2026-01-02,perhaps,2026-12-31", "is no outcome"),
]
HEAD = (
    "Question title,Forecast created by,Forecast (scale = 0-1),Forecast created at,"
    "Resolution,Question resolve by\nWill it rain?,Ann,"
)

FILES = [
    (f"{form}: {what}", form, text, told)
    for form, some in (("xdsl", XDSL), ("bif", BIF), ("csv", ACH), ("json", QUESTIONS))
    for what, text, told in some
] + [(f"fatebook: {what}", "csv", HEAD + row, told) for what, row, told in FATEBOOK]


def one_message(call):
    start = time.process_time()
    with pytest.raises(InputError) as refused:
        call()
    assert time.process_time() - start < 3
    (problem,) = refused.value.problems
    message = str(refused.value)
    assert len(message) < 1500
    assert message.count("\n") <= 3
    assert "root:" not in message
    return problem


@pytest.mark.parametrize(("what", "form", "text", "told"), FILES, ids=[one[0] for one in FILES])
def test_a_hostile_file_gets_one_clear_message(tmp_path, what, form, text, told):
    import forecasting

    path = tmp_path / f"model.{form}"
    path.write_text(text, encoding="utf-8", newline="")

    def read():
        written, _ = formats.case_text(path, "model")
        forecasting.read(written)  # what only the whole tells, such as a circle

    problem = one_message(read)
    assert told in f"{problem.problem} {problem.found} {problem.hint}"


@pytest.mark.parametrize(
    ("about", "place"),
    [
        ({"type": "numeric", "lower_bound": 1, "upper_bound": 1e299}, "upper_bound"),
        ({"type": "numeric", "lower_bound": -1e200, "upper_bound": 1}, "lower_bound"),
        ({"scheduled_resolve_time": "9999-12-31"}, "scheduled_resolve_time"),
        ({"close_time": "soon"}, "close_time"),
    ],
)
def test_what_no_case_can_hold_is_refused_where_it_stands_in_the_question(tmp_path, about, place):
    import forecasting

    path = tmp_path / "q.json"
    path.write_text(asked(**about), encoding="utf-8")
    problem = one_message(lambda: forecasting.read(formats.case_text(path, "model")[0]))
    assert problem.place == f"question 1.{place}"


def test_what_stands_in_titles_and_labels_is_text_and_no_more(tmp_path):
    """Whatever a name in words holds, no key of the case is made of it, and nothing unseen acts."""
    import forecasting

    evil = "x\n    draft: no\nevents: {}\n# \u202e{}[]&*!|>%@`'\u2028"
    quoted = evil.replace("&", "&amp;").replace("\n", "&#10;")
    files = {
        "xdsl": smile(
            CPT.replace('id="x"', f'id="x" label="{quoted}"'), "", titled("first", quoted)
        ),
        "bif": bit(f'title = "{evil}"; property label_x = "{evil}"; property label_z = "none"'),
    }
    for form, text in files.items():
        path = tmp_path / f"n.{form}"
        path.write_text(text, encoding="utf-8")
        written, _ = formats.case_text(path, "n")
        (event,) = forecasting.read(written).events.values()
        shown = "x draft: no events: {} # \\u202e{}[]&*!|>%@`'\\u2028"
        # A line may end there for Python too, which both readers take for a gap.
        shown = shown.removesuffix("\\u2028")
        assert (event.title, event.states) == (shown, {"x": shown, "y": "y"}), form


def test_only_signs_that_are_written_so_are_read_in_a_property():
    """Half a character, or an end of line, would break the case that is written."""
    from forecasting.exchange import bif

    (one,) = bif.read(bit(r'title = "\u0022 \ud800 \u000a \u005cu0022"'), "n")
    assert one.title == r'" \ud800 \u000a \u0022'


# --- claims ---------------------------------------------------------------------------------------

CASE = """{case: rain, events: {rain: {base_rate: 20%},
  sky: {states: [a, b], base_rate: {a: 30%, b: rest}}}}"""
GOOD = {"claim": "It is wet", "quote": "wet", "event": "rain", "direction": "for"}


def claim(**more):
    return json.dumps({"claims": [{**GOOD, **more}]})


CLAIMS = [
    ("nothing", "", "not JSON"),
    ("no claims", "{}", "not a file of claims"),
    ("none", '{"claims": []}', "not a file of claims"),
    ("501", json.dumps({"claims": [GOOD] * 501}), "not a file of claims"),
    ("a text as claims", '{"claims": "all"}', "not a file of claims"),
    ("a number as claim", '{"claims": [1]}', "not a claim"),
    ("a key it does not have", claim(if_yes=0.9), "no key of a claim"),
    ("a grade of its own", claim(grade="A1"), "no key of a claim"),
    ("a draft that is none", claim(draft="no"), "no key of a claim"),
    ("no claim", claim(claim=""), "is missing"),
    ("no quote", claim(quote=" "), "not a text"),
    ("a list as quote", claim(quote=["wet"]), "not a text"),
    ("no event", claim(event=None), "is missing"),
    ("an event that is not there", claim(event="snow"), "there is no event of this name"),
    ("a state that is not there", claim(event="sky.c"), "no state and no cut of this name"),
    ("keys as event", claim(event="{rain: 1}"), "not a name"),
    ("no direction", claim(direction="up"), "no direction"),
    ("no day", claim(date="yesterday"), "is no day"),
    ("a place before the text", claim(place=-1), "not the number of a character"),
    ("yes as place", claim(place=True), "not the number of a character"),
    ("words as place", claim(place="page 3"), "not the number of a character"),
    ("a place beyond all texts", claim(text="picture.txt", place=10**23), "not the number of a c"),
    *((f"a text at {where}", claim(text=where), "no text that may be read") for where in (
        "/etc/passwd", "../secret.txt", "sub/../../secret.txt", "link.txt", "~/.ssh/id_rsa",
        "file:///etc/passwd", "missing.txt", ".", "a\0b", "way/secret.txt", "x" * 5000,
    )),
    ("a text that is none", claim(text="picture.txt"), "not UTF-8 text"),
    ("a text that is too large", claim(text="large.txt"), "too large"),
]  # fmt: skip


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "secret.txt").write_text("wet", encoding="utf-8")
    inside = tmp_path / "inside"
    inside.mkdir()
    (inside / "link.txt").symlink_to(tmp_path / "secret.txt")
    (inside / "way").symlink_to(tmp_path)
    (inside / "picture.txt").write_bytes(b"\x89PNG\xff")
    return inside


@pytest.mark.parametrize(("what", "text", "told"), CLAIMS, ids=[one[0][:40] for one in CLAIMS])
def test_hostile_claims_get_one_clear_message(folder, what, text, told):
    import forecasting

    path = folder / "claims.json"
    path.write_text(text, encoding="utf-8")
    if "large" in what:
        (folder / "large.txt").write_bytes(b"a" * 2_000_001)

    def read():
        written, _ = claims.with_drafts(CASE, path)
        forecasting.read(written)

    assert told in (one := one_message(read)).problem, one


def test_a_claim_cannot_write_more_than_a_draft(folder):
    """Whatever the words hold, they are words: no key of the case is made of them."""
    import forecasting

    path = folder / "claims.json"
    evil = "x\n    draft: no\n    if_yes: 100%\n# “”: {}[]&*!|>%@`"
    path.write_text(claim(claim=evil, quote=evil, source=evil), encoding="utf-8")
    text, notes = claims.with_drafts(CASE, path)
    case = forecasting.read(text)
    assert (list(case.evidence), len(case.drafts)) == ([], 1)
    assert forecasting.Network(case).posterior()["rain"] == pytest.approx(0.2, abs=1e-15)
    assert any("its quote is not in" in note for note in notes)


def test_there_are_more_than_a_hundred():
    assert len(FILES) + len(CLAIMS) >= 150
