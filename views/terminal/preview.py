"""`--preview`: a figure on the terminal, by the best means that it has."""

from __future__ import annotations

import logging
import os
import sys
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import TextIO

from autoviz_render.spool.text import nearby
from autoviz_render.views.model.run_view import FigureView, RunView
from autoviz_render.views.terminal.cells import fitted, shown
from autoviz_render.views.terminal.numbers import ago
from autoviz_render.views.terminal.order import Screenful
from autoviz_render.views.terminal.pictures.kind import MEANS, Kind, find_kind
from autoviz_render.views.terminal.pictures.picture import Picture, Room
from autoviz_render.views.terminal.pictures.query import Query
from autoviz_render.views.terminal.region import Region, terminal_size

log = logging.getLogger("autoviz_render.views")

_PICTURES = (".png", ".webp", ".jpg", ".jpeg", ".gif")
_STAYS = 10.0  # seconds for which one run's figure is shown, though others draw
_BUSY = 0.2  # of the time, at most, figures are made ready for the terminal
_LEAST_ROWS = 4
_SMALLEST_ID, _IDS = 16, 240  # colours that are no terminal's own sixteen


class Preview:
    """Makes figures ready for a terminal: those of a live table, or one at a time.

    Args:
        how: One of `MEANS`; "on" is what the terminal is found to know.
        stream: The terminal; None is standard output.
    """

    def __init__(self, how: str = "on", stream: TextIO | None = None) -> None:
        self._forced = next((means for means in MEANS if means == how), None)
        self._stream = stream or sys.stdout
        self._query = Query(sys.stdin, self._stream)
        self._kind = Kind()
        self._number = _SMALLEST_ID + os.getpid() % _IDS
        self._run = ""
        self._since = 0.0
        self._rests_until = 0.0
        self._made_of: tuple[object, ...] = ()
        self._picture: Picture | None = None

    def start(self) -> None:
        """Find out what the terminal knows, which is asked if that is not certain."""
        self._kind = find_kind(self._forced, ask=self._query.ask)
        if self._kind.hint:
            log.warning("%s", self._kind.hint)

    def settle(self) -> None:
        """See that a late answer of the terminal is not shown as if it was typed."""
        self._query.settle()

    def close(self) -> None:
        """Leave the terminal as it was."""
        self._query.close()

    def of(self, screen: Screenful, columns: int, rows: int) -> tuple[Picture, str] | None:
        """The figure to be seen with the runs of a table, and a line that says what it is; None if there is none.

        It is of the run that changed last, and stays with that for some seconds: nobody can look at a new one at each
        moment.
        """
        chosen = self._chosen(screen)
        if chosen is None or rows < _LEAST_ROWS + 1:
            return None
        run, figure = chosen
        picture = self._current(figure, Room(columns, rows - 1, self._kind.cell))
        return None if picture is None else (picture, _caption(run, figure, screen.now, columns))

    def picture(self, file: Path, columns: int, rows: int) -> Picture:
        """A figure of a file.

        Raises:
            OSError: It is no picture that can be shown.
        """
        kind, room = self._kind, Room(columns, rows, self._kind.cell)
        if kind.means == "kitty":
            from autoviz_render.views.terminal.pictures import kitty

            return (kitty.in_tmux if kind.is_in_tmux else kitty.in_place)(file, room, self._number)
        if kind.means == "iterm2":
            from autoviz_render.views.terminal.pictures.iterm2 import inline

            return inline(file, room, is_in_tmux=kind.is_in_tmux)
        if kind.means == "sixel":
            from autoviz_render.views.terminal.pictures import sixel, tmux

            return sixel.painted(file, room, tmux.MOST_BYTES if kind.is_in_tmux else None)
        from autoviz_render.views.terminal.pictures import blocks

        return blocks.painted(file, room, kind.colours)

    def _chosen(self, screen: Screenful) -> tuple[RunView, FigureView] | None:
        shows = {run.key: (run, figure) for run in screen.runs if (figure := _shown_of(run)) is not None}
        if not shows:
            return None
        if self._run not in shows or screen.now - self._since >= _STAYS:
            self._run, self._since = next(iter(shows)), screen.now
        return shows[self._run]

    def _current(self, figure: FigureView, room: Room) -> Picture | None:
        """The picture of a figure as it is now; the one before for as long as there was too much of it lately."""
        made_of = (figure.file, figure.modified, figure.size, room)
        began = time.monotonic()
        is_room_new = self._made_of[3:] != (room,)
        if made_of == self._made_of or (began < self._rests_until and not is_room_new):
            return self._picture
        try:
            self._picture = self.picture(figure.file, room.columns, room.rows)
            self._made_of = made_of
        except (OSError, ValueError, SyntaxError) as error:  # as Pillow raises them
            log.debug("%s cannot be shown: %s", figure.file, error)
            if is_room_new:
                self._picture = None
        self._rests_until = time.monotonic() + (time.monotonic() - began) / _BUSY
        return self._picture


def _shown_of(run: RunView) -> FigureView | None:
    """The first of its figures that is a picture."""
    return next((figure for figure in run.figures if figure.file.suffix.lower() in _PICTURES), None)


def _caption(run: RunView, figure: FigureView, now: float, columns: int) -> str:
    step = "" if figure.step is None else f"step {figure.step:,}, "
    said = f"  {step}{ago(now - figure.modified)} ago"
    name = run.run if run.key == "." else run.key
    named = f"{shown(name)}: {shown(figure.name)}"
    return fitted(fitted(named, max(8, columns - len(said)), keep="both") + said, columns)


def show_once(files: Sequence[Path], how: str = "on", stream: TextIO | None = None) -> None:
    """Show figures on a terminal, one below the other; a file that is no picture is left out.

    Args:
        files: The figures.
        how: As of `Preview`.
        stream: The terminal; None is standard output.
    """
    stream = stream or sys.stdout
    with closing(Preview(how, stream)) as preview:
        preview.start()
        region = Region(stream, lambda: terminal_size(stream))
        for file in [file for file in files if file.suffix.lower() in _PICTURES]:
            if len(files) > 1:
                region.leave([fitted(shown(nearby(str(file))), terminal_size(stream).columns, keep="end")])
            _show(preview, region, file, terminal_size(stream))


def _show(preview: Preview, region: Region, file: Path, size: os.terminal_size) -> None:
    try:
        picture = preview.picture(file, size.columns, max(_LEAST_ROWS, size.lines - 3))
    except (OSError, ValueError, SyntaxError) as error:
        log.warning("%s: cannot be shown on this terminal: %s", file, error)
    else:
        region.leave(picture.lines, picture)
