"""What a worker does for a sheet: draw a page, tell the titles of panels, work out numbers of arrays."""

from __future__ import annotations

import json
import logging
import math
from abc import abstractmethod
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from autoviz_render.figures.registry import FigureError
from autoviz_render.renderer.plot import png
from autoviz_render.renderer.plot.formats import Format
from autoviz_render.renderer.plot.theme import THEMES, Theme
from autoviz_render.renderer.settings import FigureSpec
from autoviz_render.renderer.sheet.cells import NO_LABEL, CellDrawer, CellLabel, panels_apart
from autoviz_render.renderer.sheet.chi_squared import chi_squared
from autoviz_render.renderer.sheet.choose import titles_of
from autoviz_render.renderer.sheet.layout import CellPage, SheetLayout
from autoviz_render.renderer.work.figure_files import whose
from autoviz_render.renderer.work.jobs import Job, RenderResult, Task
from autoviz_render.spool.arrays import Pixels
from autoviz_render.spool.errors import SpoolError
from autoviz_render.spool.paths import SpoolPaths, snapshot_ref
from autoviz_render.spool.snapshot import Snapshot
from autoviz_render.spool.store import Spool
from autoviz_render.spool.system.atomic import write_whole
from autoviz_render.spool.text import cut, in_one_line

log = logging.getLogger("autoviz_render.renderer")

_LONGEST_FAULT = 4000  # characters


@dataclass(frozen=True)
class SheetCell:
    """A run on a page.

    Attributes:
        spool: Its spool's directory.
        snapshots: The names of snapshots' files: the first that can be read is drawn.
        figures: Of the run.
        label: The line over its panels.
        fault: Why there is nothing to draw; empty if there is.
        is_missing: Whether that is no fault, as the run has not come to it.
    """

    spool: str
    snapshots: tuple[str, ...] = ()
    figures: tuple[FigureSpec, ...] = ()
    label: CellLabel = NO_LABEL
    fault: str = ""
    is_missing: bool = False

    @staticmethod
    def of(content: dict[str, Any] | SheetCell) -> SheetCell:
        """One that came as JSON."""
        if isinstance(content, SheetCell):
            return content
        figures = tuple(FigureSpec(**each) for each in content["figures"])
        label, snapshots = CellLabel(**content["label"]), tuple(content["snapshots"])
        return SheetCell(content["spool"], snapshots, figures, label, content["fault"], content["is_missing"])


class NoSnapshotError(SpoolError):
    """A run has no snapshot to draw."""


def read_first(cell: SheetCell) -> tuple[Snapshot, list[str]]:
    """The first of a cell's snapshots that can be read, and what is wrong with those before, a line each.

    Raises:
        NoSnapshotError: None can be read.
    """
    spool = Spool(cell.spool)
    faults: list[str] = []
    for name in cell.snapshots:
        ref = snapshot_ref(SpoolPaths(Path(cell.spool)).snapshots, name)
        try:
            if ref is not None:
                return spool.read(ref), faults
        except FileNotFoundError:
            continue  # retention removed it since it was listed
        except SpoolError as error:
            faults.append(spool.explain(ref, error))  # type: ignore[arg-type]  # it was read
        except OSError as error:
            faults.append(f"{ref.path if ref else name}: cannot be read: {error.strerror}")
    if not faults:
        try:
            return spool.read_newest(), faults
        except (SpoolError, OSError) as error:
            faults.append(str(error))
    raise NoSnapshotError(Path(cell.spool), "; ".join(faults))


@dataclass(frozen=True)
class _OfCells(Task):
    """Something about several runs.

    Attributes:
        cells: The runs.
    """

    cells: Sequence[SheetCell] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "cells", tuple(map(SheetCell.of, self.cells)))

    @property
    def subject(self) -> str:
        return f"the sheet {self.path.name}"

    def files(self) -> Sequence[tuple[str, Path]]:
        return ()

    @abstractmethod
    def do(self, draw: Callable[[Job], RenderResult], say: Callable[[str], None]) -> RenderResult: ...


@dataclass(frozen=True)
class TitlesJob(_OfCells):
    """The titles of the panels of runs' figures, as a JSON list in the result's `record`."""

    def do(self, draw: Callable[[Job], RenderResult], say: Callable[[str], None]) -> RenderResult:
        del draw
        titles: dict[str, None] = {}
        for number, cell in enumerate(self.cells):
            say(word(number))
            titles |= dict.fromkeys(_titles(cell))
        return RenderResult(record=json.dumps(list(titles)))


def _titles(cell: SheetCell) -> Iterator[str]:
    try:
        snapshot, _ = read_first(cell)
    except SpoolError:
        return
    for figure in cell.figures:
        try:
            yield from titles_of(panels_apart(figure.recipe(), snapshot))
        except Exception as error:  # noqa: BLE001 - a figure's code; its cell says so
            log.debug("figure %r: %s", figure.name, in_one_line(error))


@dataclass(frozen=True)
class NumbersJob(_OfCells):
    """Chi squared of each run, and of how many points, as a JSON list of pairs in the result's `record`."""

    def do(self, draw: Callable[[Job], RenderResult], say: Callable[[str], None]) -> RenderResult:
        del draw
        numbers: list[list[float | int] | None] = []
        for number, cell in enumerate(self.cells):
            say(word(number))
            try:
                found = chi_squared(read_first(cell)[0])
            except (SpoolError, OSError, ValueError, TypeError):
                found = None  # its cell says so
            is_number = found is not None and math.isfinite(found.total)
            numbers.append([found.total, found.points] if found is not None and is_number else None)
        return RenderResult(record=json.dumps(numbers))


@dataclass(frozen=True)
class SheetPageJob(_OfCells):
    """A page of a sheet.

    Attributes:
        path: Of its files, without the suffixes of their formats.
        names: Of the panels.
        layout: Of the pages.
        heading: Over the page, at its left.
        page: Which page it is of how many, at its right.
        number: Of the page, from 0: what it says of itself has that.
        formats: Of the files of the page; none if it is not wanted as such.
        pdf: A file for its pixels, to become a part of a PDF; empty for none.
        strip: A file for the panels alone, run beside run, for a page in a browser; empty for none.
    """

    names: Sequence[str] = ()
    layout: SheetLayout = None  # type: ignore[assignment]  # the fields before it have defaults
    heading: str = ""
    page: str = ""
    number: int = 0
    formats: Sequence[Format] = ("png",)
    pdf: str = ""
    strip: str = ""

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("names", "formats"):
            object.__setattr__(self, name, tuple(getattr(self, name)))
        if isinstance(self.layout, dict):
            content: dict[str, Any] = self.layout
            object.__setattr__(self, "layout", SheetLayout(**content | {"cell": CellPage(**content["cell"])}))

    def files(self) -> list[tuple[str, Path]]:
        pages = [(kind, self.path.with_name(f"{self.path.name}.{kind}")) for kind in self.formats]
        return [*pages, *(("png", Path(each)) for each in (self.pdf, self.strip) if each)]

    def do(self, draw: Callable[[Job], RenderResult], say: Callable[[str], None]) -> RenderResult:
        del draw
        drawer = _drawer(self.layout, THEMES[self.settings.theme], tuple(self.names))
        return self._written(*self._page(drawer, say))

    def _page(self, drawer: CellDrawer, say: Callable[[str], None]) -> tuple[Pixels | None, Pixels | None]:
        """The page, and the strip; None for what is not asked for."""
        how, count = self.layout, len(self.cells)
        width, height = how.page_size(count)
        page = drawer.blank(height, width) if self.formats or self.pdf else None
        strip = drawer.blank(*how.strip_size(count)[::-1]) if self.strip else None
        if page is not None:
            page[: how.heading] = drawer.heading(self.heading, self.page, width)
        for number, cell in enumerate(self.cells):
            say(word(number, page=self.number))
            panels, faults = _panels(drawer, cell)
            for fault in faults:
                say(word(number, fault, page=self.number))
            if strip is not None:
                _put(strip, panels, *how.strip_place(number, count))
            if page is not None:
                left, top = how.place(number)
                _put(page, drawer.line(cell.label), left, top)
                _put(page, panels, left, top + how.label)
                drawer.rule(page, left, top, how.width)
        return page, strip

    def _written(self, page: Pixels | None, strip: Pixels | None) -> RenderResult:
        files: list[Path] = []
        try:
            for kind, path in self.files():
                if whose(path) == "another's":
                    fault = f"{path}: another program wrote it, so it is not replaced: name another folder by --out DIR"
                    return RenderResult("unwritable", tuple(files), fault=fault)
                pixels = strip if str(path) == self.strip else page
                assert pixels is not None  # noqa: S101 - as `_page` was told
                made = png.webp(pixels) if kind == "webp" else png.png(pixels, self.layout.dpi)
                path.parent.mkdir(parents=True, exist_ok=True)
                write_whole(path, [made], tmp=path.parent)
                files.append(path)
        except OSError as error:
            return RenderResult("unwritable", fault=f"{self.path.parent}: cannot be written: {error.strerror}")
        return RenderResult(files=tuple(files))


def word(cell: int, fault: str = "", *, page: int = -1) -> str:
    """What a task says of itself: at which of its runs it is, and what is wrong with that; page -1 is none."""
    return json.dumps([page, cell, cut(fault, _LONGEST_FAULT)])


def read_word(line: bytes) -> tuple[int, int, str] | None:
    """Page, run and fault of a word; None if it is none, but what a figure's code wrote."""
    try:
        page, cell, fault = json.loads(line)
        return int(page), int(cell), str(fault)
    except (ValueError, TypeError, RecursionError):
        return None


@lru_cache(maxsize=1)
def _drawer(layout: SheetLayout, theme: Theme, names: tuple[str, ...]) -> CellDrawer:
    """Kept from page to page."""
    return CellDrawer(layout, theme, names)


def _panels(drawer: CellDrawer, cell: SheetCell) -> tuple[Pixels, list[str]]:
    """A run's panels, or why there are none, and what there is to say of faults, a line each."""
    if cell.fault:
        return drawer.fault("Not drawn", cell.fault), []  # which was said already
    try:
        snapshot, faults = read_first(cell)
    except SpoolError as error:
        return drawer.fault("This run cannot be read", error.fault), [error.fault]
    try:
        pixels, errors = drawer.panels(cell.figures, snapshot)
    except (Exception, SystemExit) as error:  # noqa: BLE001 - a figure's code
        fault = str(error) if isinstance(error, FigureError) else in_one_line(error)
        return drawer.fault("This run cannot be drawn", fault), [*faults, f"{cell.spool}: {fault}"]
    return pixels, [*faults, *(f"{cell.spool}: {error}" for error in errors)]


def _put(page: Pixels, part: Pixels, left: int, top: int) -> None:
    """Have a part on a page; what is beyond its cell by a rounded dot is cut off."""
    there = page[top : top + part.shape[0], left : left + part.shape[1]]
    there[...] = part[: there.shape[0], : there.shape[1]]
