"""What a stranger wrote, printed: nothing of it may act on a terminal or forge a line of a log."""

from __future__ import annotations

import logging
import sys

import pytest

from autoviz_render.spool.text import OneLine, cut, printable


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("plain text, naïve £5 ★ 数", "plain text, naïve £5 ★ 数"),
        ("\x1b[2J\x1b[Hgone", r"\x1b[2J\x1b[Hgone"),
        ("one\nautoviz-render: two\r\tthree", r"one\nautoviz-render: two\r\tthree"),
        ("\x9b2J\x7f\x00", r"\x9b2J\x7f\x00"),
        ("a\u202eb\u2066c\u2028d\u200be", r"a\u202eb\u2066c\u2028d\u200be"),
        ("caf\udce9 \ud800", r"caf\udce9 \ud800"),
    ],
)
def test_what_is_not_to_be_seen_is_escaped(text, printed):
    """Escape sequences, newlines, changes of direction, halves of surrogate pairs."""
    assert printable(text) == printed
    assert printed.isprintable()


def test_every_character_leaves_as_what_can_be_printed():
    """None is forgotten, and none stops the printing."""
    for first in range(0, sys.maxunicode + 1, 4096):
        printed = printable("".join(map(chr, range(first, first + 4096))), 4096)
        assert printed.isprintable()
        printed.encode()


def test_a_long_text_is_cut_in_its_middle_before_anything_else():
    """A name of a hundred megabytes costs no more than one of a line."""
    assert printable("\n" * 50_000_000, 5) == r"\n\n…\n\n"
    assert cut("abcdefgh", 5) == "ab…gh"
    assert cut("abcdefgh", 8) == "abcdefgh"


@pytest.fixture
def formatted():
    """A record of a message, formatted."""

    def make(formatter: logging.Formatter, message: str) -> str:
        try:
            raise ValueError("first\x1b[2J\nsecond\u202e")
        except ValueError:
            record = logging.LogRecord("x", logging.ERROR, "x.py", 1, "%s", (message,), sys.exc_info())
        return formatter.format(record)

    return make


def test_a_record_is_one_line_of_a_log(formatted):
    """A run's name must not forge the line of another run."""
    formatter = OneLine("%(levelname)s %(message)s", tracebacks=False)
    assert formatted(formatter, "a\nERROR b\x1b[1A") == r"ERROR a\nERROR b\x1b[1A"


def test_a_traceback_keeps_its_lines_and_nothing_else(formatted):
    """For whoever mends it; what was raised may have a stranger's words in it, too."""
    lines = formatted(OneLine(), "a\nb").split("\n")
    assert lines[0] == r"a\nb"
    assert lines[1].startswith("Traceback")
    assert lines[-2:] == [r"ValueError: first\x1b[2J", r"second\u202e"]
    assert all(line.isprintable() for line in lines)
