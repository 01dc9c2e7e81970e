"""The figures of a run as their files are now."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from autoviz_render.renderer.settings import RenderSettings
from autoviz_render.renderer.work.figure_files import NOTE_SUFFIX, whose
from autoviz_render.spool.errors import SpoolError
from autoviz_render.spool.system.safe_read import read_plain
from autoviz_render.views.model.run_view import FigureView

_SHOWN = ("png", "webp", "svg")  # by a browser
_MOST_NOTE_BYTES = 1 << 16


@dataclass(frozen=True)
class FigureFiles:
    """Where the figures of a run are, and which.

    Attributes:
        folder: Where they are.
        settings: How they are drawn.
    """

    folder: Path
    settings: RenderSettings = RenderSettings()

    def read(
        self, own: Iterable[str], before: Iterable[FigureView], steps: Mapping[str, int], newest: int | None
    ) -> tuple[FigureView, ...]:
        """The figures that are there.

        Args:
            own: The names of the run's own figures.
            before: What was there at the last look: of a file that is as it was nothing is read.
            steps: The quick update that a figure shows, by its name, as far as that is known.
            newest: The quick update that all show, if that is all that is known.
        """
        known = {each.name: each for each in before}
        found = []
        for spec, stem in self.settings.named(own):
            for name in dict.fromkeys((stem, self.settings.stem(spec))):
                figure = self._figure(spec.name, name, known.get(spec.name))
                if figure is not None:
                    step = steps.get(spec.name, newest)
                    found.append(FigureView(figure.name, figure.file, figure.modified, figure.size, step, figure.error))
                    break
        return tuple(found)

    def _figure(self, name: str, stem: str, before: FigureView | None) -> FigureView | None:
        """The figure of a name, if a file of it is there and ours."""
        for kind in self.settings.formats if set(self.settings.formats) & set(_SHOWN) else _SHOWN:
            file = self.folder / f"{stem}.{kind}"
            if kind not in _SHOWN:
                continue
            with contextlib.suppress(OSError):
                status = os.stat(file, follow_symlinks=False)
                found = FigureView(name, file, status.st_mtime, status.st_size, error=self._error(stem))
                is_known = before is not None and (before.file, before.modified, before.size) == (
                    found.file,
                    found.modified,
                    found.size,
                )
                if is_known or whose(file) in ("ours", "an error's"):
                    return found
        return None

    def _error(self, stem: str) -> str:
        """Why a figure is not newer, as the text beside its files says."""
        with contextlib.suppress(OSError, SpoolError):
            lines = bytes(read_plain(self.folder / f"{stem}{NOTE_SUFFIX}", _MOST_NOTE_BYTES)).decode(errors="replace")
            return next(iter(lines.splitlines()[1:]), "")
        return ""
