"""`--watch`: drawing the newest as they come."""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from autoviz_render.cli.arguments.options import Options
from autoviz_render.cli.output import OutputClosedError, print_files, print_json
from autoviz_render.cli.progress import Progress
from autoviz_render.renderer.alarms.alarms_file import alarm_value
from autoviz_render.renderer.batch.runs import exists, named_path
from autoviz_render.renderer.work.executor import FRAME_TIMEOUT, Subprocess
from autoviz_render.renderer.work.jobs import RenderResult
from autoviz_render.renderer.work.resources import raise_descriptor_limit
from autoviz_render.spool.paths import SpoolPaths, snapshot_ref
from autoviz_render.spool.snapshot import SnapshotRef
from autoviz_render.views.alarms.teller import AlarmNews
from autoviz_render.views.terminal.numbers import in_nats

log = logging.getLogger("autoviz_render.cli")

_LAST_LOOK = 2.0  # seconds
_FEW = 16  # runs, of which one sees without a count how many are drawn


def watch(options: Options) -> int:
    """Draw what is published at or under the path until interrupted; the exit code.

    Raises:
        PathError: The path is a file.
        FigureError, SettingsError: As `Options.render_settings` raises them.
    """
    raise_descriptor_limit()
    first = Subprocess(options.frame_timeout or FRAME_TIMEOUT)  # it imports Matplotlib meanwhile
    with closing(first), _watched_path(options) as path:
        return _watch(path, options, first)


def _watch(path: Path, options: Options, first: Subprocess) -> int:
    from autoviz_render.cli.commands.views import has_table, is_looked_at, views_of
    from autoviz_render.renderer.live.idle_packing import IdlePacking
    from autoviz_render.renderer.live.loop import LiveRenderer, LiveSettings
    from autoviz_render.renderer.live.watch import Watch
    from autoviz_render.views.model.collector import Collector
    from autoviz_render.views.model.reader import Place

    is_there = exists(path)
    spools = Watch(path.absolute(), options.poll or 2.0, hears_figures=is_looked_at(options))
    settings = LiveSettings(options.render_settings(), options.out, options.until_finished)
    telling = _Telling(path, as_json=options.json, is_shown=has_table(options))
    is_kept_loose = os.environ.get("AUTOVIZ_PACK") == "0" or options.remote is not None  # a mirror keeps few
    packing = None if is_kept_loose else IdlePacking()
    collector = Collector(Place(path.absolute(), options.out, settings.render))
    renderer = LiveRenderer(
        spools, settings, first, telling, packing=packing, listener=collector, is_looked_at=is_looked_at(options)
    )
    telling.progress = lambda: renderer.progress
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: renderer.stop())
    if not is_there:
        log.info("%s: not there yet; waiting for it", path)
    with closing(collector.feed), views_of(options, path, collector.feed, telling.alarm):
        collector.start()
        code = renderer.run()
        signal.signal(signal.SIGINT, signal.default_int_handler)  # a view that hangs is left by another Ctrl-C
        collector.flush(_LAST_LOOK)  # so that the views end with how the runs stand
        return code


@contextmanager
def _watched_path(options: Options) -> Iterator[Path]:
    """What is watched; of runs on another machine a copy, kept up to date meanwhile."""
    if options.remote is None:
        yield named_path(options.paths[0])
        return
    from autoviz_render.views.mirror.mirror import Mirror

    mirror = Mirror(options.remote, poll=options.poll or 1.0)
    mirror.start()
    with closing(mirror):
        yield mirror.path


class _Telling:
    """Tells what is drawn: each file once on standard output, each snapshot in a line of the log.

    As JSON, an object for each file whenever it is drawn.

    Args:
        path: What is watched, as a person named it.
        as_json: Whether another program reads it.
        is_shown: Whether a table on the terminal shows it anyway.

    Attributes:
        progress: Says how many runs have a figure by now, and how many there are.
    """

    def __init__(self, path: Path, *, as_json: bool, is_shown: bool = False) -> None:
        self._path, self._as_json, self._is_shown = path, as_json, is_shown
        self.progress: Callable[[], tuple[int, int]] = lambda: (0, 0)
        self._backlog = Progress("runs")
        self._named: set[Path] = set()
        self._newest: dict[Path, SnapshotRef] = {}

    def __call__(self, result: RenderResult) -> None:
        self._backlog.clear()
        self._tell(result)
        done, total = self.progress()
        if done < total and total > _FEW and not self._is_shown:
            self._backlog.show(done, total)

    def _tell(self, result: RenderResult) -> None:
        spool = SpoolPaths(result.spool or Path())
        ref = snapshot_ref(spool.snapshots, result.snapshot)
        if ref is None:
            return
        run = self._run(spool)
        if self._as_json:
            facts = {"run": run, "figure": result.figure, "step": ref.sequence, "snapshot": result.snapshot}
            facts |= {"iteration": result.iteration, "log_likelihood": result.log_likelihood, "time": time.time()}
            for file in result.files:
                print_json({"file": str(file)} | facts)
            return
        if not self._is_shown:
            print_files([file for file in result.files if file not in self._named], as_json=False)
            self._named.update(result.files)
        if self._newest.get(spool.directory) != ref:  # else another figure of the same snapshot told it
            self._newest[spool.directory] = ref
            likelihood = "" if result.log_likelihood is None else f", log likelihood {in_nats(result.log_likelihood)}"
            log.info("%s  %s: step %d%s", time.strftime("%H:%M:%S"), run, ref.sequence, likelihood)

    def alarm(self, news: AlarmNews) -> None:
        """Tell of an alarm that was raised, or is over: in a line of the log; as JSON, an object."""
        run = self._run(SpoolPaths(news.run.spool))
        if self._as_json:
            state = "over" if news.is_over else "raised"
            facts = {"run": run, "spool": str(news.run.spool), "alarm": state, "time": time.time()}
            with contextlib.suppress(OutputClosedError):  # the next figure tells it to whoever draws
                print_json(facts | alarm_value(news.alarm))
            return
        level, word = (logging.INFO, "over") if news.is_over else (logging.WARNING, "alarm")
        log.log(level, "%s  %s: %s: %s", time.strftime("%H:%M:%S"), run, word, news.alarm.sentence)

    def _run(self, spool: SpoolPaths) -> str:
        """The run as a person would name it, who named what is watched."""
        place = spool.run_dir if spool.directory.name == "spool" else spool.directory
        below = os.path.relpath(place, self._path.absolute())
        return str(self._path / below) if not below.startswith(os.pardir) else str(place)
