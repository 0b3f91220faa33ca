"""Entries go in and stay; what a file holds, whether it is whole, and its lines come out.

One SQLite file holds a chain of entries: each has the hash of the one before, so that no entry can
be changed, taken out or put in between without being named by :meth:`Store.verify`. A chain proves
nothing against someone who can make the whole file anew: tell its head elsewhere.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from forecasting.errors import InputError, echo, refusal
from forecasting.ledger.entries import (
    KINDS,
    Body,
    Entry,
    Forecast,
    Question,
    Resolution,
    checked,
    kind_of,
    plain,
    read,
)

# What marks a file as a ledger, and the form of its tables.
APPLICATION, FORM = 0x46434C47, 1
GENESIS = "0" * 64

# How long one writer waits for the others; an append takes milliseconds.
PATIENCE = 30.0

# More than any ledger will hold, and less than overflows the number of an entry.
MOST_ENTRIES = 2**53

TABLES = f"""
PRAGMA application_id = {APPLICATION};
PRAGMA user_version = {FORM};
CREATE TABLE entry(
    chain TEXT NOT NULL, seq INTEGER NOT NULL, prev TEXT NOT NULL, hash TEXT NOT NULL UNIQUE,
    kind TEXT, recorded_at TEXT, by TEXT, body TEXT, PRIMARY KEY(chain, seq)) WITHOUT ROWID;
CREATE TABLE source(digest TEXT PRIMARY KEY, content TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE own(chain TEXT NOT NULL);
CREATE INDEX asked ON entry(json_extract(body, '$.id')) WHERE kind = 'question';
CREATE INDEX answered ON entry(json_extract(body, '$.question')) WHERE kind = 'forecast';
CREATE TRIGGER no_update BEFORE UPDATE ON entry
    BEGIN SELECT RAISE(ABORT, 'a ledger only grows'); END;
CREATE TRIGGER no_delete BEFORE DELETE ON entry
    BEGIN SELECT RAISE(ABORT, 'a ledger only grows'); END
"""

COLUMNS = ("chain", "seq", "prev", "hash", "kind", "recorded_at", "by", "body")

# What SQLite cannot do, and what a person can.
TROUBLES = {
    sqlite3.SQLITE_FULL: ("there is no room left on the disk", "make room and try again"),
    sqlite3.SQLITE_READONLY: ("this ledger may only be read", "ask who owns the file"),
    sqlite3.SQLITE_CANTOPEN: (
        "this ledger cannot be opened",
        "see whether its folder is there, and yours to write in",
    ),
    sqlite3.SQLITE_BUSY: ("another program is writing to this ledger", "try again"),
    sqlite3.SQLITE_IOERR: ("the disk refuses to work", "see to the disk and try again"),
    sqlite3.SQLITE_CORRUPT: ("this file is damaged", "take a copy, or import an export"),
    sqlite3.SQLITE_ERROR: ("this ledger has a form that is not known", "install a later version"),
    sqlite3.SQLITE_NOTADB: ("this file is no ledger", "name a ledger, such as ledger.db"),
}


class Head(NamedTuple):
    """The last entry of a chain: who knows it can tell whether the tail was cut off."""

    chain: str
    seq: int
    hash: str

    def __str__(self) -> str:
        """Write it as ``CHAIN:SEQ:HASH``."""
        return f"{self.chain}:{self.seq}:{self.hash}"

    @classmethod
    def read(cls, text: str) -> Head:
        """Read ``CHAIN:SEQ:HASH``."""
        chain, seq, found = text.strip().split(":") if text.count(":") == 2 else ("", "", "")
        if not (chain and seq.isdecimal() and found):
            accepted = "CHAIN:SEQ:HASH, as `forecasting ledger verify` prints it"
            raise refusal("is no head", "", None, "--head", echo(text), accepted)
        return cls(chain, int(seq), found)


@dataclass(frozen=True, slots=True)
class Verified:
    """What a look at every entry found.

    Attributes
    ----------
    entries, withheld : int
        How many there are; of how many only the hash is here.
    heads : tuple of Head
    faults : tuple of str
        A sentence for each entry that was changed, for each gap, and for each cut tail.
    remarks : tuple of str
        What is odd and no fault, such as a clock that was set back.
    """

    entries: int
    withheld: int
    heads: tuple[Head, ...]
    faults: tuple[str, ...]
    remarks: tuple[str, ...]


class Store:
    """A file of forecasts and of what came of them, that only grows.

    Parameters
    ----------
    path : path
        It need not be there: the first entry makes it.

    Attributes
    ----------
    added : int
        How many entries the last call that wrote has added.
    written : list of entry
        What the last :meth:`append` has added, with the versions it gave.
    journal : str
        How SQLite kept that call from being half written: ``wal``, or what the disk allows.

    Notes
    -----
    What :meth:`append` has returned of is on the disk. Each call opens the file and closes it.

    Examples
    --------
    >>> import tempfile
    >>> from datetime import date
    >>> from forecasting.ledger.entries import Question
    >>> ledger = Store(Path(tempfile.mkdtemp()) / "ledger.db")
    >>> head = ledger.append([("Ann", Question(id="rain", resolve_by=date(2026, 1, 1)))])
    >>> [entry.body.id for entry in ledger.entries()], ledger.verify().faults
    (['rain'], ())
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self.added, self.journal, self.written = 0, "", []

    def append(
        self,
        noted: Iterable[tuple[str, Body]],
        sources: Mapping[str, str] | None = None,
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> Head:
        """Add entries, all or none of them.

        A question that stands there as it is given is not added again. If what it asks has changed
        and somebody has forecast on it, it becomes a new version. A forecast or a resolution of
        version 0 is of the newest.

        Parameters
        ----------
        noted : iterable of (str, entry)
            Who says so, and what.
        sources : dict of digest to text, optional
            Cases that forecasts were made from.
        now : callable
            The clock.

        Returns
        -------
        Head
            To be kept elsewhere: in a report, in a repository.

        Raises
        ------
        InputError
            If an entry does not fit, or speaks of a question that is not there; or the file cannot
            be written.
        """
        at, noted = now().isoformat(timespec="seconds"), [*noted]

        def add(db: sqlite3.Connection) -> tuple[list[Body], Head]:
            (chain,) = db.execute("SELECT chain FROM own").fetchone()
            last = "SELECT seq, hash FROM entry WHERE chain = ? ORDER BY seq DESC LIMIT 1"
            seq, prev = db.execute(last, [chain]).fetchone() or (0, GENESIS)
            written = []
            for by, body in noted:
                if (body := _settled(db, checked(body))) is None:
                    continue
                seq, kind = seq + 1, kind_of(body)
                try:
                    text = canonical(plain(body))
                    found = hash_of(chain, seq, prev, kind, at, by, text)
                except ValueError:
                    accepted = "whole letters and finite numbers"
                    name = echo(getattr(body, "question", ""))
                    raise refusal("cannot be written", "", None, name, None, accepted) from None
                _insert(db, (chain, seq, prev, found, kind, at, by, text))
                prev = found
                written.append(body)
            db.executemany("INSERT OR IGNORE INTO source VALUES (?, ?)", (sources or {}).items())
            return written, Head(chain, seq, prev)

        self.written, head = self._write(add)
        self.added = len(self.written)
        return head

    def entries(self) -> list[Entry]:
        """List what the ledger holds, in the order of time; what is withheld is left out."""
        found, latest = [], {}
        with self._reading() as db:
            for row in _rows(db):
                chain, seq, _, _, kind, at, by, text = row
                if text is None:
                    continue
                name = f"entry {seq} of chain {chain}"
                held = self._held(row)
                body = read(kind, held, name) if kind in KINDS else held
                # A clock that was set back does not change the order within a chain.
                latest[chain] = max(at, latest.get(chain, ""))
                found.append((latest[chain], Entry(chain, seq, at, by, body)))
        return [entry for _, entry in sorted(found, key=lambda one: one[0])]

    def source(self, digest: str) -> str | None:
        """Give the case that forecasts were made from."""
        with self._reading() as db:
            found = db.execute("SELECT content FROM source WHERE digest = ?", [digest]).fetchone()
        return found and found[0]

    def verify(self, head: Head | None = None) -> Verified:
        """Look at every entry, and at the hash by which it follows the one before.

        Parameters
        ----------
        head : Head, optional
            One that is known from elsewhere.
        """
        faults, remarks, heads, withheld, count = [], [], {}, 0, 0
        known, before = None, {}
        with self._reading() as db:
            for row in _rows(db):
                chain, seq, prev, found, _, at, _, text = row
                count += 1
                last = heads.get(chain, Head(chain, 0, GENESIS))
                name = f"entry {seq} of chain {chain}"
                if type(seq) is not int:
                    faults.append(f"{name} has no number of its own")
                    continue
                if text is None:
                    withheld += 1
                elif not all(map(_is_text, row[4:])) or found != hash_of(
                    chain, seq, prev, *row[4:]
                ):
                    faults.append(f"{name} was changed after it was written")
                if seq > last.seq + 1:
                    first, end = last.seq + 1, seq - 1
                    gap = f"entry {end} of" if first == end else f"entries {first} to {end} of"
                    faults.append(f"{gap} chain {chain}: missing")
                elif prev != last.hash:
                    faults.append(f"{name} does not follow the one before it")
                if at and at < before.get(chain, ""):
                    remarks.append(f"the clock was set back before {name} was written")
                before[chain] = at or before.get(chain, "")
                heads[chain] = Head(chain, seq, found)
                if head and (chain, seq) == head[:2]:
                    known = found
            for digest, content in db.execute("SELECT digest, content FROM source"):
                if digest_of(content) != digest:
                    faults.append(f"the case {digest[:12]} was changed after it was written")
        if head and known is None:
            here = heads[head.chain].seq if head.chain in heads else 0
            faults.append(
                f"chain {head.chain} ends at entry {here}; it had {head.seq}: its tail is cut off"
            )
        elif head and known != head.hash:
            faults.append(f"entry {head.seq} of chain {head.chain} is not the one known elsewhere")
        return Verified(count, withheld, tuple(heads.values()), tuple(faults), tuple(remarks))

    def lines(self, *, private: bool = False) -> Iterator[str]:
        """Write the ledger as lines of JSON, entries by chain and number, then the cases.

        Of private questions, and of what is said of them, only the hashes are told, with which the
        chain can still be verified, unless ``private``.
        """
        with self._reading() as db:
            rows = list(_rows(db))
            told = [(row, self._held(row)) for row in rows if row[-1] is not None]
            kept = set() if private else _private(told)
            for row in rows:
                held = dict(zip(COLUMNS, row, strict=True))
                if row[:2] in kept or row[-1] is None:
                    held = {name: held[name] for name in COLUMNS[:4]}
                else:
                    held["body"] = json.loads(row[-1])
                yield canonical(held)
            secret = [held.get("case_digest") for row, held in told if row[:2] in kept]
            for digest, content in db.execute("SELECT * FROM source ORDER BY digest"):
                if digest not in secret:
                    yield canonical({"source": digest, "content": content})

    def absorb(self, lines: Iterable[str], file: str = "import") -> int:
        """Take in the lines of another ledger; what is there already is left as it is.

        Returns
        -------
        int
            How many entries are new.

        Raises
        ------
        InputError
            If a line is no entry, its hash does not fit, it does not follow on what is here, or
            the chain was continued in two ways. Nothing is taken in then.
        """
        lines = [*lines]

        def take_in(db: sqlite3.Connection) -> int:
            new = 0
            for number, line in enumerate(lines, 1):
                if line.strip():
                    try:
                        new += _take_in(db, line)
                    except InputError as error:
                        raise InputError(
                            replace(problem, file=file, line=number) for problem in error.problems
                        ) from None
            return new

        self.added = self._write(take_in)
        return self.added

    def _write[T](self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Do some work on the file, all or nothing.

        Of what fails no file is to be left, nor may one be removed that another writer has begun
        meanwhile: so what would begin a file is tried elsewhere first.
        """
        if not self.begun():
            nowhere = sqlite3.connect("file::memory:?", isolation_level=None, uri=True)
            with self._troubles(), closing(nowhere) as db:
                _begin(db)
                work(db)
        with self._writing() as db:
            return work(db)

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with self._troubles(), closing(self._open("rwc")) as db:
            if not _is_new(db):  # before anything of a file that may not be ours is changed
                self._refuse_others(db, writing=True)
            # Where it is not granted, the old one stays.
            (self.journal,) = db.execute("PRAGMA journal_mode = WAL").fetchone()
            db.execute("PRAGMA synchronous = FULL")
            db.execute("BEGIN IMMEDIATE")
            with db:  # all, or by an error nothing
                if _is_new(db):
                    _begin(db)
                yield db

    def begun(self) -> bool:
        """Tell whether anything was written here: where that was stopped as it began, nothing."""
        if not self.path.exists():
            return False
        with self._troubles(), closing(self._open("ro")) as db:
            return not _is_new(db)

    def refuse_none(self) -> None:
        """Refuse to go on where there is no ledger, for what cannot begin one.

        Raises
        ------
        InputError
            Saying how a ledger is begun.
        """
        if not self.path.exists():
            hint = "begin one: forecasting record CASE"
            raise refusal("there is no ledger here", str(self.path), hint=hint)

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        self.refuse_none()
        with self._troubles(), closing(self._open("ro")) as db:
            self._refuse_others(db)
            yield db

    def _open(self, mode: str) -> sqlite3.Connection:
        if self.path.is_dir():  # which SQLite takes for a disk that does not work
            raise _trouble(self.path, sqlite3.SQLITE_NOTADB)
        address = f"{self.path.absolute().as_uri()}?mode={mode}"
        db = sqlite3.connect(address, timeout=PATIENCE, isolation_level=None, uri=True)
        if mode == "ro":
            try:
                db.execute("PRAGMA user_version")
            except sqlite3.Error as error:
                db.close()
                log = self.path.with_name(f"{self.path.name}-wal")
                holds = log.exists() and log.stat().st_size > 0
                if not isinstance(error, sqlite3.OperationalError) or holds:
                    raise
                # A folder that may only be read has no room for a log, and here is none to read.
                db = sqlite3.connect(f"{address}&immutable=1", isolation_level=None, uri=True)
        return db

    def _refuse_others(self, db: sqlite3.Connection, *, writing: bool = False) -> None:
        """Refuse a file that is no ledger, or is of a later form."""
        (application,) = db.execute("PRAGMA application_id").fetchone()
        (form,) = db.execute("PRAGMA user_version").fetchone()
        if application != APPLICATION:
            raise _trouble(self.path, sqlite3.SQLITE_NOTADB)
        if form > FORM and writing:
            problem = "this ledger was made by a later version and can only be read"
            hint = "install the later version of forecasting"
            forms = f"form {form}", f"form {FORM}"
            raise refusal(problem, str(self.path), None, "", *forms, hint)

    def _held(self, row: tuple) -> dict:
        """Read what an entry says; refuse what no ledger writes."""
        try:
            if type(row[1]) is not int:
                raise ValueError
            return _read_body(*row[4:])
        except (ValueError, RecursionError):
            problem = "cannot be read: the file was changed by hand"
            hint = "go back to a copy that `forecasting ledger verify` finds whole"
            where = f"entry {row[1]} of chain {row[0]}"
            raise refusal(problem, str(self.path), None, where, hint=hint) from None

    @contextmanager
    def _troubles(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            code = getattr(error, "sqlite_errorcode", 0) & 0xFF
            if code == 0 and isinstance(error, sqlite3.OperationalError):  # letters that are none
                code = sqlite3.SQLITE_CORRUPT
            if code not in TROUBLES:
                raise
            raise _trouble(self.path, code) from None


def canonical(held: object) -> str:
    """Write plain values as JSON in the one way that hashes are made of.

    Examples
    --------
    >>> canonical({"b": 1, "a": [0.5, "é"]})
    '{"a":[0.5,"é"],"b":1}'
    """
    return json.dumps(
        held, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    )


def digest_of(text: str) -> str:
    """Give the SHA-256 of a text, in hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()


def hash_of(chain: str, seq: int, prev: str, kind: str, at: str, by: str, text: str) -> str:
    """Give the hash of an entry: that of its canonical JSON, as one list.

    Parameters
    ----------
    text : str
        The body, in canonical JSON.
    """
    return digest_of(f"{canonical([chain, seq, prev, kind, at, by])[:-1]},{text}]")


def _is_new(db: sqlite3.Connection) -> bool:
    return not db.execute("SELECT 1 FROM sqlite_master").fetchone()


def _begin(db: sqlite3.Connection) -> None:
    for statement in TABLES.split(";\n"):  # a trigger's own end is none of these
        db.execute(statement)
    db.execute("INSERT INTO own VALUES (?)", [uuid.uuid4().hex[:12]])


def _rows(db: sqlite3.Connection) -> Iterator[tuple]:
    return db.execute(f"SELECT {', '.join(COLUMNS)} FROM entry ORDER BY chain, seq")


def _insert(db: sqlite3.Connection, row: tuple) -> None:
    db.execute("INSERT INTO entry VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)


def _settled(db: sqlite3.Connection, body: Body) -> Body | None:
    """Give an entry its version, or refuse one that does not fit; None if it is there already."""
    name = getattr(body, "id", None) or getattr(body, "question", None)
    if name is None:
        return body
    newest = _newest(db, name)
    if isinstance(body, Question):
        if newest is None:
            return replace(body, version=1)
        if body.asked != newest.asked and _is_forecast(db, name, newest.version):
            return replace(body, version=newest.version + 1)
        # It opened when it was first asked.
        body = replace(body, version=newest.version, opens=newest.opens)
        return None if body == newest else body
    version = getattr(body, "version", 0)
    asked = newest if newest is None or not version else _newest(db, name, version)
    if asked is None:
        hint = "take its name from `forecasting ledger list`"
        raise refusal("this question is not in the ledger", "", None, name, hint=hint)
    if isinstance(body, Resolution):
        _refuse_after_its_day(body, asked, body.answers(asked))
    if isinstance(body, Forecast):
        _refuse_misfit(body, asked)
    return replace(body, version=asked.version) if hasattr(body, "version") else body


def _refuse_misfit(body: Forecast, asked: Question) -> None:
    if body.fits(asked):
        return
    accepted = {"yes_no": "p", "states": "probs", "quantity": "quantiles"}[asked.type]
    if asked.type != "states" or not body.probs:
        problem = f"is no forecast of a question of type {asked.type}"
        raise refusal(problem, "", None, asked.id, accepted=accepted)
    found, accepted = ", ".join(body.probs), ", ".join(asked.states)
    problem = "does not speak of the states of its question"
    raise refusal(problem, "", None, asked.id, found, accepted)


def _refuse_after_its_day(body: Resolution, asked: Question, answer: object) -> None:
    by_a_day = answer is True and asked.kind in ("occurs", "")
    if by_a_day and body.happened_on and body.happened_on > asked.resolve_by:
        problem = "yes says that it came about by its day, and it did later"
        accepted = f"a day up to {asked.resolve_by}, or the answer no"
        raise refusal(problem, "", None, asked.id, f"it came about on {body.happened_on}", accepted)


def _newest(db: sqlite3.Connection, name: str, version: int | None = None) -> Question | None:
    """Read a question as it stands last, or last in a version."""
    found = db.execute(
        "SELECT body FROM entry WHERE kind = 'question' AND json_extract(body, '$.id') = ?"
        " ORDER BY recorded_at, chain, seq",
        [name],
    )
    told = [read("question", json.loads(text)) for (text,) in found]
    told = [one for one in told if version is None or one.version == version]
    return max(reversed(told), key=lambda one: one.version, default=None)


def _is_forecast(db: sqlite3.Connection, name: str, version: int) -> bool:
    found = db.execute(
        "SELECT 1 FROM entry WHERE kind = 'forecast' AND json_extract(body, '$.question') = ?"
        " AND json_extract(body, '$.version') = ? LIMIT 1",
        [name, version],
    )
    return found.fetchone() is not None


def _private(told: Iterable[tuple[tuple, dict]]) -> set[tuple[str, int]]:
    """Find the entries that speak of private questions."""
    secret = [held.get("id") for row, held in told if row[4] == "question" and held.get("private")]
    names = set(filter(_is_text, secret))

    def speaks(held: dict) -> bool:  # what a later version calls so may be anything
        spoken = (held.get("id"), held.get("question"))
        return any(_is_text(name) and name in names for name in spoken)

    return {row[:2] for row, held in told if speaks(held)}


def _take_in(db: sqlite3.Connection, line: str) -> int:
    """Take in one line; give how many entries that makes."""
    try:
        held = json.loads(line)
        if not isinstance(held, dict):
            raise ValueError
        if "source" in held:
            if digest_of(held["content"]) != held["source"]:
                raise refusal("this case was changed after it was written")
            row = (held["source"], held["content"])
            db.execute("INSERT OR IGNORE INTO source VALUES (?, ?)", row)
            return 0
        chain, seq, prev, found = (held[name] for name in COLUMNS[:4])
        told = [held.get(name) for name in COLUMNS[4:7]]
        text = canonical(held["body"]) if "body" in held else None
        canonical(held).encode()  # half a letter is no text
        if type(seq) is not int or not 0 < seq < MOST_ENTRIES:  # true is none either
            raise ValueError
        if not all(map(_is_text, (chain, prev, found))):
            raise ValueError
        if text is not None:
            _read_body(*told, text)
    except InputError:
        raise
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        accepted = "a line that `forecasting ledger export` wrote"
        raise refusal("this is no entry", found=echo(line), accepted=accepted) from None
    name = f"entry {seq} of chain {echo(chain)}"
    if text is not None and hash_of(chain, seq, prev, *told, text) != found:
        raise refusal(f"{name} was changed after it was written")
    here = "SELECT hash, body IS NULL FROM entry WHERE chain = ? AND seq = ?"
    if there := db.execute(here, [chain, seq]).fetchone():
        if there[0] != found:
            hint = "go on with one of the two; another machine begins a ledger of its own"
            problem = f"{name} is another one here: the chain was continued twice"
            raise refusal(problem, hint=f"{hint}, and they exchange by export and import")
        return 0
    before = db.execute(here, [chain, seq - 1]).fetchone() if seq > 1 else (GENESIS,)
    if before is None or before[0] != prev:
        lacks = "the one before it is missing" if before is None else "it does not follow on it"
        raise refusal(f"{name} cannot be added: {lacks}")
    if text is not None and told[0] in KINDS:
        read(told[0], held["body"], name)
    _insert(db, (chain, seq, prev, found, *(told if text is not None else [None] * 3), text))
    return 1


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _read_body(kind: object, at: object, by: object, text: object) -> dict:
    """Read what an entry says, unless its row holds what no ledger writes."""
    if not all(map(_is_text, (kind, at, by, text))):
        raise ValueError
    datetime.fromisoformat(at)
    if not isinstance(held := json.loads(text), dict):
        raise ValueError
    return held


def _trouble(path: Path, code: int) -> InputError:
    problem, hint = TROUBLES[code]
    return refusal(problem, str(path), hint=hint)
