"""Ways to hand a best fit to a renderer, each built for real: what the search pays, and what goes on when one breaks.

The search is a loop of jitted likelihoods of the lens example: "hst" (a pixelized source, 0.3 to 0.5 s each) where
its time is measured, "small" where it only has to be busy. All ways draw the normal `imaging` figure of 12 panels by
the same `SnapshotRenderer`, and all child processes take the group and the priority of the package's own renderer:
what differs is the way. Ways: the search's own thread, a second thread, `multiprocessing` queue and
`ProcessPoolExecutor` (both spawned), and `Publisher` with `RendererProcess` (staged on disk, started by `Popen`).

(a) wall-clock: windows of five evaluations, the arrays of one point computed in each; after it they are handed over,
    or not in the window just before. extra: the median of the differences of such pairs. The limit is 0, and what the
    machine's other work does to it is seen in its quartiles. latency: from the call to the figure's time on disk.
    The limit is the time of one frame alone, which is what the search's own thread pays.
(a) starting: programs that used JAX start a child by fork or by spawn; a child that takes over 20 s counts as hung.
(b) what crosses: the whole `FitImaging` against its arrays, until the other side has it; and what cannot cross.
(c) back-pressure: a busy search hands over faster, about as fast, or slower than frames are drawn.
(d) failures: the third frame kills its process, never ends, or takes memory (and keeps it) up to a limit.
"""

from __future__ import annotations

import contextlib
import json
import logging
import multiprocessing
import os
import pickle
import queue
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as the example does, and for the children too
HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "examples" / "lens")]

from table import interleaved, milliseconds, parse, ratio, report  # noqa: E402

from autoviz_render import Publisher  # noqa: E402
from autoviz_render.renderer.child import lower_priority, when_parent_is_gone  # noqa: E402
from autoviz_render.renderer.heartbeat import read_heartbeat  # noqa: E402
from autoviz_render.renderer.process import RendererProcess  # noqa: E402
from autoviz_render.spool.layout import list_snapshots  # noqa: E402
from autoviz_render.spool.snapshot import Snapshot  # noqa: E402

EVALUATIONS_BEFORE, EVALUATIONS_AFTER = 1, 4  # of a window, round the hand-over
ROUNDS, ROUNDS_QUICK = 6, 1
TRIES, TRIES_QUICK = 5, 1
HUNG_SECONDS, HUNG_SECONDS_QUICK = 20.0, 6.0
PATIENCE_SECONDS = 60.0
CADENCES = {0.1: 4.0, 0.5: 4.0, 2.0: 8.0}  # seconds between hand-overs: seconds of searching
CADENCES_QUICK = {0.5: 3.0}
FRAME_OF_HARM = 3
SECONDS_OF_HARM = 5.0
FRAME_PROMISE = 3.0  # seconds; 120 as shipped, for which nobody wants to wait here
ENDING_SECONDS = 3  # a program that has not ended by then never does

Arrays = Mapping[str, Any]


class Search:
    """A search as far as it matters here: likelihoods, and the arrays of one point, at points near the truth."""

    def __init__(self, size: str) -> None:
        import jax

        jax.config.update("jax_enable_x64", True)
        from simulator import SIMULATIONS

        from autoviz_render.search.fitness import Fitness

        self.analysis = SIMULATIONS[size].analysis()
        self.static = dict(self.analysis.static())
        lens = np.array(SIMULATIONS[size].lens, dtype=float)
        self.points = lens + 1e-3 * np.random.default_rng(0).normal(size=(16, lens.size))
        self.fitness, self.ready, self.turn = Fitness(self.analysis), jax.block_until_ready, 0
        self.evaluate()
        self.arrays()

    def evaluate(self, times: int = 1) -> None:
        for _ in range(times):
            self.turn += 1
            float(self.fitness(self.points[self.turn % len(self.points)]))

    def arrays(self, index: int = 0) -> Arrays:
        return self.ready(self.fitness.arrays(self.points[index % len(self.points)]))


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

    def wait(self, meanwhile: Callable[[], object] = lambda: time.sleep(0.02)) -> None:
        end = time.monotonic() + PATIENCE_SECONDS
        while self.drawn()[1] < self.accepted[-1]:
            assert time.monotonic() < end, f"{self.name} draws nothing"
            meanwhile()

    def figure_time(self) -> float:
        return (self.folder / "image" / "fit.png").stat().st_mtime


class Recipe:
    """The imaging figure, whose third frame of all comes to harm where a fault is named."""

    def __init__(self, folder: Path, fault: str) -> None:
        self.folder, self.fault, self.frames, self.number = folder, fault, 0, -1

    def __call__(self, snapshot: Snapshot) -> Any:
        from autoviz_render.renderer.figures.imaging import imaging

        self.frames, self.number = self.frames + 1, snapshot.iteration
        mark = self.folder / "harm"
        if self.fault and self.frames == FRAME_OF_HARM and not mark.exists():
            draft = mark.with_suffix(".new")
            draft.write_text(str(time.time()))
            draft.rename(mark)  # the search may look at any moment
            FAULTS[self.fault]()
        return imaging(snapshot)


def loop_for_ever() -> None:
    while True:
        pass


def take_all_memory() -> None:
    import resource

    size = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (size + 400_000_000, resource.RLIM_INFINITY))
    while True:
        LEAK.append(np.ones(1_000_000))


LEAK: list[np.ndarray] = []
FAULTS: dict[str, Callable[[], object]] = {
    "killed": lambda: os.kill(os.getpid(), signal.SIGKILL),
    "never ends": loop_for_ever,
    "out of memory": take_all_memory,
}


class Drawer:
    """What the ways that are not the package's draw with."""

    def __init__(self, folder: Path, static: Arrays, fault: str) -> None:
        from autoviz_render.renderer.render import SnapshotRenderer

        self.folder, self.static = folder, static
        self.renderer = SnapshotRenderer({"imaging": Recipe(folder, fault)})

    def __call__(self, number: int, arrays: Arrays) -> None:
        self.renderer.render(Snapshot(arrays=arrays, static=self.static, iteration=number), self.folder / "image")
        note(self.folder, number)


def note(folder: Path, number: int) -> None:
    with open(folder / "drawn", "a") as file:
        file.write(f"{number} {time.time()}\n")


def noted(folder: Path) -> list[tuple[int, float]]:
    file = folder / "drawn"
    pairs = [line.split() for line in file.read_text().splitlines()] if file.exists() else []
    return [(int(number), float(at)) for number, at in pairs]


def counted(folder: Path) -> tuple[int, int]:
    return len(noted(folder)), max((number for number, _ in noted(folder)), default=-1)


def to_numpy(arrays: Arrays) -> dict[str, np.ndarray]:
    return {name: np.asarray(value) for name, value in arrays.items()}


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


def step_back(folder: Path) -> None:
    """As the package's renderer: a group of processes of its own, and the processor time that nobody else wants."""
    os.setpgid(0, 0)
    (folder / "child").write_text(str(os.getpid()))  # for `failure`, as one that never ends outlives its parent
    lower_priority()


def set_up(folder: Path, *arguments: Any) -> None:
    step_back(folder)
    globals()["drawer"] = Drawer(folder, *arguments)


def draw(number: int, arrays: Arrays) -> None:
    globals()["drawer"](number, arrays)


def disk_and_popen(folder: Path, static: Arrays, fault: str = "") -> Way:
    """The package's own command, unless a fault is wanted."""
    publisher = Publisher(folder, figure="imaging", static=static)
    assert publisher.opened.wait(PATIENCE_SECONDS)
    command = [sys.executable, "-c", f"import transports; transports.live({fault!r})"] if fault else None
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
    from autoviz_render.renderer import live as package
    from autoviz_render.renderer.watch import Watch

    package.FRAME_PROMISE = FRAME_PROMISE
    lower_priority()
    spool = Path(sys.argv[1])
    recipe = Recipe(spool.parent, fault)
    settings = package.LiveSettings(recipes={"imaging": recipe}, until_finished=True)
    renderer = package.LiveRenderer(Watch(spool), settings, lambda _: note(spool.parent, recipe.number))
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
    return Path(tempfile.mkdtemp(dir=root))


# (a)


def window(search: Search, hand_over: Callable[[Arrays], float]) -> tuple[float, float, float]:
    """Seconds of the window, seconds of the hand-over, and when that began."""
    started = time.perf_counter()
    search.evaluate(EVALUATIONS_BEFORE)
    arrays = search.arrays(search.turn)
    before = time.perf_counter()
    at = hand_over(arrays)
    pause = time.perf_counter() - before
    search.evaluate(EVALUATIONS_AFTER)
    return time.perf_counter() - started, pause, at


def wall_clock(search: Search, root: Path, rounds: int) -> list[dict[str, Any]]:
    ways, first = [], {}
    for make in WAYS.values():
        began = time.time()
        ways.append(way := make(new_folder(root), search.static))
        way.hand_over(search.arrays())
        way.wait()
        first[way.name] = way.figure_time() - began
    without: dict[str, list[float]] = {way.name: [] for way in ways}
    taken: dict[str, list[tuple[float, float, float]]] = {way.name: [] for way in ways}
    for _ in range(rounds):
        for way in ways:
            without[way.name].append(window(search, lambda _: 0.0)[0])
            seconds, pause, at = window(search, way.hand_over)
            way.wait(search.evaluate)  # the renderer has to draw beside the search to the end
            taken[way.name].append((seconds, pause, way.figure_time() - at))
    rows = []
    for way in ways:
        seconds, pauses, latencies = (list(column) for column in zip(*taken[way.name], strict=True))
        extra = 1e3 * (np.array(seconds) - np.array(without[way.name]))
        drawn = way.drawn()[0]
        rows.append(
            {
                "way": way.name,
                "without s": statistics.median(without[way.name]),
                "with s": statistics.median(seconds),
                "rate kept": ratio(without[way.name], seconds),
                "extra ms": float(np.median(extra)),
                "its quartiles": " to ".join(f"{at:.0f}" for at in np.quantile(extra, [0.25, 0.75])),
                "pause ms": milliseconds(pauses),
                "worst pause ms": 1e3 * max(pauses),
                "latency s": statistics.median(latencies),
                "first figure s": first[way.name],
                "drawn, coalesced": f"{drawn}, {len(way.accepted) - drawn}",
            }
        )
        way.close()
    return rows


STARTED = "import transports; transports.start_after_jax({!r}, {!r}, {!r})"
UNGUARDED = "from transports import *; multiprocessing.get_context('spawn').Process(target=draw_once).start()"


def start_after_jax(method: str, task: str, patience: float) -> None:
    """A program of its own, whose exit code tells what became of its child."""
    globals()["search"] = search = Search("small")  # a forked child inherits it
    search.evaluate(50)
    child = multiprocessing.get_context(method).Process(target=globals()[task])
    child.start()
    child.join(patience)
    code = 3 if child.is_alive() else int(child.exitcode != 0)
    child.kill()
    os._exit(code)


def draw_once() -> None:
    with tempfile.TemporaryDirectory() as folder:
        image = {name: np.ones((40, 40)) for name in ("data", "noise_map", "model_image")}
        Drawer(Path(folder), {}, "")(0, image)


def compute_once() -> None:
    (globals().get("search") or Search("small")).evaluate()


def starting(root: Path, *, quick: bool) -> list[dict[str, Any]]:
    cases = [("fork", "draw_once"), ("fork", "compute_once"), ("spawn", "draw_once"), ("spawn", "compute_once")]
    cases = cases[1:3] if quick else cases
    tries, patience = (TRIES_QUICK, HUNG_SECONDS_QUICK) if quick else (TRIES, HUNG_SECONDS)
    rows = []
    (root / "unguarded.py").write_text(UNGUARDED)
    programs = {(how, task): ["-c", STARTED.format(how, task, patience)] for how, task in cases}
    programs["spawn, no __main__ guard", "draw_once"] = [str(root / "unguarded.py")]
    for (how, task), program in programs.items():
        with ThreadPoolExecutor(2 if how == "spawn" else tries) as side_by_side:
            ended = list(side_by_side.map(lambda _, program=program: run(program, root), range(tries)))
        codes, said = [code for code, _ in ended], [text for _, text in ended]
        errors = [text.strip().splitlines()[-1] for text, code in zip(said, codes, strict=True) if code == 1]
        rows.append(
            {
                "start": how,
                "child": task.replace("_once", "s once"),
                "tries": tries,
                "done": sum(code == 0 and "bootstrapping" not in text for code, text in ended),
                "hung": codes.count(3),
                "warned of fork": sum("os.fork() was called" in text for text in said),
                "failed": next(iter(errors), "") or ("RuntimeError" if "bootstrapping" in said[0] else ""),
            }
        )
    return rows


def run(arguments: list[str], folder: Path, patience: float = 90.0) -> tuple[int, str]:
    """A Python program's exit code and what it said; 3 where it had to be ended. Its session's children end with it."""
    with tempfile.TemporaryFile("w+", dir=folder) as said:
        program = subprocess.Popen(
            [sys.executable, *arguments],
            stdout=said,
            stderr=said,
            env=os.environ | {"PYTHONPATH": str(HERE), "PYTHONWARNINGS": "default"},
            start_new_session=True,
        )
        try:
            code = program.wait(patience)
        except subprocess.TimeoutExpired:
            code = 3
        with contextlib.suppress(ProcessLookupError):
            os.killpg(program.pid, signal.SIGKILL)
        program.wait()
        said.seek(0)
        return code, said.read()


# (b)


def crossing(search: Search, root: Path, rounds: int) -> list[dict[str, Any]]:
    fresh, whole = (search.analysis.fit(search.points[0], use_jax=False) for _ in range(2))
    began = time.perf_counter()
    whole.arrays()
    computed = time.perf_counter() - began
    arrays = to_numpy(search.arrays())
    objects = {"whole fit": whole, "fit, nothing computed": fresh, "arrays": arrays}
    context = multiprocessing.get_context("spawn")
    items, received = context.Queue(), context.Semaphore(0)
    child = context.Process(target=receive, args=(items, received), daemon=True)
    child.start()

    def through(item: object) -> None:
        items.put(item)
        assert received.acquire(timeout=PATIENCE_SECONDS)

    with Publisher(new_folder(root)) as publisher:

        def publish() -> None:
            publisher.publish(arrays, iteration=0)
            assert publisher.flush(PATIENCE_SECONDS)

        dumps = {name: lambda item=item: pickle.dumps(item, 5) for name, item in objects.items()}
        sends = {name: lambda item=item: through(item) for name, item in objects.items()}
        pickled = interleaved(dumps, rounds)
        sent = interleaved(sends | {"arrays, Publisher": publish}, rounds)
        size = list_snapshots(publisher.paths.snapshots)[-1].path.stat().st_size
    child.kill()
    rows = [
        {
            "what": f"{name}, queue",
            "MB": len(dumps[name]()) / 1e6,
            "pickle ms": f"{milliseconds(pickled[name]):.2g}",
            "until there, ms": milliseconds(sent[name]),
            "then to compute, s": computed if item is fresh else 0.0,
        }
        for name, item in objects.items()
    ]
    last = {"what": "arrays, Publisher", "MB": size / 1e6, "pickle ms": "none"}
    return [*rows, last | {"until there, ms": milliseconds(sent["arrays, Publisher"]), "then to compute, s": 0.0}]


def receive(items: Any, received: Any) -> None:
    while True:
        items.get()
        received.release()


def breaking(search: Search, root: Path) -> list[dict[str, str]]:
    import jax

    def closure(x: Any) -> Any:
        return x + search.turn

    fit = search.analysis.fit(search.points[0], use_jax=False)
    tries = {
        "pickle: compiled `Fitness`": lambda: pickle.dumps(search.fitness),
        "pickle: `jax.jit` of a closure": lambda: pickle.dumps(jax.jit(closure)),
        "pickle: a closure": lambda: pickle.dumps(closure),
        "unpickle: fit, its module not importable": lambda: unpickled(fit, root),
        "unpickle: JAX arrays": lambda: unpickled(dict(search.arrays()), root),
        "`Queue.put`: a closure": lambda: put(closure),
        "`Publisher.publish`: arrays and a closure": lambda: publish_with(closure, search, root),
    }
    return [{"try": name, "what happens": outcome(attempt)} for name, attempt in tries.items()]


def outcome(attempt: Callable[[], object]) -> str:
    try:
        result = attempt()
    except Exception as error:  # noqa: BLE001  which one it is, is what is asked
        return f"{type(error).__name__}: {str(error).splitlines()[0][:90]}"
    return result if isinstance(result, str) else "works"


def unpickled(item: object, root: Path) -> str:
    (root / "item.pickle").write_bytes(pickle.dumps(item))
    code = f"import pickle, sys; pickle.load(open({str(root / 'item.pickle')!r}, 'rb')); print('jax' in sys.modules)"
    failed, said = run(["-P", "-c", code], root)
    return said.strip().splitlines()[-1] if failed else f"works; JAX loaded by it: {said.split()[-1]}"


def put(item: object) -> str:
    items = multiprocessing.get_context("spawn").Queue()
    items.put(item)
    items.put("next")
    got = items.get(timeout=PATIENCE_SECONDS)
    return f"put returns, a traceback from a thread on stderr; what arrives is {got!r}, the item is lost"


def publish_with(item: object, search: Search, root: Path) -> str:
    with warnings_heard() as heard, Publisher(new_folder(root)) as publisher:
        publisher.publish({**search.arrays(), "closure": item}, iteration=0)
        publisher.flush(PATIENCE_SECONDS)
    return f"{publisher.stats.written} written without it; {len(heard)} warning"


class warnings_heard(logging.Handler):  # noqa: N801  used as a context manager
    """(time, message) of what the package logs."""

    def __enter__(self) -> list[tuple[float, str]]:
        self.heard: list[tuple[float, str]] = []
        logger = logging.getLogger("autoviz_render")
        logger.addHandler(self)
        logger.setLevel(logging.INFO)
        return self.heard

    def __exit__(self, *_: object) -> None:
        logging.getLogger("autoviz_render").removeHandler(self)

    def emit(self, record: logging.LogRecord) -> None:
        self.heard.append((record.created, record.getMessage()))


# (c)


def pressures(
    busy: Search, canned: list[Arrays], static: Arrays, root: Path, cadences: dict[float, float]
) -> list[dict[str, Any]]:
    policies: dict[str, Callable[[], Way]] = {
        "queue": lambda: process_queue(new_folder(root), static),
        "drop": lambda: process_queue(new_folder(root), static, limit=1),
        "coalesce": lambda: disk_and_popen(new_folder(root), static),
    }
    return [
        {"every s": every, "policy": name} | pressure(make(), busy, canned, every, seconds)
        for every, seconds in cadences.items()
        for name, make in policies.items()
    ]


def pressure(way: Way, busy: Search, canned: list[Arrays], every: float, seconds: float) -> dict[str, Any]:
    way.hand_over(canned[0])
    way.wait()
    at = {0: time.time()}
    started = time.time()
    while (now := time.time()) < started + seconds:
        if now >= started + every * (len(at) - 1):
            at[len(at)] = way.hand_over(canned[len(at) % len(canned)])
        busy.evaluate()
    ended = time.time()
    drawn, newest = way.drawn()
    waiting = sum(number > newest for number in way.accepted)
    way.wait()
    caught_up = max(0.0, way.figure_time() - ended)
    way.close()
    dropped = len(at) - len(way.accepted)
    return {
        "handed over": len(at) - 1,
        "drawn": drawn - 1,
        "s each": seconds / max(1, drawn - 1),
        "dropped": dropped,
        "coalesced": len(way.accepted) - way.drawn()[0],
        "waiting": min(waiting, 1) if way.name == "disk and Popen" else waiting,
        "age of the newest figure, s": ended - at[newest],
        "caught up after, s": caught_up,
    }


# (d)


def failures(root: Path, *, quick: bool) -> list[dict[str, Any]]:
    """Not in the search's own thread, which stops with it."""
    faults, ways = (["killed"], list(WAYS)[2::2]) if quick else (list(FAULTS), list(WAYS)[1:])
    return [failure(name, fault, root) for fault in faults for name in ways]


def failure(name: str, fault: str, root: Path) -> dict[str, Any]:
    folder = new_folder(root)
    code, said = run(["-c", f"import transports; transports.suffer({name!r}, {fault!r}, {str(folder)!r})"], folder)
    if (folder / "child").exists():
        with contextlib.suppress(ProcessLookupError):
            os.kill(int((folder / "child").read_text()), signal.SIGKILL)
    file = folder / "result.json"
    if file.exists():
        result = json.loads(file.read_text())
    else:
        result = dict.fromkeys(("rate kept", "noticed", "drawn after", "undrawn at the end", "on disk"), "-")
        result["search"] = f"dies: {said.strip().splitlines()[-1][:70] if said.strip() else f'signal {-code}'}"
    ends = {0: "yes", -signal.SIGALRM: "never"}.get(code, f"with code {code}")
    return {"fault": fault, "way": name, "search": result.pop("search")} | result | {"program ends": ends}


def suffer(name: str, fault: str, folder: str) -> None:
    """A search, a program of its own, that hands over twice a second; leaves `result.json` unless it dies."""
    root, search = Path(folder), Search("small")
    alone = rate(search, 1.0, lambda: None)
    with warnings_heard() as heard:
        way = WAYS[name](root, search.static, fault)
        state = {"due": time.time()}

        def now_and_then() -> None:
            if time.time() >= state["due"]:
                state["due"] += 0.5
                try:
                    way.hand_over(search.arrays(search.turn))
                except Exception as error:  # noqa: BLE001  what reaches the search, is what is asked
                    heard.append((time.time(), f"{type(error).__name__} raised into the search"))

        mark, end = root / "harm", time.time() + PATIENCE_SECONDS
        while not mark.exists() and time.time() < end:
            search.evaluate()
            now_and_then()
        harmed = float(mark.read_text())
        kept = rate(search, SECONDS_OF_HARM, now_and_then) / alone
        if name == "disk and Popen":
            way.close()  # the others: as the program's end has it
    drawn = [number for number, at in noted(root) if at > harmed]
    undrawn = set(way.accepted) - {number for number, _ in noted(root)}
    staged = list_snapshots(root / "spool" / "snapshots") if (root / "spool").exists() else []
    notice = next((f"{at - harmed:.1f} s: {message[:60]}" for at, message in heard if at > harmed), "no")
    result = {
        "search": "goes on",
        "rate kept": f"{kept:.2f}",
        "noticed": notice,
        "drawn after": len(drawn),
        "undrawn at the end": len(undrawn),
        "on disk": len(staged),
    }
    (root / "result.json").write_text(json.dumps(result))
    signal.alarm(ENDING_SECONDS)


def rate(search: Search, seconds: float, between: Callable[[], object]) -> float:
    """Evaluations a second."""
    started, turns = time.perf_counter(), 0
    while (taken := time.perf_counter() - started) < seconds:
        search.evaluate()
        between()
        turns += 1
    return turns / taken


def main() -> None:
    settings = parse(__doc__)
    quick, to = settings.quick, settings.json
    with tempfile.TemporaryDirectory(prefix="autoviz-bench-", dir=".") as folder:
        root = Path(folder).absolute()
        report(starting(root, quick=quick), "(a) starting a child of a program that used JAX", to)
        report(failures(root, quick=quick), "(d) a renderer that breaks at its third frame", to)
        search, busy = Search("hst"), Search("small")
        report(wall_clock(search, root, ROUNDS_QUICK if quick else ROUNDS), "(a) handing over beside the search", to)
        report(crossing(search, root, 2 if quick else 7), "(b) what crosses", to)
        report(breaking(search, root), "(b) what cannot cross", to)
        canned = [to_numpy(search.arrays(index)) for index in range(8)]
        report(
            pressures(busy, canned, search.static, root, CADENCES_QUICK if quick else CADENCES), "(c) back-pressure", to
        )


if __name__ == "__main__":
    main()
