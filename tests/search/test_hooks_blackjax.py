"""blackjax with figures: nested sampling and chains, the same states as without."""

from __future__ import annotations

import logging

import blackjax
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from pages import images, newest, run_blocks, run_example

from autoviz_render.search import hooks
from autoviz_render.search.hooks.chain import Chain
from autoviz_render.search.quick_update import QuickUpdate
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


def test_nested_sampling_is_the_same_without(watched):
    """Live points, random numbers, evidence: to the bit."""
    _, _, state, infos = watched
    assert same((state, infos), nested())


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


def test_a_resumed_one_is_given_its_dead_points(watched, tmp_path):
    """Evidence and posterior are sums over all of them: without the earlier ones they would begin anew."""
    run_dir, *_ = watched
    state, infos = nested(steps=range(10))
    with QuickUpdate(tmp_path, renderer=None, every=300) as update:
        nested(hooks.blackjax(update, earlier=infos), range(10, STEPS), state)
    one, other = newest(run_dir), newest(tmp_path)
    assert one.iteration == other.iteration
    assert one.scalars == pytest.approx(other.scalars)
    for name in one.arrays:
        np.testing.assert_array_equal(one.arrays[name], other.arrays[name])


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


def test_a_hook_that_fails_leaves_the_run_alone(watched, tmp_path, caplog):
    """Arrays, disk, and a state that is none: a warning each, and the same points."""
    (tmp_path / "file").write_text("no folder can be here")

    def arrays(point):
        raise ZeroDivisionError(point)

    with QuickUpdate(tmp_path / "file" / "run", renderer=None, arrays=arrays, every=1) as update:
        hook, wrong = hooks.blackjax(update), hooks.blackjax(update)
        with pytest.raises(RuntimeError, match="after the first step"):
            hook.position([0.0])

        def both(state, info):
            wrong(None)
            hook(state, info)

        state, infos = nested(both)
    _, _, expected, dead = watched
    assert same((state, infos), (expected, dead))
    warnings = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
    assert sum("taking note of a step" in message for message in warnings) == 1


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


def test_the_page_runs(tmp_path, monkeypatch):
    """Copied as it stands: nested sampling, and NUTS."""
    run_blocks("samplers/blackjax.md", tmp_path, monkeypatch)
    assert {"model", "samples", "log_weights", "live_points"} == set(newest(tmp_path / "output" / "line").arrays)
    assert {"model", "samples"} == set(newest(tmp_path / "output" / "nuts").arrays)


def test_the_example_runs(tmp_path, monkeypatch, capsys):
    """Small, and its figures are drawn."""
    run_example("blackjax_rotation.py", tmp_path, monkeypatch, "--live", 30)
    assert images(tmp_path) == {"fit.png", "posterior.png", "run.png"}
    assert {"model", "model_disk", "model_halo", "samples", "live_points"} <= set(newest(tmp_path).arrays)
    assert "log evidence" in capsys.readouterr().out
