"""Where a mirror lies on this disk, who holds it, and how much of it is kept."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import re
import shutil
import time
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from pathlib import Path

from autoviz_render.spool.errors import AutovizError
from autoviz_render.spool.paths import find_spools
from autoviz_render.spool.system.writer_lock import NoLocksError, WriterLock
from autoviz_render.views.mirror.address import Address
from autoviz_render.views.mirror.local_run import Held, LocalRun
from autoviz_render.views.model.link import FILE, read_link

MOST_BYTES = 4 << 30
"""Of the snapshots that a mirror keeps, but for the newest of each run."""

_LEAST_FREE = 256 << 20  # bytes of the disk that a mirror leaves alone
_MOST_OF_A_RUN = 200  # snapshots
_UNUSED_FOR = 30 * 86400.0  # seconds, after which another mirror is removed


class MirrorError(AutovizError, OSError):
    """There is no mirror: it cannot be made, or another process has it. The message is one line, with the remedy."""


class Cache:
    """The mirror of one path of one host.

    Args:
        address: What is mirrored.
        cache: Where mirrors are; None is the user's cache folder.

    Attributes:
        folder: Of the mirror, with its lock and `mirror.json`.
        path: What is to be watched: it is called as what is mirrored.
    """

    def __init__(self, address: Address, cache: Path | None = None, most_bytes: int = MOST_BYTES) -> None:
        self._mirrors = (cache or _user_cache()) / "autoviz-render" / "mirror"
        digest = hashlib.sha256(str(address).encode(errors="surrogateescape")).hexdigest()[:16]
        self.folder = self._mirrors / _tame(address.host) / digest
        self.path = self.folder / _tame(address.path.rstrip("/").rpartition("/")[2])
        self._most_bytes = most_bytes
        self._lock = WriterLock()
        self._held: OrderedDict[tuple[str, str], int] = OrderedDict()  # snapshots, in the order in which they came
        self._newest: dict[str, str] = {}
        self._bytes = 0

    def open(self) -> None:
        """Take the mirror, and remove those that nobody used for long. Raises MirrorError."""
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            is_mine = self._lock.acquire(self.folder / "mirror.lock")
        except NoLocksError:
            is_mine = True
        except OSError as error:
            remedy = "set XDG_CACHE_HOME to a folder that can be written"
            raise MirrorError(f"{self.folder}: the mirror cannot be made ({error.strerror}); {remedy}") from error
        if not is_mine:
            remedy = f"look at it with autoviz-render --status {self.path}, or end that one first"
            raise MirrorError(f"{self.folder}: another process mirrors this; {remedy}")
        self._remove_old_ones()

    def close(self) -> None:
        """Let go of it."""
        with contextlib.suppress(OSError):
            self._lock.release()

    def place_of(self, key: str) -> Path:
        """Where the spool of a run lies."""
        return self.path if key == "." else self.path.joinpath(*key.split("/"))

    def keys(self) -> list[str]:
        """The runs that are here, of earlier mirrors, too."""
        found = find_spools(self.path)
        return ["." if spool == self.path else spool.relative_to(self.path).as_posix() for spool in found]

    # What is kept

    def know(self, key: str, run: LocalRun) -> None:
        """Count what is here of a run, of earlier mirrors, too."""
        with contextlib.suppress(OSError):
            for held in run.held():
                self._count(key, held.ref.path.name, held.size)
            self._bytes += run.static_bytes()

    def add(self, key: str, run: LocalRun, name: str, size: int) -> None:
        """Count a snapshot that came, and see that there are not too many of its run."""
        self._count(key, name, size)
        of_run = [each for each in run.held() if each.ref.path.name != self._newest[key]]
        for held in of_run[: max(0, len(of_run) + 1 - _MOST_OF_A_RUN)]:
            self._drop(key, run, held)

    def add_static(self, size: int) -> None:
        """Count a static file that came."""
        self._bytes += size

    def forget(self, key: str) -> None:
        """Count a run no more."""
        for each in [each for each in self._held if each[0] == key]:
            self._bytes -= self._held.pop(each)
        self._newest.pop(key, None)

    def keep_within_bounds(self, runs: Mapping[str, LocalRun]) -> None:
        """Remove what came longest ago, but the newest snapshot of each run, until the rest is not too much."""
        self._shrink_to(self._most_bytes, runs)

    def make_room(self, runs: Mapping[str, LocalRun]) -> bool:
        """The disk is full: remove half of what is not the newest of its run; whether there was any to remove."""
        before = self._bytes
        self._shrink_to(self._bytes // 2, runs)
        return self._bytes < before

    def check_room(self, size: int, most: int) -> None:
        """Raises OSError if a file of a size is not to be fetched: it is too large, or the disk here too full."""
        if size > most:
            raise OSError(errno.EFBIG, f"{size} bytes are more than the {most} that a reader takes")
        with contextlib.suppress(FileNotFoundError):
            if shutil.disk_usage(self.path).free < size + min(_LEAST_FREE, shutil.disk_usage(self.path).total // 20):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(self.path))

    def _count(self, key: str, name: str, size: int) -> None:
        self._bytes += size - self._held.pop((key, name), 0)
        self._held[key, name] = size
        self._newest[key] = max(self._newest.get(key, ""), name, key=lambda each: (len(each), each))

    def _shrink_to(self, most: int, runs: Mapping[str, LocalRun]) -> None:
        if self._bytes <= most:
            return
        for key, name in [each for each in self._held if self._newest.get(each[0]) != each[1]]:
            if self._bytes <= most:
                return
            if (run := runs.get(key)) is not None:
                for held in run.held():
                    if held.ref.path.name == name:
                        self._drop(key, run, held)
            self._bytes -= self._held.pop((key, name), 0)

    def _drop(self, key: str, run: LocalRun, held: Held) -> None:
        with contextlib.suppress(OSError):
            run.drop(held)
            self._bytes -= self._held.pop((key, held.ref.path.name), 0)

    # Other mirrors

    def _remove_old_ones(self) -> None:
        for folder in self._others():
            lock = WriterLock()
            with contextlib.suppress(OSError):
                if lock.acquire(folder / "mirror.lock"):
                    shutil.rmtree(folder, ignore_errors=True)
            with contextlib.suppress(OSError):
                lock.release()

    def _others(self) -> Iterator[Path]:
        """Mirrors that nobody used for long: what says that it is one, as its `mirror.json` does."""
        with contextlib.suppress(OSError):
            for file in self._mirrors.glob(f"*/*/{FILE}"):
                is_one = re.fullmatch(r"[0-9a-f]{16}", file.parent.name) and read_link(file.parent) is not None
                if file.parent != self.folder and is_one and time.time() - os.stat(file).st_mtime > _UNUSED_FOR:
                    yield file.parent


def _user_cache() -> Path:
    """Where the user's caches are. Source: XDG Base Directory Specification, which has relative paths ignored."""
    told = os.environ.get("XDG_CACHE_HOME", "")
    return Path(told) if os.path.isabs(told) else Path.home() / ".cache"


def _tame(name: str) -> str:
    """A name for a folder here, as like the one there as can be seen and typed."""
    tame = re.sub(r"[^\w.@+ -]", "_", name)[:100].strip(". ").lstrip("-")
    return tame or "runs"
