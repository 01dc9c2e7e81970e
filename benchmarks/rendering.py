"""Live and later rendering as a user has it, in processes: how late a figure is, how long until the first, how many.

A real fit (15,380 unmasked pixels), 12 panels at live size, 1792x1343. Times of files are those of their renames, as
the file system keeps them.
"""

from __future__ import annotations

import itertools
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))

import numpy as np
from figure.fit import snapshots
from table import interleaved, milliseconds, parse, ratio, report

from autoviz_render import Publisher, Spool
from autoviz_render.figures.builtin.imaging import imaging
from autoviz_render.renderer.heartbeat import read_heartbeat
from autoviz_render.renderer.live.live_run import LiveSettings
from autoviz_render.renderer.live.loop import LiveRenderer
from autoviz_render.renderer.live.process import RendererProcess
from autoviz_render.renderer.live.watch import Watch
from autoviz_render.renderer.plot.drawing import KeptFigure
from autoviz_render.renderer.work.executor import Subprocess
from autoviz_render.renderer.work.jobs import RenderResult
from autoviz_render.spool.snapshot import Snapshot

PATIENCE_SECONDS = 60.0
BARE = Path(__file__).resolve().parent / "figure" / "bare.py"


def main() -> None:
    settings = parse(__doc__)
    fit = snapshots()
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as folder:
        root = Path(folder)
        report(
            latency(fit, root / "latency", 20 if settings.quick else 100), "rename to figure in place", settings.json
        )
        report(first_figure(fit, root / "first", 3 if settings.quick else 9), "Popen to first figure", settings.json)
        report(burst(root / "burst", 1000), "a burst of 1,000 snapshots at 500 a second", settings.json)
        count = 60 if settings.quick else 200
        report(several(fit, root / "several", count, 1 if settings.quick else 3), "--all on snapshots", settings.json)


def publish(publisher: Publisher, snapshot: Snapshot, iteration: int) -> None:
    publisher.publish(snapshot.arrays, iteration=iteration, log_likelihood=snapshot.log_likelihood)


def eventually(condition: Callable[[], object], every: float = 0.001) -> None:
    """Look so often: each look takes processor time, of which a renderer of the idle class gets what is left."""
    pause, end = threading.Event(), time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < end, "nothing is drawn"
        pause.wait(every)


def renamed(path: Path) -> float:
    """Seconds since 1970 at which a file got its name."""
    return path.stat().st_ctime


def latency(fit: list[Snapshot], run_dir: Path, count: int) -> list[dict[str, Any]]:
    """Every half second one, each drawn before the next; the same frames in this process between them."""
    kept, late, drawing, in_renderer = KeptFigure(imaging), [], [], []
    with Publisher(run_dir, figure="imaging", static=fit[0].static) as publisher:
        renderer, figure = RendererProcess(run_dir), run_dir / "image" / "fit.png"
        for number in range(count):
            snapshot = fit[number % len(fit)]
            publish(publisher, snapshot, number)
            publisher.flush()
            renderer.check()
            newest = Spool(run_dir).newest()
            assert newest is not None
            name = newest.path.name
            eventually(
                lambda name=name: (beat := read_heartbeat(renderer.paths.heartbeat)) and beat.last_drawn == name, 0.1
            )
            beat = read_heartbeat(renderer.paths.heartbeat)
            started = time.perf_counter()
            kept.draw(snapshot).encode("png")
            if number >= 3 and beat is not None:  # the first ones import, build and fill caches
                late.append(renamed(figure) - renamed(newest.path))
                drawing.append(time.perf_counter() - started)
                in_renderer.append(beat.frame_seconds or 0.0)
        renderer.stop()
    rows = {
        "rename to rename": late,
        "of which the renderer's frame: read, draw, encode, write": in_renderer,
        "the steady frame in this process: draw, encode": drawing,
    }
    beyond = [each - steady for each, steady in zip(late, drawing, strict=True)]
    return [
        *({"what": what, "ms": milliseconds(each), "worst ms": 1e3 * max(each)} for what, each in rows.items()),
        {"what": "beyond the steady frame", "ms": milliseconds(beyond), "worst ms": 1e3 * max(beyond)},
    ]


def first_figure(fit: list[Snapshot], run_dir: Path, rounds: int) -> list[dict[str, Any]]:
    """From starting a process until its figure is there."""
    with Publisher(run_dir, figure="imaging", static=fit[0].static) as publisher:
        publish(publisher, fit[-1], 0)
    np.savez(run_dir / "fit.npz", **fit[-1].static, **fit[-1].arrays)
    figure = run_dir / "image" / "fit.png"

    def bare() -> None:
        subprocess.run([sys.executable, str(BARE), str(run_dir / "fit.npz"), str(run_dir / "bare.png")], check=True)

    def ours(*command: str) -> None:
        with subprocess.Popen([sys.executable, *command], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL) as program:
            eventually(figure.exists)
            program.kill()

    def live() -> None:
        ours("-m", "autoviz_render.renderer", str(run_dir / "spool"))

    def by_hand() -> None:
        ours("-m", "autoviz_render.cli", "--watch", str(run_dir))

    def once() -> None:
        ours("-m", "autoviz_render.cli", str(run_dir))

    def tidy() -> None:
        shutil.rmtree(run_dir / "image", ignore_errors=True)

    seconds = interleaved(
        {
            "a bare Python: pyplot, one figure": bare,
            "the search's renderer": live,
            "--watch": by_hand,
            "drawn once": once,
        },
        rounds,
        tidy,
    )
    return [
        {"way": way, "ms": milliseconds(each), "over the bare": ratio(each, next(iter(seconds.values())))}
        for way, each in seconds.items()
    ]


def burst(run_dir: Path, count: int) -> list[dict[str, Any]]:
    """Is the newest drawn, is an older one drawn after a newer, what of memory?"""
    watch = Watch(run_dir)
    drawn: list[str] = []
    memory: list[int] = []

    def tell(result: RenderResult) -> None:
        memory.append(result.memory)
        beat = read_heartbeat(run_dir / "spool" / "renderer.json")
        drawn.extend([beat.last_drawn] if beat is not None and beat.last_drawn else [])

    with Publisher(run_dir, figure="auto") as publisher:
        publisher.opened.wait()
        settings = LiveSettings(until_finished=True)
        renderer = LiveRenderer(watch, settings, Subprocess(PATIENCE_SECONDS), tell)
        thread = threading.Thread(target=renderer.run)
        thread.start()
        started, rng, pause = time.monotonic(), np.random.default_rng(0), threading.Event()
        for number in range(count):
            publisher.publish({"image": rng.random((40, 40)), "line": rng.random(200)}, iteration=number)
            publisher.flush()
            pause.wait(max(0.0, started + (number + 1) / 500 - time.monotonic()))
        took = time.monotonic() - started
    thread.join(PATIENCE_SECONDS)
    newest, beat = Spool(run_dir).newest(), read_heartbeat(run_dir / "spool" / "renderer.json")
    assert beat is not None
    assert newest is not None
    half = len(memory) // 2
    return [
        {
            "snapshots": len(Spool(run_dir).scalars()),
            "a second": len(Spool(run_dir).scalars()) / took,
            "drawn": beat.drawn,
            "newest drawn": beat.last_drawn == newest.path.name,
            "older after newer": sum(a > b for a, b in itertools.pairwise(drawn)),
            "memory grown, MB": (statistics.median(memory[half:]) - statistics.median(memory[10:half])) / 1e6,
        }
    ]


def several(fit: list[Snapshot], run_dir: Path, count: int, rounds: int) -> list[dict[str, Any]]:
    """`--all` by one and by two processes; and once more when all is drawn."""
    with Publisher(run_dir, figure="imaging", static=fit[0].static, retention="all") as publisher:
        for number in range(count):
            publish(publisher, fit[number % len(fit)], number)
            publisher.flush()
    frames = run_dir / "image" / "frames"

    def draw(jobs: int) -> Callable[[], None]:
        command = [sys.executable, "-m", "autoviz_render.cli", "--all", "--quiet", "--jobs", str(jobs), str(run_dir)]

        def run() -> None:
            if jobs:
                shutil.rmtree(frames, ignore_errors=True)
            subprocess.run([each if each != "0" else "2" for each in command], check=True, stdout=subprocess.DEVNULL)

        return run

    ways = {"--jobs 1": draw(1), "--jobs 2": draw(2), "--jobs 2 once more": draw(0)}
    seconds = interleaved(ways, rounds)
    assert len(list(frames.glob("*.png"))) == count
    return [
        {
            "way": way,
            "snapshots": count,
            "s": statistics.median(each),
            "times as fast": ratio(seconds["--jobs 1"], each),
        }
        for way, each in seconds.items()
    ]


if __name__ == "__main__":
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    main()
