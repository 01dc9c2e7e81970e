"""The ways to hand arrays over, each of which has the imaging figure drawn."""

from __future__ import annotations

import multiprocessing
import os
import queue
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from autoviz_render import Publisher
from autoviz_render.renderer.heartbeat import read_heartbeat
from autoviz_render.renderer.live.process import RendererProcess
from autoviz_render.renderer.work.parent_process import when_parent_is_gone
from transport.changes import changes
from transport.drawing import Drawer, counted, note
from transport.faults import FAULT, FOLDER
from transport.search import Arrays, to_numpy

PATIENCE_SECONDS = 60.0
FRAME_TIMEOUT = 3.0  # seconds; 120 as shipped, for which nobody wants to wait here


@dataclass
class Way:
    """A way to hand arrays over, of which `FOLDER/image/fit.png` is drawn.

    send: in the search's thread; False where the snapshot was dropped. drawn: how many figures, the newest's number.
    close: what is left undone by it, the end of the program has to do.
    """

    name: str
    folder: Path
    send: Callable[[int, Arrays], bool | None]
    drawn: Callable[[], tuple[int, int]]
    close: Callable[[], object] = lambda: None
    number: int = -1
    accepted: list[int] = field(default_factory=list)

    def hand_over(self, arrays: Arrays) -> float:
        """Returns seconds since 1970 of the call."""
        self.number, now = self.number + 1, time.time()
        if self.send(self.number, arrays) is not False:
            self.accepted.append(self.number)
        return now

    def wait(self) -> None:
        """Until the newest of what was accepted is drawn."""
        end = time.monotonic() + PATIENCE_SECONDS
        with changes(self.folder) as changed:
            while self._is_behind():
                assert changed.wait(end - time.monotonic()), f"{self.name} draws nothing"
                changed.clear()

    def wait_beside(self, work: Callable[[], object]) -> None:
        """The same, with the search's thread at work meanwhile."""
        end = time.monotonic() + PATIENCE_SECONDS
        while self._is_behind():
            assert time.monotonic() < end, f"{self.name} draws nothing"
            work()

    def figure_time(self) -> float:
        images = self.folder / "image"  # a recipe of another module goes by the figure's own name
        return max(path.stat().st_mtime for path in images.glob("*.png"))

    def _is_behind(self) -> bool:
        return self.drawn()[1] < self.accepted[-1]


def own_thread(folder: Path, static: Arrays, fault: str = "") -> Way:
    drawer: list[Drawer] = []

    def send(number: int, arrays: Arrays) -> None:
        drawer[:] = drawer or [Drawer(folder, static, fault)]  # the first pays for importing Matplotlib
        drawer[0](number, to_numpy(arrays))

    return Way("search's own thread", folder, send, lambda: counted(folder))


def second_thread(folder: Path, static: Arrays, fault: str = "") -> Way:
    items: queue.SimpleQueue[Any] = queue.SimpleQueue()
    threading.Thread(target=serve, args=(items, folder, static, fault, False), daemon=True).start()
    return Way(
        "second thread",
        folder,
        lambda number, arrays: items.put((number, to_numpy(arrays))),
        lambda: counted(folder),
        lambda: items.put(None),
    )


def process_queue(folder: Path, static: Arrays, fault: str = "", limit: int = 0) -> Way:
    """limit: snapshots that may wait; one more is then dropped."""
    context = multiprocessing.get_context("spawn")
    items = context.Queue(limit)
    child = context.Process(target=serve, args=(items, folder, static, fault), daemon=True)
    child.start()

    def send(number: int, arrays: Arrays) -> bool:
        try:
            items.put_nowait((number, to_numpy(arrays)))
        except queue.Full:
            return False
        return True

    def close() -> None:
        items.cancel_join_thread()
        child.kill()
        child.join()

    return Way("multiprocessing queue", folder, send, lambda: counted(folder), close)


def serve(items: Any, folder: Path, static: Arrays, fault: str, is_child: bool = True) -> None:
    """Draw what comes through a queue, until None does."""
    if is_child:
        step_back(folder)
    drawer = Drawer(folder, static, fault)
    while (item := items.get()) is not None:
        drawer(*item)


def process_pool(folder: Path, static: Arrays, fault: str = "") -> Way:
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(1, mp_context=context, initializer=set_up, initargs=(folder, static, fault))

    def send(number: int, arrays: Arrays) -> None:
        pool.submit(draw, number, to_numpy(arrays))

    return Way("process pool", folder, send, lambda: counted(folder), pool.shutdown)


_pooled: list[Drawer] = []  # the one of a process of the pool


def set_up(folder: Path, static: Arrays, fault: str) -> None:
    step_back(folder)
    _pooled.append(Drawer(folder, static, fault))


def draw(number: int, arrays: Arrays) -> None:
    _pooled[0](number, arrays)


def step_back(folder: Path) -> None:
    """As the package's renderer: a group of processes of its own."""
    os.setpgid(0, 0)
    (folder / "child").write_text(str(os.getpid()))  # for `failures`, as one that never ends outlives its parent


def disk_and_popen(folder: Path, static: Arrays, fault: str = "") -> Way:
    """The package's own command, unless a fault is wanted."""
    publisher = Publisher(folder, figure="imaging", static=static)
    assert publisher.opened.wait(PATIENCE_SECONDS)
    command = [sys.executable, "-c", f"from transport.ways import live; live({fault!r})"] if fault else None
    process = RendererProcess(folder, command=command)
    process.start()

    def send(number: int, arrays: Arrays) -> None:
        publisher.publish(arrays, iteration=number)
        process.check()

    def drawn() -> tuple[int, int]:
        if fault:
            return counted(folder)
        beat = read_heartbeat(process.paths.heartbeat)
        if beat is None or beat.last_drawn is None:
            return 0, -1
        return beat.drawn, int(beat.last_drawn.removesuffix(".h5").split("-")[1])

    def close() -> None:
        publisher.close()
        process.stop(5.0)

    return Way("disk and Popen", folder, send, drawn, close)


def live(fault: str) -> None:
    """The package's renderer with another recipe; a program of its own."""
    from autoviz_render.renderer.live.live_run import LiveSettings
    from autoviz_render.renderer.live.loop import LiveRenderer
    from autoviz_render.renderer.live.watch import Watch
    from autoviz_render.renderer.settings import FigureSpec, RenderSettings
    from autoviz_render.renderer.work.executor import Subprocess

    spool = Path(sys.argv[1])
    os.environ |= {FOLDER: str(spool.parent), FAULT: fault}
    settings = LiveSettings(
        RenderSettings([FigureSpec("imaging", target="transport.faults:harmed")]), until_finished=True
    )
    watch = Watch(spool)

    def tell(_: object) -> None:
        note(spool.parent, int((spool.parent / "number").read_text()))

    renderer = LiveRenderer(watch, settings, Subprocess(FRAME_TIMEOUT), tell)
    when_parent_is_gone(renderer.finish)
    sys.exit(renderer.run())


WAYS = {
    "search's own thread": own_thread,
    "second thread": second_thread,
    "multiprocessing queue": process_queue,
    "process pool": process_pool,
    "disk and Popen": disk_and_popen,
}


def new_folder(root: Path) -> Path:
    """One for a way, in which nothing is yet."""
    return Path(tempfile.mkdtemp(dir=root))
