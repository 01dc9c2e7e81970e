"""The snapshots before one: listed when they are looked at, read one by one."""

from __future__ import annotations

import pytest

from autoviz_render.spool.publisher import Publisher
from autoviz_render.spool.snapshot import Earlier, Snapshot
from autoviz_render.spool.store import Spool


def test_a_snapshot_knows_those_before_it_and_none_after(run_dir, publish):
    """Drawn again later, it must show what it showed live."""
    publish(4)
    spool = Spool(run_dir)
    assert [len(snapshot.earlier) for snapshot in spool] == [0, 1, 2, 3]
    last = spool[-1].earlier
    assert last.iterations == [0, 10, 20]
    assert [snapshot.sequence for snapshot in last] == [0, 1, 2]
    assert [snapshot.sequence for snapshot in last[1:]] == [1, 2]
    assert last[-1].parameters == {"radius": 3.5}


def test_what_was_done_over_by_then_is_not_among_them(run_dir, publish):
    """A resumed run begins again before its last snapshots; the abandoned one still has its own past."""
    publish(4, state="failed")
    publish(2, first=3, resumed_from=20)
    spool = Spool(run_dir)
    assert [(each.epoch, each.iteration) for each in spool[-1].earlier] == [(0, 0), (0, 10), (0, 20), (1, 30)]
    abandoned = spool.read(spool.snapshots(abandoned=True)[3])
    assert [each.iteration for each in abandoned.earlier] == [0, 10, 20]


def test_nothing_is_read_before_it_is_asked_for(run_dir, publish):
    """A renderer that draws another figure pays nothing; retention may have removed some meanwhile."""
    publish(3)
    spool = Spool(run_dir)
    snapshot = spool[-1]
    refs = spool.snapshots()
    refs[0].path.unlink()
    assert len(snapshot.earlier) == 1
    refs[1].path.unlink()
    with pytest.raises(FileNotFoundError):
        snapshot.earlier[0]


def test_snapshots_without_their_numbers_are_there_all_the_same(run_dir, publish):
    """`scalars.jsonl` may be lost, or have lost lines."""
    publish(3)
    (run_dir / "spool" / "scalars.jsonl").unlink()
    assert len(Spool(run_dir)[-1].earlier) == 2


def test_a_snapshot_that_was_never_in_a_spool_has_none(tmp_path):
    """Or those that it is given."""
    assert list(Snapshot({}).earlier) == []
    assert Earlier.of([Snapshot({}, iteration=3)]).iterations == [3]
    with Publisher(tmp_path / "run") as publisher:
        publisher.publish({}, iteration=0)
        publisher.flush()
    assert not Spool(tmp_path / "run")[0].earlier
