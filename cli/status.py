"""`--status`: how the runs stand, in columns for a person, or as JSON."""

from __future__ import annotations

import contextlib
import math
import os
import time
from collections.abc import Iterable, Sequence
from typing import Any

from autoviz_render.cli.output import DONE, INCOMPLETE, in_nats, print_json, report, tell
from autoviz_render.cli.table import table, terminal_width, wrapped
from autoviz_render.renderer.heartbeat import Heartbeat, read_heartbeat
from autoviz_render.spool.errors import SpoolError
from autoviz_render.spool.store import Spool
from autoviz_render.spool.text import cut, printable

_LONGEST_NAME = 200  # characters
_FIGURES = 24  # characters, for the names of a run's figures
_MOST_COUNTED = 10_000


def show_status(spools: Iterable[Spool], *, as_json: bool) -> int:
    """Print how each run stands; the exit code. Raises OutputClosedError."""
    code, known = DONE, []
    for spool in spools:
        try:
            status = run_status(spool)
        except (SpoolError, OSError) as error:  # one run's fault must not hide how the others stand
            code = report(error, INCOMPLETE)
            continue
        if as_json:
            print_json(status)
        else:
            known.append((spool, status))
    for line in status_lines(known, terminal_width()):
        tell(line)
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
        "packs": spool.files.count(),
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


def status_lines(known: Sequence[tuple[Spool, dict[str, Any]]], width: int) -> list[str]:
    """The same in columns for a person, fit to be printed on a terminal.

    Args:
        known: Runs, and what `run_status` says of each. Of a single one all is told, of many what they differ in.
        width: Columns of the terminal.
    """
    if not known:
        return []
    above, paths = _told_apart([_place(spool) for spool, _ in known])
    head = ("run", "state", "updates", "age", "renderer", "figures")
    rows = table([head, *map(_row, paths, (status for _, status in known))], width, right=(2, 3))
    lines = [*(wrapped(f"{len(known)} runs below {above}", width, "") if above else []), *rows[0]]
    for row, (spool, status) in zip(rows[1:], known, strict=True):
        told = (_details(status) if len(known) == 1 else []) + _problems(spool, status)
        lines += [*row, *(line for each in told for line in wrapped(printable(each), width))]
    return lines


def _place(spool: Spool) -> str:
    """The run's directory, or its spool if that is one of several."""
    paths = spool.paths
    return str(paths.run_dir if paths.directory.name == "spool" else paths.directory)


def _told_apart(paths: Sequence[str]) -> tuple[str, list[str]]:
    """The folder that all are below, if it is worth a line, and what of each path is not said by it."""
    above = ""
    if len(paths) > 1:
        with contextlib.suppress(ValueError):  # some from the root, others from here
            above = os.path.commonpath([os.path.dirname(path) for path in paths])
    shown = paths if above in ("", os.sep) else [os.path.relpath(path, above) for path in paths]
    return "" if shown is paths else printable(above), [printable(path) for path in shown]


def _row(path: str, status: dict[str, Any]) -> tuple[str, ...]:
    seconds, renderer = status["seconds_since_update"], status["renderer"]
    return (
        path,
        status["state"],
        f"{status['quick_updates']:,}",
        "" if seconds is None else _ago(seconds),
        "none" if renderer is None else renderer["activity"],
        printable(_names(status["figures"])),
    )


def _names(figures: Sequence[str]) -> str:
    """The first figures, and how many more there are."""
    some = next((number for number in range(len(figures), 1, -1) if len(", ".join(figures[:number])) <= _FIGURES), 1)
    more = len(figures) - some
    return ", ".join([*(cut(name, 2 * _FIGURES) for name in figures[:some]), *([f"+{more}"] if more > 0 else [])])


def _details(status: dict[str, Any]) -> list[str]:
    """What there is to say of a run that is well."""
    iteration, likelihood, renderer = status["iteration"], status["log_likelihood"], status["renderer"]
    best = "" if likelihood is None else f", log likelihood {in_nats(likelihood)}"
    process = f"process {renderer['pid']} on {cut(renderer['host'], _LONGEST_NAME)}" if renderer else ""
    return [
        f"{cut(status['run'], _LONGEST_NAME)}: {status['snapshots']:,} snapshots kept{_packed(status['packs'])}",
        *([] if iteration is None else [f"{status['counts']} {iteration:,}{best}"]),
        *([f"figures {', '.join(status['figures'])}"] if len(status["figures"]) > 1 else []),
        *([f"{process}: {renderer['drawn']:,} drawn, {renderer['coalesced']:,} skipped"] if renderer else []),
    ]


def _packed(packs: int) -> str:
    return f", in {packs:,} pack{'s' * (packs != 1)}" if packs else ""


def _problems(spool: Spool, status: dict[str, Any]) -> list[str]:
    """What is wrong with a run, a line each."""
    renderer, bad, told = status["renderer"], status["bad_files"], []
    if renderer is not None and renderer["last_error"] is not None:
        told.append(f"{'last error' if renderer['drawn'] else 'no figures'}: {renderer['last_error']}")
    if bad:
        files = "1 file" if bad == 1 else f"{bad:,} files"
        told.append(f"{files} cannot be read: see {spool.paths.bad}")
    return told


def _ago(seconds: float) -> str:
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{max(seconds, 0):.0f} s"
