# The public names for type checkers and editors; `__init__.py` imports them when they are used.

from autoviz_render.figures import (
    Annotation,
    ColouredPanel,
    CornerPanel,
    Curve,
    CustomPanel,
    Guide,
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
from autoviz_render.renderer.batch.render import render
from autoviz_render.renderer.batch.shards import Shard
from autoviz_render.renderer.compare import compare
from autoviz_render.renderer.draw import draw
from autoviz_render.renderer.live.process import RendererProcess
from autoviz_render.renderer.plot.drawing import Drawing as Drawing
from autoviz_render.renderer.settings import FigureSpec, RenderSettings
from autoviz_render.renderer.work.jobs import RenderResult
from autoviz_render.search import hooks
from autoviz_render.search.nss.analysis import Analysis
from autoviz_render.search.nss.fitness import Fitness as Fitness
from autoviz_render.search.nss.nss import NSS as NSS
from autoviz_render.search.pyautofit.live import live
from autoviz_render.search.quick_update import QuickUpdate
from autoviz_render.spool import Publisher, Retention, Snapshot, SnapshotRef, Spool, SpoolError
from autoviz_render.views.notebook.watch import watch

__all__ = [
    "Analysis",
    "Annotation",
    "ColouredPanel",
    "CornerPanel",
    "Curve",
    "CustomPanel",
    "FigureSpec",
    "Guide",
    "HistogramPanel",
    "ImagePanel",
    "LinesPanel",
    "MeshPanel",
    "Panel",
    "PolygonalMesh",
    "Publisher",
    "QuickUpdate",
    "RectangularMesh",
    "RenderResult",
    "RenderSettings",
    "RendererProcess",
    "Retention",
    "ScatterPanel",
    "Series",
    "Shard",
    "Snapshot",
    "SnapshotRef",
    "Spool",
    "SpoolError",
    "TablePanel",
    "TextPanel",
    "TriangularMesh",
    "compare",
    "draw",
    "hooks",
    "live",
    "render",
    "watch",
]

__version__: str
