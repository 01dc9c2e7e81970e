"""Two lists of panels as groups of panels that belong together, and the groups as rows of a figure."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import chain, compress
from typing import Any

from autoviz_render.figures.comparison import coloured, corners, lines, tables
from autoviz_render.figures.comparison.titles import common_title, listed, same_panels
from autoviz_render.figures.errors import FigureError
from autoviz_render.figures.panels import (
    ColouredPanel,
    CornerPanel,
    CustomPanel,
    HistogramPanel,
    LinesPanel,
    Panel,
    TablePanel,
    TextPanel,
)
from autoviz_render.figures.shared_axes import with_shared_axes
from autoviz_render.spool.snapshot import Snapshot

_MANY = 5
"""Rows of three panels that stand under one another on a screen; of more, two are beside each other."""


class NothingSharedError(FigureError):
    """Two figures have no panel in common. The message is one line, with the remedy."""


_LINES = 5.5
"""Of a table beside images that are three in a row: of two, and of one, there are more."""


@dataclass(frozen=True, eq=False)
class Side:
    """One of the two.

    Attributes:
        snapshot: What was published.
        panels: What a figure shows of it, in order.
    """

    snapshot: Snapshot
    panels: Sequence[Panel]


@dataclass(frozen=True, eq=False)
class Group:
    """Panels that belong together.

    Attributes:
        panels: A, B and their difference; or those that show both.
        is_identical: Whether A and B are.
        narrow: What takes the place of all of them if they would stand below one another; None for themselves.
    """

    panels: Sequence[Panel]
    is_identical: bool = False
    narrow: TablePanel | None = None


def compared(one: Side, other: Side, *, are_two_runs: bool, is_one_panel: bool = False) -> list[Group]:
    """The panels that two figures share, each with its difference; those that differ first.

    Args:
        one, other: A and B.
        are_two_runs: Whether they are of two runs, so that their errors are independent.
        is_one_panel: Whether a person asked for one panel: then the parameters do not follow.

    Raises:
        NothingSharedError: They have no panel in common.
    """
    ones, others = (with_shared_axes(side.panels) for side in (one, other))
    pairs = same_panels(ones, others)
    shared = [(ones[a], others[b]) for a, b in pairs]
    is_table = [all(isinstance(panel, TablePanel) for panel in pair) for pair in shared]
    others_shared = [pair for pair, is_words in zip(shared, is_table, strict=True) if not is_words]
    groups = [_group(*pair, one.snapshot, other.snapshot) for pair in others_shared]
    known: list[Any] = list(compress(shared, is_table))
    mine, theirs = (Snapshot({}) if is_one_panel else side.snapshot for side in (one, other))
    if numbers := tables.numbers_of(mine, theirs, known, are_two_runs=are_two_runs):
        groups.append(Group(numbers.side_by_side(), numbers.is_identical, narrow=numbers.in_one()))
    if not groups:
        raise NothingSharedError(
            f"A and B have no panel in common: A has {listed([each.title for each in ones]) or 'none'}, B "
            f"{listed([each.title for each in others]) or 'none'}; the figure 'auto' draws whatever is there"
        )
    alone = _alone("A", ones, [a for a, _ in pairs]) + _alone("B", others, [b for _, b in pairs])
    return [*sorted(groups, key=lambda group: group.is_identical), *([Group(alone)] if alone else [])]


def _alone(name: str, panels: Sequence[Panel], paired: Sequence[int]) -> list[Panel]:
    titles = [panel.title for number, panel in enumerate(panels) if number not in paired]
    return [TextPanel(f"Only in {name}", "\n".join(listed([title]) for title in titles))] if titles else []


def _group(one: Panel, other: Panel, mine: Snapshot, theirs: Snapshot) -> Group:
    for kind, compare in _KINDS.items():
        if isinstance(one, kind) and isinstance(other, kind):
            return Group(*compare(one, other))
    panels = [
        replace(panel.at(at), title=f"{name}: {panel.title}", span=(1, 1))
        for name, panel, at in (("A", one, mine), ("B", other, theirs))
    ]
    why = "a function draws them" if isinstance(one, CustomPanel) else "they are of different kinds"
    title = common_title(one.title, other.title)
    return Group([*panels, TextPanel(f"{coloured.LESS}: {title}", f"No difference: {why}.")])


_KINDS: dict[type[Panel], Callable[[Any, Any], tuple[list[Panel], bool]]] = {
    ColouredPanel: coloured.compared,
    LinesPanel: lines.compared,
    HistogramPanel: lines.compared_histograms,
    CornerPanel: corners.compared,
    TextPanel: tables.compared_texts,
}


def laid_out(groups: Sequence[Group], columns: int) -> list[list[Panel]]:
    """Groups as rows of a figure.

    If some differ, the panels of identical groups are drawn once, after the others; if all are identical, they stand
    side by side as any others do.

    Args:
        groups: As `compared` gives them.
        columns: 6 has two groups beside each other, 3 has one, 2 has the difference below, 1 has all panels below one
            another.
    """
    differ = [group for group in groups if not group.is_identical]
    once = [_once(group) for group in groups if group.is_identical] if differ else []
    shown = differ or groups
    numbers = [group for group in shown if group.narrow is not None]
    triples = [group for group in shown if _is_triple(group) and group.narrow is None]
    rest = [group for group in shown if not _is_triple(group)]
    rows: list[list[Panel]] = []
    beside = max(1, columns // 3)
    for number in range(0, len(triples), beside):
        rows += _three(chain.from_iterable(map(_of_one_slot, triples[number : number + beside])), columns)
    for group in rest:
        if any(panel.span[0] > 1 for panel in group.panels):
            rows += _corner(group, columns)
    singles = [panel for group in rest for panel in group.panels if panel.span[0] == 1]
    rows += [[_spanning(panel, columns)] for panel in singles if panel.span[1] > 1]
    words = [panel for panel in singles if isinstance(panel, TextPanel)]
    rows += _packed([panel for panel in singles if panel.span[1] == 1 and panel not in words], columns)
    for group in numbers:
        rows += [list(group.panels)] if columns >= 3 else _high(group.narrow, columns)
    return rows + _packed([*once, *words], columns)


def columns_for_screen(groups: Sequence[Group]) -> int:
    """How many columns a screen has room for."""
    return 6 if sum(_is_triple(group) and not group.is_identical for group in groups) > _MANY else 3


def _is_triple(group: Group) -> bool:
    return len(group.panels) == 3


def _of_one_slot(group: Group) -> list[Panel]:
    return [replace(panel, span=(1, 1)) for panel in group.panels]


def _three(some: Iterable[Panel], columns: int) -> list[list[Panel]]:
    """Rows of A, B and their difference: of two groups beside each other, if there are as many columns."""
    panels = list(some)
    if columns >= 3:
        return [panels]
    if columns == 2:
        return [list(panels[:2]), [replace(panels[2], span=(1, 2))]]
    return [[panel] for panel in panels]


def _corner(group: Group, columns: int) -> list[list[Panel]]:
    """A corner plot with its table: beside it if there is room; a row that a span reaches into is empty."""
    plot, *others = group.panels
    if columns >= 3:
        return [[plot, *others], []]
    rows: list[list[Panel]] = [[replace(plot, span=(1, columns))]]
    for panel in others:
        rows += _high(panel, columns)
    return rows


def _spanning(panel: Panel, columns: int) -> Panel:
    return replace(panel, span=(1, min(3, columns)))


def _high(table: Panel | None, columns: int) -> list[list[Panel]]:
    """A table in as many rows of a narrow figure as it needs."""
    if table is None:
        return []
    count = max(1, math.ceil(len(getattr(table, "rows", ())) / (_LINES * 3 / columns)))
    return [[replace(table, span=(count, columns))], *([] for _ in range(count - 1))]


def _packed(panels: Sequence[Panel], columns: int) -> list[list[Panel]]:
    """As many in a row as there are columns; lines, which need more room, alone in a narrow one."""
    rows: list[list[Panel]] = []
    taken = columns
    for panel in panels:
        width = columns if columns < 3 and isinstance(panel, LinesPanel | TablePanel | TextPanel) else 1
        if taken + width > columns:
            rows.append([])
            taken = 0
        rows[-1].append(replace(panel, span=(1, width)))
        taken += width
    return rows


def _once(group: Group) -> Panel:
    """One panel for a group of identical ones."""
    panel = group.panels[0]
    title = panel.title.removeprefix("A: ")
    return replace(panel, title=f"{title}: identical" if len(group.panels) == 3 else title, span=(1, 1))
