"""What is to be drawn, and what became of it: values that one process can send another in a line of text."""

from __future__ import annotations

import json
import os
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, Self, get_args

from autoviz_render.figures.registry import FigureError
from autoviz_render.renderer.alarms.alarm import Alarm
from autoviz_render.renderer.alarms.alarms_file import alarms_of
from autoviz_render.renderer.plot.formats import Format
from autoviz_render.renderer.settings import FigureSpec, RenderSettings
from autoviz_render.renderer.work.figure_files import another_programs, files_of
from autoviz_render.spool.errors import NoSpoolError, SpoolError
from autoviz_render.spool.paths import SpoolPaths
from autoviz_render.spool.system.archived import extracted
from autoviz_render.spool.system.safe_read import finite_number, whole_number

Status = Literal[
    "drawn", "kept", "cached", "missing", "gone", "unreadable", "unready", "unwritable", "abandoned", "undrawable"
]
"""How it went:

- drawn: the files were written.
- kept: the figure failed; the good one that was there before is still there.
- cached: the files were there already, as they would be drawn.
- missing: the run has no such snapshot, or none yet: not a fault.
- gone: retention removed the snapshot meanwhile: not a fault.
- unreadable: the snapshot or a static file is damaged.
- unready: it may be readable later: the disk is at fault, or a static file is missing.
- unwritable: the figure's file cannot be written, for now.
- abandoned: the figure took too long, or its process died.
- undrawable: there is no such figure here.
"""


class LinkError(SpoolError):
    """Figures would be written through a link in a run, and could go anywhere."""


@dataclass(frozen=True)
class RenderResult:
    """What became of a figure that was to be drawn.

    Attributes:
        status: How it went.
        files: The figure's files, as far as they are there.
        errors: One line for each panel that shows its error instead, or would do so.
        fault: Why nothing was drawn, in one line; empty otherwise.
        spool: The run's spool directory; None if it is about no single run.
        snapshot: The name of the snapshot's file; empty if it is about the whole run.
        figure: The figure's name; empty if it is about the whole run.
        iteration: Of the snapshot that was drawn; None if nothing was.
        log_likelihood: Of its best fit, in nats; None if there is none, or nothing was drawn.
        published: When the snapshot that was drawn was published, in seconds since 1970 (UTC).
        unreadable: The file at fault, if one cannot be read.
        seconds: How long it took.
        used: Seconds of these with a processor; 0 if the system does not tell.
        waited: Seconds of these waiting for one; 0 if the system does not tell.
        memory: Of the process that drew, in bytes; 0 if nobody asked.
        record: What the render cache is to say of the files; empty if whoever drew does not tell.
        alarms: What is wrong with what the figure shows, and with the run so far.
        alarms_at_end: The same if the run is over: a search that goes on may still get better.
        panels: A digest of the values of each of its panels, by title.
        warnings: What could not be judged, a line each: it cost no figure.
    """

    status: Status = "drawn"
    files: tuple[Path, ...] = ()
    errors: tuple[str, ...] = ()
    fault: str = ""
    spool: Path | None = None
    snapshot: str = ""
    figure: str = ""
    iteration: int | None = None
    log_likelihood: float | None = None
    published: float | None = field(default=None, repr=False)
    unreadable: str = field(default="", repr=False)
    seconds: float = field(default=0.0, repr=False)
    memory: int = field(default=0, repr=False)
    used: float = field(default=0.0, repr=False)
    waited: float = field(default=0.0, repr=False)
    record: str = field(default="", repr=False)
    alarms: tuple[Alarm, ...] = ()
    alarms_at_end: tuple[Alarm, ...] = field(default=(), repr=False)
    panels: Mapping[str, str] = field(default_factory=dict, repr=False, compare=False)
    warnings: tuple[str, ...] = ()

    @property
    def messages(self) -> tuple[str, ...]:
        """What there is to tell a person of faults, a line each."""
        return (self.fault, *self.errors) if self.fault else self.errors

    def to_line(self) -> str:
        """The result of a worker, for the process that asked for it: which figure it is about is known there."""
        return json.dumps(asdict(self), default=str)

    @staticmethod
    def from_line(line: str | bytes) -> RenderResult:
        """Read a line of `to_line`.

        Raises:
            ValueError: The line is no result: a figure's code ran where it comes from.
        """
        try:
            content: dict[str, Any] = json.loads(line)
            facts: dict[str, Any] = {name: str(content[name]) for name in ("fault", "unreadable", "record")}
            facts |= {name: finite_number(content[name]) for name in ("seconds", "used", "waited")}
            facts |= {name: tuple(map(str, content[name])) for name in ("errors", "warnings")}
            facts |= {name: alarms_of(content[name]) for name in ("alarms", "alarms_at_end")}
            facts["memory"] = whole_number(content["memory"])
            facts["panels"] = {str(title): str(digest) for title, digest in content["panels"].items()}
            numbers = {"iteration": whole_number, "log_likelihood": finite_number, "published": finite_number}
            facts |= {name: read(content[name]) for name, read in numbers.items() if content[name] is not None}
            files, status = tuple(Path(str(path)) for path in content["files"]), content["status"]
            if status not in get_args(Status):
                raise ValueError(f"the status is {status!r:.100}")
        except (ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError) as error:
            raise ValueError(f"no result: {error!r:.200}") from error
        return RenderResult(status, files, **facts)


def failed(error: Exception, spool: Path | None = None) -> RenderResult:
    """The result of work that an error prevented, one of our own or of the system's."""
    kinds: dict[type[Exception], Status] = {
        NoSpoolError: "missing",
        FigureError: "undrawable",
        LinkError: "unwritable",
        SpoolError: "unreadable",
        OSError: "unwritable",
    }
    status: Status = next((status for kind, status in kinds.items() if isinstance(error, kind)), "undrawable")
    return RenderResult(status, fault=error_line(error), spool=spool)


def of_run(spool: Path, message: str) -> str:
    """A message with the run that it is about, unless it begins with a path."""
    run = str(spool.parent)
    return message if message.startswith(run) or os.path.isabs(message) else f"{run}: {message}"


def error_line(error: Exception) -> str:
    """An error in one line, the file first."""
    if isinstance(error, OSError) and not isinstance(error, SpoolError) and error.filename:
        return f"{os.fspath(error.filename)}: {error.strerror}"
    return str(error)


@dataclass(frozen=True)
class Task(ABC):
    """What a worker can be asked for.

    Attributes:
        spool: The spool's directory.
        figure: What to draw.
        path: Of the files to make; see the kinds of tasks.
        settings: How to draw it; `figures` has no part in it.
    """

    spool: Path
    figure: FigureSpec
    path: Path
    settings: RenderSettings = field(default=RenderSettings(), kw_only=True)

    @property
    def kind(self) -> str:
        """Where another process finds the class: `module:class`."""
        return f"{type(self).__module__}:{type(self).__qualname__}"

    @property
    @abstractmethod
    def subject(self) -> str:
        """What the figure is of, for a person to read."""

    @abstractmethod
    def files(self) -> Sequence[tuple[str, Path]]:
        """The files to be made, each with its format."""

    @abstractmethod
    def do(self, draw: Callable[[Job], RenderResult], say: Callable[[str], None]) -> RenderResult:
        """Do it.

        Args:
            draw: Draws one figure of one snapshot.
            say: Sends a line to whoever waits for the result.
        """

    def to_line(self) -> str:
        """The task for another process, which may be in another folder: the paths are absolute."""
        paths = {"spool": str(self.spool.absolute()), "path": str(self.path.absolute())}
        return json.dumps(asdict(replace(self, settings=replace(self.settings, figures=None))) | paths)

    @classmethod
    def from_line(cls, line: str | bytes) -> Self:
        """Read a line of `to_line`."""
        content: dict[str, Any] = json.loads(line)
        content |= {name: Path(content[name]) for name in ("spool", "path")}
        content |= {"figure": FigureSpec(**content["figure"]), "settings": RenderSettings(**content["settings"])}
        return cls(**content)


@dataclass(frozen=True)
class Job(Task):
    """One figure of one snapshot.

    Attributes:
        path: Of the figure's files, without the suffixes of their formats.
        snapshot: The name of the snapshot's file.
        is_live: Files may still be on their way: it is not for whoever draws to note which cannot be read.
    """

    snapshot: str
    is_live: bool = False

    @property
    def subject(self) -> str:
        return self.snapshot

    def files(self) -> list[tuple[Format, Path]]:
        return list(zip(self.settings.formats, files_of(self.path, self.settings.formats), strict=True))

    def do(self, draw: Callable[[Job], RenderResult], say: Callable[[str], None]) -> RenderResult:
        del say
        return draw(self)


def figures_folder(paths: SpoolPaths, out: Path | None, asked: Path) -> Path:
    """The folder for the figures of a spool.

    Args:
        paths: Of the spool.
        out: None is the run's own `image/`; else that folder, or for a spool deeper under the path that was asked for,
            a folder at the same place below it: several runs have figures of the same names.
        asked: The path that was asked for.

    Raises:
        LinkError: The run's own folder is a link.
    """
    if out is None:
        refuse_links(paths, paths.images)
        return paths.images
    # as they are named and not as they are linked: a run on another disk has its place in the tree, too
    # and as if archived ones were extracted: a figure stays where it is when its run is archived
    paths = SpoolPaths(extracted(Path(os.path.abspath(paths.directory))))
    asked = extracted(Path(os.path.abspath(asked)))
    if paths.directory == asked or not paths.directory.is_relative_to(asked):
        return out
    return out / paths.run_dir.relative_to(asked) / paths.images.relative_to(paths.run_dir / "image")


def path_of(
    folder: Path, figure: FigureSpec, stem: str, settings: RenderSettings, suffix: str = ""
) -> tuple[Path, str]:
    """The path of a figure's files, without the suffixes of their formats.

    Where another program's file has its name, the run's own first figure is called as any other figure is.

    Args:
        folder: Where they go.
        figure: Which.
        stem: What it is called, if that name is free.
        settings: In which formats.
        suffix: Of the names of all.

    Returns:
        The path, and what there is to say of it in a line; empty if it has the name that it should have.
    """
    first, other = folder / f"{stem}{suffix}", folder / f"{settings.stem(figure)}{suffix}"
    theirs = another_programs(first, settings.formats)
    if theirs is None or first == other:
        return first, ""
    told = f"another program wrote it, so it is kept; figure {figure.name!r} goes to {other.name}{theirs.suffix}"
    return other, f"{theirs}: {told}"


def refuse_links(paths: SpoolPaths, folder: Path) -> None:
    """See that a folder of figures is not reached through a link in a run, which whoever made it may have planted.

    What is not in the run's own folder for figures was named by a person, and may be anything.

    Raises:
        LinkError: It is.
    """
    top = paths.figures
    if folder.is_relative_to(top):
        for each in (folder, *folder.parents):
            if os.path.islink(each):
                raise LinkError(each, "is a link, through which no figures are written: remove it, or give --out DIR")
            if each == top:
                return
