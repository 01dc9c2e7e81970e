"""A contact sheet in a browser: `sheet.html`, which opens from `file://`, and marks that a person makes there.

Places::

    PATH/sheet.html            the page, with its program inside
    PATH/sheet_files/sheet.js  what is on it: a data script, as those of the other pages
    PATH/sheet_files/strip-001-DIGEST.png   the panels of the runs of a page, side by side; another content has another
                               name
    PATH/marks.csv             see `autoviz_render.renderer.sheet.marks`

`sheet.js`::

    autoviz.put("sheet", {"format": 1, "now": 1764216000.2, "title": "output", "heading": "by chi2", "runs": 2000,
      "panels": ["source", "residuals"], "width": 428, "height": 192,
      "strips": [["strip-001-0123456789abcdef.png", 18, 3]],
      "rows": [["field/lens_017", "lens_017", "chi2 1.02", "finished", "bad", "source is empty",
        "2026-11-27T09:30:00Z"]]});

    A strip is `[name, how many runs, how many of them side by side]`; its name is "" if it could not be written. The
    rows are in the order of the strips: run, its own name, what it is ordered by, its state, mark, note and when that
    was made. A run is what `marks.csv` calls it.

The page keeps marks in the browser at once; from `file://` a button writes `marks.csv`, and a server has them written,
see `autoviz_render.views.server`.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from pathlib import Path

from autoviz_render.renderer.sheet.order import DATA, SheetOrder, SheetPage, SheetRun
from autoviz_render.spool.text import cut, printable
from autoviz_render.views.page.assets import page
from autoviz_render.views.page.page_files import PageFiles
from autoviz_render.views.page.scripts import data_script

PAGE = "sheet.html"
_LONGEST = 300  # characters of a text


class SheetSite:
    """Writes the page of a sheet.

    Args:
        order: What the sheet is.
    """

    def __init__(self, order: SheetOrder) -> None:
        self._order = order
        self._files = PageFiles(order.folder, page=PAGE, data=DATA)
        self._strips: list[list[object]] = []
        self._rows: list[list[object]] = []
        self._size = (1, 1)

    def refuse_another_programs(self) -> None:
        """Raises ForeignFileError, a SpoolError, if there is another program's page, or a link in its place."""
        self._files.refuse_another_programs()

    def add(self, made: SheetPage) -> None:
        """Have the runs of a page on it."""
        if made.runs:
            self._strips.append([made.strip, len(made.runs), made.across])
            self._rows += map(_row, made.runs)
            self._size = made.size

    def write(self) -> Path:
        """Write it; the page's path. Raises SpoolError, OSError."""
        order, (width, height) = self._order, self._size
        self._files.open(page("sheet", f"{order.title}: contact sheet"))
        value: dict[str, object] = {"now": time.time(), "title": cut(order.title, _LONGEST), "heading": _told(order)}
        value |= {"runs": len(self._rows), "panels": [cut(name, _LONGEST) for name in order.names]}
        value |= {"width": width, "height": height, "strips": self._strips, "rows": self._rows}
        self._files.write("sheet.js", data_script("sheet", value))
        return order.folder / PAGE


def _row(run: SheetRun) -> list[object]:
    name, mark = cut(run.name, _LONGEST), run.mark
    return [printable(run.key), name, cut(run.number, _LONGEST), run.state, mark.mark, mark.note, mark.when]


def _told(order: SheetOrder) -> str:
    """How the runs were ordered and chosen, in words."""
    sort = order.sort or ""
    parts: Iterable[str] = (
        f"by {sort.removeprefix('-')}{', from the highest' * sort.startswith('-')}" if sort else "",
        f"where {order.where}" if order.where else "",
    )
    return cut(", ".join(filter(None, parts)), _LONGEST)
