"""Matplotlib's canvas, and the pixels that are shown: backgrounds are copied and restored as in blitting.

Some artists need no canvas: images, texts and marks have their pixels ready, and put them straight on what is shown.
What Matplotlib draws over them is drawn alone, kept as ink, and laid on for as long as it stays the same.
"""

from __future__ import annotations

import math
import weakref
from collections.abc import Hashable, Sequence
from typing import Any, NamedTuple, Protocol

import numpy as np
from matplotlib.artist import Artist
from matplotlib.backends.backend_agg import RendererAgg
from matplotlib.colors import to_rgba
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.path import Path
from matplotlib.transforms import BboxBase, IdentityTransform

from autoviz_render.renderer.plot import png
from autoviz_render.renderer.plot.colour_pixels import rgb
from autoviz_render.spool.arrays import Array, Indices, Pixels

Region = tuple[slice, slice]
"""Rows from the top, and columns."""


_IDENTITY = IdentityTransform()
_ALL: Region = (slice(None), slice(None))


class Ink(NamedTuple):
    """Pixels that are laid over others: what they add, and how much they leave of what is there.

    Attributes:
        added: array[..., 3], uint16: 255 times the colour, times the opacity, and the half that rounds.
        left: array[..., 3], uint16: from 0 to 255.
    """

    added: Array
    left: Array

    @classmethod
    def of(cls, pixels: Pixels) -> Ink:
        """The ink of array[..., 4], RGBA, not premultiplied."""
        opacity = np.repeat(pixels[..., 3:].astype(np.uint16), 3, axis=-1)
        return cls(pixels[..., :3] * opacity + np.uint16(128), np.uint16(255) - opacity)

    def over(self, shown: Array) -> Array:
        """Its colours over others, rounded: array[..., 3], from 0 to 255."""
        mixed = np.multiply(shown, self.left, dtype=np.uint16)
        mixed += self.added
        mixed += mixed >> 8  # with what was added, it is divided by 255 and rounded
        mixed >>= 8
        return mixed


class Screen:
    """What is shown in a region, for artists that put their pixels there.

    Attributes:
        pixels: array[row, column, 3], uint8, RGB; row 0 is at the bottom.
        left, bottom: Of its lower left corner, in dots of the figure.
    """

    def __init__(self, pixels: Pixels, left: int, bottom: int) -> None:
        self.pixels, self.left, self.bottom = pixels, left, bottom

    def put(self, pixels: Pixels, left: int, bottom: int) -> None:
        """Show array[row, column, 3], row 0 at the bottom, in dots of the figure; what lies beyond is cut off."""
        there, here = self._common(pixels.shape[:2], left, bottom)
        self.pixels[there] = pixels[here]

    def lay(self, ink: Ink, left: int, bottom: int) -> None:
        """Lay ink over what is shown, as `put`."""
        there, here = self._common(ink.left.shape[:2], left, bottom)
        shown = self.pixels[there]
        shown[...] = Ink(ink.added[here], ink.left[here]).over(shown)

    def _common(self, shape: Sequence[int], left: int, bottom: int) -> tuple[Region, Region]:
        """Where pixels stand on the screen, and which of them do."""
        first = bottom - self.bottom, left - self.left
        (height, width), (rows, columns) = shape, self.pixels.shape[:2]
        if min(first) >= 0 and first[0] + height <= rows and first[1] + width <= columns:
            return (slice(first[0], first[0] + height), slice(first[1], first[1] + width)), _ALL
        there = [slice(max(each, 0), max(each + length, 0)) for each, length in zip(first, shape, strict=True)]
        here = [
            slice(part.start - each, max(min(part.stop, free), part.start) - each)
            for part, each, free in zip(there, first, (rows, columns), strict=True)
        ]
        return (there[0], there[1]), (here[0], here[1])


class OnScreen(Protocol):
    """An artist that needs no canvas."""

    def show_on(self, screen: Screen) -> None:
        """Put its pixels there."""


Layer = OnScreen | Sequence[Artist]
"""An artist that needs no canvas; or some of Matplotlib's, which are drawn alone, and kept while none of them
changes."""


class Canvas:
    """Each panel is drawn in a region of its own; what it draws outside the region is not shown.

    Attributes:
        renderer: Matplotlib's Agg renderer, to draw with.
    """

    def __init__(self, renderer: Any, paper: str) -> None:
        self.renderer = renderer
        self._buffer: Pixels = np.asarray(renderer.buffer_rgba())
        self._paper = np.array([*rgb(paper), 255], np.uint8)
        self._rows = png.rows_of(*self._buffer.shape[:2])
        self._pixels[...] = self._paper[:3]
        self._given: Any = lambda: None

    @property
    def _pixels(self) -> Pixels:
        """array[row, column, 3], uint8, RGB from the top: what is shown."""
        return png.pixels_in(self._rows)

    def begin(self) -> None:
        """Leave the pixels that were given away to whoever still has them, and draw on in a copy."""
        if self._given() is not None:
            self._rows = self._rows.copy()

    def pixels(self) -> Pixels:
        """What is shown: array[row, column, 3], uint8, RGB from the top. It stays as it is after the next `begin`."""
        rows = np.asarray(self._rows.data)  # views of it keep it, and not what it is a view of, alive
        self._given = weakref.ref(rows)
        return png.pixels_in(rows)

    def region(self, box: BboxBase) -> Region:
        """The region of a box in Matplotlib's dots, which count from the bottom; neighbours share no dot."""
        height = self._buffer.shape[0]  # which is cut to whole dots: what is at the top may begin above it
        return slice(max(0, height - round(box.y1)), height - round(box.y0)), slice(round(box.x0), round(box.x1))

    def screen(self, region: Region) -> Screen:
        """What is shown in a region, until `begin`."""
        rows, columns = region
        return Screen(self._pixels[region][::-1], columns.start, self._buffer.shape[0] - rows.stop)

    def clear(self, region: Region) -> None:
        """Draw paper over a region."""
        self._buffer.view(np.uint32)[(*region, 0)] = self._paper.view(np.uint32)[0]

    def copy(self, region: Region) -> Pixels:
        """What is drawn there so far, for `restore`."""
        return self._buffer[region].copy()

    def restore(self, region: Region, background: Pixels) -> None:
        """Draw what `copy` gave over its region."""
        self._buffer[region] = background

    def blit(self, region: Region) -> None:
        """Show what is drawn in a region."""
        drawn: Any = self._buffer[region]
        shown = self._pixels[region]
        for channel in range(3):  # one by one: six times as fast as all at once
            shown[..., channel] = drawn[..., channel]

    def copy_shown(self, region: Region) -> Pixels:
        """What is shown in a region, for `show_again`."""
        return self._pixels[region].copy()

    def show_again(self, region: Region, background: Pixels) -> None:
        """Show what `copy_shown` gave."""
        self._pixels[region] = background

    def drawn_alone(self, artists: Sequence[Artist], region: Region) -> SparseInk:
        """What artists draw in a region, over nothing; whatever was drawn there is lost."""
        rows, columns = self._reached(artists, region)
        dots = self._buffer.view(np.uint32)[..., 0]
        drawn = dots[rows, columns]
        if not drawn.size:
            return SparseInk(Ink.of(np.empty((0, 4), np.uint8)), np.empty((0, 3), np.intp))
        drawn[...] = 0
        for artist in artists:
            artist.draw(self.renderer)
        row, column = np.divmod(np.flatnonzero(drawn != 0), drawn.shape[1])  # of truth values: four times as fast
        row, column = row + rows.start, column + columns.start
        pixels = dots.reshape(-1).take(row * dots.shape[1] + column).view(np.uint8).reshape(-1, 4)
        places = row * self._rows.shape[1] + 1 + 3 * column
        return SparseInk(Ink.of(pixels), places[:, None] + np.arange(3))

    def lay(self, ink: SparseInk) -> None:
        """Lay ink over what is shown."""
        shown = self._rows.reshape(-1)
        shown[ink.places] = ink.ink.over(shown.take(ink.places))

    def _reached(self, artists: Sequence[Artist], region: Region) -> Region:
        """The part of a region that strokes reach; all of it, if there is anything else."""
        ends = [artist.reach(self.renderer.dpi) for artist in artists if isinstance(artist, Stroke)]
        if len(ends) < len(artists):
            return region
        lefts, lows, rights, highs = zip(*ends, strict=True)
        height = self._buffer.shape[0]
        return _within(region[0], height - max(highs), height - min(lows)), _within(region[1], min(lefts), max(rights))


def _within(part: slice, start: float, stop: float) -> slice:
    """A slice, as far as it lies between two dots."""
    first = min(max(start, part.start), part.stop)
    return slice(math.floor(first), math.ceil(min(max(stop, first), part.stop)))


class Stroke(Line2D):
    """A line that Agg gets without detours, if it is plain: `Line2D.draw` takes as long as Agg itself.

    Its points are moved to dots here, which takes a transform that neither turns nor bends.
    """

    _points: tuple[Array, Array] = (np.empty(0), np.empty(0))

    def set_data(self, *points: Any) -> None:
        super().set_data(*points)
        self._points = points

    def draw(self, renderer: Any) -> None:
        line: Any = self  # some methods are not annotated
        is_agg = isinstance(renderer, RendererAgg)
        is_plain = self.get_linestyle() == "-" and self.get_marker() in {"", "None", None}
        if not (is_plain and is_agg):
            super().draw(renderer)
        elif self.get_visible() and len(self._points[0]):
            gc = renderer.new_gc()
            line._set_gc_clip(gc)
            gc.set_foreground(to_rgba(self.get_color(), self.get_alpha()), isRGBA=True)
            gc.set_linewidth(self.get_linewidth())
            gc.set_joinstyle(self.get_solid_joinstyle())
            gc.set_capstyle(self.get_solid_capstyle())
            renderer.draw_path(gc, Path(np.stack(self._dots(), axis=-1)), _IDENTITY)
            gc.restore()

    def reach(self, dpi: float) -> tuple[float, float, float, float]:
        """The left, lower, right and upper end of what it draws, in dots; infinite ones if it is empty."""
        x, y = self._dots()
        finite = np.isfinite(x) & np.isfinite(y)
        if not finite.any():
            return math.inf, math.inf, -math.inf, -math.inf
        x, y = x[finite], y[finite]
        beyond = (self.get_linewidth() + self.get_markersize() + self.get_markeredgewidth()) * dpi / 72 + 2
        return float(x.min() - beyond), float(y.min() - beyond), float(x.max() + beyond), float(y.max() + beyond)

    def _dots(self) -> tuple[Array, Array]:
        (across, _, left), (_, up, low), _ = self.get_transform().get_matrix()
        x, y = self._points
        return left + across * x, low + up * y


class SparseInk(NamedTuple):
    """Ink of some dots.

    Attributes:
        ink: Of array[dot, 3].
        places: array[dot, 3], in what is shown, byte by byte.
    """

    ink: Ink
    places: Indices


class KeptLayer:
    """Artists of Matplotlib's that are drawn alone, and again only if one of them has changed, or the axes have."""

    def __init__(self, artists: Sequence[Artist]) -> None:
        self._artists = artists
        self._in_axes = not all(isinstance(each, Patch) and each.get_clip_box() is None for each in artists)
        self._kept: tuple[Hashable, SparseInk] | None = None

    def show(self, canvas: Canvas, region: Region, look: Hashable) -> None:
        """Lay them over what is shown in a region; `look` changes with the axes that they may be in."""
        look = look if self._in_axes else None
        if self._kept is None or self._kept[0] != look or any(artist.stale for artist in self._artists):
            self._kept = look, canvas.drawn_alone(self._artists, region)
            for artist in self._artists:
                artist.stale = False
        canvas.lay(self._kept[1])
