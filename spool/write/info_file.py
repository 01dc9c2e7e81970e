"""`spool.json` as its writer has it: replaced whole, on a disk that is full too, as the end of a run must be told."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from functools import partial
from pathlib import Path

from autoviz_render.spool.info import SpoolInfo, info_bytes
from autoviz_render.spool.system.atomic import overwrite, write_into_spare, write_spare, write_whole
from autoviz_render.spool.write.disk_space import FULL, DiskSpace
from autoviz_render.spool.write.owner import Owner

_SPARE_BYTES = 4096  # more than `spool.json` has now


class InfoFile:
    """Writes the `spool.json` of one writer."""

    def __init__(self, owner: Owner, space: DiskSpace) -> None:
        self._owner = owner
        self._space = space

    def write(self, info: SpoolInfo) -> None:
        """Replace the file; a spare one is ready for the next time. Raises OSError."""
        data, paths = info_bytes(info), self._owner.paths
        write = partial(write_whole, paths.info, [data], tmp=paths.tmp, sync=True)
        spare = paths.tmp / "spool.json.spare"
        try:
            write()
        except OSError as error:
            if error.errno not in FULL:
                raise
            self._write_when_full(info, data, spare, write)
        with contextlib.suppress(OSError):
            if info.state == "running":
                write_spare(spare, len(data) + _SPARE_BYTES)
            else:
                spare.unlink(missing_ok=True)

    def _write_when_full(self, info: SpoolInfo, data: bytes, spare: Path, write: Callable[[], None]) -> None:
        with contextlib.suppress(OSError):
            return write_into_spare(self._owner.paths.info, data, spare=spare)
        try:
            return self._space.write(len(data), write)
        except OSError:
            if info.state == "running":
                raise  # it is tried again; the end is not
        return overwrite(self._owner.paths.info, data)
