"""The bytes of a FITS file: a header that says where it comes from, and an extension for each array or panel."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from autoviz_render.figures.errors import FigureError
from autoviz_render.renderer.fits.arrays import array_extensions
from autoviz_render.renderer.fits.cards import Card, ascii_text, number_card
from autoviz_render.renderer.fits.panels import panel_extensions
from autoviz_render.renderer.plot.formats import SOFTWARE
from autoviz_render.renderer.settings import FigureSpec, RenderSettings
from autoviz_render.spool.errors import SpoolError
from autoviz_render.spool.interchange.packages import needed_by
from autoviz_render.spool.snapshot import Snapshot
from autoviz_render.spool.text import in_one_line


class NoFitsError(SpoolError, ValueError):
    """Of a snapshot, or of its figure, there is nothing that a FITS file could hold."""

    __str__ = SpoolError.__str__


def fits_of_arrays(snapshot: Snapshot, path: Path) -> bytes:
    """A file of all arrays of a snapshot, its parameters and numbers.

    Args:
        snapshot: Which.
        path: Names it in errors.

    Raises:
        MissingPackageError: astropy is not installed: `pip install 'autoviz-render[fits]'`.
        NoFitsError: It holds none.
    """
    fits = _astropy()
    extensions = list(array_extensions(fits, snapshot))
    if not extensions:
        raise NoFitsError(path, "holds no numbers that a FITS file could hold")
    return _bytes(fits, snapshot, extensions, [])


def fits_of_figure(snapshot: Snapshot, figure: FigureSpec, settings: RenderSettings, path: Path) -> bytes:
    """A file of what the panels of a figure show, or the one panel that the settings name.

    Args:
        snapshot: Which.
        figure: Of it.
        settings: Which panel.
        path: Names the snapshot in errors.

    Raises:
        MissingPackageError: astropy is not installed: `pip install 'autoviz-render[fits]'`.
        FigureError: There is no such figure, or no such panel.
        NoFitsError: No panel has values, or the figure's function fails.
    """
    fits, recipe = _astropy(), figure.recipe()
    try:
        arranged = settings.page.sheet(recipe(snapshot)).arranged
        extensions = panel_extensions(fits, [panel for _, panel in arranged], snapshot)
    except FigureError:
        raise
    except Exception as error:  # a figure's function is somebody's code
        raise NoFitsError(path, f"figure {figure.name!r:.100} fails: {in_one_line(error)}") from error
    if not extensions:
        raise NoFitsError(path, f"figure {figure.name!r:.100} shows no numbers that a FITS file could hold")
    return _bytes(fits, snapshot, extensions, [("FIGURE", ascii_text(figure.name), "")])


def _astropy() -> Any:
    with needed_by("--fits", "fits"):
        from astropy.io import fits
    return fits


def _bytes(fits: Any, snapshot: Snapshot, extensions: Sequence[Any], cards: Sequence[Card]) -> bytes:
    primary = fits.PrimaryHDU()
    for keyword, value, comment in (*_facts(snapshot), *cards):
        primary.header[keyword] = value, comment
    primary.header["HISTORY"] = f"written by {SOFTWARE} {version(SOFTWARE)} from a snapshot of its spool"
    content = io.BytesIO()
    fits.HDUList([primary, *extensions]).writeto(content)
    return content.getvalue()


def _facts(snapshot: Snapshot) -> Iterator[Card]:
    """Where it comes from, without a date: the same snapshot has the same bytes. Long texts leave no room for words."""
    yield "CREATOR", f"{SOFTWARE} {version(SOFTWARE)}", "the program that wrote this file"
    yield "RUN", ascii_text(snapshot.run), ""
    yield "EPOCH", snapshot.epoch, "start of the run: 0, 1 after a resume"
    yield "STEP", snapshot.sequence, "number of the quick update"
    yield "ITER", snapshot.iteration, "count of the sampler"
    yield "ITERUNIT", ascii_text(snapshot.counts), ""
    yield from number_card("LOGLIKE", snapshot.log_likelihood, "log likelihood of the best fit")
    if snapshot.digest:
        yield "DIGEST", ascii_text(snapshot.digest), ""
    for number, digest in enumerate(snapshot.static_digests[:9], 1):
        yield f"DIGEST{number}", ascii_text(digest), ""
