"""The golden spool of format version 1: what is in it, and how it was made.

It was made once, by `python tests/tools/golden.py tests/spool/golden/v1`, and is never made again: every later version
of the package must read it as it is. `golden/v1-packed` is its first spool after `autoviz-render pack`, once.
"""

from __future__ import annotations

import shutil
import socket
import sys
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np

from autoviz_render.spool.publisher import Publisher
from autoviz_render.spool.retention import Retention

STATIC = {"data": np.arange(6.0).reshape(2, 3), "mask": np.array([[True, False, True], [False, True, False]])}


def arrays(number: int) -> dict[str, Any]:
    """The arrays of one quick update: every kind that a file may hold."""
    return {
        "image": np.arange(1200.0).reshape(30, 40) + number,
        "plane/source": np.linspace(0, 1, 7, dtype=np.float32) * number,
        "half": np.array([0.5, np.inf], np.float16),
        "complex": np.array([1 + 2j, complex(np.nan, number)]),
        "narrow complex": np.array([3 - 1j], np.complex64),
        "big-endian": np.arange(3, dtype=">i4") * number,
        "unsigned": np.array([0, 2**64 - 1], np.uint64),
        "small": np.array([-128, 127], np.int8),
        "bool": np.array([number % 2 == 0]),
        "empty": np.zeros((0, 3)),
        "number": np.float64(number),
        "λ": np.array([number]),
    }


def numbers(number: int) -> dict[str, Any]:
    return {
        "iteration": 100 * number,
        "log_likelihood": -50.0 - (number - 2) ** 2,
        "parameters": {"einstein_radius": 1.0 + number / 8, "θ": 0.25},
        "scalars": {"log_evidence": -60.5 + number, "remaining": np.inf, "unknown": np.nan},
    }


def publish(run_dir: Path, range_: range, name: str | None, *, resumed_from: int | None) -> None:
    with Publisher(
        run_dir,
        figure=("imaging", "auto"),
        static=STATIC,
        name=name,
        retention=Retention(max_snapshots=6),
        resumed_from=resumed_from,
    ) as publisher:
        for number in range_:
            publisher.publish(arrays(number), **numbers(number))
            publisher.flush()


def main() -> None:
    run_dir = Path(sys.argv[1])
    with mock.patch.object(socket, "gethostname", return_value="node.example"):
        publish(run_dir, range(4), None, resumed_from=None)
        publish(run_dir, range(3, 6), None, resumed_from=250)
        publish(run_dir, range(2), "chain-1", resumed_from=None)
    for spool in run_dir.iterdir():
        shutil.rmtree(spool / "tmp")
        (spool / "writer.lock").unlink()


if __name__ == "__main__":
    main()
