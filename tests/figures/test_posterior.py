"""The posterior figure's numbers and panels, without Matplotlib."""

from __future__ import annotations

import numpy as np
import pytest

from autoviz_render.figures.builtin.posterior import MOST_PARAMETERS, posterior, posterior_of
from autoviz_render.figures.numbers import interval
from autoviz_render.figures.panels import CornerPanel, LinesPanel, ScatterPanel, TablePanel, TextPanel
from autoviz_render.spool.snapshot import Snapshot

MEAN, SIGMA = np.array([1.2, -30.0, 0.004]), np.array([0.1, 5.0, 0.0002])


def nested(size=3000, live=200, *, width=3, seed=0, iteration=100, parameters=True, **changed):
    """Points that shrink towards a Gaussian's centre, with the weights of nested sampling; None leaves an array out."""
    rng = np.random.default_rng(seed)
    mean, sigma = np.resize(MEAN, width), np.resize(SIGMA, width)
    log_volume = -np.arange(size + 1) / live

    def on_shell(radius):
        direction = rng.standard_normal((radius.size, width))
        return mean + sigma * radius[:, None] * direction / np.linalg.norm(direction, axis=1)[:, None]

    radius = 8 * np.exp(log_volume / width)
    arrays = {
        "samples": on_shell(radius[:-1]),
        "log_weights": -0.5 * radius[:-1] ** 2 + log_volume[:-1] - 4000.0,
        "live_points": on_shell(radius[-1] * rng.random(live) ** (1 / width)),
    } | changed
    return Snapshot(
        arrays={name: value for name, value in arrays.items() if value is not None},
        parameters={f"p{i}": value for i, value in enumerate(mean)} if parameters else {},
        iteration=iteration,
        log_likelihood=-4000.0,
        run="toy",
    )


def kinds(rows):
    return [[type(panel) for panel in row] for row in rows]


def insets(rows):
    """The panels in the corner's empty part."""
    return rows[0][0].insets


def test_a_corner_plot_holds_its_numbers_where_it_is_empty():
    """What a paper shows, while the run goes on; the page is the corner's alone."""
    rows = posterior(nested())
    assert kinds(rows) == [[CornerPanel]]
    assert kinds([insets(rows)]) == [[TablePanel, TablePanel, ScatterPanel]]
    corner = rows[0][0]
    assert corner.span == (3, 3)
    assert corner.names == ("p0", "p1", "p2")
    np.testing.assert_array_equal(corner.marked, MEAN)


def test_the_numbers_are_those_of_the_weighted_samples():
    """Without the weights the first points of a run, drawn from the prior, would count as much as the last."""
    found = posterior_of(nested(20_000, 2000))
    lower, middle, upper = found.intervals().T
    np.testing.assert_allclose((middle - MEAN) / SIGMA, 0, atol=0.15)
    np.testing.assert_allclose((upper - lower) / 2 / SIGMA, 1, rtol=0.1)
    assert found.weights.sum() == pytest.approx(1.0)
    assert found.effective_sample_size == pytest.approx(np.sum(found.weights) ** 2 / np.sum(found.weights**2))


def test_the_normalisation_of_the_weights_does_not_matter():
    """Log likelihoods of a lens are minus a million: their exponentials are zero."""
    one = posterior_of(nested())
    other = posterior_of(nested(log_weights=nested().arrays["log_weights"] - 1e6))
    np.testing.assert_allclose(one.weights, other.weights, rtol=1e-6)


def test_without_weights_all_samples_weigh_the_same_and_their_course_is_shown():
    """Those of a Markov chain: whether it has settled is seen in the course of its means."""
    rows = posterior(nested(log_weights=None, live_points=None))
    assert kinds([insets(rows)]) == [[TablePanel, TablePanel, LinesPanel]]
    assert posterior_of(nested(log_weights=None)).effective_sample_size == pytest.approx(3000)
    assert "effective samples" not in dict(insets(rows)[1].rows), "of a chain it is another number"
    assert max(series.x.size for series in insets(rows)[2].series) == 100


def test_before_there_are_samples_it_says_so():
    """The first quick update comes before the first sample: no error, no empty page."""
    ((text, table),) = posterior(nested(samples=None, log_weights=None, live_points=None))
    assert "no array named samples" in text.text
    assert isinstance(table, TablePanel)
    assert kinds(posterior(Snapshot(arrays={}))) == [[TextPanel]]


@pytest.mark.parametrize("size", [0, 1, 5, 30])
def test_a_few_samples_make_no_contours(size):
    """Contours of five points show chance, and look like a result."""
    ((text, *others),) = posterior(nested(size))
    assert text.title == "Not enough samples yet"
    assert f"{size} samples weigh as much as" in text.text
    assert isinstance(others[0], TablePanel)


def test_samples_without_weight_are_not_counted():
    """Arrays of a fixed shape are padded with those."""
    log_weights = nested().arrays["log_weights"].copy()
    log_weights[1000:] = -np.inf
    found = posterior_of(nested(log_weights=log_weights))
    assert (found.given, len(found.samples)) == (1000, 1000)


def test_of_many_parameters_the_corner_shows_the_first_and_says_so():
    """A corner of thirty parameters has panels that nobody can read."""
    ((corner,),) = posterior(nested(6000, width=14))
    table = corner.insets[0]
    assert len(corner.names) == corner.samples.shape[1] == MOST_PARAMETERS
    assert corner.title == "Posterior: the first 10 of 14 parameters"
    assert len(table.rows) == 14


@pytest.mark.parametrize(("width", "span"), [(1, (2, 2)), (2, (2, 2)), (3, (3, 3)), (10, (3, 3))])
def test_the_corner_is_as_large_as_its_parameters_need(width, span):
    """One histogram over a whole page would be as wrong as ten in a corner of it."""
    rows = posterior(nested(width=width))
    assert rows[0][0].span == span
    assert len(rows) == (2 if width == 1 else 1)


def test_parameters_without_names_are_numbered():
    """As `QuickUpdate` numbers them."""
    corner = posterior(nested(parameters=False))[0][0]
    assert corner.names == ("p0", "p1", "p2")
    assert np.isnan(corner.marked).all()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("samples", np.zeros(3000)),
        ("samples", np.zeros((3000, 2))),
        ("samples", np.zeros((3000, 0))),
        ("log_weights", np.zeros(7)),
        ("live_points", np.zeros((200, 2))),
    ],
)
def test_an_array_of_the_wrong_shape_is_named(name, value):
    """NumPy's own message would speak of operands and broadcasting."""
    with pytest.raises(ValueError, match=f"^{name} "):
        posterior(nested(**{name: value}))


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 0.0, 1e300, -1e300])
@pytest.mark.parametrize("name", ["samples", "log_weights", "live_points"])
def test_any_value_in_any_array_is_survived_without_a_warning(name, value):
    """A refused point has a log likelihood of minus infinity, and a broken one of NaN."""
    array = nested().arrays[name].copy()
    array[3:9] = value
    for replaced in (array, np.full_like(array, value)):
        assert posterior(nested(**{name: replaced}))


def test_the_heaviest_samples_lie_over_the_others():
    """A point of no weight on top of the posterior would hide it."""
    scatter = insets(posterior(nested()))[2]
    assert np.all(np.diff(scatter.values) >= 0)
    assert scatter.values[-1] == 1.0
    assert scatter.x.size <= 2000


def test_samples_that_are_not_finite_are_counted_in_words():
    """Left out without a word they are missed by nobody."""
    samples = nested(log_weights=None).arrays["samples"].copy()
    samples[5:17, 1] = np.nan
    found = nested(log_weights=None, samples=samples)
    assert dict(insets(posterior(found))[1].rows)["not finite, left out"] == "12"
    assert posterior_of(found).left_out == 12
    assert posterior_of(nested()).left_out == 0


@pytest.mark.parametrize("width", [1, 2, 5])
def test_each_of_several_chains_has_a_trace(width):
    """Chains that found different modes look settled if they are merged."""
    rng = np.random.default_rng(1)
    draws = rng.normal(size=(4, 500, width))
    draws[2, :, -1] += 3.0
    flat = draws.swapaxes(0, 1).reshape(-1, width)
    chain = np.tile([7, 8, 9, 11], 500)
    for arrays in ({"samples": draws}, {"samples": flat, "chain": chain}):
        rows = posterior(Snapshot(arrays=arrays))
        course = [
            panel for row in rows for panel in (*row, *getattr(row[0], "insets", ())) if isinstance(panel, LinesPanel)
        ]
        (panel,) = course
        assert panel.title == f"Course of p{width - 1}", "where they differ most"
        traces = [series for series in panel.series if series.label]
        assert [series.label for series in traces] == ["chain 1", "chain 2", "chain 3", "chain 4"]
        assert np.argmax([np.mean(np.asarray(series.y)) for series in traces]) == 2


@pytest.mark.parametrize("width", [1, 2])
def test_a_chain_of_few_parameters_has_a_course_too(width):
    """It used to fall off the page."""
    rows = posterior(nested(width=width, log_weights=None, live_points=None))
    panels = [panel for row in rows for panel in (*row, *getattr(row[0], "insets", ()))]
    assert [panel.title for panel in panels if isinstance(panel, LinesPanel)] == ["Course"]


def test_a_recipe_of_ones_own_chooses_parameters_ranges_and_truths():
    """Of forty parameters, the two that the paper is about."""
    rows = posterior(
        nested(6000, width=14), parameters=["p12", "p3"], ranges={"p3": (0.0, 2.0)}, truths={"p12": 7.0, "p0": 1.0}
    )
    corner = rows[0][0]
    assert corner.names == ("p12", "p3")
    assert corner.ranges == [None, (0.0, 2.0)]
    np.testing.assert_array_equal(corner.truths, [7.0, np.nan])
    assert corner.title == "Posterior: 2 of 14 parameters"


def test_a_spool_chooses_them_by_arrays():
    """The command draws what the run says, without a recipe."""
    ranges = np.full((14, 2), np.nan)
    ranges[3] = 0.0, 2.0
    prior = np.random.default_rng(1).normal(size=(100, 14))
    arrays = {"shown": np.array([12, 3]), "ranges": ranges, "truths": np.arange(14.0), "prior_samples": prior}
    corner = posterior(nested(6000, width=14, **arrays))[0][0]
    assert corner.names == ("p12", "p3")
    assert corner.ranges == [None, (0.0, 2.0)]
    np.testing.assert_array_equal(corner.truths, [12.0, 3.0])
    np.testing.assert_array_equal(corner.prior, prior[:, [12, 3]])


def test_a_parameter_that_is_not_there_is_named_with_those_that_are():
    """A typing mistake must not cost a look into the source."""
    for keywords in ({"parameters": ["q"]}, {"ranges": {"q": (0, 1)}}, {"truths": {"q": 1.0}}):
        with pytest.raises(ValueError, match="no parameter 'q'; there are: p0, p1, p2"):
            posterior(nested(), **keywords)
    with pytest.raises(ValueError, match="shown holds columns of samples, from 0 to 2"):
        posterior(nested(shown=np.array([3])))


def test_far_samples_leave_the_points_and_the_course_their_view():
    """One at 1e15 made one point of all others."""
    samples = nested().arrays["samples"].copy()
    samples[-1] = 1e15
    x0, x1, *_ = insets(posterior(nested(samples=samples)))[2].view
    assert x1 - x0 < 100
    panel = insets(posterior(nested(samples=samples, log_weights=None, live_points=None)))[2]
    assert max(np.abs(series.y).max() for series in panel.series) < 20


@pytest.mark.parametrize(
    ("quantiles", "text"),
    [
        ((1.11, 1.234, 1.345), "1.23 +0.11 −0.12"),
        ((-0.31, -0.001, 0.3), "0.00 +0.30 −0.31"),
        ((-1163.2, -1100.0, -1000.0), "−1100 +100 −63"),
        ((2.5, 2.5, 2.5), "2.5"),
        ((0.9999, 1.0, 1.00011), "1.00000 +0.00011 −0.00010"),
        ((1e-12, 2e-12, 3e-12), "(2 +1 −1)×10⁻¹²"),
        ((2455892.543, 2455892.54321, 2455892.54344), "2455892.54321 +0.00023 −0.00021"),
        ((3.52474819, 3.52474859, 3.52474899), "3.5247486 +4×10⁻⁷ −4×10⁻⁷"),
        ((-1e308, 0.0, 1e308), "(0 +1 −1)×10³⁰⁸"),
        ((1.0e7, 1.2e7, 1.3e7), "(1.2 +0.1 −0.2)×10⁷"),
    ],
)
def test_an_interval_reads_to_two_digits_of_its_smaller_side(quantiles, text):
    """More digits would be noise, fewer would hide the asymmetry."""
    assert interval(*quantiles) == text


def test_a_kept_figure_equals_a_fresh_one(kept_equals_fresh):
    """Live and later rendering give the same bytes, whatever was drawn before: from no samples to many."""
    kept_equals_fresh(
        posterior,
        [
            nested(samples=None, log_weights=None, live_points=None),
            nested(30),
            nested(),
            nested(seed=1, iteration=200, log_weights=None),
            nested(width=2),
        ],
    )
