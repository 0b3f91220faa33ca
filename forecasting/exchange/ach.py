"""A matrix of competing hypotheses (ACH) in CSV goes in; a case comes out.

The first row names the hypotheses, each other row an item of evidence and how far it agrees with
each of them: CC, C, N, I or II. The hypotheses exclude each other, so they are the states of one
event. A matrix has no base rates and no numbers: the case starts from even chances, and says in one
table, its own scale of words, what each code is taken to mean.
"""

from __future__ import annotations

from collections.abc import Sequence

from forecasting.errors import echo, refusal, visible
from forecasting.exchange.variables import Imported
from forecasting.file import edits
from forecasting.file.case import MAX_EVIDENCE
from forecasting.file.naming import label_of, name_of
from forecasting.file.states import RESERVED
from forecasting.lexicon import counted

# What a code is taken to mean: how many times as likely the item is under a hypothesis as under one
# on which it says nothing, from and to.
RATIOS = {"CC": (3, 12), "C": (1.5, 4), "N": (1, 1), "I": (1 / 4, 1 / 1.5), "II": (1 / 12, 1 / 3)}

# P(item | a hypothesis on which it says nothing): only ratios count, and no probability passes 1.
NEUTRAL = 0.05

REASON = (
    "What the codes of the matrix are taken to mean: P(item | hypothesis), of which only ratios",
    "count. To N, which says nothing, they are 3 to 12 for CC and 1.5 to 4 for C, and the inverse",
    "for II and I. ACH gives no numbers: these are an assumption, about that of a strong and of a",
    "slight word. Change them here, and every item follows.",
)

# Other spellings of a code, in capitals; and columns that are no hypothesis.
SAME = {"": "N", "NA": "N", "N/A": "N", "-": "I", "--": "II", "+": "C", "++": "CC", "0": "N"}
ASIDE = {"type", "credibility", "relevance", "source", "date", "notes", "weight", "diagnosticity"}

MAX_HYPOTHESES = 50


def case_text(rows: Sequence[tuple[int, Sequence[str]]], name: str, file: str) -> Imported:
    """Write a matrix as a case.

    Parameters
    ----------
    rows : sequence of (int, sequence of str)
        The line and the cells of each row, the hypotheses first.
    name : str
        What the case is to be called.
    file : str
        Name to show in messages.

    Raises
    ------
    InputError
        If a cell is no code, or there are no hypotheses or no items.

    References
    ----------
    Heuer (1999), Psychology of Intelligence Analysis, chapter 8, ISBN 978-1-929667-00-0.

    Examples
    --------
    >>> matrix = [(1, ["", "It rains", "It is dry"]), (2, ["A wet road", "CC", "I"])]
    >>> for line in case_text(matrix, "weather", "m.csv")[0].splitlines()[11:16]:
    ...     print(line)
    evidence:
      wet_road:
        bears_on: answer
        claim: A wet road
        if: {it_rains: CC, it_dry: I}
    """

    def wrong(line, problem, found=None, accepted=None):
        # The first column of a table of questions has its name.
        is_other = header and header[0].strip().lower().startswith("question")
        hint = "a table of questions has columns question, forecaster and probability"
        return refusal(problem, file, line, "", found, accepted, hint if is_other else None)

    (first, header), *items = rows or [(1, [""])]
    asked = [at for at, one in enumerate(header[1:], 1) if one.strip().lower() not in ASIDE]
    titles = [visible(header[at].strip()) for at in asked]
    while titles and not titles[-1]:  # columns that a spreadsheet leaves behind
        titles.pop()
    if not 2 <= len(titles) <= MAX_HYPOTHESES:
        found, accepted = counted(len(titles), "hypothesis", "hypotheses"), f"2 to {MAX_HYPOTHESES}"
        raise wrong(first, "the first row names the hypotheses", found, accepted)
    if len({*titles}) < len(titles) or "" in titles:
        problem = "a hypothesis is named twice, or not at all"
        raise wrong(first, problem, ", ".join(titles), "a name each, once")
    if not 0 < len(items) <= MAX_EVIDENCE:
        found, accepted = counted(len(items), "row"), f"1 to {MAX_EVIDENCE:,} items"
        raise wrong(first, "no items of evidence, or too many", found, accepted)
    states: dict[str, str] = {}
    for title in titles:
        states[name_of(title, "hypothesis", {*states, *RESERVED})] = title
    evidence: dict[str, dict] = {}
    for line, cells in items:
        claim = visible(cells[0].strip())
        if not claim:
            raise wrong(line, "an item of evidence without words", None, "a sentence")
        codes = {}
        for at, state in zip(asked, states, strict=False):
            cell = cells[at].strip().upper() if at < len(cells) else ""
            codes[state] = SAME.get(cell, cell)
            if codes[state] not in RATIOS:
                problem = f"not a code of the matrix, under {echo(states[state])}"
                raise wrong(line, problem, cell, ", ".join((*RATIOS, "or nothing for N")))
        evidence[name_of(claim, "item", {*evidence, "answer"})] = {
            "bears_on": "answer", "claim": claim, "if": codes, "status": "confirmed",
        }  # fmt: skip
    *some, last = states
    content = {
        "case": name_of(name, "matrix", ()),
        "title": visible(header[0].strip()) or name,
        "events": {
            "answer": {
                "title": label_of(visible(header[0].strip())) or "Which hypothesis holds",
                "states": states,
                "kind": "state",
                "base_rate": {**dict.fromkeys(some, 1 / len(states)), last: "rest"},
                "why": "Even chances, for want of base rates: a matrix has none. Put your own here",
            }
        },
        "evidence": evidence,
    }
    left_out = [one for one in header[1:] if one.strip().lower() in ASIDE]
    notes = ["even chances to begin with: a matrix has no base rates; put your own"]
    notes += ["what CC to II are taken to mean stands under scales, to be changed there"]
    if left_out:
        notes.append(f"left out: {', '.join(left_out)}; a report with a grade says as much")
    return Imported(f"{edits.as_text(content)}\n{_scale()}", tuple(notes))


def _scale() -> str:
    """Write what the codes are taken to mean as words of the case's own scale."""
    lines = [*(f"# {line}" for line in REASON), "scales:", "  probability:"]
    for code, (low, high) in RATIOS.items():
        ends = [f"{100 * NEUTRAL * ratio:.3g}%" for ratio in (low, high)]
        said = ends[0] if low == high else f"{{low: {ends[0]}, high: {ends[1]}}}"
        lines.append(f"    {code}: {said}")
    return "\n".join(lines) + "\n"
