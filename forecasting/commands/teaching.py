"""A case goes in, or what students handed in; pages for a room of people come out."""

from __future__ import annotations

from dataclasses import replace
from itertools import groupby
from pathlib import Path

import forecasting
from forecasting.commands.cases import fit_missing
from forecasting.commands.printing import width
from forecasting.commands.words import command, option, seed
from forecasting.errors import InputError, refusal
from forecasting.file.propositions import event_of, parts_of
from forecasting.file.shipped import case_named
from forecasting.lexicon import counted


@command(
    "list the exercises for a class, or make the page of one",
    option("NAME", "an exercise, such as cab, or a file; without it all are listed", nargs="?"),
    option("-o --output FILE.html", "what to write (default: NAME.html here)", type=Path),
    option("--answer", "tell a teacher the answer and what leads to typical errors"),
)
def _exercise(options) -> None:
    from forecasting.classroom import exercise

    if options.name is None:
        if options.output or options.answer:
            options.usage("say which exercise")
        for topic, ones in groupby(exercise.tasks(), key=lambda one: one.topic):
            lesson = exercise.TOPICS.index(topic) + 1
            print(f"{topic.replace('-', ' ')}, lesson {lesson}")
            for one in ones:
                print(f"  {one.exercise:19} {one.level:8} {one.title}")
        return
    from forecasting.classroom.exercise_page import page
    from forecasting.file.case import write_text
    from forecasting.tell import terminal

    task = exercise.task(options.name)
    if options.answer:
        terminal.show(exercise.solution(task), width())
        return
    path = options.output or Path(f"{task.exercise}.html")
    if path.suffix != ".html":
        options.usage("an exercise is written as .html")
    write_text(path, page(task))
    print(f"written: {path}")


@command(
    "make the pages of a class, or the picture of what its students handed in",
    option(
        "WHAT",
        "a case; or a folder of files, or a text of lines, that were handed in",
        type=case_named,
    ),
    option(
        "-o --output PATH",
        "of a case: the folder to write (default class); else FILE.html, .pdf or .md",
        type=Path,
    ),
    option("--event E", "the outcome that the class is asked about"),
    option("--names", "ask students for a name; else all is anonymous"),
    option("--room FOLDER", "where the class was written (default: beside what was handed in)"),
    option("--outcomes FILE.csv", "how it came out, one question a row, as for resolve --from"),
    option("--ledger F", "take how it came out from a ledger"),
)
def _class(options) -> None:
    what = Path(options.what)
    if what.suffix not in (".yaml", ".yml"):
        return _gather(options, what)
    from forecasting.classroom import room

    if options.room or options.outcomes or options.ledger:
        options.usage("--room, --outcomes and --ledger are for what was handed in")
    case = forecasting.load(what)
    fit_missing(case)
    folder = options.output or Path("class")
    found = room.room(case, options.event, names=options.names)
    room.write(found, folder)
    choices = parts_of(case, event_of(found.event)) if found.whole else case.outcomes
    if options.event != found.event and len(choices) > 1:
        told = f"{found.event}, {found.asked} (--event is one of {', '.join(choices)})"
        print(f"asked about: {told}")
    print(f"written: {folder / room.ROOM} for everybody, {folder / room.TEACHER} for the teacher")
    return None


def _gather(options, what: Path) -> None:
    from forecasting.classroom import gathered, hand_in, room
    from forecasting.report import publish

    if options.event or options.names:
        options.usage("--event and --names are for a case, which the room was made of")
    if not what.exists():
        raise refusal("is not there", str(what))
    found = room.read(_plan(options, what))
    handed, refused = hand_in.gathered(what, found.key, found.digest)
    if not handed and not refused:
        files = "files that the page saved (.json), or a text of lines (.txt) that begin with FC1-"
        raise refusal("nothing was handed in here", str(what), accepted=files)
    form = f"two lines: question,outcome and {found.resolved}"
    try:
        came = gathered.outcome(found, _resolutions(options))
    except InputError as error:
        raise InputError(replace(one, hint=one.hint or form) for one in error.problems) from None
    if came is None and (options.outcomes or options.ledger):
        ledger = f"forecasting resolve QUESTION ANSWER --ledger {options.ledger}"
        file, hint = str(options.outcomes or options.ledger), form if options.outcomes else ledger
        raise refusal("does not say how it came out", file, found=found.event, hint=hint)
    output = options.output or Path("class.html")
    publish.write(gathered.notebook(gathered.gather(found, handed), refused, came), output)
    for one in refused:
        print(f"not counted: {gathered.sentence(one)}")
    print(f"written: {output}, {counted(len(handed), 'student')}")


@command(
    "make a page to practise calibration on, with questions from the library's tables",
    option("--seed N", "which questions (default 1)", type=seed),
    option("-o --output FILE.html", "what to write (default practice.html)", type=Path),
)
def _practice(options) -> None:
    from forecasting.classroom import practice
    from forecasting.file.case import write_text

    output = options.output or Path("practice.html")
    write_text(output, practice.page(1 if options.seed is None else options.seed))
    print(f"written: {output}; its answers go into a ledger by: forecasting ledger import FILE.csv")


def _plan(options, what: Path) -> Path:
    """Find the plan of a class: where it is said to be, or beside what was handed in."""
    from forecasting.classroom.hand_in import PLAN

    beside = what if what.is_dir() else what.parent
    for folder in [Path(options.room)] if options.room else (beside, beside / "class"):
        if (folder / PLAN).is_file():
            return folder / PLAN
    hint = "--room FOLDER, where forecasting class CASE wrote its pages"
    raise refusal(f"there is no {PLAN} of the class beside it", str(what), hint=hint)


def _resolutions(options) -> list:
    if options.outcomes:
        from forecasting.file.document import read_text
        from forecasting.ledger.recording import read_resolutions

        return read_resolutions(read_text(options.outcomes), options.outcomes)
    if options.ledger:
        from forecasting.ledger.entries import Resolution
        from forecasting.ledger.ledger import Ledger

        ledger = Ledger(options.ledger)
        ledger.refuse_none()
        return [one.body for one in ledger.entries() if isinstance(one.body, Resolution)]
    return []
