"""What a search of PyAutoLens loses to its quick updates: as released, with its background thread, and with `live`.

A real fit: 15,380 unmasked pixels, a source of 30x30 cells, Emcee, which evaluates point by point and soon finds better
ones, a quick update every 10 evaluations; each way in a process of its own, the same evaluations in the same order.
"Lost" is all that the evaluations took, with the quick updates and what they slow down, beyond the run without any, per
update. One likelihood is the lower quartile of a run's own evaluations, and totals are compared in that
unit: a machine drifts by more between two runs than a quick update costs.
(Not DynestyStatic: with PyAutoFit's background thread its checkpoint cannot be pickled, and the search ends.)

Needs PyAutoLens: `make test-pyautofit` makes the environment, `.venv-pyautofit/bin/python benchmarks/pyautolens.py`.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median, quantiles
from typing import Any

WAYS = {
    "none": "without quick updates",
    "released": "as released",
    "thread": "with its background thread",
    "live": "with live()",
}
EVERY = 10
WALKERS = 8


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--evaluations", type=int, default=56)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--ways", nargs="+", choices=WAYS, default=list(WAYS), help="`none` must be one of them")
    parser.add_argument("--way", choices=WAYS, help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.way:
        print(json.dumps(run(options.way, options.evaluations, options.folder)))
        return
    with tempfile.TemporaryDirectory() as folder:
        runs = {way: in_a_process(way, options.evaluations, Path(folder) / way) for way in options.ways}
    show(runs)
    if options.json:
        options.json.write_text(json.dumps(runs, indent=1))


def in_a_process(way: str, evaluations: int, folder: Path) -> dict[str, Any]:
    command = [sys.executable, __file__, "--way", way, "--evaluations", str(evaluations), "--folder", str(folder)]
    environment = os.environ | {"PYAUTO_SKIP_LATENTS": "1"}  # of the results, and no matter of quick updates
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=environment)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def show(runs: dict[str, dict[str, Any]]) -> None:
    plain = runs["none"]["seconds"]
    print(f"{len(plain)} evaluations, {max(found['updates'] for found in runs.values())} quick updates")
    columns = {
        "one likelihood": 16,
        "first pause": 13,
        "later, median to most": 23,
        "lost per update, in likelihoods": 33,
        "same samples": 14,
    }
    print(" " * 28 + "".join(f"{title:>{width}}" for title, width in columns.items()))
    for way, found in runs.items():
        pauses, updates = found["pauses"], found["updates"] or 1
        cells = [
            f"{likelihood(found['seconds']):.2f} s",
            f"{pauses[0]:.2f} s" if pauses else "-",
            f"{median(pauses[1:]):.2f} to {max(pauses[1:]):.2f} s" if len(pauses) > 1 else "-",
            f"{(in_likelihoods(found['seconds']) - in_likelihoods(plain)) / updates:.2f}",
            str(found["samples"] == runs["none"]["samples"]),
        ]
        print(
            f"{WAYS[way]:28}" + "".join(f"{cell:>{width}}" for cell, width in zip(cells, columns.values(), strict=True))
        )
    starts = ", ".join(f"{WAYS[way]} {found['start']:.1f} s" for way, found in runs.items())
    print(f"before the first likelihood: {starts}")


def likelihood(seconds: list[float]) -> float:
    return quantiles(seconds, n=4)[0]


def in_likelihoods(seconds: list[float]) -> float:
    return sum(seconds) / likelihood(seconds)


def run(way: str, evaluations: int, folder: Path) -> dict[str, Any]:
    """One fit, timed at each evaluation of the log likelihood and at each quick update."""
    import autofit as af
    import autolens as al
    from autofit.non_linear.fitness import Fitness
    from autonerves import conf

    from autoviz_render import live

    seconds: list[float] = []
    pauses: list[float] = []
    ends: list[float] = []
    evaluate, update = Fitness.call_wrap, Fitness.manage_quick_update

    def timed(self: Any, parameters: Any) -> Any:
        began = time.monotonic()
        found = evaluate(self, parameters)
        ends.append(time.monotonic())
        seconds.append(ends[-1] - began)
        return found

    def timed_update(self: Any, parameters: Any, log_likelihood: Any) -> None:
        before, began = self.quick_update_count, time.monotonic()
        update(self, parameters, log_likelihood)
        if before + 1 == self.iterations_per_quick_update:
            pauses.append(time.monotonic() - began)

    Fitness.call_wrap, Fitness.manage_quick_update = timed, timed_update
    conf.instance.output_path = folder
    general = conf.instance["general"]
    if way == "thread":
        general["updates"]["quick_update_background"] = True
    search = af.Emcee(
        path_prefix="benchmark",
        name="lens",
        nwalkers=WALKERS,
        nsteps=evaluations // WALKERS,
        seed=1,
        iterations_per_quick_update=None if way == "none" else EVERY,
    )
    analysis = al.AnalysisImaging(dataset=dataset(), raise_inversion_positions_likelihood_exception=False)
    began = time.monotonic()
    result = search.fit(model=model(), analysis=live(analysis) if way == "live" else analysis)
    return {
        "seconds": seconds[1:evaluations],  # the first compiles
        "start": ends[0] - began,
        "pauses": pauses,
        "updates": len(pauses),
        "samples": [list(map(float, each)) for each in result.samples.parameter_lists]
        + [list(map(float, result.samples.log_likelihood_list))],
    }


def dataset() -> Any:
    import autolens as al

    grid = al.Grid2D.uniform(shape_native=(150, 150), pixel_scales=0.05)
    lens = al.Galaxy(
        redshift=0.5,
        mass=al.mp.Isothermal(centre=(0.0, 0.0), einstein_radius=1.6, ell_comps=(0.05, 0.05)),
        shear=al.mp.ExternalShear(gamma_1=0.05, gamma_2=0.0),
    )
    bulge = al.lp.Sersic(centre=(0.0, 0.1), ell_comps=(0.1, 0.0), intensity=4.0, effective_radius=0.1, sersic_index=1.0)
    psf = al.Convolver.from_gaussian(shape_native=(11, 11), sigma=0.1, pixel_scales=0.05)
    simulator = al.SimulatorImaging(exposure_time=300.0, psf=psf, background_sky_level=0.1, noise_seed=1)
    tracer = al.Tracer(galaxies=[lens, al.Galaxy(redshift=1.0, bulge=bulge)])
    mask = al.Mask2D.circular(shape_native=(150, 150), pixel_scales=0.05, radius=3.5)
    return simulator.via_tracer_from(tracer=tracer, grid=grid).apply_mask(mask=mask)


def model() -> Any:
    import autofit as af
    import autolens as al

    mass = af.Model(al.mp.Isothermal, centre=(0.0, 0.0))
    mass.einstein_radius = af.UniformPrior(1.4, 1.8)
    mass.ell_comps.ell_comps_0 = af.UniformPrior(0.0, 0.1)
    mass.ell_comps.ell_comps_1 = af.UniformPrior(0.0, 0.1)
    source = al.Pixelization(
        mesh=al.mesh.RectangularUniform(shape=(30, 30)), regularization=al.reg.Constant(coefficient=1.0)
    )
    lens = af.Model(al.Galaxy, redshift=0.5, mass=mass, shear=al.mp.ExternalShear(gamma_1=0.05, gamma_2=0.0))
    return af.Collection(
        galaxies=af.Collection(lens=lens, source=af.Model(al.Galaxy, redshift=1.0, pixelization=source))
    )


if __name__ == "__main__":
    main()
