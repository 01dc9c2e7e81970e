"""`scalars.jsonl` as its writer has it: appended to, thinned when it is long, put aside if it cannot be read."""

from __future__ import annotations

import contextlib
import errno
import itertools
import logging
import os
import stat
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import partial
from operator import itemgetter

from autoviz_render.spool.epochs import AbandonedRanges
from autoviz_render.spool.errors import SpoolError, UnreadableError
from autoviz_render.spool.guard import WarnOnce
from autoviz_render.spool.scalars import MAX_LINE_BYTES, ScalarsReader, append_lines, line_text
from autoviz_render.spool.snapshot import ScalarsLine, UpdateKey
from autoviz_render.spool.system.atomic import make_folder
from autoviz_render.spool.write.disk_space import DiskSpace
from autoviz_render.spool.write.owner import Owner
from autoviz_render.spool.write.thinning import THIN_ABOVE_BYTES, thin_lines

log = logging.getLogger("autoviz_render.spool")

_APPENDED_BYTES = 1 << 24  # of lines, at once
_NO_FILES = (errno.ELOOP, errno.ENXIO)  # of opening what is no file: a link, a socket


class ScalarsFile:
    """Writes the `scalars.jsonl` of one writer.

    Args:
        owner: Knows where the file is.
        space: Makes room for it.
        warn: Reports what is left out.
        sync: Whether each line is to survive a loss of power.
    """

    def __init__(self, owner: Owner, space: DiskSpace, warn: WarnOnce, *, sync: bool) -> None:
        self._owner = owner
        self._space = space
        self._warn = warn
        self._is_synced = sync
        self._size = -1
        self._thin_above = THIN_ABOVE_BYTES

    def append(
        self, lines: Iterable[ScalarsLine], keep: Callable[[], frozenset[UpdateKey]], abandoned: AbandonedRanges
    ) -> None:
        """Append lines; the file is thinned if it is long.

        Args:
            lines: In the order of publishing.
            keep: Gives the quick updates that have snapshots.
            abandoned: Tells what is abandoned.

        Raises:
            OSError: The disk is at fault.
        """
        path = self._owner.paths.scalars
        for some in _batches(map(self._text, lines), _APPENDED_BYTES):
            write = partial(append_lines, path, some, sync=self._is_synced, left_at=self._size)
            self._size = self._space.write(sum(map(len, some)), write)
            if self._size > self._thin_above:
                self._thin(keep(), abandoned)

    def _text(self, line: ScalarsLine) -> bytes:
        for less in (line, replace(line, parameters={}), replace(line, parameters={}, scalars={})):
            if len(text := line_text(less)) <= MAX_LINE_BYTES:
                break
        if less is not line:
            message = "%s: the names and numbers of a quick update have more than %d bytes: the line goes without them"
            self._warn(message, self._owner.paths.scalars, MAX_LINE_BYTES)
        return text

    def _thin(self, keep: frozenset[UpdateKey], abandoned: AbandonedRanges) -> None:
        """If it fails, the file is as it was, and it is tried again when it has grown."""
        paths = self._owner.paths
        try:
            size = thin_lines(paths.scalars, tmp=paths.tmp, keep=keep, abandoned=abandoned, sync=self._is_synced)
        except (OSError, UnreadableError) as error:
            self._warn("%s: thinning it failed: %s", paths.scalars, error)
            self._thin_above = max(self._size, THIN_ABOVE_BYTES) + THIN_ABOVE_BYTES // 8
        else:
            self._size, self._thin_above = size, max(THIN_ABOVE_BYTES, 2 * size)

    def earlier_lines(self, keep: frozenset[UpdateKey], abandoned: AbandonedRanges) -> list[ScalarsLine]:
        """The scalars of earlier epochs; a file that is none is put aside, and costs them. Raises OSError."""
        paths = self._owner.paths
        with contextlib.suppress(OSError):
            status = os.stat(paths.scalars, follow_symlinks=False)
            if stat.S_ISREG(status.st_mode) and status.st_size > THIN_ABOVE_BYTES:
                self._thin(keep, abandoned)
        try:
            return ScalarsReader(paths.scalars).lines()
        except (SpoolError, OSError) as error:
            if isinstance(error, OSError) and error.errno not in _NO_FILES:
                log.warning("%s; going on without the numbers of earlier starts", error)  # the disk's fault, not its
                return []
            make_folder(paths.bad)
            os.replace(paths.scalars, paths.bad / f"scalars-{time.time_ns()}.jsonl")
            log.warning("%s; moved to %s", error, paths.bad)
            return []


def _batches(texts: Iterable[bytes], most: int) -> Iterator[list[bytes]]:
    """The lines in lists of at most so many bytes, and a line more; made as they are taken."""
    size = 0
    numbered = (((size := size + len(text)) // most, text) for text in texts)
    for _, some in itertools.groupby(numbered, key=itemgetter(0)):
        yield [text for _, text in some]
