"""How long `publish` keeps the sampler, beside one memcpy of the payload (4.6 MB in 19 arrays).

JAX arrays are handed over by reference, NumPy arrays are copied: the limits are nothing and one memcpy. Each publish
finds the writer idle, so that it is paid in full.
"""

from __future__ import annotations

import statistics
import tempfile
import time

import jax
import numpy as np
from table import parse, report

from autoviz_render import Publisher

MEGABYTES, ARRAYS = 4.6, 19


def main() -> None:
    settings = parse(__doc__)
    rounds = 30 if settings.quick else 300
    rng = np.random.default_rng(0)
    arrays = {f"array{index}": rng.normal(size=int(MEGABYTES * 1e6 / 8 / ARRAYS)) for index in range(ARRAYS)}
    jax.config.update("jax_enable_x64", True)
    on_device = {name: jax.device_put(value) for name, value in arrays.items()}
    ways = {"memcpy": None, "publish, JAX": on_device, "publish, NumPy": arrays}
    taken: dict[str, list[float]] = {name: [] for name in ways}
    with tempfile.TemporaryDirectory(prefix="autoviz-bench-") as folder, Publisher(folder) as publisher:
        for number in range(rounds):
            for name, payload in ways.items():
                started = time.perf_counter()
                if payload is None:
                    copies = [value.copy() for value in arrays.values()]
                else:
                    publisher.publish(payload, iteration=number)
                taken[name].append(time.perf_counter() - started)
                copies = None
                publisher.flush()
    del copies
    report(
        [
            {
                "way": name,
                "median ms": 1e3 * statistics.median(seconds),
                "p99 ms": 1e3 * statistics.quantiles(seconds, n=100)[98],
                "times memcpy": statistics.median(a / b for a, b in zip(seconds, taken["memcpy"], strict=True)),
            }
            for name, seconds in taken.items()
        ],
        "pause of the sampler's thread",
        settings.json,
    )


if __name__ == "__main__":
    main()
