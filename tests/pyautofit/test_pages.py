"""The page about PyAutoFit and its examples, as a reader would run them."""

from __future__ import annotations

import re
import runpy
import sys
from pathlib import Path

import pytest

from autoviz_render import Spool

ROOT = Path(__file__).parents[2]
BLOCKS = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "samplers" / "pyautofit.md").read_text(), re.DOTALL)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Where the reader is, with figures drawn."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("AUTOVIZ_RENDERER", "process")
    return tmp_path


def figures(folder: Path) -> dict[str, int]:
    return {path.name: path.stat().st_size for path in folder.rglob("image/*.png")}


def test_the_example_of_the_page_is_drawn(folder):
    """Copied as it stands. The first block is the one line, in a script of the reader's."""
    assert len(BLOCKS) == 2
    assert "live(al.AnalysisImaging(dataset=dataset))" in BLOCKS[0]
    exec(BLOCKS[1], {})  # noqa: S102  our own page
    assert figures(folder).keys() >= {"fit.png", "run.png"}


@pytest.mark.parametrize(
    ("name", "arguments", "expected"),
    [
        ("pyautofit_gaussian.py", ["--live-points", "30"], {"fit.png", "run.png"}),
        ("pyautolens_imaging.py", ["--pixels", "30", "--cells", "8", "--evaluations", "120"], {"fit.png"}),
    ],
)
def test_an_example_runs(folder, monkeypatch, name, arguments, expected):
    """Small, from its first line to its figure."""
    monkeypatch.setattr(sys, "argv", [name, "--output", str(folder), *arguments])
    runpy.run_path(str(ROOT / "examples" / name), run_name="__main__")
    assert figures(folder).keys() >= expected
    (place,) = {path.parent for path in folder.rglob("spool.json")}
    spool = Spool(place.parent)
    assert spool.info().state == "finished"
    assert len(spool.scalars()) > 1
    assert "model" in spool.read(spool.newest()).arrays or "model_image" in spool.read(spool.newest()).arrays
