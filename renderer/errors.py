"""What strangers' code raises, told to a person."""

from __future__ import annotations

from autoviz_render.spool.text import cut

_LONGEST = 1000  # characters: an error may hold all that it failed at


def in_one_line(error: BaseException) -> str:
    """An error's kind and its words, if it has any, as far as a person reads."""
    try:
        return cut(" ".join(cut(f"{type(error).__name__}: {error}", 4 * _LONGEST).split()), _LONGEST)
    except BaseException:  # noqa: BLE001 - a stranger's class
        return cut(type(error).__name__, _LONGEST)
