"""The parts of a sheet: names of panels, numbers of runs, chi squared, layout, PDF."""

from __future__ import annotations

import math
import re
import zlib

import numpy as np
import pytest

from autoviz_render.renderer.batch.selection import Selection
from autoviz_render.renderer.plot import png
from autoviz_render.renderer.sheet.chi_squared import chi_squared
from autoviz_render.renderer.sheet.choose import found
from autoviz_render.renderer.sheet.layout import sheet_layout
from autoviz_render.renderer.sheet.marks import Mark
from autoviz_render.renderer.sheet.numbers import RunNumbers, SheetError, check_names, ordered
from autoviz_render.renderer.sheet.pdf import PdfOfPages
from autoviz_render.spool.publisher import Publisher
from autoviz_render.spool.snapshot import Snapshot
from autoviz_render.spool.store import Spool

TITLES = ["Data", "Normalised residuals", "Source plane", "Normalised residuals, ±1σ", "Source plane: caustic", "Data²"]


@pytest.mark.parametrize(
    ("name", "first"),
    [
        ("data", "Data"),
        ("source", "Source plane"),
        ("SOURCE  plane", "Source plane"),
        ("residuals", "Normalised residuals"),
        ("caustic", "Source plane: caustic"),
        ("normalised residuals, ±1σ", "Normalised residuals, ±1σ"),
        ("resid", None),
        ("sou", "Source plane"),
        ("", None),
        ("$(rm -rf)", None),
    ],
)
def test_a_name_is_that_of_a_title_its_beginning_or_its_words(name, first):
    """Panels are called as a person calls them, not as a recipe spells them."""
    numbers = found(name, TITLES)
    assert (TITLES[numbers[0]] if numbers else None) == first


def numbers_of(folder, key, mark="", **scalars):
    with Publisher(folder / key) as publisher:
        publisher.publish(
            {"data": np.ones(3)}, iteration=1, log_likelihood=scalars.pop("log_likelihood", 0.0), scalars=scalars
        )
    return RunNumbers(key, Spool(folder / key), Selection(), 1e12, Mark(mark))


def test_runs_are_ordered_and_those_without_the_number_come_last_both_ways(tmp_path):
    """Else a descending order begins with what failed."""
    runs = [
        numbers_of(tmp_path, "a", chi=math.nan),
        numbers_of(tmp_path, "b", chi=2.0),
        numbers_of(tmp_path, "c", "good"),
        numbers_of(tmp_path, "d", chi=-1.0),
        numbers_of(tmp_path, "e", "bad", chi=2.0),
        numbers_of(tmp_path, "f", chi=math.inf),
    ]

    def order(key):
        return "".join(run.key for run in ordered(runs, key))

    assert order("chi") == "dbefac"
    assert order("-chi") == "fbedac"
    assert order("mark") == "ecabdf"
    assert order("-run") == "fedcba"
    check_names(["chi", "chi2", "run", "age"], runs, "sort")
    with pytest.raises(SheetError, match=r"sort: no run has 'cho'; did you mean 'chi'\?; there are: run, name"):
        check_names(["cho"], runs, "sort")


def test_the_numbers_are_those_of_the_snapshot_that_is_shown(tmp_path):
    """Also if later quick updates have none, and if the run has many lines."""
    with Publisher(tmp_path / "run") as publisher:
        for number in range(40):
            publisher.publish(
                {"a": np.ones(2)}, iteration=number, log_likelihood=-abs(number - 7), scalars={"n": number}
            )
            publisher.flush()
    spool = Spool(tmp_path / "run")
    newest, best, third = (RunNumbers("run", spool, Selection(which), 0.0) for which in ("newest", "best", 3))
    assert (newest.value("n"), best.value("n"), third.value("n")) == (39, 7, 3)
    assert (newest.value("updates"), newest.value("step"), best.value("log_likelihood")) == (40, 39, 0)
    assert newest.value("state") == "finished"


def test_a_run_that_cannot_be_read_has_no_numbers(tmp_path):
    """It is shown, and stands at the end."""
    run = RunNumbers("gone", Spool(tmp_path / "gone"), Selection(), 0.0)
    assert run.value("chi") is None
    assert run.value("state") is None
    assert run.value("run") == "gone"


def snapshot(**arrays):
    return Snapshot({name: np.asarray(array) for name, array in arrays.items()})


@pytest.mark.parametrize(
    ("arrays", "expected"),
    [
        ({"data": [1.0, 2.0, 4.0], "model": [1.0, 1.0, 1.0], "noise_map": [1.0, 2.0, 3.0]}, (1.25, 3)),
        (
            {"data": [[1.0, 5.0]], "model_image": [[0.0, 0.0]], "noise_map": [[1.0, 1.0]], "mask": [[False, True]]},
            (1, 1),
        ),
        ({"data": [1.0, 1.0, 1.0], "model": [0.0, 0.0, 0.0], "noise_map": [1.0, 0.0, np.nan]}, (1, 1)),
        ({"data": [1.0, -1.0], "model": [0.0, 0.0], "noise_map": [[1.0, 1.0], [2.0, 2.0]]}, (1.25, 2)),
        ({"data": [3 + 4j], "model_data": [0j], "noise_map": [1 + 2j]}, (13, 2)),
        ({"data": [3 + 4j], "model_data": [0j], "noise_map": [1.0]}, (25, 2)),
        ({"data": [1.0], "model": [0.0]}, None),
        ({"data": [1.0, 2.0], "model": [0.0], "noise_map": [1.0]}, None),
        ({"data": ["a"], "model": [0.0], "noise_map": [1.0]}, None),
    ],
)
def test_chi_squared_is_that_of_any_kind_of_data(arrays, expected):
    """Of images, spectra and visibilities, as their figures have it."""
    assert chi_squared(snapshot(**arrays)) == expected


def test_chi_squared_is_that_of_the_figure(lens_snapshot):
    """The number beside the panel and the one over it must not differ."""
    from autoviz_render.figures.builtin.imaging import imaging_fit

    fit = lens_snapshot(40)
    mine, figure = chi_squared(fit), imaging_fit(fit)
    assert mine.total == pytest.approx(figure.chi_squared[~figure.frame.mask].sum())
    assert mine.points == (~figure.frame.mask).sum()


@pytest.mark.parametrize("width", [None, 88 / 25.4, 180 / 25.4, 210 / 25.4])
@pytest.mark.parametrize("panels", [1, 2, 3, 4, 7, 12])
def test_cells_of_any_number_of_panels_stand_side_by_side_within_the_page(panels, width):
    """At every width that a journal has, nothing over the edge and nothing over something else."""
    layout = sheet_layout(panels, 100, 100, width)
    assert layout.cell.columns * layout.cell.rows >= panels
    wide, high = layout.page_size(layout.runs)
    assert width is None or abs(wide - 100 * width) <= 3
    assert wide <= 2000
    corners = [layout.place(number) for number in range(layout.runs)]
    assert len(set(corners)) == layout.runs
    assert max(left for left, _ in corners) + layout.width <= wide
    assert max(top for _, top in corners) + layout.label + layout.height <= high


def test_a_pdf_holds_the_pixels_of_its_pages(tmp_path):
    """Bit by bit: a page in it is the page beside it."""
    pages = [np.random.default_rng(seed).integers(0, 255, (20 + seed, 30, 3), np.uint8) for seed in range(3)]
    with open(tmp_path / "sheet.pdf", "wb") as file:
        pdf = PdfOfPages(file, 100.0)
        for page in pages:
            pdf.add(png.png(page, 100.0))
        pdf.end()
    data = (tmp_path / "sheet.pdf").read_bytes()
    start = int(re.search(rb"startxref\n(\d+)", data)[1])
    assert data[start:].startswith(b"xref\n0 13\n")
    for number, place in enumerate(re.findall(rb"(\d{10}) 00000 n ", data), 1):
        assert data[int(place) :].startswith(b"%d 0 obj" % number)
    streams = re.findall(rb"/Predictor 15 .*?/Length (\d+)>>\nstream\n", data)
    ends = [match.end() for match in re.finditer(rb"/Predictor 15 .*?/Length \d+>>\nstream\n", data)]
    for page, length, end in zip(pages, map(int, streams), ends, strict=True):
        rows = np.frombuffer(zlib.decompress(data[end : end + length]), np.uint8).reshape(len(page), -1)
        assert (rows[:, 1:].reshape(page.shape) == page).all()
