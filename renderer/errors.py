"""What strangers' code raises, told to a person."""

from __future__ import annotations


def in_one_line(error: BaseException) -> str:
    """An error's kind and its words, if it has any."""
    try:
        return " ".join(f"{type(error).__name__}: {error}".split())
    except Exception:  # noqa: BLE001 - a stranger's class
        return type(error).__name__
