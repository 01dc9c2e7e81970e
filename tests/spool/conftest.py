"""What several tests of the spool use."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator

import pytest


@pytest.fixture
def slow_disk(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """A disk whose writes wait until they are let go."""
    gate = threading.Event()
    write = os.writev

    def wait_and_write(*arguments):
        assert gate.wait(30)
        return write(*arguments)

    monkeypatch.setattr("os.writev", wait_and_write)
    yield gate
    gate.set()
