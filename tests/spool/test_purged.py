"""Scratch disks are cleared file by file, of what nobody read for long: a live publisher brings back what it can."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from autoviz_render import Publisher, Spool
from autoviz_render.spool.errors import UnreadableError

PURGED = [
    "static/*.h5",
    "static",
    "spool.json",
    "snapshots",
    "snapshots/*.h5",
    "scalars.jsonl",
    "writer.lock",
    "tmp",
    ".",
]


def purge(spool: Path, pattern: str) -> None:
    """Remove what a purge might."""
    for path in [spool] if pattern == "." else list(spool.glob(pattern)):
        shutil.rmtree(path) if path.is_dir() else path.unlink()


@pytest.mark.parametrize("pattern", PURGED)
def test_what_a_purge_took_is_there_again_after_the_next_quick_update(run_dir, pattern, caplog):
    """A run of weeks outlives the files it wrote at its start; every later snapshot needs some of them."""
    with Publisher(run_dir, figure="line", title="mine", static={"noise": np.ones(4)}) as publisher:
        for number in range(4):
            if number == 2:
                purge(run_dir / "spool", pattern)
            publisher.publish({"data": np.full(4, float(number))}, iteration=number)
            assert publisher.flush(30)
        spool = Spool(run_dir)
        assert (spool.info().run, spool.info().state, spool.info().epoch) == ("mine", "running", 0)
        assert [snapshot.iteration for snapshot in spool][-2:] == [2, 3]
        assert [line.iteration for line in spool.scalars()][-2:] == [2, 3]
        assert spool[-1].static["noise"].tolist() == [1.0] * 4
        assert publisher.stats.failed == 0
    assert Spool(run_dir).info().state == "finished"
    assert not caplog.messages


def test_a_static_file_that_is_gone_for_good_is_named_with_the_remedy(run_dir, publish):
    """Nobody writes it again when the run is over."""
    publish(1)
    (static,) = (run_dir / "spool" / "static").glob("*.h5")
    static.unlink()
    with pytest.raises(UnreadableError) as told:
        Spool(run_dir).read_newest()
    assert told.value.path == static
    assert "a purge of the disk took it" in str(told.value)
    assert "copy it there from where the run was" in str(told.value)
