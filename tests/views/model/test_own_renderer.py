"""The renderer that a search starts writes the page beside the figures, and starts as fast as without."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

from autoviz_render.renderer.heartbeat import Heartbeat
from autoviz_render.renderer.live.process import RendererProcess
from autoviz_render.renderer.work.jobs import RenderResult
from autoviz_render.views import __main__ as program
from autoviz_render.views.__main__ import AfterFirstFigure

RUN = Path("run")


class Told:
    """A listener that remembers."""

    def __init__(self) -> None:
        self.told: list[Any] = []

    def looked_at(self, spool: Path, beat: Heartbeat | None) -> None:
        self.told.append(("looked at", spool, beat))

    def drawn(self, result: RenderResult) -> None:
        self.told.append(("drawn", result))

    def left(self, spool: Path) -> None:
        self.told.append(("left", spool))

    def turned(self, *, is_complete: bool) -> None:
        self.told.append(("turned", is_complete))


def test_a_run_of_a_search_has_a_page(run_dir, publish):
    """Nobody asked for it: the folder explains itself."""
    publish(1)
    renderer = RendererProcess(run_dir)
    renderer.start()
    assert renderer.stop(60)
    assert (run_dir / "image" / "fit.png").exists()
    assert "autoviz-render" in (run_dir / "image" / "index.html").read_text()
    assert '"state":"finished"' in (run_dir / "image" / "index_files" / "run.js").read_text()


def test_no_page_is_written_if_none_is_wanted(monkeypatch, tmp_path):
    """`AUTOVIZ_PAGE=0`."""
    monkeypatch.setenv("AUTOVIZ_PAGE", "0")
    with program.pages(tmp_path) as listener:
        assert listener is None


def test_nothing_is_made_before_the_first_figure(eventually):
    """On a busy machine that waits for what else is imported; what was told until then is not lost."""
    told, made = Told(), []
    listener = AfterFirstFigure(lambda: (made.append(1), told)[1])
    listener.turned(is_complete=True)
    listener.looked_at(RUN, None)
    assert not made
    result = RenderResult()
    listener.drawn(result)
    listener.begin().join(30)
    listener.left(RUN)
    assert told.told == [("looked at", RUN, None), ("drawn", result), ("turned", True), ("left", RUN)]
    assert made == [1]


def test_a_run_without_figures_has_a_page_too(monkeypatch):
    """It says why there are none."""
    monkeypatch.setattr(program, "_AFTER", -1.0)
    told = Told()
    listener = AfterFirstFigure(lambda: told)
    listener.looked_at(RUN, None)
    listener.turned(is_complete=True)
    listener.begin().join(30)
    assert ("looked at", RUN, None) in told.told


def test_a_page_that_fails_costs_no_figure(caplog):
    """A full disk, a bug of ours: one warning."""

    def fail() -> Told:
        raise OSError("a full disk")

    listener = AfterFirstFigure(fail)
    listener.drawn(RenderResult())
    listener.begin().join(30)
    listener.looked_at(RUN, None)
    listener.turned(is_complete=True)
    assert [record.getMessage() for record in caplog.records] == ["there is no page beside the figures"]


def test_the_model_imports_nothing_that_one_view_needs():
    """Memory and time of each search's renderer."""
    names = ("views.__main__", "views.model.collector", "views.model.follow", "renderer.live.loop")
    imports = "; ".join(f"import autoviz_render.{name}" for name in names)
    heavy = {"rich", "PIL", "starlette", "anywidget", "jax", "tkinter"}
    command = [sys.executable, "-P", "-c", f"import sys; {imports}; print({heavy} & set(sys.modules))"]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip() == "set()"
