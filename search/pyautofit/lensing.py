"""What there is to show of the lens and galaxy fits of PyAutoLens and PyAutoGalaxy.

Their images are *slim*: array[unmasked pixel], row by row from the top. Ours, in a spool, are array[y, x] with row 0 at
the bottom, zero where masked; points are (x, y) in arcsec, theirs (y, x).
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from autoviz_render.search.pyautofit.curves import curves, fine_sky
from autoviz_render.search.pyautofit.figure_arrays import FigureArrays
from autoviz_render.search.pyautofit.rays import PlaneRays, has_several_masses, plane_rays, ray_ends
from autoviz_render.search.pyautofit.source_plane import Sky, arrange_source, bare, source_arrays, source_planes
from autoviz_render.spool.arrays import Array, Floats

_FINE = "fine_ray_ends"


def lensing_arrays(analysis: Any) -> FigureArrays | None:
    """What is shown of an analysis of these packages; None for any other.

    Raises:
        TypeError: Interferometer data hold no visibilities.
    """
    for package in ("autolens", "autogalaxy"):
        module = sys.modules.get(package)  # whoever has such an analysis has imported it
        if module is None:
            continue
        if isinstance(analysis, module.AnalysisImaging):
            return ImagingArrays(analysis, module.AnalysisImaging)
        if isinstance(analysis, module.AnalysisInterferometer):
            return InterferometerArrays(analysis, module.AnalysisInterferometer)
    return None


class _LensingArrays:
    """What imaging and interferometer fits have in common: a mask on the sky, lenses and a source.

    Args:
        analysis: The user's.
        kind: The package's own class of it.
        mask: The package's, on the sky.

    Attributes:
        images: Names of arrays that the package has slim.
    """

    images: frozenset[str]

    def __init__(self, analysis: Any, kind: type[Any], mask: Any) -> None:
        self._analysis = analysis
        self._has_likelihood_of_its_own = type(analysis).log_likelihood_function is not kind.log_likelihood_function
        self._xp = importlib.import_module("jax.numpy") if analysis.is_jax else np
        self._mask = np.asarray(mask, dtype=bool)
        self._pixels = Sky(self._mask.shape, np.array(mask.geometry.extent, dtype=np.float64))
        self._fine_pixels = fine_sky(self._pixels, self._mask)

    def arranged(self, arrays: Mapping[str, Array]) -> dict[str, Array]:
        """What the fits give, in the order of a spool."""
        planes: dict[str, dict[str, Array]] = {}
        for path, values in arrays.items():
            plane, _, name = path.rpartition("/")
            planes.setdefault(plane, {})[name] = values
        return {
            f"{plane}/{name}" if plane else name: values
            for plane, found in planes.items()
            for name, values in self._arranged_plane(found).items()
        }

    def _arranged_plane(self, arrays: Mapping[str, Array]) -> dict[str, Array]:
        found = {name: self._native(values) if name in self.images else values for name, values in arrays.items()}
        for name in ("inverse_magnification", "deflections"):
            if name in found:
                found[name] = found[name].reshape(*self._mask.shape, *found[name].shape[1:])[::-1].copy()
        if _FINE in found:
            found["critical_curves"], found["caustics"] = curves(found.pop(_FINE), self._fine_pixels)
        arrange_source(found)
        return found

    def _native(self, slim: npt.ArrayLike) -> Floats:
        """An image array[y, x] of a slim one."""
        image = np.zeros(self._mask.shape)
        image[~self._mask] = np.asarray(slim)
        return image[::-1].copy()

    def _sky(self) -> dict[str, Array]:
        """The static arrays of any image."""
        return {"mask": self._mask[::-1].copy(), "extent": self._pixels.extent}

    def _log_likelihood(self, fit: Any, instance: Any) -> Any:
        """The number that the search has: the figure of merit less what positions out of place cost, or another."""
        if self._has_likelihood_of_its_own:
            return self._analysis.log_likelihood_function(instance=instance)
        penalty = getattr(self._analysis, "log_likelihood_penalty_from", None)
        return bare(fit.figure_of_merit) - (0.0 if penalty is None else bare(penalty(instance=instance)))

    def _lens(self, fit: Any) -> dict[str, Any]:
        """Deflections and magnification on all pixel centres, and the source; of a fit without lenses nothing.

        The arrays of the farthest plane have their plain names, those of nearer ones `plane_1/NAME`, `plane_2/NAME`.
        """
        tracer = getattr(fit, "tracer", None)
        if tracer is None:
            return {}
        import autogalaxy

        planes, mass = source_planes(tracer), autogalaxy.mp.MassProfile
        shift = getattr(fit, "dataset_model", None)
        rays: list[PlaneRays | None] = [None] * len(planes)
        if tracer.has(cls=mass):
            rays = list(plane_rays(tracer, planes, self._pixels.centres(), shift, self._xp))
        fine: list[Any] = [None] * len(planes)
        if has_several_masses(tracer, mass):
            fine = ray_ends(tracer, planes, self._fine_pixels.centres(), shift, self._xp)
        arrays: dict[str, Any] = {}
        for number, plane in enumerate(planes):
            found = self._plane(fit, plane, rays[number], fine[number])
            prefix = "" if plane == planes[-1] else f"plane_{number + 1}/"
            arrays |= {f"{prefix}{name}": values for name, values in found.items()}
        return arrays

    def _plane(self, fit: Any, plane: int, rays: PlaneRays | None, fine: Any) -> dict[str, Any]:
        """The arrays of one source plane: rays in it, the ends of those that are closer, and its source."""
        found = {} if fine is None else {_FINE: fine}
        if rays is not None:
            found |= {"inverse_magnification": rays.inverse_magnification, "deflections": rays.deflections}
        if plane > 0:
            found |= source_arrays(fit, plane, self._pixels, rays, self._xp)
        return found


class ImagingArrays(_LensingArrays):
    """`AnalysisImaging`: what the figure `imaging` reads."""

    figure = "imaging"
    images = frozenset({"data", "model_image", "lens_light", "source_image"})

    def __init__(self, analysis: Any, kind: type[Any]) -> None:
        super().__init__(analysis, kind, analysis.dataset.mask)

    def static(self) -> dict[str, Array]:
        dataset = self._analysis.dataset
        images = {"data": self._native(bare(dataset.data)), "noise_map": self._native(bare(dataset.noise_map))}
        return images | self._sky()

    def arrays(self, instance: Any) -> dict[str, Any]:
        fit = self._analysis.fit_from(instance=instance)
        arrays = {"log_likelihood": self._log_likelihood(fit, instance), "model_image": bare(fit.model_data)}
        if getattr(instance, "dataset_model", None) is not None:
            arrays["data"] = bare(fit.data)  # less the sky that is fitted too
        return arrays | self._planes(fit) | self._lens(fit)

    def _planes(self, fit: Any) -> dict[str, Any]:
        """The shares of the lens and of the sources: of the first plane, if that shines, and of those behind it."""
        tracer = getattr(fit, "tracer", None)
        if tracer is None or tracer.total_planes < 2:
            return {}
        import autogalaxy

        images = fit.model_images_of_planes_list
        arrays = {}
        *nearer, last = source_planes(tracer)
        for number, plane in enumerate(nearer, start=1):
            arrays[f"plane_{number}/source_image"] = bare(images[plane])
        arrays["source_image"] = bare(images[last])
        if any(galaxy.has(cls=autogalaxy.LightProfile) for galaxy in tracer.planes[0]):
            arrays["lens_light"] = bare(images[0])
        return arrays


class InterferometerArrays(_LensingArrays):
    """`AnalysisInterferometer`: what the figure `interferometer` reads."""

    figure = "interferometer"
    images = frozenset({"dirty_model", "dirty_residuals"})

    def __init__(self, analysis: Any, kind: type[Any]) -> None:
        dataset = analysis.dataset
        if dataset.data is None or dataset.transformer is None:
            raise TypeError("the dataset holds no visibilities, only their sums: give live() arrays of your own")
        super().__init__(analysis, kind, dataset.real_space_mask)
        self._data = np.asarray(bare(dataset.data))
        self._noise_map = np.asarray(bare(dataset.noise_map))
        self._weights = (self._noise_map.real + self._noise_map.imag) ** -2.0 * 4.0

    def static(self) -> dict[str, Array]:
        uv = np.asarray(self._analysis.dataset.uv_wavelengths)
        dirty = self._native(np.asarray(self._dirty(self._data, np)))
        visibilities = {"data": self._data, "noise_map": self._noise_map, "uv_wavelengths": uv}
        return visibilities | {"dirty_image": dirty} | self._sky()

    def arrays(self, instance: Any) -> dict[str, Any]:
        fit = self._analysis.fit_from(instance=instance)
        model = bare(fit.model_data)
        arrays = {
            "log_likelihood": self._log_likelihood(fit, instance),
            "model_data": model,
            "dirty_model": self._dirty(model, self._xp),
            "dirty_residuals": self._dirty(self._data - model, self._xp),
        }
        return arrays | self._lens(fit)

    def _dirty(self, visibilities: Any, xp: Any) -> Any:
        """The dirty image in natural weighting, slim, in Jy a beam."""
        import autoarray

        weighted = autoarray.Visibilities(visibilities * self._weights)
        image = self._analysis.dataset.transformer.image_from(visibilities=weighted, xp=xp)
        return bare(image) / self._weights.sum()
