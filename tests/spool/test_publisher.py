"""The promises of the sampler's hand: never raise, never wait, lose nothing but what a warning names."""

from __future__ import annotations

import contextlib
import itertools
import logging
import os
import shutil
import signal
import sys
import threading
import time
import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from autoviz_render.spool.publisher import Publisher
from autoviz_render.spool.store import Spool


def test_a_busy_disk_gets_the_newest_and_the_scalars_of_all(run_dir, slow_disk):
    """The sampler outpaces the disk: it must not wait, memory must not grow, and no number may be lost."""
    publisher = Publisher(run_dir)
    started = time.monotonic()
    for number in range(50):
        publisher.publish({"x": np.full(1000, number)}, iteration=number)
    assert time.monotonic() - started < 5, "publish waited for the disk"
    slow_disk.set()
    publisher.close()
    spool = Spool(run_dir)
    assert [line.iteration for line in spool.scalars()] == list(range(50))
    assert spool.read(spool.newest()).arrays["x"][0] == 49
    assert publisher.stats.submitted == 50
    assert publisher.stats.written + publisher.stats.coalesced == 50
    assert publisher.stats.coalesced >= 48


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no writev")
def test_memory_is_bounded_however_slow_the_disk(run_dir, monkeypatch):
    """The bytes go through a pipe that is hardly emptied: the kernel makes the writer wait, as a slow network disk
    would, and the sampler goes on for a thousand quick updates of a megabyte."""
    reading, writing = os.pipe()
    is_over = threading.Event()
    write = os.writev

    def throttled(descriptor, buffers):
        for buffer in buffers:
            data = bytes(buffer)
            while data and not is_over.is_set():
                data = data[os.write(writing, data[: 1 << 16]) :]
        return write(descriptor, buffers)

    monkeypatch.setattr("os.writev", throttled)
    publisher = Publisher(run_dir)
    tracemalloc.start()
    longest = 0.0
    for number in range(1000):
        started = time.perf_counter()
        publisher.publish({"x": np.full(125_000, number)}, iteration=number)
        longest = max(longest, time.perf_counter() - started)
        if number % 100 == 0:
            os.read(reading, 1 << 16)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    is_over.set()
    os.set_blocking(reading, False)
    emptying = threading.Thread(target=empty, args=(reading, publisher))
    emptying.start()
    publisher.close()
    emptying.join()
    for descriptor in (reading, writing):
        os.close(descriptor)
    assert peak < 10 << 20, "more than the snapshot at hand, the one that waits, and the one that is made"
    assert longest < 5, "publish waited for the disk"
    assert publisher.stats.written + publisher.stats.coalesced == 1000
    assert publisher.stats.coalesced > 900
    assert Spool(run_dir).read(Spool(run_dir).newest()).iteration == 999


def empty(pipe: int, publisher: Publisher) -> None:
    """Read on until the publisher is done."""
    while not publisher.flush(0.01):
        with contextlib.suppress(BlockingIOError):
            os.read(pipe, 1 << 20)


def test_close_does_not_wait_for_ever(run_dir, slow_disk, caplog):
    """A disk that hangs must not keep a finished search from ending."""
    publisher = Publisher(run_dir)
    publisher.publish({"x": np.zeros(3)}, iteration=0)
    publisher.close(timeout=0.05)
    assert "did not answer within 0.05 s" in caplog.text


def interrupted(seconds: float, handler, work) -> int:
    """Do work again and again while a timer's signals come in; how often they came."""
    count = 0

    def handle(number, frame):
        nonlocal count
        count += 1
        handler()

    before = signal.signal(signal.SIGALRM, handle)
    signal.setitimer(signal.ITIMER_REAL, 1e-3, 2e-4)
    try:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            work()
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    return count


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no interval timers")
def test_a_signal_handler_may_publish(run_dir):
    """A batch system's warning comes in the middle of a quick update: each keeps its own number."""
    iterations = itertools.count()
    publisher = Publisher(run_dir)

    def publish():
        publisher.publish({"x": np.ones(9)}, iteration=next(iterations))

    assert interrupted(0.5, publish, publish) > 100
    publisher.close()
    told = next(iterations)
    assert sorted(line.iteration for line in Spool(run_dir).scalars()) == list(range(told))
    stats = publisher.stats
    assert (stats.written + stats.coalesced, stats.failed) == (told, 0)


def test_the_last_snapshot_is_written_though_its_directory_has_gone(run_dir):
    """Somebody cleans up just before the end."""
    publisher = Publisher(run_dir)
    publisher.publish({"x": np.zeros(3)}, iteration=0)
    assert publisher.flush(30)
    shutil.rmtree(run_dir)
    publisher.publish({"x": np.zeros(3)}, iteration=1)
    publisher.close()
    spool = Spool(run_dir)
    assert spool.read(spool.newest()).iteration == 1
    assert [line.iteration for line in spool.scalars()] == [1]


def test_reporting_a_fault_is_no_fault(run_dir):
    """A handler of the user's log may raise, as with a full disk behind it."""

    class Raising(logging.Handler):
        def emit(self, record):
            raise RuntimeError

    logger = logging.getLogger("autoviz_render.spool")
    logger.addHandler(handler := Raising())
    try:
        with Publisher(run_dir) as publisher:
            publisher.publish(3, iteration=0)  # type: ignore[arg-type]
    finally:
        logger.removeHandler(handler)
    assert publisher.stats.failed == 1


def test_a_process_that_may_start_no_thread_goes_on_without(run_dir, monkeypatch, caplog):
    """Batch systems limit them."""

    def refuse(thread):
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refuse)
    with Publisher(run_dir) as publisher:
        publisher.publish({"x": np.ones(2)}, iteration=0)
        assert publisher.opened.is_set()
        assert publisher.flush(30)
    assert "starting a thread failed" in caplog.text


def test_flush_ends_when_another_thread_closes(run_dir):
    """Nobody may wait for a writer that has gone."""
    publisher = Publisher(run_dir)
    publisher.publish({"x": np.ones(2)}, iteration=0)
    flushed = threading.Thread(target=publisher.flush)
    flushed.start()
    publisher.close()
    flushed.join(30)
    assert not flushed.is_alive()


def test_publishing_after_closing_is_harmless(run_dir, caplog):
    """A callback may come late."""
    publisher = Publisher(run_dir)
    publisher.close()
    publisher.publish({"x": np.ones(2)}, iteration=0)
    publisher.close("failed")
    assert "it is closed" in caplog.text
    assert Spool(run_dir).info().state == "finished"


def test_an_exception_in_the_with_block_marks_the_run_as_failed(run_dir):
    """Readers must be able to tell a finished run from a broken one."""
    with pytest.raises(ZeroDivisionError), Publisher(run_dir):
        1 / 0  # noqa: B018
    assert Spool(run_dir).info().state == "failed"


def test_chains_publish_under_their_own_names(run_dir):
    """MPI ranks share a run directory, not a spool."""
    for name in (None, "chain-1"):
        with Publisher(run_dir, name=name) as publisher:
            publisher.publish({"x": np.ones(2)}, iteration=0)
    assert len(Spool(run_dir).snapshots()) == len(Spool(run_dir / "spool-chain-1").snapshots()) == 1
    assert Spool(run_dir / "spool-chain-1").paths.images == run_dir / "image" / "chain-1"


def test_links_planted_in_the_spool_are_not_written_through(run_dir, tmp_path, publish):
    """A link where a file is about to be written must not lead the writer out of the spool."""
    victim = tmp_path / "victim"
    victim.write_text("precious")
    publish(1)
    scalars = Path(run_dir / "spool" / "scalars.jsonl")
    scalars.unlink()
    scalars.symlink_to(victim)
    publish(1)
    assert victim.read_text() == "precious"
