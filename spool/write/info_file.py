"""`spool.json` as its writer has it: replaced whole, on a disk that is full too, as the end of a run must be told."""

from __future__ import annotations

import contextlib
from functools import partial

from autoviz_render.spool.info import SpoolInfo, info_bytes
from autoviz_render.spool.paths import SpoolPaths
from autoviz_render.spool.system.atomic import overwrite, write_into_spare, write_spare, write_whole
from autoviz_render.spool.write.disk_space import FULL, DiskSpace

_SPARE_BYTES = 4096  # more than `spool.json` has now


def write_info(info: SpoolInfo, paths: SpoolPaths, space: DiskSpace) -> None:
    """Replace `spool.json`; a spare file is ready for the next time.

    Args:
        info: What it is to say.
        paths: Of the spool.
        space: Makes room for it.

    Raises:
        OSError: The disk is at fault.
    """
    data = info_bytes(info)
    spare = paths.tmp / "spool.json.spare"
    write = partial(write_whole, paths.info, [data], tmp=paths.tmp, sync=True)
    try:
        write()
    except OSError as error:
        if error.errno not in FULL:
            raise
        try:
            write_into_spare(paths.info, data, spare=spare)
        except OSError:
            try:
                space.write(len(data), write)
            except OSError:
                if info.state == "running":
                    raise  # it is tried again; the end is not
                overwrite(paths.info, data)
    with contextlib.suppress(OSError):
        if info.state == "running":
            write_spare(spare, len(data) + _SPARE_BYTES)
        else:
            spare.unlink(missing_ok=True)
