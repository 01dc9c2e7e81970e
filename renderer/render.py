"""One snapshot, its figures, their files: what live and later rendering have in common."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from autoviz_render.renderer.drawing import FigureDrawing, Format
from autoviz_render.renderer.figures import Recipe, find_figure
from autoviz_render.spool.atomic import write_whole
from autoviz_render.spool.layout import SpoolPaths
from autoviz_render.spool.snapshot import Snapshot

LIVE_DPI = 100
FIRST_STEM = "fit"


@dataclass(frozen=True)
class Rendered:
    """The files made of one snapshot, and what could not be drawn in them."""

    files: tuple[Path, ...]
    errors: tuple[str, ...] = ()


@dataclass
class SnapshotRenderer:
    """Draws snapshots with a fixed set of figures, keeping each figure from one snapshot to the next.

    recipes: by the figure's name, the first one first: its files are called `fit`, as PyAutoFit's are, those
        of the others by their names. formats: of `drawing.FORMATS`. dpi: dots per inch; 100 is live size, 200 full.
    """

    recipes: Mapping[str, Recipe]
    formats: Sequence[Format] = ("png",)
    dpi: int = LIVE_DPI
    _drawings: dict[str, FigureDrawing] = field(default_factory=dict, init=False, repr=False)

    def render(self, snapshot: Snapshot, folder: Path, suffix: str = "") -> Rendered:
        """Draw one snapshot into `folder`, replacing each file whole.

        suffix: follows the figure's name in the file names. Raises OSError where a file cannot be written; a
        recipe or a panel that raises is drawn as the error's text, and reported.
        """
        files: list[Path] = []
        errors: list[str] = []
        folder.mkdir(parents=True, exist_ok=True)
        for number, (name, recipe) in enumerate(self.recipes.items()):
            drawing = self._drawings.setdefault(name, FigureDrawing(recipe, dpi=self.dpi))
            figure = drawing.draw(snapshot)
            errors += [f"figure {name!r}: {error}" for error in figure.errors]
            stem = FIRST_STEM if number == 0 else name
            for kind in self.formats:
                path = folder / f"{stem}{suffix}.{kind}"
                write_whole(path, [figure.save(kind)], tmp=folder)
                files.append(path)
        return Rendered(tuple(files), tuple(errors))


def figures_folder(paths: SpoolPaths, out: Path | None, asked: Path) -> Path:
    """Where the figures of a spool go.

    out: None is the run's own `image/`; else that folder, or for a spool deeper under the path that was asked for, a
        folder below it of the same place: several runs have figures of the same names.
    """
    if out is None:
        return paths.images
    directory, asked = paths.directory.resolve(), asked.resolve()
    if not directory.is_relative_to(asked):
        return out
    below = directory.relative_to(asked)
    name = directory.name.removeprefix("spool").removeprefix("-")
    return out / below.parent / name if below.parts else out


def find_recipes(names: Iterable[str]) -> dict[str, Recipe]:
    """The recipes of figure names, in order. Raises FigureError where one is not installed here."""
    return {name: find_figure(name) for name in names}
