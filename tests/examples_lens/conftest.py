"""The lens example as its own program sees it: its folder on the path, JAX in double precision."""

from __future__ import annotations

import sys
from pathlib import Path

import jax
import numpy as np
import pytest

EXAMPLE = Path(__file__).parents[2] / "examples" / "lens"
sys.path.insert(0, str(EXAMPLE))
jax.config.update("jax_enable_x64", True)  # process-wide and before any array, as in the example's own fit.py


@pytest.fixture(scope="session")
def small():
    """The small simulated lens."""
    from simulator import simulation

    return simulation("small")


@pytest.fixture(scope="session")
def truth(small):
    """The simulated parameters: array[parameter]."""
    return np.array(small.lens)


@pytest.fixture(scope="session")
def analysis(small):
    """The small simulated data, ready to be fitted."""
    return small.analysis()


@pytest.fixture(params=[False, True], ids=["numpy", "jax"])
def use_jax(request):
    """Both array modules."""
    return request.param
