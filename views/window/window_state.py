"""What the window shows of the runs: functions of the model's values."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from autoviz_render.spool.text import printable
from autoviz_render.views.model.run_view import Overview, RunView
from autoviz_render.views.model.shown_run import age, counted, in_nats, named, run_to_show

_LONGEST_NAME = 100  # characters: of a title bar
_LONGEST_LINE = 300
_SHOWN = (".png", ".webp", ".jpg")  # what Pillow reads


@dataclass(frozen=True)
class Selection:
    """What a person chose to look at.

    Attributes:
        key: The run's; None follows the one to show.
        figure: The place of the figure among the run's.
    """

    key: str | None = None
    figure: int = 0


def shown_run(overview: Overview, selection: Selection) -> RunView | None:
    """The run that was chosen, if it is still there, or else the one to show."""
    chosen = (run for run in overview.runs if run.key == selection.key)
    return next(chosen, None) or run_to_show(overview.runs)


def moved(overview: Overview, selection: Selection, key: str) -> Selection:
    """What is chosen after a key was pressed: another run, another figure, or whichever changes last."""
    run = shown_run(overview, selection)
    if key == "f" or run is None:
        return Selection()
    if key in ("Left", "Right"):
        keys = [each.key for each in overview.runs]
        at = (keys.index(run.key) + (1 if key == "Right" else -1)) % len(keys)
        return Selection(keys[at])
    if key in ("Up", "Down") and run.figures:
        at = (selection.figure + (1 if key == "Down" else -1)) % len(run.figures)
        return replace(selection, key=run.key, figure=at)
    return selection


def content(overview: Overview, selection: Selection, now: float) -> dict[str, Any]:
    """What the window is told to show.

    Args:
        overview: How the runs stand.
        selection: What was chosen.
        now: In seconds since 1970.
    """
    run = shown_run(overview, selection)
    if run is None:
        path = printable(str(overview.path), _LONGEST_NAME)
        told = {"title": f"{path} – autoviz-render", "line": f"no run in {path} yet"}
        return {"file": None, "version": "", "hint": "", "empty": ""} | told
    figure = run.figures[min(selection.figure, len(run.figures) - 1)] if run.figures else None
    name = printable(named(run, overview), _LONGEST_NAME)
    file = figure.file if figure is not None and figure.file.suffix.lower() in _SHOWN else None
    return {
        "file": None if file is None else str(file),
        "version": "" if figure is None else f"{figure.modified} {figure.size}",
        "title": f"{name}: {run.state} – autoviz-render",
        "line": printable(_line(name, run, now), _LONGEST_LINE),
        "hint": _hint(overview, selection, run),
        "empty": "no figure yet"
        if figure is None
        else f"{printable(figure.file.name, _LONGEST_NAME)} is no png: none is drawn",
    }


def _line(name: str, run: RunView, now: float) -> str:
    parts = [f"{name}: {run.state}"]
    parts += [f"step {run.step:,}"] if run.step is not None else []
    parts += [counted(run)] if run.iteration is not None else []
    parts += [f"log likelihood {in_nats(run.log_likelihood)}"] if run.log_likelihood is not None else []
    parts += [f"log evidence {in_nats(run.log_evidence)}"] if run.log_evidence is not None else []
    parts += [f"updated {age(now - run.updated)} ago"] if run.updated is not None and run.state == "running" else []
    parts += [text for text in (run.reason, run.warning) if text]
    return " · ".join(parts)


def _hint(overview: Overview, selection: Selection, run: RunView) -> str:
    """The keys that do something now."""
    keys = [f"← → {len(overview.runs):,} runs"] if len(overview.runs) > 1 else []
    keys += [f"↑ ↓ {len(run.figures)} figures"] if len(run.figures) > 1 else []
    keys += ["f follow"] if selection.key is not None and len(overview.runs) > 1 else []
    return "   ".join([*keys, "+ − 0 zoom"])
