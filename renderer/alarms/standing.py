"""Which alarms of a run stand, and since when: what the renderer found of each of its figures, kept and written."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from autoviz_render.renderer.alarms.alarm import Alarm, AlarmKey
from autoviz_render.renderer.alarms.alarms_file import MOST_ALARMS, Found, alarms_path, read_alarms, write_alarms
from autoviz_render.spool.paths import SpoolPaths, snapshot_ref
from autoviz_render.spool.snapshot import SnapshotRef

_WRITES_EVERY = 10.0  # seconds, if nothing began or ended: the numbers in it change with every snapshot


@dataclass(frozen=True)
class FigureFound:
    """What was found of a figure of one snapshot.

    Attributes:
        ref: The snapshot.
        alarms: Of the figure.
        at_end: The same if the run is over.
        panels: A digest of the values of each panel, by title.
    """

    ref: SnapshotRef
    alarms: tuple[Alarm, ...] = ()
    at_end: tuple[Alarm, ...] = ()
    panels: Mapping[str, str] = field(default_factory=dict)


class StandingAlarms:
    """The alarms of a run.

    Args:
        paths: Of its spool.
        is_kept: Whether what the file says of a figure of another snapshot is kept until the figure is drawn again.

    Attributes:
        alarms: Those that stand, each with since when.
        is_over: Whether the run is over, as `see_end` said.
    """

    def __init__(self, paths: SpoolPaths, is_kept: Callable[[str, SnapshotRef], bool]) -> None:
        self._paths = paths
        self._path = alarms_path(paths)
        self._is_kept = is_kept
        self._figures: dict[str, FigureFound] = {}
        self._run: FigureFound | None = None
        self._since: dict[AlarmKey, tuple[int | None, float | None]] | None = None
        self._written: Found | None = None
        self._written_at = 0.0
        self.alarms: tuple[Alarm, ...] = ()
        self.is_over = False

    def take(
        self, figure: str, ref: SnapshotRef, alarms: Sequence[Alarm], at_end: Sequence[Alarm], panels: Mapping[str, str]
    ) -> None:
        """Take note of what was found of a figure, and of the run as a whole: of these the newest snapshot counts.

        Args:
            figure: Its name.
            ref: The snapshot that it shows.
            alarms: Of the figure, and of the run.
            at_end: The same if the run is over.
            panels: See `FigureFound`.
        """
        self._begin()
        self._figures[figure] = FigureFound(ref, _of(alarms, figure), _of(at_end, figure), panels)
        if self._run is None or self._run.ref <= ref:
            self._run = FigureFound(ref, _of(alarms, ""), _of(at_end, ""))
        self._stand()

    def see_end(self, *, is_over: bool) -> bool:
        """Take note of whether the run is over; whether that is news."""
        is_news, self.is_over = is_over is not self.is_over, is_over
        if is_news:
            self._stand()
        return is_news

    def write(self, *, at_once: bool = False) -> None:
        """Write the file if what stands is different; numbers alone now and then.

        Args:
            at_once: These, too.

        Raises:
            OSError: The disk is at fault.
        """
        found = self._found()
        if found == self._written or not self._figures:
            return
        is_same = self._written is not None and _keys(found) == _keys(self._written)
        if is_same and not at_once and time.monotonic() < self._written_at + _WRITES_EVERY:
            return
        write_alarms(self._path, found)
        self._written, self._written_at = found, time.monotonic()

    def _found(self) -> Found:
        figures = {name: each.ref.path.name for name, each in self._figures.items()}
        panels = {
            (name, title): digest for name, each in self._figures.items() for title, digest in each.panels.items()
        }
        return Found(figures, self.alarms, panels)

    def _begin(self) -> None:
        """Begin with what was found before: of figures that are not drawn again, and since when each alarm stands."""
        if self._since is not None:
            return
        before = read_alarms(self._path) or Found()
        self._since = {each.key: (each.step, each.since) for each in before.alarms}
        for name, shown in before.figures.items():
            ref = snapshot_ref(self._paths.snapshots, shown)
            if ref is not None and self._is_kept(name, ref):
                panels = {title: digest for (of, title), digest in before.panels.items() if of == name}
                alarms = _of(before.alarms, name)
                self._figures[name] = FigureFound(ref, alarms, alarms, panels)

    def _stand(self) -> None:
        """See which alarms stand; one that stood before keeps since when."""
        now, standing = time.time(), dict[AlarmKey, Alarm]()
        for found in (*self._figures.values(), *([self._run] if self._run else [])):
            for each in found.at_end if self.is_over else found.alarms:
                step, since = (self._since or {}).get(each.key, (found.ref.sequence, now))
                standing.setdefault(each.key, replace(each, step=step, since=since))
        self.alarms = tuple(standing.values())[:MOST_ALARMS]
        if self._since is not None:
            self._since = {each.key: (each.step, each.since) for each in self.alarms}


def _of(alarms: Sequence[Alarm], figure: str) -> tuple[Alarm, ...]:
    return tuple(each for each in alarms if each.figure == figure)


def _keys(found: Found) -> tuple[object, ...]:
    return found.figures.keys(), [each.key for each in found.alarms]
