"""The figure of a search in the notebook cell that runs it."""

from __future__ import annotations

import base64
import io
import logging
import os
import sys
import threading
import time
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from autoviz_render.renderer.plot.png import png
from autoviz_render.search.quick_update import QuickUpdate
from autoviz_render.spool.errors import WrongValueError
from autoviz_render.views.notebook import calling_cell, cell_display
from autoviz_render.views.notebook.picture import LIGHT_BYTES, MOST_BYTES, picture_bundle


@pytest.fixture
def make(run_dir):
    """Makes quick updates that others draw, shown in the calling cell."""
    made = []

    def make(into=run_dir, **settings):
        made.append(QuickUpdate(into, renderer=None, every=1, **({"display": True} | settings)))
        return made[-1]

    yield make
    for update in made:
        update.close()


@pytest.fixture
def shows(kernel, eventually):
    """Waits until a cell shows these pictures, and no other output."""

    def shows(*pictures, cell="cell 1"):
        wanted = [base64.b64encode(each).decode() for each in pictures]
        eventually(
            lambda: [each.get("image/png") for each in kernel.saved().get(cell, [])] == wanted, what=kernel.kinds
        )

    return shows


def test_one_output_is_made_in_the_calling_cell_and_then_updated(kernel, make, draw, shows):
    """A picture for each quick update would fill the notebook, and one in another cell would not be found."""
    update = make()
    update([1.0], 1.0)
    assert kernel.kinds == ["display_data"]
    for number in range(3):
        shows(draw(number))
    assert kernel.kinds[0] == "display_data"
    assert set(kernel.kinds[1:]) == {"update_display_data"}
    assert len({each["content"]["transient"]["display_id"] for each in kernel.sent}) == 1
    assert {each["parent_header"]["msg_id"] for each in kernel.sent} == {"cell 1"}


def test_a_figure_of_many_dots_is_as_wide_as_its_page(kernel, make, draw, shows):
    """Twice the dots are for a sharp picture, not for a large one; `draw` shows it so, too."""
    update = make()
    update([1.0], 1.0)
    shows(draw(1, width=400, dpi=200.0))
    assert kernel.sent[-1]["content"]["metadata"] == {"image/png": {"width": 200}}


@pytest.mark.parametrize("wait", [True, False])
def test_the_figure_stays_where_the_cells_output_is_cleared(kernel, make, draw, shows, wait):
    """A progress line of the user's, and PyAutoFit at each quick update, clear the output: an update by its identifier
    is then lost for ever."""
    update = make()
    update([1.0], 1.0)
    shows(before := draw(1))
    kernel.publisher.clear_output(wait=wait)
    assert kernel.kinds[-2:] == ["clear_output", "display_data"]
    shows(before)
    shows(draw(2))


def test_what_clears_a_cell_without_a_figure_goes_its_way(kernel, make, draw, shows):
    """Another cell is none of ours."""
    update = make()
    update([1.0], 1.0)
    shows(picture := draw(1))
    kernel.begin_cell("cell 2")
    kernel.publisher.clear_output()
    assert kernel.kinds[-1] == "clear_output"
    shows(picture)


def test_a_cell_that_is_cleared_all_the_time_does_not_flood_the_server(kernel, make, run_dir, eventually):
    """Beyond a megabyte a second Jupyter's server drops output, also the user's; the figure stays all the same."""
    update = make()
    update([1.0], 1.0)
    folder = run_dir / "image"
    folder.mkdir(parents=True, exist_ok=True)
    noise = np.random.default_rng(1).integers(0, 256, (400, 400, 3), dtype=np.uint8)
    (folder / "fit.png").write_bytes(png(noise, 100.0))
    eventually(lambda: "image/png" in kernel.sent[-1]["content"]["data"])
    began, pause = time.monotonic(), threading.Event()
    while time.monotonic() < began + 1.5:
        kernel.publisher.clear_output(wait=True)
        pause.wait(0.05)
    seconds = time.monotonic() - began
    sizes = [sum(map(len, each["content"].get("data", {}).values())) for each in kernel.sent]
    assert sum(sizes) < MOST_BYTES * (2 + 0.3 * seconds)
    assert any(0 < size <= LIGHT_BYTES + 1000 for size in sizes[1:])
    kernel.end_cell()
    assert [list(each) for each in kernel.saved()["cell 1"]] == [["image/png", "text/plain"]]


def test_a_search_that_goes_on_in_another_cell_shows_its_figure_there(kernel, make, draw, shows):
    """Whoever runs it looks at that cell; the earlier one keeps its last figure."""
    update = make()
    update([1.0], 1.0)
    shows(first := draw(1))
    kernel.end_cell()
    kernel.begin_cell("cell 2")
    update([2.0], 2.0)
    shows(second := draw(2), cell="cell 2")
    shows(first)
    kernel.end_cell()
    assert first != second


def test_two_searches_in_one_cell_have_an_output_each(kernel, make, draw, shows, tmp_path):
    """They may run side by side, or one after the other."""
    one, other = make(tmp_path / "one"), make(tmp_path / "other")
    one([1.0], 1.0)
    other([1.0], 1.0)
    shows(draw(1, into=tmp_path / "one"), draw(2, into=tmp_path / "other"))
    kernel.publisher.clear_output()
    shows(draw(1, into=tmp_path / "one"), draw(3, into=tmp_path / "other"))


def test_a_cell_that_is_run_again_takes_the_figure_over(kernel, make, draw, shows, eventually):
    """The search before was interrupted, and not closed: it must not send each figure a second time."""
    before = make()
    before([1.0], 1.0)
    shows(draw(1))
    kernel.begin_cell("cell 1, again")
    again = make()
    again([1.0], 1.0)
    eventually(lambda: not before._updater.cell_view._thread.is_alive())
    shows(draw(2), cell="cell 1, again")


def test_a_fit_in_a_thread_is_shown_in_the_cell_that_made_it(kernel, make, draw, shows):
    """The kernel's newest cell is another one by then; a saved notebook listens to that one alone."""
    update = make()
    kernel.end_cell()
    kernel.begin_cell("cell 2")
    thread = threading.Thread(target=lambda: update([1.0], 1.0))
    thread.start()
    thread.join()
    shows(draw(1))
    kernel.end_cell()
    assert kernel.sent[0]["parent_header"]["msg_id"] == "cell 1"


def test_what_is_drawn_after_the_cell_has_ended_is_sent_with_the_cell_that_runs(kernel, make, draw, shows):
    """nbclient saves no update with the parent of a cell that has ended."""
    update = make()
    update([1.0], 1.0)
    shows(draw(1))
    kernel.end_cell()
    kernel.begin_cell("cell 2")
    shows(draw(2))
    assert kernel.sent[-1]["parent_header"]["msg_id"] == "cell 2"


def test_captured_output_holds_the_newest_figure_once(kernel, make, draw, eventually):
    """`%%capture` keeps what is shown: a figure for each quick update would fill the memory."""
    outputs = []
    kernel.shell.display_pub = SimpleNamespace(outputs=outputs, publish=lambda **content: outputs.append(content))
    update = make()
    update([1.0], 1.0)
    for number in range(3):
        wanted = base64.b64encode(draw(number)).decode()
        eventually(lambda wanted=wanted: outputs[0]["data"].get("image/png") == wanted)
    assert len(outputs) == 1
    assert kernel.sent == []


def test_the_last_figure_is_shown_when_the_search_is_closed(kernel, make, draw, monkeypatch):
    """The saved notebook holds it: it must be sent before the cell ends, whenever the thread looks next."""
    monkeypatch.setattr(cell_display, "_AT_WORK", 60.0)
    update = make()
    update([1.0], 1.0)
    last = draw(7)
    update.close()
    assert kernel.saved()["cell 1"][0]["image/png"] == base64.b64encode(last).decode()


def test_the_end_of_a_cell_shows_the_newest_figure_of_a_search_that_is_not_closed(kernel, make, draw, monkeypatch):
    """Many never close it."""
    monkeypatch.setattr(cell_display, "_AT_WORK", 60.0)
    update = make()
    update([1.0], 1.0)
    last = draw(7)
    kernel.end_cell()
    assert kernel.saved()["cell 1"][0]["image/png"] == base64.b64encode(last).decode()


def test_a_search_without_a_figure_says_so_in_its_cell(kernel, make):
    """The line that a figure is to come must not stay for ever."""
    update = make()
    update([1.0], 1.0)
    assert "appears here" in kernel.sent[0]["content"]["data"]["text/plain"]
    update.close()
    assert "no figure was drawn" in kernel.saved()["cell 1"][0]["text/plain"]


def test_figures_of_an_earlier_run_and_of_other_programs_are_not_shown(kernel, make, draw, run_dir):
    """The first would be taken for this run's, the second may be anything."""
    draw(1)
    update = make()
    update([1.0], 1.0)
    theirs = io.BytesIO()
    Image.new("RGB", (30, 30)).save(theirs, "png")
    (run_dir / "image" / "auto.png").write_bytes(theirs.getvalue())
    update.close()
    assert all("image/png" not in each["content"]["data"] for each in kernel.sent)


def test_a_figure_that_another_programs_file_made_give_way_is_shown(kernel, make, draw, shows, run_dir):
    """PyAutoFit has its own `fit.png`: ours is then called as the figure."""
    (run_dir / "image").mkdir(parents=True)
    Image.new("RGB", (30, 30)).save(run_dir / "image" / "fit.png")
    update = make(figure="line")
    update([1.0], 1.0)
    shows(draw(1, name="line"))


def test_a_picture_too_large_for_a_message_becomes_one_that_is_not():
    """Jupyter's server would drop it, with a message about data rates in its place."""
    noise = np.random.default_rng(1).integers(0, 256, (1500, 2000, 3), dtype=np.uint8)
    bundle = picture_bundle(png(noise, 200.0), "text")
    assert bundle.size < MOST_BYTES + 100
    assert bundle.metadata == {"image/jpeg": {"width": 1000}}
    picture = Image.open(io.BytesIO(base64.b64decode(bundle.data["image/jpeg"])))
    assert picture.width * 3 == picture.height * 4


def test_a_hostile_name_is_shown_as_text(kernel, make, draw, tmp_path, shows):
    """Jupyter makes colours of escape sequences, and a name may hold anything."""
    hostile = tmp_path / "\x1b[31m</script><img src=x onerror=alert(1)>\u202e\u2028\n"[:100].replace("/", "|")
    update = make(hostile)
    update([1.0], 1.0)
    shows(draw(1, into=hostile))
    texts = [each["content"]["data"]["text/plain"] for each in kernel.sent]
    assert all(text.isprintable() for text in texts)
    assert all(set(each["content"]["data"]) <= {"text/plain", "image/png"} for each in kernel.sent)


def test_in_marimo_the_figure_is_the_cells_output(make, draw, monkeypatch, eventually):
    """It has no outputs that are updated by an identifier, but one that a thread of its own class may replace."""
    outputs, made = [], []

    class Thread(threading.Thread):
        def __init__(self, *arguments, **named):
            super().__init__(*arguments, **named)
            made.append(self)

    marimo = SimpleNamespace(
        running_in_notebook=lambda: True,
        Thread=Thread,
        plain_text=str,
        image=lambda source, width, **_: (source, width),
        output=SimpleNamespace(replace=outputs.append),
    )
    monkeypatch.setitem(sys.modules, "marimo", marimo)
    monkeypatch.delitem(sys.modules, "IPython", raising=False)
    update = make()
    update([1.0], 1.0)
    wanted = f"data:image/png;base64,{base64.b64encode(draw(1, width=80)).decode()}", 80
    eventually(lambda: outputs[-1] == wanted)
    assert "appears here" in outputs[0]
    assert len(made) == 1


# Where nothing is to be shown


@pytest.mark.parametrize("display", [None, False, "off"])
def test_nothing_is_shown_if_that_is_wanted(kernel, make, draw, display):
    """The notebook may be for the numbers."""
    update = make(display=display)
    update([1.0], 1.0)
    draw(1)
    update.close()
    assert kernel.sent == []


def test_the_environment_decides(kernel, make, monkeypatch):
    """Of a notebook that somebody else wrote, run by a batch system."""
    counts = []
    for told, display in (("0", True), ("off", "auto"), ("1", None)):
        monkeypatch.setenv("AUTOVIZ_DISPLAY", told)
        make(display=display)([1.0], 1.0)
        counts.append(len(kernel.sent))
    assert counts == [0, 0, 1]


def test_a_word_that_the_environment_cannot_mean_is_refused(kernel, make, monkeypatch):
    """Else the person believes that it was understood."""
    monkeypatch.setenv("AUTOVIZ_DISPLAY", "maybe")
    with pytest.raises(WrongValueError, match="AUTOVIZ_DISPLAY is 'maybe'; choose auto, on or off"):
        make()
    monkeypatch.delenv("AUTOVIZ_DISPLAY")
    with pytest.raises(WrongValueError, match="display is 'inline'"):
        make(display="inline")


def test_by_itself_a_search_without_a_renderer_shows_nothing(kernel, make):
    """There would be no figure, but for somebody else who draws."""
    make(display="auto")([1.0], 1.0)
    assert kernel.sent == []


def test_without_a_kernel_nothing_of_a_notebook_is_imported(make, monkeypatch):
    """A script in IPython's terminal, and any other."""
    for name in [name for name in sys.modules if name.startswith("autoviz_render.views")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.delitem(sys.modules, "IPython", raising=False)
    make(display="auto")([1.0], 1.0)
    assert not [name for name in sys.modules if name.startswith(("autoviz_render.views", "IPython"))]


@pytest.mark.parametrize("shell", [None, SimpleNamespace(display_pub=None)])
def test_one_warning_where_a_figure_is_wanted_and_cannot_be(make, monkeypatch, caplog, shell):
    """A script, and IPython in a terminal."""
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: shell))
    update = make()
    for number in range(3):
        update([1.0], float(number))
    update.close()
    told = [each.getMessage() for each in caplog.records if each.levelno == logging.WARNING]
    assert [each for each in told if "no notebook runs here" in each] == told[:1] == told
    caplog.clear()
    make(display="auto")([1.0], 1.0)
    assert not caplog.records


@pytest.mark.parametrize(
    ("command", "is_program"),
    [
        (["python", "/usr/bin/papermill", "in.ipynb", "out.ipynb"], True),
        (["/opt/python", "/opt/jupyter-nbconvert", "--execute", "a.ipynb"], True),
        (["python", "-m", "nbconvert", "--execute", "a.ipynb"], True),
        (["python", "/opt/bin/jupyter-lab", "--no-browser"], False),
        (["python", "a_test.py", "papermill.ipynb"], False),
    ],
)
def test_programs_that_run_notebooks_are_known_by_their_command(monkeypatch, command, is_program):
    """Nobody looks while they run one."""
    asked = []
    processes = SimpleNamespace(
        Error=KeyError, Process=lambda pid: (asked.append(pid), SimpleNamespace(cmdline=lambda: command))[1]
    )
    monkeypatch.setitem(sys.modules, "psutil", processes)
    monkeypatch.setenv("JPY_PARENT_PID", "1234")
    assert calling_cell.is_run_by_a_program() is is_program
    assert asked == [1234]


def test_by_itself_nothing_is_shown_to_a_program(kernel, make, monkeypatch, run_dir):
    """papermill would save whatever comes."""
    monkeypatch.setattr(calling_cell, "is_run_by_a_program", lambda: True)
    monkeypatch.setenv("AUTOVIZ_RENDERER", "inline")
    with QuickUpdate(run_dir) as update:
        update([1.0], 1.0)
    assert kernel.sent == []


# The search does not notice


def test_the_search_does_not_wait_for_a_disk_that_hangs(kernel, make, monkeypatch):
    """`os.stat` on a network disk can take minutes."""
    released, entered = threading.Event(), threading.Event()

    def hangs(path):
        entered.set()
        released.wait(60)

    monkeypatch.setattr(cell_display, "_state", hangs)
    monkeypatch.setattr(cell_display, "_SEARCH_ENDS", 0.2)
    update = make()
    assert entered.wait(30)
    began = time.monotonic()
    for number in range(10):
        update([1.0], float(number))
        kernel.publisher.clear_output()
    assert time.monotonic() - began < 5
    update.close()
    assert update._updater.cell_view._thread.is_alive()
    released.set()


def test_a_kernel_that_fails_costs_one_warning(kernel, make, draw, caplog, eventually):
    """Its socket may be closed, its session of another version: the run goes on."""
    update = make()
    update([1.0], 1.0)
    kernel.publisher.session = object()
    draw(1)
    eventually(lambda: not update._updater.cell_view._thread.is_alive())
    for number in range(3):
        update([2.0], 2.0 + number)
    update.close()
    told = [each.getMessage() for each in caplog.records if each.levelno == logging.WARNING]
    assert len(told) == 1
    assert "showing figures in the cell failed" in told[0]
    assert update.stats.failed == 0


@pytest.mark.filterwarnings("ignore:.*fork:RuntimeWarning", "ignore:.*fork:DeprecationWarning")
@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_forked_worker_sends_nothing(kernel, make, draw):
    """It has a copy of the kernel's socket, which must not be used."""
    update = make()
    update([1.0], 1.0)
    before = len(kernel.sent)
    pid = os.fork()
    if pid == 0:
        update([2.0], 2.0)
        update._updater.cell_view.published()
        update._updater.cell_view.finished()
        kernel.publisher.clear_output()
        os._exit(len(kernel.sent) - before)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 1  # what clears goes its own way


def _sampled(run_dir, **settings):
    """What a random walk finds, and what was published, while its view is opened and killed a hundred times."""
    rng, best = np.random.default_rng(5), []
    with QuickUpdate(run_dir, renderer=None, every=1, **settings) as update:
        for number in range(200):
            point = rng.normal(size=3)
            update(point, float(-np.sum(point**2)))
            best.append(update.best[1])
            if number % 2 and isinstance(view := update._updater.cell_view, cell_display.CellDisplay):
                view.stop()
                update._updater.cell_view = cell_display.CellDisplay(update._updater.publisher, "auto", is_drawn=False)
    return np.array(best).tobytes(), update.stats.submitted


def test_a_view_that_is_opened_and_killed_changes_no_bit_of_the_search(kernel, tmp_path):
    """It shares the process with the sampler: it must not touch its random numbers, or its order."""
    shown, plain = _sampled(tmp_path / "shown", display=True), _sampled(tmp_path / "plain", display=None)
    assert shown == plain
    assert len(kernel.sent) >= 100
