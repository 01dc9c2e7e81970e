"""The page of one run, beside its figures: written as the run and its figures are now."""

from __future__ import annotations

import contextlib
import os
import re
import time
from pathlib import Path

from autoviz_render.renderer.work.jobs import refuse_links
from autoviz_render.spool.errors import SpoolError
from autoviz_render.spool.paths import SpoolPaths, snapshot_ref
from autoviz_render.spool.system.safe_read import read_plain
from autoviz_render.views.model.run_view import FigureView, FrameView, RunDetail, RunView
from autoviz_render.views.page.assets import page
from autoviz_render.views.page.film import HEIGHT, WIDTH, Film, RunIdentity
from autoviz_render.views.page.page_files import PageFiles
from autoviz_render.views.page.run_data import Drawn, detail_script, run_script, thinned
from autoviz_render.views.page.scripts import value_of
from autoviz_render.views.page.thumbnails import thumbnail

_MOST_FOUND = 50  # steps that lie beside a figure and are taken into its film
_MOST_BYTES = 1 << 20
_FRAMES = "frames"  # the folder of what `--all` draws
_AT_WORK = ("starting", "watching", "drawing")
_STEP_FILE = re.compile(r"(.+)-(e[0-9]{4,9}-[0-9]{12,18})\.(?:png|webp|svg)")


class RunPage:
    """The page of a run.

    Args:
        view: How the run stands.

    Attributes:
        detail: The digest of `detail.js`; None if that is not written yet.
    """

    def __init__(self, view: RunView) -> None:
        self.detail: str | None = None
        self._files = PageFiles(view.figures_folder, lambda: refuse_links(SpoolPaths(view.spool), view.figures_folder))
        self._film: Film | None = None

    def take_frame(self, view: RunView, frame: FrameView, signature: tuple[int, int, int]) -> None:
        """Have a step that was drawn in the film, if it belongs there.

        Args:
            view: How the run stands.
            frame: What was drawn.
            signature: Of the picture as it was when that was told: what is there by now may be a later step.

        Raises:
            SpoolError, OSError: It cannot be written.
        """
        self._open(view)
        film = self._film_of(view, frame.figure)
        if view.state != "running" and not film.frames:
            return  # a run that was over before it was drawn: one picture is no film
        if film.wants(frame.step):
            shown = thumbnail(frame.file, WIDTH, HEIGHT)
            if shown is not None and shown.signature == signature:
                film.add(frame.step, frame.published, shown, self._files)

    def write(self, view: RunView, now: float, next_: float | None, detail: RunDetail | None = None) -> None:
        """Write what changed.

        Args:
            view: How the run stands.
            now, next_: See `run_script`.
            detail: What is read of the run's files; None if that did not change.

        Raises:
            SpoolError, OSError: It cannot be written.
        """
        self._open(view)
        if detail is not None:
            films = [self._film_of(view, view.figures[0].name)] if view.figures else []
            script, self.detail = detail_script(detail, films, drawn_steps(view))
            self._files.write("detail.js", script)
        self._files.write("run.js", run_script(view, now, next_, self.detail))

    def write_once(self, detail: RunDetail) -> None:
        """Write the page of a run that nobody draws now, with a film of the steps that lie beside its figures.

        Raises:
            SpoolError, OSError: It cannot be written.
        """
        view = detail.view
        self._open(view)
        drawn = [each for each in drawn_steps(view) if view.figures and each[0] == view.figures[0].name]
        film = self._film_of(view, view.figures[0].name) if drawn else None
        times = dict(zip(detail.curves.steps, detail.curves.times, strict=True))
        for _, _, step, file in thinned(drawn, _MOST_FOUND):
            if film is not None and film.wants(step) and (shown := thumbnail(file, WIDTH, HEIGHT)) is not None:
                film.add(step, times.get(step, file.stat().st_mtime), shown, self._files)
        self.write(view, time.time(), None, detail)

    def forget(self) -> None:
        """Make sure of what is on disk once more, after an error."""
        self._files.forget()
        self._film = None

    def _open(self, view: RunView) -> None:
        self._files.open(page("run", view.run))

    def _film_of(self, view: RunView, figure: str) -> Film:
        run = RunIdentity(view.epoch, view.started)
        if self._film is None or self._film.figure != figure or not self._film.run.is_continued_by(run):
            self._film = Film.found(figure, run, self._files)
        self._film.run = run
        return self._film


def has_page(folder: Path) -> bool:
    """Whether there is a page of a run's figures, with its data."""
    return os.path.isfile(folder / "index.html") and os.path.isfile(folder / "index_files" / "run.js")


def is_up_to_date(view: RunView) -> bool:
    """Whether a run's page shows it as it stands, or a renderer that is at work has it."""
    file, frames = view.figures_folder / "index_files" / "run.js", view.figures_folder / _FRAMES
    try:
        value = value_of(bytes(read_plain(file, _MOST_BYTES)))
        if frames.is_dir() and frames.stat().st_mtime > file.stat().st_mtime:
            return False
    except (OSError, SpoolError, ValueError):
        return False
    if is_drawn_elsewhere(view):
        return True
    shown = value_of(run_script(view, 0.0, None, value.get("detail")))
    return (
        has_page(view.figures_folder) and bool(value.get("detail")) and {**value, "now": 0.0} == {**shown, "now": 0.0}
    )


def is_drawn_elsewhere(view: RunView) -> bool:
    """Whether a renderer is at work on a run, and will write its page."""
    return view.renderer.state in _AT_WORK


def drawn_steps(view: RunView) -> list[Drawn]:
    """The pictures of single steps that lie beside a run's figures, in the order of the figures and steps."""
    by_stem = {figure.file.stem: figure for figure in view.figures}
    found: dict[tuple[str, int, int], Drawn] = {}
    for folder in (view.figures_folder, view.figures_folder / _FRAMES):
        with contextlib.suppress(OSError):
            names = [] if folder.name == _FRAMES and folder.is_symlink() else os.listdir(folder)
            drawn = (_drawn_step(folder / name, by_stem) for name in names)
            found |= {each[:3]: each for each in drawn if each is not None}
    order = {figure.name: number for number, figure in enumerate(view.figures)}
    return sorted(found.values(), key=lambda each: (order[each[0]], each[1], each[2]))


def _drawn_step(file: Path, by_stem: dict[str, FigureView]) -> Drawn | None:
    match = _STEP_FILE.fullmatch(file.name)
    if match is None or match[1] not in by_stem:
        return None
    ref = snapshot_ref(file.parent, f"{match[2]}.h5")
    return None if ref is None else (by_stem[match[1]].name, ref.epoch, ref.sequence, file)
