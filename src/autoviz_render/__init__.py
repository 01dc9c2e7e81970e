"""Live figures for long sampling runs.

A sampler publishes its best-fit arrays to a spool (`Publisher`, `QuickUpdate`); an independent
process draws the newest (`RendererProcess`, or `autoviz-render --watch` by hand); any snapshot can
be read and drawn again later (`Spool`, `Snapshot`).

Every name is imported when it is first used, so that a sampler pays for what it uses: this module
alone loads neither Matplotlib nor JAX.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from autoviz_render.figures.panels import (
        ColouredPanel,
        CornerPanel,
        Curve,
        CustomPanel,
        HistogramPanel,
        ImagePanel,
        LinesPanel,
        MeshPanel,
        Panel,
        PolygonalMesh,
        RectangularMesh,
        ScatterPanel,
        Series,
        TablePanel,
        TextPanel,
        TriangularMesh,
    )
    from autoviz_render.renderer.live.process import RendererProcess
    from autoviz_render.search import hooks
    from autoviz_render.search.nss.analysis import Analysis
    from autoviz_render.search.nss.fitness import Fitness
    from autoviz_render.search.nss.nss import NSS
    from autoviz_render.search.pyautofit.live import live
    from autoviz_render.search.quick_update import QuickUpdate
    from autoviz_render.spool.errors import SpoolError
    from autoviz_render.spool.publisher import Publisher
    from autoviz_render.spool.retention import Retention
    from autoviz_render.spool.snapshot import Snapshot, SnapshotRef
    from autoviz_render.spool.store import Spool

_HOME = {
    "Analysis": "autoviz_render.search.nss.analysis",
    "ColouredPanel": "autoviz_render.figures.panels",
    "CornerPanel": "autoviz_render.figures.panels",
    "Curve": "autoviz_render.figures.panels",
    "CustomPanel": "autoviz_render.figures.panels",
    "Fitness": "autoviz_render.search.nss.fitness",
    "HistogramPanel": "autoviz_render.figures.panels",
    "ImagePanel": "autoviz_render.figures.panels",
    "LinesPanel": "autoviz_render.figures.panels",
    "MeshPanel": "autoviz_render.figures.panels",
    "NSS": "autoviz_render.search.nss.nss",
    "Panel": "autoviz_render.figures.panels",
    "PolygonalMesh": "autoviz_render.figures.panels",
    "Publisher": "autoviz_render.spool.publisher",
    "QuickUpdate": "autoviz_render.search.quick_update",
    "RectangularMesh": "autoviz_render.figures.panels",
    "RendererProcess": "autoviz_render.renderer.live.process",
    "Retention": "autoviz_render.spool.retention",
    "ScatterPanel": "autoviz_render.figures.panels",
    "Series": "autoviz_render.figures.panels",
    "Snapshot": "autoviz_render.spool.snapshot",
    "SnapshotRef": "autoviz_render.spool.snapshot",
    "Spool": "autoviz_render.spool.store",
    "SpoolError": "autoviz_render.spool.errors",
    "TablePanel": "autoviz_render.figures.panels",
    "TextPanel": "autoviz_render.figures.panels",
    "TriangularMesh": "autoviz_render.figures.panels",
    "live": "autoviz_render.search.pyautofit.live",
}

_EXTRA_SEARCH = ("jax", "jaxlib", "blackjax")

__all__ = [
    "NSS",
    "Analysis",
    "ColouredPanel",
    "CornerPanel",
    "Curve",
    "CustomPanel",
    "Fitness",
    "HistogramPanel",
    "ImagePanel",
    "LinesPanel",
    "MeshPanel",
    "Panel",
    "PolygonalMesh",
    "Publisher",
    "QuickUpdate",
    "RectangularMesh",
    "RendererProcess",
    "Retention",
    "ScatterPanel",
    "Series",
    "Snapshot",
    "SnapshotRef",
    "Spool",
    "SpoolError",
    "TablePanel",
    "TextPanel",
    "TriangularMesh",
    "hooks",
    "live",
]


def __getattr__(name: str) -> object:
    if name == "hooks":  # a module, of one function for each sampler
        return importlib.import_module("autoviz_render.search.hooks")
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        value = getattr(importlib.import_module(_HOME[name]), name)
    except ModuleNotFoundError as error:
        if error.name not in _EXTRA_SEARCH:
            raise
        message = f"{name} needs {error.name}, which is not installed: pip install 'autoviz-render[search]'"
        raise ModuleNotFoundError(message, name=error.name) from error
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
