"""blackjax with figures: nested sampling and chains, the same states as without."""

from __future__ import annotations

import blackjax
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from blackjax.smc import extend_params, resampling
from blackjax.smc.base import SMCInfo
from blackjax.smc.partial_posteriors_path import PartialPosteriorsSMCState
from blackjax.smc.tempered import TemperedSMCState
from blackjax.vi.meanfield_vi import MFVIState
from blackjax.vi.pathfinder import PathfinderState
from blackjax.vi.svgd import SVGDState
from pages import newest
from patient import Patient

from autoviz_render.search import hooks
from autoviz_render.search.quick_update import QuickUpdate
from autoviz_render.search.statistics.chain import Chain
from autoviz_render.spool.store import Spool

LIVE, DELETE, STEPS = 40, 8, 25


def log_density(position):
    return -0.5 * (position["x"] ** 2 + jnp.sum(position["yz"]["w"] ** 2))


def log_prior(position):
    return jnp.where(jnp.abs(position["x"]) < 5, 0.0, -jnp.inf) - 0.5 * jnp.sum(position["yz"]["w"] ** 2) / 9


NAMES = ["x", "yz.w[0]", "yz.w[1]"]
NSS = blackjax.nss(log_prior, log_density, num_inner_steps=3, num_delete=DELETE)
NSS_STEP, NSS_INIT = jax.jit(NSS.step), jax.jit(NSS.init)
WALK = blackjax.additive_step_random_walk(log_density, blackjax.mcmc.random_walk.normal(0.8))
WALK_STEP = jax.jit(WALK.step)


def positions():
    keys = jax.random.split(jax.random.key(0))
    w = 3 * jax.random.normal(keys[1], (LIVE, 2))
    return {"x": jax.random.uniform(keys[0], (LIVE,), minval=-5, maxval=5), "yz": {"w": w}}


def nested(hook=None, steps=range(STEPS), state=None):
    """The last state, and the infos."""
    state, infos = NSS_INIT(positions()) if state is None else state, []
    for number in steps:
        state, info = NSS_STEP(jax.random.key(number), state)
        if hook is not None:
            hook(state, info)
        infos.append(info)
    return state, infos


def walk(hook=None, steps=200):
    """All states."""
    state, states = WALK.init({"x": 3.0, "yz": {"w": jnp.zeros(2)}}, jax.random.key(0)), []
    for key in jax.random.split(jax.random.key(1), steps):
        state, info = WALK_STEP(key, state)
        if hook is not None:
            hook(state, info)
        states.append(state)
    return states


def vectors(states):
    return np.array([[state.position["x"], *state.position["yz"]["w"]] for state in states], dtype=np.float64)


def same(one, other):
    leaves = zip(jax.tree.leaves(one), jax.tree.leaves(other), strict=True)
    return all(np.array_equal(a, b, equal_nan=True) for a, b in leaves)  # births from the prior are NaN


@pytest.fixture(scope="module")
def watched(tmp_path_factory):
    """A nested sampling run with a hook: the run directory, the update, the last state and the infos."""
    run_dir = tmp_path_factory.mktemp("nested") / "run"
    with QuickUpdate(run_dir, renderer=None, every=300) as update:
        state, infos = nested(hooks.blackjax(update))
    return run_dir, update, state, infos


def test_its_numbers_are_blackjaxs_own(watched):
    """The integrator that the state carries has the same evidence, in its own precision."""
    run_dir, update, state, infos = watched
    snapshot = newest(run_dir)
    integrator = state.integrator
    assert snapshot.scalars["log_evidence"] == pytest.approx(float(integrator.logZ), abs=1e-3)
    remaining = np.logaddexp(integrator.logZ, integrator.logZ_live) - integrator.logZ
    assert snapshot.scalars["remaining"] == pytest.approx(float(remaining), rel=1e-2)
    assert snapshot.scalars["effective_sample_size"] > 20
    slices = [info.update_info for info in infos]
    calls = sum(int((each.num_expansions + each.num_shrink + 2).sum()) for each in slices)
    assert snapshot.iteration == LIVE + calls
    assert snapshot.log_likelihood == float(state.particles.loglikelihood.max()) == update.best[1]
    assert list(snapshot.parameters) == NAMES


def test_its_posterior_is_of_dead_and_live_points_by_weight(watched):
    """In physical units, with the live ones apart; the same shapes at every quick update."""
    run_dir, _, state, infos = watched
    spool = Spool(run_dir)
    shapes = {tuple(spool.read(ref).arrays["samples"].shape) for ref in spool.snapshots()}
    assert shapes == {(2000 + LIVE, 3)}
    arrays = newest(run_dir).arrays
    np.testing.assert_array_equal(arrays["live_points"][:, 0], state.particles.position["x"])
    dead = np.concatenate([info.particles.position["yz"]["w"] for info in infos])
    np.testing.assert_array_equal(arrays["samples"][: len(dead), 1:], dead)
    assert np.isfinite(arrays["log_weights"]).sum() == len(dead) + LIVE


def test_likelihoods_of_zero_and_of_nothing_are_no_best(run_dir, caplog):
    """One NaN among the live points must not hide the best of the others, nor a start without support the course."""
    states = [state for state, _ in (nested(steps=range(number)) for number in (0, 1))]
    (_, (info,)) = nested(steps=range(1))
    zero = jnp.full(DELETE, -jnp.inf)
    first = states[0]._replace(
        particles=states[0].particles._replace(loglikelihood=jnp.full(LIVE, -jnp.inf).at[3].set(jnp.nan))
    )
    likelihoods = states[1].particles.loglikelihood.at[5].set(jnp.nan)
    second = states[1]._replace(particles=states[1].particles._replace(loglikelihood=likelihoods))
    with QuickUpdate(run_dir, renderer=None, every=1) as update:
        hook = hooks.blackjax(update)
        hook(first, info._replace(particles=info.particles._replace(loglikelihood=zero)))
        assert update.best[0] is None
        hook(second, info)
    assert newest(run_dir).log_likelihood == float(np.nanmax(likelihoods))
    assert "log_evidence" in newest(run_dir).scalars
    assert not caplog.records


def test_steps_of_nested_sampling_may_come_stacked(watched, tmp_path):
    """Several steps in one compiled scan are one call of the hook."""
    run_dir, _, state, infos = watched
    with QuickUpdate(tmp_path, renderer=None, every=1) as update:
        hook = hooks.blackjax(update, stacked=True)
        hook(state)
        hook(state, jax.tree.map(lambda *leaves: np.stack(leaves), *infos))
    for name, value in newest(run_dir).arrays.items():
        np.testing.assert_array_equal(newest(tmp_path).arrays[name], value)
    assert newest(tmp_path).iteration == newest(run_dir).iteration


def test_a_chain_is_the_same_and_shown_from_its_second_half(run_dir):
    """The best of all steps, the posterior of the later ones."""
    with QuickUpdate(run_dir, renderer=None, every=50) as update:
        hook = hooks.blackjax(update)
        states = walk(hook)
    assert same(states, walk())
    snapshot, steps = newest(run_dir), vectors(states)
    np.testing.assert_array_equal(snapshot.arrays["samples"], steps[100:])
    assert snapshot.log_likelihood == max(float(state.logdensity) for state in states)
    assert set(snapshot.scalars) == {"acceptance", "r_hat", "effective_sample_size"}
    moved = np.any(np.diff(steps, axis=0), axis=1).mean()
    assert 0.2 < moved < 0.95
    assert snapshot.iteration == 200
    position = hook.position([1.0, 2.0, 3.0])
    assert position["x"] == 1.0
    np.testing.assert_array_equal(position["yz"]["w"], [2.0, 3.0])


def test_chains_side_by_side_and_stacked_steps_are_told_apart(run_dir, tmp_path):
    """`vmap` gives an axis of chains, `scan` one of steps: a mistake would mix times with walkers."""
    states = [jax.tree.map(lambda leaf: np.stack([leaf, leaf + 1]), state) for state in walk(steps=60)]
    stacked = jax.tree.map(lambda *leaves: np.stack(leaves), *states)
    with QuickUpdate(run_dir, renderer=None, every=1) as one, QuickUpdate(tmp_path, renderer=None, every=1) as other:
        hook = hooks.blackjax(one, burn_in=0)
        for state in states:
            hook(state)
        hooks.blackjax(other, burn_in=0, stacked=True)(stacked)
    samples = newest(run_dir).arrays["samples"]
    assert samples.shape == (120, 3)
    np.testing.assert_allclose(samples[1::2], samples[::2] + 1, rtol=1e-6)
    np.testing.assert_array_equal(samples, newest(tmp_path).arrays["samples"])
    assert newest(run_dir).scalars == newest(tmp_path).scalars
    assert newest(run_dir).scalars["r_hat"] > 1.05


def test_divergences_and_leapfrog_steps_are_counted(run_dir):
    """What users of NUTS look at first."""
    info = blackjax.mcmc.nuts.NUTSInfo(None, True, False, 0.0, None, None, 3, 7, 0.5)
    with QuickUpdate(run_dir, renderer=None) as update:
        hook = hooks.blackjax(update, evaluations=100)
        for state in walk(steps=4):
            hook(state, info)
    snapshot = newest(run_dir)
    assert snapshot.iteration == 100 + 4 * 7
    assert snapshot.scalars == {"acceptance": 0.5, "divergences": 4.0}


PARTICLES, SCHEDULE = 80, (0.02, 0.1, 0.4, 1.0)
TUNED = extend_params({"step_size": 0.3, "inverse_mass_matrix": jnp.eye(3), "num_integration_steps": 2})
LOG_EVIDENCE = -1.5 * np.log(10.0)
"""Of three unit Gaussians, unnormalised, under priors of width 3."""


def wide_prior(position):
    return sum(jnp.sum(jax.scipy.stats.norm.logpdf(leaf, 0.0, 3.0)) for leaf in jax.tree.leaves(position))


def particles():
    keys = jax.random.split(jax.random.key(7))
    return {
        "x": 3 * jax.random.normal(keys[0], (PARTICLES,)),
        "yz": {"w": 3 * jax.random.normal(keys[1], (PARTICLES, 2))},
    }


def smc(kind, **settings):
    return kind(
        logprior_fn=wide_prior,
        loglikelihood_fn=log_density,
        mcmc_step_fn=blackjax.hmc.build_kernel(),
        mcmc_init_fn=blackjax.hmc.init,
        resampling_fn=resampling.systematic,
        num_mcmc_steps=2,
        **settings,
    )


def adaptive():
    return smc(blackjax.adaptive_tempered_smc, mcmc_parameters=TUNED, target_ess=0.6), [{}] * 8


def tuned():
    settings = {"mcmc_parameter_update_fn": lambda *_: TUNED, "initial_parameter_value": TUNED}
    return smc(blackjax.inner_kernel_tuning, smc_algorithm=blackjax.tempered_smc, **settings), [
        {"tempering_param": value} for value in SCHEDULE
    ]


def persistent():
    return smc(blackjax.persistent_sampling_smc, mcmc_parameters=TUNED, n_schedule=len(SCHEDULE)), [
        {"lmbda": value} for value in SCHEDULE
    ]


@pytest.mark.parametrize("make_algorithm", [adaptive, tuned, persistent])
def test_sequential_monte_carlo_is_published(make_algorithm, run_dir, caplog):
    """The posterior by weight, the evidence, and the course of the tempering; the best by what the weights tell."""
    algorithm, steps = make_algorithm()
    state, step = algorithm.init(particles()), jax.jit(algorithm.step)
    with Patient(run_dir, renderer=None, every=1) as update:
        hook = hooks.blackjax(update)
        hook(state)
        for number, settings in enumerate(steps):
            before = getattr(state, "sampler_state", state).tempering_param
            state, info = step(jax.random.key(number), state, **settings)
            hook(state, info)
            inner = getattr(state, "sampler_state", state)
            if float(inner.tempering_param) > float(before):
                top = float(jax.vmap(log_density)(inner.particles).max())
                assert update.best[1] >= top - 1e-4
    point, log_likelihood = update.best
    assert log_likelihood == pytest.approx(float(log_density(hook.position(point))), abs=1e-4)
    snapshot = newest(run_dir)
    assert list(snapshot.parameters) == NAMES
    assert snapshot.scalars["log_evidence"] == pytest.approx(LOG_EVIDENCE, abs=0.6)
    assert snapshot.scalars["tempering_param"] == 1.0
    assert snapshot.scalars["effective_sample_size"] > PARTICLES / 4
    assert 0 < snapshot.scalars["acceptance"] <= 1
    weights = np.exp(snapshot.arrays["log_weights"] - snapshot.arrays["log_weights"].max())
    width = np.sqrt(np.average(snapshot.arrays["samples"] ** 2, axis=0, weights=weights))
    np.testing.assert_allclose(width, np.sqrt(0.9), atol=0.35)
    course = [line.scalars["tempering_param"] for line in Spool(run_dir).scalars()]
    assert course[0] == 0.0
    assert course == sorted(course)
    counts = [line.iteration for line in Spool(run_dir).scalars()]
    assert counts == sorted(counts)
    assert not caplog.records


def tempered(likelihoods, before, after):
    """A state of three particles at 0, 1 and 2, and an info, as a step of tempered SMC would leave them."""
    log_weights = (after - before) * np.asarray(likelihoods)
    total = np.logaddexp.reduce(log_weights)
    state = TemperedSMCState(np.arange(3.0)[:, None], np.exp(log_weights - total), np.float32(after))
    return state, SMCInfo(None, total - np.log(3), None)


def test_the_likelihood_is_known_of_steps_that_temper(run_dir):
    """A weight is a likelihood to a power: what the power is, the hook must have seen, or it says nothing."""
    with QuickUpdate(run_dir, renderer=None, every=1) as update:
        hook = hooks.blackjax(update)
        hook(*tempered([-90.0, -30.0, -50.0], 0.0, 0.25))
        assert update.best[0].tolist() == [1.0], "the one of the highest weight stands for the best"
        assert update.best[1] == -np.inf, "a run that goes on may have begun elsewhere"
        hook(*tempered([-80.0, -40.0, -np.inf], 0.25, 0.5))
        assert update.best[1] == pytest.approx(-40.0)
        hook(*tempered([-8.0, -9.0, -7.0], 0.5, 0.5))
        assert update.best[1] == pytest.approx(-40.0), "a step that does not temper tells nothing"
        hook(*tempered([-8.0, -9.0, -7.0], 0.5, 1.0))
        assert update.best[1] == pytest.approx(-7.0)
        assert update.best[0].tolist() == [2.0]


def test_a_run_of_it_that_goes_on_is_given_its_infos(run_dir, tmp_path):
    """The evidence is a sum over all steps. Those of a scan come stacked."""
    steps = [tempered([-9.0, -3.0, -5.0], *ends) for ends in ((0.0, 0.25), (0.25, 0.5), (0.5, 1.0))]
    infos = [info for _, info in steps]
    with QuickUpdate(run_dir, renderer=None, every=1) as one, QuickUpdate(tmp_path, renderer=None, every=1) as other:
        hooks.blackjax(one, earlier=infos[:2])(*steps[2])
        stacked = SMCInfo(None, np.stack([info.log_likelihood_increment for info in infos]), None)
        hooks.blackjax(other, stacked=True)(steps[2][0], stacked)
    for folder in (run_dir, tmp_path):
        expected = sum(float(info.log_likelihood_increment) for info in infos)
        assert newest(folder).scalars["log_evidence"] == pytest.approx(expected)
        assert newest(folder).iteration == newest(run_dir).iteration == 18


def test_particles_without_a_tempering_parameter_are_published(run_dir):
    """Along partial posteriors there is none, and no likelihood either: the posterior and the evidence are there."""
    state, info = tempered([-9.0, -3.0, -5.0], 0.0, 1.0)
    partial = PartialPosteriorsSMCState(state.particles, np.array([0.1, 0.9, np.nan]), np.ones(4))
    with QuickUpdate(run_dir, renderer=None, every=1) as update:
        hooks.blackjax(update)(partial, info._replace(log_likelihood_increment=-2.0))
    snapshot = newest(run_dir)
    assert np.isnan(snapshot.log_likelihood)
    assert snapshot.scalars["log_evidence"] == -2.0
    np.testing.assert_allclose(np.exp(snapshot.arrays["log_weights"][:3]), [0.1, 0.9, 0.0])


@pytest.mark.parametrize(
    "state",
    [
        MFVIState(0.0, 0.0, None),
        SVGDState(jnp.zeros((3, 2)), {}, None),
        PathfinderState(*[0.0] * len(PathfinderState._fields)),
        jnp.zeros(2),
    ],
    ids=["meanfield_vi", "svgd", "pathfinder", "sgld"],
)
def test_what_is_not_supported_is_said_plainly_and_once(state, run_dir, caplog):
    """An attribute error tells nobody whether it is their mistake, nor what would work."""
    with QuickUpdate(run_dir, renderer=None, every=1) as update:
        hook = hooks.blackjax(update)
        for _ in range(3):
            hook(state)
    (record,) = caplog.records
    assert type(state).__name__ in record.getMessage()
    assert "Supported are nested sampling, sequential Monte Carlo" in record.getMessage()
    assert record.exc_info is None


def test_the_tree_of_positions_is_known_after_the_first_step(run_dir):
    """Whoever asks too early is told when to ask."""
    with QuickUpdate(run_dir, renderer=None) as update, pytest.raises(RuntimeError, match="after the first step"):
        hooks.blackjax(update).position([0.0])


def test_a_step_may_donate_its_state(run_dir):
    """What the hook keeps is on the host: the device's memory is the sampler's."""
    step = jax.jit(lambda x: {"x": x["x"] + 1.0}, donate_argnums=0)
    position = {"x": jnp.zeros(50_000)}
    chain = Chain(1, 50_000)
    with QuickUpdate(run_dir, renderer=None) as update:
        hook = hooks.blackjax(update)
        for number in range(4):
            hook(blackjax.mcmc.random_walk.RWState(position, -float(number)))
            position = step(position)
        samples = hook._run.samples()["samples"]
    assert chain.after(0).shape[0] <= 80
    np.testing.assert_array_equal(samples[:, 0], [2.0, 3.0])
    assert update.best[0].max() == 0.0
