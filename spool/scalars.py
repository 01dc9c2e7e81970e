"""`scalars.jsonl`: one line a quick update, appended, whatever becomes of the snapshots."""

from __future__ import annotations

import contextlib
import json
import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from autoviz_render.spool.atomic import write_all


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


def append_lines(path: Path, lines: Sequence[ScalarsLine]) -> None:
    """Append all the lines or none. Raises OSError; the file then is as it was."""
    text = "".join(json.dumps(_finite(vars(line)), allow_nan=False) + "\n" for line in lines)
    flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
    descriptor = os.open(path, flags, 0o666)
    try:
        size = os.fstat(descriptor).st_size
        if size and not _ends_with_newline(descriptor, size):
            text = "\n" + text  # an earlier writer was killed in mid-line
        try:
            write_all(descriptor, [text.encode()])
        except OSError:
            with contextlib.suppress(OSError):
                os.ftruncate(descriptor, size)
            raise
    finally:
        os.close(descriptor)


def _ends_with_newline(descriptor: int, size: int) -> bool:
    os.lseek(descriptor, size - 1, os.SEEK_SET)
    return os.read(descriptor, 1) == b"\n"


def read_lines(path: Path) -> list[ScalarsLine]:
    """The whole lines in the order of publishing; what was cut short is passed over."""
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        return []
    return [line for text in raw.split(b"\n") if (line := _parse(text)) is not None]


def _parse(text: bytes) -> ScalarsLine | None:
    try:
        content = json.loads(text)
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
        return None  # torn by a crash, or still being written


def _finite(value: Any) -> Any:
    """JSON has no NaN and no infinity: NaN becomes null, infinities become strings that float() reads."""
    if isinstance(value, Mapping):
        return {name: _finite(item) for name, item in value.items()}
    if isinstance(value, float) and not math.isfinite(value):
        return None if math.isnan(value) else str(value)
    return value


def _number(value: float | str | None) -> float:
    return math.nan if value is None else float(value)
