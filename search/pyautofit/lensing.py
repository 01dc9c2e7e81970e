"""What there is to show of the lens and galaxy fits of PyAutoLens and PyAutoGalaxy.

Their images are *slim*: array[unmasked pixel], row by row from the top. Ours, in a spool, are array[y, x] with row 0 at
the bottom, zero where masked; points are (x, y) in arcsec, theirs (y, x).
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from types import ModuleType
from typing import Any

import numpy as np
import numpy.typing as npt

from autoviz_render.search.pyautofit.contents import FigureArrays
from autoviz_render.spool.arrays import Floats

_STEP = 1e-3
"""Arcsec between the deflections of which the magnification is the derivative: little beside a pixel."""

_PIXELS = 100
"""Across a parametric source's images."""

_BRIGHT = 0.05
"""Of a parametric source's peak: what is as bright is in the closest view."""


def lensing_contents(analysis: Any) -> FigureArrays | None:
    """What is shown of an analysis of these packages; None for any other.

    Raises TypeError for interferometer data that hold no visibilities.
    """
    for package in ("autolens", "autogalaxy"):
        module = sys.modules.get(package)  # whoever has such an analysis has imported it
        if module is None:
            continue
        if isinstance(analysis, module.AnalysisImaging):
            return Imaging(analysis, module.AnalysisImaging)
        if isinstance(analysis, module.AnalysisInterferometer):
            return Interferometer(analysis, module.AnalysisInterferometer)
    return None


class _Lensing:
    """What imaging and interferometer fits have in common: a mask on the sky, lenses and a source."""

    def __init__(self, analysis: Any, kind: type[Any], mask: Any) -> None:
        self._analysis = analysis
        self._has_likelihood_of_its_own = type(analysis).log_likelihood_function is not kind.log_likelihood_function
        self._xp = _array_module(analysis)
        self._mask = np.asarray(mask, dtype=bool)
        self._extent = np.array(mask.geometry.extent, dtype=np.float64)

    def native(self, slim: npt.ArrayLike) -> Floats:
        """An image array[y, x] of a slim one."""
        image = np.zeros(self._mask.shape)
        image[~self._mask] = np.asarray(slim)
        return image[::-1].copy()

    def sky(self) -> dict[str, npt.NDArray[Any]]:
        """The static arrays of any image."""
        return {"mask": self._mask[::-1].copy(), "extent": self._extent}

    def log_likelihood(self, fit: Any, instance: Any) -> Any:
        """The number that the search has: the figure of merit less what positions out of place cost, or another."""
        if self._has_likelihood_of_its_own:
            return self._analysis.log_likelihood_function(instance=instance)
        penalty = getattr(self._analysis, "log_likelihood_penalty_from", None)
        return _plain(fit.figure_of_merit) - (0.0 if penalty is None else _plain(penalty(instance=instance)))

    def lens(self, fit: Any) -> dict[str, Any]:
        """Deflections and magnification on all pixel centres, and the source; of a fit without lenses nothing."""
        tracer = getattr(fit, "tracer", None)
        if tracer is None:
            return {}
        import autogalaxy

        arrays: dict[str, Any] = {}
        if tracer.has(cls=autogalaxy.mp.MassProfile):
            arrays |= self._deflections(tracer)
        if tracer.total_planes > 1:
            arrays |= self._pixelized(fit, autogalaxy) or self._parametric(fit)
        return arrays

    def arranged(self, arrays: Mapping[str, npt.NDArray[Any]]) -> dict[str, npt.NDArray[Any]]:
        """In the order of a spool, what `lens` and the fits give."""
        found = dict(arrays)
        shape = self._mask.shape
        for name in ("inverse_magnification", "deflections"):
            if name in found:
                values = found[name]
                found[name] = values.reshape(*shape, *values.shape[1:])[::-1].copy()
        for name in ("source_vertices", "source_centres"):
            if name in found:
                found[name] = found[name][:, ::-1].copy()
        if "source_grid" in found:
            _uniform(found, found.pop("source_grid"))
        if "source_edges" in found:
            _rectangular(found, found.pop("source_edges"))
        return found

    def _deflections(self, tracer: Any) -> dict[str, Any]:
        grid = _pixel_centres(self._mask.shape, self._extent)
        xp = self._xp

        def deflections(y: float, x: float) -> Any:
            return _plain(tracer.deflections_yx_2d_from(grid=_irregular(grid + np.array([y, x])), xp=xp))

        by_y = (deflections(_STEP, 0.0) - deflections(-_STEP, 0.0)) / (2 * _STEP)
        by_x = (deflections(0.0, _STEP) - deflections(0.0, -_STEP)) / (2 * _STEP)
        return {
            "inverse_magnification": (1 - by_y[:, 0]) * (1 - by_x[:, 1]) - by_y[:, 1] * by_x[:, 0],
            "deflections": deflections(0.0, 0.0),
        }

    def _pixelized(self, fit: Any, autogalaxy: ModuleType) -> dict[str, Any]:
        """The reconstruction of the farthest plane that has one, on its mesh."""
        if fit.inversion is None or not fit.inversion.has(cls=autogalaxy.Mapper):
            return {}
        mapper = fit.inversion.cls_list_from(cls=autogalaxy.Mapper)[-1]
        source = {"source": _plain(fit.inversion.reconstruction_dict[mapper])}
        mesh, points = type(mapper.mesh).__name__, _plain(mapper.source_plane_mesh_grid)
        if mesh == "RectangularUniform":
            return source | {"source_grid": points}
        if mesh.startswith("Rectangular"):  # of cells that adapt: its points are those before they do
            try:
                return source | {"source_edges": _plain(mapper.mesh_geometry.edges_transformed)}
            except (TypeError, ValueError):
                return {}  # the package cannot tell those of meshes that are not square: all else is drawn
        return source | {"source_centres" if mesh == "KNearestNeighbor" else "source_vertices": points}

    def _parametric(self, fit: Any) -> dict[str, Any]:
        """The light of the last plane as it would be seen without lenses: all of it, and its brightest part."""
        xp = self._xp
        tracer = fit.tracer_linear_light_profiles_to_light_profiles
        half = max(float(np.ptp(self._extent[:2])), float(np.ptp(self._extent[2:]))) / 2
        middle = (self._extent[0] + self._extent[1]) / 2, (self._extent[2] + self._extent[3]) / 2
        whole = np.array([middle[0] - half, middle[0] + half, middle[1] - half, middle[1] + half])

        def image(extent: Any) -> Any:
            y, x = xp.meshgrid(_centres(extent[2], extent[3], xp), _centres(extent[0], extent[1], xp), indexing="ij")
            grid = _irregular(xp.stack([y.ravel(), x.ravel()], axis=-1))
            light = [_plain(galaxy.image_2d_from(grid=grid, xp=xp)) for galaxy in tracer.planes[-1]]
            return sum(light, start=xp.zeros(_PIXELS**2)).reshape(_PIXELS, _PIXELS)

        source = image(whole)
        y, x = (xp.asarray(each) for each in np.indices(source.shape))
        peak = xp.argmax(source)
        row, column = peak // _PIXELS, peak % _PIXELS
        distance = xp.maximum(xp.abs(y - row), xp.abs(x - column))
        reach = xp.max(xp.where(source > _BRIGHT * xp.max(source), distance, 0)) + 1.5
        width = 2 * half / _PIXELS
        x0, y0 = whole[0] + (column + 0.5) * width, whole[2] + (row + 0.5) * width
        reach = xp.minimum(reach * width, half)
        close = xp.stack([x0 - reach, x0 + reach, y0 - reach, y0 + reach])
        return {
            "source": source,
            "source_extent": whole,
            "source_zoom": image(close),
            "source_zoom_extent": close,
        }


class Imaging(_Lensing):
    """`AnalysisImaging`: what the figure `imaging` reads."""

    figure = "imaging"

    def __init__(self, analysis: Any, kind: type[Any]) -> None:
        super().__init__(analysis, kind, analysis.dataset.mask)

    def static(self) -> dict[str, npt.NDArray[Any]]:
        dataset = self._analysis.dataset
        images = {"data": self.native(_plain(dataset.data)), "noise_map": self.native(_plain(dataset.noise_map))}
        return images | self.sky()

    def arrays(self, instance: Any) -> dict[str, Any]:
        fit = self._analysis.fit_from(instance=instance)
        arrays = {"log_likelihood": self.log_likelihood(fit, instance), "model_image": _plain(fit.model_data)}
        if getattr(instance, "dataset_model", None) is not None:
            arrays["data"] = _plain(fit.data)  # less the sky that is fitted too
        return arrays | self._planes(fit) | self.lens(fit)

    def arranged(self, arrays: Mapping[str, npt.NDArray[Any]]) -> dict[str, npt.NDArray[Any]]:
        images = {"data", "model_image", "lens_light", "source_image"}
        return super().arranged(
            {name: self.native(values) if name in images else values for name, values in arrays.items()}
        )

    def _planes(self, fit: Any) -> dict[str, Any]:
        """The shares of the lens and of the source: of the first plane, where that shines, and of the last."""
        tracer = getattr(fit, "tracer", None)
        if tracer is None or tracer.total_planes < 2:
            return {}
        import autogalaxy

        images = fit.model_images_of_planes_list
        arrays = {"source_image": _plain(images[-1])}
        if any(galaxy.has(cls=autogalaxy.LightProfile) for galaxy in tracer.planes[0]):
            arrays["lens_light"] = _plain(images[0])
        return arrays


class Interferometer(_Lensing):
    """`AnalysisInterferometer`: what the figure `interferometer` reads."""

    figure = "interferometer"

    def __init__(self, analysis: Any, kind: type[Any]) -> None:
        dataset = analysis.dataset
        if dataset.data is None or dataset.transformer is None:
            raise TypeError("the dataset holds no visibilities, only their sums: give live() arrays of your own")
        super().__init__(analysis, kind, dataset.real_space_mask)
        self._data = np.asarray(_plain(dataset.data))
        self._noise_map = np.asarray(_plain(dataset.noise_map))
        self._weights = (self._noise_map.real + self._noise_map.imag) ** -2.0 * 4.0

    def static(self) -> dict[str, npt.NDArray[Any]]:
        uv = np.asarray(self._analysis.dataset.uv_wavelengths)
        dirty = self.native(np.asarray(self._dirty(self._data, np)))
        visibilities = {"data": self._data, "noise_map": self._noise_map, "uv_wavelengths": uv}
        return visibilities | {"dirty_image": dirty} | self.sky()

    def arrays(self, instance: Any) -> dict[str, Any]:
        fit = self._analysis.fit_from(instance=instance)
        model = _plain(fit.model_data)
        arrays = {
            "log_likelihood": self.log_likelihood(fit, instance),
            "model_data": model,
            "dirty_model": self._dirty(model, self._xp),
            "dirty_residuals": self._dirty(self._data - model, self._xp),
        }
        return arrays | self.lens(fit)

    def arranged(self, arrays: Mapping[str, npt.NDArray[Any]]) -> dict[str, npt.NDArray[Any]]:
        images = {"dirty_model", "dirty_residuals"}
        return super().arranged(
            {name: self.native(values) if name in images else values for name, values in arrays.items()}
        )

    def _dirty(self, visibilities: Any, xp: Any) -> Any:
        """The dirty image in natural weighting, slim, in Jy a beam."""
        import autoarray

        weighted = autoarray.Visibilities(visibilities * self._weights)
        image = self._analysis.dataset.transformer.image_from(visibilities=weighted, xp=xp)
        return _plain(image) / self._weights.sum()


def _array_module(analysis: Any) -> Any:
    if not analysis.is_jax:
        return np
    import jax.numpy

    return jax.numpy


def _plain(values: Any) -> Any:
    """The array in one of the packages' own."""
    return values.array if hasattr(values, "array") else values


def _irregular(points: Any) -> Any:
    """Points array[point, 2] of (y, x), as the packages take them."""
    import autoarray

    return autoarray.Grid2DIrregular(values=points)


def _pixel_centres(shape: tuple[int, int], extent: Floats) -> Floats:
    """array[pixel, 2] of (y, x), row by row from the top."""
    rows = extent[3] - (np.arange(shape[0]) + 0.5) * (extent[3] - extent[2]) / shape[0]
    columns = extent[0] + (np.arange(shape[1]) + 0.5) * (extent[1] - extent[0]) / shape[1]
    return np.stack(np.meshgrid(rows, columns, indexing="ij"), axis=-1).reshape(-1, 2)


def _centres(low: Any, high: Any, xp: Any) -> Any:
    return low + (xp.arange(_PIXELS) + 0.5) * (high - low) / _PIXELS


def _uniform(arrays: dict[str, npt.NDArray[Any]], points: Floats) -> None:
    """A mesh of equal cells, `source` and points array[cell, 2] of (y, x), slim, as the figures take it."""
    columns = int(np.argmax(points[:, 0] != points[0, 0])) or len(points)
    rows = len(points) // columns
    height, width = np.abs(points[-1] - points[0]) / (np.maximum([rows, columns], 2) - 1)
    left, top, right, bottom = points[0, 1], points[0, 0], points[-1, 1], points[-1, 0]
    arrays["source"] = arrays["source"].reshape(rows, columns)[::-1].copy()
    arrays["source_extent"] = np.array([left - width / 2, right + width / 2, bottom - height / 2, top + height / 2])


def _rectangular(arrays: dict[str, npt.NDArray[Any]], edges: Floats) -> None:
    """A mesh of cells between lines as the figures take it. edges: array[edge, 2] of (y, x), y descending."""
    y, x = edges[::-1, 0], edges[:, 1]
    arrays["source"] = arrays["source"].reshape(y.size - 1, x.size - 1)[::-1].copy()
    arrays["source_x"], arrays["source_y"] = x.copy(), y.copy()
