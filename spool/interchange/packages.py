"""Packages that an extra brings: imported when they are used, and missed in one line."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from autoviz_render.spool.errors import MissingPackageError


@contextlib.contextmanager
def needed_by(what: str, extra: str = "interchange") -> Iterator[None]:
    """Where an import may fail: what fails is told with the extra to install.

    Args:
        what: What needs the package, as the beginning of a sentence.
        extra: Of this package.

    Raises:
        MissingPackageError: It is not installed.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        told = f"{what} needs {error.name}, which is not installed: pip install 'autoviz-render[{extra}]'"
        raise MissingPackageError(told, name=error.name) from error
