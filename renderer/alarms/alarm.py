"""One alarm, as a value."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Alarm:
    """What is wrong with a run, or with a panel of its figure.

    Attributes:
        rule: The name of the rule that it broke, as in `alarms.toml`.
        message: What is wrong, for a person: one sentence without the run's name. A panel's title in it is a stranger's
            text, which each view escapes.
        figure: The name of the figure; empty if it is about the run as a whole.
        panel: The title of the panel; empty if it is about the run as a whole.
        value: What was measured; None if that is no number.
        threshold: What it was compared with; None if there is none.
    """

    rule: str
    message: str
    figure: str = ""
    panel: str = ""
    value: float | None = None
    threshold: float | None = None
