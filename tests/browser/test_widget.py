"""`watch` in a real JupyterLab, in a real browser: frames in time, none in a queue, the slider while a cell runs."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time

import jupyter_lab
import pytest

pytestmark = pytest.mark.skipif(bool(jupyter_lab.why_not()), reason=jupyter_lab.why_not() or "there is a JupyterLab")

WATCH = "from autoviz_render import watch\nv = watch({!r})\nv"
SEARCH = """\
import sys, time
import numpy as np
from autoviz_render import Publisher, RendererProcess
run_dir, count, pause, draw = sys.argv[1], int(sys.argv[2]), float(sys.argv[3]), sys.argv[4:] != ["undrawn"]
publisher = Publisher(run_dir)
assert publisher.flush(30)
renderer = RendererProcess(run_dir)
if draw:
    renderer.start()
for n in range(count):
    publisher.publish({"image": np.full((8, 8), float(n))}, iteration=n, log_likelihood=-100.0 / (n + 1))
    if draw:
        renderer.check()
    time.sleep(pause)
    if n == 0 and draw:
        print("begun", flush=True)
publisher.close("finished")
if draw:
    renderer.stop(60)
"""
SHOWN = "document.querySelector('.autoviz-picture')?.dataset.step"
LOG_FRAMES = """() => {
    window.frames_shown = [];
    let last = null;
    const look = () => {
        const picture = document.querySelector('.autoviz-picture');
        if (picture && picture.complete && picture.dataset.step !== last) {
            last = picture.dataset.step;
            frames_shown.push([Number(last), Date.now() / 1000 - Number(picture.dataset.drawn)]);
        }
        requestAnimationFrame(look);
    };
    look();
}"""
MEMORY = "int(open('/proc/self/statm').read().split()[1]) * 4096"


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    with jupyter_lab.jupyter_lab(tmp_path_factory.mktemp("lab")) as made:
        yield made


@pytest.fixture
def notebook(lab, chromium, request):
    """Open a notebook with these cells; nothing that ours threw is on the console."""
    context = chromium.new_context(viewport={"width": 1200, "height": 1000})
    made = []

    def open_notebook(*cells):
        name = f"{request.node.name[:40]}-{len(made)}"
        made.append(jupyter_lab.Notebook(lab, context, cells, "".join(c if c.isalnum() else "-" for c in name)))
        return made[-1]

    yield open_notebook
    for each in made:
        assert not [error for error in each.errors if "autoviz" in error]
        each.close()
    context.close()


@pytest.fixture
def search(tmp_path):
    """A search in a process of its own, which publishes so many snapshots at this pace."""
    processes = []

    def start(where, count, pause, *more):
        program = tmp_path / "search.py"
        program.write_text(SEARCH)
        arguments = [sys.executable, str(program), str(where), str(count), str(pause), *more]
        environment = {name: value for name, value in os.environ.items() if name != "AUTOVIZ_RENDERER"}
        processes.append(subprocess.Popen(arguments, env=environment, stdout=subprocess.PIPE))
        if not more:
            processes[-1].stdout.readline()
        return processes[-1]

    yield start
    for process in processes:
        process.kill()
        process.wait()
        process.stdout.close()


def test_frames_come_in_time_and_none_waits(notebook, search, tmp_path):
    """A thousand updates: the last hundred arrive as soon as the first, and memory is flat on both sides."""
    shown = notebook(WATCH.format(str(tmp_path / "run")))
    run = search(tmp_path / "run", 1100, 0.05)
    shown.do("notebook:run-all-cells")
    shown.page.wait_for_function(f"{SHOWN} > 20", timeout=60_000)
    shown.page.evaluate(LOG_FRAMES)
    shown.page.wait_for_function(f"{SHOWN} > 150", timeout=60_000)
    kernel, heap = int(shown.run(MEMORY)), shown.page.evaluate("performance.memory.usedJSHeapSize")
    assert run.wait(240) == 0
    shown.page.wait_for_function(f"{SHOWN} == 1099", timeout=60_000)
    frames = [seconds for _, seconds in shown.page.evaluate("frames_shown")]
    first, last = statistics.median(frames[:100]), statistics.median(frames[-100:])
    print(f"{len(frames)} frames; median {1e3 * first:.0f} ms, at the end {1e3 * last:.0f} ms")
    assert len(frames) > 300
    assert first < 0.15
    assert last < 0.15
    grown = int(shown.run(MEMORY)) - kernel, shown.page.evaluate("performance.memory.usedJSHeapSize") - heap
    print(f"kernel grew by {grown[0] / 2**20:.1f} MiB, the page by {grown[1] / 2**20:.1f} MiB")
    assert max(grown) < 32 << 20
    assert int(shown.page.evaluate("document.querySelector('.autoviz-slider').max")) < 400


def test_the_slider_works_while_the_kernel_runs_a_cell(notebook, search, tmp_path):
    """That is when people look at it; and new frames still come."""
    search(tmp_path / "run", 400, 0.1)
    shown = notebook(WATCH.format(str(tmp_path / "run")), "import time\ntime.sleep(20)")
    shown.do("notebook:run-all-cells")
    shown.page.wait_for_function("document.querySelector('.autoviz-slider')?.max > 3", timeout=60_000)
    slider = shown.page.locator(".autoviz-slider")
    slider.press("Home")
    earliest = int(shown.page.evaluate(SHOWN))
    count = int(slider.get_attribute("max"))
    shown.page.wait_for_function(f"document.querySelector('.autoviz-slider').max > {count}", timeout=30_000)
    assert int(shown.page.evaluate(SHOWN)) == earliest
    slider.press("ArrowRight")
    shown.page.wait_for_function(f"{SHOWN} > {earliest}", timeout=5_000)
    assert shown.page.evaluate("document.querySelector('.jp-Notebook-ExecutionIndicator').dataset.status") == "busy"
    shown.page.click(".autoviz-follow")
    newest = int(shown.page.evaluate(SHOWN))
    shown.page.wait_for_function(f"{SHOWN} > {newest}", timeout=30_000)


def test_the_saved_notebook_holds_the_last_picture(notebook, search, tmp_path, eventually):
    """On GitHub, nbviewer and in a reader's mail there is no kernel, and no widget."""
    run = search(tmp_path / "run", 10, 0.1)
    shown = notebook(WATCH.format(str(tmp_path / "run")))
    shown.do("notebook:run-all-cells")
    assert run.wait(60) == 0
    shown.page.wait_for_function(f"{SHOWN} == 9", timeout=60_000)
    shown.page.wait_for_function("document.querySelector('.autoviz-badge')?.textContent == 'finished'", timeout=30_000)

    def is_kept() -> bool:
        [output] = shown.saved()["cells"][0]["outputs"]
        assert set(output["data"]) >= {"application/vnd.jupyter.widget-view+json", "text/plain"}
        return "step 9" in "".join(output["data"]["text/plain"]) and len(output["data"].get("image/png", "")) > 1000

    eventually(is_kept, 30)


def test_a_run_that_nobody_draws_is_drawn(notebook, search, tmp_path):
    """By a process of the view's own, once the search had time to start one."""
    search(tmp_path / "run", 300, 0.1, "undrawn")
    shown = notebook(WATCH.format(str(tmp_path / "run")))
    shown.do("notebook:run-all-cells")
    shown.page.wait_for_function(f"{SHOWN} > 10", timeout=60_000)
    assert (tmp_path / "run" / "image" / "fit.png").exists()


def test_it_rests_when_its_output_is_removed(notebook, search, tmp_path, eventually):
    """Ten cells that were run again must not leave ten threads and ten processes."""
    search(tmp_path / "run", 300, 0.1)
    shown = notebook(WATCH.format(str(tmp_path / "run")))
    shown.do("notebook:run-all-cells")
    shown.page.wait_for_function(f"{SHOWN} > 1", timeout=60_000)
    assert shown.run("v._pusher is not None and v._pusher.is_alive") == "True"
    shown.do("notebook:clear-all-cell-outputs")
    eventually(lambda: shown.run("(v._pusher, v._own)") == "(None, None)", 40)


def test_what_strangers_wrote_is_text(notebook, tmp_path, publish):
    """A folder may be called like a piece of a page; it is not one."""
    root = tmp_path / "runs"
    name = "<img src=x onerror=window.harmed=1>"
    for place in (name, "b\u202egnp.exe", "c"):
        publish(3, into=root / place)
    shown = notebook(WATCH.format(str(root)))
    shown.do("notebook:run-all-cells")
    shown.page.wait_for_function(f"{SHOWN} == 2", timeout=60_000)
    shown.page.click(".autoviz-run")
    listed = shown.page.locator(".autoviz-runs li span:first-child").all_inner_texts()
    assert name in listed
    assert r"b\u202egnp.exe" in listed
    shown.page.locator(".autoviz-runs li", has_text=name).click()
    shown.page.wait_for_function(f"document.querySelector('.autoviz-run').textContent == {name!r}", timeout=30_000)
    assert shown.page.evaluate("window.harmed") is None


def test_nothing_is_asked_of_other_hosts(notebook, search, tmp_path):
    """Compute nodes have no way out, and a page must not tell others what one looks at."""
    search(tmp_path / "run", 50, 0.1)
    shown = notebook(WATCH.format(str(tmp_path / "run")))
    asked: list[str] = []
    shown.page.on("request", lambda request: asked.append(request.url))
    shown.do("notebook:run-all-cells")
    shown.page.wait_for_function(f"{SHOWN} > 5", timeout=60_000)
    assert not [url for url in asked if not url.startswith(("http://127.0.0.1:", "blob:", "data:"))]


def test_a_view_made_anew_keeps_what_was_chosen(notebook, search, tmp_path):
    """JupyterLab makes it anew when a picture is kept for the file: the slider stays where it was put."""
    search(tmp_path / "run", 400, 0.1)
    shown = notebook(WATCH.format(str(tmp_path / "run")))
    shown.do("notebook:run-all-cells")
    shown.page.wait_for_function("document.querySelector('.autoviz-slider')?.max > 5", timeout=60_000)
    shown.page.locator(".autoviz-slider").focus()
    shown.page.keyboard.press("Home")
    earliest = shown.page.evaluate(SHOWN)
    shown.page.evaluate("document.querySelector('.autoviz-watch').dataset.old = 1")
    shown.run("v._publish(update=True)")
    shown.page.wait_for_function("document.querySelector('.autoviz-watch') && !document.querySelector('[data-old]')")
    began = time.monotonic()
    shown.page.wait_for_function(f"{SHOWN} == {earliest}", timeout=10_000)
    assert time.monotonic() - began < 5
