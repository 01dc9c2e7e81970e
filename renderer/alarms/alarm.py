"""One alarm, as a value."""

from __future__ import annotations

from dataclasses import dataclass

AlarmKey = tuple[str, str, str]
"""What makes an alarm the same as one of before: its rule, its figure, and its panel."""


@dataclass(frozen=True)
class Alarm:
    """What is wrong with a run, or with a panel of its figure.

    Attributes:
        rule: The name of the rule that it broke, as in `alarms.toml`.
        message: What is wrong, for a person: one sentence without the run's name. A panel's title in it is a stranger's
            text, which each view escapes.
        figure: The name of the figure; empty if it is about the run as a whole.
        panel: The title of the panel, without numbers that change; empty if it is about the run as a whole.
        value: What was measured; None if that is no number.
        threshold: What it was compared with; None if there is none.
        step: The quick update at which it was seen first; None if that is not known.
        since: When that was, in seconds since 1970 (UTC); None if that is not known.
    """

    rule: str
    message: str
    figure: str = ""
    panel: str = ""
    value: float | None = None
    threshold: float | None = None
    step: int | None = None
    since: float | None = None

    @property
    def key(self) -> AlarmKey:
        """What stays while it lasts."""
        return self.rule, self.figure, self.panel

    @property
    def sentence(self) -> str:
        """What is wrong, and with which panel."""
        return sentence_of(self.panel, self.message)


def sentence_of(panel: str, message: str) -> str:
    """What is wrong, and with which panel, if it is about one."""
    return f"{panel}: {message}" if panel else message
