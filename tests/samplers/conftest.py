"""Samplers that compile, without what they would leave in a home, and no renderer where no test asks for one."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest
import setuptools  # noqa: F401  first: PyTensor imports it, and it refuses a distutils that another has imported

# PyTensor reads it once, when it is imported. What it compiles for one test it has for the next.
_COMPILED = tempfile.TemporaryDirectory(prefix="autoviz-test-pytensor-")
os.environ["PYTENSOR_FLAGS"] = f"base_compiledir={_COMPILED.name}"
os.environ["NUMBA_CACHE_DIR"] = _COMPILED.name
os.environ["JAX_COMPILATION_CACHE_DIR"] = _COMPILED.name
os.environ["JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS"] = "0"
os.environ["AUTOVIZ_TESTS"] = str(os.getpid())

pytest.register_assert_rewrite("hook_contract")


@pytest.fixture
def run_dir(tmp_path: Path) -> Path:
    return tmp_path / "output" / "search"
