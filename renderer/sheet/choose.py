"""Names of panels, and the panels of a figure that they name."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from autoviz_render.figures.errors import FigureError
from autoviz_render.spool.text import cut, printable

_LONGEST_LIST = 1500  # characters of titles in a message


class NoPanelError(FigureError):
    """No run has a panel of a name. The message is one line, with the titles that there are."""


def words_of(title: str) -> list[str]:
    """The words of a title, without their signs, in small letters."""
    return re.findall(r"\w+", str(title).casefold())


def found(name: str, titles: Sequence[str]) -> list[int]:
    """The numbers of the titles that a name may mean, the best first: those it is, begins, or is words of.

    Only those of the best kind: if a title begins with the name, one that merely has its words is not meant.
    """
    wanted = words_of(name)
    if not wanted:
        whole = " ".join(str(name).split()).casefold()
        return [number for number, title in enumerate(titles) if " ".join(title.split()).casefold() == whole]
    size = len(wanted)
    kinds: list[Callable[[list[str]], bool]] = [
        lambda words: words == wanted,
        lambda words: words[:size] == wanted,
        lambda words: " ".join(words).startswith(" ".join(wanted)),
        lambda words: any(words[at : at + size] == wanted for at in range(len(words))),
    ]
    worded = [words_of(title) for title in titles]
    for kind in kinds:
        if numbers := [number for number, words in enumerate(worded) if kind(words)]:
            return numbers
    return []


def no_such(names: Sequence[str], titles: Sequence[str]) -> str:
    """That no panel has these names, and which there are, in a line."""
    wanted = ", ".join(repr(printable(cut(name, 60))) for name in names)
    return f"sheet: no panel is called {wanted}; there are: {listed(titles) or 'none'}"


def listed(titles: Sequence[str]) -> str:
    """Titles in a line; of those that differ in their numbers alone, the first."""
    kinds = {re.sub(r"[\d.,]+", "", title): title for title in reversed(titles)}
    shown = [title for title in dict.fromkeys(titles) if title in kinds.values()]
    return cut(", ".join(repr(printable(cut(str(title), 60))) for title in shown), _LONGEST_LIST)


def titles_of(panels: Sequence[Any]) -> list[str]:
    """The titles of panels, whatever a recipe put there."""
    return [cut(str(panel.title), 200) for panel in panels]
