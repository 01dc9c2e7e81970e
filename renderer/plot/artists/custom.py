"""The artists of a custom panel."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure

from autoviz_render.figures.panels import CustomPanel
from autoviz_render.renderer.plot import layout
from autoviz_render.renderer.plot.area import Area
from autoviz_render.renderer.plot.artists.panel_artists import PanelArtists
from autoviz_render.renderer.plot.artists.text_cache import panel_title


class CustomArtists(PanelArtists):
    """Whatever the panel's own function draws, in empty axes each time, so that nothing stays of the last frame."""

    def __init__(self, panel: CustomPanel, area: Area) -> None:
        del panel  # nothing of it is fixed
        self._area = area
        self._part = layout.lines_part(area.size)

    def update(self, panel: CustomPanel) -> Hashable:
        subfigure: Any = self._area.subfigure
        subfigure.clear()
        inner = subfigure.subfigures()  # thrown away at the next frame, with whatever is done to it
        inner.set_facecolor("none")
        title = panel_title(self._area)
        title.show_within(panel.title, self._part.left, self._part.top + layout.TITLE_GAP, self._part.width)
        axes = inner.add_axes(self._area.fraction(self._part))
        axes.tick_params(labelsize=layout.LABEL_SIZE)
        draw: Any = panel.draw
        with mpl.rc_context(), _kept_size(subfigure.get_figure(root=True)):  # what its code changes ends here
            draw(axes)
        self.foreground = [inner, title]
        return None


@contextmanager
def _kept_size(figure: Figure) -> Iterator[None]:
    """The whole figure keeps its size and its resolution, whatever is done to them."""
    size, dpi = tuple(figure.get_size_inches()), figure.dpi
    try:
        yield
    finally:
        if (tuple(figure.get_size_inches()), figure.dpi) != (size, dpi):
            figure.set_dpi(dpi)
            figure.set_size_inches(*size)
