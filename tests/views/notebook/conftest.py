"""A kernel that only keeps what is sent, and a renderer that only replaces a file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from fake_kernel import Kernel, begin_kernel

from autoviz_render.renderer.plot.png import png
from autoviz_render.spool.system.atomic import write_whole


@pytest.fixture
def kernel(monkeypatch) -> Kernel:
    """A kernel whose first cell runs."""
    return begin_kernel(monkeypatch)


@pytest.fixture
def draw(run_dir: Path) -> Callable[..., bytes]:
    """Replaces the run's figure as a renderer does, by one that shows a number; its bytes."""

    def draw(number: int, name: str = "fit", into: Path = run_dir, width: int = 40, dpi: float = 100.0) -> bytes:
        content = png(np.full((20, width, 3), number, np.uint8), dpi)
        folder = into / "image"
        folder.mkdir(parents=True, exist_ok=True)
        write_whole(folder / f"{name}.png", [content], tmp=folder)
        return content

    return draw
