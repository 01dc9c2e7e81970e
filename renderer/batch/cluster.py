"""A Dask cluster that runs, as an executor."""

from __future__ import annotations

import contextlib
import logging
import os
import re
from collections.abc import Iterator
from concurrent.futures import Executor

from autoviz_render.spool.errors import AutovizError
from autoviz_render.spool.text import in_one_line

log = logging.getLogger("autoviz_render.renderer")

_CONNECT_SECONDS = 15.0


class ClusterError(AutovizError, ConnectionError):
    """A cluster cannot be reached, or Dask is not installed. The message is one line, with the remedy."""


@contextlib.contextmanager
def dask_executor(where: str) -> Iterator[Executor]:
    """An executor whose tasks the workers of a Dask scheduler do, as long as the context is open.

    Args:
        where: The scheduler's address, `tcp://HOST:PORT` or `HOST:PORT`, or the path of its scheduler file.

    Raises:
        ClusterError: It cannot be reached, or Dask is not installed here.
    """
    try:
        from distributed import Client
    except ModuleNotFoundError as error:
        missing = f"--dask needs {error.name}, which is not installed: pip install 'autoviz-render[cluster]'"
        raise ClusterError(missing) from error
    for name in ("distributed", "distributed.client", "tornado", "asyncio"):
        logging.getLogger(name).setLevel(logging.CRITICAL)  # what goes wrong we say, in one line
    place = _place(where)
    try:
        client = Client(**place, timeout=_CONNECT_SECONDS, set_as_default=False)
    except (OSError, TimeoutError, ValueError, KeyError) as error:
        raise ClusterError(f"{where}: no Dask scheduler answers ({in_one_line(error)}): is it running?") from error
    try:
        if not client.nthreads():
            log.info("%s: has no workers yet; the figures are drawn when some come", where)
        executor: Executor = client.get_executor(pure=False, retries=2)
        yield executor
    finally:
        with contextlib.suppress(Exception):  # the scheduler may be gone: that was told
            client.close(timeout=2)


def _place(where: str) -> dict[str, str]:
    if "://" in where or re.fullmatch(r"\[?[^/\s]+\]?:[0-9]+", where):
        return {"address": where}
    if not os.path.isfile(where):
        raise ClusterError(f"{where}: is neither an address, as tcp://HOST:PORT, nor a scheduler file that is there")
    return {"scheduler_file": where}
