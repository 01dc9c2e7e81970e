"""(b) What crosses to another process, at what price, and what cannot."""

from __future__ import annotations

import multiprocessing
import pickle
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from table import interleaved, milliseconds

from autoviz_render import Publisher
from autoviz_render.spool.paths import list_snapshots
from transport.heard import warnings_heard
from transport.programs import run
from transport.search import Search, to_numpy
from transport.ways import PATIENCE_SECONDS, new_folder

ROUNDS, ROUNDS_QUICK = 7, 2


def crossing(search: Search, root: Path, *, quick: bool) -> list[dict[str, Any]]:
    """The whole fit against its arrays."""
    rounds = ROUNDS_QUICK if quick else ROUNDS
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
    """What cannot cross."""
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
