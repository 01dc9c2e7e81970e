"""Two figures side by side: which panels belong together, and what their difference is."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from autoviz_render.figures.comparison.side_by_side import (
    Group,
    NothingSharedError,
    Side,
    columns_for_screen,
    compared,
    laid_out,
)
from autoviz_render.figures.comparison.tables import shift
from autoviz_render.figures.comparison.titles import common_title, same_panels
from autoviz_render.figures.meshes import delaunay, voronoi
from autoviz_render.figures.panels import (
    CornerPanel,
    Curve,
    CustomPanel,
    HistogramPanel,
    ImagePanel,
    LinesPanel,
    MeshPanel,
    Panel,
    RectangularMesh,
    ScatterPanel,
    Series,
    TablePanel,
    TextPanel,
)
from autoviz_render.spool.snapshot import Snapshot

RNG = np.random.default_rng(1)
X = np.linspace(0, 1, 30)
POINTS = RNG.random((40, 2))


def side(*panels: Panel, **numbers) -> Side:
    return Side(Snapshot({}, **numbers), panels)


def groups(one: Side, other: Side, **settings) -> list[Group]:
    return compared(one, other, **{"are_two_runs": True, **settings})


def three(one: Panel, other: Panel) -> list:
    """A, B, and their difference."""
    (group,) = groups(side(one), side(other))
    assert len(group.panels) == 3
    return list(group.panels)


def image(values, title="Image", **settings) -> ImagePanel:
    return ImagePanel(title, np.asarray(values, float), **settings)


EVERY_KIND = [
    image(RNG.random((5, 4))),
    image(RNG.random((5, 4)), mask=np.eye(5, 4) > 0),
    image(np.where(np.eye(4) > 0, np.nan, 2.0)),
    image([[np.inf, -np.inf], [1e308, -1e308]]),
    image(10 ** RNG.random((5, 4)), scale="log"),
    image([[7.0]]),
    ImagePanel("Picture", RNG.random((6, 5, 3))),
    ImagePanel("Flags", np.eye(4) > 0),
    MeshPanel("Cells", RectangularMesh(np.arange(4.0), np.arange(3.0)), RNG.random((2, 3))),
    MeshPanel("Triangles", delaunay(*POINTS.T), RNG.random(40)),
    MeshPanel("Voronoi", voronoi(*POINTS.T), RNG.random(40)),
    ScatterPanel("Points", POINTS[:, 0], POINTS[:, 1], RNG.random(40)),
    LinesPanel("Lines", [Series(X, X**2, label="a"), Series(X, np.where(X < 0.5, np.nan, X))]),
    HistogramPanel("Histogram", RNG.random(100)),
    CornerPanel("Corner", RNG.random((200, 2)), ["a", "b"]),
    TablePanel("Table", [("a", "1"), ("b", "two")]),
    TextPanel("Text", "words"),
]


@pytest.mark.parametrize("panel", EVERY_KIND, ids=lambda panel: panel.title)
def test_equal_panels_are_identical_and_their_difference_is_exactly_zero(panel):
    """Noise in colours would be taken for a change."""
    with np.errstate(all="raise"):
        (group,) = groups(side(panel), side(replace(panel)))
    assert group.is_identical
    if isinstance(panel, ImagePanel | MeshPanel | ScatterPanel):
        change = group.panels[2]
        values = np.asarray(change.values)
        assert not values[np.isfinite(values)].any()
        assert change.title.endswith("identical")
        assert change.low < 0 < change.high


@pytest.mark.parametrize("panel", EVERY_KIND, ids=lambda panel: panel.title)
def test_every_kind_of_panel_is_compared_with_another_one_of_its_kind(panel):
    """None may cost the others; what cannot be subtracted says so."""
    names = [name for name in ("values", "samples") if hasattr(panel, name)]
    other = panel
    for name in names:
        values = np.asarray(getattr(panel, name))
        other = replace(panel, **{name: values[::-1] if values.dtype.kind == "b" else values[::-1] + 0.25})
    if isinstance(panel, LinesPanel):
        other = replace(panel, series=[replace(each, y=2 * np.asarray(each.y)) for each in panel.series])
    if isinstance(panel, TablePanel):
        other = replace(panel, rows=[("a", "3"), ("c", "two")])
    if isinstance(panel, TextPanel):
        other = replace(panel, text="others")
    (group,) = groups(side(panel), side(other))
    assert not group.is_identical
    assert group.panels


def test_a_and_b_have_one_set_of_colours_and_one_view_and_the_difference_is_symmetric():
    """Else a fainter source looks as bright as before."""
    a, b, change = three(image([[0, 2], [4, 1]], low=0.0, high=3.0), image([[1, 2], [9, 1]]))
    assert (a.low, a.high) == (b.low, b.high) == (0.0, 9.0)
    assert a.view == b.view == change.view == (0, 2, 0, 2)
    assert change.values.tolist() == [[1, 0], [5, 0]]
    assert (change.low, change.high) == (-5.0, 5.0)


def test_an_empty_image_does_not_say_what_colours_the_other_one_has():
    """A recipe gives zeros the limits 0 and 1; beside a source of 1e-3 everything would be dark."""
    a, b, _ = three(image(np.zeros((2, 2)), low=0.0, high=1.0), image([[0, 1e-3], [2e-3, 0]]))
    assert (a.low, a.high) == (b.low, b.high) == (0.0, 2e-3)


def test_views_of_both_are_shown():
    """The source moved: a view of A alone would show half of B."""
    a, b, _ = three(image(np.eye(3), view=(2.0, 0.0, 0.0, 1.0)), image(np.eye(3), view=(3.0, 1.0, -1.0, 1.0)))
    assert a.view == b.view == (3.0, 0.0, -1.0, 1.0)


def test_what_floats_lose_has_no_colour():
    """A sum in another order is no change that a person should see."""
    values = RNG.random((4, 4))
    *_, change = three(image(values), image(values + 1e-16))
    assert change.high > 0.1


def test_masks_that_differ_are_counted_and_both_are_left_out():
    """A pixel that one of them lacks has no difference."""
    mask, other = np.zeros((3, 3), bool), np.zeros((3, 3), bool)
    mask[0, 0] = other[2, 2] = other[2, 1] = True
    *_, change = three(image(np.eye(3), mask=mask), image(np.eye(3), mask=other))
    assert change.title == "B − A, masks differ in 3 pixels"
    assert np.array_equal(change.mask, mask | other)
    *_, change = three(image(np.eye(3)), image(np.eye(3), mask=other))
    assert change.mask.sum() == 2


def test_a_value_that_one_of_them_lacks_is_not_finite_in_the_difference():
    """NaN in B alone is a change, and no number."""
    *_, change = three(image([[1, np.nan], [3, 4]]), image([[1, 2], [np.nan, 5]]))
    assert np.array_equal(change.values, [[0, np.nan], [np.nan, 1]], equal_nan=True)
    assert "identical" not in change.title


def test_logarithmic_colours_have_a_difference_of_logarithms():
    """Of a magnification, the few pixels on the critical curve would hide all others."""
    *_, change = three(image([[1.0, 10.0]], scale="log"), image([[10.0, 1e3]], scale="log"))
    assert change.values.tolist() == [[1.0, 2.0]]
    assert (change.title, change.unit) == ("log₁₀ B / A", "dex")


def test_a_coarser_image_is_interpolated_on_the_finer_one():
    """A ramp is the same at any pixel scale."""
    x = (np.arange(12) + 0.5) / 12
    coarse, fine = x[:12].reshape(4, 3).mean(1), x
    one = image(np.tile(coarse, (4, 1)), extent=(0, 1, 0, 1))
    other = image(np.tile(fine, (12, 1)), extent=(0, 1, 0, 1))
    *_, change = three(one, other)
    assert change.title == "B − A, A interpolated"
    assert change.values.shape == (12, 12)
    assert np.abs(change.values[:, 2:-2]).max() < 1e-12
    *_, change = three(other, one)
    assert change.title == "B − A, B interpolated"


def test_beyond_the_overlap_there_is_no_difference():
    """To extend an image would invent values."""
    one = image(np.ones((4, 4)), extent=(0, 4, 0, 4))
    other = image(np.full((4, 4), 3.0), extent=(2, 6, 0, 4))
    *_, change = three(one, other)
    assert np.isnan(change.values[:, :2]).all()
    assert (change.values[:, 2:] == 2).all()


@pytest.mark.parametrize(
    ("one", "other", "why"),
    [
        (image(np.eye(3)), image(np.eye(4)), "3 × 3 and 4 × 4 pixels"),
        (image(np.eye(3), extent=(0, 1, 0, 1)), image(np.eye(4), extent=(1, 2, 0, 1)), "do not overlap"),
        (image(np.eye(3), extent=(0, 1, 0, 1)), image(np.eye(3)), "only one of them"),
        (image(np.eye(3)), ImagePanel("Image", np.ones((3, 3, 3))), "pictures"),
        (ScatterPanel("Image", X, X, X), ScatterPanel("Image", X[1:], X[1:], X[1:]), "A has 30 points, and B 29"),
        (ScatterPanel("Image", X, X, X), ScatterPanel("Image", X, 2 * X, X), "different places"),
        (ScatterPanel("Image", X, X, X), image(np.eye(3)), "shows points, the other a surface"),
        (image(np.eye(3)), LinesPanel("Image", []), "different kinds"),
        (CustomPanel("Image", print), CustomPanel("Image", print), "a function"),
        (image(np.zeros(3)), image(np.eye(3)), "array[y, x]"),
    ],
)
def test_what_cannot_be_subtracted_says_why(one, other, why):
    """Beside A and B, which are shown all the same."""
    a, b, change = three(one, other)
    assert (a.title, b.title) == ("A: Image", "B: Image")
    assert isinstance(change, TextPanel)
    assert why in change.text


def test_meshes_that_differ_are_resampled():
    """An adaptive source has another mesh at each step."""
    rng = np.random.default_rng(2)
    panels = []
    for make in (delaunay, voronoi):
        x, y = rng.random((2, 900))
        panels.append(MeshPanel("Source", make(x, y), x + 2 * y))
    *_, change = three(*panels)
    assert change.title == "B − A, both resampled"
    assert np.nanmedian(np.abs(change.values)) < 0.03
    *_, change = three(panels[0], image(np.eye(3), "Source", extent=(0, 1, 0, 1)))
    assert np.isfinite(change.values).mean() > 0.9


def test_a_rectangular_mesh_of_cells_of_any_size_is_resampled():
    """Each pixel has the value of the cell that its centre is in; none beyond the mesh."""
    one = MeshPanel("Source", RectangularMesh(np.array([0, 1, 4.0]), np.array([0, 4.0])), np.array([[1.0, 2.0]]))
    other = MeshPanel("Source", RectangularMesh(np.array([0, 2, 4.0]), np.array([0, 4.0])), np.array([[1.0, 2.0]]))
    *_, change = three(one, other)
    shares = [(change.values == value).mean() for value in (0, -1)]
    assert shares == pytest.approx([0.75, 0.25])


def test_curves_that_differ_are_both_on_the_difference():
    """A critical curve that moved explains what is left."""
    curve = Curve(X, X, label="critical curve")
    same = three(image(np.eye(3), curves=[curve]), image(np.eye(3), curves=[curve]))[2]
    assert [each.label for each in same.curves] == [""]
    both = three(image(np.eye(3), curves=[curve]), image(np.eye(3), curves=[replace(curve, y=2 * X)]))[2]
    assert [(each.label, each.style) for each in both.curves] == [("A", "--"), ("B", "-")]


def lines(*series: Series, **settings) -> LinesPanel:
    return LinesPanel("Lines", series, **settings)


def test_a_line_of_both_is_drawn_once_and_one_that_differs_twice_with_the_difference_below():
    """Data are the same; the model is what changed."""
    data = Series(X, X, label="data", style="", marker="o")
    (group,) = groups(
        side(lines(data, Series(X, X, label="model"))), side(lines(data, Series(X, 3 * X, label="model")))
    )
    (panel,) = group.panels
    assert [each.label for each in panel.series] == ["data", "model, A", "model, B"]
    assert np.array_equal(panel.residuals[0].y, 3 * X - X)
    assert panel.residual_label == "B − A"


def test_several_lines_that_differ_have_their_own_colours_and_those_of_a_are_dotted():
    """A legend of twice as many entries would take the panel."""
    one, other = (lines(*(Series(X, each * scale, label=f"line {each}") for each in (1, 2, 3))) for scale in (X, -X))
    ((panel,),) = (group.panels for group in groups(side(one), side(other)))
    assert [each.style for each in panel.series] == [":", "-"] * 3
    assert len({each.colour for each in panel.series}) == len(panel.residuals) == 3
    assert panel.note == "A is dotted"


def test_lines_over_other_x_are_interpolated_but_not_extended():
    """Another sampling of the same curve is no difference."""
    one, other = lines(Series(X, 2 * X)), lines(Series(X[5:-5:2], 2 * X[5:-5:2]))
    ((panel,),) = (group.panels for group in groups(side(one), side(other)))
    assert panel.note == "B − A: B is interpolated"
    difference = panel.residuals[0].y
    assert np.nanmax(np.abs(difference)) < 1e-12
    assert np.isnan(difference[:5]).all()
    apart = lines(Series(X + 10, X))
    ((panel,),) = (group.panels for group in groups(side(one), side(apart)))
    assert panel.note == "no difference: A and B have no x in common"


def test_dates_are_subtracted_over_dates():
    """The strip below has the axis of the panel."""
    days = np.datetime64("2026-01-01") + np.arange(30)
    one, other = lines(Series(days, X)), lines(Series(days, 2 * X))
    ((panel,),) = (group.panels for group in groups(side(one), side(other)))
    assert panel.residuals[0].x.dtype == days.dtype


def test_a_line_that_one_side_has_alone_says_so():
    """A model with one component more."""
    ((panel,),) = (g.panels for g in groups(side(lines(Series(X, X, label="a"))), side(lines(Series(X, X, label="b")))))
    assert [each.label for each in panel.series] == ["a, only in A", "b, only in B"]


def test_posteriors_are_in_one_corner_plot_with_a_table_of_shifts():
    """Of the parameters that both have, in the order of B."""
    a, b = RNG.normal(0, 1, (2000, 3)), RNG.normal(0, 1, (2000, 2))
    one, other = (
        CornerPanel("Posterior", a, ["x", "z", "y"]),
        CornerPanel("Posterior", np.add(b, [3.0, 0.0]), ["y", "x"]),
    )
    (group,) = groups(side(one), side(other))
    plot, table = group.panels
    assert (plot.names, plot.prior_name, plot.span) == (["y", "x"], "A", (2, 2))
    assert np.array_equal(plot.prior, a[:, [2, 0]])
    shifts = [value for name, value in table.rows if name == "B − A"]
    assert shifts[0].startswith("+3.0 (+2.")
    ((text,),) = (g.panels for g in groups(side(one), side(replace(other, names=["p", "q"]))))
    assert "no parameter in common" in text.text


def test_numbers_are_in_units_of_their_errors():
    """Of two runs the errors add up; of two steps they are B's, whose samples hold A's."""
    samples = np.array([-1.0, 0.0, 1.0] * 100)[:, None]
    numbers = [side(parameters={"x": x}, scalars={"rate": 5.0}) for x in (0.0, 2.0)]
    sides = [replace(each, snapshot=replace(each.snapshot, arrays={"samples": samples})) for each in numbers]
    for are_two_runs, sigmas in ((True, "+1.4 σ"), (False, "+2 σ")):
        (group,) = groups(*sides, are_two_runs=are_two_runs)
        assert sigmas in dict(group.panels[2].rows)["x"]
        assert dict(group.panels[2].rows)["rate"] == "0"
    (group,) = groups(*numbers)
    assert dict(group.panels[2].rows)["x"] == "+2"


@pytest.mark.parametrize(
    ("one", "other", "sigma", "text"),
    [
        (1.0, 1.0, 0.0, "0"),
        (np.nan, np.nan, np.nan, "0"),
        (1.0, np.nan, 1.0, "nan"),
        (-np.inf, np.inf, 1.0, "+inf"),
        (1.0, 1.5, 0.25, "+0.50 (+2 σ)"),
        (1.5, 1.0, np.nan, "−0.5"),
        (1e308, -1e308, 1.0, "−inf"),
    ],
)
def test_a_difference_reads_as_a_number(one, other, sigma, text):
    """Whatever a sampler may publish."""
    assert shift(one, other, sigma) == text


def test_rows_of_tables_stand_among_the_numbers_once():
    """What a figure lists of the best fit is there already."""
    tables = [
        TablePanel("Best fit", [("x", text), ("chi squared", chi), ("who", who)])
        for text, chi, who in (("0", "1,200.5", "a"), ("2", "−100", "b"))
    ]
    sides = [side(table, parameters={"x": x}) for table, x in zip(tables, (0.0, 2.0), strict=True)]
    (group,) = groups(*sides)
    assert group.panels[2].rows == [("x", "+2"), ("chi squared", "−1300"), ("who", "differs")]
    assert group.narrow.rows[:2] == [("x", "0 → 2"), ("", "+2")]


def test_panels_are_the_same_by_their_titles_and_among_those_by_their_order():
    """A figure may have two of one title; numbers in a title change with the fit."""

    def titled(*titles):
        return [TextPanel(title, "") for title in titles]

    assert same_panels(titled("a", "b", "a"), titled("a", "a", "B")) == [(0, 0), (1, 2), (2, 1)]
    assert same_panels(titled("chi: 12 in 5", "c"), titled("x", "chi: 9 in 4")) == [(0, 1)]
    assert same_panels(titled("plane 1", "plane 3"), titled("plane 1", "plane 2")) == [(0, 0)]
    assert common_title("Data and model: chi squared 12 in 3", "Data and model: chi squared 9 in 3") == "Data and model"
    assert common_title("Chi squared: 12", "Chi squared: 9") == "Chi squared"
    assert common_title("a", "b") == "a"


def test_panels_of_one_side_alone_are_listed_and_without_any_in_common_there_is_no_figure():
    """Two runs may have grown apart."""
    shared, only = image(np.eye(3)), image(np.eye(3), "Only")
    *_, last = groups(side(shared, only), side(shared))
    assert [(panel.title, panel.text) for panel in last.panels] == [("Only in A", "Only")]
    with pytest.raises(NothingSharedError, match="no panel in common: A has Only, B Image; the figure 'auto'"):
        groups(side(only), side(shared))


@pytest.mark.parametrize("columns", [6, 3, 2, 1])
def test_every_panel_has_its_place_in_any_number_of_columns(columns):
    """Also on a page of one column, and those that are identical once."""
    changed = [image(RNG.random((3, 3)), f"Image {name}") for name in "abcdefg"]
    others = [replace(panel, values=RNG.random((3, 3))) for panel in changed]
    found = groups(
        side(*EVERY_KIND, *changed, parameters={"x": 1.0}), side(*EVERY_KIND, *others, parameters={"x": 2.0})
    )
    rows = laid_out(found, columns)
    titles = [panel.title for row in rows for panel in row]
    assert titles.count("A: Image a") == titles.count("B: Image a") == 1
    assert sum(title.endswith("identical") for title in titles) >= 10
    assert max(sum(panel.span[1] for panel in row) for row in rows) <= columns
    assert columns_for_screen(found) == 6
