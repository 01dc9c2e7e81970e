"""Fit a simulated gravitational lens with nested slice sampling, and watch the fit as it goes.

    python examples/lens/fit.py --output output/search --size small --renderer process --seed 1

Killed or interrupted, it goes on where it was when it is started again. The figure is `image/fit.png` in the output
folder, from the first seconds on. Other renderers: `thread` and `inline` draw in this process, `none` leaves the
drawing to `autoviz-render --watch`, in another terminal.
"""

from __future__ import annotations

import argparse
import logging
import os
import sys
import time
from pathlib import Path

# before NumPy and JAX are loaded: on matrices of this size more BLAS threads only wait for one another (half the rate)
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import jax

jax.config.update("jax_enable_x64", True)  # before anything else of JAX: the evidence needs double precision

from simulator import SIMULATIONS, Simulation  # noqa: E402

from autoviz_render import NSS  # noqa: E402
from autoviz_render.renderer.heartbeat import read_heartbeat  # noqa: E402
from autoviz_render.search.nss.result import Result  # noqa: E402
from autoviz_render.spool import Spool  # noqa: E402

SAMPLER = {
    "tiny": {"num_live": 40, "num_delete": 10, "num_inner_steps": 7, "every_seconds": 1.0},
    "small": {"num_live": 64, "num_delete": 16, "num_inner_steps": 7, "every_seconds": 2.0},
    "hst": {"num_live": 200, "num_delete": 8, "num_inner_steps": 14, "every_seconds": 30.0},
}


def main() -> None:
    arguments = parse()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    logging.getLogger("jax").setLevel(logging.WARNING)
    simulation = SIMULATIONS[arguments.size]
    search = NSS(
        simulation.analysis(),
        arguments.output,
        figure="imaging",
        renderer=None if arguments.renderer == "none" else arguments.renderer,
        seed=arguments.seed,
        max_iterations=arguments.max_iterations,
        checkpoint_seconds=arguments.checkpoint_seconds,
        **SAMPLER[arguments.size],
    )
    print(
        f"the figure of this fit, from the first quick update on: {arguments.output / 'image' / 'fit.png'}", flush=True
    )
    started = time.time()
    result = search.run()
    report(result, simulation, arguments.output, started)


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output", type=Path, default=Path("output/search"), help="the run directory")
    parser.add_argument(
        "--size", choices=list(SIMULATIONS), default="small", help="some seconds, about a minute, or an HST image"
    )
    parser.add_argument("--renderer", choices=["process", "thread", "inline", "none"], default="process")
    parser.add_argument("--seed", type=int, default=1, help="of the sampler; the simulated data are always the same")
    parser.add_argument("--max-iterations", type=int, help="stop early, after so many steps of the sampler")
    parser.add_argument("--checkpoint-seconds", type=float, default=60.0, help="between checkpoints (default 60)")
    return parser.parse_args()


def report(result: Result, simulation: Simulation, output: Path, started: float) -> None:
    """What came out, what was drawn of it, and how to draw it again."""
    for name, mean, error, true in zip(
        result.parameter_names, result.mean(), result.standard_deviation(), simulation.lens, strict=True
    ):
        print(f"  {name:15} {mean:9.4f} +- {error:.4f}   simulated {true:9.4f}")
    print(
        f"log evidence {result.log_evidence:.2f} +- {result.log_evidence_error:.2f}, "
        f"effective sample size {result.effective_sample_size:.0f}, {result.evaluations:,} evaluations "
        f"in {result.wall_time:.0f} s"
    )
    spool = Spool(output)
    beat = read_heartbeat(spool.paths.heartbeat)
    drawn = beat.drawn if beat is not None and beat.started >= started else 0  # else of an earlier run
    print(
        f"quick updates: {result.quick_updates} published, {drawn} drawn, "
        f"{result.quick_updates - drawn} coalesced (skipped for a newer one)"
    )
    command = os.path.relpath(Path(sys.executable).with_name("autoviz-render"))
    if drawn:
        print(f"figure:        {spool.paths.images / 'fit.png'}")
    print(f"watch a run:   {command} --watch {output}")
    print(f"render again:  {command} --all --out {output / 'frames'} {output}")


if __name__ == "__main__":
    main()
