"""Quick updates that draw nothing, and are closed after a test."""

from __future__ import annotations

import numpy as np
import pytest

from autoviz_render import QuickUpdate


@pytest.fixture
def make(run_dir):
    """Makes one for the test's run directory, of this class or another."""
    made = []

    def make(kind=QuickUpdate, **settings) -> QuickUpdate:
        settings = {"arrays": lambda p: {"model": np.full(3, p[0])}, "renderer": None, "every": 1} | settings
        made.append(kind(run_dir, **settings))
        return made[-1]

    yield make
    for update in made:
        update.close()
