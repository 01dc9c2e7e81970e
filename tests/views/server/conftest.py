"""What the tests of the server share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from served import Served, details

from autoviz_render.views.model.feed import Feed
from autoviz_render.views.server.known_runs import id_of
from autoviz_render.views.server.server import Server


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[..., Served]]:
    """Start servers, each over a feed of its own."""
    made: list[Served] = []

    def start(address: str = "0", **more: Any) -> Served:
        path = tmp_path / "runs"
        path.mkdir(exist_ok=True)
        feed = Feed(path, details(lambda: feed))
        served = Served(path, feed, Server(feed, address, **more))
        served.server.start()
        made.append(served)
        return served

    yield start
    for each in made:
        each.server.close()
        each.feed.close()


@pytest.fixture
def served(serve: Callable[..., Served]) -> Served:
    """A server over one run."""
    made = serve()
    made.add("lens")
    return made


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server over one run, for all tests of a module that change nothing."""
    path = tmp_path_factory.mktemp("runs")
    feed = Feed(path, details(lambda: feed))
    made = Served(path, feed, Server(feed, "0"))
    made.server.start()
    made.add("lens")
    yield made
    made.server.close()
    feed.close()


@pytest.fixture
def lens() -> str:
    """The id of the run."""
    return id_of("lens")
