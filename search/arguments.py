"""Arguments of a quick update that can never work, refused before anything is made."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from numbers import Real

from autoviz_render.spool.guard import wrong


def refuse_impossible(arrays: object, parameter_names: object, every: object, every_seconds: object) -> None:
    """Look at arguments of `QuickUpdate`.

    Raises:
        TypeError, ValueError: One of them can never work; the message names it, and what was expected.
    """
    gives_none = isinstance(arrays, type) and (arrays.__module__ == "builtins" or not issubclass(arrays, Mapping))
    if arrays is not None and (not callable(arrays) or gives_none):
        hint = "expected a function of the best point that returns arrays by name; those that never change are `static`"
        raise TypeError(wrong("arrays", arrays, hint))
    for name, value, least in (("every", every, 1), ("every_seconds", every_seconds, 0)):
        expected = f"expected a number of at least {least}, or None"
        if value is None:
            continue
        if isinstance(value, bool) or not isinstance(value, Real):
            raise TypeError(wrong(name, value, expected))
        if not float(value) >= least:
            raise ValueError(wrong(name, value, expected))
    if not isinstance(parameter_names, tuple):
        raise TypeError(wrong("parameter_names", parameter_names, "expected a list of names"))
    for name in parameter_names:
        if not isinstance(name, str):
            raise TypeError(wrong("one of parameter_names", name, "expected text"))
    if repeated := [name for name, count in Counter(parameter_names).items() if count > 1]:
        raise ValueError(wrong("parameter_names", parameter_names, f"{', '.join(repeated)} is named more than once"))
