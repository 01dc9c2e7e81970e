"""`spool/alarms.json`: what the renderer found wrong with the newest snapshot of a run, for every view.

Source: docs/format.md.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from autoviz_render.renderer.alarms.alarm import Alarm
from autoviz_render.spool.errors import SpoolError
from autoviz_render.spool.paths import SpoolPaths
from autoviz_render.spool.system.atomic import write_whole
from autoviz_render.spool.system.safe_read import finite_number, read_json, whole_number
from autoviz_render.spool.text import cut

MOST_ALARMS = 100
"""Of a run; more say nothing new."""

_FORMAT, _VERSION = "autoviz-render alarms", 1
_MAX_BYTES = 1 << 18
_MOST_FIGURES = 50
_MOST_PANELS = 300
_LONGEST = 300  # characters of a text: all of them together stay below the limit that readers have
_LONGEST_DIGEST = 64


@dataclass(frozen=True)
class Found:
    """What was found of a run.

    Attributes:
        figures: The name of the snapshot that each figure shows.
        alarms: What is wrong, with since when.
        panels: A digest of the values of each panel, by figure and title.
    """

    figures: Mapping[str, str] = field(default_factory=dict)
    alarms: tuple[Alarm, ...] = ()
    panels: Mapping[tuple[str, str], str] = field(default_factory=dict)


def alarms_path(paths: SpoolPaths) -> Path:
    """Where the alarms of a run are told: in its spool; beside its figures if that is in a zip."""
    return paths.figures / ".alarms.json" if paths.is_archived else paths.alarms


def write_alarms(path: Path, found: Found) -> None:
    """Replace the file. Raises OSError if the disk is full, read-only or gone."""
    panels = [
        [_short(figure), _short(title), digest[:_LONGEST_DIGEST]] for (figure, title), digest in found.panels.items()
    ]
    content = {
        "format": _FORMAT,
        "version": _VERSION,
        "written": time.time(),
        "figures": {_short(name): _short(shown) for name, shown in [*found.figures.items()][:_MOST_FIGURES]},
        "alarms": [alarm_value(alarm) for alarm in found.alarms[:MOST_ALARMS]],
        "panels": panels[:_MOST_PANELS],
    }
    write_whole(path, [(json.dumps(content) + "\n").encode()], tmp=path.parent)


def read_alarms(path: Path) -> Found | None:
    """What a renderer found last; None if there is nothing that can be read: the file may be a stranger's."""
    try:
        content = read_json(path, _MAX_BYTES)
        if content["format"] != _FORMAT or whole_number(content["version"]) > _VERSION:
            return None
        figures = {_text(name): _text(shown) for name, shown in [*content["figures"].items()][:_MOST_FIGURES]}
        panels = {
            (_text(figure), _text(title)): _text(digest) for figure, title, digest in content["panels"][:_MOST_PANELS]
        }
        return Found(figures, alarms_of(content["alarms"]), panels)
    except (OSError, SpoolError, ValueError, TypeError, KeyError, AttributeError, OverflowError):
        return None


def bounded(alarms: Iterable[Alarm]) -> tuple[Alarm, ...]:
    """Alarms as they can be told: few, with short texts, and numbers that are finite."""
    return alarms_of([alarm_value(alarm) for alarm in alarms])


def alarm_value(alarm: Alarm) -> dict[str, Any]:
    """An alarm as JSON has it."""
    return {name: _short(each) if isinstance(each, str) else _json_number(each) for name, each in asdict(alarm).items()}


def alarms_of(values: Any) -> tuple[Alarm, ...]:
    """Alarms from what JSON says. Raises ValueError, TypeError, KeyError or AttributeError for anything else."""
    return tuple(_alarm_of(value) for value in values[:MOST_ALARMS])


def _alarm_of(value: Any) -> Alarm:
    texts = {name: _text(value[name]) for name in ("rule", "message", "figure", "panel")}
    numbers = {name: _number(value.get(name)) for name in ("value", "threshold", "since")}
    step = value.get("step")
    return Alarm(**texts, **numbers, step=None if step is None else whole_number(step))  # type: ignore[arg-type]


def _short(text: str) -> str:
    return cut(text, _LONGEST).encode(errors="replace").decode()


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"a {type(value).__name__} is no text")
    return _short(value)


def _number(value: Any) -> float | None:
    return None if value is None else finite_number(value)


def _json_number(value: Any) -> float | int | None:
    try:
        return value if type(value) is int else finite_number(float(value))
    except (ValueError, TypeError, OverflowError):
        return None
