"""`watch` where no widget can be: a picture and a line, and what is wrong in a line."""

from __future__ import annotations

import subprocess
import sys

import pytest

from autoviz_render import watch
from autoviz_render.renderer.batch.render import render
from autoviz_render.renderer.batch.runs import PathError
from autoviz_render.spool.errors import WrongTypeError

VIEW = "application/vnd.jupyter.widget-view+json"
WITHOUT = """\
import sys
sys.modules["anywidget"] = None
import autoviz_render
try:
    autoviz_render.watch(".")
except ModuleNotFoundError as error:
    print(error)
"""


@pytest.fixture
def view(run_dir):
    made = watch(run_dir)
    yield made
    made.close()


def test_a_plain_terminal_gets_a_line(view, publish):
    """`print(watch(...))`, as one tries it first."""
    assert str(view).endswith("no run yet")
    publish(3)
    assert str(view).startswith("search: finished, step 2, iteration 20, log likelihood 0.00")
    assert "\n" not in str(view)


def test_in_a_plain_python_nothing_is_started(view):
    """There is nobody to push to, and nobody who would end it."""
    assert view._own is None
    assert view._pusher is None


def test_where_no_widget_can_be_there_is_a_picture(view, publish, run_dir):
    """GitHub and nbviewer show the richest of what they know."""
    data, _ = view._bundle()
    assert set(data) == {VIEW, "text/plain"}
    publish(3)
    list(render([run_dir]))
    data, _ = view._bundle()
    assert set(data) == {VIEW, "text/plain", "image/png"}
    assert data["image/png"] == (run_dir / "image" / "fit.png").read_bytes()


def test_a_picture_of_megabytes_is_made_smaller_for_the_file(view):
    """A notebook is kept under version control."""
    import io

    import numpy as np
    from PIL import Image

    made = io.BytesIO()
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (1500, 3000, 3), np.uint8)).save(made, "PNG")
    view.frame = {"data": made.getvalue(), "type": "image/png", "number": 1}
    with Image.open(io.BytesIO(view._bundle()[0]["image/png"])) as small:
        assert small.size == (1600, 800)


@pytest.mark.parametrize("kind", ["image/svg+xml", "image/png", "text/html", ""])
def test_what_is_no_picture_is_left_out(view, kind):
    """A file may be a stranger's, and a notebook would trust it."""
    view.frame = {"data": b"<svg onload=alert(1)>" * 200_000, "type": kind, "number": 1}
    assert "image/png" not in view._bundle()[0]


def test_the_last_frame_is_in_the_saved_state(view):
    """What a notebook saves of a widget is its traits."""
    view.frame = {"data": b"png", "type": "image/png", "number": 3}
    assert view.get_state()["frame"]["data"] == b"png"


@pytest.mark.parametrize("message", [None, 3, [], {}, {"kind": "shown"}, {"kind": "hidden", "view": ["x"]}])
def test_nonsense_from_a_page_is_survived(view, message):
    """Anybody who can open the notebook can send anything."""
    view._hear(view, message, [])


def test_a_path_that_is_none_is_refused(tmp_path):
    """At once, in the cell, and not in a thread later."""
    (tmp_path / "file").write_text("")
    with pytest.raises(PathError, match="file"):
        watch(tmp_path / "file")
    with pytest.raises(WrongTypeError, match="path is 3"):
        watch(3)  # type: ignore[arg-type]
    with pytest.raises(WrongTypeError, match="draw"):
        watch(tmp_path, drew=False)  # type: ignore[call-arg]


def test_without_the_extra_one_line_names_it():
    """What to type, and no traceback of another package."""
    told = subprocess.run([sys.executable, "-c", WITHOUT], capture_output=True, text=True, check=True).stdout
    assert told == "watch needs anywidget, which is not installed: pip install 'autoviz-render[notebook]'\n"
