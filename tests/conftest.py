"""What several test folders use."""

from __future__ import annotations

import os
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import settings

from autoviz_render.spool.info import State
from autoviz_render.spool.publisher import Publisher

# What one test compiles, the others need not. Set before JAX is imported, which reads it once, and for child processes.
if "PYTEST_XDIST_WORKER" not in os.environ:  # the workers have it from the process that started them
    _COMPILED = tempfile.TemporaryDirectory(prefix="autoviz-test-cache-")
    os.environ["JAX_COMPILATION_CACHE_DIR"] = _COMPILED.name
    os.environ["JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS"] = "0"

# Tests that run beside each other share no renderer: some kill theirs.
os.environ["AUTOVIZ_TESTS"] = str(os.getpid())

# The same examples at every run: CI is no place for luck. `pytest --hypothesis-profile=search` looks for new ones.
settings.register_profile("same", derandomize=True, deadline=None)
settings.register_profile("search", deadline=None, max_examples=5000)
settings.load_profile("same")

pytest_plugins = ["busy", "lens_snapshots"]
pytest.register_assert_rewrite("hook_contract")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--torture", action="store_true", help="run the tests that take minutes, too")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    # Those of the README and of the pages take long: with `--dist loadfile` the last file kept one worker busy while
    # the other was idle. What lies directly in `tests` starts first, so that the small files of the spool come last.
    items.sort(key=lambda item: item.path.parent != Path(__file__).parent)
    if not config.getoption("--torture"):
        for item in items:
            if "torture" in item.keywords:
                item.add_marker(pytest.mark.skip(reason="takes minutes: run it with --torture"))


@pytest.fixture
def eventually() -> Callable[..., None]:
    """Wait for a condition with a deadline, as nothing here waits by the clock alone."""

    pause = threading.Event()  # never set: it only yields the processor between two looks

    def wait(condition: Callable[[], object], seconds: float = 30.0, what: str = "") -> None:
        deadline = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < deadline, f"not within {seconds} s: {what or condition}"
            pause.wait(0.01)

    return wait


@pytest.fixture
def run_dir(tmp_path: Path) -> Path:
    return tmp_path / "output" / "search"


@pytest.fixture
def publish(run_dir: Path) -> Callable[..., None]:
    """Publish some snapshots of a small image, each written before the next, and say how the run ended.

    first: the first quick update; its iteration is ten times that.
    """

    def publish(
        count: int = 3,
        *,
        figure: str = "auto",
        state: State = "finished",
        into: Path = run_dir,
        first: int = 0,
        **settings: Any,
    ) -> None:
        publisher = Publisher(into, figure=figure, static={"data": np.eye(4)}, **settings)
        for number in range(first, first + count):
            publisher.publish(
                {"image": float(number) + np.eye(4), "line": np.arange(5.0) * number},
                iteration=10 * number,
                log_likelihood=-float(abs(number - 1)),
                parameters={"radius": 1.5 + number},
                scalars={"log_evidence": -3.0},
            )
            assert publisher.flush(30)
        publisher.close(state)

    return publish
