"""What strangers' code raises, told to a person."""

from __future__ import annotations

from autoviz_render.spool.text import cut

_LONGEST = 1000  # characters: an error may hold all that it failed at


def in_one_line(error: BaseException) -> str:
    """An error's kind and its words, if it has any, as far as a person reads."""
    try:
        words = " ".join(cut(str(error), 4 * _LONGEST).split())
        return cut(f"{type(error).__name__}: {words}" if words else type(error).__name__, _LONGEST)
    except (Exception, SystemExit):  # noqa: BLE001 - a stranger's class
        return cut(type(error).__name__, _LONGEST)
