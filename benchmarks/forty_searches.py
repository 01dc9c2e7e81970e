"""What the live figures of many searches on one machine cost, with a renderer for all and with one each.

The searches start together and draw twelve panels each, with a new best fit every few seconds. The limit is one
renderer's processes, whatever the number of searches.

renderers, processes: at most, at one time. memory: of all of these, at its highest, in MB; pages that processes share
count once (PSS). rate kept: steps of all searches, beside searches without figures. figures: searches that ended with
the figure of their last snapshot. closing: seconds that a search waits for it at its end, median and worst.
In "one, killed" the renderer is killed after a third of the run; in "one, stopped" it is suspended then, which counts
as a hang after half a minute.
"""

from __future__ import annotations

import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
from table import parse, report

from autoviz_render import QuickUpdate, Spool
from autoviz_render.renderer.heartbeat import read_heartbeat

SEARCHES, SECONDS, EVERY_SECONDS = 40, 90.0, 5.0
SEARCH = "import sys; from forty_searches import search; search(*sys.argv[1:])"
MARK = "AUTOVIZ_BENCHMARK"
_LOOKS_EVERY = 0.5  # seconds


def main() -> None:
    settings = parse(__doc__)
    count, seconds = (8, 15.0) if settings.quick else (SEARCHES, SECONDS)
    ways = ["none", "one", "one, killed", *([] if settings.quick else ["one, stopped"]), "one each"]
    found = {way: run(way, count, seconds) for way in ways}
    rows = [{"searches": count, "renderer": way} | told(found[way], found["none"]) for way in ways]
    report(rows, f"Live figures of {count} searches on {os.cpu_count()} processors", settings.json)


def run(way: str, count: int, seconds: float) -> dict[str, Any]:
    """Have the searches run; what they and a look at their renderers tell."""
    with tempfile.TemporaryDirectory(prefix="autoviz-bench-", dir=Path.cwd()) as folder:
        mark = f"{os.getpid()}-{time.monotonic_ns()}"
        environment = os.environ | {MARK: mark, "AUTOVIZ_SHARE": "0" if way == "one each" else "1"}
        programs = [
            subprocess.Popen(
                [sys.executable, "-c", SEARCH, str(Path(folder) / str(number)), way, str(seconds)],
                cwd=Path(__file__).parent,
                stdout=subprocess.PIPE,
                env=environment | {"PYTHONWARNINGS": "ignore"},
            )
            for number in range(count)
        ]
        disturb_at = time.monotonic() + seconds / 3 if "," in way else float("inf")
        seen, pause = {"renderers": 0, "processes": 0, "memory": 0}, threading.Event()
        while any(each.poll() is None for each in programs):
            renderers, memory = look(mark)
            now = {"renderers": sum(renderers.values()), "processes": len(renderers), "memory": memory}
            seen = {name: max(value, now[name]) for name, value in seen.items()}
            if time.monotonic() > disturb_at and now["renderers"]:
                disturb_at = float("inf")
                how = signal.SIGKILL if "killed" in way else signal.SIGSTOP
                os.kill(next(pid for pid, is_renderer in renderers.items() if is_renderer), how)
            pause.wait(_LOOKS_EVERY)
        said = [json.loads(each.communicate()[0]) for each in programs]
        drawn = sum(is_drawn(Path(folder) / str(number)) for number in range(count))
        return seen | {"said": said, "drawn": drawn}


def look(mark: str) -> tuple[dict[int, bool], int]:
    """The processes that draw for these searches, each with whether it is a renderer, and their memory in MB."""
    found, memory = {}, 0
    for folder in Path("/proc").iterdir():
        try:
            command = (folder / "cmdline").read_bytes() if folder.name.isdecimal() else b""
            if b"autoviz_render.renderer" in command and f"{MARK}={mark}".encode() in (folder / "environ").read_bytes():
                lines = (folder / "smaps_rollup").read_text().splitlines()
                memory += sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) >> 10
                found[int(folder.name)] = b"renderer.work" not in command
        except OSError:  # it ended meanwhile
            continue
    return found, memory


def search(folder: str, way: str, seconds: str) -> None:
    """One of the searches: prints how many steps it made, and how long closing took."""
    y, x = np.mgrid[-3:3:120j, -3:3:120j]
    radius = np.hypot(x, y)
    image = np.exp(-4 * (radius - 1) ** 2)
    update = QuickUpdate(
        folder,
        arrays=lambda point: {"model_image": point[0] * image, "lens_light": point[0] * np.exp(-radius)},
        static={"data": image + 0.05 * np.sin(40 * x), "noise_map": np.full(x.shape, 0.05), "mask": radius > 2.8},
        figure="imaging",
        every_seconds=EVERY_SECONDS,
        renderer=None if way == "none" else "process",
    )
    began, steps = time.monotonic(), 0
    while time.monotonic() < began + float(seconds):
        total = 0.0
        for number in range(3000):  # a millisecond of pure Python
            total += number * 1e-9
        steps += 1
        update([1.0 + 1e-6 * steps], -1.0 / steps - total)
    ended = time.monotonic()
    update.close()
    print(json.dumps({"steps": steps, "closing": time.monotonic() - ended}))


def is_drawn(run_dir: Path) -> bool:
    """Whether the last figure of a run is of its last snapshot."""
    newest, beat = Spool(run_dir).newest(), read_heartbeat(run_dir / "spool" / "renderer.json")
    return newest is not None and beat is not None and beat.last_drawn == newest.path.name


def told(found: dict[str, Any], without: dict[str, Any]) -> dict[str, Any]:
    """What was found, for a row."""
    steps, steps_without = (sum(each["steps"] for each in one["said"]) for one in (found, without))
    closing = [each["closing"] for each in found["said"]]
    return {
        "renderers": found["renderers"],
        "processes": found["processes"],
        "memory, MB": found["memory"],
        "rate kept": steps / steps_without,
        "figures": f"{found['drawn']} of {len(closing)}",
        "closing, s": statistics.median(closing),
        "worst, s": max(closing),
    }


if __name__ == "__main__":
    main()
