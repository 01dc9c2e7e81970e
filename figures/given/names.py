"""What figures call arrays and parameters, their units and their axes: as the run says, else as the recipe has it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, TypeVar

from autoviz_render.spool.snapshot import Snapshot

T = TypeVar("T")

_SIGNS = {
    **dict.fromkeys(("arcsec", "arcsecond", "arcseconds", "″", '"'), "″"),
    **dict.fromkeys(("arcmin", "arcminute", "arcminutes", "′", "'"), "′"),
    **dict.fromkeys(("deg", "degree", "degrees", "°"), "°"),
}
"""Of angles: a sign after each number takes less room than a label of the axis."""


def label_of(snapshot: Snapshot, name: str, otherwise: str | None = None) -> str:
    """What an array or a parameter is called; `otherwise`, or its own name, if the run does not say."""
    return snapshot.labels.get(name) or (name if otherwise is None else otherwise)


def unit_of(snapshot: Snapshot, name: str, otherwise: str = "") -> str:
    """Its unit; `otherwise` if the run does not say. An empty one says that there is none."""
    return snapshot.units.get(name, otherwise)


def with_unit(label: str, unit: str) -> str:
    """The text of an axis: `flux (Jy)`; the unit alone if there is no label."""
    return f"{label} ({unit})" if label and unit else label or unit


def quantity(snapshot: Snapshot, name: str, otherwise: str | None = None, unit: str = "") -> str:
    """What it is called, with its unit: the text of an axis, or the name of a row in a table.

    Args:
        snapshot: That says so.
        name: Of the array or the parameter.
        otherwise: What it is called if the run does not say; None is its name.
        unit: Its unit if the run does not say.
    """
    label = label_of(snapshot, name, otherwise)
    return label if _names_a_unit(label) else with_unit(label, unit_of(snapshot, name, unit))


def in_unit(snapshot: Snapshot, name: str, number: str) -> str:
    """A value in words, with its unit: `1.31″`, `12 Jy`."""
    unit = unit_of(snapshot, name)
    sign = _SIGNS.get(unit)
    return f"{number}{sign}" if sign and number[-1:].isdigit() else f"{number} {sign or unit}".strip()


def axis_labels(snapshot: Snapshot, name: str, x: str = "", y: str = "") -> tuple[str, str]:
    """The labels of the axes on which an array is shown; x and y if the run does not name them."""
    given = (*snapshot.axes.get(name, ()), "", "")
    return given[0] or x, given[1] or y


def plane_axes(snapshot: Snapshot, name: str, *places: str, unit: str = "arcsec") -> dict[str, str]:
    """The axes of a panel whose axes are places of one unit, as settings of it: `tick_unit`, `x_label`, `y_label`.

    Args:
        snapshot: That names them.
        name: Of the array that the panel shows.
        places: Arrays of places, or of edges: the first one with a unit says that of the axes.
        unit: That they have if none does; "" are pixels.
    """
    given = next((snapshot.units[each] for each in places if each in snapshot.units), unit)
    x, y = axis_labels(snapshot, name)
    if sign := _SIGNS.get(given, ""):
        return {"tick_unit": "" if _names_a_unit(x) or _names_a_unit(y) else sign, "x_label": x, "y_label": y}
    own = [f"{axis} ({given})" if given else "" for axis in "xy"]
    return {"tick_unit": "", "x_label": x or own[0], "y_label": y or own[1]}


def unit_of_places(snapshot: Snapshot, *places: str) -> str:
    """The unit of places in a plane, as it stands behind a number.

    Args:
        snapshot: That says so.
        places: The arrays of places; without any, those of points.
    """
    names = places or ("positions", "positions_yx", "extent")
    return sign_of(next((snapshot.units[name] for name in names if name in snapshot.units), "arcsec"))


def sign_of(unit: str) -> str:
    """A unit as it stands behind a number: the sign of an angle, or the unit itself."""
    return _SIGNS.get(unit, unit)


def within(snapshot: Snapshot, prefix: str, *, shared: bool = False) -> Snapshot:
    """A snapshot of the arrays of one group, without its name; what the run says of them likewise.

    Args:
        snapshot: Of all.
        prefix: Of the group, `plane_1/`.
        shared: Whether it holds the other arrays, too, if the group has none of their names.
    """

    def of_group(held: Mapping[str, T], *, keep: bool) -> dict[str, T]:
        own = {name.removeprefix(prefix): each for name, each in held.items() if name.startswith(prefix)}
        return {**held, **own} if keep else own

    said: dict[str, Any] = {
        kind: of_group(getattr(snapshot, kind), keep=True) for kind in ("units", "labels", "axes", "scales")
    }
    arrays, static = of_group(snapshot.arrays, keep=shared), of_group(snapshot.static, keep=shared)
    own = {name.removeprefix(prefix) for name in snapshot.static if name.startswith(prefix)}
    arrays = {name: each for name, each in arrays.items() if f"{prefix}{name}" in snapshot.arrays or name not in own}
    return replace(snapshot, arrays=arrays, static=static, **said)


def _names_a_unit(label: str) -> bool:
    """Whether it ends in a unit: `flux (Jy)`, `flux [Jy]`."""
    return label.endswith((")", "]")) and (" (" in label or " [" in label)
