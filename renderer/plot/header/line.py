"""The line above the panels: whose figure it is, what is wrong with it, and of which moment it is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from autoviz_render.renderer.plot import layout
from autoviz_render.renderer.plot.area import Area
from autoviz_render.renderer.plot.artists.text_cache import Label
from autoviz_render.renderer.plot.canvas import Canvas
from autoviz_render.renderer.plot.header.heading import Heading
from autoviz_render.renderer.plot.header.remark import Remark, badges
from autoviz_render.renderer.plot.text_metrics import fitted, text_width

_NAME = 0.6  # inches that a header leaves for the run's name at least
_BOLD = 1.15  # times as wide as the same letter that is not bold
_APART = 0.25  # inches between the run's name and what is wrong
_SHARE = 0.4  # of the line, for the run's name before what is wrong is told in full


class Header:
    """The line above the panels; smaller on a narrow page."""

    def __init__(self, area: Area, canvas: Canvas) -> None:
        self._canvas, self._width = canvas, area.size.width
        self._region = canvas.region(area.subfigure.bbox)
        self._paper = canvas.copy_shown(self._region)
        self._size = layout.TITLE_SIZE if area.size.width > 6 else layout.SMALL_SIZE
        style: dict[str, Any] = {"fontsize": self._size, "va": "baseline"}
        self._run = Label(area, weight="bold", **style)
        self._moment = Label(area, ha="right", **style)
        self._badge = Label(area, weight="bold", **style | {"color": area.theme.error})

    def draw(self, heading: Heading, remarks: Sequence[Remark] = ()) -> None:
        """Show a run and a moment, and what there is to remark."""
        told = badges(remarks)
        least = self._bold(told[-1]) + _APART if told else 0.0
        for_name = max(_NAME, self._bold(heading.name)) if heading.is_name_whole else _NAME
        moment = heading.within(self._width - for_name - 0.9 - least, self._size)
        free = self._width - 0.9 - text_width(moment, self._size)
        wanted = self._bold(fitted(heading.name, free, self._size, mathtext=False)) if told else 0.0
        badge = self._fitting(told, free - _APART, wanted) if told else ""
        name = fitted(heading.name, (free - (self._bold(badge) + _APART if told else 0.0)) / _BOLD, self._size)
        line = 0.37 * layout.HEADER
        self._run.show(name, 0.34, line, mathtext=False)
        self._badge.show(badge, 0.34 + self._bold(name) + _APART * bool(name), line, mathtext=False)
        self._moment.show(moment, self._width - 0.2, line, mathtext=False)
        self._canvas.show_again(self._region, self._paper)
        screen = self._canvas.screen(self._region)
        for label in (self._run, self._moment, self._badge):
            label.show_on(screen)

    def _bold(self, text: str) -> float:
        """How wide a text is at most, in inches."""
        return _BOLD * text_width(text, self._size, mathtext=False)

    def _fitting(self, told: Sequence[str], free: float, name: float) -> str:
        """The longest way to say what is wrong that leaves room for the run's name, or for most of it."""
        room = free - min(name, max(_NAME, _SHARE * free))
        return next((each for each in told if self._bold(each) <= room), told[-1])
