"""A process of ours: it ends with all that it started, and with nothing else."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from autoviz_render.renderer.work.child_process import MARK, ChildProcess, how_it_ended

SLEEPER = (sys.executable, "-c", "import sys; sys.stdin.read()")


@pytest.fixture
def child():
    children = []

    def make(*command: str, stdout=subprocess.DEVNULL, **named) -> ChildProcess:
        children.append(ChildProcess(command or SLEEPER, stdout, **named))
        return children[-1]

    yield make
    for each in children:
        each.kill()


def test_a_child_that_is_killed_says_by_what_signal(child):
    """The message names it: 9 is the out-of-memory killer's, 11 a crash of a library."""
    assert how_it_ended(child().kill()) == "by signal 9"


def test_an_end_can_be_seen_without_giving_up_the_number(child):
    """Until it is waited for, no other process has its number, nor its group's."""
    ending = child(sys.executable, "-c", "raise SystemExit(3)")
    assert ending.has_ended(within=30.0)
    if sys.platform == "linux":
        assert Path(f"/proc/{ending.pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    assert ending.wait(0.0) == 3
    assert ending.has_ended()


def test_only_marked_lines_are_the_childs(child):
    """A figure's code writes to any descriptor; the lines that count bear what it does not know."""
    program = f"import os; print('noise'); print(os.environ['{MARK}'], 'told', flush=True); print('more noise')"
    assert list(child(sys.executable, "-c", program, stdout=subprocess.PIPE).marked_lines()) == [b"told\n"]


@pytest.mark.skipif(sys.platform != "linux", reason="looks at /proc")
def test_what_is_older_than_the_child_is_not_asked_for_its_environment(child, monkeypatch):
    """To read the environment of a process waits for a lock of its memory: a big or hung one may take its time."""
    asked, read = [], Path.read_bytes

    def read_bytes(path: Path) -> bytes:
        asked.append(path.name)
        return read(path)

    monkeypatch.setattr(Path, "read_bytes", read_bytes)
    youngest, trusted = child(*SLEEPER, is_untrusted=True), child()
    youngest._started += 1_000_000  # clock ticks: everything else is older
    asked.clear()
    youngest.kill()
    assert "stat" in asked
    assert "environ" not in asked
    asked.clear()
    trusted.kill()
    assert asked == []
