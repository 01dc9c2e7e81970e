"""The publisher in processes that fork, end without a word, or are killed."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
from pathlib import Path

import breaking
import pytest
from breaking import check_whole, publish_some

from autoviz_render.spool.publisher import Publisher
from autoviz_render.spool.store import Spool

FORKING = """
import multiprocessing, numpy as np, sys
from autoviz_render import Publisher

def work(publisher):
    publisher.publish({"x": np.ones(2)}, iteration=99)
    publisher.close()

with Publisher(sys.argv[1]) as publisher:
    publisher.publish({"x": np.ones(2)}, iteration=0)
    assert publisher.flush(30)
    worker = multiprocessing.get_context("fork").Process(target=work, args=(publisher,))
    worker.start()
    worker.join(30)
sys.exit(worker.exitcode)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no fork")
def test_a_forked_worker_does_not_publish(run_dir):
    """Pools fork the sampler's process: the copy has no writer thread, and must neither hang nor write."""
    subprocess.run([sys.executable, "-P", "-c", FORKING, str(run_dir)], check=True, timeout=120)
    assert [line.iteration for line in Spool(run_dir).scalars()] == [0]


INTERRUPTED = """
import numpy as np, signal, sys, time
from autoviz_render import Publisher

count, is_publishing = 0, False

def interrupt(number, frame):
    global count, is_publishing
    if is_publishing:
        count, is_publishing = count + 1, False
        raise KeyboardInterrupt

publisher = Publisher(sys.argv[1])
signal.signal(signal.SIGALRM, interrupt)
signal.setitimer(signal.ITIMER_REAL, 1e-3, 2e-4)
deadline = time.monotonic() + 1.0
while time.monotonic() < deadline:
    try:
        is_publishing = True
        publisher.publish({"x": np.ones(9)}, iteration=0)
        is_publishing = False
    except KeyboardInterrupt:
        pass
signal.setitimer(signal.ITIMER_REAL, 0)
publisher.publish({"x": np.ones(9)}, iteration=1)
assert publisher.flush(30), "the writer is stuck"
publisher.close()
assert count > 100, count
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no interval timers")
def test_an_interrupt_in_the_middle_of_publish_stops_nothing_else(run_dir):
    """Ctrl-C in a notebook, and on with the next cell: no lock may be left behind."""
    subprocess.run([sys.executable, "-P", "-c", INTERRUPTED, str(run_dir)], check=True, timeout=120)
    assert Spool(run_dir).read(Spool(run_dir).newest()).iteration == 1


SCRIPT = """
import numpy as np, sys
from autoviz_render import Publisher
publisher = Publisher(sys.argv[1])
for number in range(100):
    publisher.publish({"x": np.full(50000, number)}, iteration=number)
"""


@pytest.mark.parametrize(("ending", "state"), [("", "finished"), ("raise SystemError", "failed")])
def test_a_script_that_forgets_to_close_leaves_its_last_snapshot(run_dir, ending, state):
    """Ten-line scripts do not close things."""
    subprocess.run([sys.executable, "-P", "-c", SCRIPT + ending, str(run_dir)], capture_output=True, check=False)
    spool = Spool(run_dir)
    assert spool.read(spool.newest()).iteration == 99
    assert spool.info().state == state


CHILDREN = """
import multiprocessing, numpy as np, sys
from autoviz_render import Publisher

def work(folder, ending):
    publisher = Publisher(folder)
    for number in range(100):
        publisher.publish({"x": np.full(50000, number)}, iteration=number)
    if ending == "raises":
        raise ValueError
    if ending.startswith("exits"):
        sys.exit(int(ending[-1]))

if __name__ == "__main__":
    method, ending, folder = sys.argv[1:]
    child = multiprocessing.get_context(method).Process(target=work, args=(folder, ending))
    child.start()
    child.join(60)
    print(child.exitcode)
"""


@pytest.mark.parametrize("method", multiprocessing.get_all_start_methods())
@pytest.mark.parametrize(
    ("ending", "code", "state"),
    [
        ("returns", 0, "finished"),
        ("raises", 1, "failed"),
        ("exits with 3", 3, "failed"),
        ("exits with 0", 0, "finished"),
    ],
)
def test_a_child_that_forgets_to_close_leaves_its_last_snapshot(tmp_path, method, ending, code, state):
    """Children of `multiprocessing` end without Python's exit handlers: the last snapshot was lost without a word."""
    (tmp_path / "program.py").write_text(CHILDREN)
    command = [sys.executable, "-P", str(tmp_path / "program.py"), method, ending, str(tmp_path / "run")]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    assert ran.stdout == f"{code}\n"
    spool = Spool(tmp_path / "run")
    assert spool.read(spool.newest()).iteration == 99
    assert spool.info().state == state


def test_the_workers_of_an_executor_leave_their_last_snapshots(tmp_path):
    """They are children of `multiprocessing`, and end when their executor is shut down."""
    program = (
        CHILDREN[: CHILDREN.index("if __name__")]
        + """
if __name__ == "__main__":
    from concurrent.futures import ProcessPoolExecutor
    with ProcessPoolExecutor(2) as executor:
        list(executor.map(work, [sys.argv[1] + "/a", sys.argv[1] + "/b"], ["returns", "returns"]))
"""
    )
    (tmp_path / "program.py").write_text(program)
    command = [sys.executable, "-P", str(tmp_path / "program.py"), str(tmp_path)]
    subprocess.run(command, timeout=120, check=True)
    for name in "ab":
        spool = Spool(tmp_path / name)
        assert (spool.read(spool.newest()).iteration, spool.info().state) == (99, "finished")


ENDING_INSIDE = """
import numpy as np, sys, threading
from autoviz_render import Publisher
from autoviz_render.spool.format import container
from autoviz_render.spool.write import update_writer

inside = threading.Event()

def announced(function):
    def call(*arguments):
        inside.set()
        return function(*arguments)
    return call

if sys.argv[2] == "HDF5":
    container._empty_image = announced(container._empty_image)
else:
    update_writer.to_numpy = announced(update_writer.to_numpy)
one = Publisher(sys.argv[1])
one.publish({f"x{number}": np.ones(3, np.int8) for number in range(22_000)}, iteration=1)
assert inside.wait(60)
if sys.argv[3] == "closed":
    one.close(timeout=0.001)
print("the end", flush=True)
if sys.argv[3] == "raised":
    raise ValueError
"""


@pytest.mark.parametrize(
    ("place", "ending"),
    [
        ("HDF5", "closed"),
        ("HDF5", "left open"),
        ("conversion", "raised"),
        *(
            pytest.param(*each, marks=pytest.mark.torture)
            for each in [("HDF5", "raised"), ("conversion", "closed"), ("conversion", "left open")]
        ),
    ],
)
def test_a_program_ends_wherever_the_writer_is(run_dir, place, ending):
    """h5py's lock, left behind by a thread that Python's end found inside, kept the program from ever ending."""
    command = [sys.executable, "-P", "-c", ENDING_INSIDE, str(run_dir), place, ending]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert (ran.stdout, ran.returncode) == ("the end\n", int(ending == "raised")), ran.stderr
    if ending != "closed":
        assert len(Spool(run_dir).read(Spool(run_dir).newest()).arrays) == 22_000


KILLED = """
import numpy as np, os, sys
from autoviz_render import Publisher
publisher = Publisher(sys.argv[1])
print("ready", flush=True)
number = 0
while True:
    publisher.publish({"x": np.full((200, 200), number), "y": np.arange(number % 7)}, iteration=number)
    number += 1
"""


def test_a_killed_writer_leaves_only_whole_snapshots(run_dir, eventually, caplog):
    """SIGKILL at any instruction: readers see what was complete, and the next start sweeps the rest."""
    for _ in range(5):
        child = subprocess.Popen([sys.executable, "-P", "-c", KILLED, str(run_dir)], stdout=subprocess.PIPE)
        assert child.stdout.readline() == b"ready\n"
        spool = Spool(run_dir)
        before = len(spool.snapshots(abandoned=True))
        eventually(lambda spool=spool, before=before: len(spool.snapshots(abandoned=True)) > before + 3)
        child.send_signal(signal.SIGKILL)
        child.wait()
        child.stdout.close()
        for ref in spool.snapshots(abandoned=True):
            snapshot = spool.read(ref)
            assert (snapshot.arrays["x"] == snapshot.iteration).all()
        assert spool.info().is_over(), "a dead producer was not noticed"
    assert spool.info().epoch == 4
    Publisher(run_dir).close()  # sweeps what the last one left
    caplog.clear()
    drafted = spool.paths.tmp / f".e0004-000000000000.h5.{child.pid}.0.draft"
    drafted.write_bytes(b"half")
    kept = spool.paths.tmp / f".e0004-000000000000.h5.{os.getppid()}.0.draft"
    kept.write_bytes(b"of a process that lives")
    Publisher(run_dir).close()
    assert not drafted.exists()
    assert kept.exists()
    assert f"removed 1 unfinished file(s) that an earlier start left when it was killed ({drafted.name})" in caplog.text


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no fork")
def test_a_writer_killed_at_any_system_call(tmp_path, monkeypatch, caplog):
    """Before and after each call that a run makes, and in the middle of its writes: only whole snapshots, the next
    start sweeps and says what it found, and goes on."""
    program = Path(breaking.__file__).with_name("killed_writers.py")
    killed = subprocess.run([sys.executable, str(program), str(tmp_path)], capture_output=True, text=True, check=True)
    assert int(killed.stdout) > 150, killed.stderr
    monkeypatch.setattr(os, "fsync", lambda _: None)  # as in the program: the death of a process does not need it
    swept = 0
    for run_dir in sorted(tmp_path.iterdir()):
        spool = Spool(run_dir)
        before = check_whole(spool)
        assert before == sorted(before)
        drafts = [path.name for path in spool.paths.tmp.glob(".*.draft")]
        caplog.clear()
        publish_some(run_dir, 2, first=3)
        assert [path.name for path in run_dir.iterdir()] == ["spool"], "the dead writer's lock was not free"
        assert spool.read(spool.newest()).iteration == 4
        assert set(before) & {0, 1, 2} <= set(check_whole(spool)) | {1, 2}, "what was there is there, but for thinning"
        assert [line.iteration for line in spool.scalars()][-2:] == [3, 4]
        assert list(spool.paths.tmp.glob(".*.draft")) == []
        swept += len(drafts)
        assert all(name in caplog.text for name in drafts[:3])
        assert bool(drafts) == ("when it was killed" in caplog.text)
    assert swept > 10
