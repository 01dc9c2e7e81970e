"""Runs and figures as pages show them, without a run."""

from __future__ import annotations

import os
import socket
import time
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from autoviz_render.views.model.run_view import FigureView, FrameView, RendererView, RunView


def draw(file: Path, seed: int = 0, size: tuple[int, int] = (640, 480)) -> Path:
    """A picture that compresses as badly as a figure may."""
    rng = np.random.default_rng(seed)
    coarse = rng.integers(0, 255, (max(1, size[1] // 16), max(1, size[0] // 16), 3), dtype=np.uint8)
    draft = file.with_name(f"{file.name}.draft")
    Image.fromarray(coarse).resize(size).save(draft, file.suffix[1:])
    os.replace(draft, file)
    return file


def run_view(run_dir: Path, key: str = ".", **told: Any) -> RunView:
    """A run that this process draws, with the figures that are there."""
    image = run_dir / "image"
    figures = tuple(
        FigureView(file.stem, file, file.stat().st_mtime, file.stat().st_size)
        for file in sorted(image.glob("*.png"))
        if "-e0" not in file.name
    )
    renderer = RendererView("watching", os.getpid(), socket.gethostname(), drawn=1)
    about: dict[str, Any] = {"run": run_dir.name, "figures": figures, "renderer": renderer, "started": 1000.0}
    return RunView(key, run_dir / "spool", image, **about | told)


def frame_of(view: RunView, step: int) -> FrameView:
    """Its first figure, as of a step."""
    now = time.time()
    return FrameView(view.key, view.figures[0].name, step, view.figures[0].file, now, now - 0.1)
