"""One panel's slot on a figure: its background, kept from frame to frame, and the foreground drawn over it."""

from __future__ import annotations

import logging
from collections.abc import Hashable, Sequence

from autoviz_render.figures.panels import Panel, is_same
from autoviz_render.renderer.plot.area import Area
from autoviz_render.renderer.plot.artists import artists_of
from autoviz_render.renderer.plot.artists.panel_artists import PanelArtists
from autoviz_render.renderer.plot.artists.texts import Failure
from autoviz_render.renderer.plot.canvas import Canvas, KeptLayer, OnScreen
from autoviz_render.renderer.plot.header.mark import PanelMark
from autoviz_render.spool.arrays import Pixels
from autoviz_render.spool.text import in_one_line

log = logging.getLogger("autoviz_render.renderer")


class PanelSlot:
    """The artists of one slot, built anew if a panel of another structure comes to stand there.

    Args:
        area: Of the figure.
        canvas: What is drawn on.
        warns: Whether a panel that cannot be drawn is a warning; if not, whoever draws it tells of it.
    """

    def __init__(self, area: Area, canvas: Canvas, *, warns: bool = True) -> None:
        self._area, self._canvas, self._warns = area, canvas, warns
        self._region = canvas.region(area.subfigure.bbox)
        self._structure: Hashable = None
        self._artists: PanelArtists | None = None
        self._layers: list[OnScreen | KeptLayer] = []
        self._background: tuple[Hashable, Pixels] | None = None
        self._shown: Panel | None = None
        self._mark: PanelMark | None = None
        self._error: str | None = None
        self._reported = ""

    def draw(self, panel: Panel, mark: PanelMark | None = None) -> str | None:
        """Make the slot show a panel, and over it a mark if there is one.

        Returns:
            The panel's error if it could not be drawn; the slot then shows that.
        """
        if mark is self._mark and self._is_shown(panel):
            return self._error
        self._mark = mark
        self._draw_or_tell(panel)
        if mark is not None:
            mark.show(self._canvas, self._region)
        return self._error

    def _draw_or_tell(self, panel: Panel) -> None:
        self._shown, self._error = panel, None
        try:
            self._draw(panel)
        except (Exception, SystemExit) as error:
            failure = Failure(str(getattr(panel, "title", type(panel).__name__)), in_one_line(error))
            self._error = f"{failure.title}: {failure.text}"
            if self._error != self._reported:  # not at every frame
                if self._warns:
                    log.warning("a panel could not be drawn: %s", self._error)
                log.debug("a panel could not be drawn", exc_info=error)
                self._reported = self._error
            self._draw(failure)

    def _is_shown(self, panel: Panel) -> bool:
        try:
            return self._shown is not None and is_same(panel, self._shown)
        except Exception:  # noqa: BLE001 - values of a kind that does not compare
            return False

    def _draw(self, panel: Panel) -> None:
        artists = self._artists_for(panel)
        look = artists.update(panel)
        is_new = self._background is None or self._background[0] != look
        if is_new:
            self._canvas.clear(self._region)
            self._draw_background(artists)
        (self._show_layers if self._layers else self._draw_foreground)(artists, look, is_new)

    def _draw_foreground(self, artists: PanelArtists, look: Hashable, is_new: bool) -> None:
        """Draw over the background on the canvas, and show that."""
        if is_new:
            self._background = look, self._canvas.copy(self._region)
        elif self._background:
            self._canvas.restore(self._region, self._background[1])
        for artist in artists.foreground:
            artist.draw(self._canvas.renderer)
        self._canvas.blit(self._region)

    def _show_layers(self, artists: PanelArtists, look: Hashable, is_new: bool) -> None:
        """Show the background, and lay the foreground over it."""
        del artists
        if is_new:
            self._canvas.blit(self._region)
            self._background = look, self._canvas.copy_shown(self._region)
        elif self._background:
            self._canvas.show_again(self._region, self._background[1])
        screen = self._canvas.screen(self._region)
        for layer in self._layers:
            if isinstance(layer, KeptLayer):
                layer.show(self._canvas, self._region, look)
            else:
                layer.show_on(screen)

    def _artists_for(self, panel: Panel) -> PanelArtists:
        kind = artists_of(panel)
        structure = (type(panel), kind.structure(panel))
        if self._artists is None or structure != self._structure:
            self._area.subfigure.clear()
            self._artists, self._background, self._layers = None, None, []  # unless they can be built
            self._artists, self._structure = kind(panel, self._area), structure
            layers = self._artists.layers
            self._layers = [KeptLayer(each) if isinstance(each, Sequence) else each for each in layers]
        return self._artists

    def _draw_background(self, artists: PanelArtists) -> None:
        foreground = set(artists.foreground)
        background = [artist for artist in self._area.subfigure.get_children() if artist not in foreground]
        for artist in sorted(background, key=lambda each: each.get_zorder()):
            artist.draw(self._canvas.renderer)
