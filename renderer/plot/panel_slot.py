"""One panel's place on the page: what stays there from frame to frame, and what is drawn over it."""

from __future__ import annotations

import logging
from collections.abc import Hashable
from dataclasses import dataclass

import matplotlib as mpl
from matplotlib.figure import SubFigure

from autoviz_render.figures.panels import CustomPanel, Panel, TextPanel, is_same
from autoviz_render.renderer.plot.artists import PanelArtists, build, error_artists, structure
from autoviz_render.renderer.plot.artists.custom import CustomArtists
from autoviz_render.renderer.plot.canvas import Canvas, Region
from autoviz_render.renderer.plot.layout import Cell
from autoviz_render.renderer.plot.theme import Theme
from autoviz_render.spool.arrays import Pixels
from autoviz_render.spool.snapshot import Snapshot
from autoviz_render.spool.text import in_one_line

log = logging.getLogger("autoviz_render.renderer")


@dataclass(frozen=True, eq=False)
class Failure(TextPanel):
    """What stands in the place of a panel that could not be drawn."""


class PanelSlot:
    """The artists of one place, rebuilt when a panel of another structure comes to stand there."""

    def __init__(self, subfigure: SubFigure, cell: Cell, theme: Theme) -> None:
        self._subfigure, self._cell, self._theme = subfigure, cell, theme
        self._structure: Hashable = None
        self._artists: PanelArtists | None = None
        self._behind: tuple[Hashable, Pixels] | None = None
        self._shown: Panel | None = None
        self._error: str | None = None
        self._reported = ""

    def draw(self, panel: Panel, snapshot: Snapshot, page: Canvas) -> str | None:
        """Make the cell show a panel; the panel's error where it cannot, and then the cell shows that."""
        if self._is_shown(panel):
            return self._error
        region = page.region(self._subfigure.bbox)
        self._shown, self._error = panel, None
        if isinstance(panel, Failure):
            self._draw_failure(panel, page, region)
        else:
            try:
                self._draw(panel, snapshot, page, region)
            except (Exception, SystemExit) as error:  # noqa: BLE001 - a panel that fails is shown failing, and the others are drawn
                self._error = self._fail(panel, error, page, region)
        page.show(region)
        return self._error

    def _is_shown(self, panel: Panel) -> bool:
        if isinstance(panel, CustomPanel) or self._shown is None:
            return False
        try:
            return is_same(panel, self._shown)
        except Exception:  # noqa: BLE001 - values of a kind that does not compare
            return False

    def _draw(self, panel: Panel, snapshot: Snapshot, page: Canvas, region: Region) -> None:
        wanted = structure(panel)
        if self._artists is None or wanted != self._structure:
            self._subfigure.clear()
            self._artists = build(panel, self._subfigure, self._cell, self._theme)
            self._structure, self._behind = wanted, None
        if isinstance(self._artists, CustomArtists):
            self._artists.snapshot = snapshot
            with mpl.rc_context(), self._artists.own_figure():  # what its code changes must not reach the next frame
                self._draw_artists(self._artists, panel, page, region)
        else:
            self._draw_artists(self._artists, panel, page, region)

    def _draw_artists(self, artists: PanelArtists, panel: Panel, page: Canvas, region: Region) -> None:
        look = artists.update(panel)
        if self._behind is not None and self._behind[0] == look:
            page.restore(region, self._behind[1])
        else:
            page.clear(region)
            self._draw_behind(artists, page)
            self._behind = look, page.keep(region)
        for artist in artists.front:
            artist.draw(page.renderer)

    def _draw_behind(self, artists: PanelArtists, page: Canvas) -> None:
        if not artists.front:  # nothing is told apart: axes need what a figure does for them
            self._subfigure.draw(page.renderer)
            return
        in_front = set(artists.front)
        behind = [artist for artist in self._subfigure.get_children() if artist not in in_front]
        for artist in sorted(behind, key=lambda each: each.get_zorder()):
            artist.draw(page.renderer)

    def _fail(self, panel: Panel, error: BaseException, page: Canvas, region: Region) -> str:
        title = str(getattr(panel, "title", type(panel).__name__))
        message = f"{title}: {in_one_line(error)}"
        if message != self._reported:  # not at every frame
            log.warning("a panel could not be drawn: %s", message, exc_info=error)
            self._reported = message
        self._draw_failure(Failure(title, in_one_line(error)), page, region)
        return message

    def _draw_failure(self, failure: Failure, page: Canvas, region: Region) -> None:
        self._subfigure.clear()
        self._artists = None
        page.clear(region)
        artists = error_artists(self._subfigure, self._cell, self._theme)
        artists.update(failure)
        for artist in artists.front:
            artist.draw(page.renderer)
