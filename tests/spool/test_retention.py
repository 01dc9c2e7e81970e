"""What a run keeps of its snapshots, and what it says of those that are gone."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoviz_render.spool.epochs import AbandonedRanges, Epoch
from autoviz_render.spool.publisher import Publisher
from autoviz_render.spool.retention import Kept, Retention, surplus
from autoviz_render.spool.snapshot import SnapshotRef
from autoviz_render.spool.store import Spool

NOTHING_ABANDONED = AbandonedRanges(())


def kept(sequence: int, *, size: int = 10, epoch: int = 0, log_likelihood: float = math.nan) -> Kept:
    return Kept(SnapshotRef(epoch, sequence, Path(str(sequence))), size, 10 * sequence, log_likelihood)


def left_of(history: list[Kept], retention: Retention, branches: AbandonedRanges = NOTHING_ABANDONED) -> list[int]:
    gone = set(surplus(history, retention, branches))
    return [each.ref.sequence for each in history if each not in gone]


def run(count: int, retention: Retention, best: int) -> list[int]:
    """What is left of a run of so many quick updates, thinned after each as a publisher does."""
    history: list[Kept] = []
    for sequence in range(count):
        history.append(kept(sequence, log_likelihood=-abs(sequence - best)))
        gone = set(surplus(history, retention, NOTHING_ABANDONED))
        history = [each for each in history if each not in gone]
    return [each.ref.sequence for each in history]


@given(st.integers(3, 40), st.integers(1, 400), st.data())
def test_a_run_of_any_length_keeps_the_first_the_newest_the_best_and_an_even_history(bound, count, data):
    """A movie of a week-long run fits in the bound, and does not jump."""
    best = data.draw(st.integers(0, count - 1))
    left = run(count, Retention(max_snapshots=bound), best)
    assert len(left) == min(bound, count)
    assert {0, best, count - 1} <= set(left)
    gaps = np.diff([sequence for sequence in left if sequence != best])[:-1]  # but for the one still growing
    if gaps.size:
        assert gaps.max() <= 4 * max(1, math.ceil(count / bound))


@given(st.lists(st.integers(1, 100), min_size=1, max_size=60), st.integers(1, 2000))
def test_the_bound_on_bytes_is_kept_whatever_the_sizes(sizes, bound):
    """Disk quotas are in bytes. Only the first, the newest and the best may exceed them."""
    history = [kept(sequence, size=size) for sequence, size in enumerate(sizes)]
    gone = set(surplus(history, Retention(max_bytes=bound, max_snapshots=None), NOTHING_ABANDONED))
    rest = [each for each in history if each not in gone]
    assert sum(each.size for each in rest) <= bound or len(rest) <= 3
    assert not gone or sum(sizes) > bound


def test_abandoned_branches_go_first():
    """Nobody misses what a resumed run did over."""
    history = [kept(0), kept(1), kept(2), kept(3, epoch=1), kept(4, epoch=1)]
    branches = AbandonedRanges([Epoch(0, 0.0), Epoch(1, 0.0, 5)])
    assert left_of(history, Retention(max_snapshots=4), branches) == [0, 2, 3, 4]
    assert left_of(history, Retention(max_snapshots=3), branches) == [0, 3, 4]


def test_a_directory_of_many_files_is_thinned_at_once():
    """A run that kept everything is started again with a bound."""
    left = left_of([kept(sequence) for sequence in range(20_000)], Retention(max_snapshots=100))
    assert len(left) == 100
    assert max(np.diff(left)) <= 4 * 200


def test_all_is_kept_when_asked_for(run_dir, publish):
    """Some have the disk."""
    publish(20, retention=Retention(max_snapshots=3, keep="all"))
    publish(20, first=20, retention="all")
    assert len(Spool(run_dir).snapshots()) == 40


def test_the_numbers_of_every_quick_update_survive(run_dir, publish):
    """Curves over a run need every point, figures need some."""
    publish(30, retention=Retention(max_snapshots=5))
    spool = Spool(run_dir)
    assert len(spool.snapshots()) == 5
    assert [line.iteration for line in spool.scalars()] == list(range(0, 300, 10))
    assert {0, 1, 29} <= {ref.sequence for ref in spool.snapshots()}, "the first, the best and the newest"


def test_a_resumed_run_counts_what_it_finds(run_dir, publish):
    """The bound is the run directory's, not that of one start."""
    publish(20, retention="all")
    publish(5, first=20, retention=Retention(max_snapshots=8))
    left = [ref.sequence for ref in Spool(run_dir).snapshots()]
    assert len(left) == 8
    assert {0, 1, 24} <= set(left)


def test_a_file_that_cannot_be_removed_is_tried_again(run_dir, monkeypatch, caplog):
    """One warning, the run goes on, and the bound holds again when the disk relents."""
    remove = Path.unlink

    def refuse(path, missing_ok=False):
        if path.suffix == ".h5":
            raise PermissionError(13, "Permission denied", str(path))
        remove(path, missing_ok)

    with Publisher(run_dir, retention=Retention(max_snapshots=3)) as publisher:
        for number in range(12):
            if number == 5:
                monkeypatch.setattr(Path, "unlink", refuse)
            if number == 10:
                monkeypatch.undo()
            publisher.publish({"x": np.ones(2)}, iteration=number)
            assert publisher.flush(30)
            assert len(Spool(run_dir).snapshots()) <= (3 if number < 5 or number >= 10 else number - 1)
    assert publisher.stats.written == 12
    assert sum("thinning the snapshots failed" in record.message for record in caplog.records) == 1


@pytest.mark.parametrize(
    "arguments", [{"max_snapshots": 0}, {"max_bytes": -1}, {"keep": "some"}, {"max_bytes": math.nan}]
)
def test_bounds_that_cannot_be_are_refused(arguments):
    """At once, before the run begins."""
    with pytest.raises(ValueError, match=next(iter(arguments))):
        Retention(**arguments)


def test_one_file_that_cannot_be_removed_does_not_keep_the_others(run_dir, publish):
    """An immutable file, or a folder of that name: the bound holds but for it."""
    (run_dir / "spool" / "snapshots" / "e0000-000000000001.h5").mkdir(parents=True)
    publish(30, first=2, retention=Retention(max_snapshots=5))
    assert len(Spool(run_dir).snapshots(abandoned=True)) <= 6
