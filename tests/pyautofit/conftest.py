"""PyAutoFit without what takes long and is no matter of ours, and no renderer where a test does not ask for one."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import autofit  # noqa: F401 - it brings the settings along that are changed here
import pytest
from autonerves import conf

pytest_plugins = ["busy"]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--torture", action="store_true", help="run the tests that take minutes, too")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not config.getoption("--torture"):
        for item in items:
            if "torture" in item.keywords:
                item.add_marker(pytest.mark.skip(reason="takes minutes: run it with --torture"))


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    monkeypatch.setenv("PYAUTO_SKIP_VISUALIZATION", "1")
    monkeypatch.setenv("PYAUTO_SKIP_LATENTS", "1")
    monkeypatch.setenv("AUTOVIZ_RENDERER", "none")
    monkeypatch.setitem(conf.instance["general"]["output"], "remove_files", False)
    before = conf.instance.output_path
    conf.instance.output_path = tmp_path
    yield
    conf.instance.output_path = before


@pytest.fixture
def eventually() -> Callable[[Callable[[], object]], None]:
    """Wait for a condition, for a minute at most."""
    pause = threading.Event()  # never set: it only yields the processor between two looks

    def wait(condition: Callable[[], object]) -> None:
        deadline = time.monotonic() + 60.0
        while not condition():
            assert time.monotonic() < deadline, condition
            pause.wait(0.02)

    return wait
