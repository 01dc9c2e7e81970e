"""`--fits`: arrays and panels as astropy and DS9 read them."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import pytest
from astropy.coordinates import SkyCoord
from astropy.io import fits
from astropy.wcs import WCS

from autoviz_render.renderer.fits.cards import ascii_text, extension_names
from autoviz_render.spool.publisher import Publisher

RNG = np.random.default_rng(4)
WCS_KEYS = {"CRVAL1": 150.1, "CRVAL2": 2.2, "CRPIX1": 15.5, "CRPIX2": 10.5}
MATRIX = {"CD1_1": -1e-5, "CD1_2": 1e-6, "CD2_1": 2e-6, "CD2_2": 1e-5}
STATIC: dict[str, Any] = {
    "data": RNG.normal(size=(20, 30)),
    "noise_map": np.ones((20, 30)),
    "mask": RNG.random((20, 30)) > 0.9,
}
ARRAYS: dict[str, Any] = {
    "model_image": RNG.normal(size=(20, 30)).astype(np.float32),
    "source": RNG.normal(size=(8, 9)),
    "source_extent": np.array([-1.0, 1.25, -2.0, 2.0]),
    "cube": RNG.integers(0, 9, (3, 4, 5)).astype(np.uint16),
    "half": np.linspace(0, 1, 6).reshape(2, 3).astype(np.float16),
    "visibilities": RNG.normal(size=(6, 4)) + 1j * RNG.normal(size=(6, 4)),
    "band/image": np.arange(6, dtype=">i2").reshape(2, 3),
    "flux": RNG.normal(size=7),
    "count": np.arange(7, dtype=np.uint64),
    "is_good": np.arange(7) > 3,
    "one": np.int8(3),
    "samples": RNG.normal(size=(50, 2)),
    "log_weights": np.linspace(-3, 0, 50),
}
NAME = "</script>'\u202eevil\x1b[2J" + "x" * 300


@pytest.fixture
def fitted(run_dir):
    units = {"data": "e⁻ s⁻¹", "slope": "arcsec", "flux": "Jy"}
    static = STATIC | {"wcs": WCS_KEYS | MATRIX}
    with Publisher(run_dir, figure="imaging", static=static, units=units, labels={"source": "Source θ"}) as publisher:
        for number in range(2):
            numbers = {"slope": 1.0, NAME: 2.0}
            scalars = {"log_evidence": -3.5, "rate": float("nan")}
            publisher.publish(ARRAYS, iteration=number, log_likelihood=-3.25, parameters=numbers, scalars=scalars)
            assert publisher.flush(30)
    return run_dir


@pytest.fixture
def opened(fitted, command):
    code, out, error = command("--fits", fitted)
    assert (code, error) == (0, [])
    assert out == [str(fitted / "image" / "fit.fits")]
    with fits.open(out[0]) as file:
        file.verify("exception")
        yield file


def test_every_array_is_there_to_the_last_bit(opened):
    """In the type that it had, or a wider one if FITS has not that; rows as they were: row 0 is the lowest y."""
    for name, array in (STATIC | ARRAYS).items():
        if array.ndim < 2 or array.dtype.kind == "c" or name == "samples":
            continue
        found = opened[name].data
        assert found.shape == array.shape, name
        assert (found == array).all(), name
        assert opened[name].header["ARRAY"] == name
    assert (opened["visibilities.imag"].data == ARRAYS["visibilities"].imag).all()
    assert (opened["LINES_7"].data["flux"] == ARRAYS["flux"]).all()
    assert (opened["LINES_7"].data["is_good"] == ARRAYS["is_good"]).all()
    assert (opened["LINES_7"].data["count"] == ARRAYS["count"]).all()
    assert (opened["SAMPLES"].data["slope"] == ARRAYS["samples"][:, 0]).all()
    assert opened["SAMPLES"].data["weights"].sum() == pytest.approx(1.0)
    assert opened["VALUES"].data["VALUE"].tolist() == [3.0]


def test_numbers_and_units_are_there(opened):
    """And where it comes from, without a date."""
    assert opened["data"].header["BUNIT"] == "e- s-1"
    assert opened["source"].header["OBJECT"] == "Source theta"
    assert opened["LINES_7"].columns["flux"].unit == "Jy"
    assert opened["PARAMETERS"].data["UNIT"].tolist() == ["arcsec", ""]
    assert opened["PARAMETERS"].data["VALUE"].tolist() == [1.0, 2.0]
    assert np.isnan(opened["SCALARS"].data["VALUE"][1])
    header = opened[0].header
    assert (header["RUN"], header["STEP"], header["ITER"], header["LOGLIKE"]) == ("search", 1, 1, -3.25)
    assert len(header["DIGEST"]) == len(header["DIGEST1"]) == 64
    assert "DATE" not in header


def test_the_run_says_where_on_the_sky(opened):
    """Its own keywords; images of other shapes are not there."""
    for name in ("data", "model_image", "mask"):
        found = WCS(opened[name].header)
        assert found.wcs.ctype[0] == "RA---TAN"
        assert (found.wcs.cd == [[-1e-5, 1e-6], [2e-6, 1e-5]]).all()
        centre = found.pixel_to_world(14.5, 9.5)
        assert centre.separation(SkyCoord(150.1, 2.2, unit="deg")).arcsec < 1e-6
    assert "CRVAL1" not in opened["cube"].header


def test_an_extent_gives_linear_coordinates(opened):
    """DS9 shows them under the pointer; edges are where the extent says."""
    found = WCS(opened["source"].header)
    assert found.wcs.ctype[0] == "XOFFSET"
    assert str(found.wcs.cunit[0]) == "arcsec"
    np.testing.assert_allclose(found.wcs_pix2world([[-0.5, -0.5], [8.5, 7.5]], 0), [[-1.0, -2.0], [1.25, 2.0]])


def test_the_same_snapshot_has_the_same_bytes(fitted, command):
    """Whoever compares files by their digests finds what changed."""
    command("--fits", fitted)
    first = (fitted / "image" / "fit.fits").read_bytes()
    code, out, _ = command("--fits", "--step", 1, fitted)
    assert code == 0
    assert (fitted / "image" / "fit-e0000-000000000001.fits").read_bytes() == first
    assert out == [str(fitted / "image" / "fit-e0000-000000000001.fits")]


@pytest.mark.parametrize(("panel", "name"), [(["--panel", 1], "fit-panel-1"), (["--panel", "Source plane"], None)])
def test_a_panel_has_what_it_shows(fitted, command, panel, name):
    """Its image and its curves, named by its title."""
    code, (path,), error = command("--fits", *panel, fitted)
    assert (code, error) == (0, [])
    with fits.open(path) as file:
        if name is not None:
            assert path.endswith(f"{name}.fits")
            assert (file["data"].data == STATIC["data"]).all()
            assert (file["data mask"].data == STATIC["mask"]).all()
        else:
            assert (file["Source plane"].data == ARRAYS["source"]).all()
        assert file[0].header["FIGURE"] == "imaging"


def test_a_figure_has_all_its_panels(fitted, command):
    """Tables of samples and of lines among them; what panels share is there once."""
    code, out, error = command("--fits", "--figure", "imaging,posterior,run", fitted)
    assert (code, error) == (0, [])
    assert [path.rpartition("/")[2] for path in out] == ["imaging.fits", "posterior.fits", "run.fits"]
    with fits.open(out[0]) as file:
        names = [each.name for each in file]
        assert {"DATA", "MODEL IMAGE", "BEST FIT"} <= {*names}
        assert sum(name.endswith("MASK") for name in names) == 1
    with fits.open(out[1]) as file:
        tables = [each for each in file[1:] if isinstance(each, fits.BinTableHDU)]
        assert any(name.startswith("slope") for each in tables for name in each.columns.names)


def test_a_file_of_another_program_is_kept(fitted, command):
    """A fit.fits is a name that others have, too."""
    path = fitted / "image" / "fit.fits"
    path.parent.mkdir(exist_ok=True)
    fits.PrimaryHDU(np.eye(3)).writeto(path)
    before = path.read_bytes()
    code, out, error = command("--fits", fitted)
    assert (code, out) == (1, [])
    assert "another program wrote it" in error[0]
    assert path.read_bytes() == before


def test_without_astropy_one_line_says_what_to_install(fitted, command, monkeypatch):
    """It is no part of a search's environment."""
    monkeypatch.setitem(sys.modules, "astropy.io", None)
    code, out, error = command("--fits", fitted)
    assert (code, out) == (2, [])
    assert len(error) == 1
    assert "pip install 'autoviz-render[fits]'" in error[0]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("e⁻ s⁻¹", "e- s-1"),
        ("±1σ", "+-1sigma"),
        ("Ü", "U"),
        ("a\nb\0\x1b", "a\\nb\\x00\\x1b"),
        ("\u202e中", "\\u202e\\u4e2d"),
    ],
)
def test_texts_are_ascii(text, expected):
    """Others are no text of FITS; astropy raises at them."""
    assert ascii_text(text) == expected


def test_names_of_extensions_differ():
    """FITS makes no difference between a and A, and a name has to fit in a card."""
    names = extension_names(["a", "A", "", "x" * 500, "x" * 501, "=cmd()"])
    assert len({name.upper() for name in names}) == 6
    assert max(map(len, names)) <= 66


def test_meshes_become_tables(run_dir, command):
    """Cells with their corners and values: what a mesh is, in a table."""
    from autoviz_render.figures import MeshPanel, TriangularMesh
    from autoviz_render.renderer.fits.panels import panel_extensions
    from autoviz_render.spool.snapshot import Snapshot

    corners = np.array([[0, 1, 2], [1, 2, 3]])
    mesh = TriangularMesh(np.array([0.0, 1, 0, 1]), np.array([0.0, 0, 1, 1]), corners)
    cells, vertices = panel_extensions(fits, [MeshPanel("Source", mesh, np.array([2.5, 3.5]))], Snapshot({}))
    assert (cells.data["CORNERS"] == corners).all()
    assert cells.data["VALUE"].tolist() == [2.5, 3.5]
    assert vertices.data["X"].tolist() == [0, 1, 0, 1]
