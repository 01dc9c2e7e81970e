"""Files that appear whole or not at all: bytes first, then the name."""

from __future__ import annotations

import contextlib
import errno
import glob
import itertools
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np

from autoviz_render.spool.system.process_alive import is_alive

Buffer = bytes | bytearray | memoryview

_serial = itertools.count()
# O_EXCL and O_NOFOLLOW: a link that somebody planted in tmp/ is not written through
_OLD_FILE = os.O_WRONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
_NEW_FILE = _OLD_FILE | os.O_CREAT | os.O_EXCL
_BUFFERS_A_CALL = 512  # below every platform's IOV_MAX (1024 on Linux and macOS)


def write_whole(final: Path, buffers: Iterable[Buffer], *, tmp: Path, sync: bool = False) -> None:
    """Write buffers end to end into a new file that gets its name only once it is complete.

    An existing file of that name is replaced.

    Args:
        final: The file.
        buffers: Its content.
        tmp: A folder on the same file system, outside the one that is watched: a rename into the watched folder is one
            event to every kind of watcher.
        sync: Wait until the bytes and the name would survive a loss of power.

    Raises:
        OSError: The disk is at fault; nothing is left behind but, at worst, a file in `tmp`.
    """
    with draft_of(final, tmp=tmp) as (_, descriptor):
        write_all(descriptor, buffers)
        if sync:
            os.fsync(descriptor)
    if sync:
        sync_folder(final.parent)


@contextlib.contextmanager
def draft_of(final: Path, *, tmp: Path) -> Iterator[tuple[Path, int]]:
    """An empty file, by name and open for writing; it becomes `final` if all went well, and else is removed.

    Args:
        final: The file.
        tmp: As `write_whole` has it.

    Raises:
        OSError: The disk is at fault.
    """
    draft = tmp / f".{final.name}.{os.getpid()}.{next(_serial)}.draft"
    descriptor = os.open(draft, _NEW_FILE, 0o666)
    try:
        try:
            yield draft, descriptor
        finally:
            os.close(descriptor)
        os.replace(draft, final)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(draft)
        raise


@contextlib.contextmanager
def opened(path: Path, flags: int) -> Iterator[int]:
    """The descriptor of a file while it is open; one that the flags make may be read and written by whom umask lets."""
    descriptor = os.open(path, flags, 0o666)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def write_spare(spare: Path, size: int) -> None:
    """Have a file of blanks ready, of at least so many bytes, for `write_into_spare`. Raises OSError."""
    with contextlib.suppress(FileNotFoundError):
        os.unlink(spare)
    with opened(spare, _NEW_FILE) as descriptor:
        write_all(descriptor, [b" " * size])


def write_into_spare(final: Path, data: Buffer, *, spare: Path) -> None:
    """As `write_whole`, on a disk that has no room for a new file: the spare one is written over and gets the name.

    Its bytes and its name then survive a loss of power.

    Raises:
        OSError: The disk is at fault; FileNotFoundError if there is no spare file.
    """
    with opened(spare, _OLD_FILE) as descriptor:
        write_all(descriptor, [data])
        os.ftruncate(descriptor, memoryview(data).nbytes)
        os.fsync(descriptor)
    os.replace(spare, final)
    sync_folder(final.parent)


def overwrite(path: Path, data: bytes) -> None:
    """Write over a small file where it lies, blanks behind it: on a disk where nothing else can be written.

    For want of anything better: who reads at that moment sees half of it.

    Raises:
        OSError: The disk is at fault; ENOSPC, before anything is changed, if the file would need more room than it has.
    """
    with opened(path, _OLD_FILE) as descriptor:
        status = os.fstat(descriptor)
        if len(data) > max(status.st_size, getattr(status, "st_blocks", 0) * 512):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
        write_all(descriptor, [data.ljust(status.st_size)])
        os.fsync(descriptor)


def remove_drafts(folder: Path, of: str = "") -> list[Path]:
    """Remove the unfinished files that killed writers left in a folder.

    Those of another process that lives, on this host, are left to it. Our own are not: in a container a process that is
    started again has the number of the one that died.

    Args:
        folder: Where they are.
        of: The name of one file; the drafts of others are then left alone.

    Returns:
        What was removed.

    Raises:
        OSError: The disk is at fault.
    """
    pattern = f".{glob.escape(of)}.*.draft" if of else ".*.draft"
    drafts = [path for path in sorted(folder.glob(pattern)) if not _is_at_work(path.name.split(".")[-3])]
    for path in drafts:
        path.unlink(missing_ok=True)
    return drafts


def _is_at_work(pid: str) -> bool:
    return pid.isdecimal() and int(pid) != os.getpid() and is_alive(int(pid)) is True


def write_all(descriptor: int, buffers: Iterable[Buffer]) -> None:
    """Write every byte of the buffers, in as few system calls as the platform allows."""
    pending = list(buffers)
    while pending:
        batch = pending[:_BUFFERS_A_CALL]
        written = os.writev(descriptor, batch) if hasattr(os, "writev") else os.write(descriptor, batch[0])
        done = 0
        while done < len(batch) and written >= (length := memoryview(batch[done]).nbytes):
            written -= length
            done += 1
        del pending[:done]
        if written:  # the call stopped inside a buffer: go on from there
            pending[0] = np.frombuffer(pending[0], np.uint8)[written:].data


def make_folder(folder: Path) -> None:
    """Make a folder, and those above it, whose names survive a loss of power. Raises OSError."""
    missing = [folder]
    while not missing[-1].parent.is_dir():
        missing.append(missing[-1].parent)
    for each in reversed(missing):
        with contextlib.suppress(FileExistsError):
            os.mkdir(each)
            sync_folder(each.parent)
    if not folder.is_dir():
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(folder))


def sync_folder(folder: Path) -> None:
    """Make the names in a folder survive a loss of power, if the platform can open a folder."""
    if os.name != "nt":
        sync_file(folder)


def sync_file(path: Path) -> None:
    """Make the content of a file survive a loss of power."""
    with opened(path, os.O_RDONLY) as descriptor:
        os.fsync(descriptor)
