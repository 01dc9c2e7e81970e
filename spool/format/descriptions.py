"""What a run says of its arrays and parameters: units, labels and names of axes, bounded plain text in `spool.json`."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from autoviz_render.spool.errors import WrongTypeError, WrongValueError
from autoviz_render.spool.format.colour_scales import parse_scale
from autoviz_render.spool.format.names import check_name
from autoviz_render.spool.guard import wrong
from autoviz_render.spool.text import printable

LONGEST_TEXT = 200
"""Characters of a unit, a label or the name of an axis."""

MOST_AXES = 8
"""Names of axes of one array."""

MAX_BYTES = 1 << 18
"""Of all of it in `spool.json`, which may have four times as many."""

_EXPECTED = f"expected plain text of at most {LONGEST_TEXT} characters in one line"


@dataclass(frozen=True)
class Descriptions:
    """What a run says of its arrays (`data`, `source/values`) and parameters, by name; all may be empty.

    Attributes:
        units: The unit of its values: "arcsec".
        labels: What figures call it: "Einstein radius", or with mathematics between dollars, as Matplotlib has it.
        axes: What the axes of its panel are called, units included: x and y of an image, or of a series.
        scales: How its colours follow from its values: a stretch, an interval, or both, as in `asinh 99.5%`.
    """

    units: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    axes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    scales: Mapping[str, str] = field(default_factory=dict)


def checked_descriptions(units: Any = None, labels: Any = None, axes: Any = None, scales: Any = None) -> Descriptions:
    """Those that were given, if a spool can hold them.

    Args:
        units: Text by name, or None.
        labels: Text by name, or None.
        axes: Several texts by name, or None.
        scales: Text by name, or None.

    Raises:
        WrongTypeError, WrongValueError: They are none, or too many; the message names the argument.
    """
    checked = Descriptions(
        units=_by_name("units", units, _text),
        labels=_by_name("labels", labels, _text),
        axes=_by_name("axes", axes, _texts),
        scales=_by_name("scales", scales, _scale),
    )
    size = len(json.dumps(asdict(checked), indent=2))
    if size > MAX_BYTES:
        told = f"units, labels, axes and scales have {size} bytes together; expected at most {MAX_BYTES}"
        raise WrongValueError(told)
    return checked


def read_descriptions(content: Mapping[str, Any]) -> Descriptions:
    """Those in a stranger's `spool.json`: what is no text is ignored, what is too long is cut. Never raises."""
    axes = {name: _axes_read(texts) for name, texts in _entries(content, "axes") if isinstance(texts, list)}
    scales = {name: text for name, text in _read(content, "scales").items() if _is_scale(text)}
    return Descriptions(_read(content, "units"), _read(content, "labels"), axes, scales)


def _by_name(argument: str, given: Any, check: Any) -> dict[str, Any]:
    if given is None:
        return {}
    if not isinstance(given, Mapping):
        raise WrongTypeError(wrong(argument, given, "expected a mapping of names of arrays or parameters, or None"))
    for name in given:
        try:
            check_name(name)
        except ValueError as error:
            raise WrongValueError(f"{argument}: {error}") from None
    return {name: check(f"{argument}[{name!r:.100}]", value) for name, value in given.items()}


def _text(argument: str, given: Any) -> str:
    if not isinstance(given, str):
        raise WrongTypeError(wrong(argument, given, "expected text"))
    if not given.isprintable() or len(given) > LONGEST_TEXT:
        raise WrongValueError(wrong(argument, given, _EXPECTED))
    return str(given)


def _scale(argument: str, given: Any) -> str:
    text = _text(argument, given)
    try:
        parse_scale(text)
    except ValueError as error:
        raise WrongValueError(wrong(argument, given, str(error))) from None
    return text


def _is_scale(text: str) -> bool:
    try:
        return bool(parse_scale(text))
    except ValueError:
        return False


def _texts(argument: str, given: Any) -> tuple[str, ...]:
    if isinstance(given, str) or not isinstance(given, Iterable):
        raise WrongTypeError(wrong(argument, given, "expected a list of texts, such as ('x (arcsec)', 'y (arcsec)')"))
    texts = tuple(_text(f"one of {argument}", each) for each in given)
    if len(texts) > MOST_AXES:
        raise WrongValueError(wrong(argument, texts, f"expected at most {MOST_AXES} names"))
    return texts


def _read(content: Mapping[str, Any], key: str) -> dict[str, str]:
    return {name: printable(text, LONGEST_TEXT) for name, text in _entries(content, key) if isinstance(text, str)}


def _entries(content: Mapping[str, Any], key: str) -> list[tuple[str, Any]]:
    found = content.get(key)
    return [] if not isinstance(found, dict) else [(name, value) for name, value in found.items() if _is_name(name)]


def _axes_read(texts: list[Any]) -> tuple[str, ...]:
    first = itertools.islice(texts, MOST_AXES)
    return tuple(printable(text, LONGEST_TEXT) if isinstance(text, str) else "" for text in first)


def _is_name(name: str) -> bool:
    try:
        return bool(check_name(name))
    except ValueError:
        return False
