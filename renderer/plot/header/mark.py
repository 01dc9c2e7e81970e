"""The mark at a panel with an alarm: a sign beside its title, and a thin frame around its slot."""

from __future__ import annotations

from matplotlib.patches import Rectangle as RectanglePatch

from autoviz_render.renderer.plot import layout
from autoviz_render.renderer.plot.area import Area
from autoviz_render.renderer.plot.artists.text_cache import Label
from autoviz_render.renderer.plot.canvas import Canvas, Region
from autoviz_render.renderer.plot.colour_pixels import rgb
from autoviz_render.renderer.plot.header.remark import SIGN

_INSET = 0.02  # inches from the slot's edge, where no panel has anything
_WIDTH = 1.3  # points
_SIGN_LEFT = 0.09  # inches: titles begin further to the right


class PanelMark:
    """Drawn over a panel, in a part of the figure of its own: the panel's background stays as it is.

    Args:
        area: The slot, of which this is the only user.
    """

    def __init__(self, area: Area) -> None:
        self._area = area
        width, height = area.size
        self._frame = RectanglePatch(
            (_INSET, _INSET),
            width - 2 * _INSET,
            height - 2 * _INSET,
            facecolor="none",
            edgecolor=area.theme.error,
            linewidth=_WIDTH,
            joinstyle="miter",
        )
        self._frame.set_transform(area.inches)
        area.add(self._frame)
        self._sign = Label(area, va="baseline", fontsize=layout.title_size(area.size), color=area.theme.error)
        self._sign.show(SIGN, _SIGN_LEFT, height - layout.TOP + layout.TITLE_GAP, mathtext=False)

    def set_visible(self, visible: bool) -> None:
        """Whether vector files show it."""
        self._area.subfigure.set_visible(visible)

    def show(self, canvas: Canvas, region: Region) -> None:
        """Put it over what is shown of its panel."""
        screen, dpi = canvas.screen(region), float(self._area.subfigure.get_dpi())
        inset, wide = round(_INSET * dpi), max(1, round(_WIDTH * dpi / 72))
        colour = rgb(self._area.theme.error)
        within = screen.pixels[inset : screen.pixels.shape[0] - inset, inset : screen.pixels.shape[1] - inset]
        for side in (within[:wide], within[-wide:], within[:, :wide], within[:, -wide:]):
            side[...] = colour
        self._sign.show_on(screen)
