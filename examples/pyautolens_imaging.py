"""PyAutoLens: a simulated strong lens, its source on an adaptive mesh. Only one line is not PyAutoLens's.

python examples/pyautolens_imaging.py --output output
autoviz-render --watch output/
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import autofit as af
import autolens as al
from autonerves import conf

from autoviz_render import live


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path, default=Path("output"))
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--pixels", type=int, default=100, help="pixels across the image")
    parser.add_argument("--cells", type=int, default=30, help="cells across the source")
    parser.add_argument("--evaluations", type=int, default=20_000, help="evaluations at most")
    options = parser.parse_args()
    conf.instance.output_path = options.output

    analysis = al.AnalysisImaging(
        dataset=dataset(options.pixels),
        raise_inversion_positions_likelihood_exception=False,  # a simulation has no measured positions
    )
    analysis = live(analysis)

    search = af.Nautilus(
        path_prefix="lens",
        name="fit",
        n_live=100,
        n_batch=10,
        n_like_max=options.evaluations,
        seed=options.seed,
        iterations_per_quick_update=50,
    )
    search.fit(model=model(options.cells), analysis=analysis)
    print(search.paths.output_path)


def lens() -> Any:
    mass = al.mp.Isothermal(centre=(0.0, 0.0), einstein_radius=1.6, ell_comps=(0.05, 0.05))
    return al.Galaxy(redshift=0.5, mass=mass, shear=al.mp.ExternalShear(gamma_1=0.05, gamma_2=0.0))


def dataset(pixels: int) -> Any:
    """An image of 6 arcsec."""
    scale = 6.0 / pixels
    bulge = al.lp.Sersic(
        centre=(0.0, 0.1), ell_comps=(0.1, 0.0), intensity=4.0, effective_radius=0.15, sersic_index=1.0
    )
    tracer = al.Tracer(galaxies=[lens(), al.Galaxy(redshift=1.0, bulge=bulge)])
    psf = al.Convolver.from_gaussian(shape_native=(7, 7), sigma=0.1, pixel_scales=scale)
    simulator = al.SimulatorImaging(exposure_time=300.0, psf=psf, background_sky_level=0.1, noise_seed=1)
    seen = simulator.via_tracer_from(
        tracer=tracer, grid=al.Grid2D.uniform(shape_native=(pixels, pixels), pixel_scales=scale)
    )
    mask = al.Mask2D.circular(shape_native=seen.shape_native, pixel_scales=scale, radius=2.7)
    return seen.apply_mask(mask=mask)


def model(cells: int) -> Any:
    mass = af.Model(al.mp.Isothermal, centre=(0.0, 0.0))
    mass.einstein_radius = af.UniformPrior(1.4, 1.8)
    mass.ell_comps.ell_comps_0 = af.UniformPrior(-0.1, 0.2)
    mass.ell_comps.ell_comps_1 = af.UniformPrior(-0.1, 0.2)
    shear = af.Model(al.mp.ExternalShear)
    shear.gamma_1, shear.gamma_2 = af.UniformPrior(-0.1, 0.1), af.UniformPrior(-0.1, 0.1)
    source = af.Model(
        al.Pixelization,
        mesh=al.mesh.RectangularBilinearAdaptDensity(shape=(cells, cells)),
        regularization=al.reg.Constant(coefficient=1.0),
    )
    near = af.Model(al.Galaxy, redshift=0.5, mass=mass, shear=shear)
    return af.Collection(
        galaxies=af.Collection(lens=near, source=af.Model(al.Galaxy, redshift=1.0, pixelization=source))
    )


if __name__ == "__main__":
    main()
