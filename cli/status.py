"""How a run stands: what `--status` tells."""

from __future__ import annotations

import math
import time
from typing import Any

from autoviz_render.renderer.live.heartbeat import read_heartbeat
from autoviz_render.spool.store import Spool
from autoviz_render.spool.text import cut, printable

_LONGEST_NAME = 200  # characters
_MOST_COUNTED = 10_000


def status(spool: Spool) -> dict[str, Any]:
    """The standing of one run, as JSON can hold it. Raises SpoolError where there is no spool to read."""
    info, snapshots, lines = spool.info(), spool.snapshots(), spool.scalars()
    beat, now = read_heartbeat(spool.paths.heartbeat), time.time()
    state = "died" if info.state == "running" and info.is_over() else info.state
    renderer: dict[str, Any] | None = None
    if beat is not None:
        alive = "stopped" if beat.activity == "stopped" else "late" if beat.is_late() else beat.activity
        renderer = {
            "activity": alive,
            "pid": beat.pid,
            "host": beat.host,
            "drawn": beat.drawn,
            "coalesced": beat.coalesced,
            "last_drawn": beat.last_drawn,
            "last_error": beat.last_error,
            "frame_seconds": beat.frame_seconds,
        }
    last = lines[-1] if lines else None
    return {
        "run": info.run,
        "spool": str(spool.paths.directory),
        "state": state,
        "figures": list(info.figures),
        "epoch": info.epoch,
        "quick_updates": len(lines),
        "snapshots": len(snapshots),
        "newest": snapshots[-1].path.name if snapshots else None,
        "iteration": last.iteration if last else None,
        "log_likelihood": last.log_likelihood if last and math.isfinite(last.log_likelihood) else None,
        "seconds_since_update": round(now - last.time, 1) if last and math.isfinite(last.time) else None,
        "bad_files": len(spool.unreadable(_MOST_COUNTED)),
        "renderer": renderer,
    }


def status_line(standing: dict[str, Any]) -> str:
    """The same in a line for a person, fit to be printed on a terminal."""
    parts = [f"{cut(standing['run'], _LONGEST_NAME)}: {standing['state']}"]
    parts.append(f"{standing['quick_updates']} quick updates, {standing['snapshots']} snapshots kept")
    if standing["iteration"] is not None:
        likelihood = standing["log_likelihood"]
        told = "" if likelihood is None else f", log likelihood {likelihood:.2f}"
        parts.append(f"iteration {standing['iteration']:,}{told}")
    if standing["seconds_since_update"] is not None:
        parts.append(f"last update {_ago(standing['seconds_since_update'])} ago")
    renderer = standing["renderer"]
    if renderer is None:
        parts.append("no renderer yet")
    else:
        parts.append(
            f"renderer {renderer['activity']} (process {renderer['pid']} on {cut(renderer['host'], _LONGEST_NAME)}), "
            f"{renderer['drawn']} drawn, {renderer['coalesced']} skipped"
        )
        if renderer["last_error"] is not None:
            parts.append(f"{'last error' if renderer['drawn'] else 'no figures'}: {renderer['last_error']}")
    if standing["bad_files"]:
        parts.append(f"{standing['bad_files']} unreadable in bad/")
    return printable("; ".join(parts))


def _ago(seconds: float) -> str:
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} s"
