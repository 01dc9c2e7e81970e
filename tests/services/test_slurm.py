"""The job scripts of `examples/slurm`, on a real SLURM: an array of shards, an `srun` of shards, a fit, Dask."""

from __future__ import annotations

import os
import re
import sys
from collections import Counter
from pathlib import Path

import pytest
import slurm

from autoviz_render import render

SCRIPTS = Path(__file__).parents[2] / "examples" / "slurm"

pytestmark = pytest.mark.skipif(bool(slurm.why_not()), reason=slurm.why_not() or "there is a SLURM")

FIT = """\
import sys
import numpy as np
from autoviz_render import QuickUpdate
with QuickUpdate(sys.argv[1], arrays=lambda p: {"model": np.full((8, 8), float(p[0]))}, every=1) as update:
    for n in range(5):
        update([n], -1.0 / (n + 1))
"""


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    """The environment of a SLURM of our own, whose jobs find this Python and this package."""
    with slurm.slurm(tmp_path_factory.mktemp("slurm")) as environment:
        folder = tmp_path_factory.mktemp("bin")
        (folder / "autoviz-render").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m autoviz_render.cli "$@"\n')
        (folder / "autoviz-render").chmod(0o755)
        path = os.pathsep.join([str(folder), str(Path(sys.executable).parent), environment["PATH"]])
        yield environment | {"PATH": path}


@pytest.fixture
def runs(tmp_path, publish):
    """A tree of three runs."""
    for name in ("a", "b", "c"):
        publish(20, into=tmp_path / "runs" / name)
    return tmp_path / "runs"


def drawn(told: str) -> Counter:
    return Counter(re.findall(r"^/.*\.png$", told, re.MULTILINE))


def everything(runs: Path) -> Counter:
    found = list(render(runs, which="all"))
    assert {result.status for result in found} == {"cached"}
    return Counter(str(path) for result in found for path in result.files)


@pytest.mark.parametrize(
    ("script", "options"),
    [
        ("shards_array.sh", ()),
        ("shards_array.sh", ("--array=3-9:2",)),
        ("shards_srun.sh", ()),
        ("dask.sh", ()),
    ],
)
def test_a_job_script_draws_everything_once(cluster, runs, tmp_path, script, options):
    """And the next call draws nothing."""
    told = slurm.batch(SCRIPTS / script, cluster | {"RUNS": str(runs)}, *options, output=tmp_path)
    assert drawn(told) == everything(runs)
    assert "Traceback" not in told


def test_a_batch_script_alone_is_no_part(cluster, runs, tmp_path):
    """It bears the number of its first task: to draw that part alone would leave out the others."""
    script = tmp_path / "alone.sh"
    script.write_text('#!/bin/bash\n#SBATCH --ntasks=2\nautoviz-render --all --shard auto "$RUNS"; echo "code $?"\n')
    told = slurm.batch(script, cluster | {"RUNS": str(runs)}, output=tmp_path)
    assert "code 2" in told
    assert not list(runs.rglob("*.png"))


def test_a_fit_draws_its_figure_in_its_job(cluster, tmp_path):
    """With its caches on the node's own disk."""
    (tmp_path / "fit.py").write_text(FIT)
    environment = cluster | {"RUNS": str(tmp_path), "FIT": str(tmp_path / "fit.py"), "TMPDIR": str(tmp_path)}
    told = slurm.batch(SCRIPTS / "fit_live.sh", environment, output=tmp_path)
    assert "Traceback" not in told
    (figure,) = tmp_path.glob("fit-*/image/fit.png")
    assert figure.stat().st_size > 1000
