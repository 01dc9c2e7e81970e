"""How wrong the estimates of the time left were: every sampler on problems of many kinds, back-tested.

`--record FOLDER` runs the samplers with their hooks (minutes), and keeps the numbers of their quick updates.
Without it the recordings of `tests/figures/recordings` are read: at a tenth, two tenths, ... of each run its numbers so
far are given to `figures.estimate.estimate`, and what it says is compared with when the run ended. A half of the
problems was looked at while the estimate was made; the table tells it from the other, held out, by the column `set`.

The limit: the estimate at half of a run is within a factor of 1.5 of the truth in nine of ten runs, and the interval
that it states, which is to hold eight of ten, holds as many. `python benchmarks/estimates.py`
"""

from __future__ import annotations

import argparse
import gzip
import json
import math
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from table import report

from autoviz_render import RenderSettings, draw
from autoviz_render.figures.estimate import estimate
from autoviz_render.figures.panels import Guide, LinesPanel, Series
from autoviz_render.spool.snapshot import ScalarsLine, Snapshot

PARTS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
ON_JAX = ("NSS", "blackjax", "NumPyro")  # whose likelihoods do not sleep
COST = 3e-4  # seconds that a likelihood sleeps for each point: else the sampler's own time is all there is
KEPT_LINES = 120
RECORDINGS = Path(__file__).parent.parent / "tests" / "figures" / "recordings"

Density = Callable[[Any, Any], Any]


@dataclass(frozen=True)
class Problem:
    """A likelihood on the unit cube, array[..., parameter], written for NumPy and for JAX."""

    name: str
    parameters: int
    log_likelihood: Density
    is_held_out: bool


def gaussian(width: float, correlation: float = 0.0) -> Density:
    def density(x: Any, xp: Any) -> Any:
        z = (x - 0.5) / width
        total, count = xp.sum(z, axis=-1), x.shape[-1]
        squares = xp.sum(z**2, axis=-1) - correlation * total**2 / (1 + (count - 1) * correlation)
        return -0.5 * squares / (1 - correlation)

    return density


def banana(scale: float) -> Density:
    def density(x: Any, xp: Any) -> Any:
        y = 6 * x - 3
        return -xp.sum(100 * (y[..., 1:] - y[..., :-1] ** 2) ** 2 + (1 - y[..., :-1]) ** 2, axis=-1) / scale

    return density


def two_modes(near: float, wide: float) -> Density:
    def density(x: Any, xp: Any) -> Any:
        one = -0.5 * xp.sum(((x - 0.3) / near) ** 2, axis=-1) - x.shape[-1] * math.log(near)
        other = -0.5 * xp.sum(((x - 0.75) / wide) ** 2, axis=-1) - x.shape[-1] * math.log(wide)
        return xp.logaddexp(one, other)

    return density


def shell(radius: float, width: float) -> Density:
    def density(x: Any, xp: Any) -> Any:
        return -0.5 * ((xp.sqrt(xp.sum((x - 0.5) ** 2, axis=-1) + 1e-12) - radius) / width) ** 2

    return density


def heavy_tails(width: float) -> Density:
    return lambda x, xp: -2.0 * xp.sum(xp.log1p(((x - 0.45) / width) ** 2), axis=-1)


def spectral_line(noise: float) -> Density:
    """Amplitude, place, width and level of a line, in 60 channels."""
    channel = np.linspace(0, 1, 60)

    def model(x: Any, xp: Any) -> Any:
        amplitude, place, width, level = (x[..., index, None] for index in range(4))
        return level + 3 * amplitude * xp.exp(-0.5 * ((channel - place) / (0.01 + 0.2 * width)) ** 2)

    data = model(np.array([0.4, 0.35, 0.2, 0.5]), np)
    return lambda x, xp: -0.5 * xp.sum(((model(x, xp) - data) / noise) ** 2, axis=-1)


PROBLEMS = [
    Problem("Gaussian 2", 2, gaussian(0.02), False),
    Problem("Gaussian 5", 5, gaussian(0.05), False),
    Problem("Gaussian 10", 10, gaussian(0.03), False),
    Problem("correlated 4", 4, gaussian(0.1, 0.95), False),
    Problem("banana 2", 2, banana(20.0), False),
    Problem("shell 3", 3, shell(0.3, 0.01), False),
    Problem("two modes 2", 2, two_modes(0.01, 0.06), False),
    Problem("Gaussian 3", 3, gaussian(0.005), True),
    Problem("Gaussian 7", 7, gaussian(0.02), True),
    Problem("Gaussian 14", 14, gaussian(0.05), True),
    Problem("correlated 6", 6, gaussian(0.05, 0.8), True),
    Problem("banana 4", 4, banana(5.0), True),
    Problem("two modes 5", 5, two_modes(0.03, 0.08), True),
    Problem("heavy tails 4", 4, heavy_tails(0.02), True),
    Problem("spectral line", 4, spectral_line(0.1), True),
]

Sampler = Callable[[Problem, Any, int], object]


def costly(problem: Problem) -> Callable[[Any], Any]:
    """The likelihood of many points, which takes as long as they do one after another."""

    def density(x: Any) -> Any:
        time.sleep(COST * len(x))
        return problem.log_likelihood(x, np)

    return density


def _names(problem: Problem) -> list[str]:
    return [f"p{number}" for number in range(problem.parameters)]


def run_dynesty(problem: Problem, update: Any, seed: int, *, sample: str = "rwalk", live: int = 200) -> None:
    import dynesty

    from autoviz_render import hooks

    def density(x: Any) -> float:
        time.sleep(COST)
        return float(problem.log_likelihood(x, np))

    rng = np.random.default_rng(seed)
    sampler = dynesty.NestedSampler(density, np.array, problem.parameters, nlive=live, sample=sample, rstate=rng)
    sampler.run_nested(print_func=hooks.dynesty(update, sampler, progress=False), dlogz=0.05 if live > 200 else None)


def run_dynamic(problem: Problem, update: Any, seed: int) -> None:
    import dynesty

    from autoviz_render import hooks

    def density(x: Any) -> float:
        time.sleep(COST)
        return float(problem.log_likelihood(x, np))

    rng = np.random.default_rng(seed)
    sampler = dynesty.DynamicNestedSampler(density, np.array, problem.parameters, nlive=150, sample="rwalk", rstate=rng)
    sampler.run_nested(print_func=hooks.dynesty(update, sampler, progress=False), nlive_init=150, nlive_batch=150)


def run_ultranest(problem: Problem, update: Any, seed: int, *, steps: int = 0) -> None:
    import ultranest
    import ultranest.stepsampler

    from autoviz_render import hooks

    np.random.seed(seed)  # noqa: NPY002  it has no other
    density = costly(problem)
    sampler = ultranest.ReactiveNestedSampler(_names(problem), density, vectorized=True)
    if steps:
        direction = ultranest.stepsampler.generate_mixture_random_direction
        sampler.stepsampler = ultranest.stepsampler.SliceSampler(nsteps=steps, generate_direction=direction)
    sampler.run(viz_callback=hooks.ultranest(update, sampler, progress=False), show_status=False)


def run_nautilus(problem: Problem, update: Any, seed: int, *, live: int = 1000, samples: int = 10_000) -> None:
    import nautilus

    from autoviz_render import hooks

    density = costly(problem)
    sampler = nautilus.Sampler(
        np.asarray, density, problem.parameters, n_live=live, n_networks=1, vectorized=True, seed=seed
    )
    hooks.nautilus(update, sampler, n_eff=samples)


def run_nss(problem: Problem, update: Any, seed: int, *, live: int = 200) -> None:
    import jax.numpy as jnp

    from autoviz_render.search.nss import NSS, Analysis

    class Model(Analysis):
        parameter_names = tuple(_names(problem))

        def prior_transform(self, unit: Any) -> Any:
            return unit

        def log_prior(self, parameters: Any) -> Any:
            inside = jnp.all((parameters >= 0) & (parameters <= 1))
            return jnp.where(inside, 0.0, -jnp.inf)

        def fit_from(self, parameters: Any) -> Mapping[str, Any]:
            return {"log_likelihood": problem.log_likelihood(parameters, jnp), "model": parameters}

    folder = update.run_dir
    update.close()
    NSS(Model(), folder, num_live=live, seed=seed, renderer=None, every=1).run()


def run_blackjax(problem: Problem, update: Any, seed: int) -> None:
    import blackjax
    import jax
    import jax.numpy as jnp
    from blackjax.ns.utils import uniform_prior

    from autoviz_render import hooks

    jax.config.update("jax_enable_x64", True)
    density = lambda p: problem.log_likelihood(jnp.stack([p[name] for name in _names(problem)]), jnp)  # noqa: E731
    bounds = dict.fromkeys(_names(problem), (0.0, 1.0))
    key = jax.random.key(seed)
    particles, log_prior = uniform_prior(key, 300, bounds)
    sampler = blackjax.nss(log_prior, density, num_inner_steps=2 * problem.parameters, num_delete=15)
    step, state = jax.jit(sampler.step), jax.jit(sampler.init)(particles)
    hook = hooks.blackjax(update, remaining_evidence=math.log1p(math.exp(-3)))
    while state.integrator.logZ_live - state.integrator.logZ > -3:
        key, used = jax.random.split(key)
        state, info = step(used, state)
        hook(state, info)


def run_smc(problem: Problem, update: Any, seed: int) -> None:
    import blackjax
    import jax
    import jax.numpy as jnp
    from blackjax.smc.resampling import systematic

    from autoviz_render import hooks

    jax.config.update("jax_enable_x64", True)
    density = lambda x: problem.log_likelihood(x, jnp)  # noqa: E731
    inside = lambda x: jnp.where(jnp.all((x >= 0) & (x <= 1)), 0.0, -jnp.inf)  # noqa: E731
    smc = blackjax.adaptive_tempered_smc(
        inside,
        density,
        blackjax.rmh.build_kernel(),
        blackjax.rmh.init,
        {"transition_generator": lambda key, x: x + 0.02 * jax.random.normal(key, x.shape)},
        systematic,
        target_ess=0.9,
        num_mcmc_steps=20,
    )
    key = jax.random.key(seed)
    state = smc.init(jax.random.uniform(key, (1000, problem.parameters)))
    step, hook = jax.jit(smc.step), hooks.blackjax(update)
    while state.tempering_param < 1:
        key, used = jax.random.split(key)
        state, info = step(used, state)
        hook(state, info)


def run_emcee(problem: Problem, update: Any, seed: int, *, times: float | None = None) -> None:
    import emcee

    from autoviz_render import hooks

    def density(x: Any) -> Any:
        time.sleep(COST / 3 * len(x))
        inside = np.all((x >= 0) & (x <= 1), axis=-1)
        return np.where(inside, problem.log_likelihood(x, np), -np.inf)

    rng = np.random.default_rng(seed)
    walkers = max(20, 2 * problem.parameters)
    sampler = emcee.EnsembleSampler(walkers, problem.parameters, density, vectorize=True)
    start = np.clip(rng.normal(0.5, 0.05, (walkers, problem.parameters)), 0.01, 0.99)
    if times is None:
        hooks.emcee(update, sampler).run_mcmc(start, 8000)
        return
    hook = hooks.emcee(update, sampler, autocorrelation_times=times)
    for state in sampler.sample(start, iterations=60_000):
        hook(state)
        if sampler.iteration % 100 == 0 and sampler.iteration > times * sampler.get_autocorr_time(tol=0).max():
            return


def run_numpyro(problem: Problem, update: Any, seed: int) -> None:
    import jax
    import jax.numpy as jnp
    import numpyro
    from numpyro.infer import MCMC, NUTS

    from autoviz_render import hooks

    def potential(x: Any) -> Any:
        inside = jax.nn.sigmoid(x)
        return -problem.log_likelihood(inside, jnp) - jnp.sum(jax.nn.log_sigmoid(x) + jax.nn.log_sigmoid(-x))

    numpyro.enable_x64()
    chunk, chunks = 100, 40
    mcmc = MCMC(NUTS(potential_fn=potential), num_warmup=300, num_samples=chunk, progress_bar=False)
    hook = hooks.numpyro(update, draws=chunk * chunks)
    for number in range(chunks):
        mcmc.run(
            jax.random.key(seed) if number == 0 else mcmc.post_warmup_state.rng_key,
            init_params=jnp.zeros(problem.parameters) if number == 0 else None,
        )
        mcmc.post_warmup_state = mcmc.last_state
        hook(mcmc)


SAMPLERS: dict[str, Sampler] = {
    "NSS": run_nss,
    "NSS, 500 live": lambda problem, update, seed: run_nss(problem, update, seed, live=500),
    "blackjax": run_blackjax,
    "blackjax SMC": run_smc,
    "dynesty": run_dynesty,
    "dynesty, slices": lambda problem, update, seed: run_dynesty(problem, update, seed, sample="rslice", live=100),
    "dynesty, regions": lambda problem, update, seed: run_dynesty(problem, update, seed, sample="unif", live=500),
    "dynesty, dynamic": run_dynamic,
    "UltraNest": run_ultranest,
    "UltraNest, slices": lambda problem, update, seed: run_ultranest(
        problem, update, seed, steps=2 * problem.parameters
    ),
    "nautilus": run_nautilus,
    "nautilus, 500 live": lambda problem, update, seed: run_nautilus(problem, update, seed, live=500, samples=2000),
    "emcee": run_emcee,
    "emcee, 50 times": lambda problem, update, seed: run_emcee(problem, update, seed, times=50.0),
    "NumPyro": run_numpyro,
}
_TOO_SLOW = {
    "dynesty": 9,  # parameters, from which on it is not run
    "dynesty, slices": 9,
    "dynesty, regions": 6,
    "dynesty, dynamic": 6,
    "UltraNest": 9,
    "UltraNest, slices": 9,
    "nautilus": 7,
    "nautilus, 500 live": 12,
}
_NAMES_KEPT = (
    *("remaining", "log_evidence", "log_volume", "log_likelihood_contour", "effective_sample_size"),
    *("live_fraction", "sampling_efficiency", "tempering_param", "autocorrelation_time", "autocorrelation_times"),
    *("steps", "draws", "live_points", "log_likelihood_range", "is_drawn_from_prior"),
)


def record(folder: Path, only: str | None) -> None:
    """Run every sampler on every problem, and keep the numbers in a file for each sampler."""
    from autoviz_render import QuickUpdate, Spool

    folder.mkdir(parents=True, exist_ok=True)
    for number, (name, run) in enumerate(SAMPLERS.items()):
        if only is not None and name != only:
            continue
        runs = []
        for seed, problem in enumerate(PROBLEMS, start=100 * number):
            if problem.parameters >= _TOO_SLOW.get(name, 99):
                continue
            with tempfile.TemporaryDirectory() as place:
                started = time.monotonic()
                # each step of those on JAX, of which a run has few
                often = {"every": 1} if name.startswith(ON_JAX) else {"every_seconds": 0.25}
                with QuickUpdate(place, renderer=None, figure="run", **often) as update:
                    try:
                        run(problem, update, seed)
                    except Exception as error:  # noqa: BLE001  one that fails is told, and left out
                        print(f"{name}, {problem.name}: {error!r:.300}", flush=True)
                        continue
                ended, lines = time.monotonic() - started, Spool(place).scalars()
            print(f"{name}, {problem.name}: {ended:.1f} s, {len(lines)} quick updates", flush=True)
            runs.append(kept(problem, lines, is_costly=not name.startswith(ON_JAX)))
            path = folder / f"{name.replace(', ', '-').replace(' ', '-').lower()}.json.gz"
            path.write_bytes(gzip.compress(json.dumps({"sampler": name, "runs": runs}).encode(), mtime=0))


def kept(problem: Problem, lines: Any, *, is_costly: bool) -> dict[str, Any]:
    """A recording, from where the sampler tells something: some lines, evenly in time and in number, in few digits."""
    lines = lines[next(index for index, line in enumerate(lines) if line.scalars) :]  # before, JAX compiled
    times = np.array([line.time for line in lines])
    in_time = np.searchsorted(times, np.linspace(times[0], times[-1], KEPT_LINES // 2)).tolist()
    in_number = np.linspace(0, len(lines) - 1, KEPT_LINES // 2).astype(int).tolist()
    some = [lines[index] for index in sorted({*in_time, *in_number}) if index < len(lines)]
    names = {name for line in some for name in line.scalars}
    wanted = [name for name in sorted(names) if name in _NAMES_KEPT or name.endswith(("_target", "_limit"))]

    def column(values: Any) -> list[float | None]:
        return [float(f"{value:.7g}") if math.isfinite(value) else None for value in values]

    return {
        "problem": problem.name,
        "is_held_out": problem.is_held_out,
        "is_costly": is_costly,
        "parameters": problem.parameters,
        "iteration": [line.iteration for line in some],
        "time": column(line.time - times[0] for line in some),
        "log_likelihood": column(line.log_likelihood for line in some),
        "scalars": {name: column(line.scalars.get(name, math.nan) for line in some) for name in wanted},
    }


@dataclass(frozen=True)
class Told:
    """What was told at some part of a run, and what was true."""

    sampler: str
    problem: str
    is_held_out: bool
    part: float
    ratio: float
    is_inside: bool


def lines_of(run: Mapping[str, Any], seconds_a_count: float | None) -> list[ScalarsLine]:
    """The quick updates of a recording; their times as recorded, or as if each count had taken as long."""
    parameters = {f"p{number}": 0.0 for number in range(run["parameters"])}
    lines = []
    for number, (iteration, at, top) in enumerate(
        zip(run["iteration"], run["time"], run["log_likelihood"], strict=True)
    ):
        scalars = {name: column[number] for name, column in run["scalars"].items() if column[number] is not None}
        when = at if seconds_a_count is None else iteration * seconds_a_count
        lines.append(ScalarsLine(0, number, iteration, when, math.nan if top is None else top, parameters, scalars))
    return lines


def told_of(sampler: str, run: Mapping[str, Any], seconds_a_count: float | None) -> list[Told]:
    """What is told at a tenth, two tenths, ... of a run; nothing where nothing is told."""
    lines = lines_of(run, seconds_a_count)
    first, last, found = lines[0].time, lines[-1].time, []
    for part in PARTS:
        seen = [line for line in lines if line.time <= first + part * (last - first)]
        said = estimate(seen) if len(seen) > 1 else None
        if said is not None:
            left = last - seen[-1].time
            inside = said.low <= left <= said.high
            about = run["problem"], run["is_held_out"], part, max(said.seconds_left, 1e-9) / left, inside
            found.append(Told(sampler, *about))
    return found


def recordings(folder: Path) -> list[tuple[str, dict[str, Any]]]:
    """All that are in a folder: samplers and their runs."""
    contents = (json.loads(gzip.decompress(path.read_bytes())) for path in sorted(folder.glob("*.json.gz")))
    return [(each["sampler"], run) for each in contents for run in each["runs"]]


def summary(told: Sequence[Told], runs: int) -> dict[str, Any]:
    """How right it was at half of a run, and how often the interval held from two tenths on."""
    half = [each for each in told if each.part == 0.5]
    late = [each for each in told if 0.2 <= each.part <= 0.8]
    errors = sorted(abs(math.log(each.ratio)) for each in half)
    return {
        "runs": runs,
        "told at half": len(half),
        "within 1.5": f"{sum(error <= math.log(1.5) for error in errors)}/{len(half)}",
        "median factor": math.exp(errors[len(errors) // 2]) if errors else math.nan,
        "worst": math.exp(errors[-1]) if errors else math.nan,
        "in its interval, half": f"{sum(each.is_inside for each in half)}/{len(half)}",
        "20 to 80 %": f"{100 * sum(each.is_inside for each in late) / max(1, len(late)):.0f} %",
    }


def plotted(told: Sequence[Told], title: str) -> LinesPanel:
    """How wrong it was over the parts of the runs: the middle, and what eight of ten and all but the worst were."""
    parts = [part for part in PARTS if any(each.part == part for each in told)]
    ratios = [np.array([each.ratio for each in told if each.part == part]) for part in parts]
    shares = np.array([np.quantile(each, (0.1, 0.25, 0.5, 0.75, 0.9)) for each in ratios]).T
    x, hidden = 100 * np.array(parts), np.full(len(parts), np.nan)
    return LinesPanel(
        title,
        [
            Series(x, hidden, band=shares[[0, 4]], label="8 of 10", colour="#9aa5b1", width=6.0),
            Series(x, hidden, band=shares[[1, 3]], label="half of them", colour="#3b6ea5", width=6.0),
            Series(x, shares[2], label="median", colour="#d1495b", marker="o"),
        ],
        x_label="% of the run",
        y_label="time left: told / true",
        y_log=True,
        y_limits=(0.1, 10.0),
        guides=[Guide(y=1.0), Guide(y=(1 / 1.5, 1.5), label="a factor of 1.5")],
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--record", type=Path, metavar="FOLDER", help="run the samplers, and keep their numbers there")
    parser.add_argument("--only", metavar="NAME", help="of the samplers, run this one")
    parser.add_argument("--from", type=Path, default=RECORDINGS, metavar="FOLDER", help="read the recordings there")
    parser.add_argument("--plot", type=Path, metavar="FILE", help="draw how wrong it was")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    parser.add_argument("--quick", action="store_true", help="as without it: nothing is run")
    options = vars(parser.parse_args())
    if options["record"] is not None:
        record(options["record"], options["only"])
        return
    runs = recordings(options["from"])
    print("limit: at half of a run within 1.5 in nine of ten; the interval, of eight of ten, holds as many")
    clocks = {"all evaluations take as long": 0.01, "as recorded, if a likelihood takes 0.3 ms": None}
    panels = []
    for clock, cost in clocks.items():
        some = [(name, run) for name, run in runs if cost is not None or run["is_costly"]]
        told = {(name, run["problem"]): told_of(name, run, cost) for name, run in some}
        rows = []
        for label, chosen in [("tuned", False), ("held out", True)]:
            those = [each for each in told.values() if each and each[0].is_held_out is chosen]
            rows.append({"sampler": "all", "set": label} | summary([one for each in those for one in each], len(those)))
        for sampler in dict.fromkeys(name for name, _ in some):
            those = [each for (name, _), each in told.items() if name == sampler]
            rows.append(
                {"sampler": sampler, "set": "both"} | summary([one for each in those for one in each], len(those))
            )
        report(rows, f"the time left, {clock}", options["json"])
        panels.append(plotted([one for each in told.values() for one in each], clock))
    if options["plot"] is not None:
        snapshot = Snapshot(arrays={}, run="Estimates of the time left", iteration=len(runs), counts="recorded runs")
        settings = RenderSettings(width=180 / 25.4, dpi=110, formats=("png",))
        draw(snapshot, lambda _: panels, settings).save(options["plot"])


if __name__ == "__main__":
    main()
