"""Checkpoints: written beside the search, whole at any instant, refused where they are of another run."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import threading

import killed_checkpoints
import numpy as np
import pytest

from autoviz_render.search.nss.checkpoint import Checkpoint, CheckpointError, Saved


def points(first: int, count: int = 3) -> dict[str, np.ndarray]:
    return {
        "position": np.arange(first, first + count)[:, None] * np.ones(2),
        "log_likelihood": -np.arange(first, first + count, dtype=float),
    }


def saved(number: int) -> Saved:
    return Saved([np.full((4, 2), number), np.float32(number)], {"iterations": number, "x": -np.inf}, {"seed": 1})


def save(checkpoint: Checkpoint, number: int) -> None:
    """A step in which three points died, and a checkpoint after it."""
    checkpoint.died(points(3 * number))
    checkpoint.save(saved(number))
    assert checkpoint.flush(30)


def loaded(run_dir) -> tuple[int | None, int]:
    """The number that a new start finds, and of how many dead points."""
    checkpoint = Checkpoint(run_dir)
    found = checkpoint.load()
    if found is None:
        return None, 0
    dead = checkpoint.dead()
    count = len(dead.get("log_likelihood", ()))
    for name, value in points(0, count).items():
        np.testing.assert_array_equal(dead.get(name, value), value)
    return int(found.numbers["iterations"]), count


@pytest.fixture
def gate(monkeypatch):
    """No byte is written before it is set."""
    gate, writev = threading.Event(), os.writev

    def wait_and_write(*arguments):
        assert gate.wait(30)
        return writev(*arguments)

    monkeypatch.setattr(os, "writev", wait_and_write)
    return gate


def test_what_was_saved_is_loaded(tmp_path):
    """Every bit of it: arrays in their types, numbers that are infinite, the dead in the order of their death."""
    checkpoint = Checkpoint(tmp_path)
    assert checkpoint.load() is None
    for number in range(4):
        save(checkpoint, number)
    checkpoint.close()
    again = Checkpoint(tmp_path)
    found = again.load()
    assert [leaf.dtype for leaf in found.leaves] == [np.int64, np.float32]
    np.testing.assert_array_equal(found.leaves[0], np.full((4, 2), 3))
    assert (found.numbers, found.identity) == (saved(3).numbers, saved(3).identity)
    assert loaded(tmp_path) == (3, 12)


def test_a_checkpoint_costs_what_is_new(tmp_path):
    """Pickling the whole list each time cost 29 times as much at iteration 4,000 as at 100."""
    checkpoint = Checkpoint(tmp_path)
    sizes = []
    for number in range(40):
        before = {path.name: path.stat().st_mtime_ns for path in checkpoint.folder.glob("*")} if number else {}
        save(checkpoint, number)
        written = [path for path in checkpoint.folder.iterdir() if before.get(path.name) != path.stat().st_mtime_ns]
        sizes.append(sum(path.stat().st_size for path in written))
        assert len(written) == 2, "one segment and one head"
        assert len(checkpoint._dead) == 0, "what is in a segment need not stay in memory"
    assert max(sizes) <= 1.01 * min(sizes)
    assert loaded(tmp_path) == (39, 120)
    checkpoint.close()


def test_the_search_does_not_wait_for_the_disk(tmp_path, gate):
    """Saves that come while one is written are one save; no dead point is lost or told twice."""
    checkpoint = Checkpoint(tmp_path)
    for number in range(10):
        checkpoint.died(points(3 * number))
        checkpoint.save(saved(number))
    gate.set()
    checkpoint.close()
    assert loaded(tmp_path) == (9, 30)


def test_a_disk_that_fails_costs_a_warning_and_is_tried_again(tmp_path, monkeypatch, caplog):
    """Every system call of a checkpoint, broken in turn: the run goes on, and the next checkpoint has it all."""
    for call in ("open", "writev", "fsync", "replace", "mkdir"):
        run_dir = tmp_path / call
        checkpoint = Checkpoint(run_dir)
        if call != "mkdir":
            save(checkpoint, 0)
        real = getattr(os, call)

        def fail(*arguments, real=real, **keywords):
            if threading.current_thread().name == "autoviz-render checkpoint":
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            return real(*arguments, **keywords)

        first = 0 if call == "mkdir" else 1
        with monkeypatch.context() as patch:
            patch.setattr(os, call, fail)
            save(checkpoint, first)
            save(checkpoint, first + 1)
        assert loaded(run_dir)[0] in (None, 0, 1, 2)
        save(checkpoint, first + 2)
        checkpoint.close()
        assert loaded(run_dir) == (first + 2, 3 * (first + 3))
    assert sum("writing a checkpoint failed" in record.getMessage() for record in caplog.records) == 5


@pytest.mark.parametrize("damage", ["cut", "flip", "remove", "other"])
@pytest.mark.parametrize("victim", ["head", "segment"])
def test_a_damaged_newest_checkpoint_falls_back_to_the_one_before(tmp_path, victim, damage, caplog):
    """And says so."""
    checkpoint = Checkpoint(tmp_path)
    for number in range(4):
        save(checkpoint, number)
    checkpoint.close()
    path = checkpoint.folder / ("head-1.h5" if victim == "head" else "segment-000003.h5")
    data = path.read_bytes()
    if damage == "remove":
        path.unlink()
    elif damage == "other":
        if victim == "head":
            path.write_bytes((checkpoint.folder / "segment-000000.h5").read_bytes())
        else:
            path.write_bytes((checkpoint.folder / "segment-000001.h5").read_bytes())
    else:
        path.write_bytes(data[: len(data) // 2] if damage == "cut" else data[:900] + b"?" + data[901:])
    assert loaded(tmp_path) == (2, 9)
    if (victim, damage) != ("head", "remove"):
        assert "going on from the checkpoint before" in caplog.text
    again = Checkpoint(tmp_path)
    again.load()
    save(again, 3)
    again.close()
    assert loaded(tmp_path) == (3, 12)


def test_a_checkpoint_of_which_nothing_is_whole_is_not_passed_over(tmp_path):
    """Days of sampling: starting afresh without a word would overwrite what a person might still save."""
    checkpoint = Checkpoint(tmp_path)
    for number in range(3):
        save(checkpoint, number)
    checkpoint.close()
    (checkpoint.folder / "segment-000000.h5").write_bytes(b"")
    with pytest.raises(CheckpointError, match=r"segment-000000.h5.*Remove it, or start with resume=False"):
        Checkpoint(tmp_path).load()


def test_it_is_removed_heads_first(tmp_path, monkeypatch):
    """Killed in the middle of it, what is left must not look like a run to go on with."""
    checkpoint = Checkpoint(tmp_path)
    save(checkpoint, 0)
    save(checkpoint, 1)
    checkpoint.close()
    unlinked, unlink = [], os.unlink

    def unlink_and_tell(path, **keywords):
        unlinked.append(os.path.basename(path))
        unlink(path, **keywords)

    monkeypatch.setattr(os, "unlink", unlink_and_tell)
    checkpoint.claim()
    checkpoint.remove()
    assert unlinked == ["head-0.h5", "head-1.h5", "segment-000000.h5", "segment-000001.h5", "lock"]
    checkpoint.remove()
    assert not checkpoint.folder.exists()


def test_two_processes_do_not_share_a_checkpoint(tmp_path):
    """Each would write its own segments under the names of the other's."""
    first, second = Checkpoint(tmp_path), Checkpoint(tmp_path)
    first.claim()
    save(first, 0)
    with pytest.raises(CheckpointError, match="another process runs here. Take another run directory"):
        second.claim()
    first.clear()
    assert loaded(tmp_path) == (None, 0)
    first.close()
    second.claim()
    second.close()


def test_the_dead_are_told_once_while_they_are_written(tmp_path, monkeypatch):
    """The result is made from them while the last checkpoint may still be under way."""
    gate, replaced, replace = threading.Event(), threading.Event(), os.replace

    def replace_and_wait(*arguments):
        replace(*arguments)
        replaced.set()
        assert gate.wait(30)

    checkpoint = Checkpoint(tmp_path)
    monkeypatch.setattr(os, "replace", replace_and_wait)
    checkpoint.died(points(0))
    checkpoint.save(saved(0))
    assert replaced.wait(30)
    assert checkpoint.dead()["log_likelihood"].size == 3
    gate.set()
    checkpoint.close()
    assert checkpoint.dead()["log_likelihood"].size == 3


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such timer")
def test_a_signal_handler_may_save_anywhere(tmp_path):
    """A batch system warns by a signal. A lock would be held by the very code that the handler interrupts."""
    checkpoint = Checkpoint(tmp_path)
    saves = []
    before = signal.signal(signal.SIGALRM, lambda *_: saves.append(checkpoint.save(saved(0))))
    signal.setitimer(signal.ITIMER_REAL, 1e-3, 1e-3)
    try:
        for number in range(300):
            checkpoint.died(points(3 * number))
            checkpoint.save(saved(number))
            assert checkpoint.dead()["log_likelihood"].size == 3 * (number + 1)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    save(checkpoint, 300)
    checkpoint.close()
    assert saves
    assert loaded(tmp_path) == (300, 903)


def test_a_disk_that_never_answers_does_not_hold_the_end_of_a_run(tmp_path, gate, caplog):
    """A batch system would kill it then, before the result is written."""
    checkpoint = Checkpoint(tmp_path)
    checkpoint.save(saved(0))
    assert not checkpoint.flush(0.01)
    checkpoint.close(0.01)
    assert "the disk does not answer" in caplog.text
    gate.set()
    checkpoint.close()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no fork")
def test_a_writer_killed_at_any_system_call(tmp_path):
    """What was saved before is there, whole; what was being saved may be; what was being removed is gone or whole."""
    program = killed_checkpoints.__file__
    killed = subprocess.run([sys.executable, program, str(tmp_path)], capture_output=True, text=True, check=True)
    assert int(killed.stdout) > 100, killed.stderr
    for run_dir in tmp_path.iterdir():
        progress = run_dir / "progress"
        told = progress.read_text() if progress.exists() else "-1"
        checkpoint = Checkpoint(run_dir / "run")
        found = checkpoint.load()
        number = -1 if found is None else int(found.numbers["iterations"])
        if told == "removed":
            assert number in (-1, killed_checkpoints.CHECKPOINTS - 1)
        else:
            assert number in (int(told), int(told) + 1), run_dir.name
        if found is not None:
            assert (found.leaves[0] == number).all()
            assert checkpoint.dead()["log_likelihood"].tolist() == [-float(n) for n in range(number + 1) for _ in "abc"]
