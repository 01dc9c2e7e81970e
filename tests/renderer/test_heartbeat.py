"""`renderer.json` as a stranger may have left it: either a beat, with fields of their types, or none."""

from __future__ import annotations

import json
import math
import os
from typing import Any

import pytest

from autoviz_render.renderer.heartbeat import Heartbeat, read_heartbeat, write_heartbeat


@pytest.fixture
def path(tmp_path):
    write_heartbeat(tmp_path / "renderer.json", Heartbeat(), 30.0)
    return tmp_path / "renderer.json"


def test_a_beat_is_read_as_it_was_written(path):
    """Also one that says much: an error of a stranger's code may have any length and any characters."""
    told = "\N{GRINNING FACE}\x1b\n\ud800" * 100_000
    beat = write_heartbeat(path, Heartbeat(drawn=3, last_drawn="e0000-000000000001.h5", last_error=told), 30.0)
    read = read_heartbeat(path)
    assert told.startswith(read.last_error)
    assert len(read.last_error) >= 1000
    assert (read.pid, read.drawn, read.next_beat_by) == (os.getpid(), 3, beat.next_beat_by)


WRONG: dict[str, list[Any]] = {
    "pid": [math.inf, 1.5, "7", None, True, [], -1, 10**400, 10**30],
    "frame_seconds": [math.nan, math.inf, "1", {}, [1.0], -1.0],
    "started": [math.nan, -math.inf, 1e300, "now", None, 10**400],
    "next_beat_by": [math.nan, math.inf, "1e3", None],
    "host": [None, 3, ["h"]],
    "activity": [None, [], {}, "dancing", 1],
    "last_error": [1, [], {"a": 1}],
    "drawn": [math.nan, "3", 2.0, None],
}


@pytest.mark.parametrize(
    ("name", "value"),
    [(name, value) for name, values in WRONG.items() for value in values],
    ids=lambda value: f"{value!s:.12}",
)
def test_a_field_of_another_type_makes_it_no_beat(path, name, value):
    """A NaN that goes on into `--status --json` is a traceback there, for every run of a tree."""
    path.write_text(json.dumps(json.loads(path.read_text()) | {name: value}))
    assert read_heartbeat(path) is None


@pytest.mark.skipif(os.name == "nt", reason="makes a pipe")
def test_a_pipe_is_not_waited_for(path):
    """The writer of the spool may be anybody; `--status` of a whole tree must come to its end."""
    path.unlink()
    os.mkfifo(path)
    assert read_heartbeat(path) is None


def test_a_beat_without_a_field_is_none(path):
    """`{}` is no sign of life of this very process."""
    path.write_text("{}")
    assert read_heartbeat(path) is None
