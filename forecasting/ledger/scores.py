"""Forecasts with what came of them go in; their scores come out, one by one, in groups, compared.

The headline is the spot score: one forecast of each forecaster on each question, as rows bring it.
Only questions whose day has come count: one that ended early can so far only have ended with a yes,
so those stand apart until their day. A question counts once in a mean, however often it was spoken
on. Many questions of one story are little more than one, so whatever is compared is compared by
cluster, and ten separate stories are the least that anything is told from.

Examples
--------
>>> same = dict(version=1, title="", role="headline", type="yes_no", ordered=False, status="scored")
>>> same |= dict(probs=None, quantiles=None, late=False, lead_months=12.0)
>>> same |= dict(made_at=date(2025, 1, 1), resolve_by=date(2026, 1, 1))
>>> said = {"Ann": (0.8, 0.1), "Bo": (0.6, 0.3)}
>>> rows = [
...     Scored(question=name, cluster=name, by=by, p=p, outcome=name == "rain", **same)
...     for by, both in said.items()
...     for name, p in zip(("rain", "snow"), both)
... ]
>>> [(row.forecaster, row.questions, round(row.brier, 3)) for row in groups(rows, against="half")]
[('Ann', 2, 0.025), ('Bo', 2, 0.125)]
>>> found = compare(rows, "Ann", "Bo")
>>> round(found.mean, 3), found.p, found.verdict
(-0.1, 0.5, 'too few separate stories to tell')
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date
from typing import ClassVar, NamedTuple

import numpy as np

from forecasting.errors import refusal
from forecasting.ledger import formulas
from forecasting.ledger.status import Key, Scored, Standing
from forecasting.lexicon import counted, icd_203

FEW_CLUSTERS = 10
TOO_FEW = "too few separate stories to tell"
CURVE_ANSWERS = 50  # fewer do not show how a calibration curve runs
MOST_FLIPPED = 16  # clusters whose 65,536 signs are all tried
LEADS = (3, 6, 12, 24)  # months
GROUPS = ("forecaster", "cluster", "tag", "lead")
REFERENCES = ("prior", "half", "rate")
MARKS = ("brier", "log", "crps")

CAVEAT = (
    "Forecasters answered different questions. A fit of forecaster + question evens out how hard "
    "those were, as if each question were equally much harder for everybody, and as if nobody had "
    "chosen the questions that he knew more about."
)


# --- One by one. ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class ScoreRow:
    """A forecast and its scores; NaN where it has none (yet).

    Attributes
    ----------
    question : str
        What was asked.
    version : int
        Of the question: another rule makes another version.
    by : str
        Whose forecast it is.
    role : {"headline", "prior", "view", "baseline"}
        Whether it is what is held, or stands beside that for comparison.
    made_at : date
        The day of the forecast.
    lead_months : float
        Months from then to the day it is for.
    p : float or None
        The probability of yes; None for states and amounts.
    outcome : bool, str, float or None
        What came: yes or no, a state, or an amount; None if nobody knows (yet).
    status : str
        ``open``, ``early``, ``scored``, ``annulled``, ``ambiguous`` or ``overdue``.
    brier : float
        Brier score, 0 to 1, of yes or no, of states, or of ordered ones.
    log : float
        Logarithmic score in nats.
    cluster : str
        Questions of one cluster count as one where an error is estimated.
    late : bool
        It was made in hindsight, and is not scored.
    crps : float
        Continuous ranked probability score of an amount, in its unit, from its quantiles.
    entered_late : bool
        It was entered in the ledger after the answer, and there is no earlier one.
    """

    question: str
    version: int
    by: str
    role: str
    made_at: date
    lead_months: float
    p: float | None
    outcome: bool | str | float | None
    status: str
    brier: float
    log: float
    cluster: str
    late: bool
    crps: float
    entered_late: bool


def scored(rows: Iterable[Scored]) -> tuple[ScoreRow, ...]:
    """Score each forecast whose question's day has come and whose outcome counts."""
    rows, found = tuple(rows), []
    taken = [one.name for one in fields(ScoreRow) if one.name not in MARKS]
    for row, (brier, log, crps) in zip(rows, _marks(rows).tolist(), strict=True):
        held = {name: getattr(row, name) for name in taken}
        found.append(ScoreRow(**held, brier=brier, log=log, crps=crps))
    return tuple(found)


def counts(row: Scored) -> bool:
    """Tell whether a forecast is scored: settled, its day come, and not made in hindsight."""
    return row.status == "scored" and not row.late


def _marks(rows: Sequence[Scored]) -> np.ndarray:
    """Give for each forecast its Brier score, its log score, and the CRPS of an amount."""
    found = np.full((len(rows), len(MARKS)), np.nan)
    due = [i for i, row in enumerate(rows) if counts(row)]
    plain = [i for i in due if rows[i].type == "yes_no"]
    if plain:  # all at once: there may be many
        p = np.array([rows[i].p for i in plain])
        came = np.array([bool(rows[i].outcome) for i in plain])
        found[plain, 0] = formulas.brier(p, came)
        found[plain, 1] = formulas.log_score(np.where(came, p, 1 - p))
    for i in {*due}.difference(plain):
        found[i] = _mark(rows[i])
    return found


def _mark(row: Scored) -> tuple[float, float, float]:
    """Give the same of one forecast of states, or of an amount."""
    if row.type == "quantity":
        levels, values = zip(*sorted(row.quantiles.items()), strict=True)
        return np.nan, np.nan, formulas.crps_of_quantiles(row.outcome, values, levels)
    if row.outcome not in row.probs:
        raise ValueError(f"{row.question}: {row.outcome!r} is not one of {', '.join(row.probs)}")
    p, came = np.array([*row.probs.values()]), [*row.probs].index(row.outcome)
    brier = formulas.ordered_brier if row.ordered else formulas.multi_brier
    return brier(p, came), formulas.log_score(p[came]), np.nan


def statuses(standings: Iterable[Standing], rows: Iterable[Scored]) -> list[str]:
    """Give how each question stands; one that is answered, and nobody is scored on, is unscored."""
    on = {_key(row) for row in rows if counts(row)}
    held = ((one.status, (one.question.id, one.question.version)) for one in standings)
    return ["unscored" if (kind == "scored" and key not in on) else kind for kind, key in held]


def denominators(statuses: Iterable[str]) -> str:
    """Say how many questions there are, and what became of them.

    Parameters
    ----------
    statuses : iterable of str
        One of each question, as :func:`statuses` gives them.

    Examples
    --------
    >>> denominators(["scored"] * 31 + ["ambiguous"])
    '32 registered, 32 mature, 31 scored, 1 ambiguous, 0 overdue'
    >>> denominators(["scored", "annulled", "overdue", "open", "early"])
    '5 registered, 3 mature, 1 scored, 1 annulled, 0 ambiguous, 1 overdue; 1 early, not counted yet'
    """
    number = Counter(statuses)
    always = ("scored", "ambiguous", "overdue")
    kinds = ("scored", "annulled", "ambiguous", "overdue", "unscored")
    called = {"unscored": "answered without a forecast in time"}
    parts = [f"{number.total()} registered", f"{sum(number[kind] for kind in kinds)} mature"]
    told = [kind for kind in kinds if number[kind] or kind in always]
    parts += [f"{number[kind]} {called.get(kind, kind)}" for kind in told]
    early = f"; {number['early']} early, not counted yet" if number["early"] else ""
    return ", ".join(parts) + early


@dataclass(frozen=True)
class TimeRow:
    """The time-weighted scores of one forecaster on one question, and how long he spoke on it."""

    question: str
    version: int
    forecaster: str
    cluster: str
    forecasts: int
    brier: float
    log: float
    coverage: float


def over_time(
    rows: Iterable[Scored], opens: Mapping[Key, date] | None = None
) -> tuple[TimeRow, ...]:
    """Weigh the forecasts of one question by the days on which each stood.

    Only where a forecaster keeps a question alive, which is to speak on it twice at least. The
    weight is days over *scheduled* days: an average over the days that a question was really open
    would pay for exaggerating (:func:`forecasting.ledger.formulas.time_weighted`).

    Parameters
    ----------
    rows : iterable of Scored
        All forecasts, not only the first of each.
    opens : dict of (question, version) to date, optional
        First day of a question; else that of the first forecast on it by anybody.
    """
    asked, first = defaultdict(list), dict(opens or {})
    for row in sorted((row for row in rows if counts(row)), key=lambda row: row.made_at):
        asked[_key(row), forecaster(row)].append(row)
        first.setdefault(_key(row), row.made_at)
    found = []
    for (key, name), some in asked.items():
        last, start = some[-1], first[key]
        if len(some) < 2 or last.type == "quantity":
            continue
        end = min(day for day in (last.resolve_by, last.happened_on, last.known_on) if day)
        steps = [min(max(row.made_at, start), end) for row in some] + [end]
        # Each stands until the next, or until it was withdrawn.
        until = [
            min(row.withdrawn_on or day, day) for row, day in zip(some, steps[1:], strict=True)
        ]
        days = [max(0, (to - day).days) for day, to in zip(steps, until, strict=False)]
        marks = _marks(some)[:, :2]
        # What stood for no day cost nothing, were it infinite.
        marks[np.array(days) == 0] = 0
        scheduled = (last.resolve_by - start).days
        (brier, coverage), (log, _) = (
            formulas.time_weighted(days, column, scheduled) for column in marks.T
        )
        found.append(TimeRow(*key, name, last.cluster, len(some), brier, log, coverage))
    return tuple(found)


# --- In groups, and against a reference. ----------------------------------------------------------


@dataclass(frozen=True)
class GroupRow:
    """Mean scores of one forecaster on some questions.

    Attributes
    ----------
    forecaster, group : str
        Whose they are, and of what: a story, a tag, months of lead.
    questions, clusters : int
        How many questions have a score, and in how many stories they are.
    brier, log : float
        Mean Brier score, and mean logarithmic score in nats.
    brier_index : float
        From 0 to 100, more is better; one half gets 50.
    against : str
        The reference.
    common : int
        On how many of these questions it has a score.
    reference : float
        Its mean Brier score on those.
    skill : float
        1 less the forecaster's mean over the reference's, on those; 0 is no better than it.
    """

    forecaster: str
    group: str
    questions: int
    clusters: int
    brier: float
    log: float
    brier_index: float
    against: str
    common: int
    reference: float
    skill: float


class _Answer(NamedTuple):
    """Of one forecaster on one question, in one group, Brier and log score over his forecasts."""

    row: Scored  # the first of them
    group: tuple
    marks: np.ndarray


def forecaster(row: Scored) -> str:
    """Name who forecast: of a prior, view or baseline with its role."""
    return row.by if row.role == "headline" else f"{row.by} ({row.role})"


def groups(
    rows: Sequence[Scored], by: str = "forecaster", against: str = "prior"
) -> tuple[GroupRow, ...]:
    """Give mean scores by forecaster, cluster, tag or lead.

    Of amounts, whose units differ, there is no mean.

    Parameters
    ----------
    rows : sequence of Scored
    by : str
        ``forecaster``, ``cluster``, ``tag`` (a question is in each of its own) or ``lead``. But
        for the first, of headline forecasts only.
    against : str
        The reference: ``prior`` of the same case, ``half`` (equal chances), ``rate`` (how often
        the *other* questions came out yes), or the name of a forecaster.

    Raises
    ------
    InputError
        If ``by`` or ``against`` is none of these.
    """
    if by not in GROUPS:
        raise refusal("no such grouping", "by", None, "", by, ", ".join(GROUPS))
    reference = _reference(rows, against)
    gathered = defaultdict(list)
    for one in _answers(rows, by):
        if by == "forecaster" or one.row.role == "headline":
            gathered[forecaster(one.row), one.group].append(one)
    found = []
    for (name, (_, label)), some in sorted(gathered.items()):
        brier, log = np.mean([one.marks for one in some], axis=0).tolist()
        pairs = [(one.marks[0], reference(one.row)) for one in some]
        pairs = [(own, other[0]) for own, other in pairs if other is not None]
        own, other = np.mean(pairs, axis=0).tolist() if pairs else (np.nan, np.nan)
        skill = 1 - own / other if other else np.nan
        sizes, index = (len(some), _clusters(some)), float(formulas.brier_index(brier))
        numbers = brier, log, index, against, len(pairs), other, skill
        found.append(GroupRow(name, label, *sizes, *numbers))
    return tuple(found)


def _key(row: Scored) -> Key:
    return row.question, row.version


def _groups_of(row: Scored, by: str) -> list[tuple[int, str]]:
    """Name the groups of a forecast, each with its place in the order."""
    if by == "lead":
        # Months of a calendar differ in length: 12 are 12.02 to one who divides days.
        place = next((i for i, most in enumerate(LEADS) if row.lead_months < most + 0.5), None)
        text = f"more than {LEADS[-1]}" if place is None else f"up to {LEADS[place]}"
        return [(len(LEADS) if place is None else place, f"{text} months")]
    if by == "tag":
        return [(0, tag) for tag in row.tags]
    return [(0, row.cluster if by == "cluster" else forecaster(row))]


def _answers(rows: Iterable[Scored], by: str = "forecaster") -> list[_Answer]:
    gathered = defaultdict(list)
    rows = [row for row in rows if counts(row) and row.type != "quantity"]
    marks = _marks(rows)[:, :2]
    for i, row in enumerate(rows):
        for group in _groups_of(row, by):
            gathered[forecaster(row), group, _key(row)].append(i)
    return [
        _Answer(rows[some[0]], group, marks[some].mean(axis=0))
        for (_, group, _), some in gathered.items()
    ]


def _clusters(answers: Iterable[_Answer]) -> int:
    return len({one.row.cluster for one in answers})


def _reference(rows: Iterable[Scored], name: str) -> Callable[[Scored], np.ndarray | None]:
    """Look up Brier and log score of a reference, for a forecaster on a question."""
    if name in ("half", "rate"):
        asked = {_key(row): row for row in rows if counts(row) and row.type != "quantity"}
        stated = {key: _even(row) for key, row in asked.items()}
        if name == "rate":
            came = {key: row.outcome for key, row in asked.items() if row.type == "yes_no"}
            others, yes = len(came) - 1, sum(map(bool, came.values()))
            rates = {key: (yes - bool(one)) / others for key, one in came.items() if others}
            stated = {key: replace(asked[key], p=rate) for key, rate in rates.items()}
        found = dict(zip(stated, _marks([*stated.values()])[:, :2], strict=True))
    elif name == "prior":
        # That of the forecaster's own case, if there is one.
        prior = [one for one in _answers(rows) if one.row.role == "prior"]
        own = {(one.row.by, _key(one.row)): one.marks for one in prior}
        anybodys = {_key(one.row): one.marks for one in prior}
        return lambda row: own.get((row.by, _key(row)), anybodys.get(_key(row)))
    else:
        found = {_key(one.row): one.marks for one in _own(_answers(rows), name, REFERENCES)}
    return lambda row: found.get(_key(row))


def _own(answers: list[_Answer], name: str, also: tuple[str, ...] = ()) -> list[_Answer]:
    """Find the answers of a forecaster, or refuse a name that nobody has."""
    found = [one for one in answers if forecaster(one.row) == name]
    if not found:
        known = ", ".join(dict.fromkeys([*also, *(forecaster(one.row) for one in answers)]))
        what = "no forecaster of this name has a score on this day"
        raise refusal(what, "", None, "", name, known or None)
    return found


def _even(row: Scored) -> Scored:
    """Give the same forecast with equal chances."""
    if row.type == "yes_no":
        return replace(row, p=0.5)
    return replace(row, probs=dict.fromkeys(row.probs, 1 / len(row.probs)))


# --- Compared. ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Difference:
    """A mean of differences, and what chance would make of it.

    Attributes
    ----------
    questions, clusters : int
    mean, low, high : float
        With a 90% interval for clusters that are independent of each other.
    p : float
        Share of all ways to swap the two within clusters that give a difference as large; NaN for
        more than 16 clusters.
    """

    derived: ClassVar = ("verdict",)

    questions: int
    clusters: int
    mean: float
    low: float
    high: float
    p: float

    @property
    def verdict(self) -> str:
        """The sentence that belongs beside it, or none."""
        return TOO_FEW if self.clusters < FEW_CLUSTERS else ""


def compare(rows: Sequence[Scored], first: str, second: str, *, score: str = "brier") -> Difference:
    """Compare two forecasters on the questions that both answered.

    Parameters
    ----------
    rows : sequence of Scored
    first, second : str
        Names as :func:`forecaster` gives them; the second may be a reference of :func:`groups`.
    score : str
        ``brier``, of which less is better, or ``log``, of which more.

    Returns
    -------
    Difference
        The first's score less the second's.

    Raises
    ------
    InputError
        If nobody of that name is scored.
    """
    mark = MARKS[:2].index(score)
    other = _reference(rows, second)
    differences, clusters = [], []
    for one in _own(_answers(rows), first):
        theirs = other(one.row)
        if theirs is not None:
            with np.errstate(invalid="ignore"):  # both called impossible what came
                differences.append(one.marks[mark] - theirs[mark])
            clusters.append(one.row.cluster)
    return by_cluster(differences, clusters)


def by_cluster(differences: Sequence[float], clusters: Sequence[str]) -> Difference:
    r"""Average differences, and tell how sure the average is if each cluster is one story.

    .. math:: \bar d \pm t_{0.95, G-1} \sqrt{\tfrac{G}{G - 1}}\,
        \tfrac{1}{n} \sqrt{\textstyle\sum_g (\sum_{i \in g} (d_i - \bar d))^2}

    Parameters
    ----------
    differences : sequence of float, n of them
    clusters : sequence of str
        The one that each is in, G in all.

    References
    ----------
    Cameron & Miller (2015), doi:10.3368/jhr.50.2.317 (the interval);
    Canay, Romano & Shaikh (2017), doi:10.3982/ECTA13081 (swaps of few clusters)

    Examples
    --------
    >>> found = by_cluster([-0.1, -0.3, 0.1, -0.2], ["war", "war", "vote", "flood"])
    >>> round(found.mean, 3), found.p, found.verdict
    (-0.125, 0.5, 'too few separate stories to tell')
    """
    d, n = np.array(differences, float), len(differences)
    names, which = np.unique(np.array(clusters, str), return_inverse=True)
    many = len(names)
    mean = float(d.mean()) if n else np.nan
    low = high = p = np.nan
    if n and np.isfinite(d).all():
        sums = np.bincount(which, d)
        if many > 1:
            from scipy.special import stdtrit

            spread = np.bincount(which, d - mean)
            error = np.sqrt(many / (many - 1) * (spread**2).sum()) / n
            half = float(stdtrit(many - 1, 0.95) * error)
            low, high = mean - half, mean + half
        if many <= MOST_FLIPPED:
            signs = 1 - 2 * ((np.arange(2**many)[:, None] >> np.arange(many)) & 1)
            # The same sum in another order differs in its last digits.
            least = abs(sums.sum()) - 1e-12 * abs(sums).sum()
            p = float((abs(signs @ sums) >= least).mean())
    return Difference(n, many, mean, low, high, p)


@dataclass(frozen=True)
class FitRow:
    """A forecaster's mean Brier score, as it is and as if everybody had answered everything.

    ``evened`` is NaN for one who shares no question, however indirectly, with most of the others;
    ``rank`` is None below ten clusters.
    """

    forecaster: str
    questions: int
    clusters: int
    brier: float
    evened: float
    rank: int | None


def two_way(rows: Iterable[Scored]) -> tuple[FitRow, ...]:
    r"""Compare forecasters of unequal sets of questions; print :data:`CAVEAT` beside it.

    By least squares, :math:`S_{fq} = a_f + b_q`; evened is :math:`a_f` and the mean of
    :math:`b_q` over all questions.

    Returns
    -------
    tuple of FitRow
        The best first.
    """
    answers = _answers(rows)
    if not answers:
        return ()
    row, column = {}, {}
    for one in answers:
        row.setdefault(forecaster(one.row), len(row))
        column.setdefault(_key(one.row), len(column))
    names, table = [*row], np.full((len(row), len(column)), np.nan)
    for one in answers:
        table[row[forecaster(one.row)], column[_key(one.row)]] = one.marks[0]
    answered = ~np.isnan(table)
    # Who shares questions with whom, through however many others.
    linked = answered.astype(float) @ answered.T > 0
    for _ in range(len(names).bit_length()):
        linked = linked @ linked
    most = linked[linked.sum(axis=1).argmax()]
    evened = np.full(len(names), np.nan)
    asked = answered[most].any(axis=0)
    evened[most] = _evened(table[most][:, asked])
    clusters = [_clusters(_own(answers, name)) for name in names]
    order = np.argsort(evened, kind="stable")  # NaN last
    ranked = _clusters(answers) >= FEW_CLUSTERS
    found = []
    for i in order.tolist():
        better = int((evened < evened[i] - 1e-12).sum())
        rank = better + 1 if ranked and most[i] else None
        means = float(np.nanmean(table[i])), float(evened[i])
        found.append(FitRow(names[i], int(answered[i].sum()), clusters[i], *means, rank))
    return tuple(found)


def _evened(table: np.ndarray) -> np.ndarray:
    """Solve the fit for forecasters after the questions are taken out of it."""
    answered = ~np.isnan(table)
    scores, per_question = np.where(answered, table, 0.0), answered.sum(axis=0)
    share = answered / per_question
    matrix = np.diag(answered.sum(axis=1)) - share @ answered.T
    right = scores.sum(axis=1) - share @ scores.sum(axis=0)
    # All that is open is a number that moves from forecasters to questions: the ones settle it.
    ability = np.linalg.solve(matrix + 1, right)
    hardness = (scores.sum(axis=0) - ability @ answered) / per_question
    return ability + hardness.mean()


# --- Calibration. ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class WordRow:
    """What was said with one estimative word: how often, and how often yes came."""

    word: str
    answers: int
    said: float
    came: float


@dataclass(frozen=True)
class Calibration:
    """Whether what one forecaster said came as often as he said.

    Attributes
    ----------
    answers, clusters : int
    words : tuple of WordRow
    corp : formulas.Corp or None
        The Brier score taken apart, with its curve; None below 50 answers or ten clusters.
    missing : str
        Why there is no curve.
    """

    answers: int
    clusters: int
    words: tuple[WordRow, ...]
    corp: formulas.Corp | None
    missing: str


def calibration(rows: Iterable[Scored], name: str) -> Calibration:
    """Hold a forecaster's probabilities of yes against how often yes came.

    Parameters
    ----------
    rows : iterable of Scored
    name : str
        As :func:`forecaster` gives it.
    """
    own = [row for row in rows if counts(row) and row.type == "yes_no" and forecaster(row) == name]
    p, came = np.array([row.p for row in own]), np.array([bool(row.outcome) for row in own])
    return calibrated(p, came, len({_key(row) for row in own}), len({row.cluster for row in own}))


def calibrated(p: np.ndarray, came: np.ndarray, answers: int, clusters: int) -> Calibration:
    """Hold probabilities of yes against what came, of so many questions in so many clusters.

    Examples
    --------
    >>> calibrated(np.array([0.1, 0.9]), np.array([False, True]), 2, 2).words[0].word
    'very unlikely'
    """
    said = defaultdict(list)
    for i in np.argsort(p, kind="stable").tolist():
        said[icd_203(p[i]).word].append(i)
    words = tuple(
        WordRow(word, len(some), float(p[some].mean()), float(came[some].mean()))
        for word, some in said.items()
    )
    if answers >= CURVE_ANSWERS and clusters >= FEW_CLUSTERS:
        return Calibration(answers, clusters, words, formulas.corp(p, came), "")
    missing = (
        f"a curve needs {CURVE_ANSWERS} answers in {FEW_CLUSTERS} separate stories; here: "
        f"{counted(answers, 'answer')} in {clusters}"
    )
    return Calibration(answers, clusters, words, None, missing)
