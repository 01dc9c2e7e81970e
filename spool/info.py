"""`spool.json`: whose spool it is, what is drawn from it, and whether the run goes on."""

from __future__ import annotations

import json
import os
import socket
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from autoviz_render.spool.epochs import Epoch
from autoviz_render.spool.errors import LaterVersionError, NoSpoolError, UnreadableError, WrongValueError
from autoviz_render.spool.format.descriptions import read_descriptions
from autoviz_render.spool.format.manifest import FORMAT_VERSION, later
from autoviz_render.spool.guard import wrong
from autoviz_render.spool.system.process_alive import is_alive, is_earlier_boot, machine, started_at
from autoviz_render.spool.system.safe_read import finite_number, read_json, short_text, whole_number
from autoviz_render.spool.text import cut, printable, shown_safely

State = Literal["running", "finished", "failed"]
STATES: tuple[State, ...] = ("running", "finished", "failed")

_FORMAT = "autoviz-render spool"
_MAX_BYTES = 1 << 20
_MOST_FIGURES = 50
_LONGEST_FIGURE = 100  # bytes: it becomes the name of a file


@dataclass(frozen=True)
class Producer:
    """The process that publishes: enough for a reader on the same machine to see whether it is alive.

    Attributes:
        host: The name of its machine.
        pid: Its number.
        program: Its name.
        machine: What `process_alive.machine` says, "" if it is not known.
        started: What `process_alive.started_at` says.
        walltime: When the batch system ends the job, in seconds since 1970 (UTC); None if it did not say.
    """

    host: str
    pid: int
    program: str
    machine: str = ""
    started: int | None = None
    walltime: float | None = None

    @staticmethod
    def here() -> Producer:
        """This process."""
        program = Path(sys.argv[0] or "python").name if sys.argv else ""
        here = machine(), started_at(os.getpid())
        return Producer(socket.gethostname(), os.getpid(), program, *here, _walltime())

    def is_near(self) -> bool:
        """Whether its process number means something here: the same boot, and the same numbers of processes."""
        if self.machine and machine():
            return self.machine == machine()
        return self.host == socket.gethostname()

    def is_dead(self) -> bool:
        """Whether the producer surely runs no more: False if it is alive, or if we cannot see it."""
        if not self.is_near():
            is_named = self.host == socket.gethostname() and not self.host.startswith("localhost")
            return is_named and is_earlier_boot(self.machine, machine())
        now = started_at(self.pid) if self.machine else None
        return is_alive(self.pid) is False or (None not in (now, self.started) and now != self.started)


@dataclass(frozen=True, repr=False)
class SpoolInfo:
    """The content of `spool.json`.

    Attributes:
        run: The name shown in figures.
        figures: Names of the figures to draw, the first one first.
        producer: The process that publishes.
        state: How the run stands, as its writer said.
        epoch: The number of the newest epoch.
        created: When the newest epoch began, in seconds since 1970 (UTC).
        epochs: All of them, in order.
        units: Of arrays and parameters, by name; empty if the run gave none.
        labels: What figures call them, by name.
        axes: What the axes of an array are called, by its name: x and y of an image or a series.
        scales: How the colours of an array follow from its values, by its name: `asinh 99.5%`.
    """

    run: str
    figures: tuple[str, ...]
    producer: Producer
    state: State = "running"
    epoch: int = 0
    created: float = field(default_factory=time.time)
    epochs: tuple[Epoch, ...] = ()
    units: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    axes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    scales: Mapping[str, str] = field(default_factory=dict)

    def is_over(self) -> bool:
        """Whether nothing more will be published: the run ended, or its process died without a word."""
        return self.state != "running" or self.producer.is_dead()

    @shown_safely
    def __repr__(self) -> str:
        figures = ", ".join(self.figures[:_MOST_FIGURES])
        by = f"by {self.producer.program} (process {self.producer.pid} on {self.producer.host})"
        told = f"{self.state}, figures: {cut(figures, 200)}; epoch {self.epoch}, published {cut(by, 200)}"
        return f"SpoolInfo(run {cut(self.run, 60)!r}, {printable(told)})"


def info_bytes(info: SpoolInfo) -> bytes:
    """The content of the file."""
    content = {"format": _FORMAT, "version": FORMAT_VERSION, **asdict(info)}
    return (json.dumps(content, indent=2) + "\n").encode()


def read_info(path: Path) -> SpoolInfo:
    """Read a `spool.json`.

    Raises:
        NoSpoolError: There is none.
        LaterVersionError: A later version of this package wrote it.
        UnreadableError: It is damaged, or cannot be one.
    """
    try:
        content = read_json(path, _MAX_BYTES)
    except FileNotFoundError as error:
        raise NoSpoolError(path.parent, "is no spool: it holds no spool.json") from error
    try:
        return _parse(content, path)
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        if isinstance(error, LaterVersionError):
            raise
        raise UnreadableError(path, f"is damaged: {error!r:.500} while reading it") from error


def _parse(content: dict[str, Any], path: Path) -> SpoolInfo:
    if content["format"] != _FORMAT:
        raise ValueError(f"format is {content['format']!r:.100}")
    if whole_number(content["version"]) > FORMAT_VERSION:
        raise LaterVersionError(path, later(content["version"]))
    if content["state"] not in STATES:
        raise ValueError(f"state is {content['state']!r:.100}")
    producer = content["producer"]
    return SpoolInfo(
        run=short_text(content["run"]),
        figures=figure_names(content["figures"]),
        producer=Producer(
            host=short_text(producer["host"]),
            pid=whole_number(producer["pid"]),
            program=short_text(producer["program"]),
            machine=short_text(producer.get("machine", "")),
            started=_whole_or_none(producer.get("started")),
            walltime=_moment_or_none(producer.get("walltime")),
        ),
        state=content["state"],
        epoch=whole_number(content["epoch"]),
        created=finite_number(content["created"]),
        epochs=tuple(
            Epoch(whole_number(each["number"]), finite_number(each["created"]), _whole_or_none(each["resumed_from"]))
            for each in content["epochs"]
        ),
        **vars(read_descriptions(content)),
    )


def _whole_or_none(value: Any) -> int | None:
    return None if value is None else whole_number(value)


def _moment_or_none(value: Any) -> float | None:
    return None if value is None else finite_number(value)


def _walltime() -> float | None:
    """As SLURM tells it to the job, in `SLURM_JOB_END_TIME`, from its version 23.02 on."""
    told = os.environ.get("SLURM_JOB_END_TIME", "")
    return float(told) if told.isascii() and told.isdecimal() and 0 < len(told) < 12 else None


def figure_names(figure: str | Sequence[str]) -> tuple[str, ...]:
    """One figure name or several, as a tuple.

    Raises:
        ValueError: A name could not be a file's, or is a hidden one's; there are none, too many, or two of one file.
    """
    names = (figure,) if isinstance(figure, str) else tuple(figure)
    if len(names) > _MOST_FIGURES:
        raise WrongValueError(f"figure names {len(names)} figures; expected at most {_MOST_FIGURES}")
    for name in names:
        is_name = isinstance(name, str) and name.replace("-", "_").replace(".", "_").isidentifier()
        if not is_name or name.startswith("."):
            # a name, never code: what may be imported is chosen on the reader's command line alone
            raise WrongValueError(wrong("figure", name, _no_name(name)))
        if len(name.encode()) > _LONGEST_FIGURE:
            raise WrongValueError(wrong("figure", name, f"expected a name of at most {_LONGEST_FIGURE} bytes"))
    if not names:
        raise WrongValueError(wrong("figure", figure, "no figure is named; expected a name, or a list of names"))
    if len(set(names)) < len(names) or "fit" in names[1:]:
        expected = "two would have files of one name; expected different ones, and the file of the first is called fit"
        raise WrongValueError(wrong("figure", list(names), expected))
    return names


def _no_name(name: object) -> str:
    expected = "that is not the name of a figure; expected letters, digits, '_', '-' and '.'"
    several = str(name).replace(",", " ").split()
    return f"{expected}; for several, give a list: {several}" if len(several) > 1 else expected
