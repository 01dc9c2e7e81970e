"""Many small snapshots drawn by a real Dask scheduler and its workers: one worker, then two.

The limit is twice one worker's rate: on two cores the scheduler, the command and what the workers share take from it.
Also printed: the scheduler's memory, before and at most, and the same by local processes, `jobs=1` and `jobs=2`.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import numpy as np
import table
from distributed import Client

from autoviz_render import Publisher, RenderSettings, render


def main() -> None:
    arguments = table.parse(__doc__)
    runs, snapshots = (8, 50) if arguments.quick else (200, 500)
    with tempfile.TemporaryDirectory(prefix="autoviz-cluster-") as folder, ExitStack() as ended:
        root = Path(folder)
        for number in range(runs):
            publish(root / "runs" / f"run-{number:03}", snapshots)
        start(ended, root, "scheduler", "--port", "0", "--host", "127.0.0.1")
        client = ended.enter_context(Client(scheduler_file=str(root / "scheduler.json"), set_as_default=False))
        rows: list[dict[str, object]] = []
        for workers in (1, 2):
            start(ended, root, "worker", "--nthreads", "1", "--local-directory", str(root), "--no-nanny")
            client.wait_for_workers(workers)
            with memory(client) as most:
                seconds = drawn(root, runs * snapshots, executor=client.get_executor(pure=False))
            rows.append({"way": f"Dask, {workers} workers"} | rated(rows, "Dask", runs * snapshots / seconds) | most)
        for jobs in (1, 2):
            seconds = drawn(root, runs * snapshots, jobs=jobs)
            rate = rated(rows, "jobs", runs * snapshots / seconds)
            rows.append({"way": f"jobs={jobs}"} | rate | dict.fromkeys(most, ""))
        table.report(rows, f"{runs * snapshots:,} snapshots in {runs} runs (limit: of twice 1)", arguments.json)


def publish(run: Path, count: int) -> None:
    publisher = Publisher(run, figure="line")
    for number in range(count):
        publisher.publish({"x": np.arange(20.0), "model": np.arange(20.0) * number}, iteration=number)
        publisher.flush(60)
    publisher.close("finished")


def start(ended: ExitStack, root: Path, what: str, *options: str) -> None:
    command = [sys.executable, "-P", "-m", "dask", what, "--scheduler-file", str(root / "scheduler.json")]
    process = subprocess.Popen([*command, "--no-dashboard", *options], stderr=subprocess.DEVNULL)
    ended.callback(process.wait)
    ended.callback(process.kill)


def drawn(root: Path, count: int, **how: object) -> float:
    """Seconds to draw everything again, after one run of it for the workers to start."""
    settings = RenderSettings(dpi=40)
    list(render(root / "runs" / "run-000", which="all", settings=settings, redraw=True, **how))  # type: ignore[arg-type]
    started = time.perf_counter()
    results = list(render(root / "runs", which="all", settings=settings, redraw=True, **how))  # type: ignore[arg-type]
    seconds = time.perf_counter() - started
    bad = [result.messages for result in results if result.status != "drawn"]
    assert not bad, bad[:3]
    assert len(results) == count
    return seconds


def rated(rows: list[dict[str, object]], way: str, rate: float) -> dict[str, object]:
    """The rate, and of what twice the first of its kind would be."""
    first = next((row["figures/s"] for row in rows if str(row["way"]).startswith(way)), None)
    return {"figures/s": rate, "of twice 1": rate / 2 / first if isinstance(first, float) else ""}


@contextmanager
def memory(client: Client) -> Iterator[dict[str, float]]:
    """The scheduler's memory in MB, before and at most, looked at every half a second."""
    before = client.run_on_scheduler(_resident)
    found, over = {"scheduler MB before": before, "at most": before}, threading.Event()

    def look() -> None:
        while not over.wait(0.5):
            found["at most"] = max(found["at most"], client.run_on_scheduler(_resident))

    looking = threading.Thread(target=look)
    looking.start()
    try:
        yield found
    finally:
        over.set()
        looking.join()


def _resident() -> float:
    """In MB; goes to the scheduler by value."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 / 1e6


if __name__ == "__main__":
    main()
