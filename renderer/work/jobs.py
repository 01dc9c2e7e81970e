"""What is to be drawn, and what became of it: values that one process can tell another in a line of text."""

from __future__ import annotations

import json
import math
import os
import sys
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, ClassVar, Literal, Protocol, get_args

from autoviz_render.figures.registry import Recipe, find_figure, load_figure
from autoviz_render.renderer.plot.formats import Format
from autoviz_render.spool.errors import SpoolError
from autoviz_render.spool.paths import SpoolPaths

LIVE_DPI = 100
FIRST_STEM = "fit"

Status = Literal["drawn", "gone", "unreadable", "unready", "unwritable", "abandoned", "undrawable"]
"""gone: by retention, which is no fault. unreadable: the snapshot or a static file is at fault, if it is all there.
unready: it may be read later, as the disk is at fault or a static file is missing.
unwritable: the figure's file, for now.
abandoned: the figure took too long, or its process died. undrawable: there is no such figure here."""


class LinkError(SpoolError):
    """Figures would be written through a link in a run, and could go anywhere."""


@dataclass(frozen=True)
class Figure:
    """A figure by its name, or one that a person asked for by `module:function`.

    target: the latter; never from a spool. folder: where to import it from, besides where Python looks anyhow.
    """

    name: str
    target: str = ""
    folder: str = ""

    def recipe(self) -> Recipe:
        """Raises FigureError where there is none."""
        if self.folder and self.folder not in sys.path:
            sys.path.insert(0, self.folder)  # as `python -m` does: the module may lie beside the user
        return load_figure(self.target) if self.target else find_figure(self.name)


class Task(Protocol):
    """What a worker can be asked for. kind: which of them. snapshot: what the figure is of, for a person to read."""

    kind: ClassVar[str]

    @property
    def figure(self) -> Figure: ...

    @property
    def snapshot(self) -> str: ...

    def files(self) -> Sequence[tuple[str, Path]]:
        """The files to be made, each with its format."""

    def to_line(self) -> str:
        """For another process, which may be in another folder: the paths are absolute."""


@dataclass(frozen=True)
class Job:
    """One figure of one snapshot.

    spool: its directory. snapshot: the name of the file. path: of the figure, without the formats' endings.
    dpi: dots an inch; 100 is live size, 200 full. is_live: whether files may still be on their way, so that it is not
        for whoever draws to note which cannot be read.
    """

    kind: ClassVar[str] = "job"

    spool: Path
    snapshot: str
    figure: Figure
    path: Path
    formats: Sequence[Format] = ("png",)
    dpi: int = LIVE_DPI
    theme: Literal["light", "dark"] = "light"
    is_live: bool = False

    def files(self) -> list[tuple[Format, Path]]:
        """The files to be made, each with its format."""
        return [(kind, self.path.with_name(f"{self.path.name}.{kind}")) for kind in self.formats]

    def to_line(self) -> str:
        paths = {"spool": str(self.spool.absolute()), "path": str(self.path.absolute())}
        return json.dumps(asdict(self) | paths)

    @staticmethod
    def from_line(line: str | bytes) -> Job:
        content: dict[str, Any] = json.loads(line)
        folders = {name: Path(content[name]) for name in ("spool", "path")}
        return Job(**content | folders | {"figure": Figure(**content["figure"])})


@dataclass(frozen=True)
class RenderResult:
    """What became of a job.

    files: those made. errors: a line for each panel that shows its error instead. fault: why nothing was drawn.
    unreadable: the file at fault if one cannot be read.
    seconds: that it took; used, waited: of these, with a processor, and waiting for one; 0 if the system does not tell.
    memory: of the process that drew, in bytes; 0 if nobody asked.
    """

    status: Status = "drawn"
    files: tuple[Path, ...] = ()
    errors: tuple[str, ...] = ()
    fault: str = ""
    unreadable: str = ""
    seconds: float = 0.0
    memory: int = 0
    used: float = 0.0
    waited: float = 0.0

    def to_line(self) -> str:
        return json.dumps(asdict(self) | {"files": [str(path) for path in self.files]})

    @staticmethod
    def from_line(line: str | bytes) -> RenderResult:
        """Raises ValueError if the line is no result: a figure's code ran where it comes from."""
        try:
            content: dict[str, Any] = json.loads(line)
            files, errors = (tuple(map(_text, content[name])) for name in ("files", "errors"))
            seconds, used, waited = (float(content[name]) for name in ("seconds", "used", "waited"))
            memory = int(content["memory"])
            status, fault, unreadable = content["status"], _text(content["fault"]), _text(content["unreadable"])
        except (ValueError, TypeError, KeyError, OverflowError, RecursionError) as error:
            raise ValueError(f"no result: {error!r:.200}") from error
        if status not in get_args(Status) or not all(map(math.isfinite, (seconds, used, waited))):
            raise ValueError(f"no result: {status!r:.200} after {seconds} s")
        return RenderResult(status, tuple(map(Path, files)), errors, fault, unreadable, seconds, memory, used, waited)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"a {type(value).__name__} is no text")
    return value


def stems(figures: Iterable[Figure]) -> list[tuple[Figure, str]]:
    """With the names of their files: the first is called `fit`, as PyAutoFit's are, the others as the figures are."""
    return [(figure, figure.name if number else FIRST_STEM) for number, figure in enumerate(figures)]


def figures_folder(paths: SpoolPaths, out: Path | None, asked: Path) -> Path:
    """Where the figures of a spool go.

    out: None is the run's own `image/`; else that folder, or for a spool deeper under the path that was asked for, a
        folder below it of the same place: several runs have figures of the same names.
    Raises LinkError if the run's own is a link.
    """
    if out is None:
        refuse_links(paths, paths.images)
        return paths.images
    # as they are named and not as they are linked: a run on another disk has its place in the tree, too
    directory, asked = (Path(os.path.abspath(path)) for path in (paths.directory, asked))
    if not directory.is_relative_to(asked):
        return out
    below = directory.relative_to(asked)
    name = directory.name.removeprefix("spool").removeprefix("-").strip(".")  # `..` would lead out of it
    return out / below.parent / name if below.parts else out


def refuse_links(paths: SpoolPaths, folder: Path) -> None:
    """See that a folder of figures is not reached through a link in a run, which whoever made it may have planted.

    Raises LinkError. What is not in the run's `image/` was named by a person, and may be anything.
    """
    top = paths.run_dir / "image"
    if folder.is_relative_to(top):
        for each in (folder, *folder.parents):
            if os.path.islink(each):
                raise LinkError(each, "is a link, through which no figures are written: remove it, or give --out DIR")
            if each == top:
                return
