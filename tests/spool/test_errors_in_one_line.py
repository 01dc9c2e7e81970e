"""What strangers' code raises, in a line that a person reads."""

from __future__ import annotations

import pytest

from autoviz_render.spool.text import in_one_line


class CannotSayError(Exception):
    def __str__(self) -> str:
        raise SystemExit(3)


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (ValueError("first\n   second"), "ValueError: first second"),
        (KeyboardInterrupt(), "KeyboardInterrupt"),
        (CannotSayError(), "CannotSayError"),
    ],
)
def test_an_error_is_its_kind_and_its_words(error, line):
    """Whatever its class does when it is asked."""
    assert in_one_line(error) == line


def test_an_error_of_megabytes_is_a_line():
    """One that quotes the array it failed at goes into a log, a heartbeat and a figure."""
    line = in_one_line(ValueError("x" * 10_000_000))
    assert line.startswith("ValueError: xxx")
    assert len(line) <= 1000
