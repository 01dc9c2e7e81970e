"""What an interactive session, a log or a debugger shows of a spool."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from autoviz_render.spool.info import Producer, SpoolInfo
from autoviz_render.spool.publisher import Publisher
from autoviz_render.spool.scalars import ScalarsReader
from autoviz_render.spool.snapshot import Snapshot, SnapshotRef
from autoviz_render.spool.store import Spool

CRUEL = "\x1b[2J\n\u202e" + "x" * 10_000


def test_a_spool_tells_what_is_in_it(run_dir, publish, monkeypatch):
    """From a listing and `spool.json` alone: a year of scalars must not be read for a line in a debugger."""
    publish(3)
    monkeypatch.delattr(ScalarsReader, "lines")
    monkeypatch.delattr(Spool, "read")
    directory = str(run_dir / "spool")
    assert repr(Spool(run_dir)) == f"Spool({directory!r}: 3 snapshots, newest e0000-000000000002.h5, finished)"


def test_a_spool_that_is_missing_running_or_damaged_says_so(run_dir):
    """The first thing to look at when nothing is drawn."""
    assert repr(Spool(run_dir)).endswith(": no spool yet)")
    publisher = Publisher(run_dir)
    assert publisher.opened.wait(30)
    assert repr(Spool(run_dir)).endswith(": 0 snapshots, running)")
    publisher.close()
    (run_dir / "spool" / "spool.json").write_text("{")
    assert "unreadable, UnreadableError: " in repr(Spool(run_dir))


def test_a_snapshot_tells_what_it_is():
    """A person sees whether the arrays are those that were meant."""
    snapshot = Snapshot(
        arrays={"model_image": np.zeros((100, 90)), "chi": np.array(1, np.float32)},
        run="demo",
        iteration=8200,
        log_likelihood=-1234.5,
    )
    assert repr(snapshot) == (
        "Snapshot(run 'demo', iteration 8200, log likelihood -1234.5, arrays: model_image 100x90 float64, chi float32)"
    )
    many = Snapshot(arrays={f"x{number}": np.zeros(3) for number in range(5000)})
    assert repr(many).endswith("x2 3 float64 and 4997 more)")
    assert repr(Snapshot(arrays={})).endswith("no arrays)")


@pytest.mark.parametrize(
    "value",
    [
        Snapshot(arrays={CRUEL: np.zeros(3)}, run=CRUEL),
        SnapshotRef(0, 1, Path(CRUEL)),
        SpoolInfo(CRUEL, (CRUEL,), Producer(CRUEL, 1, CRUEL)),
        Spool(CRUEL),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_a_stranger_wrote_is_shown_in_one_short_line(value):
    """An escape sequence in a run's name clears the screen; a newline forges a line of a log."""
    assert repr(value).isprintable()
    assert len(repr(value)) < 1500


@pytest.mark.parametrize("arrays", [19, 1])
def test_the_repr_of_a_snapshot_fits_a_line(arrays):
    """That of a lens had nineteen arrays with long names, in four lines."""
    named = {f"inverse_magnification_of_plane_{number}": np.zeros((100, 100)) for number in range(arrays)}
    numbers: dict[str, Any] = {"iteration": 134_940, "log_likelihood": -130875.21171413572}
    snapshot = Snapshot(named, run="a lens of a long name" * 9, counts="likelihood evaluations", **numbers)
    assert len(repr(snapshot)) <= 120
    assert str(snapshot.iteration) in repr(snapshot)


def test_a_spool_below_the_working_directory_is_shown_as_it_was_named(run_dir, publish, monkeypatch):
    """So that it fits a line."""
    publish(3)
    monkeypatch.chdir(run_dir.parents[1])
    expected = "Spool('output/search/spool': 3 snapshots, newest e0000-000000000002.h5, finished)"
    assert repr(Spool(run_dir)) == repr(Spool("output/search")) == expected


def test_a_repr_never_raises():
    """A debugger calls it in the middle of something else."""
    assert repr(Snapshot(arrays={"x": object()}, log_likelihood=None)) == "<Snapshot that cannot be shown>"  # type: ignore[dict-item]
    assert repr(SpoolInfo(None, None, None)) == "<SpoolInfo that cannot be shown>"
    assert "SpoolInfo(run 'demo', finished, figures: fit" in repr(
        SpoolInfo("demo", ("fit",), Producer("host", 1, "run.py"), "finished")
    )
