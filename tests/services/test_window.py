"""`--watch --window` on a virtual display: what is seen, and what is said when the window or the display is gone."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

tkinter = pytest.importorskip("tkinter", reason="Python's tkinter is not installed")
pytestmark = pytest.mark.skipif(shutil.which("Xvfb") is None, reason="Xvfb is not installed")

COMMAND = [sys.executable, "-m", "autoviz_render.cli", "--watch"]


@dataclass(frozen=True)
class Display:
    process: subprocess.Popen[bytes]
    name: str


@dataclass(frozen=True)
class Command:
    process: subprocess.Popen[bytes]
    said_to: Path

    def said(self) -> str:
        return self.said_to.read_text()


@pytest.fixture
def display():
    """A virtual display: its process, and its name."""
    ours, theirs = os.pipe()
    command = ["Xvfb", "-displayfd", str(theirs), "-screen", "0", "1280x900x24"]
    server = subprocess.Popen(command, pass_fds=[theirs], stderr=subprocess.DEVNULL)
    os.close(theirs)
    with open(ours, closefd=True) as told:
        name = f":{told.readline().strip()}"
    yield Display(server, name)
    server.kill()
    server.wait()


@pytest.fixture
def watch(tmp_path):
    """Start the command with a window; what it says goes to a file."""
    started = []

    def start(path, display=None, **more):
        environment = {name: value for name, value in os.environ.items() if name not in ("DISPLAY", "WAYLAND_DISPLAY")}
        environment |= {"DISPLAY": display} if display else {}
        said = tmp_path / f"said-{len(started)}"
        with said.open("wb") as file:
            process = subprocess.Popen(
                [*COMMAND, "--window", str(path)], env=environment | more, stdout=subprocess.DEVNULL, stderr=file
            )
        started.append(process)
        return Command(process, said)

    yield start
    for process in started:
        process.send_signal(signal.SIGCONT)
        process.kill()
        process.wait()


def window_of(process: subprocess.Popen[bytes]) -> int | None:
    """The process of its window."""
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            if parent == process.pid and b"window_process" in (folder / "cmdline").read_bytes():
                return int(folder.name)
        except (OSError, IndexError):
            continue
    return None


def shown(display) -> np.ndarray:
    """The pixels of the display."""
    from PIL import ImageGrab

    return np.asarray(ImageGrab.grab(xdisplay=display.name).convert("RGB"), float)


def is_drawn(run_dir: Path, step: int) -> bool:
    """Whether the renderer has come so far."""
    beat = run_dir / "spool" / "renderer.json"
    return beat.exists() and f"{step:012d}.h5" in beat.read_text()


def test_the_newest_figure_is_on_the_screen(display, watch, run_dir, publish, eventually):
    """Pixel by pixel, as the screen is larger than the figure: nothing of it is scaled away."""
    from PIL import Image

    publish(2, state="running")
    watch(run_dir, display.name)
    file = run_dir / "image" / "fit.png"
    eventually(file.exists, 60)

    def is_shown() -> bool:
        with Image.open(file) as opened:
            picture = np.asarray(opened.convert("RGB"), float)
        screen = shown(display)
        height, width = min(picture.shape[0], 300), min(picture.shape[1], 1000)
        part = screen[:height, :width]
        return part.shape == picture[:height, :width].shape and np.abs(part - picture[:height, :width]).mean() < 3

    eventually(lambda: np.ptp(shown(display)) > 100, 60)
    before = shown(display)
    if picture_fits(file):
        eventually(is_shown, 30)
    publish(1, state="finished", first=2)
    eventually(lambda: np.abs(shown(display) - before).max() > 50, 60, "the next figure")


def picture_fits(file: Path) -> bool:
    """Whether a figure is shown at its own size on the display."""
    from PIL import Image

    with Image.open(file) as opened:
        return opened.width <= 0.8 * 1280 and opened.height <= 0.8 * 900


def test_without_a_display_it_is_wrong_usage(watch, run_dir, publish):
    """Nobody who asked for a window is served by a run without one."""
    publish(1)
    command = watch(run_dir)
    assert command.process.wait(60) == 2
    [line] = command.said().splitlines()
    assert "there is no display" in line
    assert "ssh -X" in line


def test_a_display_that_dies_is_one_line(display, watch, run_dir, publish, eventually):
    """A laptop that is closed ends `ssh -X`; the figures go on."""
    publish(1, state="running")
    command = watch(run_dir, display.name)
    eventually(lambda: window_of(command.process) and np.ptp(shown(display)) > 100, 60)
    display.process.kill()
    eventually(lambda: "display was lost" in command.said(), 30)
    publish(1, state="running", first=1)
    eventually(lambda: is_drawn(run_dir, 1), 60)
    assert command.process.poll() is None
    assert command.said().count("the window is gone") == 1
    assert "Traceback" not in command.said()


def test_a_window_that_is_killed_is_one_line(display, watch, run_dir, publish, eventually):
    """As the system may do when memory is short."""
    publish(1, state="running")
    command = watch(run_dir, display.name)
    eventually(lambda: window_of(command.process) and np.ptp(shown(display)) > 100, 60)
    os.kill(window_of(command.process), signal.SIGKILL)
    eventually(lambda: "the window is gone" in command.said(), 30)
    publish(1, state="running", first=1)
    eventually(lambda: is_drawn(run_dir, 1), 60)
    assert command.said().count("the window is gone") == 1


def test_a_window_that_hangs_costs_nothing(display, watch, run_dir, publish, eventually):
    """The drawing goes on, and the command ends as soon as it is told to."""
    publish(1, state="running")
    command = watch(run_dir, display.name)
    eventually(lambda: window_of(command.process) and np.ptp(shown(display)) > 100, 60)
    window = window_of(command.process)
    os.kill(window, signal.SIGSTOP)
    publish(30, state="running", first=1)
    eventually(lambda: is_drawn(run_dir, 30), 60)
    began = time.monotonic()
    command.process.send_signal(signal.SIGINT)
    command.process.wait(30)
    assert time.monotonic() - began < 10
    eventually(lambda: not Path(f"/proc/{window}").exists(), 10, "the window's end")


def test_the_window_ends_with_the_command(display, watch, run_dir, publish, eventually):
    """However that ends."""
    publish(1, state="running")
    command = watch(run_dir, display.name)
    eventually(lambda: window_of(command.process), 60)
    window = window_of(command.process)
    command.process.kill()
    command.process.wait()
    eventually(lambda: not Path(f"/proc/{window}").exists(), 30)


def test_a_name_of_a_stranger_harms_no_title(display, watch, tmp_path, publish, eventually):
    """The title is a line of text that can be printed."""
    hostile = tmp_path / "runs" / "a\x1b]0;b\x07\u202e\n\U0001f600"
    publish(2, into=hostile)
    command = watch(tmp_path / "runs", display.name)
    eventually(lambda: np.ptp(shown(display)) > 100, 60)
    eventually((hostile / "image" / "fit.png").exists, 60)
    assert command.process.poll() is None
    assert window_of(command.process)
    xprop = shutil.which("xprop")
    if xprop is not None:
        told = subprocess.run(
            [xprop, "-root", "-notype"], env={"DISPLAY": display.name}, capture_output=True, check=False
        )
        assert b"\x1b" not in told.stdout
