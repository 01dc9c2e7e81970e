"""A real run and a real renderer, and the page that it writes, looked at from `file://`."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from playwright.sync_api import expect

from autoviz_render.spool.publisher import Publisher

WATCH = """
import sys
from autoviz_render.views.page import run_pages
run_pages._SIGN_EVERY = 0.5  # seconds: else the test waits for most of a minute
from autoviz_render.cli import main
sys.exit(main(["--watch", sys.argv[1]]))
"""


@pytest.fixture
def watch(tmp_path):
    """Starts a renderer over all runs; kills those that are left."""
    started = []

    def start() -> subprocess.Popen[bytes]:
        command = [sys.executable, "-P", "-c", WATCH, str(tmp_path)]
        started.append(subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.wait()


def test_the_page_of_a_real_run_shows_each_figure_and_the_renderers_death_and_return(
    tmp_path, watch, open_page, eventually
):
    """From the first snapshot to the last, whatever becomes of who draws it."""
    run_dir = tmp_path / "lens"
    publisher = Publisher(run_dir, figure="auto", static={"data": np.eye(20)})

    def publish(number: int) -> None:
        publisher.publish({"image": np.eye(20) * number}, iteration=100 * number, log_likelihood=-1.0 / (number + 1))
        assert publisher.flush(30)

    publish(0)
    renderer = watch()
    page_file = run_dir / "image" / "index.html"
    eventually(page_file.exists, 60)
    page = open_page(page_file.as_uri())
    where, standing = page.locator(".where"), page.locator(".standing")
    expect(where).to_contain_text("quick update 0", timeout=30_000)
    publish(1)
    expect(where).to_contain_text("quick update 1", timeout=30_000)
    expect(where).to_contain_text("100")
    renderer.kill()
    renderer.wait()
    expect(standing).to_contain_text("nothing new since", timeout=30_000)
    expect(page).to_have_title("nothing new · lens")
    publish(2)
    watch()
    expect(where).to_contain_text("quick update 2", timeout=60_000)
    expect(standing).to_have_text("live", timeout=30_000)
    publisher.close("finished")
    expect(page).to_have_title("finished · lens", timeout=30_000)
    page.keyboard.press("ArrowLeft")
    expect(where).to_contain_text("quick update 1")
