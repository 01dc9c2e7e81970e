"""The figure of a search in the cell that runs it, in notebooks that nbclient runs with ipykernel 6 and 7."""

from __future__ import annotations

import base64
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

nbformat = pytest.importorskip("nbformat", reason="Jupyter is not installed: pip install nbclient ipykernel")
nbclient = pytest.importorskip("nbclient", reason="nbclient is not installed: pip install nbclient ipykernel")
ipykernel = pytest.importorskip("ipykernel", reason="ipykernel is not installed: pip install nbclient ipykernel")

# An older one beside that of the environment: `make test-browser` installs it there.
OLD = Path(os.environ.get("AUTOVIZ_TESTS_IPYKERNEL_6", Path(sys.prefix) / "ipykernel6"))

BEGIN = """
import threading, time
from pathlib import Path
import numpy as np
from IPython.display import clear_output
from autoviz_render import QuickUpdate

x = np.linspace(0, 10, 50)

def begin(run_dir, **settings):
    arrays, static = lambda p: {"model": p[0] * np.sin(x)}, {"x": x, "data": np.sin(x)}
    return QuickUpdate(run_dir, arrays=arrays, static=static, figure="line", every=1, **settings)

def fit(update, steps=5, say=None):
    for step in range(steps):
        update([step / steps, 1.0], step - 10.0)
        time.sleep(0.3)
        if say:
            say(step)

def drawn(run_dir):
    deadline = time.monotonic() + 60
    while not Path(run_dir, "image", "fit.png").exists():
        assert time.monotonic() < deadline
        time.sleep(0.05)
"""


class Wire(NamedTuple):
    """A message that shows something: its kind, identifier, cell, and whether it has a picture."""

    kind: str
    display_id: str
    cell: int
    is_picture: bool


class Ran(NamedTuple):
    """A notebook after it was run, with what the kernel sent."""

    cells: Any
    wire: list[Wire]
    folder: Path

    def outputs(self, cell: int) -> list[list[str]]:
        return [sorted(output.get("data", {output.output_type: 0})) for output in self.cells[cell].outputs]

    def pictures(self, cell: int) -> list[bytes]:
        found = [
            output.data["image/png"] for output in self.cells[cell].outputs if "image/png" in output.get("data", {})
        ]
        return [base64.b64decode(each) for each in found]

    def figure(self, run: str) -> bytes:
        return (self.folder / run / "image" / "fit.png").read_bytes()


class Client(nbclient.NotebookClient):  # type: ignore[name-defined]
    """Keeps what the kernel sends."""

    wire: list[Wire]

    def process_message(self, msg: Any, cell: Any, cell_index: int) -> Any:
        kind, content = msg["msg_type"], msg["content"]
        if kind in {"display_data", "update_display_data"}:
            identifier = (content.get("transient") or {}).get("display_id", "")
            self.wire.append(Wire(kind, identifier, cell_index, "image/png" in content["data"]))
        return super().process_message(msg, cell, cell_index)


@pytest.fixture(params=["7", "6"], ids=["ipykernel-7", "ipykernel-6"])
def run(request, tmp_path, monkeypatch) -> Callable[..., Ran]:
    """Runs cells, after one that defines `begin` and `fit`. nbclient hears only messages whose parent is the cell."""
    if request.param == "6" and not OLD.is_dir():
        pytest.skip(f"ipykernel 6 is not in {OLD}: make test-browser installs it there")
    if request.param == "7" and int(ipykernel.__version__.split(".")[0]) < 7:
        pytest.skip(f"ipykernel is {ipykernel.__version__}")
    if request.param == "6":
        inherited = os.environ.get("PYTHONPATH")
        monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, [str(OLD), inherited])))
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))

    def run(*sources: str) -> Ran:
        checked = f"import ipykernel; assert ipykernel.__version__.startswith('{request.param}.')"
        cells = [nbformat.v4.new_code_cell(source) for source in (checked + BEGIN, *sources)]
        notebook = nbformat.v4.new_notebook(cells=cells)
        client = Client(notebook, timeout=120, kernel_name="python3", resources={"metadata": {"path": str(tmp_path)}})
        client.wire = []
        client.execute()
        return Ran(notebook.cells, client.wire, tmp_path)

    return run


def test_one_output_in_the_calling_cell_is_updated_and_saved(run):
    """On the wire as in the file: one figure, the last one, however many were drawn."""
    ran = run("with begin('out') as update: fit(update)", "print('done')")
    first, *others = ran.wire
    assert first == ("display_data", first.display_id, 1, False)
    assert {each[:3] for each in others} == {("update_display_data", first.display_id, 1)}
    assert ran.outputs(1) == [["image/png", "text/plain"]]
    assert ran.pictures(1) == [ran.figure("out")]


@pytest.mark.parametrize("wait", [True, False])
def test_the_figure_stays_when_the_users_loop_clears_the_cell(run, wait):
    """The update of an output that was cleared is lost: the user would see the first figures, and then none."""
    say = f"def say(step): clear_output(wait={wait}); print('step', step)"
    ran = run(f"{say}\nwith begin('out') as update: fit(update, say=say)")
    assert len({each.display_id for each in ran.wire}) == 1
    assert ran.outputs(1) == [["image/png", "text/plain"], ["stream"]]
    assert ran.cells[1].outputs[1].text == "step 4\n"
    assert ran.pictures(1) == [ran.figure("out")]


def test_searches_in_one_cell_and_in_several_have_an_output_each(run):
    """Side by side; and one that goes on in the next cell takes its figure along."""
    ran = run(
        "one, other = begin('one'), begin('other')\nfit(one, 2); fit(other)\none.close(); drawn('other')",
        "fit(other)\nother.close()",
    )
    assert ran.outputs(1) == 2 * [["image/png", "text/plain"]]
    assert ran.pictures(1)[0] == ran.figure("one")
    assert ran.pictures(2) == [ran.figure("other")]


def test_a_fit_in_a_thread_is_shown_where_it_was_begun(run):
    """Its cell ends long before it. What is drawn later is saved there all the same, as an update by the identifier."""
    threaded = """
begun = threading.Event()
fits = lambda: (fit(update, say=lambda step: begun.set()), update.close())
thread = threading.Thread(target=fits)
thread.start()
assert begun.wait(60)  # what is first shown after the end of its cell is heard by no nbclient
"""
    ran = run(f"update = begin('out')\n{threaded}", "thread.join(); print('done')")
    assert [each.cell for each in ran.wire if each.kind == "display_data"] == [1]
    assert ran.outputs(1) == [["image/png", "text/plain"]]
    assert ran.pictures(1) == [ran.figure("out")]
    assert ran.outputs(2) == [["stream"]]


def test_captured_output_shows_the_last_figure_when_asked_for(run):
    """`%%capture` is for silence."""
    ran = run("%%capture kept\nwith begin('out') as update: fit(update)", "kept.show()")
    assert ran.outputs(1) == []
    assert ran.pictures(2) == [ran.figure("out")]


def test_a_search_that_is_run_again_and_one_that_fails_keep_to_their_cells(run):
    """The spool is taken over, and so is the figure; an error in the cell is the cell's."""
    begun = "with begin('out') as update:\n        fit(update, 3); 1 / 0"
    broken = f"try:\n    {begun}\nexcept ZeroDivisionError: print('failed')"
    ran = run("update = begin('out')\nfit(update); drawn('out')", broken)
    assert ran.outputs(1) == [["image/png", "text/plain"]]
    assert ran.outputs(2) == [["image/png", "text/plain"], ["stream"]]
    assert ran.pictures(2) == [ran.figure("out")]


def test_nothing_is_shown_if_the_environment_says_so(run, monkeypatch):
    """A batch system that keeps notebooks small."""
    monkeypatch.setenv("AUTOVIZ_DISPLAY", "0")
    ran = run("with begin('out') as update: fit(update, 2)")
    assert (ran.wire, ran.outputs(1)) == ([], [])
    assert ran.figure("out").startswith(b"\x89PNG")


@pytest.mark.parametrize(("display", "count"), [("auto", 0), (True, 1)])
def test_nbconvert_shows_nothing_unless_told(tmp_path, display, count):
    """It runs notebooks while nobody looks."""
    pytest.importorskip("nbconvert", reason="nbconvert is not installed")
    source = f"with begin('out', display={display!r}) as update: fit(update, 2)"
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(each) for each in (BEGIN, source)])
    nbformat.write(notebook, tmp_path / "fit.ipynb")
    command = [sys.executable, "-m", "nbconvert", "--execute", "--to", "notebook", "--inplace", "fit.ipynb"]
    environment = os.environ | {"IPYTHONDIR": str(tmp_path / "ipython")}
    subprocess.run(command, cwd=tmp_path, env=environment, check=True, capture_output=True, timeout=120)
    assert len(nbformat.read(tmp_path / "fit.ipynb", 4).cells[1].outputs) == count
