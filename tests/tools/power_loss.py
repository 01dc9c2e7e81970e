"""A disk that forgets: what may be left after the power fails, for every moment of a recorded run.

Pessimistic, as POSIX is: the bytes of a file are safe once it was synced, a name once its folder was. Until then each
name may have come to the disk or not, whatever the order, and bytes may be lost, cut short or replaced by zeros.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

LOSSES = ("whole", "lost", "short", "zeros")


@dataclass
class _File:
    content: bytes = b""
    safe: bytes = b""

    def after(self, loss: str) -> bytes:
        new = len(self.content) - len(self.safe)
        if new <= 0 or loss == "whole":
            return self.content
        return self.safe + {"lost": b"", "short": self.content[len(self.safe) :][: new // 2], "zeros": bytes(new)}[loss]


@dataclass
class _Folder:
    """safe: names that are on the disk. waiting: changes of names that may be, in the order in which they were made."""

    safe: dict[str, Any] = field(default_factory=dict)
    waiting: list[tuple[str, Any]] = field(default_factory=list)

    def names(self) -> dict[str, Any]:
        names = self.safe | dict(self.waiting)
        return {name: item for name, item in names.items() if item is not None}

    def sync(self) -> None:
        self.safe, self.waiting = self.names(), []


class ForgetfulDisk:
    """Follows the system calls of a run below a folder that is there already.

    It is an `around` of `breaking.around_calls`: each call is done for real, then followed.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._tree = _Folder()
        self._open: dict[int, Any] = {}
        self.seen: dict[tuple[tuple[str, bytes], ...], frozenset[int]] = {}
        self.acknowledged: frozenset[int] = frozenset()

    def __call__(self, number: int, name: str, call: Any, arguments: tuple[Any, ...]) -> Any:
        existed = name == "open" and os.path.exists(arguments[0])
        result = call()
        followed = {
            "open": lambda: self._opened(result, Path(arguments[0]), existed),
            "write": lambda: self._written(arguments[0], [arguments[1]], result),
            "writev": lambda: self._written(arguments[0], arguments[1], result),
            "fsync": lambda: self._synced(arguments[0]),
            "replace": lambda: self._renamed(Path(arguments[0]), Path(arguments[1])),
            "mkdir": lambda: self._put(Path(arguments[0]), _Folder()),
            "unlink": lambda: self._put(Path(arguments[0]), None),
        }.get(name)
        if followed is not None:
            followed()
            self._power_fails()
        return result

    def _opened(self, descriptor: int, path: Path, existed: bool) -> None:
        if not existed:
            self._put(path, _File())
        self._open[descriptor] = self._at(path)

    def _written(self, descriptor: int, buffers: list[Any], count: int) -> None:
        file = self._open[descriptor]
        file.content += b"".join(bytes(buffer) for buffer in buffers)[:count]

    def _synced(self, descriptor: int) -> None:
        item = self._open[descriptor]
        if isinstance(item, _Folder):
            item.sync()
        else:
            item.safe = item.content

    def _renamed(self, old: Path, new: Path) -> None:
        item = self._at(old)
        self._put(old, None)
        self._put(new, item)

    def _at(self, path: Path) -> Any:
        item: Any = self._tree
        for part in path.relative_to(self._root).parts:
            item = item.names()[part]
        return item

    def _put(self, path: Path, item: Any) -> None:
        self._at(path.parent).waiting.append((path.name, item))

    def _power_fails(self) -> None:
        """Remember every state that may be found afterwards, and what must then be there."""
        for loss in LOSSES:
            for state in _states(self._tree, "", loss):
                key = tuple(sorted(state.items()))
                # the same state may be left at several moments: what was acknowledged at the first must be in it
                self.seen[key] = self.seen.get(key, self.acknowledged) & self.acknowledged


def _states(folder: _Folder, prefix: str, loss: str) -> Iterator[dict[str, bytes]]:
    """What may be found of a folder: its files by path; a folder is its own path with a slash."""
    waiting = folder.waiting
    choices = itertools.product((True, False), repeat=len(waiting)) if len(waiting) <= 6 else _ends(len(waiting))
    for chosen in choices:
        names = dict(folder.safe)
        for (name, item), is_there in zip(waiting, chosen, strict=True):
            if is_there:
                names[name] = item
        below: list[list[dict[str, bytes]]] = [[{}]]
        for name, item in names.items():
            if isinstance(item, _Folder):
                inside = _states(item, f"{prefix}{name}/", loss)
                below.append([{f"{prefix}{name}/": b"", **state} for state in inside])
            elif item is not None:
                below.append([{f"{prefix}{name}": item.after(loss)}])
        for parts in itertools.product(*below):
            yield {path: content for part in parts for path, content in part.items()}


def _ends(count: int) -> Iterator[tuple[bool, ...]]:
    """Of many changes, only how many of the first came through: all the orders would be too many."""
    for length in range(count + 1):
        yield tuple(index < length for index in range(count))


def restore(state: tuple[tuple[str, bytes], ...], root: Path) -> None:
    """Write a state to a real folder."""
    root.mkdir()
    for name, content in state:
        path = root / name
        if name.endswith("/"):
            path.mkdir(parents=True, exist_ok=True)
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
