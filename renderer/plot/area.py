"""The part of a figure that one panel has to itself, measured in inches from its lower left corner."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from matplotlib.artist import Artist
from matplotlib.figure import SubFigure
from matplotlib.transforms import Affine2D, Transform

from autoviz_render.renderer.plot.layout import Rectangle, Size
from autoviz_render.renderer.plot.theme import Theme
from autoviz_render.spool.arrays import Floats


@dataclass(frozen=True, eq=False)
class Area:
    """Where a panel's artists are added.

    Attributes:
        subfigure: Matplotlib's own part of the figure.
        size: Its width and height in inches.
        theme: The colours of everything but the data.
        within: The area that it is an inset of, and its place there; None for the whole part.
    """

    subfigure: SubFigure
    size: Size
    theme: Theme
    within: tuple[Area, Rectangle] | None = None

    def inset(self, part: Rectangle) -> Area:
        """A part of the area as an area."""
        return Area(self.subfigure, Size(part.width, part.height), self.theme, (self, part))

    @property
    def inches(self) -> Transform:
        """From inches in the area to Matplotlib's canvas."""
        if self.within:
            whole, part = self.within
            return Affine2D().translate(part.left, part.bottom) + whole.inches
        return Affine2D().scale(1 / self.size.width, 1 / self.size.height) + self.subfigure.transSubfigure

    @cached_property
    def _dots(self) -> tuple[list[float], list[float]]:
        """From inches in the area to the dots of the figure: the dots of its corner, and of an inch each way."""
        corner, beyond = self.inches.transform([(0.0, 0.0), (1.0, 1.0)])
        return corner.tolist(), (beyond - corner).tolist()

    def dot(self, x: float, y: float) -> tuple[float, float]:
        """A point of the area in the dots of the figure."""
        (left, bottom), (across, up) = self._dots
        return left + across * x, bottom + up * y

    def fraction(self, part: Rectangle) -> Floats:
        """A part of the area as Matplotlib wants it: left, bottom, width and height as fractions of the sub-figure."""
        if self.within:
            whole, own = self.within
            return whole.fraction(part._replace(left=own.left + part.left, bottom=own.bottom + part.bottom))
        return np.divide(part, (*self.size, *self.size))

    def add(self, *artists: Artist) -> None:
        """Add artists to the sub-figure."""
        for artist in artists:
            self.subfigure.add_artist(artist)
