"""Names of arrays and numbers: paths in a file, and nothing that could lead out of it."""

from __future__ import annotations

import re

LONGEST_PATH = 1000
"""Characters of a dataset's path in a file."""

_NO_NAME = re.compile(r"[\0\ud800-\udfff]|(?:\A|/)\.{0,2}(?:/|\Z)")  # halves of surrogate pairs; "", "." and ".."

LONGEST_NAME = LONGEST_PATH - len("scalars/")  # the longer one of the groups in which a name becomes a path


def check_name(name: str, longest: int = LONGEST_NAME) -> str:
    """The name, if an array or a number can have it in any group of a file.

    Args:
        name: Of any type.
        longest: `LONGEST_PATH` for the path of a dataset.

    Raises:
        ValueError: It is no text, leads out of its group, or is too long.
    """
    if not isinstance(name, str) or _NO_NAME.search(name):
        raise ValueError(f"{name!r:.200} cannot be a name")
    if len(name) > longest:
        raise ValueError(f"{name!r:.100} cannot be a name: it has {len(name)} characters, at most {longest} are kept")
    return name


class Names:
    """The names of one file: each once, and none that is also a group of others."""

    def __init__(self) -> None:
        self._names: set[str] = set()
        self._groups: set[str] = set()

    def add(self, name: str) -> str:
        """The name, if it can be one beside the others. Raises ValueError."""
        parts = check_name(name).split("/")
        groups = ["/".join(parts[:length]) for length in range(1, len(parts))]
        if name in self._names or name in self._groups or not self._names.isdisjoint(groups):
            raise ValueError(f"two arrays or groups are both named {name!r:.200}")
        self._names.add(name)
        self._groups.update(groups)
        return name
