"""North, east and the scale of an image, of the keywords of FITS."""

from __future__ import annotations

import numpy as np
import pytest

from autoviz_render.figures.annotations import Compass, ScaleBar
from autoviz_render.figures.builtin.auto import auto
from autoviz_render.figures.builtin.imaging import imaging
from autoviz_render.figures.given.sky import sky_marks
from autoviz_render.figures.panels import ImagePanel, TablePanel
from autoviz_render.renderer.draw import draw
from autoviz_render.renderer.settings import RenderSettings
from autoviz_render.spool.errors import WrongTypeError, WrongValueError
from autoviz_render.spool.publisher import Publisher
from autoviz_render.spool.snapshot import Snapshot
from autoviz_render.spool.store import Spool

SHAPE = (60, 80)
EXTENT = (0.0, 80.0, 0.0, 60.0)
STEP = 0.05 / 3600


def rotated(angle: float, *, flip: bool = False) -> dict[str, float]:
    """A matrix; north is turned from up, by degrees, and east is at its left, unless flipped."""
    cosine, sine = np.cos(np.radians(angle)), np.sin(np.radians(angle))
    side = 1.0 if flip else -1.0
    return {
        "CD1_1": side * STEP * cosine,
        "CD1_2": -side * STEP * sine,
        "CD2_1": STEP * sine,
        "CD2_2": STEP * cosine,
        "CRVAL1": 150.0,
        "CRVAL2": 2.0,
        "CRPIX1": 40.0,
        "CRPIX2": 30.0,
    }


def snapshot_with(header: dict[str, float], **arrays: np.ndarray) -> Snapshot:
    return Snapshot(arrays=arrays, static={f"wcs/{key}": np.asarray(value) for key, value in header.items()})


def marks_of(header: dict[str, float], extent=EXTENT) -> list[Compass | ScaleBar]:
    return sky_marks(snapshot_with(header), SHAPE, extent, extent)


def unit(vector: tuple[float, float]) -> np.ndarray:
    return np.array(vector) / np.hypot(*vector)


HEADERS = {
    "plain": rotated(0.0),
    "rotated": rotated(37.0),
    "upside down": rotated(180.0),
    "flipped": rotated(25.0, flip=True),
    "far from its reference pixel, near the pole": rotated(10.0)
    | {"CRVAL2": 88.0, "CRPIX1": -20_000.0, "CRPIX2": 9_000.0},
    "oblong pixels": {**rotated(0.0), "CD1_1": -3 * STEP, "CD2_1": STEP / 2},
    "CDELT and CROTA2": {"CDELT1": -STEP, "CDELT2": STEP, "CROTA2": 30.0, "CRVAL1": 10.0, "CRVAL2": -40.0}
    | {"CRPIX1": 1.0, "CRPIX2": 1.0},
    "CDELT and PC": {"CDELT1": -STEP, "CDELT2": STEP, "PC1_1": 0.8, "PC1_2": -0.6, "PC2_1": 0.6, "PC2_2": 0.8}
    | {"CRVAL1": 10.0, "CRVAL2": -40.0, "CRPIX1": 1.0, "CRPIX2": 1.0},
}


@pytest.mark.parametrize("name", HEADERS)
def test_north_and_east_are_those_of_astropy(name):
    """A step to the north from the middle of the image, in its pixels."""
    wcs = pytest.importorskip("astropy.wcs")
    header = HEADERS[name]
    of_astropy = wcs.WCS({**header, "CTYPE1": "RA---TAN", "CTYPE2": "DEC--TAN", "NAXIS": 2})
    middle = np.array([(SHAPE[1] + 1) / 2, (SHAPE[0] + 1) / 2])
    right_ascension, declination = of_astropy.all_pix2world([middle], 1)[0]
    small = STEP / 50
    north = of_astropy.all_world2pix([[right_ascension, declination + small]], 1)[0] - middle
    east = of_astropy.all_world2pix([[right_ascension + small / np.cos(np.radians(declination)), declination]], 1)[0]
    compass, bar = marks_of(header)
    np.testing.assert_allclose(unit(compass.north), unit(north), atol=2e-3)
    np.testing.assert_allclose(unit(compass.east), unit(east - middle), atol=2e-3)
    ends = of_astropy.all_pix2world([middle, middle + np.array([bar.length, 0.0])], 1)
    across = np.diff(ends, axis=0)[0] * (np.cos(np.radians(declination)), 1)
    value, sign = float(bar.label[:-1]), bar.label[-1]
    assert np.hypot(*across) * {"″": 3600, "′": 60}[sign] == pytest.approx(value, rel=2e-3)
    assert 0.1 * 80 < bar.length < 0.45 * 80


def test_an_axis_that_falls_to_the_right_turns_the_arrows_with_it():
    """With an extent of right ascension, east is where x grows: to the left."""
    (compass, _), (reversed_, bar) = marks_of(rotated(0.0)), marks_of(rotated(0.0), (2.0, -2.0, -1.5, 1.5))
    assert compass.east[0] < 0
    assert reversed_.east[0] > 0
    assert bar.length == pytest.approx(1.0)
    assert bar.label == "1″"


@pytest.mark.parametrize(
    "header",
    [
        {},
        {"CD1_1": 0.0, "CD2_2": 0.0},
        {"CD1_1": np.nan, "CD2_2": 1.0},
        {"CD1_1": 1e-300, "CD2_2": 1e300},
        {"CDELT1": np.inf, "CDELT2": 1.0},
        rotated(0.0) | {"CRPIX1": 1e300},
        rotated(0.0) | {"CRVAL2": 1e300},
    ],
)
def test_a_strangers_header_that_is_none_leaves_the_image_without_marks_or_with_some_that_can_be_drawn(header):
    """A figure must not be lost to it."""
    image = np.random.default_rng(0).random(SHAPE)
    drawing = draw(snapshot_with(header, image=image), "auto", RenderSettings(dpi=30))
    assert drawing.errors == ()


def test_a_header_is_published_as_its_numbers(run_dir):
    """`dict(header)` of a real file has texts, comments and keywords of any kind."""
    header = {**rotated(30.0), "CTYPE1": "RA---TAN-SIP", "CTYPE2": "DEC--TAN", "CUNIT1": "deg", "OBSERVER": "me"}
    header |= {"COMMENT": object(), "A_ORDER": 3, "NAXIS": 2, "SIMPLE": True}
    data = np.random.default_rng(0).random(SHAPE)
    with Publisher(run_dir, static={"data": data, "noise_map": data + 1, "wcs": header}) as publisher:
        publisher.publish({"model_image": data}, iteration=1)
    snapshot = Spool(run_dir).read_newest()
    assert {name for name in snapshot.static if name.startswith("wcs/")} == {f"wcs/{key}" for key in rotated(0.0)}
    panel = imaging(snapshot)[0]
    assert isinstance(panel, ImagePanel)
    assert [type(mark) for mark in panel.marks] == [Compass, ScaleBar]
    rows = [name for each in auto(snapshot) if isinstance(each, TablePanel) for name, _ in each.rows]
    assert not any("wcs" in name for name in rows)


@pytest.mark.parametrize(
    ("wcs", "error", "told"),
    [
        ({"CTYPE1": "GLON-CAR", "CD1_1": 1.0}, WrongValueError, "CTYPE1"),
        ({"CUNIT2": "arcsec", "CD1_1": 1.0}, WrongValueError, "CUNIT2"),
        ({"CRVAL1": 10.0}, WrongValueError, "CD1_1 to CD2_2"),
        ({"CD1_1": "one"}, WrongValueError, "finite number"),
        (np.ones((2, 2)), WrongTypeError, "FITS header"),
    ],
)
def test_a_header_that_tells_nothing_of_north_is_refused_at_once(run_dir, wcs, error, told):
    """Arrows that point elsewhere are worse than none."""
    with pytest.raises(error, match=told):
        Publisher(run_dir, static={"wcs": wcs})
    assert not run_dir.exists()


def test_a_header_and_coordinates_of_astropy_are_taken_as_they_are(run_dir):
    """Who has opened the file has these."""
    fits, wcs = pytest.importorskip("astropy.io.fits"), pytest.importorskip("astropy.wcs")
    header = fits.Header({**rotated(30.0), "CTYPE1": "RA---TAN", "CTYPE2": "DEC--TAN"})
    header["COMMENT"] = "of the observer"
    for given in (header, dict(header), wcs.WCS(header)):
        with Publisher(run_dir, static={"wcs": given, "image": np.eye(5)}) as publisher:
            publisher.publish({"a": np.eye(5)}, iteration=1)
        snapshot = Spool(run_dir).read_newest()
        compass, _ = sky_marks(snapshot, SHAPE, EXTENT, EXTENT)
        np.testing.assert_allclose(unit(compass.north), (np.sin(np.radians(30)), np.cos(np.radians(30))), atol=1e-4)
