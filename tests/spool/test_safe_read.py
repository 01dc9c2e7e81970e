"""Files that a stranger may have planted: refused in words, at once, whatever they are."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from autoviz_render.spool.errors import UnreadableError
from autoviz_render.spool.system.safe_read import append_plain, read_json

LIMIT = 1 << 20


def plant(path: Path, kind: str) -> None:
    """Put something at a path that a reader must not take for a file of ours."""
    if kind == "a pipe":
        os.mkfifo(path)
    elif kind == "a folder":
        path.mkdir()
    elif kind == "a link to a device":
        path.symlink_to("/dev/zero")
    elif kind == "a link to a file":
        path.with_name("elsewhere").write_text("{}")
        path.symlink_to(path.with_name("elsewhere"))
    elif kind == "a terabyte":
        path.touch()
        os.truncate(path, 1 << 40)
    else:
        raise AssertionError(kind)


STRANGE = ["a pipe", "a folder", "a link to a device", "a link to a file", "a terabyte"]


@pytest.mark.skipif(os.name == "nt", reason="makes pipes and links")
@pytest.mark.parametrize("kind", STRANGE)
def test_what_is_no_file_of_ours_is_refused_at_once(tmp_path, kind):
    """A pipe would be waited for until the reader is killed; a device never ends."""
    plant(tmp_path / "x.json", kind)
    with pytest.raises((UnreadableError, OSError)):
        read_json(tmp_path / "x.json", LIMIT)


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"\xff\xfe{}",
        b'{"a": NaN}',
        b'{"a": -Infinity}',
        b'{"a": 1e999}',
        b'{"a": ' + b"9" * 5000 + b"}",
        b"[" * 200_000,
        b'{"a":' * 200_000,
        b'{"a": "' + b"\x00" * 8 + b'"}',
    ],
    ids=lambda text: str(text[:16]),
)
def test_what_is_no_json_object_of_finite_numbers_is_refused(tmp_path, text):
    """One kind of error for every fault, so that a reader has one to expect."""
    (tmp_path / "x.json").write_bytes(text)
    with pytest.raises(UnreadableError, match=r"x\.json: is damaged"):
        read_json(tmp_path / "x.json", LIMIT)


def test_a_file_that_is_not_there_is_not_damaged(tmp_path):
    """Unreadable is not absent."""
    with pytest.raises(FileNotFoundError):
        read_json(tmp_path / "x.json", LIMIT)


@pytest.mark.skipif(os.name == "nt", reason="makes pipes and links")
@pytest.mark.parametrize("kind", [kind for kind in STRANGE if kind != "a terabyte"])
def test_nothing_is_appended_to_what_is_no_file_of_ours(tmp_path, kind):
    """A link leads anywhere; a pipe would have the writer wait for a reader."""
    plant(tmp_path / "x.log", kind)
    with pytest.raises((UnreadableError, OSError)):
        append_plain(tmp_path / "x.log")
    if (tmp_path / "elsewhere").exists():
        assert (tmp_path / "elsewhere").read_text() == "{}"


def test_a_file_is_appended_to(tmp_path):
    """And made if it is missing."""
    for line in (b"one\n", b"two\n"):
        with append_plain(tmp_path / "x.log") as file:
            file.write(line)
    assert (tmp_path / "x.log").read_bytes() == b"one\ntwo\n"
