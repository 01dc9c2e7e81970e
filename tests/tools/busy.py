"""A machine whose processors are wanted all the time; a plugin of pytest."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator

import pytest

_BUSY = "import os\nparent = os.getppid()\nwhile os.getppid() == parent:\n    pass"


@pytest.fixture(scope="module")
def busy_machine() -> Iterator[None]:
    """Ten processes a core that never wait."""
    loops = [subprocess.Popen([sys.executable, "-c", _BUSY]) for _ in range(10 * (os.cpu_count() or 1))]
    yield
    for loop in loops:
        loop.kill()
        loop.wait()
