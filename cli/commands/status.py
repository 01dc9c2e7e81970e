"""`--status`: how the runs stand, in columns for a person, or as JSON."""

from __future__ import annotations

import contextlib
import logging
import os
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from autoviz_render.cli.output import DONE, INCOMPLETE, print_json, tell
from autoviz_render.cli.table import table, terminal_width, wrapped
from autoviz_render.figures.estimate import words
from autoviz_render.renderer.alarms.alarm import sentence_of
from autoviz_render.renderer.alarms.alarms_file import alarm_value
from autoviz_render.spool.paths import SpoolPaths
from autoviz_render.spool.store import Spool
from autoviz_render.spool.text import cut, printable
from autoviz_render.views.model.follow import read_runs
from autoviz_render.views.model.reader import Place
from autoviz_render.views.model.run_view import EndView, RendererView, RunView
from autoviz_render.views.terminal.numbers import ago, in_nats
from autoviz_render.views.terminal.region import is_live_terminal

log = logging.getLogger("autoviz_render.cli")

_LONGEST_NAME = 200  # characters
_MOST_ALARMS = 8  # of one run
_FIGURES = 24  # characters, for the names of a run's figures


def show_status(spools: Sequence[Spool], *, as_json: bool) -> int:
    """Print how each run stands; the exit code. Raises OutputClosedError."""
    place = Place(Path("/"))  # runs of several paths have one key each
    runs = [reader.view for reader in read_runs([spool.paths.directory for spool in spools], place)]
    now, code, known = time.time(), DONE, list[RunView]()
    for run in runs:
        if not run.is_readable:  # one run's fault must not hide how the others stand
            log.error("%s", run.reason)
            code = INCOMPLETE
            continue
        if as_json:
            print_json(run_status(run, now))
        else:
            known.append(run)
    for line in _lines(known, now):
        tell(line)
    return code


def _lines(runs: Sequence[RunView], now: float) -> list[str]:
    """A table with colours on a terminal, columns of text for other programs."""
    if not (runs and is_live_terminal(sys.stdout)):
        return status_lines([(SpoolPaths(run.spool), run_status(run, now)) for run in runs], terminal_width())
    from autoviz_render.views.terminal.once import table_once

    above, places = _told_apart([_place(SpoolPaths(run.spool)) for run in runs])
    named = [replace(run, key=place) for run, place in zip(runs, places, strict=True)]
    return table_once(named, Path(above or "/"), now)


def run_status(run: RunView, now: float) -> dict[str, Any]:
    """How one run stands, as JSON can hold it."""
    has_updates = run.iteration is not None
    return {
        "run": run.run,
        "spool": str(run.spool),
        "state": run.state,
        "reason": run.reason,
        "is_silent": run.is_silent,
        "figures": list(run.figure_names),
        "epoch": run.epoch,
        "quick_updates": run.updates,  # not the number of lines: those of a long run are thinned
        "snapshots": run.snapshots,
        "packs": run.packs,
        "newest": run.newest,
        "iteration": run.iteration,
        "counts": run.counts if has_updates else None,
        "log_likelihood": run.newest_log_likelihood,
        "highest_log_likelihood": run.log_likelihood,
        "log_evidence": run.log_evidence,
        "rate": run.rate,
        "interval": run.interval,
        "end": None if run.end is None else _end_status(run.end, now),
        "walltime": None if run.walltime is None else _walltime_status(run.walltime, run.end, now),
        "seconds_since_update": None if run.updated is None else round(max(0.0, now - run.updated), 1),
        "bad_files": run.bad_files,
        "warning": run.warning,
        "alarms": [alarm_value(alarm) for alarm in run.alarms],
        "renderer": None if run.renderer.state == "none" else _renderer_status(run.renderer),
    }


def _end_status(end: EndView, now: float) -> dict[str, Any]:
    """The time left from now on, and between which limits it is in eight of ten runs."""
    moments = {"seconds_left": end.done, "low": end.earliest, "high": end.latest}
    left = {name: round(max(0.0, moment - now), 1) for name, moment in moments.items()}
    left["seconds_run"] = round(max(0.0, now - end.began), 1)
    return left | {"iterations_left": round(end.iterations_left), "criterion": end.criterion}


def _walltime_status(walltime: float, end: EndView | None, now: float) -> dict[str, Any]:
    """When the batch system ends the job, and what share of the run is done by then."""
    whole = end.done - end.began if end is not None else 0.0
    share = None if end is None or not whole > 0 else round(min(1.0, max(0.0, (walltime - end.began) / whole)), 3)
    return {"time": walltime, "seconds_left": round(walltime - now, 1), "share": share}


def _renderer_status(renderer: RendererView) -> dict[str, Any]:
    named = ("pid", "host", "drawn", "last_drawn", "last_error", "frame_seconds")
    told = {name: getattr(renderer, name) for name in named}
    return {"activity": renderer.state, "coalesced": renderer.skipped} | told


def status_lines(known: Sequence[tuple[SpoolPaths, dict[str, Any]]], width: int) -> list[str]:
    """The same in columns for a person, fit to be printed on a terminal.

    Args:
        known: Runs, and what `run_status` says of each. Of a single one all is told, of many what they differ in.
        width: Columns of the terminal.
    """
    if not known:
        return []
    above, places = _told_apart([_place(paths) for paths, _ in known])
    has_end = any(status["end"] for _, status in known)
    head = ("run", "state", "updates", "age", *(["left"] if has_end else []), "renderer", "figures")
    told = [_row(place, status, has_end=has_end) for place, (_, status) in zip(places, known, strict=True)]
    rows = table([head, *told], width, right=(2, 3, 4) if has_end else (2, 3))
    lines = [*(wrapped(f"{len(known)} runs below {above}", width, "") if above else []), *rows[0]]
    for row, (paths, status) in zip(rows[1:], known, strict=True):
        below = (_details(status) if len(known) == 1 else []) + _problems(paths, status)
        lines += [*row, *(line for each in below for line in wrapped(printable(each), width))]
    return lines


def _alarms(alarms: Sequence[dict[str, Any]]) -> list[str]:
    """A line each, but of very many."""
    told = [f"alarm: {sentence_of(each['panel'], each['message'])}" for each in alarms[:_MOST_ALARMS]]
    return [*told, *([f"and {len(alarms) - len(told):,} more alarms"] if len(alarms) > len(told) else [])]


def _place(paths: SpoolPaths) -> str:
    """The run's directory, or its spool if that is one of several."""
    return str(paths.run_dir if paths.directory.name == "spool" else paths.directory)


def _told_apart(paths: Sequence[str]) -> tuple[str, list[str]]:
    """The folder that all are below, if it is worth a line, and what of each path is not said by it."""
    above = ""
    if len(paths) > 1:
        with contextlib.suppress(ValueError):  # some from the root, others from here
            above = os.path.commonpath([os.path.dirname(path) for path in paths])
    shown = paths if above in ("", os.sep) else [os.path.relpath(path, above) for path in paths]
    return "" if shown is paths else printable(above), [printable(path) for path in shown]


def _row(path: str, status: dict[str, Any], *, has_end: bool) -> tuple[str, ...]:
    seconds, renderer, end = status["seconds_since_update"], status["renderer"], status["end"]
    return (
        path,
        status["state"],
        f"{status['quick_updates']:,}",
        "" if seconds is None else ago(seconds),
        *([words.roughly(end["seconds_left"]) if end else ""] if has_end else []),
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
        *_end_details(status["end"], status["walltime"]),
        *([f"figures {', '.join(status['figures'])}"] if len(status["figures"]) > 1 else []),
        *([f"{process}: {renderer['drawn']:,} drawn, {renderer['coalesced']:,} skipped"] if renderer else []),
    ]


def _end_details(end: dict[str, Any] | None, walltime: dict[str, Any] | None) -> list[str]:
    """When the run will be done, and what the walltime leaves of it."""
    if end is None:
        return []
    times = end["seconds_left"], end["low"], end["high"]
    told = [f"time left {words.about(*times)}; it ends when {end['criterion']}"]
    if walltime is not None:
        now = walltime["time"] - walltime["seconds_left"]
        done, earliest, latest = (now + seconds for seconds in times)
        began = now - end["seconds_run"]
        at = words.at_walltime(now, walltime["time"], began=began, done=done, earliest=earliest, latest=latest)
        told.append(at)
    return told


def _packed(packs: int) -> str:
    return f", in {packs:,} pack{'s' * (packs != 1)}" if packs else ""


def _problems(paths: SpoolPaths, status: dict[str, Any]) -> list[str]:
    """What is wrong with a run, a line each."""
    renderer, bad, told = status["renderer"], status["bad_files"], _alarms(status["alarms"])
    if renderer is not None and renderer["last_error"] is not None:
        told.append(f"{'last error' if renderer['drawn'] else 'no figures'}: {renderer['last_error']}")
    if bad:
        files = "1 file" if bad == 1 else f"{bad:,} files"
        told.append(f"{files} cannot be read: see {paths.bad}")
    return told
