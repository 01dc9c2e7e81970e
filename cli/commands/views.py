"""Which views are shown while runs are watched: each is imported only if it is wanted."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from autoviz_render.cli.arguments.options import Options
from autoviz_render.cli.output import NO_PREVIEW
from autoviz_render.spool.errors import AutovizError
from autoviz_render.views.alarms.teller import AlarmNews
from autoviz_render.views.model.feed import Feed, View
from autoviz_render.views.terminal.region import is_live_terminal

log = logging.getLogger("autoviz_render.cli")

_LAST_PAGES, _PROMPTLY = 20.0, 2.0  # seconds to write pages at the end, if nobody waits for it and if somebody does


@contextmanager
def views_of(
    options: Options, path: Path, feed: Feed, tell: Callable[[AlarmNews], None] = lambda _: None
) -> Iterator[None]:
    """Show what was asked for until the end; a view that fails costs a warning, never the drawing.

    Args:
        options: What was asked for.
        path: What is watched.
        feed: What is shown.
        tell: Called with each alarm that was raised, or is over, in a thread of its own.

    Raises:
        AutovizError: A view can never be shown, as what it needs is not installed, or is somebody else's.
    """
    with ExitStack() as views:
        for view in _wanted(options, path, feed, tell):
            try:
                view.start()
            except AutovizError:
                raise
            except Exception:  # the drawing goes on without it
                log.warning("a view could not be started: %s", type(view).__name__, exc_info=True)
            else:
                views.callback(_close, view)
        yield


def _close(view: View) -> None:
    try:
        view.close()
    except Exception:  # what is left to be closed is closed, too
        log.warning("a view could not be closed: %s", type(view).__name__, exc_info=True)


def _alarm_views(options: Options, feed: Feed, tell: Callable[[AlarmNews], None]) -> Iterator[View]:
    from autoviz_render.views.alarms.teller import AlarmTeller

    told = [tell]
    if options.on_alarm is not None:
        from autoviz_render.views.alarms.command import AlarmCommand

        command = AlarmCommand(options.on_alarm)
        yield command
        told.append(command)
    yield AlarmTeller(feed, told)


def _wanted(options: Options, path: Path, feed: Feed, tell: Callable[[AlarmNews], None]) -> Iterator[View]:
    """The views, in the order in which they are started; they are closed in the reverse order.

    A view has one place: here.
    """
    if os.environ.get("AUTOVIZ_PAGE") != "0":
        from autoviz_render.views.page.run_pages import RunPages

        yield RunPages(feed, _LAST_PAGES if options.until_finished else _PROMPTLY)
    yield from _alarm_views(options, feed, tell)
    if options.html:
        from autoviz_render.views.page.site import Site, site_folder

        yield Site(feed, site_folder(path, options.out))
    if options.serve is not None:
        from autoviz_render.views.server.server import Server

        yield Server(feed, options.serve, options.render_settings())
    if options.window:
        from autoviz_render.views.window.window import Window

        yield Window(feed)
    if has_table(options):  # the last one: what the others say at their start stands above it
        from autoviz_render.views.terminal.live_table import LiveTable

        yield LiveTable(feed, options.preview or "off")
    elif options.preview not in (None, "off"):
        log.warning("%s", NO_PREVIEW)


def has_table(options: Options) -> bool:
    """Whether how the runs stand is shown in place on this terminal."""
    return not (options.json or options.quiet) and is_live_terminal(sys.stdout)


def is_looked_at(options: Options) -> bool:
    """Whether a view was asked for that shows what other renderers draw, too."""
    has_view = options.html or options.serve is not None or options.window or options.on_alarm is not None
    return bool(has_view or options.preview not in (None, "off"))
