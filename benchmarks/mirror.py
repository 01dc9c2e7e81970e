"""How soon what is published on another host is here, over a real sshd on the loopback address (run as root).

    python benchmarks/mirror.py [--quick] [--json FILE]

Aim: the newest drawn within a second of publishing, for one run and beside 1,000. The limit is what the renderer takes
for a file that it finds here. `here` is from the end of publishing until the snapshot has its name in the mirror,
`drawn` until the figure has, by `autoviz-render --watch`; `all` is how long a first mirror of all runs takes.
"""

from __future__ import annotations

import contextlib
import json
import os
import shlex
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from table import parse, report

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "tools"))
from sshd import Host

from autoviz_render.spool.publisher import Publisher
from autoviz_render.views.mirror.mirror import Mirror

FAR_END = f"env PYTHONPATH={shlex.quote(os.environ.get('PYTHONPATH', ''))} {sys.executable} -m autoviz_render.cli"
PATIENCE = 300.0  # seconds


def published(publisher: Publisher, number: int) -> float:
    """When a snapshot was on the disk."""
    publisher.publish({"image": np.full((64, 64), float(number))}, iteration=number)
    publisher.flush(60)
    return time.time()


def until(condition: Any) -> float:
    """When a condition held."""
    deadline = time.time() + PATIENCE
    while not condition():
        if time.time() > deadline:
            raise SystemExit("not within patience")
        time.sleep(0.002)
    return time.time()


def made(folder: Path, runs: int) -> Publisher:
    """Some runs that are over, and one that goes on."""
    with Publisher(folder / "0000", static={"data": np.eye(64)}) as publisher:
        for number in range(3):
            published(publisher, number)
    for number in range(1, runs - 1):
        shutil.copytree(folder / "0000", folder / f"{number:04d}")
    return Publisher(folder / "live", static={"data": np.eye(64)})


def measure(host: Host, folder: Path, how: str, runs: int, rounds: int) -> dict[str, Any]:
    environ = {"AUTOVIZ_SSH": f"ssh -F {host.client()}", "AUTOVIZ_REMOTE_COMMAND": how}
    publisher = made(folder / "runs", runs)
    published(publisher, 0)
    began = time.time()
    mirror = Mirror(f"ssh://far{folder / 'runs'}", cache=folder / "cache", environ=environ)
    mirror.start()
    total = 2 if runs == 1 else runs
    took = until(lambda: len(list(mirror.path.glob("*/spool/spool.json"))) == total) - began
    name = str(mirror.path / "live" / "spool" / "snapshots" / "e0000-{:012d}.h5")
    until(Path(name.format(0)).exists)
    here = []
    for number in range(1, rounds):
        moment = published(publisher, number)
        here.append(until(Path(name.format(number)).exists) - moment)
        time.sleep(0.3)
    mirror.close()
    with watched(mirror, environ, folder) as drawn:
        until(lambda: drawn(rounds - 1))
        late = []
        for number in range(rounds, 2 * rounds):
            moment = published(publisher, number)
            until(lambda: drawn(number))  # noqa: B023  called at once
            late.append(drawn(number) - moment)
            time.sleep(0.3)
    publisher.close("finished")
    return {
        "by": mirror.link.how,
        "runs": runs,
        "all, s": took,
        "here, ms": 1e3 * statistics.median(here),
        "here, worst": 1e3 * max(here),
        "drawn, ms": 1e3 * statistics.median(late),
        "drawn, worst": 1e3 * max(late),
    }


@contextlib.contextmanager
def watched(mirror: Mirror, environ: dict[str, str], folder: Path) -> Iterator[Any]:
    """Draws the mirror by the command; gives what tells when a step of the live run was drawn, or 0."""
    command = [sys.executable, "-P", "-m", "autoviz_render.cli", "--watch", mirror.link.address, "--json"]
    with open(folder / "drawn", "wb") as out:
        env = os.environ | environ | {"XDG_CACHE_HOME": str(folder / "cache")}
        process = subprocess.Popen(command, stdout=out, stderr=subprocess.DEVNULL, env=env)
    times: dict[int, float] = {}

    def drawn(step: int) -> float:
        whole, _, _ = (folder / "drawn").read_text().rpartition("\n")
        for facts in map(json.loads, whole.splitlines()):
            if facts["run"].endswith("/live"):
                times.setdefault(facts["step"], facts["time"])
        return times.get(step, 0.0)

    try:
        yield drawn
    finally:
        process.terminate()
        process.wait(30)


def main() -> None:
    arguments = parse(__doc__)
    rows = []
    for runs in (1, 100 if arguments.quick else 1000):
        for how in (FAR_END, "sftp"):
            with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
                host = Host.made(Path(folder) / "sshd")
                host.start()
                try:
                    rows.append(measure(host, Path(folder), how, runs, 8 if arguments.quick else 20))
                finally:
                    host.stop()
    report(rows, "From published there to here and drawn (limit: the frame)", arguments.json)


if __name__ == "__main__":
    main()
