"""Two snapshots, drawn side by side where they were read."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from autoviz_render import Drawing, ImagePanel, RenderSettings, Snapshot, Spool, compare, draw, render
from autoviz_render.figures.registry import FigureError
from autoviz_render.renderer.compare import Compared, drawn
from autoviz_render.renderer.plot.page import PageError
from autoviz_render.renderer.provenance import read_provenance
from autoviz_render.spool.errors import WrongTypeError

COARSE = RenderSettings(dpi=30)


def snapshot(**settings) -> Snapshot:
    told = {
        "arrays": {"image": np.add.outer(np.arange(9.0), np.arange(9.0))},
        "run": "toy",
        "log_likelihood": -10.0,
        "scalars": {"log_evidence": -20.0, "log_evidence_error": 0.3},
    }
    return Snapshot(**{**told, **settings})


def heading(one: Snapshot, other: Snapshot, *, are_two_runs: bool):
    return Compared(one, other, ("a", "b"), are_two_runs).heading()


def test_two_snapshots_are_one_drawing(tmp_path):
    """As a notebook shows it, and as a file."""
    one, other = snapshot(), snapshot(arrays={"image": np.ones((9, 9))})
    drawing = compare(one, other, settings=COARSE)
    assert isinstance(drawing, Drawing)
    assert drawing.errors == ()
    for kind in ("png", "pdf", "svg"):
        drawing.save(tmp_path / f"compared.{kind}")
        assert "compared with" in read_provenance(tmp_path / f"compared.{kind}").settings
    assert compare(one, other, settings=COARSE).encode("png") == drawing.encode("png")


def test_the_line_above_tells_how_far_apart_they_are():
    """Between two runs the evidences are a Bayes factor; between two steps of one they are not."""
    better = snapshot(log_likelihood=-7.5, scalars={"log_evidence": -16.0, "log_evidence_error": 0.4})
    told = heading(snapshot(), better, are_two_runs=True)
    assert (told.name, told.moments[0]) == ("A: a, B: b", "Δ log likelihood +2.5   ln B +4.0 ± 0.5")
    told = heading(snapshot(), better, are_two_runs=False)
    assert (told.name, told.moments[0]) == ("toy, A: a, B: b", "Δ log likelihood +2.5   Δ log evidence +4")
    told = heading(snapshot(log_likelihood=np.nan, scalars={}), better, are_two_runs=True)
    assert told.moments[0] == ""


def test_names_of_strangers_are_shown_as_they_are():
    """Nothing of a spool is mathtext, markup or an escape sequence there, nor without end."""
    wild = "\x1b[2J\u202e$\\frac{</script>\n" + "x" * 10_000
    drawing = compare(snapshot(run=wild), snapshot(run=wild, log_likelihood=1.0), settings=COARSE)
    assert drawing.errors == ()
    assert b"</script>" not in drawing.encode("svg")


def test_an_identical_snapshot_is_drawn_beside_itself():
    """The difference is of one colour: the middle of the map."""
    one = snapshot(scalars={}, log_likelihood=np.nan)
    drawing = compare(one, one, lambda each: [ImagePanel("Image", each.arrays["image"])], COARSE)
    third = drawing.pixels[40:-30, -120:-50].reshape(-1, 3)
    assert (third == third[0]).all()


def test_a_panel_alone_is_compared_alone():
    """By its title or number, in A and in B."""
    one, other = snapshot(), snapshot(arrays={"image": np.ones((9, 9)), "other": np.eye(9)})
    alone = compare(one, other, settings=RenderSettings(dpi=30, panel="image")).pixels
    assert alone.shape[1] > 2 * alone.shape[0]
    with pytest.raises(PageError, match="panel is 'other'; choose one by its title or number: 1 'image'"):
        compare(one, other, settings=RenderSettings(panel="other"))


@pytest.mark.parametrize(("width", "theme"), [("40mm", "light"), ("88mm", "dark"), ("180mm", "light")])
def test_it_fits_on_pages(width, theme, lens_snapshot):
    """Three columns, two, or one: text is never smaller than 7 points."""
    one, other = lens_snapshot(20), lens_snapshot(20, amplitude=0.5)
    settings = RenderSettings(width=width, theme=theme, dpi=40)
    drawing = compare(one, other, "imaging", settings)
    assert drawing.errors == ()
    assert drawing.pixels.shape[1] == pytest.approx(40 * float(width[:-2]) / 25.4, abs=1.5)


def test_the_figure_is_the_first_that_both_runs_name():
    """Two runs with different figures: what they share, or a plain line."""
    one, other = snapshot(figures=("run", "auto")), snapshot(figures=("auto", "run"))
    assert Compared(one, other, ("a", "b"), True).shared_figures == ["run", "auto"]
    pair = Compared(replace(one, figures=("imaging",)), replace(other, figures=("line",)), ("a", "b"), True)
    with pytest.raises(FigureError, match="a names imaging and b names line: choose one figure"):
        drawn(pair, None, COARSE)


def test_what_fails_is_told():
    """A recipe's own error, and arguments that can never work."""
    with pytest.raises(KeyError, match="nothing"):
        compare(snapshot(), snapshot(), lambda each: [ImagePanel("a", each.arrays["nothing"])])
    with pytest.raises(WrongTypeError, match="other is 3"):
        compare(snapshot(), 3)  # type: ignore[arg-type]
    with pytest.raises(WrongTypeError, match="figure is 3"):
        compare(snapshot(), snapshot(), 3)  # type: ignore[arg-type]
    with pytest.raises(WrongTypeError, match="settings is None"):
        compare(snapshot(), snapshot(), "auto", None)


def test_the_history_of_a_run_is_the_same_live_and_later(run_dir, publish):
    """As one of a run's own figures; later snapshots have no part in it."""
    publish(3, figure=["auto", "history"])
    spool = Spool(run_dir)
    third = draw(spool[-1], "history", COARSE).encode("png")
    publish(2, figure=["auto", "history"], first=3)
    assert draw(Spool(run_dir)[2], "history", COARSE).encode("png") == third
    settings = RenderSettings(["history"], dpi=30)
    (result,) = render(run_dir, which=2, settings=settings)
    assert result.files[0].read_bytes() == third


def test_the_panel_that_the_history_follows_is_that_of_the_settings(run_dir, publish):
    """`--panel` is not one of its moments."""
    publish(3)
    newest = Spool(run_dir).read_newest()
    followed = draw(newest, "history", RenderSettings(dpi=30, panel="data"))
    assert followed.pixels.shape == draw(newest, "history", COARSE).pixels.shape
    assert followed.encode("png") != draw(newest, "history", COARSE).encode("png")
    with pytest.raises(PageError, match="panel is 'nothing'"):
        draw(newest, "history", RenderSettings(panel="nothing"))
