"""What is laid over a panel in the units of its axes: lines and bands across it, texts, arrows, marks of the sky."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass
from typing import Any

from autoviz_render.figures.errors import PanelError, check_style


@dataclass(frozen=True, eq=False)
class Guide:
    """A line or a band across a panel, at a value of one axis. It has no part in the limits of the axes.

    Attributes:
        x: A value for a vertical line, or (start, end) for a vertical band, in the units of the axis, which may be
            `numpy.datetime64`. None if the guide is horizontal.
        y: As x, for a horizontal line or band, on the axis at the left. A guide has an x or a y, not both.
        colour: Any Matplotlib colour; "" takes a grey that steps back.
        style: Of a line: "-", "--", ":" or "-.".
        width: Of a line, in points.
        label: Its entry in the panel's legend; "" for no entry.
    """

    x: Any = None
    y: Any = None
    _: KW_ONLY
    colour: str = ""
    style: str = "--"
    width: float = 1.0
    label: str = ""

    def __post_init__(self) -> None:
        check_style(self.style)
        if (self.x is None) == (self.y is None):
            raise PanelError("a guide is Guide(x=...), vertical, or Guide(y=...), horizontal: it needs one of them")

    @property
    def is_band(self) -> bool:
        """Whether it has a start and an end."""
        return getattr(self.x if self.y is None else self.y, "__len__", None) is not None


@dataclass(frozen=True, eq=False)
class Annotation:
    """A text at a point of a panel, with an arrow if it says to where.

    The text stands above the point, and moves aside if it would leave the panel. It is not shown if its point is
    outside the limits.

    Attributes:
        text: A few words; "" for an arrow alone.
        x: Of the point, in the units of the axis, which may be `numpy.datetime64`.
        y: As x, on the axis at the left.
        to: (x, y) that an arrow points to, from the text; None for no arrow.
        colour: Any Matplotlib colour; "" takes that of all texts.
    """

    text: str
    x: Any
    y: Any
    _: KW_ONLY
    to: tuple[Any, Any] | None = None
    colour: str = ""


@dataclass(frozen=True)
class Compass:
    """Two arrows in a corner of an image, to the north and to the east.

    Attributes:
        north: (x, y) of its direction, in the units of the axes: the longer of both arrows has the length that there is
            room for.
        east: As north. Where x falls to the right on the panel, so it does here.
    """

    north: tuple[float, float]
    east: tuple[float, float]


@dataclass(frozen=True)
class ScaleBar:
    """A bar in a corner of an image, that says how long a length is.

    Attributes:
        length: Along x, in the units of the axis; positive.
        label: Of the length: "1″".
    """

    length: float
    label: str
