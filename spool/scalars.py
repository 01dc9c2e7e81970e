"""`scalars.jsonl`: one line a quick update, appended, whatever becomes of the snapshots."""

from __future__ import annotations

import contextlib
import io
import json
import math
import os
import re
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from autoviz_render.spool.snapshot import COUNTS, LONGEST_COUNTS, ScalarsLine, UpdateKey
from autoviz_render.spool.system.atomic import opened, sync_folder, write_all
from autoviz_render.spool.system.safe_read import SAFE, finite_number, open_plain, whole_number

MAX_SCALARS_BYTES = 1 << 28
MAX_LINE_BYTES = 1 << 22
"""Of a hundred thousand numbers: to read a line takes twenty times as many."""

_END_BYTES = 256  # what is remembered of the part that was read: more than a line's checksum
_CRC = ', "crc32": '
_DECIMAL = rb"-?\d[\d.e+-]*"
_HEAD = re.compile(
    rb'\{"epoch": (\d{1,18}), "sequence": (\d{1,18}), "iteration": (-?\d{1,18}), "time": (%b), '
    rb'"log_likelihood": (%b|null|"-?inf"), "parameters": ' % (_DECIMAL, _DECIMAL)
)


def append_lines(path: Path, texts: Sequence[bytes], *, sync: bool = False, left_at: int = -1) -> int:
    """Append all the lines or none; the size of the file then.

    Args:
        path: Of the file; it is made if there is none.
        texts: Of the lines, as `line_text` has them.
        sync: Wait until they would survive a loss of power.
        left_at: The size at which this process left the file, to spare a look whether somebody else was killed in
            mid-line.

    Raises:
        OSError: The disk is at fault; the file then is as it was, if the disk lets it be.
    """
    data = b"".join(texts)
    flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | SAFE  # nor wait at a pipe that somebody planted
    with opened(path, flags) as descriptor:
        size = os.fstat(descriptor).st_size
        if size not in (0, left_at) and not _ends_with_newline(descriptor, size):
            data = b"\n" + data  # an earlier writer was killed in mid-line
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
    return size + len(data)


def _ends_with_newline(descriptor: int, size: int) -> bool:
    os.lseek(descriptor, size - 1, os.SEEK_SET)
    return os.read(descriptor, 1) == b"\n"


def line_pieces(file: BinaryIO) -> Iterator[bytes]:
    """The lines of a file with their ends, but for a last one that has none; a very long one comes in pieces."""
    while text := file.readline(MAX_LINE_BYTES):
        if not text.endswith(b"\n") and len(text) < MAX_LINE_BYTES:
            return
        yield text


class GrowingLines:
    """The whole lines of a growing file, each once; all of them anew if another file has its name.

    Args:
        path: Of the file.
        start_over: Called before the lines of another file come, and if there is no file any more.
    """

    def __init__(self, path: Path, start_over: Callable[[], None]) -> None:
        self._path = path
        self._start_over = start_over
        self._identity: tuple[int, int] | None = None
        self._offset = 0
        self._end = b""

    def new(self) -> Iterator[bytes]:
        """Those that came since the last call, with their ends; a very long one comes in pieces.

        Raises:
            OSError: The disk is at fault.
            UnreadableError: It is no file, or a very large one.
        """
        try:
            with io.BufferedReader(open_plain(self._path, MAX_SCALARS_BYTES), 1 << 18) as file:
                yield from self._new_in(file)
        except FileNotFoundError:
            self._begin(None)

    def _new_in(self, file: BinaryIO) -> Iterator[bytes]:
        status = os.fstat(file.fileno())
        if not self._goes_on(file, status):
            self._begin((status.st_dev, status.st_ino))
        file.seek(self._offset)
        for text in line_pieces(file):
            self._offset += len(text)
            self._end = (self._end + text[-_END_BYTES:])[-_END_BYTES:]
            yield text

    def _goes_on(self, file: BinaryIO, status: os.stat_result) -> bool:
        """Whether it is the file that was read last, and longer. A new one may have the old one's number."""
        if self._identity != (status.st_dev, status.st_ino) or status.st_size < self._offset:
            return False
        file.seek(self._offset - len(self._end))
        return bool(file.read(len(self._end)) == self._end)

    def _begin(self, identity: tuple[int, int] | None) -> None:
        self._identity, self._offset, self._end = identity, 0, b""
        self._start_over()


class ScalarsReader:
    """Reads a growing `scalars.jsonl`, each part of it once."""

    def __init__(self, path: Path) -> None:
        self._file = GrowingLines(path, self._start_over)
        self._start_over()

    def lines(self) -> list[ScalarsLine]:
        """The whole lines so far in the order of publishing, one a quick update; none if there is no file.

        What was cut short is passed over.

        Raises:
            OSError, UnreadableError: As `GrowingLines.new` raises them.
        """
        for text in self._file.new():
            if (line := parse_line(text, self._names)) is not None:
                self._lines[line.key] = line  # a line may be there twice if a disk failed
        return list(self._lines.values())

    def _start_over(self) -> None:
        self._lines: dict[UpdateKey, ScalarsLine] = {}
        self._names: dict[str, str] = {}  # each once, however many lines have it


def line_text(line: ScalarsLine) -> bytes:
    """A line as it stands in the file, with its end."""
    content = {name: value for name, value in _finite(vars(line)).items() if (name, value) != ("counts", COUNTS)}
    fields = json.dumps(content, allow_nan=False)[:-1]
    return f"{fields}{_CRC}{zlib.crc32(fields.encode())}}}\n".encode()


def parse_line(text: bytes, names: dict[str, str]) -> ScalarsLine | None:
    """A line of the file; None if it is not one. names: those of parameters and scalars that other lines have."""
    fields, _, check = text.rstrip(b"\n").rpartition(_CRC.encode())
    if check != b"%d}" % zlib.crc32(fields):
        return None  # torn by a crash, still being written, or damaged
    try:
        content = json.loads(text)
        return ScalarsLine(
            epoch=whole_number(content["epoch"]),
            sequence=whole_number(content["sequence"]),
            iteration=whole_number(content["iteration"]),
            time=finite_number(content["time"]),
            log_likelihood=_number(content["log_likelihood"]),
            parameters={names.setdefault(name, name): _number(each) for name, each in content["parameters"].items()},
            scalars={names.setdefault(name, name): _number(each) for name, each in content["scalars"].items()},
            counts=names.setdefault(counts := str(content.get("counts", COUNTS))[:LONGEST_COUNTS], counts),
        )
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError):
        return None  # whole, but of a stranger's making


class LineHead(NamedTuple):
    """The first fields of a line, as of `ScalarsLine`."""

    epoch: int
    sequence: int
    iteration: int
    time: float
    log_likelihood: float


def line_head(text: bytes) -> LineHead | None:
    """The first fields of a line, in a fifth of the time that `parse_line` takes; None if it is not one."""
    fields, _, check = text.rstrip(b"\n").rpartition(_CRC.encode())
    if check == b"%d}" % zlib.crc32(fields) and (found := _HEAD.match(fields)) is not None:
        epoch, sequence, iteration, time, log_likelihood = found.groups()
        likelihood = b"nan" if log_likelihood == b"null" else log_likelihood.strip(b'"')
        with contextlib.suppress(ValueError):
            moment = finite_number(float(time))
            return LineHead(int(epoch), int(sequence), int(iteration), moment, float(likelihood))
    line = parse_line(text, {})  # as another program wrote it
    return None if line is None else LineHead(*line.key, line.iteration, line.time, line.log_likelihood)


def _finite(value: Any) -> Any:
    """JSON has no NaN and no infinity: NaN becomes null, infinities become strings that float() reads."""
    if isinstance(value, Mapping):
        return {name: _finite(item) for name, item in value.items()}
    if isinstance(value, float) and not math.isfinite(value):
        return None if math.isnan(value) else str(value)
    return value


def _number(value: float | str | None) -> float:
    return math.nan if value is None else float(value)
