"""What shows a figure in a terminal, and how large it is there."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Room:
    """Where a picture is to stand.

    Attributes:
        columns, rows: At most these.
        cell: Width and height of a character, in pixels.
    """

    columns: int
    rows: int
    cell: tuple[int, int] = (10, 20)

    def fitting(self, width: int, height: int) -> Room:
        """The part of it that a picture of so many pixels takes: whole cells, as near to its proportions as they are.

        A small picture is made larger: what a person wants to see is the figure, not its pixels.
        """
        scale = min(self.columns * self.cell[0] / width, self.rows * self.cell[1] / height)
        columns = min(self.columns, max(1, round(width * scale / self.cell[0])))
        rows = min(self.rows, max(1, round(height * scale / self.cell[1])))
        return Room(columns, rows, self.cell)

    @property
    def pixels(self) -> tuple[int, int]:
        """Its width and height in pixels."""
        return self.columns * self.cell[0], self.rows * self.cell[1]


@dataclass(frozen=True)
class Picture:
    """What is written to show a figure.

    Attributes:
        columns: That it takes.
        lines: The rows that it takes, as text: blank if the terminal paints over them.
        over: Written with the cursor at the start of the first of these rows, where it is again afterwards.
        again: The same for a terminal that has the picture already, and lost it from its screen.
    """

    columns: int
    lines: tuple[str, ...]
    over: str = ""
    again: str = ""
