"""Which part of the figures one of several processes draws, if nobody hands out the work."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from autoviz_render.renderer.settings import SettingsError
from autoviz_render.spool.guard import wrong

_SLICE = 8  # snapshots in a row: a run of a hundred is shared evenly, one of a few is drawn by few
_GOLDEN = 0x9E3779B97F4A7C15  # 2**64 over the golden ratio: its multiples spread evenly, every n-th of them too
_MOST = 1_000_000
_RANKS = (
    ("OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE"),
    ("PMI_RANK", "PMI_SIZE"),
    ("SLURM_PROCID", "SLURM_STEP_NUM_TASKS"),
    ("SLURM_PROCID", "SLURM_NTASKS"),
)
"""Where launchers say which of how many processes this is; those before SLURM's may themselves be started by it."""


@dataclass(frozen=True)
class Shard:
    """One of several parts of the figures, each drawn by a process that knows nothing of the others.

    Together the parts are everything, and no figure is in two of them. Which part a figure is in depends on the name
    of its run below the path that was named, and on the number of its quick update: not on what is drawn already, nor
    on what other processes do, nor on what is published or removed meanwhile.

    Attributes:
        number: Which part, from 1 on.
        of: How many parts there are.

    Raises:
        SettingsError: There is no such part.
    """

    number: int
    of: int

    def __post_init__(self) -> None:
        if not (isinstance(self.number, int) and isinstance(self.of, int) and 1 <= self.number <= self.of <= _MOST):
            raise SettingsError(
                f"shard: there is no part {self.number!r} of {self.of!r}: choose K/N, K from 1 to N, N up to {_MOST:,}"
            )

    def __str__(self) -> str:
        return f"{self.number}/{self.of}"

    @staticmethod
    def of_pair(pair: tuple[int, int]) -> Shard:
        """The part of a pair `(number, of)`. Raises SettingsError."""
        if not (isinstance(pair, (tuple, list)) and len(pair) == 2):
            raise SettingsError(wrong("shard", pair, "expected (K, N), K from 1 to N"))
        return Shard(*pair)

    @staticmethod
    def parse(text: str, environ: Mapping[str, str] = os.environ) -> Shard:
        """Read `K/N`; `auto` is what the batch system or MPI says.

        Raises:
            SettingsError: It is neither, or there is no such part, or nothing says which this is.
        """
        if text == "auto":
            return Shard.from_environment(environ)
        match = re.fullmatch(r"([0-9]{1,9})/([0-9]{1,9})", text)
        if match is None:
            raise SettingsError(f"shard: {text!r:.40} is no part: write K/N, K from 1 to N, or auto")
        return Shard(int(match[1]), int(match[2]))

    @staticmethod
    def from_environment(environ: Mapping[str, str] = os.environ) -> Shard:
        """The part of this task of a SLURM array, this task of an `srun` or this rank of MPI, or of all at once.

        Raises:
            SettingsError: It is none of these, or what is said makes no sense.
        """
        found = list(_environment_says(environ))
        if not found:
            raise SettingsError(
                "shard: auto finds no SLURM array, srun or MPI rank in the environment: write K/N, K from 1 to N"
            )
        number, of = 0, 1
        for index, count in found:
            number, of = number * count + index, of * count
        return Shard(number + 1, of)

    def has_run(self, run: str) -> bool:
        """Whether what there is of a run as a whole is in this part.

        Args:
            run: See `run_key`.
        """
        return self._has(run, 0)

    def has_snapshot(self, run: str, sequence: int) -> bool:
        """Whether the figures of a run's quick update are in this part."""
        return self._has(run, sequence // _SLICE)

    def _has(self, run: str, number: int) -> bool:
        start = int.from_bytes(hashlib.blake2b(os.fsencode(run), digest_size=8).digest())
        return ((start + number * _GOLDEN) % (1 << 64) * self.of) >> 64 == self.number - 1


def run_key(spool: Path, named: list[Path]) -> str:
    """What a run is called in all processes that were given the same paths, wherever these are mounted."""
    spool = Path(os.path.abspath(spool))
    for path in map(os.path.abspath, named):
        if spool.is_relative_to(path):
            return os.path.relpath(spool, os.path.dirname(path))
    return str(spool)


def _environment_says(environ: Mapping[str, str]) -> Iterator[tuple[int, int]]:
    """Which, counted from 0, of how many: tasks of an array, then processes of a task."""
    if environ.get("SLURM_ARRAY_TASK_ID"):
        yield _array_task(environ)
    for rank, size in _RANKS:
        # the batch script itself bears its first task's number, though it is alone
        is_batch_script = rank.startswith("SLURM") and "SLURM_JOB_ID" in environ and "SLURM_STEP_ID" not in environ
        if environ.get(rank) and environ.get(size) and not is_batch_script:
            yield _checked(_whole(environ, rank), _whole(environ, size), rank, size)
            return


def _array_task(environ: Mapping[str, str]) -> tuple[int, int]:
    task = _whole(environ, "SLURM_ARRAY_TASK_ID")
    first = _whole(environ, "SLURM_ARRAY_TASK_MIN", 0)
    step = max(1, _whole(environ, "SLURM_ARRAY_TASK_STEP", 1))
    if "SLURM_ARRAY_TASK_MAX" not in environ:
        return _checked(task - first, _whole(environ, "SLURM_ARRAY_TASK_COUNT"), "SLURM_ARRAY_TASK_ID", "_COUNT")
    count = (_whole(environ, "SLURM_ARRAY_TASK_MAX") - first) // step + 1
    if (task - first) % step or count != _whole(environ, "SLURM_ARRAY_TASK_COUNT", count):
        raise SettingsError("shard: auto needs an array without gaps, as --array=1-8: for another one, write K/N")
    return _checked((task - first) // step, count, "SLURM_ARRAY_TASK_ID", "SLURM_ARRAY_TASK_MAX")


def _checked(index: int, count: int, rank: str, size: str) -> tuple[int, int]:
    if not 0 <= index < count:
        raise SettingsError(f"shard: auto cannot use what {rank} and {size} say, {index} of {count}: write K/N")
    return index, count


def _whole(environ: Mapping[str, str], name: str, default: int | None = None) -> int:
    text = environ.get(name)
    if text is None and default is not None:
        return default
    if text is None or not re.fullmatch(r"[0-9]{1,9}", text):
        raise SettingsError(f"shard: auto needs a number in {name}, which is {text!r:.40}: write K/N")
    return int(text)
