"""Panels known by their titles: the one that a person names, and those of two figures that belong together."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import takewhile

from autoviz_render.figures.errors import PageError
from autoviz_render.figures.panels import Panel
from autoviz_render.spool.text import cut, printable

_BEYOND = re.compile(r", [\d,]+ beyond$")
"""What a movie adds to a title: see `autoviz_render.renderer.fixed_limits`."""

_NUMBER = re.compile(r"[-+\N{MINUS SIGN}]?\d[\d.,]*(?:e[-+]?\d+)?")

_LONGEST_LIST = 1500  # characters of titles in an error


def named_panel(name: str | int, panels: Sequence[Panel]) -> Panel:
    """The panel of a title, or the only one whose title begins with it or holds it; or that of a number from 1.

    Raises:
        PageError: There is none, or there are several.
    """
    titles = [_BEYOND.sub("", words(panel.title)) for panel in panels]
    wanted = words(str(name))
    tests: list[Callable[[str], bool]] = [
        wanted.__eq__,
        lambda title: title.startswith(wanted),
        lambda title: wanted in title,
    ]
    for test in tests if isinstance(name, str) and wanted else []:
        found = [panel for panel, title in zip(panels, titles, strict=True) if test(title)]
        if len(found) == 1:
            return found[0]
        if found:
            break  # by their numbers alone can they be told apart
    if wanted.isdecimal() and 1 <= int(wanted) <= len(panels):
        return panels[int(wanted) - 1]
    listed = ", ".join(f"{number} {printable(cut(str(panel.title), 60))!r}" for number, panel in enumerate(panels, 1))
    raise PageError(
        f"panel is {printable(str(name), 100)!r}; choose one by its title or number: {cut(listed, _LONGEST_LIST)}"
    )


def words(title: str) -> str:
    """A title as it is compared: in small letters, with single spaces."""
    return " ".join(str(title).casefold().split())


def same_panels(ones: Sequence[Panel], others: Sequence[Panel]) -> list[tuple[int, int]]:
    """The numbers of panels of two figures that belong together, in the order of the first figure.

    They have the same title, and among several of one title the same place. Of the rest, those are together whose
    titles differ by their numbers alone, or by what follows a comma or a colon, if no other panel could be meant.
    """
    found: dict[int, int] = {}
    for is_unique, key in ((False, words), (True, _without_numbers), (True, _first_words)):
        mine, theirs = ([key(panel.title) for panel in panels] for panels in (ones, others))
        counts = Counter(mine), Counter(theirs)
        free = [number for number in range(len(theirs)) if number not in found.values()]
        for number, title in enumerate(mine):
            is_clear = not is_unique or counts[0][title] == counts[1][title] == 1
            match = next((each for each in free if theirs[each] == title), None)
            if number not in found and is_clear and match is not None:
                found[number] = match
                free.remove(match)
    return sorted(found.items())


def common_title(one: str, other: str) -> str:
    """What two titles have in common at their beginning, in whole parts; the first one if that is nothing."""
    if one == other:
        return one
    pairs = takewhile(lambda pair: pair[0] == pair[1], zip(one.split(), other.split(), strict=False))
    common = " ".join(word for word, _ in pairs)
    return re.split(r"[:,;(]\s[^:,;(]*$|[:,;(]$", common)[0].strip() or one


def listed(titles: Sequence[str], most: int = 300) -> str:
    """Titles in a row, for a sentence."""
    return cut(", ".join(_quoted(titles)), most)


def _quoted(titles: Sequence[str]) -> Iterator[str]:
    return (printable(cut(str(title), 60)) for title in titles)


def _without_numbers(title: str) -> str:
    return words(_NUMBER.sub("", title))


def _first_words(title: str) -> str:
    return words(re.split(r"[,:(]", title)[0])
