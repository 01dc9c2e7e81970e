"""A figure of another package: installed by pip, found by its name, drawn by the command."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

PROJECT = """
[build-system]
requires = ["setuptools"]
build-backend = "setuptools.build_meta"

[project]
name = "spectra-figure"
version = "1.0"

[project.entry-points."autoviz_render.figures"]
spectrum = "spectra_figure:spectrum"

[tool.setuptools]
py-modules = ["spectra_figure"]
"""
MODULE = """
from autoviz_render import LinesPanel, Series


def spectrum(snapshot):
    flux = snapshot.arrays["line"]
    return [LinesPanel("Spectrum", [Series(range(flux.size), flux)], y_label="flux (Jy)")]
"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """A folder with a real plug-in package installed in it."""
    project, site = tmp_path_factory.mktemp("project"), tmp_path_factory.mktemp("site")
    (project / "pyproject.toml").write_text(PROJECT)
    (project / "spectra_figure.py").write_text(MODULE)
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation"]
    subprocess.run([*pip, "--target", str(site), str(project)], check=True)
    return site


@pytest.mark.parametrize("how", ["named by the run", "asked for"])
def test_an_installed_package_adds_a_figure(run_dir, publish, installed, how):
    """Nothing but `pip install` is needed, in the process that draws too."""
    publish(2, figure="spectrum" if how == "named by the run" else "auto")
    arguments = [str(run_dir)] if how == "named by the run" else ["--all", "--figure", "spectrum", str(run_dir)]
    done = subprocess.run(
        [sys.executable, "-m", "autoviz_render.cli", *arguments],
        env=os.environ | {"PYTHONPATH": str(installed)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.count(".png") == (1 if how == "named by the run" else 2)


def test_without_the_package_the_figure_is_named_as_missing(run_dir, publish):
    """The run may be drawn where the plug-in is not installed."""
    publish(1, figure="spectrum")
    command = [sys.executable, "-m", "autoviz_render.cli", str(run_dir)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "no figure is named 'spectrum'; there are: auto" in done.stderr
