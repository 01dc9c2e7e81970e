"""Runs as values, for what shows them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from autoviz_render.views.model.run_view import FigureView, RendererView, RunView

NOW = 1_800_000_000.0


@pytest.fixture
def make_run():
    """A run of which all is known; what is given differs."""

    def make(key: str = "lens_01", **fields: Any) -> RunView:
        figure = FigureView("fit", Path(f"/data/{key}/image/fit.png"), NOW - 3, 1000, step=41)
        known: dict[str, Any] = {
            "spool": Path(f"/data/{key}/spool"),
            "figures_folder": Path(f"/data/{key}/image"),
            "run": key.rpartition("/")[2],
            "updates": 42,
            "step": 41,
            "snapshots": 20,
            "iteration": 1_234_567,
            "counts": "likelihood evaluations",
            "log_likelihood": -123_456.78,
            "log_evidence": -234_567.89,
            "rate": 543.2,
            "interval": 30.0,
            "started": NOW - 7980,
            "updated": NOW - 12,
            "renderer": RendererView("watching", 321, "node7", 40, 2, NOW - 2, 0.031),
            "figures": (figure,),
        }
        return RunView(key, **{**known, **fields})

    return make
