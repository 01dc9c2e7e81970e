"""`scalars.jsonl`: one line a quick update, appended, whatever becomes of the snapshots."""

from __future__ import annotations

import contextlib
import json
import math
import os
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from autoviz_render.spool.atomic import sync_folder, write_all
from autoviz_render.spool.plain import open_plain

MAX_SCALARS_BYTES = 1 << 28
_LONGEST_LINE = 1 << 22  # bytes, of a hundred thousand numbers: to read it takes twenty times as many
_END_BYTES = 256  # what is remembered of the part that was read: more than a line's checksum
_CRC = ', "crc32": '


@dataclass(frozen=True)
class ScalarsLine:
    """The numbers of one quick update; the fields are those of `Snapshot`."""

    epoch: int
    sequence: int
    iteration: int
    time: float
    log_likelihood: float = math.nan
    parameters: Mapping[str, float] = field(default_factory=dict)
    scalars: Mapping[str, float] = field(default_factory=dict)


def append_lines(path: Path, lines: Sequence[ScalarsLine], *, sync: bool = False, left_at: int = -1) -> int:
    """Append all the lines or none; the size of the file then.

    sync: wait until the lines would survive a loss of power. left_at: the size at which this process left the file, to
        spare a look whether somebody else was killed in mid-line.
    Raises OSError; the file then is as it was, if the disk lets it be.
    """
    text = "".join(_text(line) for line in lines)
    flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | getattr(os, "O_BINARY", 0)
    flags |= getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)  # nor wait at a pipe that somebody planted
    descriptor = os.open(path, flags, 0o666)
    try:
        size = os.fstat(descriptor).st_size
        if size not in (0, left_at) and not _ends_with_newline(descriptor, size):
            text = "\n" + text  # an earlier writer was killed in mid-line
        data = text.encode()
        try:
            write_all(descriptor, [data])
            if sync:
                os.fsync(descriptor)
                if not size:
                    sync_folder(path.parent)  # the file is new: its name must survive too
        except OSError:
            with contextlib.suppress(OSError):
                os.ftruncate(descriptor, size)
            raise
    finally:
        os.close(descriptor)
    return size + len(data)


def _ends_with_newline(descriptor: int, size: int) -> bool:
    os.lseek(descriptor, size - 1, os.SEEK_SET)
    return os.read(descriptor, 1) == b"\n"


class ScalarsReader:
    """Reads a growing `scalars.jsonl`, each part of it once."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._end = b""
        self._start_over(None)

    def lines(self) -> list[ScalarsLine]:
        """The whole lines so far in the order of publishing, one a quick update; none where there is no file.

        What was cut short is passed over. Raises OSError and UnreadableError, as `open_plain` does.
        """
        try:
            with open_plain(self._path, MAX_SCALARS_BYTES) as file:
                self._read_on(file)
        except FileNotFoundError:
            self._start_over(None)
        return list(self._lines.values())

    def _read_on(self, file: BinaryIO) -> None:
        status = os.fstat(file.fileno())
        if not self._goes_on(file, status):
            self._start_over((status.st_dev, status.st_ino))
        file.seek(self._offset)
        whole, newline, _ = file.read(status.st_size - self._offset).rpartition(b"\n")
        self._offset += len(whole) + len(newline)
        self._end = (self._end + whole + newline)[-_END_BYTES:]
        for text in whole.split(b"\n"):
            if (line := _parse(text)) is not None:
                self._lines[line.epoch, line.sequence] = line  # a line may be there twice where a disk failed

    def _goes_on(self, file: BinaryIO, status: os.stat_result) -> bool:
        """Whether it is the file that was read last, and longer. A new one may have the old one's number."""
        if self._identity != (status.st_dev, status.st_ino) or status.st_size < self._offset:
            return False
        file.seek(self._offset - len(self._end))
        return bool(file.read(len(self._end)) == self._end)

    def _start_over(self, identity: tuple[int, int] | None) -> None:
        self._identity = identity
        self._offset = 0
        self._end = b""
        self._lines: dict[tuple[int, int], ScalarsLine] = {}


def _text(line: ScalarsLine) -> str:
    fields = json.dumps(_finite(vars(line)), allow_nan=False)[:-1]
    return f"{fields}{_CRC}{zlib.crc32(fields.encode())}}}\n"


def _parse(text: bytes) -> ScalarsLine | None:
    fields, _, check = text.rpartition(_CRC.encode())
    if len(text) > _LONGEST_LINE or check != b"%d}" % zlib.crc32(fields):
        return None  # torn by a crash, still being written, or damaged; or longer than any of ours
    try:
        content = json.loads(text)
        if not math.isfinite(content["time"]):
            return None
        return ScalarsLine(
            epoch=int(content["epoch"]),
            sequence=int(content["sequence"]),
            iteration=int(content["iteration"]),
            time=float(content["time"]),
            log_likelihood=_number(content["log_likelihood"]),
            parameters={str(name): _number(value) for name, value in content["parameters"].items()},
            scalars={str(name): _number(value) for name, value in content["scalars"].items()},
        )
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError):
        return None  # whole, but of a stranger's making


def _finite(value: Any) -> Any:
    """JSON has no NaN and no infinity: NaN becomes null, infinities become strings that float() reads."""
    if isinstance(value, Mapping):
        return {name: _finite(item) for name, item in value.items()}
    if isinstance(value, float) and not math.isfinite(value):
        return None if math.isnan(value) else str(value)
    return value


def _number(value: float | str | None) -> float:
    return math.nan if value is None else float(value)
