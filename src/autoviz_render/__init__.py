"""Live figures for long sampling runs.

A sampler publishes its best-fit arrays to a spool (`Publisher`, `QuickUpdate`); an independent
process draws the newest (`RendererProcess`, or `autoviz-render --watch` by hand); any snapshot can
be read (`Spool`, `Snapshot`), drawn in a notebook (`draw`, two of them side by side by `compare`) or rendered again to
files (`render`); a notebook shows runs live (`watch`).

Every name is imported when it is first used, so that a sampler pays for what it uses: this module
alone loads neither Matplotlib nor JAX. Nor does `from autoviz_render import *`, which leaves out the
names that would: import those by their names.
"""

from __future__ import annotations

import importlib

_NAMES = {
    "figures": "Annotation ColouredPanel CornerPanel Curve CustomPanel Guide HistogramPanel ImagePanel LinesPanel "
    "MeshPanel Panel PolygonalMesh RectangularMesh ScatterPanel Series TablePanel TextPanel TriangularMesh",
    "renderer.batch.render": "render",
    "renderer.batch.shards": "Shard",
    "renderer.compare": "compare",
    "renderer.draw": "draw",
    "renderer.live.process": "RendererProcess",
    "renderer.plot.drawing": "Drawing",
    "renderer.settings": "FigureSpec RenderSettings",
    "renderer.work.jobs": "RenderResult",
    "search": "hooks",
    "search.nss.analysis": "Analysis",
    "search.nss.fitness": "Fitness",
    "search.nss.nss": "NSS",
    "search.pyautofit.live": "live",
    "search.quick_update": "QuickUpdate",
    "spool": "Publisher Retention Snapshot SnapshotRef Spool SpoolError",
    "views.notebook.watch": "watch",
}
_HOME = {name: f"{__name__}.{module}" for module, names in _NAMES.items() for name in names.split()}

_EXTRA_SEARCH = ("jax", "jaxlib", "blackjax")

_HEAVY = ("Drawing", "Fitness", "NSS")
"""Of what loads Matplotlib or JAX."""

__all__ = [name for name in _HOME if name not in _HEAVY]


def __getattr__(name: str) -> object:
    if name == "__version__":
        return importlib.import_module("importlib.metadata").version("autoviz-render")
    if name not in _HOME:
        nearest = (
            "" if name.startswith("__") else importlib.import_module(f"{__name__}.spool.errors").nearest(name, _HOME)
        )
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}{nearest}", name=name)
    try:
        value: object = getattr(importlib.import_module(_HOME[name]), name)
    except ModuleNotFoundError as error:
        if error.name not in _EXTRA_SEARCH:
            raise
        message = f"{name} needs {error.name}, which is not installed: pip install 'autoviz-render[search]'"
        raise ModuleNotFoundError(message, name=error.name) from error
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(_HOME)
