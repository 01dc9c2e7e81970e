"""A figure of one snapshot with the axes and colours of another: to compare two moments, or two runs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from autoviz_render.figures.registry import FigureError
from autoviz_render.renderer.plot.drawing import KeptFigure
from autoviz_render.renderer.settings import FigureSpec, RenderSettings
from autoviz_render.renderer.work.jobs import Job, RenderResult, failed
from autoviz_render.renderer.work.judge import Judge
from autoviz_render.renderer.work.kept_figure import kept_figure
from autoviz_render.spool.errors import SpoolError
from autoviz_render.spool.paths import SpoolPaths, snapshot_ref
from autoviz_render.spool.snapshot import Snapshot
from autoviz_render.spool.store import Spool
from autoviz_render.spool.system.archived import status_of
from autoviz_render.spool.system.atomic import write_whole


@dataclass(frozen=True)
class LimitedJob(Job):
    """One figure of one snapshot, with the limits of another.

    Attributes:
        like_spool: The spool directory of the other snapshot.
        like_snapshot: The name of its file.
    """

    like_spool: str = ""
    like_snapshot: str = ""

    def do(self, draw: Callable[[Job], RenderResult], say: Callable[[str], None]) -> RenderResult:
        del draw, say
        try:
            figure = _figure(self.figure, self.settings, self.like_spool, self.like_snapshot, self._stamp())
            judge = Judge(SpoolPaths(self.spool).run_dir, self.figure.name)
            drawing = figure.draw(_read(self.spool, self.snapshot), judge)
            for kind, path in self.files():
                write_whole(path, [drawing.encode(kind)], tmp=path.parent)
        except FileNotFoundError:
            return RenderResult("gone")
        except (SpoolError, FigureError, OSError) as error:
            return failed(error)
        errors = tuple(f"figure {self.figure.name!r}: {error}" for error in drawing.errors)
        return RenderResult(files=tuple(path for _, path in self.files()), errors=errors)

    def _stamp(self) -> tuple[int, int]:
        """Tells a run from one begun anew. Raises FileNotFoundError, SpoolError, OSError."""
        status = status_of(SpoolPaths(Path(self.like_spool)).info)
        return status.st_ino, status.st_ctime_ns


@lru_cache(2)  # each is a figure that is kept: whoever compares looks at one step after the other
def _figure(spec: FigureSpec, how: RenderSettings, spool: str, snapshot: str, _stamp: tuple[int, int]) -> KeptFigure:
    return kept_figure(spec.recipe(), spec.name, how, _read(Path(spool), snapshot), limits=snapshot)


def _read(directory: Path, name: str) -> Snapshot:
    spool = Spool(directory)
    if (ref := snapshot_ref(spool.paths.snapshots, name)) is None:
        raise ValueError(f"{name!r} is no name of a snapshot")
    return spool.read(ref)
