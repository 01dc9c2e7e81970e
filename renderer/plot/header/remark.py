"""What is wrong with a panel, in a few words for the line above the panels."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from autoviz_render.figures.panels import Panel
from autoviz_render.spool.snapshot import Snapshot
from autoviz_render.spool.text import cut

SIGN = "\N{WARNING SIGN}"
"""The bundled font has it."""

_LONGEST_TITLE = 60  # characters


@dataclass(frozen=True)
class Remark:
    """What is wrong with a panel.

    Attributes:
        titles: Of the panels that are marked.
        words: A few: "all zero".
        name: What the panel is called in the line; empty if it is about the figure.
    """

    titles: tuple[str, ...]
    words: str
    name: str = ""

    def __str__(self) -> str:
        title = " ".join(cut(self.name, _LONGEST_TITLE).split())
        return f"{title}: {self.words}" if title else self.words


RemarksOf = Callable[[Sequence[Panel], Snapshot], Sequence[Remark]]
"""What there is to remark of the panels of a figure, at a snapshot; it raises nothing."""


def no_remarks(_panels: Sequence[Panel], _snapshot: Snapshot) -> Sequence[Remark]:
    """Of a figure of which nobody judges."""
    return ()


def badges(remarks: Sequence[Remark]) -> list[str]:
    """Remarks in a line, from the longest to the shortest way to say them; none if there are none."""
    if not remarks:
        return []
    told, count = [str(each) for each in remarks], len(remarks)
    more = [f"{SIGN} {told[0]}, and {count - 1} more"] if count > 1 else []
    counted = f"{count} alarms" if count > 1 else "1 alarm"
    return [f"{SIGN} {', '.join(told)}", *more, f"{SIGN} {counted}", f"{SIGN} {count}"]
