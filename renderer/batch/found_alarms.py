"""What a later rendering found wrong with runs, told in the `alarms.json` of each."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from functools import cached_property

from autoviz_render.renderer.alarms.standing import StandingAlarms
from autoviz_render.renderer.heartbeat import is_drawn_live
from autoviz_render.renderer.work.jobs import RenderResult
from autoviz_render.renderer.work.judge import warn_once
from autoviz_render.spool.errors import SpoolError
from autoviz_render.spool.paths import snapshot_ref
from autoviz_render.spool.snapshot import SnapshotRef
from autoviz_render.spool.store import Spool


class FoundAlarms:
    """What was found in the figures of one run, of each figure in the newest snapshot that was drawn.

    Args:
        spool: Of the run.
    """

    def __init__(self, spool: Spool) -> None:
        self._spool = spool
        self._newest: dict[str, tuple[SnapshotRef, RenderResult]] = {}

    def take(self, result: RenderResult) -> RenderResult:
        """Take note of a figure that was drawn; the result with the alarms that count now."""
        for warning in result.warnings:
            warn_once(warning)
        ref = snapshot_ref(self._spool.paths.snapshots, result.snapshot)
        if result.status == "drawn" and ref is not None:
            before = self._newest.get(result.figure)
            if before is None or before[0] <= ref:
                self._newest[result.figure] = ref, result
        return replace(result, alarms=result.alarms_at_end if self._is_over else result.alarms)

    @cached_property
    def _is_over(self) -> bool:
        with contextlib.suppress(SpoolError, OSError):
            return self._spool.info().is_over()
        return True

    def tell(self) -> None:
        """Write the file, unless a newer snapshot is there, or a renderer is at work that tells it itself."""
        if not self._newest:
            return
        with contextlib.suppress(SpoolError, OSError):  # somebody else's run, or a full disk: the command tells them
            newest = self._spool.newest()
            shown = {name: each for name, each in self._newest.items() if newest is None or each[0].key >= newest.key}
            if shown and not is_drawn_live(self._spool.paths):
                self._write(shown)

    def _write(self, shown: dict[str, tuple[SnapshotRef, RenderResult]]) -> None:
        oldest = min(ref for ref, _ in shown.values())
        standing = StandingAlarms(self._spool.paths, lambda _, ref: ref >= oldest)
        standing.see_end(is_over=self._is_over)
        for name, (ref, result) in shown.items():
            standing.take(name, ref, result.alarms, result.alarms_at_end, result.panels)
        standing.write(at_once=True)
