"""`--status`: how the runs stand."""

from __future__ import annotations

import math
import time
from collections.abc import Iterable
from typing import Any

from autoviz_render.cli.output import DONE, INCOMPLETE, print_json, report, tell
from autoviz_render.renderer.live.heartbeat import Heartbeat, read_heartbeat
from autoviz_render.spool.errors import SpoolError
from autoviz_render.spool.store import Spool
from autoviz_render.spool.text import cut, printable

_LONGEST_NAME = 200  # characters
_MOST_COUNTED = 10_000


def show_status(spools: Iterable[Spool], *, as_json: bool) -> int:
    """Print how each run stands; the exit code. Raises OutputClosedError."""
    code = DONE
    for spool in spools:
        try:
            status = run_status(spool)
        except (SpoolError, OSError) as error:  # one run's fault must not hide how the others stand
            code = report(error, INCOMPLETE)
            continue
        if as_json:
            print_json(status)
        else:
            tell(status_line(status))
    return code


def run_status(spool: Spool) -> dict[str, Any]:
    """How one run stands, as JSON can hold it. Raises SpoolError if there is no spool to read."""
    info, snapshots, lines = spool.info(), spool.snapshots(), spool.scalars()
    beat, now = read_heartbeat(spool.paths.heartbeat), time.time()
    last = lines[-1] if lines else None
    return {
        "run": info.run,
        "spool": str(spool.paths.directory),
        "state": "died" if info.state == "running" and info.is_over() else info.state,
        "figures": list(info.figures),
        "epoch": info.epoch,
        "quick_updates": last.sequence + 1 if last else 0,  # not the number of lines: those of a long run are thinned
        "snapshots": len(snapshots),
        "newest": snapshots[-1].path.name if snapshots else None,
        "iteration": last.iteration if last else None,
        "counts": last.counts if last else None,
        "log_likelihood": last.log_likelihood if last and math.isfinite(last.log_likelihood) else None,
        "seconds_since_update": round(now - last.time, 1) if last and math.isfinite(last.time) else None,
        "bad_files": len(spool.unreadable(_MOST_COUNTED)),
        "renderer": None if beat is None else _renderer_status(beat),
    }


def _renderer_status(beat: Heartbeat) -> dict[str, Any]:
    named = ("activity", "pid", "host", "drawn", "coalesced", "last_drawn", "last_error", "frame_seconds")
    status = {name: getattr(beat, name) for name in named}
    return status | {"activity": "late"} if beat.is_late() else status


def status_line(status: dict[str, Any]) -> str:
    """The same in a line for a person, fit to be printed on a terminal."""
    iteration, likelihood, seconds = (status[name] for name in ("iteration", "log_likelihood", "seconds_since_update"))
    best = "" if likelihood is None else f", log likelihood {likelihood:.2f}"
    parts = [
        f"{cut(status['run'], _LONGEST_NAME)}: {status['state']}",
        f"{status['quick_updates']} quick updates, {status['snapshots']} snapshots kept",
        "" if iteration is None else f"{status['counts']} {iteration:,}{best}",
        "" if seconds is None else f"last update {_ago(seconds)} ago",
        _renderer_line(status["renderer"]),
        f"{status['bad_files']} unreadable in bad/" if status["bad_files"] else "",
    ]
    return printable("; ".join(filter(None, parts)))


def _renderer_line(status: dict[str, Any] | None) -> str:
    if status is None:
        return "no renderer yet"
    process = f"process {status['pid']} on {cut(status['host'], _LONGEST_NAME)}"
    line = f"renderer {status['activity']} ({process}), {status['drawn']} drawn, {status['coalesced']} skipped"
    if status["last_error"] is None:
        return line
    return f"{line}; {'last error' if status['drawn'] else 'no figures'}: {status['last_error']}"


def _ago(seconds: float) -> str:
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} s"
