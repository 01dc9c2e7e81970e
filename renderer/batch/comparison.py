"""Two snapshots side by side, in a file: two steps of a run, or of two runs."""

from __future__ import annotations

import json
import logging
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from autoviz_render.renderer.compare import Compared, drawn
from autoviz_render.renderer.plot.formats import Format
from autoviz_render.renderer.work.figure_files import another_programs, files_of
from autoviz_render.renderer.work.jobs import Job, RenderResult, Task, failed, refuse_links
from autoviz_render.spool.errors import AutovizError, NoSpoolError
from autoviz_render.spool.paths import SpoolPaths, snapshot_ref
from autoviz_render.spool.snapshot import Snapshot
from autoviz_render.spool.store import Spool
from autoviz_render.spool.system.atomic import write_whole

log = logging.getLogger("autoviz_render.renderer")

_THEIRS = "another program wrote it, so it is not replaced: name another folder by --out DIR"


@dataclass(frozen=True)
class ComparisonJob(Task):
    """One figure of two snapshots.

    Attributes:
        path: Of the figure's files, without the suffixes of their formats.
        snapshot: The name of A's file.
        other_spool: The spool's directory of B.
        other: The name of B's file.
        names: What A and B are called.
        are_two_runs: Whether they are of two runs.
    """

    snapshot: str
    other_spool: Path
    other: str
    names: Sequence[str]
    are_two_runs: bool

    @property
    def subject(self) -> str:
        return f"the comparison {self.path.name}"

    def files(self) -> list[tuple[Format, Path]]:
        return list(zip(self.settings.formats, files_of(self.path, self.settings.formats), strict=True))

    def to_line(self) -> str:
        named = replace(self, other_spool=str(self.other_spool.absolute()))  # type: ignore[arg-type]  # for JSON
        return super(ComparisonJob, named).to_line()

    @classmethod
    def from_line(cls, line: str | bytes) -> ComparisonJob:
        content: dict[str, Any] = json.loads(line)
        return replace(super().from_line(line), other_spool=Path(content["other_spool"]))

    def do(self, draw: Callable[[Job], RenderResult], say: Callable[[str], None]) -> RenderResult:
        del draw, say
        try:
            return self._draw()
        except (AutovizError, OSError) as error:
            return failed(error)

    def _draw(self) -> RenderResult:
        pair = Compared(
            _read(self.spool, self.snapshot),
            _read(self.other_spool, self.other),
            (str(self.names[0]), str(self.names[1])),
            self.are_two_runs,
        )
        drawing = drawn(pair, self.figure, self.settings)
        errors = tuple(f"figure {self.figure.name!r}: {error}" for error in drawing.errors)
        if drawing.is_error_page:
            return RenderResult("abandoned", errors=errors, fault=f"{self.subject}: nothing of it can be drawn")
        refuse_links(SpoolPaths(self.spool), self.path.parent)
        if (theirs := another_programs(self.path, self.settings.formats)) is not None:
            return RenderResult("unwritable", fault=f"{theirs}: {_THEIRS}")
        self.path.parent.mkdir(parents=True, exist_ok=True)
        for kind, path in self.files():
            write_whole(path, [drawing.encode(kind)], tmp=path.parent)
        return RenderResult(files=tuple(path for _, path in self.files()), errors=errors, **_facts(pair.other))


def _facts(snapshot: Snapshot) -> dict[str, Any]:
    likelihood = snapshot.log_likelihood if math.isfinite(snapshot.log_likelihood) else None
    return {"iteration": snapshot.iteration, "log_likelihood": likelihood}


def _read(directory: Path, name: str) -> Snapshot:
    """A snapshot by its file's name. Raises SpoolError."""
    spool = Spool(directory)
    ref = snapshot_ref(spool.paths.snapshots, name)
    if ref is None:
        raise ValueError(f"{name!r} is no name of a snapshot")
    try:
        return spool.read(ref)
    except FileNotFoundError as error:
        raise NoSpoolError(ref.path, "is gone: the run removed it meanwhile; choose another step") from error
