"""The root of our errors, and what can be wrong with a spool or an argument: what it is, the fault, the remedy."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import ParamSpec, TypeVar

_P = ParamSpec("_P")
_R = TypeVar("_R")
_C = TypeVar("_C", bound=type)


class AutovizError(Exception):
    """The root of all errors of this package; each child is also the builtin that a caller would expect."""


class ArgumentError(AutovizError):
    """An argument can never work; raised at once, before anything is made.

    The message is one line: the argument's name, what came, what was expected, and what to do.
    """


class WrongValueError(ArgumentError, ValueError):
    """An argument is of the right type, and can never work."""


class WrongTypeError(ArgumentError, TypeError):
    """An argument is of a type that can never work, there is no such argument, or one is missing."""


class SpoolError(AutovizError):
    """Something about a spool that the caller may want to handle.

    Args:
        path: The file or directory at fault.
        fault: What is wrong with it and what to do, as the end of a sentence that starts with the path.
    """

    def __init__(self, path: str | Path, fault: str) -> None:
        super().__init__(path, fault)
        self.path = Path(path)
        self.fault = fault

    def __str__(self) -> str:
        return f"{self.path}: {self.fault}"


class NoSpoolError(SpoolError, FileNotFoundError):
    """There is no spool at or under the path."""

    __str__ = SpoolError.__str__  # OSError's own would print the arguments as an errno


class NoSamplesError(SpoolError, LookupError):
    """A snapshot holds no samples of a posterior, or none that fit together."""

    __str__ = SpoolError.__str__


class MissingPackageError(AutovizError, ImportError):
    """A package that an extra brings is not installed. The message is one line that says how to install it."""


class UnreadableError(SpoolError, ValueError):
    """A file of the spool is damaged, cut short, or holds what no snapshot may hold."""


class NoFooterError(UnreadableError):
    """The file has no footer of ours at its end: cut short, changed, or not ours."""


class LaterVersionError(SpoolError, ValueError):
    """The file was written by a later version of this package; it is sound, but not for this reader."""


class TakenOverError(SpoolError, OSError):
    """A later publisher of the same process writes the spool now: this one has let go of it."""

    __str__ = SpoolError.__str__


class ClosedError(AutovizError, RuntimeError):
    """Something was published after the end."""


def nearest(name: str, known: Iterable[str]) -> str:
    """The known name that is most like one that is not, as a question to add to a message; empty if none is."""
    import difflib  # not before something is wrong

    found = difflib.get_close_matches(name, list(known), 1)
    return f"; did you mean {found[0]!r}?" if found else ""


def checks_arguments(function: Callable[_P, _R]) -> Callable[_P, _R]:
    """Has a call with arguments that a function does not take refused by one line that names the nearest.

    Python's own words tell of `__init__`, count `self`, and name no other argument before Python 3.13.
    """
    signature = inspect.signature(function)

    @functools.wraps(function)
    def checked(*arguments: _P.args, **named: _P.kwargs) -> _R:
        try:
            signature.bind(*arguments, **named)
        except TypeError as error:
            raise WrongTypeError(_misfit(function, signature, len(arguments), named) or str(error)) from None
        return function(*arguments, **named)

    return checked


def checks_construction(kind: _C) -> _C:
    """The same for the constructor of a class."""
    kind.__init__ = checks_arguments(kind.__init__)  # type: ignore[misc]
    return kind


def _misfit(function: Callable[..., object], signature: inspect.Signature, given: int, named: Iterable[str]) -> str:
    """What is wrong with a call: an argument too many, one that there is not, or one too few."""
    called = function.__qualname__.removesuffix(".__init__")
    known = {name: each for name, each in signature.parameters.items() if name != "self"}
    given -= "self" in signature.parameters
    for name in named:
        if name not in known:
            return f"{name} is no argument of {called}; it takes {', '.join(known)}{nearest(name, known)}"
    in_order = [name for name, each in known.items() if each.kind is each.POSITIONAL_OR_KEYWORD]
    if given > len(in_order):
        others = ", ".join(f"{name}=..." for name in [name for name in known if name not in in_order][:3])
        return (
            f"{called} takes {' and '.join(in_order)} by position, and {given} arguments came so; "
            f"write the others with their names: {others}"
        )
    missing = [name for name in in_order[given:] if known[name].default is inspect.Parameter.empty]
    return f"{called} needs {' and '.join(name for name in missing if name not in named)}, which did not come"
