"""A disk that is full: the newest and the best are written, and how the run ended; the history in between pays."""

from __future__ import annotations

import errno
import json
import logging
import math
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoviz_render.spool.publisher import Publisher
from autoviz_render.spool.retention import History, Kept, Retention
from autoviz_render.spool.snapshot import SnapshotRef
from autoviz_render.spool.store import Spool
from autoviz_render.spool.system import atomic
from autoviz_render.spool.write import info_file, scalars_file, writer

RUN = """
import json, sys, numpy as np
from pathlib import Path
from autoviz_render import Publisher, Spool

place, updates, values, retention, again = sys.argv[1], *map(int, sys.argv[2:4]), sys.argv[4] or None, int(sys.argv[5])
stats, best = [], round(updates * 0.7)
for start in range(1 + again):
    publisher = Publisher(Path(place, "run"), static={"data": np.ones(100)}, retention=retention)
    for number in range(start * updates, (start + 1) * updates):
        numbers = {"iteration": number, "log_likelihood": -abs(number - best), "parameters": {"a": 1.0}}
        publisher.publish({"x": np.full(values, float(number))}, **numbers)
        assert publisher.flush(60)
    publisher.close()
    stats.append([publisher.stats.written, publisher.stats.failed])
spool = Spool(publisher.run_dir)
for ref in spool.snapshots():
    snapshot = spool.read(ref)
    assert (snapshot.arrays["x"] == snapshot.iteration).all() and len(snapshot.static["data"]) == 100
kept = [ref.sequence for ref in spool.snapshots()]
lines = [line.iteration for line in spool.scalars()]
print(json.dumps([stats, kept, spool.best() and spool.best().sequence, lines, spool.info().state]))
"""


def run_on(
    tmp_path: Path, options: str, updates: int, values: int, *, retention: str = "", again: int = 0
) -> tuple[list[list[int]], list[int], int | None, list[int], str, str]:
    """A run on a file system of its own: its stats, snapshots, best, iterations of the scalars, state and warnings."""
    place = tmp_path / "small"
    place.mkdir()
    command = ["unshare", "--mount", "--map-root-user", "sh", "-c"]
    mount = f"mount -t tmpfs -o {options} none {place}"
    try:
        subprocess.run([*command, mount], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f"no small file system can be mounted here: {error}")
    program = tmp_path / "run.py"
    program.write_text(RUN)
    line = f"{mount} && exec {sys.executable} -P {program} {place} {updates} {values} '{retention}' {again}"
    ran = subprocess.run([*command, line], capture_output=True, text=True, timeout=300, check=False)
    assert ran.returncode == 0, ran.stderr
    stats, kept, best, lines, state = json.loads(ran.stdout)
    return stats, kept, best, lines, state, ran.stderr


def test_a_small_disk_keeps_the_first_the_newest_and_the_best(tmp_path):
    """6 MB and 330 snapshots: what was written first stayed, and the newest and the best were lost."""
    stats, kept, best, lines, state, warnings = run_on(tmp_path, "size=6m", 330, 4000)
    assert stats == [[330, 0]]
    assert (kept[0], best, kept[-1], state) == (0, 231, 329, "finished")
    assert lines == list(range(330))
    assert len(kept) > 90
    assert max(np.diff(kept)) <= 8, "thinned evenly"
    assert warnings.count("\n") == 1, warnings
    assert "the disk is full" in warnings


def test_a_disk_with_room_for_two_has_the_best_and_the_newest(tmp_path):
    """They are what the figure and the result need."""
    stats, kept, best, _, state, _ = run_on(tmp_path, "size=6m", 20, 300_000)
    assert (stats, kept, best, state) == ([[20, 0]], [14, 19], 14, "finished")


def test_a_disk_without_room_for_one_costs_one_warning(tmp_path):
    """Nothing is removed for what does not fit anyhow, and the numbers and the end are told."""
    stats, kept, best, lines, state, warnings = run_on(tmp_path, "size=2m", 4, 300_000)
    assert (stats, kept, best, lines, state) == ([[0, 4]], [], None, list(range(4)), "finished")
    assert warnings.count("No space left on device") == 1


def test_the_end_is_told_when_the_files_are_used_up(tmp_path):
    """A quota of files: `--status` said "died" after a run that had ended well."""
    stats, kept, best, lines, state, _ = run_on(tmp_path, "nr_inodes=40", 100, 40)
    assert (stats, kept[0], best, kept[-1], state) == ([[100, 0]], 0, 70, 99, "finished")
    assert lines == list(range(100))


def test_a_run_that_keeps_all_removes_nothing_and_tells_its_end(tmp_path):
    """That is what was asked for: what does not fit is lost, with a warning."""
    stats, kept, _, lines, state, warnings = run_on(tmp_path, "nr_inodes=40", 60, 40, retention="all")
    ((written, failed),) = stats
    assert (written + failed, state) == (60, "finished")
    assert kept == list(range(written))
    assert 20 < written < 40
    assert lines == list(range(60))
    assert warnings.count("No space left on device") <= 2


@pytest.mark.parametrize("options", ["size=1m", "nr_inodes=30"])
def test_a_run_is_resumed_on_a_full_disk(tmp_path, options):
    """Killed for its quota, it is submitted again."""
    stats, kept, best, lines, state, _ = run_on(tmp_path, options, 60, 4000, again=1)
    assert stats == [[60, 0], [60, 0]]
    assert (kept[0], best, kept[-1], state) == (0, 42, 119, "finished")
    assert lines == list(range(120))


@pytest.fixture
def small_disk(run_dir, monkeypatch):
    """A disk that has room for 5 snapshots, and then perhaps for no other file either, as the test says."""
    room = {"snapshots": 5, "spool.json": True}
    write = atomic.write_whole

    def write_if_there_is_room(final, buffers, **how):
        folder = run_dir / "spool" / "snapshots"
        is_full = len(list(folder.iterdir())) >= room["snapshots"] if folder.is_dir() else False
        if is_full and (final.parent == folder or not room["spool.json"]):
            raise OSError(errno.EDQUOT, "Disk quota exceeded")
        return write(final, buffers, **how)

    for module in (info_file, writer):
        monkeypatch.setattr(module, "write_whole", write_if_there_is_room)
    return room


def publish_some(run_dir: Path, count: int, *, best: int, **how) -> Publisher:
    with Publisher(run_dir, **how) as publisher:
        for number in range(count):
            publisher.publish({"x": np.ones(9)}, iteration=number, log_likelihood=-abs(number - best))
            assert publisher.flush(30)
    return publisher


@pytest.mark.parametrize("best", [0, 3, 11, 19])
def test_a_quota_is_kept_by_thinning(run_dir, small_disk, best, caplog):
    """As on a real disk, for machines where none can be mounted."""
    assert publish_some(run_dir, 20, best=best).stats.written == 20
    left = [ref.sequence for ref in Spool(run_dir).snapshots()]
    assert {0, best, 19} <= set(left)
    assert len(left) == 5
    assert sum(record.levelno == logging.WARNING for record in caplog.records) == 1


def test_a_sampler_that_tells_no_likelihood_has_its_newest(run_dir, small_disk):
    """Then the newest is as good as any."""
    small_disk["snapshots"] = 1
    with Publisher(run_dir) as publisher:
        for number in range(5):
            publisher.publish({"x": np.ones(9)}, iteration=number)
            assert publisher.flush(30)
    assert [ref.sequence for ref in Spool(run_dir).snapshots()] == [4]


def test_a_quota_of_two_files_keeps_the_best_and_the_newest(run_dir, small_disk):
    """The first goes, if it is neither."""
    small_disk["snapshots"] = 2
    publish_some(run_dir, 10, best=4)
    assert [ref.sequence for ref in Spool(run_dir).snapshots()] == [4, 9]


def test_the_end_is_told_with_the_spare_file(run_dir, small_disk, caplog):
    """No snapshot goes for it, and no file is left of it."""
    publisher = Publisher(run_dir, retention="all")
    for number in range(5):
        publisher.publish({"x": np.ones(9)}, iteration=number)
        assert publisher.flush(30)
    small_disk["spool.json"] = False
    publisher.close("failed")
    spool = Spool(run_dir)
    assert (spool.info().state, len(spool.snapshots())) == ("failed", 5)
    assert [path.name for path in spool.paths.tmp.iterdir()] == ["e0000.claim"]
    assert not caplog.records


def test_without_the_spare_file_a_snapshot_goes(run_dir, small_disk):
    """Somebody cleared `tmp/`: how the run ended is worth more than one of its history."""
    publisher = Publisher(run_dir)
    for number in range(5):
        publisher.publish({"x": np.ones(9)}, iteration=number)
        assert publisher.flush(30)
    small_disk["spool.json"] = False
    (run_dir / "spool" / "tmp" / "spool.json.spare").unlink()
    publisher.close()
    spool = Spool(run_dir)
    assert (spool.info().state, len(spool.snapshots())) == ("finished", 4)


def test_the_end_is_told_in_place_when_nothing_else_helps(run_dir, small_disk, caplog):
    """All is to be kept, and the spare file is gone: a run that ended well must not be said to have died."""
    publisher = Publisher(run_dir, retention="all")
    for number in range(5):
        publisher.publish({"x": np.ones(9)}, iteration=number)
        assert publisher.flush(30)
    small_disk["spool.json"] = False
    (run_dir / "spool" / "tmp" / "spool.json.spare").unlink()
    publisher.close()
    spool = Spool(run_dir)
    assert (spool.info().state, len(spool.snapshots())) == ("finished", 5)
    assert not caplog.records


def test_a_file_is_written_over_only_if_it_has_the_room(tmp_path):
    """Half of the new content and half of the old would be neither."""
    path = tmp_path / "file"
    path.write_bytes(b"old content")
    atomic.overwrite(path, b"new")
    assert path.read_bytes() == b"new        "
    with pytest.raises(OSError, match="No space"):
        atomic.overwrite(path, bytes(1 << 20))
    assert path.read_bytes() == b"new        "


def test_scalars_are_worth_a_snapshot(run_dir, small_disk, monkeypatch, caplog):
    """Curves need every point."""
    append = scalars_file.append_lines  # type: ignore[attr-defined]

    def append_if_there_is_room(path, texts, **how):
        if len(list((run_dir / "spool" / "snapshots").iterdir())) >= small_disk["snapshots"]:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return append(path, texts, **how)

    monkeypatch.setattr(scalars_file, "append_lines", append_if_there_is_room)
    publish_some(run_dir, 20, best=11)
    assert [line.iteration for line in Spool(run_dir).scalars()] == list(range(20))
    assert sum(record.levelno == logging.WARNING for record in caplog.records) == 1


def test_other_faults_of_a_disk_remove_nothing(run_dir, publish, monkeypatch):
    """Room does not help them."""
    publish(4)

    def fail(final, buffers, **how):
        raise OSError(errno.EIO, "Input/output error")

    with Publisher(run_dir, resumed_from=100) as publisher:
        assert publisher.opened.wait(30)
        for module in (info_file, writer):
            monkeypatch.setattr(module, "write_whole", fail)
        publisher.publish({}, iteration=110)
        assert publisher.flush(30)
        monkeypatch.undo()
    assert len(Spool(run_dir).snapshots()) == 4


@given(
    st.lists(st.tuples(st.integers(1, 100), st.floats(-5, 5) | st.just(math.nan)), min_size=1, max_size=20),
    st.integers(1, 800),
    st.integers(0, 200),
    st.none() | st.floats(-6, 6),
)
def test_room_is_made_of_what_is_worth_least(sizes, needed, free, newer):
    """The best goes only for one as good, the first and the newest only for a newer, and nothing goes in vain."""
    history = History(Retention())
    kept = [Kept(SnapshotRef(0, at, Path(str(at))), size, at, value) for at, (size, value) in enumerate(sizes)]
    for each in kept:
        history.add(each)
    removed = history.to_make_room(needed, free, newer)
    assert len(removed) == len(set(removed))
    if not removed:
        return
    assert sum(each.size for each in removed) + free >= needed
    value = [-math.inf if math.isnan(each.log_likelihood) else each.log_likelihood for each in kept]
    best = max(range(len(kept)), key=lambda at: (value[at], at))
    if newer is None:
        assert {kept[0], kept[best], kept[-1]}.isdisjoint(removed)
    elif kept[best] in removed:
        assert value[best] <= newer
    assert sum(each.size for each in removed[:-1]) < needed, "no more than is needed"
    assert History(Retention(keep="all")).to_make_room(needed, free, newer) == []
