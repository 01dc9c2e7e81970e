"""Where figures are drawn and shown, behind one interface: a process, a thread, the search itself, or nowhere."""

from __future__ import annotations

import logging
import os
import sys
import threading
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Literal, cast, get_args

from autoviz_render.spool.errors import WrongValueError, nearest
from autoviz_render.spool.guard import wrong
from autoviz_render.spool.publisher import Publisher

if TYPE_CHECKING:
    from autoviz_render.renderer.live.loop import LiveRenderer
    from autoviz_render.views.notebook.cell_display import CellDisplay

log = logging.getLogger("autoviz_render.search")

_LAST_FIGURE_TIMEOUT = 20.0  # seconds, when the search has ended; then the renderer finishes it by itself
_DISK_TIMEOUT = 5.0  # seconds
_THREAD_TIMEOUT = 40.0  # seconds for the last figure of a thread, which ends with the search's process

Where = Literal["process", "thread", "inline"]

VARIABLE = "AUTOVIZ_RENDERER"

Display = Literal["auto", "on", "off"] | bool | None
"""Whether the cell of a notebook shows the figure. "on" is True; "off" is False, or None."""

DISPLAY_VARIABLE = "AUTOVIZ_DISPLAY"
_DISPLAYS = {
    **dict.fromkeys(("on", "1", "true", "yes"), "on"),
    **dict.fromkeys(("off", "0", "false", "no", "none"), "off"),
    "auto": "auto",
}


class Backend:
    """Draws what a publisher publishes; this one nowhere, so that the spool is all there is."""

    def published(self, *, may_start: bool = True) -> None:
        """A snapshot was handed over: see that somebody draws it.

        Args:
            may_start: Whether this is the search's own thread, in which a process may be started.
        """

    def finished(self, *, insist: bool = False) -> None:
        """The publisher was closed: see that the last snapshot is drawn, within bounds, and stop.

        Args:
            insist: End a renderer that is not done within the bounds, which is otherwise left to finish by itself.
        """


def chosen_place(where: Where | None) -> Where | None:
    """Where to draw: what the environment variable AUTOVIZ_RENDERER says (for batch systems), or else `where`.

    In the variable `none` draws nowhere.

    Raises:
        WrongValueError: There is no such place.
    """
    chosen, places = os.environ.get(VARIABLE, "").lower(), get_args(Where)
    if chosen and chosen not in (*places, "none"):
        told = f"{VARIABLE} is {chosen!r}; choose {', '.join(places)} or none"
        raise WrongValueError(told + nearest(chosen, [*places, "none"]))
    if where not in (*places, None):
        expected = "expected 'process', 'thread', 'inline' or None"
        is_off = str(where).lower() in ("none", "no", "off", "false", "")
        hint = "; did you mean None?" if is_off else nearest(str(where), places)
        raise WrongValueError(wrong("renderer", where, expected + hint))
    if chosen:
        return None if chosen == "none" else cast(Where, chosen)
    return where


def chosen_display(display: Display) -> str:
    """Whether to show figures in a notebook: what the environment variable AUTOVIZ_DISPLAY says, or else `display`.

    Returns:
        "auto", "on" or "off".

    Raises:
        WrongValueError: It is neither.
    """
    if chosen := os.environ.get(DISPLAY_VARIABLE, ""):
        if chosen.lower() not in _DISPLAYS:
            raise WrongValueError(f"{DISPLAY_VARIABLE} is {chosen!r}; choose auto, on or off (1 or 0)")
        return _DISPLAYS[chosen.lower()]
    if display is None or isinstance(display, bool):
        return "on" if display else "off"
    if display not in ("auto", "on", "off"):
        raise WrongValueError(wrong("display", display, "expected 'auto', True or False"))
    return display


def refuse_unknown_figures(
    where: Where | None, figure: str | Sequence[str] | None, *, may_be_missing: bool = False
) -> None:
    """Look whether the figures that a run is to have are there.

    Args:
        where: Where to draw, as for `chosen_place`. If nowhere, `may_be_missing` holds: another machine may have them.
        figure: The names of the figures; what is none is for the publisher to refuse.
        may_be_missing: Only names that are nearly those of figures are refused. Any other may be that of a package
            which is missing here: that costs the figures, as the renderer will say, and not the run.

    Raises:
        WrongValueError: There is no such place, or no such figure.
    """
    chosen_place(where)
    may_be_missing = may_be_missing or where is None
    from autoviz_render.renderer.settings import FigureSpec, nearest_figure

    for name in [figure] if isinstance(figure, str) else figure if isinstance(figure, Iterable) else ():
        try:
            if isinstance(name, str) and ":" not in name and not (may_be_missing and not nearest_figure(name)):
                FigureSpec(name).find()
        except LookupError as error:
            raise WrongValueError(wrong("figure", name, str(error))) from None


def make_backend(where: Where | None, publisher: Publisher) -> Backend:
    """The back end of a name; None draws nowhere. Raises ValueError as `chosen_place` does."""
    place = chosen_place(where)
    if place is None:
        return Backend()
    return {"process": _Process, "thread": _Thread, "inline": _Inline}[place](publisher)


def is_renderer_shared() -> bool:
    """Whether searches in this place draw in one process, rather than each in one of its own."""
    from autoviz_render.renderer.sharing.rendezvous import address

    return address() is not None


class _Process(Backend):
    """A child process, looked after by a thread: a disk that hangs must not hang the sampler.

    The child is started here, in the search's own thread, and replaced in `published`, never in the thread: see
    `renderer.live.process`.
    """

    def __init__(self, publisher: Publisher) -> None:
        from autoviz_render.renderer.live.process import RendererProcess

        self._publisher = publisher
        self._process = RendererProcess(publisher.run_dir, name=publisher.name, is_open=False)
        self._process.start()
        self._due = threading.Event()
        self._is_over = False
        self._thread = threading.Thread(target=self._look_after, name="autoviz-render keeper", daemon=True)
        self._thread.start()

    def published(self, *, may_start: bool = True) -> None:
        if may_start:
            self._process.start()
        self._due.set()

    def finished(self, *, insist: bool = False) -> None:
        self._is_over = True
        self._due.set()
        self._thread.join(_DISK_TIMEOUT)
        self._process.stop(_LAST_FIGURE_TIMEOUT, insist=insist)

    def _look_after(self) -> None:
        self._publisher.opened.wait()  # a child that looked earlier would see, and draw, the run before this one
        self._process.draw(self._publisher.paths)
        wait: float | None = None
        while not self._is_over:
            self._due.wait(wait)
            self._due.clear()
            wait = self._process.look()


class _InThisProcess(Backend):
    """The live renderer in the sampler's process, made when the first snapshot is there."""

    def __init__(self, publisher: Publisher) -> None:
        self._publisher = publisher
        self._renderer: LiveRenderer | None = None

    def _made(self) -> LiveRenderer:
        from autoviz_render.renderer.live.loop import LiveRenderer, LiveSettings
        from autoviz_render.renderer.live.watch import Watch
        from autoviz_render.renderer.work.job_runner import InProcess

        if self._renderer is None:
            watch, settings = Watch(self._publisher.paths.directory), LiveSettings(until_finished=True)
            self._renderer = LiveRenderer(watch, settings, InProcess())
        return self._renderer


class _Thread(_InThisProcess):
    """A daemon thread that draws, and shares the sampler's GIL."""

    def __init__(self, publisher: Publisher) -> None:
        super().__init__(publisher)
        self._thread = threading.Thread(target=self._draw, name="autoviz-render renderer", daemon=True)

    def published(self, **_: bool) -> None:  # a thread holds no copies of files: it may be started at any time
        if self._thread.ident is None:
            self._thread.start()

    def finished(self, **_: bool) -> None:  # a thread can only be left alone
        if self._thread.ident is None:
            return
        if self._renderer is not None:
            self._renderer.finish()
        self._thread.join(_THREAD_TIMEOUT)
        if self._thread.is_alive():
            message = (
                "the rendering thread did not finish within %g s and is left alone. To draw the run: autoviz-render %s"
            )
            log.warning(message, _THREAD_TIMEOUT, self._publisher.run_dir)

    def _draw(self) -> None:
        self._publisher.opened.wait()  # a renderer started earlier would see the run before this one, and leave
        try:
            self._made().run()
        except Exception:  # a plot never ends the search
            message = "the rendering thread ended; the run goes on without figures. To draw it: autoviz-render %s"
            log.exception(message, self._publisher.run_dir)


class _Inline(_InThisProcess):
    """The search waits for each figure: for debugging a recipe, whose traceback is then printed."""

    def published(self, **_: bool) -> None:
        self._publisher.flush()
        self._made().look()

    def finished(self, **_: bool) -> None:  # the search draws it itself
        if self._renderer is not None:
            self._renderer.look(is_last=True)
            self._renderer.close()


class CellView:
    """Shows figures in the notebook cell that runs the search; this one nowhere."""

    def published(self) -> None:
        """A quick update was handed over."""

    def finished(self) -> None:
        """The search has ended, and the renderer had its time."""


def make_cell_view(display: Display, where: Where | None, publisher: Publisher, figure: str) -> CellView | CellDisplay:
    """Shows a figure in the calling cell, if that is wanted and can be.

    Args:
        display: As for `QuickUpdate`.
        where: Where the figures are drawn, as for `make_backend`.
        publisher: Of the search.
        figure: The figure's name.

    Raises:
        WrongValueError: As `chosen_display` and `chosen_place` do.
    """
    chosen, is_drawn = chosen_display(display), chosen_place(where) is not None
    if chosen == "off" or (chosen == "auto" and not (is_drawn and {"IPython", "marimo"} & sys.modules.keys())):
        return CellView()
    from autoviz_render.views.notebook.calling_cell import can_show, is_run_by_a_program
    from autoviz_render.views.notebook.cell_display import CellDisplay

    if not can_show():
        if chosen == "on":
            message = (
                "%s: display is on, but no notebook runs here, so no figure is shown; it is in image/ of this folder"
            )
            log.warning(message, publisher.run_dir)
        return CellView()
    if chosen == "auto" and is_run_by_a_program():
        return CellView()
    return CellDisplay(publisher, figure, is_drawn=is_drawn)
