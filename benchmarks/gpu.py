"""What live figures cost a search on a GPU: its steps, the device's memory, and the host's cores.

An HST-like lens fit (`examples/lens`) by `NSS`, with a quick update every second and without figures, in processes of
their own, one way after the other, round after round. Without figures there are a few quick updates too, to count by:
the rate is that between the first that knows one and the last, as JAX compiles before. Then what `publish` of arrays on
the device costs the step that follows; the limit is a step alone. What `live` costs PyAutoLens there is told by
`benchmarks/pyautolens.py --ways none live`.

On a machine with a GPU, from a fresh clone:

    python3 -m venv .venv && .venv/bin/pip install '.[search]' 'jax[cuda12]' && .venv/bin/python benchmarks/gpu.py

Without a GPU it runs on the processor, and says so.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from table import interleaved, milliseconds, parse, ratio, report

LENS = Path(__file__).parent.parent / "examples" / "lens"
STEPS, STEPS_QUICK = 20, 6
FEW, FEW_QUICK = 2_000, 600  # evaluations between the quick updates that only count
ROUNDS, ROUNDS_QUICK = 2, 1
PAIRS, PAIRS_QUICK = 60, 10
WAYS: dict[str, dict[str, Any]] = {
    "without figures": {"renderer": None},
    "live figures": {"renderer": "process", "every_seconds": 1.0},
}
MEGABYTES, ARRAYS = 4.6, 19


def main() -> None:
    if sys.argv[1:2] == ["fit"]:
        print(json.dumps(fit(*sys.argv[2:])))
        return
    settings = parse(__doc__)
    print(f"on {device()}")
    size, steps = ("small", STEPS_QUICK) if settings.quick else ("hst", STEPS)
    runs: dict[str, list[dict[str, Any]]] = {way: [] for way in WAYS}
    for _ in range(ROUNDS_QUICK if settings.quick else ROUNDS):
        for way in WAYS:
            runs[way].append(in_a_process(way, size, steps))
            seconds, each = runs[way][-1]["seconds"], runs[way][-1]["per evaluation"]
            print(f"{way}: {seconds:.0f} s with what JAX compiles, {1e3 * each:.3g} ms an evaluation", file=sys.stderr)
    report([row(way, runs) for way in WAYS], f"{steps} steps of NSS on the {size} lens", settings.json)
    report(publishing(PAIRS_QUICK if settings.quick else PAIRS), "a step after publish", settings.json)


def device() -> str:
    """What JAX computes on; in a process of its own, as JAX reserves most of a device's memory."""
    code = "import jax; device = jax.devices()[0]; print(device.device_kind, '(no GPU)' * (device.platform == 'cpu'))"
    return subprocess.run([sys.executable, "-c", code], check=True, stdout=subprocess.PIPE, text=True).stdout.strip()


def in_a_process(way: str, size: str, steps: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="autoviz-bench-", dir=".") as folder:
        command = [sys.executable, __file__, "fit", way, size, str(steps), folder]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        seen = watched(process)
        output = process.communicate()[0]
        if process.returncode:
            raise SystemExit(f"the fit {way} ended with {process.returncode}")
    found: dict[str, Any] = json.loads(output.splitlines()[-1])
    return found | seen


def watched(process: subprocess.Popen[str]) -> dict[str, float]:
    """Most of what the renderer's processes were seen to have: seconds of processor time, and MiB on the device."""
    cores = memory = 0.0
    while process.poll() is None:
        ours = descendants(process.pid)
        used = on_device()
        cores = max(cores, sum(map(processor_time, ours)))
        memory = max(memory, sum(used.get(pid, 0.0) for pid in ours))
        try:
            process.wait(0.5)
        except subprocess.TimeoutExpired:
            continue
    return {"renderer s": cores, "renderer MiB": memory}


def descendants(pid: int) -> list[int]:
    """The processes that a search started: its renderer, and who draws for that."""
    found = []
    for path in Path("/proc", str(pid), "task").glob("*/children"):
        try:
            children = [int(child) for child in path.read_text().split()]
        except OSError:  # it has ended
            continue
        found += [*children, *(each for child in children for each in descendants(child))]
    return found


def processor_time(pid: int) -> float:
    try:
        fields = Path("/proc", str(pid), "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def on_device() -> dict[int, float]:
    """MiB of the GPU's memory by process; nothing if there is no GPU, or the driver does not tell."""
    if shutil.which("nvidia-smi") is None:
        return {}
    query = ["nvidia-smi", "--query-compute-apps=pid,used_memory", "--format=csv,noheader,nounits"]
    lines = subprocess.run(query, stdout=subprocess.PIPE, text=True, check=False).stdout.splitlines()
    pairs = [line.split(",") for line in lines if line.count(",") == 1]
    return {int(pid): float(used) for pid, used in pairs if used.strip().isdigit()}


def fit(way: str, size: str, steps: str, folder: str) -> dict[str, Any]:
    """One run of the sampler."""
    import jax

    jax.config.update("jax_enable_x64", True)
    sys.path.insert(0, str(LENS))
    from fit import SAMPLER
    from simulator import SIMULATIONS

    from autoviz_render import NSS, Spool
    from autoviz_render.renderer.heartbeat import read_heartbeat

    analysis = SIMULATIONS[size].analysis()
    few = {"every": FEW if size == "hst" else FEW_QUICK, "every_seconds": None}
    settings = SAMPLER[size] | {"max_iterations": int(steps), "checkpoint_seconds": None} | few | WAYS[way]
    search = NSS(analysis, folder, figure="imaging", **settings)
    started = time.perf_counter()
    result = search.run()
    told = [line.scalars for line in Spool(folder).scalars() if "rate" in line.scalars]
    counts = np.array([[each["evaluations"], each["evaluations"] / each["rate"]] for each in (told[0], told[-1])])
    evaluations, sampling = np.diff(counts, axis=0)[0]
    return {
        "seconds": time.perf_counter() - started,
        "per evaluation": sampling / evaluations,
        "updates": result.quick_updates,
        "figures": 0 if (beat := read_heartbeat(Spool(folder).paths.heartbeat)) is None else beat.drawn,
    }


def row(way: str, runs: dict[str, list[dict[str, Any]]]) -> dict[str, Any]:
    mine, alone = runs[way], runs["without figures"]
    return {
        "way": way,
        "rate kept": ratio([each["per evaluation"] for each in alone], [each["per evaluation"] for each in mine]),
        "ms an evaluation": median(1e3 * each["per evaluation"] for each in mine),
        "quick updates": median(each["updates"] for each in mine),
        "figures": median(each["figures"] for each in mine),
        "renderer, cores": median(each["renderer s"] / each["seconds"] for each in mine),
        "renderer, MiB of the GPU": max(each["renderer MiB"] for each in mine),
    }


def publishing(rounds: int) -> list[dict[str, Any]]:
    """A jitted step of some ms alone, and with arrays of the device published just before it."""
    os.environ.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "false")
    import jax
    import jax.numpy as jnp

    from autoviz_render import Publisher

    step = jax.jit(lambda x: jax.lax.fori_loop(0, 20, lambda _, each: jnp.tanh(each @ each / 512), x))
    state = jnp.eye(512) + 0.01
    size = int(MEGABYTES * 1e6 / 4 / ARRAYS)
    arrays = {f"array{number}": jnp.full(size, float(number)) for number in range(ARRAYS)}

    def alone() -> None:
        step(state).block_until_ready()

    with tempfile.TemporaryDirectory(prefix="autoviz-bench-", dir=".") as folder, Publisher(folder) as publisher:

        def after_publish() -> None:
            publisher.publish(arrays, iteration=0)
            alone()

        seconds = interleaved(
            {"a step alone (limit)": alone, "publish and a step": after_publish}, rounds, tidy=publisher.flush
        )
        if publisher.stats.failed:
            raise SystemExit("a snapshot that fails costs nothing: no measurement")
    limit = seconds["a step alone (limit)"]
    return [
        {"way": name, "median ms": milliseconds(taken), "times the limit": ratio(taken, limit)}
        for name, taken in seconds.items()
    ]


if __name__ == "__main__":
    main()
