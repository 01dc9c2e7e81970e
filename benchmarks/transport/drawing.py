"""What the ways that are not the package's draw with, and the note that they leave of each figure."""

from __future__ import annotations

import time
from pathlib import Path

from autoviz_render.spool.snapshot import Snapshot
from autoviz_render.spool.system.atomic import write_whole
from transport.faults import Recipe
from transport.search import Arrays


class Drawer:
    """Draws the normal `imaging` figure to `FOLDER/image/fit.png`, wherever it is called."""

    def __init__(self, folder: Path, static: Arrays, fault: str) -> None:
        from autoviz_render.renderer.plot.drawing import KeptFigure

        self.folder, self.static = folder, static
        self.drawing = KeptFigure(Recipe(folder, fault))
        (folder / "image").mkdir(exist_ok=True)

    def __call__(self, number: int, arrays: Arrays) -> None:
        figure = self.drawing.draw(Snapshot(arrays=arrays, static=self.static, iteration=number))
        image = self.folder / "image"
        write_whole(image / "fit.png", [figure.encode("png")], tmp=image)
        note(self.folder, number)


def note(folder: Path, number: int) -> None:
    with open(folder / "drawn", "a") as file:
        file.write(f"{number} {time.time()}\n")


def noted(folder: Path) -> list[tuple[int, float]]:
    """(number, seconds since 1970) of each figure."""
    file = folder / "drawn"
    pairs = [line.split() for line in file.read_text().splitlines()] if file.exists() else []
    return [(int(number), float(at)) for number, at in pairs]


def counted(folder: Path) -> tuple[int, int]:
    """How many figures, and the number of the newest; -1 where there is none."""
    numbers = [number for number, _ in noted(folder)]
    return len(numbers), max(numbers, default=-1)
