"""One run of the mirror on this disk: an ordinary spool, written in the order in which a sampler would."""

from __future__ import annotations

import contextlib
import errno
import itertools
import os
import shutil
import socket
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from autoviz_render.spool.errors import SpoolError
from autoviz_render.spool.info import Producer, SpoolInfo, info_bytes, read_info
from autoviz_render.spool.paths import SpoolPaths, list_snapshots
from autoviz_render.spool.scalars import append_lines
from autoviz_render.spool.snapshot import SnapshotRef
from autoviz_render.spool.store import as_snapshot, as_static
from autoviz_render.spool.system.atomic import remove_drafts, write_all, write_whole
from autoviz_render.spool.system.process_alive import machine

TAIL = 256
"""Bytes at the end of what there is of `scalars.jsonl` that are compared: more than a line's checksum."""

_serial = itertools.count()


class Draft:
    """A file that is being fetched, under a name that nobody reads; it can be gone on with.

    Args:
        final: What it is to become.
        tmp: The folder for it.

    Attributes:
        size: Bytes so far.
    """

    def __init__(self, final: Path, tmp: Path) -> None:
        self.final = final
        self.size = 0
        self._path = tmp / f".{final.name}.{os.getpid()}.{next(_serial)}.draft"

    def append(self, data: bytes) -> None:
        """Write more of it. Raises OSError; what was written before stays."""
        flags = os.O_WRONLY | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
        descriptor = os.open(self._path, flags, 0o666)
        try:
            os.lseek(descriptor, self.size, os.SEEK_SET)
            write_all(descriptor, [data])
        finally:
            os.close(descriptor)
        self.size += len(data)

    def verified(self, parse: Callable[[memoryview, Path], object]) -> object:
        """What is made of its bytes, which are not copied into memory. Raises SpoolError, OSError."""
        if not self.size:
            return parse(memoryview(b""), self.final)
        return parse(np.memmap(self._path, np.uint8, "r").data, self.final)

    def finish(self) -> None:
        """Give it its name. Raises OSError."""
        os.replace(self._path, self.final)

    def discard(self) -> None:
        """Remove it."""
        with contextlib.suppress(OSError):
            self._path.unlink()


@dataclass(frozen=True)
class Held:
    """A snapshot that is here.

    Attributes:
        ref: Which.
        size: Bytes.
    """

    ref: SnapshotRef
    size: int


class LocalRun:
    """A run of the mirror.

    Args:
        directory: Of its spool.

    Attributes:
        paths: Of its spool.
        digests: The static files that each snapshot needs which was fetched by this process, by the snapshot's name.
    """

    def __init__(self, directory: Path) -> None:
        self.paths = SpoolPaths(directory)
        self.digests: dict[str, tuple[str, ...]] = {}

    def begin(self, text: str) -> SpoolInfo:
        """Have its folders ready, and what the other side says of it; if it is another run by now, that begins anew.

        Raises:
            SpoolError: The text is not that of a `spool.json`.
            OSError: The disk is at fault.
        """
        paths = self.paths
        for folder in (paths.tmp, paths.snapshots, paths.static):
            folder.mkdir(parents=True, exist_ok=True)
        info = self._parsed(text)
        with contextlib.suppress(SpoolError):
            before = read_info(paths.info)
            if _beginning(before) != _beginning(info) or len(before.epochs) > len(info.epochs):
                self.clear()
                for folder in (paths.tmp, paths.snapshots, paths.static):
                    folder.mkdir(parents=True, exist_ok=True)
        return info

    def _parsed(self, text: str) -> SpoolInfo:
        draft = self.paths.tmp / f".mirror.{os.getpid()}.{next(_serial)}.draft"
        try:
            draft.write_bytes(text.encode(errors="surrogatepass"))
            return read_info(draft)
        finally:
            draft.unlink(missing_ok=True)

    def write_info(self, text: str, *, is_dead: bool) -> None:
        """Say what the other side says of the run, byte by byte, unless its process died without a word there.

        That could not be seen here, where its number means nothing. Raises SpoolError, OSError.
        """
        data = text.encode(errors="surrogatepass")
        if is_dead:
            data = info_bytes(_as_dead(self._parsed(text)))
        with contextlib.suppress(OSError):
            if self.paths.info.read_bytes() == data:
                return
        write_whole(self.paths.info, [data], tmp=self.paths.tmp)

    def has(self, name: str) -> bool:
        """Whether a file of the spool is here, `snapshots/...` or `static/...`."""
        return os.path.lexists(self.paths.directory / name)

    def draft(self, name: str) -> Draft:
        """A file that is to be fetched."""
        return Draft(self.paths.directory / name, self.paths.tmp)

    def check_snapshot(self, draft: Draft) -> tuple[str, ...]:
        """The static files that a fetched snapshot needs. Raises SpoolError if it is damaged, OSError."""
        found = draft.verified(lambda data, path: as_snapshot(data, path)[1])
        return found if isinstance(found, tuple) else ()

    def check_static(self, draft: Draft) -> None:
        """Raises SpoolError if a fetched static file is damaged, or not what it is called; OSError."""
        draft.verified(lambda data, path: bool(as_static(path.stem, data, path)))

    # The scalars

    def scalars_size(self) -> int:
        """Bytes of whole lines that are here."""
        try:
            return os.stat(self.paths.scalars).st_size
        except FileNotFoundError:
            return 0

    def scalars_tail(self) -> bytes:
        """The last bytes that are here. Raises OSError."""
        with contextlib.suppress(FileNotFoundError), open(self.paths.scalars, "rb") as file:
            file.seek(max(0, self.scalars_size() - TAIL))
            return file.read(TAIL)
        return b""

    def append_scalars(self, data: bytes) -> bytes:
        """Take on more lines; the rest, of a last line that is not whole yet. Raises OSError."""
        end = data.rfind(b"\n") + 1
        if end:
            append_lines(self.paths.scalars, [data[:end]])
        return data[end:]

    def replace_scalars(self, data: bytes) -> None:
        """Have other lines than there were. Raises OSError."""
        write_whole(self.paths.scalars, [data[: data.rfind(b"\n") + 1]], tmp=self.paths.tmp)

    # What is kept

    def held(self) -> list[Held]:
        """The snapshots that are here, in order. Raises OSError."""
        held = []
        for ref in list_snapshots(self.paths.snapshots):
            with contextlib.suppress(FileNotFoundError):
                held.append(Held(ref, os.stat(ref.path).st_size))
        return held

    def static_bytes(self) -> int:
        """Bytes of the static files. Raises OSError."""
        with os.scandir(self.paths.static) as entries:
            return sum(entry.stat().st_size for entry in entries if entry.is_file(follow_symlinks=False))

    def drop_newer(self, newest: str) -> None:
        """Remove snapshots that are newer than the newest there: of another run, or taken back."""
        for ref in list_snapshots(self.paths.snapshots):
            if ref.path.name > newest and len(ref.path.name) == len(newest):
                ref.path.unlink(missing_ok=True)

    def drop(self, held: Held) -> None:
        """Remove a snapshot, and the static files that were fetched for it and that no other one needs."""
        held.ref.path.unlink(missing_ok=True)
        digests = self.digests.pop(held.ref.path.name, ())
        kept = {ref.path.name for ref in list_snapshots(self.paths.snapshots)}
        if kept <= self.digests.keys():  # else one of an earlier session may need them
            for digest in set(digests) - {each for name in kept for each in self.digests[name]}:
                (self.paths.static / f"{digest}.h5").unlink(missing_ok=True)

    def sweep(self) -> None:
        """Remove what an earlier mirror left half done."""
        with contextlib.suppress(OSError):
            remove_drafts(self.paths.tmp)

    def clear(self) -> None:
        """Remove the spool: the run is there no more. Its figures stay."""
        self.digests.clear()
        shutil.rmtree(self.paths.directory, ignore_errors=True)


def is_full(error: BaseException) -> bool:
    """Whether the disk here has no room."""
    return isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)


def _beginning(info: SpoolInfo) -> float:
    return info.epochs[0].created if info.epochs else info.created


def _as_dead(info: SpoolInfo) -> SpoolInfo:
    """The same of a producer that any reader here sees to be dead: a process of this machine that cannot be one."""
    told = info.producer
    here = Producer(told.host, told.pid, told.program, machine(), started=0)
    if not machine():  # then the host's name is all that readers go by
        here = replace(here, host=socket.gethostname(), pid=0)
    return replace(info, producer=here)
