"""The root of our errors, and what can be wrong with a spool: the file, the fault and the remedy."""

from __future__ import annotations

from pathlib import Path


class AutovizError(Exception):
    """The root of all errors of this package; each child is also the builtin that a caller would expect."""


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


class UnreadableError(SpoolError, ValueError):
    """A file of the spool is damaged, cut short, or holds what no snapshot may hold."""


class NoFooterError(UnreadableError):
    """The file has no footer of ours at its end: cut short, changed, or not ours."""


class LaterVersionError(SpoolError, ValueError):
    """The file was written by a later version of this package; it is sound, but not for this reader."""


class TakenOverError(SpoolError, OSError):
    """A later publisher of the same process writes the spool now: this one has let go of it."""

    __str__ = SpoolError.__str__
