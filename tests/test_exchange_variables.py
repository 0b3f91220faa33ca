"""Variables become events under names that a case accepts, with their numbers as they were."""

import pytest

from forecasting.exchange.variables import Variable, case_text, names
from forecasting.file import document
from forecasting.file.values import ID


def content(*variables):
    """The events of the case that is written: text, lists and dicts, numbers as they stand."""
    text, _ = case_text(variables)

    def plain(node):
        if node.is_map:
            return {key: plain(child) for key, child in node.value.items()}
        return [plain(child) for child in node.value] if node.is_list else node.value

    return plain(document.read(text, "case"))["events"]


def root(name, states, *row):
    return Variable(name, states, (), {(): row or (1.0, *(0.0,) * (len(states) - 1))})


WIND = root("wind", ("calm", "storm"), 0.75, 0.25)
FLOOD = Variable(
    "flood",
    ("FALSE", "TRUE"),
    ("wind", "tide"),
    {
        ("calm", "no"): (0.99, 0.01),
        ("calm", "yes"): (0.9, 0.1),
        ("storm", "no"): (0.7, 0.3),
        ("storm", "yes"): (0.2, 0.8),
    },
)
TIDE = root("tide", ("yes", "no"), 0.4, 0.6)


# --- events and tables ----------------------------------------------------------------------------


def test_two_states_are_states_unless_they_are_yes_and_no():
    events = content(WIND, FLOOD, TIDE)
    assert events["wind"] == {
        "role": "driver",
        "states": ["calm", "storm"],
        "parents": [],
        "table": ["0.75", "0.25"],
    }
    assert events["tide"] == {"role": "driver", "kind": "state", "base_rate": "0.4"}


def test_a_yes_no_event_gets_the_probability_of_yes_whatever_the_order():
    assert content(WIND, FLOOD, TIDE)["flood"] == {
        "role": "outcome",
        "kind": "state",
        "parents": ["wind", "tide"],
        "table": {"calm, no": "0.01", "calm, yes": "0.1", "storm, no": "0.3", "storm, yes": "0.8"},
    }


@pytest.mark.parametrize(
    ("states", "yes"),
    [
        (("yes", "no"), 0), (("no", "yes"), 1), (("No", "Yes"), 1),
        (("true", "false"), 0), (("False", "True"), 1),
    ],
)  # fmt: skip
def test_yes_and_no_are_found_in_any_order_and_any_case_of_letters(states, yes):
    row = (0.3, 0.7)
    assert content(root("a", states, *row))["a"]["base_rate"] == str(row[yes])


@pytest.mark.parametrize("states", [("yes", "false"), ("no", "yes", "true"), ("true", "no")])
def test_other_pairs_are_states(states):
    assert list(content(root("a", states))["a"]["states"].values()) == list(states)


def test_what_is_certain_is_a_table_as_a_base_rate_is_never_0_or_1():
    certain = content(root("a", ("yes", "no"), 0.0, 1.0))["a"]
    assert certain == {"role": "outcome", "kind": "state", "parents": [], "table": "0"}


def test_numbers_are_written_to_the_last_bit():
    row = (0.1 + 0.2, 5e-324, 1e-05, 0.7 - 1e-05)
    written = content(root("a", ("w", "x", "y", "z"), *row))["a"]["table"]
    assert tuple(map(float, written)) == row


# --- rows that do not add up ----------------------------------------------------------------------


def test_a_row_off_by_rounding_is_divided_by_its_sum_and_that_is_said():
    thirds = root("a", ("x", "y", "z"), 0.33, 0.33, 0.33)
    text, notes = case_text([thirds, WIND])
    assert notes == ("1 row divided by the sum, which was off by 0.01 at most: a",)
    assert text.startswith(f"# {notes[0]}\n")
    assert list(map(float, content(thirds)["a"]["table"])) == pytest.approx([1 / 3] * 3, abs=1e-15)


def test_a_yes_no_row_is_divided_too():
    assert float(content(root("a", ("no", "yes"), 0.5, 0.495))["a"]["base_rate"]) == pytest.approx(
        0.495 / 0.995, abs=1e-15
    )


def test_a_sum_that_only_adding_up_misses_stays_as_written():
    row = (0.29, 0.01, 0.57, 0.13)  # in double precision, 1.1e-16 less than 1
    hundredths = root("a", tuple("wxyz"), *row)
    assert case_text([hundredths])[1] == ()
    assert content(hundredths)["a"]["table"] == list(map(str, row))


# --- names ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("Normal", "Normal"),
        ("Asy/Patch", "Asy_Patch"),
        ("<7.5", "below_7_5"),
        (">=7.5", "at_least_7_5"),
        ("<= 3", "at_most_3"),
        (">100", "above_100"),
        ("12+", "n_12_or_more"),
        ("-5", "minus_5"),
        ("40%", "n_40_percent"),
        ("0-3_days", "n_0-3_days"),
        ("Größe", "grosse"),
        ("大", "state"),
        ("two words", "two_words"),
        ("Yes", "state_Yes"),
        ("rest", "state_rest"),
        ("x" * 70, "x" * 64),
    ],
)
def test_a_name_that_a_case_does_not_accept_is_made_readable(old, new):
    found = names([root("a", (old, "other", "third"))])["a"].states
    assert found == {old: new, "other": "other", "third": "third"}


def test_the_old_name_stays_as_label_and_as_title():
    events = content(root("body.O2", ("<5", "5-12", "high")))
    assert events["body_O2"]["title"] == "body.O2"
    assert events["body_O2"]["states"] == {"below_5": "<5", "n_5-12": "5-12", "high": "high"}


def test_names_that_become_the_same_are_told_apart_and_a_good_one_is_kept():
    found = names([root("a", ("x/y", "x.y", "x_y"))])["a"].states
    assert found == {"x/y": "x_y_2", "x.y": "x_y_3", "x_y": "x_y"}
    variables = [root(name, ("p", "q")) for name in ("a b", "a.b", "a_b", "大", "小")]
    assert [one.event for one in names(variables).values()] == [
        "a_b_2", "a_b_3", "a_b", "variable", "variable_2",
    ]  # fmt: skip


def test_rows_and_parents_speak_the_new_names():
    age = root("age.years", ("<5", "5+"), 0.5, 0.5)
    child = Variable("in school", ("no", "yes"), ("age.years",), {("<5",): (1, 0), ("5+",): (0, 1)})
    event = content(age, child)["in_school"]
    assert event["parents"] == ["age_years"]
    assert event["table"] == {"below_5": "0", "n_5_or_more": "1"}


def test_changed_names_are_counted_and_shown():
    _, notes = case_text([root("age.years", ("<5", "5+")), TIDE])
    assert notes == (
        "3 names changed, such as age.years to age_years; the old ones are kept as labels",
    )


def test_text_that_would_break_a_line_stays_on_its_own():
    hostile = root("a\nevents: {}\n# \u202e", ("p\n", "q"))
    text, _ = case_text([hostile], "x\ny: 1")
    assert document.read(text, "case").value["case"].value == "x_y_1"
    assert not any(line.startswith("events: {") for line in text.splitlines())
    (name,) = content(hostile)
    assert ID.fullmatch(name)
    assert content(hostile)[name]["title"] == hostile.name
