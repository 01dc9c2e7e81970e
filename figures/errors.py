"""What can be wrong with a figure. Each error is also the builtin that a caller would expect."""

from __future__ import annotations

from collections.abc import Sequence

from autoviz_render.spool.errors import AutovizError


class FigureError(AutovizError, LookupError):
    """A figure is unknown, cannot be loaded, or lacks what it draws. The message is one line."""


class MissingArraysError(FigureError):
    """The snapshot lacks arrays that the figure cannot do without."""


class RecipeError(AutovizError, TypeError):
    """A recipe returns no panels. The message is one line: the function, where it is, what it returned."""


class UnusableMeshError(AutovizError, ValueError):
    """Arrays of the right shapes make no mesh. A fit can come to that, and has more to show."""


def one_of(name: str, value: object, known: Sequence[str]) -> None:
    """Checks a choice.

    Args:
        name: What is chosen, for the message.

    Raises:
        ValueError: The value is not among those that are known; the message lists them.
    """
    if value not in known:
        raise ValueError(f"{name} is {value!r}; there are: {', '.join(map(repr, known))}")
