"""Reads how one run stands, each file again only if it changed."""

from __future__ import annotations

import contextlib
import math
import os
import time
from collections import OrderedDict
from dataclasses import dataclass, replace
from pathlib import Path

from autoviz_render.renderer.alarms.alarm import Alarm
from autoviz_render.renderer.alarms.alarms_file import Found, alarms_path, read_alarms
from autoviz_render.renderer.alarms.among import Progress, progress_of
from autoviz_render.renderer.heartbeat import Heartbeat, read_heartbeat
from autoviz_render.renderer.settings import RenderSettings
from autoviz_render.renderer.work.jobs import LinkError, error_line, figures_folder
from autoviz_render.spool.errors import NoSpoolError, SpoolError
from autoviz_render.spool.info import SpoolInfo, read_info
from autoviz_render.spool.notes import Notes
from autoviz_render.spool.packs.pack_files import PackFiles
from autoviz_render.spool.paths import SpoolPaths, snapshot_ref
from autoviz_render.spool.snapshot import SnapshotRef
from autoviz_render.spool.system.archived import extracted, status_of
from autoviz_render.spool.system.network_mounts import is_on_network
from autoviz_render.spool.system.process_alive import is_alive
from autoviz_render.views.model.course import Course, CurveReader, Tempo
from autoviz_render.views.model.figure_files import FigureFiles
from autoviz_render.views.model.reasons import Facts
from autoviz_render.views.model.run_view import (
    EndView,
    FigureView,
    FrameView,
    RendererStateName,
    RendererView,
    RunDetail,
    RunStateName,
    RunView,
)

_MOST_COUNTED = 10_000  # files that cannot be read
_LONGEST_WAY = 90.0  # seconds from publishing until an update is seen: a network file system hides it for a minute
_LOOKED_AT = 8  # runs, of which the curves are kept for the next look


@dataclass(frozen=True)
class Place:
    """What is looked at, and how its figures are drawn.

    Attributes:
        path: What is looked at.
        out: The folder for the figures of all, see `figures_folder`; None is each run's own.
        settings: How they are drawn.
    """

    path: Path
    out: Path | None = None
    settings: RenderSettings = RenderSettings()

    def key(self, spool: Path) -> str:
        """What a spool's run is called, see `RunView`; it keeps that as its folder is put into a zip."""
        spool = extracted(spool)
        place = spool.parent if spool.name == "spool" else spool
        below = os.path.relpath(place, extracted(self.path.absolute()))
        return "." if below.startswith(os.pardir) else Path(below).as_posix()

    def figures(self, spool: Path) -> FigureFiles:
        """Where the figures of a spool are."""
        paths = SpoolPaths(spool)
        try:
            folder = figures_folder(paths, self.out, self.path)
        except LinkError:
            folder = paths.images
        return FigureFiles(folder, self.settings)


class RunReader:
    """Reads how one run stands, as often as it may have changed.

    Args:
        spool: Its spool's directory.
        place: What is looked at.

    Attributes:
        view: How it stood at the last look, but for what changes with time: see `facts`.
        our_beat: What the renderer in this process says of itself; None if none draws the run here.
        our_alarms: What that renderer found; None if it has drawn nothing yet.
        drawn: The quick update that each figure shows, by its name, as far as that is known.
        found: What its `alarms.json` says.
        fault: Why the run cannot be read, in a line; empty if it can.
        clock_ahead: Seconds by which the clock of its host is ahead of the one here, if a mirror knows that; else 0.
    """

    def __init__(self, spool: Path, place: Place) -> None:
        self._paths = SpoolPaths(spool)
        self._files = place.figures(spool)
        self._is_on_network = is_on_network(spool)
        self.view = RunView(place.key(spool), spool, self._files.folder, self._paths.run_dir.name)
        self.our_beat: Heartbeat | None = None
        self.our_alarms: tuple[Alarm, ...] | None = None
        self.drawn: dict[str, int] = {}
        self.clock_ahead = 0.0
        self._signatures: dict[str, tuple[object, ...]] = {}
        self._unsettled: set[str] = set()
        self._info: SpoolInfo | None = None
        self._course: Course | None = None
        self._refs: tuple[int, SnapshotRef | None] = (0, None)
        self._packs = 0
        self._beat: Heartbeat | None = None
        self._alarms_path = str(alarms_path(self._paths))
        self.found = Found()
        self._tempo = Tempo()
        self.fault = ""
        self._waits = (0.0, 0.0)  # seconds that the last two looks waited, for the disk as a rule
        self._age = _Age()

    @property
    def is_unsettled(self) -> bool:
        """Whether to look once more soon: what changed just now may have changed again within the clock's grain."""
        return bool(self._unsettled)

    @property
    def is_renderer_different(self) -> bool:
        """Whether its renderer is late by now, or is not any more, as far as its last sign of life tells."""
        return self._renderer() != self.view.renderer

    def frame(self, figure: FigureView) -> FrameView:
        """What there is to tell of a figure that another process has drawn."""
        step = figure.step if figure.step is not None else self.view.step or 0
        published = self._course.time_of(step) if self._course else None
        now = time.time()
        return FrameView(self.view.key, figure.name, step, figure.file, now, now if published is None else published)

    def read(self) -> RunView:
        """Look at the run.

        Raises:
            NoSpoolError: It is gone.
        """
        began, used = time.monotonic(), time.thread_time()
        try:
            changed = self._changed()
            is_news = bool(changed) or not self._is_as_it_was()
            if is_news:
                self._read_parts(changed)
                self.fault = ""
        except NoSpoolError:
            raise
        except (SpoolError, OSError) as error:
            self.fault = error_line(error)
            self._signatures.clear()
            is_news = True
        waited = time.monotonic() - began - (time.thread_time() - used)
        self._waits = (self._waits[1], waited)
        if is_news:
            self.view = self._made()
        return self.view

    def progress(self, now: float) -> Progress | None:
        """When a run that goes on last got any further; None if it is over, or not known."""
        if self._course is None or self.view.state != "running":
            return None
        return progress_of(self._course.sparse(), now)

    def not_later_than(self, now: float) -> None:
        """The clock was set back: what happened before is not yet to come."""
        self._age.updated = None if self._age.updated is None else min(self._age.updated, now)
        view = self.view
        updated = None if view.updated is None else min(view.updated, now)
        self.view = replace(view, updated=updated, started=min(view.started, now))

    def rest(self) -> None:
        """Keep little of a run that is over: there may be very many. What changes is read anew."""
        if not self._unsettled and self._info is not None:
            self._info = self._course = None

    def detail(self, curves: CurveReader) -> RunDetail:
        """What is read only if somebody looks; raises as `read` does."""
        if self._info is None:
            self._signatures.clear()  # it is at rest, and is read anew
        view = self.read()
        if self._info is None or self._course is None:
            return RunDetail(view)
        last = self._course.last
        with contextlib.suppress(SpoolError, OSError):
            return RunDetail(view, curves.read(self._info.epochs), dict(last.parameters) if last else {}, self._kept())
        return RunDetail(view)

    def facts(self, now: float) -> Facts:
        """What the reasons for its state are found from.

        Args:
            now: In seconds since 1970 (UTC).
        """
        info, beat = self._info, self.our_beat or self._beat
        newest = self._refs[1]
        return Facts(
            state=self.view.state,
            host=info.producer.host if info else "",
            silent=self._age.silent(now),
            interval=self._tempo.interval,
            longest=self._tempo.longest,
            renderer=self.view.renderer.state,
            overdue=0.0 if self.our_beat or beat is None else _overdue(beat, now),
            is_renderer_gone=beat is not None and self.our_beat is None and _is_gone(beat),
            has_something_to_draw=newest is not None and newest.path.name != self.view.renderer.last_drawn,
            look_seconds=min(self._waits),  # once it may have been for a processor
            is_on_network=self._is_on_network,
            ahead=self._age.ahead,
        )

    # What changed

    def _is_as_it_was(self) -> bool:
        """Whether nothing is different that no file of the run tells: whether its processes are alive."""
        if self.fault:
            return False
        if self._info is None:  # it is at rest
            return True
        return _state(self._info) == self.view.state and self._renderer() == self.view.renderer

    def _changed(self) -> set[str]:
        """The parts whose files are not as they were, or were not at rest."""
        spool, folder = str(self._paths.directory), str(self._files.folder)
        now: dict[str, tuple[object, ...]] = {
            "info": (_signature(f"{spool}/spool.json"),),
            "course": (_signature(f"{spool}/scalars.jsonl"),),
            "refs": (_signature(f"{spool}/snapshots"), _signature(f"{spool}/packs")),
            "beat": (_signature(f"{spool}/renderer.json"),),
            "alarms": (_signature(self._alarms_path),),
            "figures": (_signature(folder),),
            "bad": (_signature(f"{spool}/bad"),),
        }
        different = {name for name, signature in now.items() if self._signatures.get(name) != signature}
        changed = different | self._unsettled
        self._signatures, self._unsettled = now, different
        return changed

    def _read_parts(self, changed: set[str]) -> None:
        paths = self._paths
        if "info" in changed or self._info is None:
            self._info = read_info(paths.info)
            changed |= {"course", "figures"}
        epochs = self._info.epochs
        if "course" in changed or self._course is None:
            self._course = self._course or Course(paths.scalars)
            self._course.read(epochs, goes_on=self._info.state == "running")
            self._tempo = self._course.tempo()
            if self._course.last is not None:
                self._age.see(self._course.last.time, is_near=self._info.producer.is_near(), ahead=self.clock_ahead)
            changed.add("refs")
        if "refs" in changed:
            kept = self._kept()
            self._refs = len(kept), kept[-1] if kept else None
        if "beat" in changed:
            self._beat = read_heartbeat(paths.heartbeat)
        if "alarms" in changed:
            self.found = read_alarms(Path(self._alarms_path)) or Found()

    def _kept(self) -> list[SnapshotRef]:
        """The snapshots that are there and count. Raises SpoolError, OSError."""
        files = PackFiles(self._paths)
        refs = files.snapshots()
        self._packs = files.count()
        abandoned = self._course.abandoned if self._course else set()
        return [ref for ref in refs if ref.key not in abandoned] if abandoned else refs

    # What there is to tell

    def _made(self) -> RunView:
        info, course = self._info, self._course
        if info is None or course is None or self.fault:
            return replace(self.view, warning=self.fault, is_readable=False)
        last, (count, newest) = course.last, self._refs
        renderer = self._renderer()
        figures = self._figures(info, renderer, newest)
        state = _state(info)
        return RunView(
            key=self.view.key,
            spool=self._paths.directory,
            figures_folder=self._files.folder,
            run=info.run,
            state=state,
            epoch=info.epoch,
            updates=last.sequence + 1 if last else 0,
            step=newest.sequence if newest else None,
            snapshots=count,
            iteration=last.iteration if last else None,
            counts=last.counts if last else "",
            log_likelihood=course.best if math.isfinite(course.best) else None,
            log_evidence=_finite(last.scalars.get("log_evidence")) if last else None,
            rate=self._tempo.rate,
            interval=self._tempo.interval,
            started=min(info.created, time.time()),
            updated=self._age.updated if last else None,
            renderer=renderer,
            figures=figures,
            warning=renderer.last_error or next((each.error for each in figures if each.error), ""),
            bad_files=len(Notes(self._paths).files(_MOST_COUNTED)) if self._signatures.get("bad") != (None,) else 0,
            scalars=last.scalars if last else {},
            figure_names=info.figures,
            newest=newest.path.name if newest else None,
            packs=self._packs,
            newest_log_likelihood=_finite(last.log_likelihood) if last else None,
            end=_end(course, self._age.ahead) if state == "running" else None,
            walltime=_walltime(info, self._age.ahead) if state == "running" else None,
            alarms=self.standing(),
        )

    def standing(self) -> tuple[Alarm, ...]:
        """What a renderer found; the one in this process if it draws the run, as its file may not be writable."""
        return self.found.alarms if self.our_beat is None or self.our_alarms is None else self.our_alarms

    def _figures(self, info: SpoolInfo, renderer: RendererView, newest: SnapshotRef | None) -> tuple[FigureView, ...]:
        """Which there are; all show the snapshot that is drawn if it is the newest, or if there is one figure."""
        drawn = snapshot_ref(self._paths.snapshots, renderer.last_drawn or "")
        is_told = drawn is not None and (len(info.figures) == 1 or drawn == newest)
        step = drawn.sequence if drawn is not None and is_told else None
        return self._files.read(info.figures, self.view.figures, self.drawn, step)

    def _renderer(self) -> RendererView:
        beat = self.our_beat or self._beat
        return RendererView() if beat is None else renderer_view(beat, is_ours=self.our_beat is not None)


class _Age:
    """How long ago the newest update was, whatever the clocks do: here, or where the search runs."""

    def __init__(self) -> None:
        self._time = math.nan  # of the newest update, as the search told it
        self._lags = (math.inf, math.inf)  # from that until it was seen, of the last two that were seen to come
        self._before = 0.0  # seconds since it when it was seen
        self._seen_at = 0.0  # on the clock that nobody sets
        self.updated: float | None = None
        self.ahead = 0.0

    def see(self, updated: float, *, is_near: bool, ahead: float = 0.0) -> None:
        """Take note of the newest update.

        Args:
            updated: When it was published, by the clock of the search.
            is_near: Whether that clock is the one here.
            ahead: Seconds by which it is known to be ahead of the one here; 0 if that is not known.
        """
        if updated == self._time:
            return
        lag = time.time() - updated
        is_seen_to_come = not math.isnan(self._time)
        self._lags = (self._lags[1], lag if is_seen_to_come else math.inf)
        is_behind = not is_near and math.inf > max(self._lags) and min(self._lags) > _LONGEST_WAY
        shift = min(self._lags) if is_behind else min(0.0, lag)
        shift = min(-ahead, lag) if ahead and not is_near else shift
        self._time, self.updated, self.ahead = updated, updated + shift, -shift
        self._before, self._seen_at = max(0.0, lag - shift), time.monotonic()

    def silent(self, now: float) -> float | None:
        """Seconds since then, the fewest that are possible: the clock may have been set, the machine suspended."""
        if self.updated is None:
            return None
        return min(max(0.0, now - self.updated), self._before + time.monotonic() - self._seen_at)


class CurveReaders:
    """Those of the runs that were looked at last."""

    def __init__(self) -> None:
        self._readers: OrderedDict[Path, CurveReader] = OrderedDict()

    def of(self, spool: Path) -> CurveReader:
        """That of a spool."""
        reader = self._readers.setdefault(spool, CurveReader(SpoolPaths(spool).scalars))
        self._readers.move_to_end(spool)
        while len(self._readers) > _LOOKED_AT:
            self._readers.popitem(last=False)
        return reader


def renderer_view(beat: Heartbeat, *, is_ours: bool = False) -> RendererView:
    """What a heartbeat says of a renderer; the one in this process is not late."""
    state: RendererStateName = "late" if not is_ours and beat.is_late() else beat.activity
    return RendererView(
        state,
        beat.pid,
        beat.host,
        beat.drawn,
        beat.coalesced,
        min(beat.beat, time.time()) or None,
        beat.frame_seconds,
        beat.last_drawn,
        beat.last_error,
    )


def _state(info: SpoolInfo) -> RunStateName:
    return "died" if info.state == "running" and info.is_over() else info.state


def _end(course: Course, ahead: float) -> EndView | None:
    """When a run will be done, by the clock here."""
    if (told := course.end()) is None or told[1].is_reached:
        return None
    line, left = told
    moment = line.time - ahead
    return EndView(
        done=moment + left.seconds_left,
        earliest=moment + left.low,
        latest=moment + left.high,
        began=moment - left.seconds,
        iterations_left=left.iterations_left,
        criterion=left.criterion,
    )


def _walltime(info: SpoolInfo, ahead: float) -> float | None:
    return None if info.producer.walltime is None else info.producer.walltime - ahead


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None


def _overdue(beat: Heartbeat, now: float) -> float:
    """Seconds since the next sign of life was due."""
    if not beat.is_late():
        return 0.0
    return max(
        0.0, time.monotonic() - beat.clock - beat.promise if beat.is_of_this_machine() else now - beat.next_beat_by
    )


def _is_gone(beat: Heartbeat) -> bool:
    """Whether the process of a renderer has surely ended without a word."""
    return beat.activity != "stopped" and beat.is_of_this_machine() and is_alive(beat.pid) is False


def _signature(path: str) -> object:
    """What a file or a folder is like, on disk or in a zip: what changes if it does; None if there is none."""
    try:
        status = os.stat(path)
    except FileNotFoundError:
        return None
    except OSError:
        try:
            status = status_of(Path(path))
        except (OSError, SpoolError):
            return None
    return hash((status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns))
