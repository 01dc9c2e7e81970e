"""A real Chromium, headless, without a network of its own to go to."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed: pip install playwright")

PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """The browser, once for all tests."""
    program = next(filter(None, map(shutil.which, PROGRAMS)), None)
    if program is None:
        pytest.skip("chromium is not installed")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield browser
        browser.close()


class Watched:
    """What a page says on its console, and whom it asks.

    Attributes:
        errors: Errors and warnings of the console, and exceptions that nobody caught.
        requests: Addresses asked for, without those that are data.
        allowed: Beginnings of addresses that may be asked for.
    """

    def __init__(self, context: Any) -> None:
        self.errors: list[str] = []
        self.requests: list[str] = []
        self.allowed: list[str] = []
        context.on("page", self._watch)
        context.on("request", lambda request: self.requests.append(request.url))

    def _watch(self, page: Any) -> None:
        page.on("console", lambda said: said.type in ("error", "warning") and self.errors.append(said.text))
        page.on("pageerror", lambda error: self.errors.append(str(error)))

    def foreign(self) -> list[str]:
        """Requests to others than those that are allowed."""
        allowed = ("data:", "blob:", *self.allowed)
        return [url for url in self.requests if not url.startswith(allowed)]


@pytest.fixture
def watched_context(chromium: Any) -> Iterator[Callable[..., tuple[Any, Watched]]]:
    """A browser of its own (cookies, storage), and what its pages say; closed, and judged, after the test."""
    made: list[tuple[Any, Watched]] = []

    def make(**options: Any) -> tuple[Any, Watched]:
        context = chromium.new_context(**{"viewport": {"width": 1440, "height": 900}} | options)
        context.set_default_timeout(20_000)
        made.append((context, Watched(context)))
        return made[-1]

    yield make
    for context, watched in made:
        context.close()
        assert not watched.errors
        assert not watched.foreign()


@pytest.fixture
def open_page(watched_context: Callable[..., tuple[Any, Watched]]) -> Callable[..., Any]:
    """Open an address in a browser of its own. Errors on the console and requests to other hosts fail the test."""

    def open_page(url: str, **options: Any) -> Any:
        context, watched = watched_context(**options)
        watched.allowed.append("file://" if url.startswith("file:") else "/".join(url.split("/")[:3]) + "/")
        page = context.new_page()
        page.goto(url)
        return page

    return open_page
