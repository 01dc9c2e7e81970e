"""How one run stands, and all runs below a path: values, which know no clock and no disk.

Moments are in seconds since 1970 (UTC). An age is the difference to `Overview.now`. Texts are as their writers made
them, perhaps strangers: each view escapes them for where it shows them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from autoviz_render.renderer.alarms.alarm import Alarm
from autoviz_render.spool.snapshot import SnapshotRef

RunStateName = Literal["running", "finished", "failed", "died"]
RendererStateName = Literal["none", "starting", "watching", "drawing", "late", "stopped"]


@dataclass(frozen=True)
class FigureView:
    """A figure of a run, as its file is now.

    Attributes:
        name: The figure's.
        file: Its first file, a picture that a browser can show.
        modified: When the file was last replaced.
        size: In bytes.
        step: The quick update that it shows; None if that is not known.
        error: Why it is not newer, if its last drawing failed; empty otherwise.
    """

    name: str
    file: Path
    modified: float
    size: int
    step: int | None = None
    error: str = ""


@dataclass(frozen=True)
class RendererView:
    """The renderer of a run, as its heartbeat says.

    Attributes:
        state: What it does; "none" if there never was one, "late" if its next heartbeat is overdue.
        pid, host: Where it runs.
        drawn: Snapshots drawn.
        skipped: Snapshots skipped for a newer one.
        beat: When it gave its last sign of life.
        frame_seconds: How long the last frame took; None if none was drawn.
        last_drawn: The name of the snapshot drawn last; None if none was.
        last_error: In a line; None if there was none.
    """

    state: RendererStateName = "none"
    pid: int = 0
    host: str = ""
    drawn: int = 0
    skipped: int = 0
    beat: float | None = None
    frame_seconds: float | None = None
    last_drawn: str | None = None
    last_error: str | None = None


@dataclass(frozen=True)
class EndView:
    """When a run will be done, as of its newest quick update; see `figures.estimate`.

    Attributes:
        done: When, the median.
        earliest, latest: Between which it is in eight of ten runs.
        began: When it would have begun without its pauses.
        iterations_left: Of what it counts.
        criterion: What ends it, in plain text.
    """

    done: float
    earliest: float
    latest: float
    began: float
    iterations_left: float
    criterion: str


@dataclass(frozen=True)
class RunView:
    """How one run stands.

    Attributes:
        key: Names it among those below the path: the place of its run directory (or its spool, if that is one of
            several), as a path from there with `/`; "." for the path itself.
        spool: The spool's directory.
        figures_folder: Where its figures are.
        run: The name shown in figures.
        state: How the search stands; "died" if its process is gone without a word.
        reason: Why it is as it is, if that is worth a sentence: the search is quiet, the renderer is dead, the disk
            answers late, a network cache may hide what is new. Empty if all is well.
        is_silent: Whether it published nothing for long while others did.
        epoch: Its newest.
        updates: Quick updates so far.
        step: The sequence number of the newest snapshot; None if there is none.
        snapshots: How many are kept.
        iteration: Of the newest quick update; None if there was none.
        counts: What `iteration` counts, as "likelihood evaluations".
        log_likelihood: The highest so far, in nats; None if there is none.
        log_evidence: In nats; None if the sampler gives none.
        rate: Iterations a second over the last quick updates; None if it cannot be told.
        interval: The usual seconds between two quick updates, lately; None if it cannot be told.
        started: When the newest epoch began.
        updated: When the newest quick update was published; None if there was none.
        renderer: Of the run.
        figures: The figures that are there, the first one first.
        warning: The newest warning about it, in a line; empty if there is none.
        bad_files: Files that cannot be read.
        scalars: The numbers of the newest quick update by name, finite or not.
        is_readable: Whether its spool can be read; if not, all but the reason is as it was known last.
        figure_names: The figures that the run asks for, the first one first; `figures` are those that are there.
        newest: The name of the newest snapshot; None if there is none.
        packs: How many of them the snapshots are in.
        newest_log_likelihood: Of the newest quick update, in nats; None if there is none.
        end: When it will be done; None if that cannot be told, and if it is over.
        walltime: When the batch system ends its job; None if that is not known, and if the run is over.
        alarms: What is wrong with it, as far as a renderer found it, or the runs beside it tell.
    """

    key: str
    spool: Path
    figures_folder: Path
    run: str
    state: RunStateName = "running"
    reason: str = ""
    is_silent: bool = False
    epoch: int = 0
    updates: int = 0
    step: int | None = None
    snapshots: int = 0
    iteration: int | None = None
    counts: str = ""
    log_likelihood: float | None = None
    log_evidence: float | None = None
    rate: float | None = None
    interval: float | None = None
    started: float = 0.0
    updated: float | None = None
    renderer: RendererView = field(default_factory=RendererView)
    figures: tuple[FigureView, ...] = ()
    warning: str = ""
    bad_files: int = 0
    scalars: Mapping[str, float] = field(default_factory=dict)
    is_readable: bool = True
    figure_names: tuple[str, ...] = ()
    newest: str | None = None
    packs: int = 0
    newest_log_likelihood: float | None = None
    end: EndView | None = None
    walltime: float | None = None
    alarms: tuple[Alarm, ...] = ()


@dataclass(frozen=True)
class Curves:
    """What was published at each quick update, thinned to what a screen shows.

    Attributes:
        steps: The sequence numbers.
        iterations: As published, of the same length as `steps`.
        times: When each was published.
        values: By name, each as long as `steps`; NaN where an update did not have it. `log_likelihood` is among them.
    """

    steps: Sequence[int] = ()
    iterations: Sequence[int] = ()
    times: Sequence[float] = ()
    values: Mapping[str, Sequence[float]] = field(default_factory=dict)


@dataclass(frozen=True)
class RunDetail:
    """What is read of a run only if somebody looks at it.

    Attributes:
        view: How it stands.
        curves: Its course.
        parameters: Of the newest snapshot's best fit, in its order.
        steps: The snapshots that are kept, in order: any of them can be drawn.
    """

    view: RunView
    curves: Curves = field(default_factory=Curves)
    parameters: Mapping[str, float] = field(default_factory=dict)
    steps: Sequence[SnapshotRef] = ()


@dataclass(frozen=True)
class Overview:
    """How all runs below a path stand.

    Attributes:
        path: What is looked at.
        now: When this was so.
        runs: In the order of their keys.
        is_complete: Whether every run was read that is known; at first they come one after the other.
    """

    path: Path
    now: float
    runs: Sequence[RunView] = ()
    is_complete: bool = True


@dataclass(frozen=True)
class FrameView:
    """A figure that was just drawn: what a view is told at once.

    Attributes:
        key: Of its run.
        figure: The figure's name.
        step: The quick update that it shows.
        file: The picture.
        drawn: When its files were in place.
        published: When its snapshot was published.
    """

    key: str
    figure: str
    step: int
    file: Path
    drawn: float
    published: float
