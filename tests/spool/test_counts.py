"""What the iterations of a run count is said by the run, and read by whoever shows it."""

from __future__ import annotations

import json

import numpy as np
import pytest

from autoviz_render.figures.builtin.run import run
from autoviz_render.figures.panels import LinesPanel
from autoviz_render.search.quick_update import QuickUpdate
from autoviz_render.spool.errors import UnreadableError
from autoviz_render.spool.format.schema import snapshot_datasets, snapshot_from
from autoviz_render.spool.publisher import Publisher
from autoviz_render.spool.snapshot import Snapshot
from autoviz_render.spool.store import Spool


def labels(snapshot: Snapshot) -> set[str]:
    """Those of the x axes of the figure of the run."""
    return {panel.x_label for panel in run(snapshot) if isinstance(panel, LinesPanel)}


@pytest.mark.parametrize("counts", ["steps", "likelihood evaluations", "Schritte à 10"])
def test_what_is_counted_is_read_from_snapshots_and_numbers(run_dir, counts):
    """134,940 likelihood evaluations were shown as an iteration, of which the sampler had made 5,717."""
    with Publisher(run_dir, counts=counts) as publisher:
        for number in range(2):
            publisher.publish({"x": np.ones(2)}, iteration=number, log_likelihood=float(number))
            assert publisher.flush(30)
    spool = Spool(run_dir)
    snapshot = spool.read(spool.snapshots()[-1])
    assert snapshot.counts == counts
    assert [line.counts for line in spool.scalars()] == [counts, counts]
    assert labels(snapshot) == {counts, "running time (s)"}
    assert f"{counts} 1, log likelihood" in repr(snapshot)


def test_a_spool_that_does_not_say_counts_iterations(run_dir, publish):
    """Every spool of an earlier version, whose lines have no such key either."""
    publish(1)
    line = json.loads((run_dir / "spool" / "scalars.jsonl").read_text())
    assert "counts" not in line
    assert Spool(run_dir).scalars()[0].counts == "iteration"
    datasets = snapshot_datasets(Snapshot(arrays={}), ())
    del datasets["meta/counts"]
    assert snapshot_from(datasets, run_dir)[0]["counts"] == "iteration"


def test_a_stranger_cannot_say_it_in_numbers(run_dir):
    """The bytes of an integer would be that many zeros."""
    datasets = snapshot_datasets(Snapshot(arrays={}), ()) | {"meta/counts": np.asarray(10**9)}
    with pytest.raises(UnreadableError):
        snapshot_from(datasets, run_dir)


def test_a_quick_update_counts_likelihood_evaluations_unless_it_is_told(run_dir):
    """By the user first, and else by the hook of the sampler."""
    told = {}
    for name, counts in (("none", None), ("user", "steps")):
        with QuickUpdate(run_dir, renderer=None, name=name, counts=counts) as update:
            update([1.0], -2.0)
            update.name_count("draws")
            update([2.0], -1.0)
        told[name] = [line.counts for line in Spool(run_dir / f"spool-{name}").scalars()]
    assert told == {"none": ["likelihood evaluations", "draws"], "user": ["steps", "steps"]}


@pytest.mark.parametrize("counts", ["", "a\nb", "x" * 61, 3, None])
def test_what_no_file_can_say_is_refused(run_dir, counts):
    """At once, and before anything is made."""
    with pytest.raises((TypeError, ValueError), match="^counts is "):
        Publisher(run_dir, counts=counts)
    assert not run_dir.exists()
