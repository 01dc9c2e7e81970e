"""What a renderer takes of the machine: never so much that the sampler pays for it."""

from __future__ import annotations

import subprocess
import sys

import pytest

EATING = """
import sys
from pathlib import Path
from autoviz_render.renderer.work import resources
resources._LEAST_MEMORY = 1 << 30
resources.os.sysconf = {"SC_PAGE_SIZE": 4096, "SC_PHYS_PAGES": 1 << 19}.__getitem__
resources.bound_memory()
eaten = []
try:
    while True:
        eaten.append(bytearray(1 << 26))
except MemoryError:
    print(len(eaten), Path("/proc/self/oom_score_adj").read_text())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="macOS does not hold processes to the limit")
def test_a_plot_that_eats_memory_gets_an_error_and_goes_before_the_sampler():
    """The kernel must not choose the search of three days when a figure has asked for too much."""
    done = subprocess.run([sys.executable, "-P", "-c", EATING], check=True, capture_output=True, text=True)
    pieces, badness = done.stdout.split()
    assert 4 < int(pieces) < 16
    assert badness == "1000"


LOWER = """
import resource
from autoviz_render.renderer.work.resources import bound_memory
resource.setrlimit(resource.RLIMIT_AS, (3 << 30, resource.getrlimit(resource.RLIMIT_AS)[1]))
bound_memory()
print(resource.getrlimit(resource.RLIMIT_AS)[0])
"""


@pytest.mark.skipif(sys.platform != "linux", reason="macOS does not hold processes to the limit")
def test_a_lower_limit_of_the_users_stays():
    """Whoever set it, with `ulimit` or in a batch script, knows the machine better than we do."""
    done = subprocess.run([sys.executable, "-P", "-c", LOWER], check=True, capture_output=True, text=True)
    assert int(done.stdout) == 3 << 30
