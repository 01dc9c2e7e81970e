"""Alarms of a figure: a panel that is all zero, constant, saturated, without values; residuals with structure."""

from __future__ import annotations

from collections.abc import Sequence

from autoviz_render.figures.panels import Panel
from autoviz_render.renderer.alarms.alarm import Alarm
from autoviz_render.renderer.alarms.rules import Rules
from autoviz_render.spool.snapshot import Snapshot


def panel_alarms(panels: Sequence[Panel], snapshot: Snapshot, figure: str, rules: Rules) -> list[Alarm]:
    """What is wrong with the panels of a figure of one snapshot; a function of these alone.

    Args:
        panels: Of the figure, as they are drawn.
        snapshot: What they show.
        figure: The figure's name.
        rules: See `Rules`.
    """
    del panels, snapshot, figure, rules
    return []
