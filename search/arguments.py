"""Arguments of a quick update that can never work, refused before anything is made."""

from __future__ import annotations

import inspect
from collections import Counter
from collections.abc import Mapping
from numbers import Integral, Real

from autoviz_render.spool.errors import WrongTypeError, WrongValueError
from autoviz_render.spool.guard import wrong
from autoviz_render.spool.text import named_place


def refuse_impossible(arrays: object, parameter_names: object, every: object, every_seconds: object) -> None:
    """Look at arguments of `QuickUpdate`.

    Raises:
        WrongTypeError, WrongValueError: One of them can never work; the message names it, and what was expected.
    """
    refuse_no_function("arrays", arrays, "the best point, array[parameter],")
    for name, value, least in (("every", every, 1), ("every_seconds", every_seconds, 0)):
        expected = f"expected a number of at least {least}, or None"
        if value is None:
            continue
        if isinstance(value, bool) or not isinstance(value, Real):
            raise WrongTypeError(wrong(name, value, expected))
        if not float(value) >= least:
            raise WrongValueError(wrong(name, value, expected))
    if not isinstance(parameter_names, tuple):
        raise WrongTypeError(wrong("parameter_names", parameter_names, "expected a list of names"))
    for name in parameter_names:
        if not isinstance(name, str):
            raise WrongTypeError(wrong("one of parameter_names", name, "expected text"))
    if repeated := [name for name, count in Counter(parameter_names).items() if count > 1]:
        expected = f"expected names that differ, and {', '.join(repeated)} comes more than once"
        raise WrongValueError(wrong("parameter_names", list(parameter_names), expected))


def refuse_no_function(name: str, arrays: object, given: str) -> None:
    """Refuse what is no function of one argument that can return arrays by name, or None.

    Args:
        name: The argument's.
        arrays: What came.
        given: What the function would be called with.

    Raises:
        WrongTypeError: It can never work.
    """
    expected = f"expected a function of {given} that returns arrays by name"
    if arrays is None:
        return
    if not callable(arrays):
        hint = "; arrays that never change are for `static`" if isinstance(arrays, Mapping) else ""
        raise WrongTypeError(wrong(name, arrays, f"{expected}: give the function itself, without calling it{hint}"))
    if isinstance(arrays, type) and (arrays.__module__ == "builtins" or not issubclass(arrays, Mapping)):
        raise WrongTypeError(wrong(name, arrays, expected))
    try:
        signature = inspect.signature(arrays)
    except (TypeError, ValueError):
        return  # one in C, perhaps: it shows when it is called
    try:
        signature.bind(None)
    except TypeError:
        message = f"{name} is {named_place(arrays)}, which takes {signature}; {expected}"
        raise WrongTypeError(message) from None


def refuse_no_analysis(analysis: object) -> None:
    """Refuse what is no analysis for `NSS`. Raises WrongTypeError."""
    needed = ("parameter_names", "prior_transform", "log_prior", "fit_from", "static")
    lacking = [name for name in needed if not hasattr(analysis, name)]
    if isinstance(analysis, type):
        made = f"expected an analysis, and this is its class: {analysis.__name__}()"
        raise WrongTypeError(wrong("analysis", analysis, made))
    names = getattr(analysis, "parameter_names", ())
    if isinstance(names, str):
        raise WrongTypeError(wrong("parameter_names of the analysis", names, f"expected several, as in ({names!r},)"))
    if lacking:
        raise WrongTypeError(wrong("analysis", analysis, f"expected an Analysis, and it lacks {', '.join(lacking)}"))


def refuse_no_counts(counts: Mapping[str, object]) -> None:
    """Refuse what is no whole number, or None, by the name of the argument. Raises WrongTypeError, WrongValueError."""
    for name, count in counts.items():
        expected = "expected a whole number that is not negative"
        if count is None:
            continue
        if isinstance(count, bool) or not isinstance(count, Integral):
            raise WrongTypeError(wrong(name, count, expected))
        if int(count) < 0:
            raise WrongValueError(wrong(name, count, expected))
