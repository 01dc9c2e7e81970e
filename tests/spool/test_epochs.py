"""Resumed runs: what was done over is hidden, and no step is told twice."""

from __future__ import annotations

import json
import os

import numpy as np
import pytest

from autoviz_render.spool.epochs import AbandonedRanges, Epoch
from autoviz_render.spool.publisher import Publisher
from autoviz_render.spool.snapshot import Snapshot
from autoviz_render.spool.store import Spool
from autoviz_render.spool.write import writer


def places(spool: Spool, **how) -> list[tuple[int, int]]:
    return [(ref.epoch, ref.sequence) for ref in spool.snapshots(**how)]


def test_each_start_is_a_new_epoch_and_no_sequence_is_used_twice(run_dir, publish):
    """A resumed run goes on in the same spool; names must keep telling the order."""
    publish(2)
    publish(2, first=2, state="failed")
    assert places(Spool(run_dir)) == [(0, 0), (0, 1), (1, 2), (1, 3)]
    assert Spool(run_dir).info().state == "failed"
    assert len(list((run_dir / "spool" / "static").iterdir())) == 1


@pytest.mark.parametrize("told", [None, 19])
def test_the_branch_that_a_resumed_run_did_over_is_hidden(run_dir, publish, told):
    """A sampler resumes from its last checkpoint, which is older than its last figure."""
    publish(5, state="failed")
    publish(4, first=2, resumed_from=told)
    spool = Spool(run_dir)
    assert places(spool) == [(0, 0), (0, 1), (1, 5), (1, 6), (1, 7), (1, 8)]
    assert [line.iteration for line in spool.scalars()] == [0, 10, 20, 30, 40, 50]
    assert len(places(spool, abandoned=True)) == len(spool.scalars(abandoned=True)) == 9
    assert [epoch.resumed_from for epoch in spool.info().epochs] == [None, 19]
    assert spool.best().epoch == 0, "the best before the resume point is still of this run"


def test_what_is_told_counts_before_anything_is_published(run_dir, publish):
    """Between the restart and its first quick update a reader may look already."""
    publish(5, state="failed")
    publisher = Publisher(run_dir, resumed_from=20)
    assert publisher.opened.wait(30)
    assert places(Spool(run_dir)) == [(0, 0), (0, 1), (0, 2)]
    publisher.close()


def test_the_best_of_an_abandoned_branch_is_not_the_best(run_dir, publish):
    """It is a point that the run, as it stands, never saw."""
    publish(3, state="failed")  # its best is quick update 1
    publish(1, first=1, resumed_from=5)
    assert places(Spool(run_dir)) == [(0, 0), (1, 3)]
    assert Spool(run_dir).best().epoch == 1


def test_a_run_begun_afresh_hides_all_of_the_one_before(run_dir, publish):
    """The same script, started twice in one place: the figure must be of the second."""
    publish(5)
    publish(1)
    assert places(Spool(run_dir)) == [(1, 5)]


def test_a_branch_abandoned_twice_stays_abandoned(run_dir, publish):
    """Killed, resumed, killed earlier than the first time, resumed again."""
    publish(6, state="failed")
    publish(2, first=4, state="failed")
    publish(2, first=2)
    assert [line.iteration for line in Spool(run_dir).scalars()] == [0, 10, 20, 30]


def test_a_snapshot_whose_numbers_are_lost_is_not_hidden(run_dir, publish):
    """Without `scalars.jsonl` a reader cannot know the iteration, and showing too much is the lesser fault."""
    publish(2)
    publish(1, first=1)
    (run_dir / "spool" / "scalars.jsonl").unlink()
    assert len(Spool(run_dir).snapshots()) == 3


def test_epochs_are_told_apart_whatever_is_known_of_them():
    """`spool.json` may have been lost between two starts: an epoch that it does not name is no error."""
    branches = AbandonedRanges([Epoch(3, 0.0, 100), Epoch(1, 0.0, 40)])
    assert [branches.is_abandoned(epoch, 50) for epoch in range(5)] == [True, False, False, False, False]
    assert [branches.is_abandoned(epoch, 101) for epoch in range(5)] == [True, True, True, False, False]
    assert not branches.is_abandoned(0, None)


def test_a_disk_that_fails_at_the_resume_loses_no_branch(run_dir, publish, monkeypatch):
    """`spool.json` tells what is hidden: it must be written before anything that relies on it."""
    publish(5, state="failed")
    publisher = Publisher(run_dir)
    assert publisher.opened.wait(30)
    with monkeypatch.context() as patch:

        def fail(info, paths, space):
            raise OSError(28, "No space left on device")

        patch.setattr(writer, "write_info", fail)
        publisher.publish({}, iteration=20)
        assert publisher.flush(30)
    publisher.publish({}, iteration=30)
    assert publisher.flush(30)
    assert Spool(run_dir).info().epochs[-1].resumed_from == 19
    publisher.close()
    assert [line.iteration for line in Spool(run_dir).scalars()] == [0, 10, 20, 30]


def test_epochs_that_a_lost_spool_json_told_of_are_still_known(run_dir, publish):
    """The next start goes by the names of the files."""
    publish(5)
    (run_dir / "spool" / "spool.json").write_text("{")
    publish(1, first=2)
    assert [(epoch.number, epoch.resumed_from) for epoch in Spool(run_dir).info().epochs] == [(0, None), (1, 19)]
    assert places(Spool(run_dir)) == [(0, 0), (0, 1), (1, 5)]


@pytest.mark.parametrize("plant", [os.mkdir, lambda path: os.symlink("/dev/null", path)])
def test_scalars_that_cannot_be_read_cost_themselves(run_dir, publish, plant, caplog):
    """Not the figures of the run, nor its next start."""
    publish(3, state="failed")
    path = run_dir / "spool" / "scalars.jsonl"
    path.unlink()
    plant(path)
    publish(1, first=1, resumed_from=5)
    assert places(Spool(run_dir)) == [(0, 0), (0, 1), (0, 2), (1, 3)]
    assert [line.iteration for line in Spool(run_dir).scalars()] == [10]


def test_a_name_at_the_bounds_does_not_hide_what_follows(run_dir, publish):
    """A stranger's file, or a joke's."""
    publish(1)
    (run_dir / "spool" / "snapshots" / "e999999999-000000000003.h5").write_bytes(b"")
    publish(1, first=1)
    assert places(Spool(run_dir))[:2] == [(0, 0), (1, 4)]


def test_many_epochs_are_told_apart_at_once():
    """A hostile `spool.json` may name as many as fit in it."""
    branches = AbandonedRanges([Epoch(number, 0.0, 10**6 - number) for number in range(100_000)])
    hidden = [epoch for epoch in range(0, 100_000, 7) if branches.is_abandoned(epoch, 900_002)]
    assert hidden == list(range(0, 99_999, 7))


def test_a_snapshot_knows_the_quick_updates_before_it_and_none_after(run_dir):
    """A figure of the run so far must be the same live and drawn again, and must not draw what was done over."""
    for resumed_from, iterations in ((None, (10, 20, 30)), (20, (25, 35))):
        with Publisher(run_dir, resumed_from=resumed_from) as publisher:
            for iteration in iterations:
                publisher.publish({"a": np.zeros(3)}, iteration=iteration, scalars={"x": iteration / 2})
                publisher.flush()
    spool = Spool(run_dir)
    told = {
        ref.sequence: [line.iteration for line in spool.read(ref).history] for ref in spool.snapshots(abandoned=True)
    }
    assert told == {0: [10], 1: [10, 20], 2: [10, 20, 30], 3: [10, 20, 25], 4: [10, 20, 25, 35]}
    assert spool.read(spool.newest()).history[-1].scalars == {"x": 17.5}
    assert Snapshot(arrays={}).history == ()


def test_a_run_of_very_many_starts_can_be_read(run_dir, publish):
    """A publisher for each quick update, in a loop: what tells of the starts must not grow beyond what readers take."""
    publish(1)
    path = run_dir / "spool" / "spool.json"
    content = json.loads(path.read_text())
    content["epochs"] = [{"number": n, "created": 1e9, "resumed_from": 10**15 + n} for n in range(7000)]
    path.write_text(json.dumps(content))
    publish(1, resumed_from=10**15 + 7000)
    info = Spool(run_dir).info()
    assert (info.epoch, info.epochs[-1].number) == (7000, 7000)
    assert 2000 < len(info.epochs) < 7000
    assert path.stat().st_size < 1 << 19
    assert len(Spool(run_dir).snapshots()) == 2
