"""Contact sheets of many runs: chosen and ordered by their numbers, drawn by processes, written page by page."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import autoviz_render
from autoviz_render.renderer.batch.runs import Run
from autoviz_render.renderer.sheet.cells import CellLabel
from autoviz_render.renderer.sheet.chosen_runs import NO_FIGURE, cell_of, check_panels, chosen_runs, number_of
from autoviz_render.renderer.sheet.layout import sheet_layout
from autoviz_render.renderer.sheet.numbers import RunNumbers
from autoviz_render.renderer.sheet.order import DATA, SheetOrder, SheetPage, SheetRun
from autoviz_render.renderer.sheet.pdf import PdfOfPages
from autoviz_render.renderer.sheet.tasks import SheetCell, SheetPageJob, read_word
from autoviz_render.renderer.work.executor import FRAME_TIMEOUT
from autoviz_render.renderer.work.figure_files import whose
from autoviz_render.renderer.work.jobs import RenderResult, of_run
from autoviz_render.renderer.work.pool import Pool
from autoviz_render.spool.errors import SpoolError
from autoviz_render.spool.system.atomic import draft_of, remove_drafts
from autoviz_render.spool.text import cut, printable

_PAGE = re.compile(r"sheet-(\d{3,6})\.(?:png|webp)")
_STRIP = re.compile(r"strip-\d{3,6}-[0-9a-f]{16}\.png")
_LONGEST = 300  # characters of a heading

OnProgress = Callable[[int, int], None]
"""Told how many of how many runs are drawn."""


class ForeignSheetError(SpoolError):
    """A sheet would replace what another program wrote."""


def make_sheets(
    runs: Sequence[Run],
    keys: Sequence[str],
    order: SheetOrder,
    *,
    jobs: int = 1,
    frame_timeout: float = FRAME_TIMEOUT,
    on_progress: OnProgress = lambda _done, _total: None,
) -> Iterator[SheetPage]:
    """Draw the sheets of some runs, and write the files.

    Args:
        runs: Of which.
        keys: What each is called among them.
        order: What is asked for.
        jobs: How many processes draw at once.
        frame_timeout: Seconds after which a run is abandoned, with its process.
        on_progress: Told how far it is.

    Yields:
        The pages in their order, each when its files are there; after them one without runs for the PDF. Nothing if no
        run fulfils the condition.

    Raises:
        NoPanelError: No run has a panel of one of the names.
        ExpressionError, SheetError: As `chosen_runs` raises them.
        ForeignSheetError: The PDF would replace another program's.
        OSError: The files cannot be written.
    """
    words = _Words(on_progress)
    with Pool(jobs, frame_timeout, words.take) as pool:  # a process imports while the numbers are read
        chosen = chosen_runs(runs, keys, order, pool)
        if chosen:
            check_panels(chosen, order, pool)
            words.total = len(chosen)
            yield from _Maker(order, chosen, pool, words).pages()


class _Words:
    """What workers say of the pages that they draw."""

    def __init__(self, on_progress: OnProgress) -> None:
        self._on_progress = on_progress
        self.total = 0
        self._at: dict[int, int] = {}  # by page: the number of its run at work
        self._faults: dict[int, list[str]] = {}

    def take(self, line: bytes) -> None:
        """Have a word."""
        if (said := read_word(line)) is not None and said[0] >= 0:
            page, cell, fault = said
            if fault:
                self._faults.setdefault(page, []).append(fault)
            self.reached(page, cell)

    def at(self, page: int) -> int:
        """The run at work."""
        return self._at.get(page, 0)

    def reached(self, page: int, cell: int) -> None:
        """So many runs of a page are drawn."""
        if self._at.get(page) != cell:
            self._at[page] = cell
            self._on_progress(min(sum(self._at.values()), self.total), self.total)

    def faults(self, page: int) -> list[str]:
        """What was said of faults; it is forgotten."""
        return self._faults.pop(page, [])


class _Queue(Iterator[SheetPageJob]):
    """Pages to draw; one that has to be drawn again is the next, even if it was the last."""

    def __init__(self, pages: Iterator[SheetPageJob]) -> None:
        self._pages, self._again = pages, deque[SheetPageJob]()

    def __next__(self) -> SheetPageJob:
        return self._again.popleft() if self._again else next(self._pages)

    def again(self, page: SheetPageJob) -> None:
        """Draw it once more."""
        self._again.append(page)


class _Maker:
    """Makes the pages of one sheet."""

    def __init__(self, order: SheetOrder, runs: Sequence[RunNumbers], pool: Pool, words: _Words) -> None:
        self._order, self._runs, self._pool, self._words = order, runs, pool, words
        page = order.settings.page
        self._layout = sheet_layout(len(order.names), len(runs), order.settings.dpi, page.width, page.height)
        self._count = -(-len(runs) // self._layout.runs)
        self._abandoned: dict[int, list[str]] = {}

    def pages(self) -> Iterator[SheetPage]:
        """Draw the pages, and write them."""
        folder = self._order.folder
        folder.mkdir(parents=True, exist_ok=True)
        remove_drafts(folder)
        if self._order.strips:
            (folder / DATA).mkdir(exist_ok=True)
        shown: dict[int, list[SheetRun]] = {}
        queue, done, following = _Queue(self._job(number, shown) for number in range(self._count)), {}, 0
        strips: set[str] = set()
        with self._pdf() as pdf:
            for _, page, result in self._pool.draw(queue):
                if result.status == "abandoned":
                    queue.again(self._without_the_culprit(page, result))
                    continue
                done[page.number] = self._done(page, result, shown.pop(page.number))
                while following in done:  # they come in another order, if several processes draw
                    ready = done.pop(following)
                    following += 1
                    strips.add(ready.strip)
                    yield replace(ready, files=self._gathered(ready, pdf))
        if pdf is not None:
            yield SheetPage(following, files=(folder / "sheet.pdf",))
        self._remove_old(strips)

    def _job(self, number: int, shown: dict[int, list[SheetRun]]) -> SheetPageJob:
        order, size = self._order, self._layout.runs
        runs = self._runs[number * size : (number + 1) * size]
        shown[number] = [_shown(run, order) for run in runs]
        labels = [CellLabel(_label(each), each.number, each.mark.mark) for each in shown[number]]
        page = SheetPageJob(
            runs[0].spool.paths.directory,
            NO_FIGURE,
            order.folder / f"sheet-{number + 1:03d}",
            settings=replace(order.settings, figures=None, formats=("png",)),
            cells=tuple(cell_of(run, order, label) for run, label in zip(runs, labels, strict=True)),
            names=tuple(order.names),
            layout=self._layout,
            heading=self._heading(),
            page=f"page {number + 1:,} of {self._count:,}" if self._count > 1 else "",
            number=number,
            formats=tuple(order.pages),
        )
        place = Path(os.path.abspath(order.folder))
        if order.pdf and "png" not in order.pages:
            page = replace(page, pdf=str(place / f".sheet-{number + 1:03d}.{os.getpid()}.0.draft"))
        strip = f"strip-{number + 1:03d}-{_digest(page)}.png"
        return replace(page, strip=str(place / DATA / strip)) if order.strips else page

    def _heading(self) -> str:
        order, count = self._order, len(self._runs)
        told = f"{printable(order.title, 200)}: {count:,} run{'s' * (count != 1)}"
        if order.sort:
            told += f", by {order.sort.removeprefix('-')}" + ", from the highest" * order.sort.startswith("-")
        return printable(cut(told + (f", where {order.where}" if order.where else ""), _LONGEST))

    def _without_the_culprit(self, page: SheetPageJob, result: RenderResult) -> SheetPageJob:
        """The page, on which the run that was at work says why it is not drawn."""
        self._words.faults(page.number)  # they will be said again
        cells, at = list(page.cells), min(self._words.at(page.number), len(page.cells) - 1)
        if cells[at].fault:  # it was drawn already as one that is not: the next one was at work
            at = next((number for number, cell in enumerate(cells) if not cell.fault), at)
        fault = result.fault.replace(f"figure {NO_FIGURE.name!r} of {page.subject}", "its figure")
        cells[at] = replace(cells[at], fault=fault)
        self._abandoned.setdefault(page.number, []).append(f"{cells[at].spool}: {fault}")
        return replace(page, cells=tuple(cells))

    def _done(self, page: SheetPageJob, result: RenderResult, shown: Sequence[SheetRun]) -> SheetPage:
        faults = [*self._abandoned.pop(page.number, ()), *self._words.faults(page.number)]
        faults += [of_run(Path(cell.spool), cell.fault) for cell in page.cells if _is_unread(cell)]
        self._words.reached(page.number, len(page.cells))
        strip = Path(page.strip).name if page.strip and Path(page.strip) in result.files else ""
        size, across = (self._layout.width, self._layout.height), min(self._layout.across, len(page.cells))
        made = [path for path in result.files if path.name != strip]
        return SheetPage(
            page.number, shown, made, [*faults, *([result.fault] if result.fault else [])], strip, size, across
        )

    @contextlib.contextmanager
    def _pdf(self) -> Iterator[PdfOfPages | None]:
        """The PDF, which appears whole when all its pages are in it."""
        if not self._order.pdf:
            yield None
            return
        file = self._order.folder / "sheet.pdf"
        if whose(file) == "another's":
            raise ForeignSheetError(file, "another program wrote it, so it is not replaced: give another --out DIR")
        with draft_of(file, tmp=file.parent) as (_, descriptor), os.fdopen(os.dup(descriptor), "wb") as opened:
            pdf = PdfOfPages(opened, self._layout.dpi)
            yield pdf
            pdf.end()

    def _gathered(self, page: SheetPage, pdf: PdfOfPages | None) -> list[Path]:
        """The files of a page that stay, after its pixels are in the PDF."""
        kept = [path for path in page.files if not path.name.endswith(".draft")]
        for path in page.files:
            if pdf is not None and path.suffix in (".png", ".draft"):
                pdf.add(path.read_bytes())
        for path in page.files:
            if path not in kept:
                path.unlink(missing_ok=True)
        return kept

    def _remove_old(self, strips: set[str]) -> None:
        """Remove the pages of an earlier, longer sheet, and the pictures that it showed."""
        folder = self._order.folder
        old = [
            file
            for file in folder.iterdir()
            if (match := _PAGE.fullmatch(file.name)) is not None and int(match[1]) > self._count
        ]
        if self._order.strips:
            old += [
                each for each in (folder / DATA).iterdir() if _STRIP.fullmatch(each.name) and each.name not in strips
            ]
        for file in old:
            if whose(file) == "ours":
                file.unlink(missing_ok=True)


def _shown(run: RunNumbers, order: SheetOrder) -> SheetRun:
    state = run.value("state")
    return SheetRun(run.key, run.name, number_of(run, order), str(state or ""), run.marked, run.spool.paths.directory)


def _label(run: SheetRun) -> str:
    """A run's name; with its place, if that does not end in it."""
    name, key = printable(run.name, 200), printable(run.key, 200)
    return key if key.endswith(name) else name if key == "." else f"{key} ({name})"


def _is_unread(cell: SheetCell) -> bool:
    """Whether a run could not even be listed."""
    return bool(cell.fault) and not cell.snapshots and not cell.is_missing


def _digest(page: SheetPageJob) -> str:
    """Tells the panels of one page from those of another: what is drawn, of what, and by which version."""
    told = f"{autoviz_render.__version__} {page.to_line()}"
    return hashlib.sha256(told.encode(errors="backslashreplace")).hexdigest()[:16]
