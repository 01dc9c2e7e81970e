"""What alarms cost a frame, and what reading them costs `--status`.

The limits: a frame that is judged takes at most 1.2 times one that is not, and a look at a run with alarms at most
0.3 ms more. Each pair is measured by turns, in processor time; medians are told.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "tools"))

from lens_snapshots import _lens_snapshot
from table import parse, report

from autoviz_render.figures.builtin.imaging import imaging
from autoviz_render.renderer.alarms.alarm import Alarm
from autoviz_render.renderer.alarms.alarms_file import Found, write_alarms
from autoviz_render.renderer.plot.drawing import KeptFigure
from autoviz_render.renderer.plot.header.remark import no_remarks
from autoviz_render.renderer.work.judge import Judge
from autoviz_render.spool.publisher import Publisher
from autoviz_render.spool.snapshot import Snapshot
from autoviz_render.views.model.follow import read_runs
from autoviz_render.views.model.reader import Place


def frames(count: int, spoil: Callable[[np.ndarray], np.ndarray]) -> tuple[float, float]:
    """Milliseconds of a frame without and with a judge."""
    kept, took = KeptFigure(imaging), ([], [])
    for number in range(count):
        fit = _lens_snapshot(100, seed=number, iteration=number)
        arrays = dict(fit.arrays) | {"source": spoil(fit.arrays["source"])}
        snapshot = Snapshot(arrays, fit.static, fit.parameters, iteration=number, log_likelihood=float(number))
        for which in (0, 1) if number % 2 else (1, 0):
            began = time.process_time()
            kept.draw(snapshot, Judge(None, "imaging") if which else no_remarks).encode("png")
            took[which].append(1e3 * (time.process_time() - began))
    return statistics.median(took[0][4:]), statistics.median(took[1][4:])


def looks(count: int) -> tuple[float, float]:
    """Milliseconds of a look at a run without and with alarms."""
    with tempfile.TemporaryDirectory() as folder:
        spools = []
        for number in range(count):
            with Publisher(Path(folder) / f"run{number}", static={}) as publisher:
                publisher.publish({"a": np.arange(4.0)}, iteration=1, log_likelihood=-1.0)
                publisher.flush(30)
            spools.append(Path(folder) / f"run{number}" / "spool")
        took = []
        for is_alarmed in (False, True):
            if is_alarmed:
                panels = {("imaging", f"Panel {n}"): f"{n}" * 30 for n in range(12)}
                for number, spool in enumerate(spools):
                    told = {key: f"{digest}{number}" for key, digest in panels.items()}
                    alarms = (Alarm("zero", "every value is zero", "imaging", "Source plane", step=1, since=1.0),)
                    write_alarms(spool / "alarms.json", Found({"imaging": "e0000-000000000000.h5"}, alarms, told))
            read_runs(spools, Place(Path(folder)))
            began = time.process_time()
            read_runs(spools, Place(Path(folder)))
            took.append(1e3 * (time.process_time() - began) / count)
    return took[0], took[1]


def _row(what: str, before: float, after: float) -> dict[str, Any]:
    return {"what": what, "without, ms": before, "with, ms": after, "ratio": after / before}


if __name__ == "__main__":
    settings = parse(__doc__)
    count = 14 if settings.quick else 60
    rows = [
        _row("a frame of a good fit", *frames(count, lambda each: each)),
        _row("a frame with an alarm", *frames(count, lambda each: 0 * each)),
        _row("a look at a run", *looks(100 if settings.quick else 1000)),
    ]
    report(rows, "What alarms cost", settings.json)
