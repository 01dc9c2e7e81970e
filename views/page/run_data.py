"""What a run's page shows, as data scripts: `run.js`, small, and `detail.js`, which is read of the run's files."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, TypeVar

from autoviz_render.renderer.alarms.alarms_file import alarm_value
from autoviz_render.spool.text import cut
from autoviz_render.views.model.run_view import Curves, FigureView, RendererView, RunDetail, RunView
from autoviz_render.views.page.film import Film
from autoviz_render.views.page.scripts import data_script, digested_script, link

LONGEST_TEXT = 1000  # characters
_MOST_NAMES = 1000
_MOST_ALARMS = 20
_MOST_CURVE_STEPS, _MOST_CURVE_NUMBERS = 1000, 50_000
_MOST_STEPS = 2000
_PLACES = {
    "spool",
    "figures_folder",
    "figures",
    "renderer",
    "scalars",
    "end",
    "alarms",
}  # fields of a view that are told otherwise

Drawn = tuple[str, int, int, Path]
"""A picture of a step at full size: its figure, epoch, step, and file."""
T = TypeVar("T")


def run_script(view: RunView, now: float, next_: float | None, detail: str | None, folder: Path | None = None) -> bytes:
    """`run.js`: how a run stands.

    Args:
        view: How it stands.
        now: When that was so.
        next_: When the script will be made again at the latest; None if nobody promises it.
        detail: The digest of `detail.js`; None if there is none.
        folder: Of the page; None is that of the figures.
    """
    folder = folder or view.figures_folder
    facts: dict[str, object] = {"now": now, "next": next_, "detail": detail, "run": run_value(view)}
    figures = [figure_value(each, folder) for each in view.figures]
    return data_script("run", facts | {"renderer": renderer_value(view.renderer), "figures": figures})


def run_value(view: RunView) -> dict[str, object]:
    """How a run stands, but for its renderer and its figures."""
    told = _texts({name: value for name, value in vars(view).items() if name not in _PLACES})
    end = None if view.end is None else _texts(asdict(view.end))
    alarms = [alarm_value(alarm) for alarm in view.alarms[:_MOST_ALARMS]]
    return told | {"scalars": pairs(view.scalars), "end": end, "alarms": alarms}


def renderer_value(view: RendererView) -> dict[str, object]:
    """How a run's renderer stands."""
    return _texts(asdict(view))


def figure_value(view: FigureView, folder: Path) -> dict[str, object]:
    """A figure, its file as a link from a page in that folder."""
    return _texts(vars(view) | {"file": link(view.file, folder)})


def detail_script(
    detail: RunDetail, films: Iterable[Film] = (), drawn: Sequence[Drawn] = (), folder: Path | None = None
) -> tuple[bytes, str]:
    """`detail.js`, and its digest.

    Args:
        detail: What is read of a run only if somebody looks.
        films: Of its figures.
        drawn: The pictures of single steps beside its figures.
        folder: Of the page; None is that of the figures.
    """
    folder = folder or detail.view.figures_folder
    value = {
        "parameters": pairs(detail.parameters),
        "curves": curves_value(detail.curves),
        "steps": [[ref.epoch, ref.sequence] for ref in thinned(detail.steps, _MOST_STEPS)],
        "drawn": [[name, epoch, step, link(file, folder)] for name, epoch, step, file in thinned(drawn, _MOST_STEPS)],
        "films": [film.value() for film in films if film.frames],
    }
    return digested_script("detail", value)


def curves_value(curves: Curves) -> dict[str, object]:
    """The curves, thinned further if there are very many."""
    most = min(_MOST_CURVE_STEPS, max(2, _MOST_CURVE_NUMBERS // (len(curves.values) + 3)))
    shown = list(thinned(range(len(curves.steps)), most))
    picked: Callable[[Sequence[Any]], list[Any]] = lambda column: [column[index] for index in shown]  # noqa: E731
    values = [[cut(name, LONGEST_TEXT), picked(column)] for name, column in curves.values.items()]
    steps, iterations, times = map(picked, (curves.steps, curves.iterations, curves.times))
    return {"steps": steps, "iterations": iterations, "times": times, "values": values}


def pairs(numbers: Mapping[str, float]) -> list[list[object]]:
    """Names with their values, in their order."""
    return [[cut(name, LONGEST_TEXT), value] for name, value in list(numbers.items())[:_MOST_NAMES]]


def thinned(values: Sequence[T], most: int) -> Sequence[T]:
    """At most so many of some values, evenly taken, the first and the last among them."""
    count = len(values)
    return values if count <= most else [values[index * (count - 1) // (most - 1)] for index in range(most)]


def _texts(value: dict[str, object]) -> dict[str, object]:
    """The value with texts of a bounded length."""
    return {name: cut(each, LONGEST_TEXT) if isinstance(each, str) else each for name, each in value.items()}
