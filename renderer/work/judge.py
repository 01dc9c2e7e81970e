"""Tells what is wrong with the figures of a run; what fails in that costs a warning, never a figure."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path

from autoviz_render.figures.panels import Panel
from autoviz_render.renderer.alarms.alarm import Alarm
from autoviz_render.renderer.alarms.alarms_file import bounded
from autoviz_render.renderer.alarms.course import course_alarms
from autoviz_render.renderer.alarms.panels import panel_alarms, panel_digests
from autoviz_render.renderer.alarms.rules import Rules, read_rules
from autoviz_render.renderer.alarms.values import short_title
from autoviz_render.renderer.plot.header.remark import Remark
from autoviz_render.spool.epochs import AbandonedRanges, Epoch
from autoviz_render.spool.errors import AutovizError
from autoviz_render.spool.scalars import GrowingLines, line_head
from autoviz_render.spool.snapshot import ScalarsLine, Snapshot
from autoviz_render.spool.store import Spool
from autoviz_render.spool.text import in_one_line

log = logging.getLogger("autoviz_render.renderer")

_WORDS = {
    "zero": "all zero",
    "not_finite": "no values",
    "structured": "structure left",
    "chi_squared": "chi squared is off",
}
"""Of a rule, for the line above the panels, if its name says too little."""

_MAY_MEND = {"structured", "chi_squared"}
"""Rules that a search breaks at first, and may keep in the end."""

_MOST_LINES = 40_000


class Judge:
    """Judges the panels of one figure.

    Args:
        run_dir: The run's directory, whose rules count; None is the default rules.
        figure: The figure's name.

    Attributes:
        alarms: What is wrong with the figure that was judged last, and with its run.
        at_end: The same if the run is over: a search that goes on may still get better.
        panels: A digest of the values of each panel, by title.
        faults: What failed, a line each.
    """

    def __init__(self, run_dir: Path | None, figure: str) -> None:
        self._figure = figure
        self.alarms: tuple[Alarm, ...] = ()
        self.at_end: tuple[Alarm, ...] = ()
        self.panels: Mapping[str, str] = {}
        self.faults: list[str] = []
        self.rules = self._read(run_dir)

    def __call__(self, panels: Sequence[Panel], snapshot: Snapshot) -> Sequence[Remark]:
        """What there is to remark of the panels of a figure, whether or not its run goes on: bytes must not differ."""
        try:
            at_end = panel_alarms(panels, snapshot, self._figure, self.rules)
            alarms = at_end
            if any(alarm.rule in _MAY_MEND for alarm in at_end):
                alarms = panel_alarms(panels, snapshot, self._figure, self.rules, is_running=True)
            self.alarms, self.at_end = bounded(alarms), bounded(at_end)
            self.panels = panel_digests(panels, snapshot, self._figure)
        except Exception as error:  # a stranger's panel may be of any kind, and hold anything
            log.debug("figure %r could not be judged", self._figure, exc_info=True)
            self.faults.append(f"figure {self._figure!r}: no alarms, as they failed: {in_one_line(error)}")
        return [Remark(_titles(alarm.panel, panels), _words(alarm.rule), alarm.panel) for alarm in self.alarms]

    def _read(self, run_dir: Path | None) -> Rules:
        try:
            return Rules() if run_dir is None else read_rules(run_dir)
        except (AutovizError, OSError) as error:
            self.faults.append(f"{error}; the default rules are used")
            return Rules()

    def judge_course(self, spool: Spool, course: CourseLines) -> None:
        """See what is wrong with the numbers of the run, besides."""
        try:
            epochs = spool.info().epochs
            found = course_alarms(course.read(epochs), epochs, self.rules)
            self.alarms, self.at_end = bounded((*self.alarms, *found)), bounded((*self.at_end, *found))
        except (AutovizError, OSError):  # the figure tells it, or the next look
            log.debug("the course of %s could not be judged", spool.paths.directory, exc_info=True)
        except Exception as error:  # a fault of ours costs no figure
            log.debug("the course of %s could not be judged", spool.paths.directory, exc_info=True)
            self.faults.append(f"no alarms of the course, as they failed: {in_one_line(error)}")


class CourseLines:
    """The quick updates of a run without their parameters, each line read once; of very many every second one.

    Args:
        path: Of the `scalars.jsonl`.
    """

    def __init__(self, path: Path) -> None:
        self._file = GrowingLines(path, self._start_over)
        self._lines: list[ScalarsLine] = []

    def read(self, epochs: Sequence[Epoch]) -> list[ScalarsLine]:
        """Those so far that were not done over. Raises OSError or UnreadableError if the file is at fault."""
        heads = filter(None, map(line_head, self._file.new()))
        self._lines += [ScalarsLine(*head) for head in heads]
        if len(self._lines) > _MOST_LINES:
            best = max(self._lines, key=lambda line: (line.log_likelihood == line.log_likelihood, line.log_likelihood))
            older, newer = self._lines[: -_MOST_LINES // 4], self._lines[-_MOST_LINES // 4 :]
            self._lines = [*(each for number, each in enumerate(older) if number % 2 or each is best), *newer]
        return AbandonedRanges(epochs).without_abandoned(self._lines)

    def _start_over(self) -> None:
        self._lines = []


@lru_cache(1024)
def warn_once(message: str) -> None:
    """Warn of what could not be judged: once, however many runs and figures it is so for."""
    log.warning("%s", message)


def _titles(panel: str, panels: Sequence[Panel]) -> tuple[str, ...]:
    """Of the panels that an alarm is about."""
    return tuple(each.title for each in panels if panel in (each.title, short_title(each.title)))


def _words(rule: str) -> str:
    return _WORDS.get(rule, rule.replace("_", " "))
