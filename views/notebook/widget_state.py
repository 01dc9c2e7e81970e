"""What the widget of `watch` is told: plain values that JSON holds, and texts that cannot do harm.

Numbers that JSON does not have are None. Texts are in one printable line. A run is known to the browser by a digest of
its key, which may be anything that a folder can be called.
"""

from __future__ import annotations

import hashlib
import math
import os
from collections.abc import Mapping, Sequence
from typing import Any

from autoviz_render.spool.text import printable
from autoviz_render.views.model.run_view import Curves, FigureView, Overview, RunView
from autoviz_render.views.model.shown_run import age, counted, in_nats, named

MOST_RUNS = 20_000
"""Runs that are offered to choose from."""

_LONGEST_NAME = 200  # characters
_LONGEST_TEXT = 600
_MOST_POINTS = 240  # of a curve, which is a few hundred pixels wide


def run_id(key: str) -> str:
    """What the browser calls a run."""
    return hashlib.blake2b(os.fsencode(key), digest_size=8).hexdigest()


def shown_figure(run: RunView, name: str = "") -> FigureView | None:
    """The figure of a name; the first that is there if it has none of that name."""
    named = (figure for figure in run.figures if figure.name == name)
    return next(named, run.figures[0] if run.figures else None)


def chooser(overview: Overview) -> dict[str, Any]:
    """The runs to choose from.

    Returns:
        `ids`, `names` and `states`, one of each a run, in the order of their names; `left_out`: how many there are
        beyond `MOST_RUNS`.
    """
    runs = overview.runs[:MOST_RUNS]
    return {
        "ids": [run_id(run.key) for run in runs],
        "names": [named(run, overview) for run in runs],
        "states": [run.state for run in runs],
        "left_out": len(overview.runs) - len(runs),
    }


def state_of(run: RunView | None, overview: Overview) -> dict[str, Any]:
    """How the run that is shown stands, and how many there are.

    Moments are in seconds since 1970, by the clock of this machine, whose `now` is told with them: the browser's clock
    may be another.
    """
    told: dict[str, Any] = {"now": overview.now, "runs": len(overview.runs), "is_complete": overview.is_complete}
    told["path"] = printable(str(overview.path), _LONGEST_NAME)
    if run is None:
        return told
    newest = shown_figure(run)
    return told | {
        "id": run_id(run.key),
        "name": named(run, overview),
        "title": printable(run.run, _LONGEST_NAME),
        "state": run.state,
        "reason": printable(run.reason, _LONGEST_TEXT),
        "warning": printable(run.warning or (newest.error if newest else ""), _LONGEST_TEXT),
        "renderer": run.renderer.state,
        "figures": [printable(figure.name, _LONGEST_NAME) for figure in run.figures],
        "step": run.step,
        "progress": counted(run),
        "log_likelihood": _number(run.log_likelihood),
        "log_evidence": _number(run.log_evidence),
        "rate": _number(run.rate),
        "updated": run.updated,
        "interval": _number(run.interval),
    }


def curve_of(curves: Curves) -> dict[str, Any]:
    """The log likelihood over the quick updates, as long as a small picture needs."""
    return {
        "steps": _thinned(list(curves.steps)),
        "values": [_number(each) for each in _thinned(list(curves.values.get("log_likelihood", ())))],
    }


def line_of(overview: Overview, run: RunView | None) -> str:
    """How the run that is shown stands, in a line, for where no widget can be."""
    path = printable(str(overview.path), _LONGEST_NAME)
    if run is None:
        return f"{path}: no run yet"
    parts = [f"{named(run, overview)}: {run.state}"]
    parts += [f"step {run.step}"] if run.step is not None else []
    parts += [counted(run)] if run.iteration is not None else []
    parts += [f"log likelihood {in_nats(run.log_likelihood)}"] if run.log_likelihood is not None else []
    parts += [f"log evidence {in_nats(run.log_evidence)}"] if run.log_evidence is not None else []
    parts += [f"updated {age(overview.now - run.updated)} ago"] if run.updated is not None else []
    parts += [printable(run.reason, _LONGEST_TEXT)] if run.reason else []
    others = f" (and {len(overview.runs) - 1:,} more in {path})" if len(overview.runs) > 1 else ""
    return ", ".join(parts) + others


def _number(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None


def _thinned(values: Sequence[Any]) -> Sequence[Any]:
    """Every so many, and the last."""
    every = -(-len(values) // _MOST_POINTS) or 1
    return values[(len(values) - 1) % every :: every] if values else values


def plain(message: Mapping[str, Any], name: str) -> str:
    """A text in a browser's message; empty if it is none."""
    value = message.get(name)
    return value if isinstance(value, str) else ""
