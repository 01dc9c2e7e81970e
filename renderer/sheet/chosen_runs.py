"""Which runs are on a sheet, in which order, and what is said of each."""

from __future__ import annotations

import contextlib
import json
import math
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from autoviz_render.figures.numbers import nats, plain_number, rounded, whole
from autoviz_render.renderer.batch.runs import Run
from autoviz_render.renderer.batch.selection import why_nothing
from autoviz_render.renderer.settings import FigureSpec
from autoviz_render.renderer.sheet.cells import CellLabel
from autoviz_render.renderer.sheet.choose import NoPanelError, found, no_such
from autoviz_render.renderer.sheet.expression import Expression, Value
from autoviz_render.renderer.sheet.marks import NO_MARK
from autoviz_render.renderer.sheet.numbers import OF_ARRAYS, RunNumbers, check_names, ordered
from autoviz_render.renderer.sheet.order import SheetOrder
from autoviz_render.renderer.sheet.tasks import NumbersJob, SheetCell, TitlesJob
from autoviz_render.renderer.work.jobs import RenderResult
from autoviz_render.renderer.work.pool import Pool
from autoviz_render.spool.errors import NoSpoolError, SpoolError
from autoviz_render.spool.text import printable

NO_FIGURE = FigureSpec("")
"""Of a task that is about several."""

_RUNS_A_LOOK = 16  # of which a worker reads the arrays at once
_PROBED = 8  # runs of a kind whose panels are looked at before anything is drawn
_TRIED = 3  # snapshots of a run, the newest first, until one can be read
_ENDS = {"log_likelihood": nats, "log_evidence": nats, "chi2": rounded, "chi_squared": whole, "points": whole}


def chosen_runs(runs: Sequence[Run], keys: Sequence[str], order: SheetOrder, pool: Pool) -> list[RunNumbers]:
    """The runs that are shown, in their order.

    Raises:
        ExpressionError: The condition cannot be read, or compares a text with a number.
        SheetError: A name in it, or that of the order, is none of any run.
    """
    condition = None if order.where is None else Expression.of(order.where)
    now, sort = time.time(), order.sort or ""
    some = [
        RunNumbers(key, run.spool, order.selection, now, order.marks.get(printable(key), NO_MARK))
        for run, key in zip(runs, keys, strict=True)
    ]
    by = [sort.removeprefix("-")] if sort else []
    asked = [*(condition.names if condition else ()), *by]
    if set(asked) & set(OF_ARRAYS):
        _look_into_arrays(some, pool)
    if condition is not None:
        check_names(condition.names, some, "where")
        some = [run for run in some if condition.is_true(run.value)]
    check_names(by, some, "sort")
    return ordered(some, sort) if sort else some


def _look_into_arrays(runs: Sequence[RunNumbers], pool: Pool) -> None:
    """Work out chi squared of all runs, by the processes that draw."""
    parts = [runs[at : at + _RUNS_A_LOOK] for at in range(0, len(runs), _RUNS_A_LOOK)]
    tasks = [
        NumbersJob(part[0].spool.paths.directory, NO_FIGURE, Path("numbers"), cells=[_to_read(run) for run in part])
        for part in parts
    ]
    for number, _, result in pool.draw(tasks):
        for run, found_of in zip(parts[number], _record(result), strict=False):
            with contextlib.suppress(TypeError, ValueError):
                total, points = map(float, found_of)
                run.of_arrays = dict(
                    zip(OF_ARRAYS, (total / points if points else math.nan, total, points), strict=True)
                )


def check_panels(runs: Sequence[RunNumbers], order: SheetOrder, pool: Pool) -> None:
    """Raises NoPanelError if a name is that of no panel of runs of each kind, before all of them are drawn."""
    kinds: dict[object, list[SheetCell]] = {}
    for run in runs:
        cell = cell_of(run, order, CellLabel(""))
        if not cell.fault:
            kinds.setdefault(cell.figures, []).append(cell)
    missing, titles = list(order.names), list[str]()
    for cells in kinds.values():
        step = max(1, len(cells) // _PROBED)
        tasks = [
            TitlesJob(Path(cell.spool), NO_FIGURE, Path("titles"), cells=[cell])
            for cell in [*cells[:1], *cells[step::step]][:_PROBED]
        ]
        for task in tasks:
            for _, _, result in pool.draw([task]):
                if result.status != "drawn":
                    return  # its cell will say why
                titles += map(str, _record(result))
            missing = [name for name in missing if not found(name, titles)]
            if not missing:
                return
    if titles:
        raise NoPanelError(no_such(missing, titles))


def cell_of(run: RunNumbers, order: SheetOrder, label: CellLabel) -> SheetCell:
    """A run as a worker is to draw it."""
    try:
        refs = run.refs[:_TRIED]
        figures = tuple(order.settings.figures or map(FigureSpec, run.info.figures or ("auto",)))
        fault = "" if refs else why_nothing(run.spool, order.selection)
    except (SpoolError, OSError) as error:
        directory, is_missing = str(run.spool.paths.directory), isinstance(error, NoSpoolError)
        return SheetCell(directory, label=label, fault=str(error), is_missing=is_missing)
    specs = tuple(each if isinstance(each, FigureSpec) else FigureSpec(each) for each in figures)
    names = tuple(ref.path.name for ref in refs)
    return SheetCell(str(run.spool.paths.directory), names, specs, label, fault, is_missing=bool(fault))


def _to_read(run: RunNumbers) -> SheetCell:
    with contextlib.suppress(SpoolError, OSError):
        return SheetCell(str(run.spool.paths.directory), tuple(ref.path.name for ref in run.refs[:_TRIED]))
    return SheetCell(str(run.spool.paths.directory))


def number_of(run: RunNumbers, order: SheetOrder) -> str:
    """What a run is ordered by, in words; its evidence or likelihood if that is its name."""
    sort = (order.sort or "").removeprefix("-")
    names = ["log_evidence", "log_likelihood"] if sort in ("", "run", "name", "mark", "note") else [sort]
    for name in names:
        if (value := run.value(name)) is not None:
            return f"{name.replace('_', ' ')} {in_words(name, value)}"
    return "" if len(names) > 1 else f"{names[0].replace('_', ' ')} unknown"


def in_words(name: str, value: Value) -> str:
    """A value for a person."""
    if isinstance(value, str):
        return printable(value, 100)
    number = float(value or 0.0)
    if name in ("age",):
        return _duration(number)
    if name in ("started", "updated"):
        return time.strftime("%Y-%m-%d %H:%M", time.localtime(number)) if math.isfinite(number) else "unknown"
    return _ENDS.get(name, plain_number)(number)


def _duration(seconds: float) -> str:
    units = ((86400, "d"), (3600, "h"), (60, "min"))
    size, unit = next(((size, unit) for size, unit in units if seconds >= 2 * size), (1, "s"))
    return f"{seconds / size:,.0f} {unit}"


def _record(result: RenderResult) -> list[Any]:
    """What a task found out; nothing if it did not get that far."""
    with contextlib.suppress(ValueError, RecursionError):
        made = json.loads(result.record)
        return made if isinstance(made, list) else []
    return []
