"""Extensions for the panels of a figure: what is drawn, as numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from autoviz_render.figures.panels import (
    ColouredPanel,
    CornerPanel,
    HistogramPanel,
    ImagePanel,
    LinesPanel,
    MeshPanel,
    Panel,
    PolygonalMesh,
    RectangularMesh,
    ScatterPanel,
    Series,
    TablePanel,
    TriangularMesh,
)
from autoviz_render.renderer.fits.arrays import image
from autoviz_render.renderer.fits.cards import Card, ascii_text, extension_names
from autoviz_render.renderer.fits.tables import rows_of, table
from autoviz_render.renderer.fits.wcs import celestial_cards, linear_cards
from autoviz_render.spool.arrays import Array
from autoviz_render.spool.snapshot import Snapshot

Make = Callable[[str], Any]
"""Makes an extension of that name."""


class _Part(NamedTuple):
    """An extension to be made.

    Attributes:
        name: Before it is one for FITS.
        make: Makes it.
        content: Of what several panels share, a mask or a curve: there is one extension of it.
    """

    name: str
    make: Make
    content: bytes = b""


def panel_extensions(fits: Any, panels: Sequence[Panel], snapshot: Snapshot) -> list[Any]:
    """One extension or several for each panel that has values: images, tables of points, lines, cells, samples.

    Args:
        fits: `astropy.io.fits`.
        panels: Of a figure.
        snapshot: Which they show.
    """
    parts: list[_Part] = []
    known: set[bytes] = set()
    for part in (each for panel in panels for each in _parts_of(fits, panel, snapshot)):
        if not part.content or part.content not in known:
            parts.append(part)
            known.add(part.content)
    made = []
    for extension, part in zip(extension_names(part.name for part in parts), parts, strict=True):
        found = part.make(extension)
        found.header["PANEL"] = ascii_text(part.name), ""
        made.append(found)
    return made


def _parts_of(fits: Any, panel: Panel, snapshot: Snapshot) -> Iterator[_Part]:
    kinds: dict[type[Panel], Callable[..., Iterator[_Part]]] = {
        ImagePanel: _image,
        MeshPanel: _mesh,
        ScatterPanel: _scatter,
        LinesPanel: _lines,
        CornerPanel: _corner,
        HistogramPanel: _histogram,
        TablePanel: _table,
    }
    make = next((made for kind, made in kinds.items() if isinstance(panel, kind)), None)
    if make is not None:
        yield from make(fits, panel, snapshot)
    for number, curve in enumerate(panel.curves if isinstance(panel, ColouredPanel) else (), 1):
        x, y = np.asarray(curve.x), np.asarray(curve.y)
        if x.size:
            name = f"{panel.title} {curve.label or f'curve {number}'}"
            yield _Part(name, _columns(fits, {"X": x, "Y": y}), x.tobytes() + y.tobytes())


def _columns(fits: Any, columns: Mapping[str, Array], unit: str = "", **cards: str) -> Make:
    def make(name: str) -> Any:
        found = table(fits, name, columns, {"VALUE": unit})
        for keyword, text in cards.items():
            if text:
                found.header[keyword] = ascii_text(text)
        return found

    return make


def _image(fits: Any, panel: ImagePanel, snapshot: Snapshot) -> Iterator[_Part]:
    values = np.asarray(panel.values)
    planes = np.moveaxis(values, 2, 0) if panel.is_picture else values  # colours are planes, in FITS
    sky = celestial_cards(snapshot, "", values.shape[:2])
    unit = "arcsec" if panel.tick_unit == "″" else "pixel" if panel.extent is None else ""
    cards: list[Card] = [("BUNIT", ascii_text(panel.unit), "")] if panel.unit else []
    cards += sky or list(linear_cards(panel.extent, planes.shape, unit))
    yield _Part(panel.title, lambda name: image(fits, name, np.ascontiguousarray(planes), cards))
    if panel.mask is not None and np.any(panel.mask):
        mask = np.asarray(panel.mask, dtype=np.uint8)
        own = cards[bool(panel.unit) :]
        yield _Part(f"{panel.title} mask", lambda name: image(fits, name, mask, own), mask.tobytes())


def _mesh(fits: Any, panel: MeshPanel, snapshot: Snapshot) -> Iterator[_Part]:
    del snapshot
    mesh, values, title = panel.mesh, np.asarray(panel.values), panel.title
    if isinstance(mesh, RectangularMesh):
        rows, columns = np.indices(values.shape)
        x, y = np.asarray(mesh.x), np.asarray(mesh.y)
        edges = {"X0": x[columns], "X1": x[columns + 1], "Y0": y[rows], "Y1": y[rows + 1]}
        cells = {name: each.ravel() for name, each in edges.items()} | {"VALUE": values.ravel()}
        yield _Part(title, _columns(fits, cells, panel.unit))
        return
    corners = {"X": np.asarray(mesh.x), "Y": np.asarray(mesh.y)}
    cells = {"CORNERS": np.asarray(mesh.triangles if isinstance(mesh, TriangularMesh) else mesh.polygons)}
    is_of_vertices = isinstance(mesh, TriangularMesh) and len(values) == len(corners["X"])
    (corners if is_of_vertices and not isinstance(mesh, PolygonalMesh) else cells)["VALUE"] = values
    yield _Part(f"{title} cells", _columns(fits, cells, panel.unit))
    yield _Part(f"{title} vertices", _columns(fits, corners, panel.unit))


def _scatter(fits: Any, panel: ScatterPanel, snapshot: Snapshot) -> Iterator[_Part]:
    del snapshot
    columns = {"X": np.asarray(panel.x), "Y": np.asarray(panel.y), "VALUE": np.asarray(panel.values)}
    if panel.weights is not None:
        columns["WEIGHT"] = np.asarray(panel.weights)
    yield _Part(panel.title, _columns(fits, columns, panel.unit, XLABEL=panel.x_label, YLABEL=panel.y_label))


def _lines(fits: Any, panel: LinesPanel, snapshot: Snapshot) -> Iterator[_Part]:
    del snapshot
    parts = [("", each) for each in panel.series] + [(" residuals", each) for each in panel.residuals]
    for number, (kind, series) in enumerate(parts, 1):
        label = series.label or (f"{number}" if len(parts) > 1 else "")
        name = f"{panel.title}{kind} {label}".strip()
        yield _Part(name, _columns(fits, _of_series(series), XLABEL=panel.x_label, YLABEL=panel.y_label))


def _of_series(series: Series) -> dict[str, Array]:
    columns = {"X": np.asarray(series.x), "Y": np.asarray(series.y)}
    if columns["X"].dtype.kind == "M":
        columns["X"] = columns["X"].astype("datetime64[us]").astype(np.int64) / 1e6  # seconds since 1970
    if series.error is not None:
        error = np.asarray(series.error, dtype=np.float64)
        columns["ERROR"] = np.broadcast_to(error, columns["Y"].shape) if error.ndim < 2 else error.T
    return columns


def _corner(fits: Any, panel: CornerPanel, snapshot: Snapshot) -> Iterator[_Part]:
    columns = dict(zip(panel.names, np.asarray(panel.samples).T, strict=True))
    if panel.weights is not None:
        columns["WEIGHT"] = np.asarray(panel.weights)
    yield _Part(panel.title, _columns(fits, columns))
    for inset in panel.insets:
        yield from _parts_of(fits, inset, snapshot)


def _histogram(fits: Any, panel: HistogramPanel, snapshot: Snapshot) -> Iterator[_Part]:
    del snapshot
    columns = {"VALUE": np.asarray(panel.values)}
    if panel.weights is not None:
        columns["WEIGHT"] = np.asarray(panel.weights)
    yield _Part(panel.title, _columns(fits, columns, XLABEL=panel.x_label))


def _table(fits: Any, panel: TablePanel, snapshot: Snapshot) -> Iterator[_Part]:
    del snapshot
    yield _Part(panel.title, lambda name: rows_of(fits, name, panel.rows))
