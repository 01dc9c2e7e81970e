"""The figure of PyAutoFit's fits in the notebook cell that runs them."""

from __future__ import annotations

import base64
from pathlib import Path

import gaussian as g
import IPython.display
import pytest
from fake_kernel import Kernel, begin_kernel

from autoviz_render import live


@pytest.fixture
def kernel(monkeypatch: pytest.MonkeyPatch) -> Kernel:
    """A kernel whose cells PyAutoFit clears."""
    display = IPython.display
    made = begin_kernel(monkeypatch)
    monkeypatch.setattr(display, "clear_output", made.publisher.clear_output)
    monkeypatch.setenv("AUTOVIZ_RENDERER", "inline")
    return made


def test_the_cell_of_a_fit_shows_its_last_figure_once(kernel, tmp_path):
    """PyAutoFit clears the cell before each quick update, and once more when all is over."""
    made = live(g.analysis("DynestyStatic"), arrays=g.model_data, static=g.STATIC)
    search, _ = g.fit(tmp_path, "DynestyStatic", made)
    assert kernel.kinds.count("clear_output") > 1
    kernel.end_cell()
    (shown,) = kernel.saved()["cell 1"]
    figure = Path(search.paths.output_path) / "image" / "fit.png"
    assert base64.b64decode(shown["image/png"]) == figure.read_bytes()
    assert (
        len({each["content"]["transient"]["display_id"] for each in kernel.sent if "transient" in each["content"]}) == 1
    )


@pytest.mark.parametrize("why", ["argument", "environment"])
def test_a_fit_shows_nothing_if_that_is_wanted(kernel, tmp_path, monkeypatch, why):
    """PyAutoFit has a word of its own for that, which those who run its notebooks in pipelines know."""
    if why == "environment":
        monkeypatch.setenv("PYAUTO_DISABLE_IPYTHON_DISPLAY", "1")
    settings = {"display": None} if why == "argument" else {}
    made = live(g.analysis("DynestyStatic"), arrays=g.model_data, static=g.STATIC, **settings)
    g.fit(tmp_path, "DynestyStatic", made)
    assert set(kernel.kinds) == {"clear_output"}
