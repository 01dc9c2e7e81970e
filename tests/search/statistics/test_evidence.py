"""The weights of a run that has ended: those of blackjax, without compiling anything."""

from __future__ import annotations

import jax
import numpy as np
import pytest
from blackjax.ns.base import NSInfo, StateWithLogLikelihood
from blackjax.ns.utils import compute_num_live, log_weights

from autoviz_render.search.nss.compilations import compilations
from autoviz_render.search.statistics.evidence import weigh
from autoviz_render.search.statistics.weights import alive_at

LIVE, DELETED, STEPS = 100, 10, 60


def points(lowest: float = -80.0) -> tuple[np.ndarray, np.ndarray]:
    """Deaths and births of a run, in its order, in single precision as blackjax has them; some deaths are equal."""
    rng = np.random.default_rng(3)
    live, born = rng.normal(lowest, 10, LIVE).round(), np.full(LIVE, np.nan)
    deaths, births = [], []
    for _ in range(STEPS):
        lowest_points = np.argsort(live)[:DELETED]
        deaths.append(live[lowest_points].copy())
        births.append(born[lowest_points].copy())
        contour = deaths[-1].max()
        live[lowest_points] = contour + 0.01 + rng.exponential(3 * 0.97 ** len(deaths), DELETED)
        born[lowest_points] = contour
    return np.concatenate([*deaths, live]).astype(np.float32), np.concatenate([*births, born]).astype(np.float32)


@pytest.fixture(scope="module")
def of_blackjax():
    death, birth = points()
    info = NSInfo(StateWithLogLikelihood(*map(jax.numpy.asarray, (death, death, death, birth))), None)
    return info, np.asarray(log_weights(jax.random.key(0), info, 400), dtype=np.float64)


def test_as_many_points_are_alive_as_blackjax_counts(of_blackjax):
    """Of points that die at one contour too, and of those that come from the prior."""
    info, _ = of_blackjax
    death, birth = points()
    order = np.argsort(death, kind="stable")
    expected = compute_num_live(jax.tree.map(lambda leaf: leaf[order], info))
    np.testing.assert_array_equal(alive_at(death[order], birth), expected)


def test_evidence_and_weights_are_those_of_blackjax(of_blackjax):
    """The same simulation with other random numbers: means and spreads agree within theirs."""
    _, simulated = of_blackjax
    evidences = np.logaddexp.reduce(simulated, axis=0)
    weights = np.exp(np.logaddexp.reduce(simulated - evidences, axis=1) - np.log(evidences.size))
    found = weigh(*points(), seed=1)
    assert found.log_evidence == pytest.approx(evidences.mean(), abs=4 * evidences.std() / np.sqrt(100))
    assert found.log_evidence_error == pytest.approx(evidences.std(), rel=0.25)
    assert np.exp(found.log_weights).sum() == pytest.approx(1.0)
    heavy = weights > weights.max() / 10
    np.testing.assert_allclose(np.exp(found.log_weights)[heavy], weights[heavy], rtol=0.25)


def test_weighing_compiles_nothing_and_gives_the_same_bits_again():
    """JAX compiled some sixty functions anew for each number of points: seconds at the end of every run."""
    death, birth = points()
    before = compilations()
    first, second = (weigh(death[count:], birth[count:], seed=1) for count in (0, 0))
    assert compilations() == before
    assert first.log_evidence == second.log_evidence
    np.testing.assert_array_equal(first.log_weights, second.log_weights)


def test_points_that_the_model_refused_weigh_nothing_and_shrink_the_volume():
    """A third of the prior at -inf: the evidence is that of the rest."""
    rng = np.random.default_rng(0)
    death = np.concatenate([np.full(300, -np.inf), np.zeros(600)])
    found = weigh(rng.permutation(death), np.full(900, np.nan), seed=0)
    assert found.log_evidence == pytest.approx(np.log(2 / 3), abs=0.05)
    assert np.isneginf(found.log_weights).sum() == 300
