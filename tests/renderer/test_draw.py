"""One snapshot, drawn where it was read: in a notebook, or a script."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from autoviz_render import Drawing, RenderSettings, Snapshot, Spool, TextPanel, draw, render
from autoviz_render.figures.builtin.line import line
from autoviz_render.figures.registry import FigureError


def shown_by_a_notebook(value) -> bytes:
    """What IPython's display protocol finds for PNG: the method of the type, called without arguments."""
    return type(value)._repr_png_(value)


def test_a_snapshot_is_shown_by_a_notebook(run_dir, publish):
    """One line in a fresh notebook shows the figure."""
    publish(2)
    drawing = draw(Spool(run_dir).read(Spool(run_dir).newest()))
    data = shown_by_a_notebook(drawing)
    assert isinstance(drawing, Drawing)
    assert drawing.errors == ()
    with Image.open(io.BytesIO(data)) as image:
        assert (image.format, image.size[::-1]) == ("PNG", drawing.pixels.shape[:2])


def test_it_is_the_figure_that_the_command_writes(run_dir, publish):
    """The run's own figure, byte for byte."""
    publish(2, figure="run")
    (result,) = render(run_dir)
    snapshot = Spool(run_dir).read(Spool(run_dir).newest())
    assert draw(snapshot).encode("png") == result.files[0].read_bytes()
    assert draw(snapshot, "auto").encode("png") != result.files[0].read_bytes()
    assert draw(snapshot, settings=RenderSettings(("auto", "line"))).encode("png") == draw(snapshot, "auto").encode(
        "png"
    )


@pytest.mark.parametrize("figure", [line, "line"], ids=["function", "name"])
def test_a_figure_is_a_name_or_a_function(run_dir, publish, figure):
    """Of one's own, while one writes it."""
    publish(1)
    snapshot = Spool(run_dir).read(Spool(run_dir).newest())
    assert draw(snapshot, figure).pixels.shape == draw(snapshot, line).pixels.shape


def test_dots_per_inch_and_theme_are_the_settings():
    """A talk is dark, a paper dense."""
    snapshot = Snapshot(arrays={"image": np.eye(3)})
    small, large = (draw(snapshot, settings=RenderSettings(dpi=dpi)).pixels for dpi in (50, 100))
    assert large.shape[0] == pytest.approx(2 * small.shape[0], abs=1)
    assert draw(snapshot, settings=RenderSettings(theme="dark")).pixels[2, 2].sum() < 200 < small[2, 2].sum()


def test_errors_are_shown_in_their_panels_and_told():
    """A bug in a plot must be seen where the plot would be, and be found by a program."""

    def broken(snapshot):
        return [TextPanel("fine", "text"), 5 / 0]

    drawing = draw(Snapshot(arrays={}), broken)
    assert [error.split(":")[0] for error in drawing.errors] == ["ZeroDivisionError"]
    assert shown_by_a_notebook(drawing).startswith(b"\x89PNG")


@pytest.mark.parametrize("name", ["nothing", "os:getcwd", "autoviz_render.figures.builtin.line:line"])
def test_a_name_is_never_imported(name):
    """It may come from a spool."""
    with pytest.raises(FigureError, match="no figure is named"):
        draw(Snapshot(arrays={}), name)


def test_a_figure_is_written_to_a_file(tmp_path):
    """Its suffix says how."""
    drawing = draw(Snapshot(arrays={"image": np.eye(3)}))
    for suffix, start in ((".png", b"\x89PNG"), (".pdf", b"%PDF")):
        drawing.save(tmp_path / f"fit{suffix}")
        assert (tmp_path / f"fit{suffix}").read_bytes().startswith(start)


def test_more_dots_make_a_figure_in_a_notebook_sharper_and_not_larger(run_dir, publish):
    """On a screen of high resolution; a browser would show each dot as large as one of an ordinary screen."""
    publish(1)
    snapshot = Spool(run_dir).read(Spool(run_dir).newest())
    widths = []
    for dpi in (100, 200):
        drawing = draw(snapshot, settings=RenderSettings(dpi=dpi))
        data, metadata = drawing._repr_mimebundle_(include=None, exclude=None)
        assert data == {"image/png": drawing.encode("png")}
        widths.append(metadata["image/png"]["width"])
    assert widths[0] == widths[1] == round(drawing.pixels.shape[1] / 2)
