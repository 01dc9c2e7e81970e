"""NumPyro with figures between chunks: the same draws as one long run, and the posterior of all chunks."""

from __future__ import annotations

import contextlib
import pickle
from collections import namedtuple
from types import SimpleNamespace

import jax
import numpy as np
import numpyro
import numpyro.distributions as dist
import pytest
from numpyro.infer import AIES, ESS, HMC, HMCECS, MCMC, SA, BarkerMH, DiscreteHMCGibbs, HMCGibbs, MixedHMC
from pages import newest

from autoviz_render.search import hooks
from autoviz_render.search.hooks._numpyro import _field
from autoviz_render.search.quick_update import QuickUpdate
from autoviz_render.spool.store import Spool

pytestmark = pytest.mark.xdist_group("numpyro")  # it shares runs between tests, and what JAX has compiled

CHUNKS, DRAWS = 3, 40


def model():
    """`centre` is deterministic, `theta` a vector."""
    tau = numpyro.sample("tau", dist.HalfNormal(1.0))
    theta = numpyro.sample("theta", dist.Normal(0, 1).expand([2]).to_event(1))
    numpyro.deterministic("centre", tau * theta.sum())


def mcmc_of(draws, chains=1):
    settings = {"num_chains": chains, "chain_method": "vectorized"}
    return MCMC(
        HMC(model, num_steps=3, trajectory_length=None),
        num_warmup=30,
        num_samples=draws,
        **settings,  # with its bar, or each `run` compiles anew
    )


def chunked(mcmc, hook, count=CHUNKS, extra_fields=("potential_energy",)):
    """The recipe of the page; the draws of all chunks, by site: array[chain, draw, ...]."""
    key, chunks = jax.random.split(jax.random.key(3), mcmc.num_chains), []
    if mcmc.num_chains == 1:
        (key,) = key
    for _ in range(count):
        mcmc.run(key, extra_fields=extra_fields)
        hook(mcmc)
        chunks.append({name: np.asarray(value) for name, value in mcmc.get_samples(group_by_chain=True).items()})
        mcmc.post_warmup_state, key = mcmc.last_state, mcmc.last_state.rng_key
    return {name: np.concatenate([chunk[name] for chunk in chunks], axis=1) for name in chunks[0]}


@pytest.fixture(scope="module")
def two_chains(tmp_path_factory):
    """Two chains in chunks, with a hook; the run directory, the draws, the update, and the hook."""
    run_dir = tmp_path_factory.mktemp("numpyro") / "run"
    mcmc = mcmc_of(DRAWS, chains=2)
    with QuickUpdate(run_dir, renderer=None, every=1) as update:
        hook = hooks.numpyro(update)
        draws = chunked(mcmc, hook)
    return run_dir, draws, update, hook, mcmc


def test_the_posterior_is_of_all_chunks(two_chains):
    """`get_samples` has the last chunk alone. Draws of all chains, in the order in which they were drawn."""
    run_dir, draws, *_ = two_chains
    snapshot = newest(run_dir)
    columns = np.concatenate([draws["tau"][..., None], draws["theta"]], axis=-1)
    np.testing.assert_array_equal(snapshot.arrays["samples"], columns.swapaxes(0, 1).reshape(-1, 3))
    assert list(snapshot.parameters) == ["tau", "theta[0]", "theta[1]"]
    assert snapshot.iteration == 2 * (30 + CHUNKS * DRAWS), "NumPyro counts the warm-up"
    assert {"potential_energy", "divergences", "acceptance", "r_hat", "effective_sample_size"} == set(snapshot.scalars)
    assert 0.9 < snapshot.scalars["r_hat"] < 1.3


def test_the_best_is_the_draw_of_the_highest_density(two_chains):
    """Of unconstrained values: the density of log tau has a Jacobian."""
    _, draws, update, *_ = two_chains
    tau, theta = draws["tau"], draws["theta"]
    log_density = np.log(2) + dist.Normal(0, 1).log_prob(tau) + dist.Normal(0, 1).log_prob(theta).sum(-1) + np.log(tau)
    best = np.unravel_index(np.argmax(log_density), tau.shape)
    point, value = update.best
    np.testing.assert_array_equal(point, [tau[best], *theta[best]])
    assert value == pytest.approx(float(log_density[best]), abs=1e-4)


def test_sites_come_back_in_their_shapes(two_chains, run_dir):
    """The arrays of a figure are computed from sites, not from a vector."""
    *_, hook, _ = two_chains
    sites = hook.sites([1.0, 2.0, 3.0])
    assert sites["tau"] == 1.0
    np.testing.assert_array_equal(sites["theta"], [2.0, 3.0])
    with QuickUpdate(run_dir, renderer=None) as update, pytest.raises(RuntimeError, match="after the first chunk"):
        hooks.numpyro(update).sites([1.0])


def test_a_resumed_chain_goes_on_in_the_same_spool(two_chains, tmp_path):
    """Its state, pickled, has NumPyro's own count of draws: nothing that was published is hidden."""
    run_dir, _, _, _, mcmc = two_chains
    before = newest(run_dir).iteration
    state = mcmc.last_state
    with contextlib.suppress(TypeError):  # the oldest JAX that is allowed cannot pickle keys
        state = pickle.loads(pickle.dumps(state))
    mcmc.post_warmup_state = state
    mcmc.run(state.rng_key, extra_fields=("potential_energy",))
    with QuickUpdate(run_dir, renderer=None) as update:
        hooks.numpyro(update, sites=("centre", "tau"))(mcmc)
    counts = [line.iteration for line in Spool(run_dir).scalars()]
    assert counts[-1] == before + 2 * DRAWS
    assert len([count for count in counts if count <= before]) >= CHUNKS
    assert list(newest(run_dir).parameters) == ["centre", "tau"], "deterministic sites may be chosen"


def test_without_potential_energies_the_ends_of_chunks_are_known(two_chains, run_dir):
    """Who forgets the extra field has figures all the same, of the best of fewer draws."""
    *_, mcmc = two_chains
    bare = SimpleNamespace(
        get_samples=mcmc.get_samples,
        get_extra_fields=lambda _: {},
        last_state=mcmc.last_state,
        sampler=mcmc.sampler,
    )
    with QuickUpdate(run_dir, renderer=None) as update:
        hooks.numpyro(update)(bare)
    best = int(np.argmin(mcmc.last_state.potential_energy))
    assert update.best[1] == -float(mcmc.last_state.potential_energy[best])
    assert update.best[0][0] == float(mcmc.get_samples(group_by_chain=True)["tau"][best, -1])
    assert len(newest(run_dir).arrays["samples"]) == 2 * DRAWS


DATA = np.random.default_rng(2).normal(1.0, 1.0, 12)


def pair():
    """Two parameters that need no transform: the energy of a point is minus its log density."""
    low, high = numpyro.sample("low", dist.Normal(0, 1)), numpyro.sample("high", dist.Normal(0, 2))
    numpyro.sample("data", dist.Normal(low + high, 1), obs=DATA)


def switched():
    high = numpyro.sample("high", dist.Bernoulli(0.4))
    low = numpyro.sample("low", dist.Normal(0, 1))
    numpyro.sample("data", dist.Normal(low + high, 1), obs=DATA)


def subsampled():
    low = numpyro.sample("low", dist.Normal(0, 1))
    with numpyro.plate("N", DATA.size, subsample_size=4):
        numpyro.sample("data", dist.Normal(low, 1), obs=numpyro.subsample(DATA, event_dim=0))


def redraw(rng_key, gibbs_sites, hmc_sites):
    return {"high": dist.Normal(1 - hmc_sites["low"], 0.3).sample(rng_key)}


def log_density(low, high, of_high):
    return float(
        dist.Normal(0, 1).log_prob(low) + of_high.log_prob(high) + dist.Normal(low + high, 1).log_prob(DATA).sum()
    )


def hmc(model):
    return HMC(model, num_steps=2, trajectory_length=None)


KERNELS = {
    "BarkerMH": (lambda: BarkerMH(pair), dist.Normal(0, 2)),
    "SA": (lambda: SA(pair), dist.Normal(0, 2)),
    "HMCGibbs": (lambda: HMCGibbs(hmc(pair), gibbs_fn=redraw, gibbs_sites=["high"]), dist.Normal(0, 2)),
    "DiscreteHMCGibbs": (lambda: DiscreteHMCGibbs(hmc(switched)), dist.Bernoulli(0.4)),
    "MixedHMC": (lambda: MixedHMC(HMC(switched, trajectory_length=0.5)), dist.Bernoulli(0.4)),
    "HMCECS": (lambda: HMCECS(hmc(subsampled), num_blocks=2), None),
    "AIES": (lambda: AIES(pair), None),
    "ESS": (lambda: ESS(pair), None),
}


@pytest.mark.parametrize("kernel", KERNELS)
def test_every_kernel_is_published(kernel, run_dir, caplog):
    """What a kernel's state does not have, or has one level down, must not cost draws, course and diagnostics."""
    make, of_high = KERNELS[kernel]
    ensemble = {"num_chains": 6, "chain_method": "vectorized"} if kernel in ("AIES", "ESS") else {}
    mcmc = MCMC(make(), num_warmup=5, num_samples=20, progress_bar=False, **ensemble)
    chains = mcmc.num_chains
    with QuickUpdate(run_dir, renderer=None, every=1) as update:
        hook, key = hooks.numpyro(update), jax.random.key(0)
        mcmc.run(jax.random.split(key, 6) if ensemble else key)
        hook(mcmc)
    snapshot, draws = newest(run_dir), mcmc.get_samples(group_by_chain=True)
    names = sorted(draws)
    columns = np.stack([np.asarray(draws[name], np.float64) for name in names], axis=-1)
    np.testing.assert_array_equal(snapshot.arrays["samples"], columns.swapaxes(0, 1).reshape(-1, len(names)))
    assert snapshot.iteration == 25 * chains
    assert list(snapshot.parameters) == names
    assert list(snapshot.parameters.values()) == columns[-1, -1].tolist(), "the newest, of the only chain or the last"
    if np.ptp(columns, axis=1).all():  # a chain that never moved has no diagnostics
        assert {"r_hat", "effective_sample_size"} <= set(snapshot.scalars)
    assert ("acceptance" in snapshot.scalars) == (kernel != "ESS")
    assert np.isnan(snapshot.log_likelihood) == ("potential_energy" not in snapshot.scalars) == bool(ensemble)
    if of_high is not None:
        assert snapshot.log_likelihood == pytest.approx(log_density(*columns[-1, -1][::-1], of_high), abs=1e-3)  # type: ignore[call-arg]
    assert not caplog.records


def test_of_a_kernel_within_the_energies_of_all_draws_are_found(run_dir):
    """NumPyro collects them under a longer name."""
    mcmc = MCMC(DiscreteHMCGibbs(hmc(switched)), num_warmup=5, num_samples=20, progress_bar=False)
    mcmc.run(jax.random.key(0), extra_fields=("hmc_state.potential_energy", "hmc_state.diverging"))
    with QuickUpdate(run_dir, renderer=None, every=1) as update:
        hooks.numpyro(update)(mcmc)
    energies = mcmc.get_extra_fields()["hmc_state.potential_energy"]
    assert update.best[1] == -float(energies.min())
    assert update.best[0][1] == float(mcmc.get_samples()["low"][int(energies.argmin())])
    assert newest(run_dir).scalars["divergences"] == 0.0


def test_a_block_before_the_last_has_an_energy_of_another_point():
    """In a Gibbs kernel the first block moves first: its energy is not that of the state that the sweep ended in."""
    blocks = namedtuple("blocks", "z block_states")
    hmc_like = namedtuple("hmc_like", "potential_energy i")
    custom = namedtuple("custom", "z")
    assert _field(blocks(0, (hmc_like(1.0, 3), custom(0))), "potential_energy") is None
    assert _field(blocks(0, (custom(0), hmc_like(1.0, 3))), "potential_energy") == 1.0
    assert _field(blocks({"z": 2}, ()), "i") is None
    assert _field(None, "z") is None
