"""`live` on the members of a factor graph: each has a spool of its own, and the fit is what it was."""

from __future__ import annotations

import itertools
import logging

import autofit as af
import numpy as np
import pytest
from autonerves import conf
from gaussian import DATA, NOISE_MAP, STATIC, Analysis, model, model_data

from autoviz_render import Spool, live
from autoviz_render.search.pyautofit.titles import title_of


def plain_analysis(offset):
    return Analysis(data=DATA + offset, noise_map=NOISE_MAP)


def live_analysis(offset):
    return live(plain_analysis(offset), arrays=model_data, figure="line", static=STATIC | {"data": DATA + offset})


def graph_of(analyses, names=("north",)):
    """Gaussians with a centre in common, each with a width of its own. The first has a name."""
    shared = model()
    factors = []
    for analysis, name in itertools.zip_longest(analyses, names):
        own = af.Model(af.ex.Gaussian, centre=shared.centre, normalization=25.0, sigma=af.UniformPrior(5.0, 15.0))
        factors.append(af.AnalysisFactor(prior_model=own, analysis=analysis, name=name))
    return af.FactorGraphModel(*factors)


def fitted(folder, analyses):
    conf.instance.output_path = folder
    graph = graph_of(analyses)
    search = af.DynestyStatic(
        path_prefix="fits", name="graph", nlive=30, seed=1, maxcall=600, iterations_per_quick_update=100
    )
    return search, search.fit(model=graph.global_prior_model, analysis=graph)


def member(search, number):
    return Spool(search.paths.output_path / "analyses" / f"analysis_{number}")


def test_each_member_of_a_graph_has_its_own_snapshots(tmp_path):
    """A graph has one model and many data sets: each is looked at by itself."""
    offsets = (0.0, 0.01)
    _, expected = fitted(tmp_path / "plain", map(plain_analysis, offsets))
    search, result = fitted(tmp_path / "live", map(live_analysis, offsets))
    np.testing.assert_array_equal(result.samples.log_likelihood_list, expected.samples.log_likelihood_list)
    best = result.samples.max_log_likelihood(as_instance=False)
    total = 0.0
    for number, offset in enumerate(offsets):
        spool = member(search, number)
        last = spool.read(spool.newest())
        assert spool.info().state == "finished"
        assert len(spool.scalars()) >= 3
        assert last.run == ("graph, north", "graph, analysis_1")[number]
        assert last.parameters == {"centre": best[0], "sigma": best[1 + number]}
        np.testing.assert_array_equal(last.static["data"], DATA + offset)
        total += last.log_likelihood
    assert total == pytest.approx(max(result.samples.log_likelihood_list))
    assert_overview(search, total, best[0])


def assert_overview(search, total, centre):
    """The graph is a run of its own, which shows what its members add up to and what they share."""
    spool = Spool(search.paths.output_path)
    last = spool.read(spool.newest())
    assert spool.info().state == "finished"
    assert last.run == "graph"
    assert last.parameters == {"centre": centre}
    assert last.log_likelihood == pytest.approx(total)
    named = {f"log_likelihood, {name}" for name in ("north", "analysis_1")}
    assert set(last.scalars) == named
    assert sum(last.scalars.values()) == pytest.approx(total)
    counts = [line.iteration for line in spool.scalars()]
    assert counts == sorted(counts)
    assert len(counts) >= 3


def test_members_that_are_not_live_are_drawn_as_released(tmp_path, monkeypatch):
    """One may be of a kind that nothing is known of."""
    seen = []
    monkeypatch.setattr(
        af.ex.Analysis.Visualizer,
        "visualize_combined",
        staticmethod(lambda analyses, **more: seen.append((len(analyses), more["quick_update"]))),
    )
    search, _ = fitted(tmp_path, [live_analysis(0.0), plain_analysis(0.0)])
    assert len(member(search, 0).scalars()) >= 3
    assert (2, True) in seen
    assert not (search.paths.output_path / "analyses" / "analysis_1" / "spool").exists()
    overview = Spool(search.paths.output_path)
    last = overview.read(overview.newest())
    assert np.isnan(last.log_likelihood), "that of the other is not known"
    assert set(last.scalars) == {"log_likelihood, north"}


@pytest.mark.parametrize("is_shared", [True, False])
def test_a_large_graph_does_not_start_a_process_for_each_member(tmp_path, caplog, monkeypatch, is_shared):
    """They share one. Where that cannot be, each takes 200 MB, and one warning says how to see the others."""
    monkeypatch.setenv("AUTOVIZ_SHARE", str(int(is_shared)))
    with caplog.at_level(logging.WARNING, "autoviz_render"):
        search, _ = fitted(tmp_path, [live_analysis(0.01 * number) for number in range(6)])
    messages = [record.getMessage() for record in caplog.records if record.name.startswith("autoviz_render")]
    assert len(messages) == (0 if is_shared else 1)
    for message in messages:
        assert "analysis_4 on are not drawn by themselves: run  autoviz-render --watch" in message
    assert len(member(search, 5).scalars()) >= 3


def test_a_factor_that_is_an_analysis_has_no_quick_updates_and_one_warning_says_so(tmp_path, caplog):
    """PyAutoFit forwards none to the analysis within."""
    conf.instance.output_path = tmp_path
    settings = {"path_prefix": "fits", "nlive": 30, "maxcall": 300, "iterations_per_quick_update": 100}
    factor = af.AnalysisFactor(prior_model=model(), analysis=live_analysis(0.0))
    with caplog.at_level(logging.WARNING, "autoviz_render"):
        for name in ("one", "other"):
            af.DynestyStatic(name=name, **settings).fit(model=factor.prior_model, analysis=factor)
    messages = [record.getMessage() for record in caplog.records if record.name.startswith("autoviz_render")]
    (message,) = messages
    assert "no live figures" in message


def test_a_cell_of_a_grid_search_is_called_by_its_ranges():
    """PyAutoFit's name of it is a path and twelve words, of which one line shows those that all cells share."""
    made = af.Collection(first=model(), second=model())
    grid = af.SearchGridSearch(search=af.DynestyStatic(name="subhalo_grid"), number_of_steps=4)
    made.first.centre, made.second.sigma = af.UniformPrior(-2.0, 2.0), af.UniformPrior(0.0, 4e-3)
    analysis, priors = plain_analysis(0.0), [made.first.centre, made.second.sigma]
    titles = [title_of(job.search_instance.paths, job.model) for job in grid.make_jobs(made, analysis, priors)]
    assert titles[1] == "subhalo_grid: centre -2 to -1, sigma 0.001 to 0.002"
    assert len(set(titles)) == 16
    made.second.centre = af.UniformPrior(0.0, 1.0)
    (job, *_) = grid.make_jobs(made, analysis, [made.first.centre, made.second.centre])
    assert title_of(job.search_instance.paths, job.model) == (
        "subhalo_grid: first.centre -2 to -1, second.centre 0 to 0.25"
    )
    assert title_of(af.DirectoryPaths(name="a/b/c"), made) == "a/b/c"


def test_the_members_of_a_hierarchy_have_their_own_snapshots(tmp_path):
    """The factors of the distribution have no data, and nothing to draw."""
    conf.instance.output_path = tmp_path
    parents = af.HierarchicalFactor(
        af.GaussianPrior,
        mean=af.GaussianPrior(mean=10.0, sigma=5.0),
        sigma=af.TruncatedGaussianPrior(mean=2.0, sigma=2.0, lower_limit=0.1, upper_limit=20.0),
    )
    factors = []
    for _ in range(2):
        own = af.Model(af.ex.Gaussian, centre=50.0, normalization=25.0, sigma=af.GaussianPrior(mean=10.0, sigma=3.0))
        factors.append(af.AnalysisFactor(prior_model=own, analysis=live_analysis(0.0)))
        parents.add_drawn_variable(own.sigma)
    graph = af.FactorGraphModel(*factors, parents)
    search = af.DynestyStatic(name="graph", nlive=30, seed=1, maxcall=300, iterations_per_quick_update=100)
    search.fit(model=graph.global_prior_model, analysis=graph)
    found = [member(search, number) for number in range(2)]
    bests = [spool.read(spool.newest()) for spool in found]
    whole = Spool(search.paths.output_path)
    assert whole.read(whole.newest()).log_likelihood == pytest.approx(sum(best.log_likelihood for best in bests))
    assert [spool.info().state for spool in (*found, whole)] == ["finished"] * 3


def test_expectation_propagation_draws_each_step_of_each_factor(tmp_path):
    """PyAutoFit fits the factors one by one, time and again: what is drawn must say which and when."""
    conf.instance.output_path = tmp_path
    graph = graph_of([live_analysis(0.0), live_analysis(0.01)], ("north", "south"))
    search = af.DynestyStatic(name="graph", nlive=30, maxcall=200, iterations_per_quick_update=50)
    approximation = graph.mean_field_approximation()
    for factor in (*graph.model_factors, graph.model_factors[0]):
        search.optimise(approximation.factor_approximation(factor))
    spools = [Spool(path.parent.parent) for path in sorted(tmp_path.rglob("spool.json"))]
    titles = [spool.read(spool.newest()).run for spool in spools]
    assert titles == ["graph, north, step 1", "graph, north, step 2", "graph, south, step 1"]
    assert all(spool.info().state == "finished" and len(spool.scalars()) >= 2 for spool in spools)
