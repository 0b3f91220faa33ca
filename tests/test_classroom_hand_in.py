"""What is handed in is read whatever stands around it; what does not belong is told in a sentence.

The lines are written here, by the rules told in ``hand_in.py``, with a hash of this file's own.
"""

import json

import pytest

from forecasting.classroom.gathered import sentence
from forecasting.classroom.hand_in import fnv, gathered

DIGEST, EVENT, AS_OF, BY = "ab" * 32, "rain", "2025-01-01", "2026-01-01"
OTHER = "cd" * 32


def hashed(text):
    number = 2166136261
    for byte in text.encode("utf-8"):
        number = ((number ^ byte) * 16777619) % 2**32
    return number


def key(digest=DIGEST):
    return f"{hashed(f'{digest} {EVENT} {AS_OF} {BY}'):08x}"


def line(page="a1b2", said="304035", cards="2050", drivers="az", name="", digest=DIGEST):
    stem = f"FC1-{key(digest)}-{page}-{said}-{cards}-{drivers}"
    return f"{stem}-{hashed(f'{stem} {name}') % 65536:04x} {name}".strip()


def file(folder, name="one.json", digest=DIGEST, **changes):
    told = {"case": "weather", "digest": digest, "event": EVENT, "as_of": AS_OF, "by": BY}
    told |= {"line": line(digest=digest)} | changes
    (folder / name).write_text(json.dumps(told), "utf-8")


def read(path):
    found, refused = gathered(path, key(), DIGEST)
    return found, [sentence(one) for one in refused]


def test_the_hash_is_the_published_one():
    vectors = {"": 0x811C9DC5, "a": 0xE40C292C, "foobar": 0xBF9CF968}
    assert {text: fnv(text) for text in vectors} == vectors


def test_a_line_is_read_whatever_a_chat_puts_around_it(tmp_path):
    chat = tmp_path / "chat.txt"
    named = line("c3d4", name="Zoë <b>")
    chat.write_text(
        f"hello\n[12:03] Ann: {line()} done!\n> {named}\n{line('e5f6', '070000', '', '')}"
    )
    (one, two, three), refused = read(chat)
    assert refused == []
    assert (one.first, one.base, one.second, one.cards) == (30, 40, 35, (20, 50))
    assert (one.drivers, one.name, two.name) == ("az", "", "Zoë <b>")
    assert (three.first, three.second, three.cards, three.drivers) == (7, 0, (), "")


def test_a_line_is_read_that_was_wrapped_or_whose_dashes_grew_long(tmp_path):
    whole, named = line(), line("c3d4", name="Zoë")
    bare = line("e5f6", "070000", "", "")
    assert "---" in bare
    texts = [
        *(f"{whole[:at]}\n{whole[at:]}" for at in (5, 13, 26, 31, 33, len(whole) - 2)),
        f"> {named[:20]}\n> {named[20:]}",
        f"{named[:-4]}\n{named[-3:]}",
        *(bare.replace("---", dash) for dash in ("—-", "–-", "-—", "—")),
        line("g7h8", drivers="").replace("--", "—"),
        line("g7h8", drivers="").replace("--", "–"),
        whole.replace("-", "\N{NON-BREAKING HYPHEN}"),
    ]
    for text in texts:
        (tmp_path / "chat.txt").write_text(f"so:\n{text}\nthat was it", "utf-8")
        found, refused = read(tmp_path / "chat.txt")
        assert (len(found), refused) == (1, []), text
    both = f"{whole[:20]}\n{named}\n{named[:20]}\nand something else"
    (tmp_path / "chat.txt").write_text(both, "utf-8")
    found, refused = read(tmp_path / "chat.txt")
    assert [one.name for one in found] == ["Zoë"]
    assert refused == [f"chat.txt, line {n}: {CHANGED}" for n in (1, 3)]


def test_of_two_from_one_page_the_later_counts(tmp_path):
    text = tmp_path / "lines.txt"
    text.write_text("\n".join([line(), line("zzzz"), line(said="304050")]))
    found, _ = read(text)
    assert [(one.id, one.second) for one in found] == [("zzzz", 35), ("a1b2", 50)]


def test_a_folder_of_files_and_texts_is_read_and_the_plan_is_left_alone(tmp_path):
    file(tmp_path, "a.json")
    (tmp_path / "class.json").write_text("{}")
    (tmp_path / "picture.png").write_bytes(b"\xff")
    (tmp_path / "late").mkdir()
    (tmp_path / "late" / "lines.txt").write_text(line("b2b2"))
    found, refused = read(tmp_path)
    assert (len(found), refused) == (2, [])


CHANGED = "was changed after it was handed in, or was not copied whole."


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"digest": OTHER}, "is for another case (weather)."),
        ({"digest": OTHER, "line": line()}, CHANGED),  # an edited digest
        ({"line": line().replace("3040", "3140")}, CHANGED),
        ({"line": 5}, "is no hand-in of a class."),
        ({"line": line(said="004035")}, CHANGED),  # there is no guess of 0
    ],
)
def test_a_file_that_does_not_belong_is_refused_in_a_sentence(tmp_path, changes, why):
    file(tmp_path, **changes)
    assert read(tmp_path) == ([], [f"one.json: {why}"])


def test_what_is_no_hand_in_is_refused_and_the_others_count(tmp_path):
    (tmp_path / "a.json").write_text("[" * 5000)
    (tmp_path / "b.txt").write_bytes(b"\xff\xfe")
    lines = [line(), line()[:30], line(digest=OTHER), "no hand-in at all"]
    (tmp_path / "c.txt").write_text("\n".join(lines))
    found, refused = read(tmp_path)
    assert len(found) == 1
    assert refused[0] == "a.json: is no hand-in of a class."
    assert refused[1].startswith("b.txt, line 1: not UTF-8")
    assert refused[2:] == [
        f"c.txt, line 2: {CHANGED}",
        "c.txt, line 3: is for another case, or for another question of it.",
    ]
