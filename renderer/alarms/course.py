"""Alarms of a run's course: its log likelihood fell at a resume."""

from __future__ import annotations

from collections.abc import Sequence

from autoviz_render.renderer.alarms.alarm import Alarm
from autoviz_render.renderer.alarms.rules import Rules
from autoviz_render.spool.epochs import Epoch
from autoviz_render.spool.snapshot import ScalarsLine


def course_alarms(lines: Sequence[ScalarsLine], epochs: Sequence[Epoch], rules: Rules) -> list[Alarm]:
    """What is wrong with the numbers of a run's quick updates, in the order of publishing.

    Args:
        lines: Those that were not done over.
        epochs: The run's.
        rules: See `Rules`.
    """
    del lines, epochs, rules
    return []
