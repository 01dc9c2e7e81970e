"""What only several runs tell of one, or time does: a panel of another run, no progress, silence, a disk that fills."""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from autoviz_render.renderer.alarms.alarm import Alarm, AlarmKey
from autoviz_render.renderer.alarms.among import disk_alarm, identical, stalled
from autoviz_render.renderer.alarms.rules import Rules, read_rules
from autoviz_render.spool.errors import AutovizError
from autoviz_render.views.model.reader import RunReader
from autoviz_render.views.model.reasons import Facts, is_quiet, seconds

_SILENT_FOR = 300.0  # seconds: a search that is alone may think for long
_LOOKS_EVERY = 30.0  # seconds, at a disk
_MOST_LOOKS = 240  # that are remembered of a disk: two hours

Alarms = dict[str, tuple[Alarm, ...]]


class RunsRules(Mapping[str, Rules]):
    """The rules of runs by their keys, read when they are asked for; the default ones if they cannot be read."""

    def __init__(self, spools: Mapping[str, Path]) -> None:
        self._spools = spools

    def __getitem__(self, key: str) -> Rules:
        try:
            return read_rules(self._spools[key].parent)
        except (AutovizError, OSError):  # whoever draws says so
            return Rules()

    def __iter__(self) -> Iterator[str]:
        return iter(self._spools)

    def __len__(self) -> int:
        return len(self._spools)


class Disks:
    """How much is free on the disks of runs that go on, lately."""

    def __init__(self) -> None:
        self._looks: dict[int, deque[tuple[float, float]]] = {}
        self._sizes: dict[int, float] = {}

    def alarm(self, spool: Path, rules: Rules) -> Alarm | None:
        """Whether the disk of a spool is full soon."""
        try:
            disk, now = os.stat(spool).st_dev, time.monotonic()
            looks = self._looks.setdefault(disk, deque(maxlen=_MOST_LOOKS))
            if not looks or now - looks[-1][0] >= _LOOKS_EVERY:
                status = os.statvfs(spool)
                self._sizes[disk] = float(status.f_blocks * status.f_frsize)
                looks.append((now, float(status.f_bavail * status.f_frsize)))
        except (OSError, AttributeError):  # it is away, or a system does not tell
            return None
        return disk_alarm([*looks], self._sizes[disk], rules)


class AmongRuns:
    """The alarms of runs among others, kept over time."""

    def __init__(self) -> None:
        self._disks = Disks()
        self._identical: Alarms = {}
        self._since: dict[tuple[str, AlarmKey], float] = {}

    def compare(self, readers: Mapping[str, RunReader], named: Callable[[str], str] = lambda key: key) -> None:
        """See which panels are those of another run. It costs what there is: call it if a digest changed."""
        digests, figures = {}, {}
        for key, reader in readers.items():
            if reader.found.panels:
                digests[key] = {title: digest for (_, title), digest in reader.found.panels.items()}
                figures[key] = {title: figure for figure, title in reader.found.panels}
        rules = RunsRules({key: reader.view.spool for key, reader in readers.items()})
        found = identical(digests, rules, {key: named(key) for key in digests}) if len(digests) > 1 else {}
        self._identical = {
            key: tuple(replace(each, figure=figures[key].get(each.panel, "")) for each in alarms)
            for key, alarms in found.items()
        }

    def alarms(self, readers: Mapping[str, RunReader], facts: Mapping[str, Facts], now: float) -> Alarms:
        """What is wrong with runs, besides what a renderer found.

        Args:
            readers: By the key of each run.
            facts: Of the runs that go on.
            now: In seconds since 1970 (UTC).
        """
        found = {key: list(alarms) for key, alarms in self._identical.items() if key in readers}
        rules = RunsRules({key: readers[key].view.spool for key in facts})
        progress = {key: each for key in facts if (each := readers[key].progress(now)) is not None}
        for key, alarm in stalled(progress, rules).items() if progress else ():
            found.setdefault(key, []).append(alarm)
        for key, known in facts.items():
            of_run = rules[key]
            if of_run.silent.enabled and (readers[key].view.is_silent or is_quiet(known, _SILENT_FOR)):
                found.setdefault(key, []).append(_silent(known, is_among=readers[key].view.is_silent))
            if (full := self._disks.alarm(readers[key].view.spool, of_run)) is not None:
                found.setdefault(key, []).append(full)
        return self._dated(found, now)

    def _dated(self, found: Mapping[str, list[Alarm]], now: float) -> Alarms:
        """With since when each stands."""
        before, self._since = self._since, {}
        dated = {}
        for key, alarms in found.items():
            for each in alarms:
                self._since[key, each.key] = before.get((key, each.key), now)
            dated[key] = tuple(replace(each, since=self._since[key, each.key]) for each in alarms)
        return dated


def _silent(facts: Facts, *, is_among: bool) -> Alarm:
    """That of a search from which nothing comes; its words change rarely while it lasts."""
    usual = f", which come every {seconds(facts.interval)} as a rule" if facts.interval else ""
    others = ", while others publish" if is_among else ""
    return Alarm("silent", f"no quick updates{usual}{others}", value=facts.silent)
