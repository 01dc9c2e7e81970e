"""What a figure shows, as values: panels know their numbers, labels and units, and nothing of Matplotlib.

A recipe (`autoviz_render.figures.registry`) turns a snapshot into panels; `autoviz_render.renderer.plot.drawing` turns
panels into a figure. A panel holds references to its arrays and never changes them. A new kind of panel is a dataclass
here, its artists in a module of `autoviz_render.renderer.plot.artists`, and the line there that names both.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import KW_ONLY, dataclass, fields, is_dataclass, replace
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np
from numpy.typing import ArrayLike

from autoviz_render.figures.annotations import Annotation, Compass, Guide, ScaleBar
from autoviz_render.figures.errors import PanelError, check_colours, check_style, one_of
from autoviz_render.figures.scaling.intervals import interval_of
from autoviz_render.spool.arrays import Array, Floats, Mask

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from autoviz_render.spool.snapshot import Snapshot

Extent = tuple[float, float, float, float]
AxisLimits = tuple[Any, Any]
"""(low, high) of an axis; (high, low) reverses it; `numpy.datetime64` on an axis of dates."""

Scale = Literal["linear", "symmetric", "log", "asinh", "sqrt", "power"]
Side = Literal["left", "right"]


@dataclass(frozen=True, eq=False)
class Curve:
    """A line, or a set of points, laid over an image.

    Attributes:
        x: array[vertex], in the units of the image's extent; a NaN breaks the line.
        y: array[vertex], as x.
        colour: Any Matplotlib colour.
        style: "-", "--", ":" or "-."; "" draws no line, for points.
        width: Of the line, in points.
        marker: Matplotlib's marker for each vertex; "" for none.
        label: Its entry in the panel's legend; "" for no entry.
        outline: Colour of a thin edge on both sides, which shows the line on any colour; "" for none.
    """

    x: ArrayLike
    y: ArrayLike
    _: KW_ONLY
    colour: str = "white"
    style: str = "-"
    width: float = 1.2
    marker: str = ""
    label: str = ""
    outline: str = ""

    def __post_init__(self) -> None:
        check_style(self.style)


@dataclass(frozen=True, eq=False)
class Series:
    """One line of a `LinesPanel`.

    Attributes:
        x: array[point], or a list; a NaN breaks the line. Of type `datetime64` it gives the panel an axis of dates.
        y: array[point], as x.
        error: array[point], half the length of the error bar, in the units of y; or array[2, point], how far it
            reaches down and up. None for no bars.
        x_error: As error, in the units of x (in seconds, if x are dates), to the left and to the right.
        band: array[2, point], the lower and the upper edge of a shaded band, in the units of y; None for none.
        label: Its entry in the panel's legend; "" for no entry.
        colour: Any Matplotlib colour; "" takes the next of a set that colour-blind readers can tell apart. When all
            are taken, solid lines are dashed.
        style: "-", "--", ":" or "-."; "" draws no line, for points.
        width: Of the line, in points.
        marker: Matplotlib's marker for each point; "" for none.
        fill: Whether what lies between the line and zero is shaded.
        axis: "right" puts its y on a second axis at the right.
    """

    x: ArrayLike
    y: ArrayLike
    _: KW_ONLY
    error: ArrayLike | None = None
    x_error: ArrayLike | None = None
    band: ArrayLike | None = None
    label: str = ""
    colour: str = ""
    style: str = "-"
    width: float = 1.4
    marker: str = ""
    fill: bool = False
    axis: Side = "left"

    def __post_init__(self) -> None:
        check_style(self.style)
        one_of("axis", self.axis, get_args(Side))


def _with_inherited(cls: type) -> str | None:
    """The docstring of a class, with the attributes that its base class lists at the end of its own."""
    own, base = cls.__dict__.get("__doc__"), cls.__base__ and cls.__base__.__doc__
    heading = "\n    Attributes:\n"
    if not own or not base or heading not in base:
        return own
    inherited = base.partition(heading)[2].rstrip()
    head, found, listed = own.partition(heading)
    listed = listed.rstrip()
    return f"{head if found else own.rstrip() + chr(10)}{heading}{listed + chr(10) if found else ''}{inherited}\n    "


@dataclass(frozen=True, eq=False)
class Panel:
    """One part of a figure. The base of the panels below; not drawn itself.

    Attributes:
        title: A few words; what does not fit is cut.
        span: How many rows and columns of the figure's grid it takes.
    """

    title: str
    _: KW_ONLY
    span: tuple[int, int] = (1, 1)

    def __init_subclass__(cls) -> None:
        """The docstring of a kind of panel names the attributes that it inherits, too: `help` shows one class."""
        cls.__doc__ = _with_inherited(cls)

    def at(self, snapshot: Snapshot) -> Panel:
        """The panel as it is drawn at a snapshot: itself, unless it needs more of the snapshot than its own values."""
        del snapshot
        return self


class PanelsOf(list[Panel]):
    """A recipe's panels that are all of one thing, which stands beside the run's name above them.

    Args:
        subject: A few words.
        panels: In their order.
    """

    def __init__(self, subject: str, panels: Iterable[Panel]) -> None:
        super().__init__(panels)
        self.subject = subject


@dataclass(frozen=True, eq=False)
class ColouredPanel(Panel):
    """What panels with a colour bar have in common; not drawn itself.

    Attributes:
        view: The part shown, (x0, x1, y0, y1); None shows all of it. With x0 > x1 the axis is reversed: right ascension
            grows to the left. So with y0 > y1.
        x_label: The axis' name with its unit, "x (pixels)".
        y_label: As x_label.
        tick_unit: A sign after each number of the axes, "″", if the labels name no unit.
        unit: Of the values, shown over the colour bar. Plain text: "e⁻ s⁻¹".
        colours: The name of a Matplotlib colour map.
        scale: "linear"; "symmetric" centres the colours on zero; "log" leaves values of zero and below at the lowest
            colour; "asinh", "sqrt" and "power" give what is faint more colours.
        exponent: Of "power": a half is the square root.
        low: The lower colour limit, in the unit of the values. None takes that of the interval. Values beyond a limit
            show as an arrow on the colour bar.
        high: The upper colour limit, as low.
        interval: How the limits follow from the values: "" are robust ones, the extremes unless a few values lie far
            outside the rest; "zscale", "minmax", a percentage of the values that they hold, "99.5%".
        equal: Whether a unit is as long in y as in x.
        curves: Laid over the values, in order.
        guides: Lines and bands across.
        annotations: Texts and arrows, over everything else.
        marks: A compass and a scale bar, in the upper corners.
        share_x: Panels of a figure with the same word here show the same range of x; "" shares with none.
        share_y: As share_x.
    """

    _: KW_ONLY
    view: Extent | None = None
    x_label: str = ""
    y_label: str = ""
    tick_unit: str = ""
    unit: str = ""
    colours: str = "inferno"
    scale: Scale = "linear"
    exponent: float = 0.5
    low: float | None = None
    high: float | None = None
    interval: str | float = ""
    equal: bool = True
    curves: Sequence[Curve] = ()
    guides: Sequence[Guide] = ()
    annotations: Sequence[Annotation] = ()
    marks: Sequence[Compass | ScaleBar] = ()
    share_x: str = ""
    share_y: str = ""

    def __post_init__(self) -> None:
        one_of("scale", self.scale, get_args(Scale))
        interval_of(self.interval)
        if not 0 < self.exponent <= 10:
            raise PanelError(f"exponent is {self.exponent!r}; expected a positive number of at most 10")
        check_colours(self.colours)

    def coloured_values(self) -> Floats:
        """The values that colour limits hold: an array of any shape, NaN for what has no value or no place.

        Raises:
            ValueError: The panel's arrays do not fit together.
        """
        raise TypeError(f"a {type(self).__name__} has no values to colour")


@dataclass(frozen=True, eq=False)
class ImagePanel(ColouredPanel):
    """An image with its colour bar, or a picture in colours of its own.

    Attributes:
        values: array[y, x] of numbers or booleans; row 0 is the lowest y. Values that are not finite are drawn in a
            colour of their own and counted in the corner. Or array[y, x, 3 or 4], red, green, blue and opacity: whole
            numbers of one or two bytes, or from 0 to 1. It has no colour bar.
        mask: array[y, x], True if a pixel is masked: drawn grey, and left out of the colour limits.
        extent: (x0, x1, y0, y1), the outer edges of the outermost pixels; None counts pixels from 0. x0 > x1 if x
            falls from column to column: the axis is then reversed, unless the view says otherwise.
    """

    values: ArrayLike
    _: KW_ONLY
    mask: ArrayLike | None = None
    extent: Extent | None = None

    @property
    def is_picture(self) -> bool:
        """Whether the values are colours."""
        return np.ndim(self.values) == 3 and np.shape(self.values)[2] in (3, 4)

    def coloured_values(self) -> Floats:
        """array[pixel]: the values that are not masked; none of a picture."""
        if self.is_picture:
            return np.empty(0)
        values, mask = self.checked()
        return values if mask is None else values[~mask]

    def checked(self) -> tuple[Floats, Mask | None]:
        """The values and the mask: array[y, x] both; of a picture array[y, x, 3 or 4], from 0 to 1.

        Raises:
            ValueError: They are no images of numbers, or of different shapes.
        """
        values = np.asarray(self.values)
        if not (values.ndim == 2 or self.is_picture) or values.size == 0:
            raise ValueError(f"an image is array[y, x], or array[y, x, 3 or 4] of colours, not of shape {values.shape}")
        if values.dtype.kind not in "biuf":
            raise ValueError(f"an image is an array of numbers, not of {values.dtype}")
        mask = None if self.mask is None else np.asarray(self.mask, dtype=np.bool_)
        if mask is not None and mask.shape != values.shape[:2]:
            raise ValueError(f"the mask has shape {mask.shape}, and the image {values.shape}")
        numbers = np.asarray(values, dtype=np.float64)
        is_whole = self.is_picture and values.dtype.name in ("uint8", "uint16")
        return numbers / np.iinfo(values.dtype).max if is_whole else numbers, mask


@dataclass(frozen=True, eq=False)
class RectangularMesh:
    """Cells between lines; values are array[row, column].

    Attributes:
        x: array[column + 1], ascending.
        y: array[row + 1], ascending.
    """

    x: Array
    y: Array


@dataclass(frozen=True, eq=False)
class TriangularMesh:
    """Triangles, of Delaunay's or any others; `meshes.delaunay` makes one of points.

    Values are array[vertex], and then colours run between them, or array[triangle].

    Attributes:
        x: array[vertex].
        y: array[vertex].
        triangles: array[triangle, 3] of vertices.
    """

    x: Array
    y: Array
    triangles: Array


@dataclass(frozen=True, eq=False)
class PolygonalMesh:
    """Polygons, of Voronoi's or any others; `meshes.voronoi` makes one of points. Values are array[cell].

    Attributes:
        x: array[vertex].
        y: array[vertex].
        polygons: array[cell, corner] of vertices; the last one is repeated if a cell has fewer corners than others.
    """

    x: Array
    y: Array
    polygons: Array


Mesh = RectangularMesh | TriangularMesh | PolygonalMesh


@dataclass(frozen=True, eq=False)
class MeshPanel(ColouredPanel):
    """Values on the cells of a mesh, with their colour bar.

    Attributes:
        mesh: The cells.
        values: In the shape that the mesh says. Those that are not finite are drawn in a colour of their own, and
            counted.
        edges: The colour of the cells' borders; "" draws none.
    """

    mesh: Mesh
    values: ArrayLike
    _: KW_ONLY
    edges: str = ""

    def coloured_values(self) -> Floats:
        """The values, in their own shape."""
        return np.asarray(self.values, dtype=np.float64)


@dataclass(frozen=True, eq=False)
class ScatterPanel(ColouredPanel):
    """Points, each with a colour, and the colour bar.

    Attributes:
        x: array[point].
        y: array[point].
        values: array[point], which the colours show.
        weights: array[point], not negative, in any normalisation: a heavier point is larger; None for points of one
            size.
        radius: Of the largest point, in points of the printer's.
        x_log: Whether the axis is logarithmic; points at zero and below are then not drawn.
        y_log: As x_log.
    """

    x: ArrayLike
    y: ArrayLike
    values: ArrayLike
    _: KW_ONLY
    weights: ArrayLike | None = None
    radius: float = 2.0
    colours: str = "viridis"
    equal: bool = False
    x_log: bool = False
    y_log: bool = False

    def coloured_values(self) -> Floats:
        """array[point]: NaN for a point without a place or a weight."""
        values = self.checked()[2]
        return np.append(values, np.full(np.size(self.x) - values.size, np.nan))

    def checked(self) -> tuple[Floats, Floats, Floats, Floats]:
        """x, y, values and weights of the points that have a place and a weight: array[point] each.

        Raises:
            ValueError: They are not array[point] of one length.
        """
        shape = np.shape(self.x)
        weights = np.ones(shape) if self.weights is None else self.weights
        x, y, values, weights = (np.asarray(each, np.float64) for each in (self.x, self.y, self.values, weights))
        for each in (x, y, values, weights):
            if each.shape != shape or each.ndim != 1:
                raise ValueError(f"points are arrays[point] of one length, not of shapes {shape} and {each.shape}")
        placed = np.isfinite(x) & np.isfinite(y) & (weights >= 0)
        placed &= ((x > 0) | (not self.x_log)) & ((y > 0) | (not self.y_log))
        return x[placed], y[placed], values[placed], weights[placed]


@dataclass(frozen=True, eq=False)
class LinesPanel(Panel):
    """Lines over a common x, with error bars if a series has them.

    Attributes:
        series: The lines; a series may have its y on a second axis at the right.
        x_label: The axis' name with its unit.
        y_label: As x_label.
        x_log: Whether the axis is logarithmic; values of zero and below are then not drawn.
        y_log: As x_log.
        x_dates: Whether x are seconds since 1970-01-01 UTC, and the axis shows dates; so it does if the x of a series
            are of type `datetime64`.
        x_limits: The part shown, (low, high); None shows all points with their error bars. (high, low) reverses the
            axis.
        y_limits: As x_limits, of the series at the left: (high, low) for magnitudes.
        right_label: Of the axis at the right. If one series has its y on it, its numbers have the series' colour.
        right_log: As x_log.
        right_limits: As x_limits, of the series at the right.
        residuals: Series drawn below, over the same x, in a strip of their own.
        residual_label: The y label of the strip.
        residual_limits: As x_limits, of the strip.
        guides: Lines and bands across, under the series; vertical ones cross the strip, too.
        annotations: Texts and arrows, over the series.
        note: A sentence between the title and the axes: what is left out, say.
        share_x: Panels of a figure with the same word here show the same range of x; "" shares with none. The limits
            that one of them is given hold for all.
        share_y: As share_x.
    """

    series: Sequence[Series]
    _: KW_ONLY
    x_label: str = ""
    y_label: str = ""
    x_log: bool = False
    y_log: bool = False
    x_dates: bool = False
    x_limits: AxisLimits | None = None
    y_limits: AxisLimits | None = None
    right_label: str = ""
    right_log: bool = False
    right_limits: AxisLimits | None = None
    residuals: Sequence[Series] = ()
    residual_label: str = ""
    residual_limits: AxisLimits | None = None
    guides: Sequence[Guide] = ()
    annotations: Sequence[Annotation] = ()
    note: str = ""
    share_x: str = ""
    share_y: str = ""


@dataclass(frozen=True, eq=False)
class HistogramPanel(Panel):
    """How samples are distributed.

    Attributes:
        values: array[sample]; those that are not finite are left out.
        weights: array[sample], in any normalisation; None for equal ones.
        bins: How many, or array[bin + 1] of their edges.
        marked: A value with a line across; NaN for none.
        x_label: The axis' name with its unit.
        y_label: As x_label.
        y_limits: The part shown, (low, high); None shows all of every bin.
        guides: Lines and bands across.
        annotations: Texts and arrows.
        note: A sentence between the title and the axes.
    """

    values: ArrayLike
    _: KW_ONLY
    weights: ArrayLike | None = None
    bins: int | ArrayLike = 40
    marked: float = math.nan
    x_label: str = ""
    y_label: str = "density"
    y_limits: tuple[float, float] | None = None
    guides: Sequence[Guide] = ()
    annotations: Sequence[Annotation] = ()
    note: str = ""


@dataclass(frozen=True, eq=False)
class CornerPanel(Panel):
    """The distribution of samples in each parameter, and in each pair of parameters.

    Contours hold 39.3 and 86.5 per cent of the weight, as one and two standard deviations of a Gaussian in two
    dimensions do; the outermost shade holds 98.9, as three do. Samples that are not finite are left out and counted;
    of those very far away, the part shown leaves some out, and their number stands at its edge.

    Attributes:
        samples: array[sample, parameter].
        names: Of the parameters.
        weights: array[sample], not negative, in any normalisation; None for equal ones.
        marked: array[parameter], the best fit, with lines across; NaN for none.
        truths: array[parameter], as marked, of the true values.
        prior: array[sample, parameter], samples of the prior, drawn as outlines; None for none.
        prior_weights: array[sample], as weights; None for equal ones.
        prior_name: Of these outlines in the legend: they may be of other samples, to compare with.
        ranges: For each parameter the part shown, (low, high), or None for one that holds nearly all samples.
        bins: How many in each parameter.
        insets: Tables, texts, lines or points, drawn where the upper right is empty: if there are two parameters or
            more.
    """

    samples: Array
    names: Sequence[str]
    _: KW_ONLY
    weights: Array | None = None
    marked: Array | None = None
    truths: Array | None = None
    prior: Array | None = None
    prior_weights: Array | None = None
    prior_name: str = "prior"
    ranges: Sequence[tuple[float, float] | None] | None = None
    bins: int = 30
    insets: Sequence[Panel] = ()


@dataclass(frozen=True, eq=False)
class TablePanel(Panel):
    """Names and values in two columns.

    Attributes:
        rows: One (name, value) a row; the rows that do not fit are counted in the last line.
    """

    rows: Sequence[tuple[str, str]]


@dataclass(frozen=True, eq=False)
class TextPanel(Panel):
    """A few sentences, wrapped to the panel's width.

    Attributes:
        text: Plain text; lines end where it says so.
    """

    text: str


@dataclass(frozen=True, eq=False)
class CustomPanel(Panel):
    """Any Matplotlib, in empty axes at every frame.

    Attributes:
        draw: Called with the axes and the snapshot. What it adds stays in its slot: `axes.figure` is the slot's own
            sub-figure, so that a colour bar or twin axes made from it are gone at the next frame. It must not use
            pyplot, nor keep the axes.
    """

    draw: Callable[[Axes, Snapshot], None]

    def at(self, snapshot: Snapshot) -> Panel:
        """A panel that draws this snapshot, and is equal to no other."""

        def draw(axes: Axes, _: Snapshot = snapshot) -> None:
            self.draw(axes, snapshot)

        return replace(self, draw=draw)


def is_same(one: Any, other: Any) -> bool:
    """Whether two panels, or what they are made of, show the same: arrays are compared bit by bit, NaN equals NaN."""
    if one is other:
        return True
    if type(one) is not type(other):
        return False
    if isinstance(one, np.ndarray):
        return bool(one.dtype == other.dtype and one.shape == other.shape) and one.tobytes() == other.tobytes()
    if is_dataclass(one):
        return all(is_same(getattr(one, each.name), getattr(other, each.name)) for each in fields(one))
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(map(is_same, one, other))
    return bool(one == other)


def full_extent(values: ArrayLike, extent: Extent | None) -> Extent:
    """The outer edges of an image: as given, or counted in pixels from 0."""
    if extent is not None:
        x0, x1, y0, y1 = (float(edge) for edge in extent)
        return (x0, x1, y0, y1)
    rows, columns = np.shape(values)[:2]
    return (0.0, float(columns), 0.0, float(rows))
