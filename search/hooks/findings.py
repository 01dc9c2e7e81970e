"""How a hook tells a quick update what its sampler has found, and shows what the sampler would show."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from numbers import Real
from typing import Any, Protocol

import numpy as np

from autoviz_render.search.quick_update import QuickUpdate
from autoviz_render.spool.arrays import Floats
from autoviz_render.spool.errors import WrongTypeError
from autoviz_render.spool.guard import Guard, wrong

log = logging.getLogger("autoviz_render.search")

_NOT_KNOWN = 1e100
"""In a run's first steps dynesty says 1e300 for what is not known."""

_NO_SAMPLER = (QuickUpdate, type, str, bytes, Real, Mapping, Sequence, np.ndarray)

Display = bool | Callable[..., object]
"""True: what the sampler shows by itself. False: nothing. Or a function, called as the sampler would call it."""


class Findings(Protocol):
    """What a sampler has found so far."""

    def scalars(self) -> Mapping[str, Any]:
        """Its numbers by name; None, NaN and infinities are not known."""

    def samples(self) -> Mapping[str, Floats]:
        """Its posterior so far."""


def refuse_misplaced(hook: str, update: object, *sampler: object) -> None:
    """Refuse what is no quick update, or no sampler: the two are easily exchanged, and a hook is a call, not a name.

    Args:
        hook: The function's name.
        update: What came first.
        *sampler: What came second, if the hook takes a sampler.

    Raises:
        WrongTypeError: It can never work.
    """
    call = f"hooks.{hook}({', '.join(['update', *(['sampler'] * len(sampler))])})"
    if not isinstance(update, QuickUpdate):
        raise WrongTypeError(wrong("update", update, f"expected a QuickUpdate, as the first argument: {call}"))
    for each in sampler:
        if each is None or isinstance(each, _NO_SAMPLER):
            raise WrongTypeError(wrong("sampler", each, f"expected the sampler of {hook} that is to run: {call}"))


def guard_of(hook: str) -> Guard:
    """The guard of a hook: what fails within it is logged once, and the run goes on."""
    return Guard(log, f"hooks.{hook}")


def tell(update: Callable[..., None], found: Findings, points: Any, log_likelihood: Any, *, evaluations: int) -> None:
    """Hand over what a quick update takes, and what it asks for when it is due."""

    def scalars() -> dict[str, float]:
        numbers = {name: float(value) for name, value in found.scalars().items() if value is not None}
        return {name: value for name, value in numbers.items() if abs(value) < _NOT_KNOWN}

    update(points, log_likelihood, evaluations=evaluations, scalars=scalars, samples=found.samples)


def chosen_display(display: Display, own: Callable[[], Callable[..., object]]) -> Callable[..., object] | None:
    """What is to be called after the hook, with the hook's own arguments.

    Args:
        display: What the user chose.
        own: Gives the sampler's own display.
    """
    if display is True:
        try:
            return own()
        except (ImportError, AttributeError) as error:  # another version of the sampler: not a reason to stop a run
            log.warning("the sampler's own display was not found, so it is not shown: %s", error)
    return display if callable(display) else None
