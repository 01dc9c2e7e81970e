"""What is asked for, and what is made: values that the parts of a sheet share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from autoviz_render.renderer.batch.selection import Selection
from autoviz_render.renderer.plot.formats import Format
from autoviz_render.renderer.settings import RenderSettings
from autoviz_render.renderer.sheet.marks import Mark, Marks

DATA = "sheet_files"
"""The folder beside `sheet.html` for what it shows."""


@dataclass(frozen=True)
class SheetOrder:
    """What is asked for.

    Attributes:
        names: Of the panels.
        folder: Where the files go.
        title: Of what the runs are, for the line over a page.
        settings: How large, in which colours; `figures` are those that panels are taken from, None for each run's own.
        pages: The formats of pages in files of their own.
        pdf, strips: Whether all pages go into a PDF, and the panels into pictures for a page in a browser.
        sort: A name of `numbers`, or `-NAME`; None for the order of their paths.
        where: A condition; None for all.
        selection: Which snapshot of each run.
        marks: What a person thinks of the runs.
    """

    names: Sequence[str]
    folder: Path
    title: str = ""
    settings: RenderSettings = RenderSettings()
    pages: Sequence[Format] = ("png",)
    pdf: bool = False
    strips: bool = False
    sort: str | None = None
    where: str | None = None
    selection: Selection = field(default_factory=Selection)
    marks: Marks = field(default_factory=dict)


@dataclass(frozen=True)
class SheetRun:
    """A run on a sheet.

    Attributes:
        key: Names it among the others, see `RunNumbers`.
        name: Its own.
        number: What it is ordered by, in words.
        state: How it stands; empty if that cannot be read.
        mark: What a person thinks of it.
        spool: The spool's directory.
    """

    key: str
    name: str
    number: str
    state: str
    mark: Mark
    spool: Path


@dataclass(frozen=True)
class SheetPage:
    """A page that is done.

    Attributes:
        number: From 0.
        runs: On it, in their order.
        files: That were written, for a person.
        faults: What could not be drawn, a line each.
        strip: The name of the picture of its panels in `sheet_files`; empty if there is none.
        size: Width and height of a run's panels, in pixels.
        across: How many of them stand side by side in that picture.
    """

    number: int
    runs: Sequence[SheetRun] = ()
    files: Sequence[Path] = ()
    faults: Sequence[str] = ()
    strip: str = ""
    size: tuple[int, int] = (0, 0)
    across: int = 1
