"""The example fit, killed again and again: minutes, so `pytest --torture -o faulthandler_timeout=0` runs it."""

from __future__ import annotations

import json
import random
import subprocess
from pathlib import Path

import pytest
from example_fit import fit

from autoviz_render.spool.store import Spool

KILLS = 20


def command(output: Path) -> tuple[str, ...]:
    return fit(output, "--checkpoint-seconds", "0.5")


@pytest.mark.torture
def test_the_lens_killed_twenty_times_ends_in_the_same_bits(tmp_path):
    """SIGKILL at random moments: while it compiles, samples, publishes, or writes a checkpoint."""
    alone, killed = tmp_path / "alone", tmp_path / "killed"
    subprocess.run(command(alone), check=True, capture_output=True)
    rng = random.Random(4)  # noqa: S311  the same moments, as far as the machine is the same
    for _ in range(KILLS):
        with subprocess.Popen(command(killed), stdout=subprocess.PIPE, stderr=subprocess.PIPE) as child:
            try:
                child.wait(rng.uniform(1.0, 12.0))
            except subprocess.TimeoutExpired:
                child.kill()
            else:
                pytest.fail("it ended before it could be killed so often")
        for ref in Spool(killed).snapshots(abandoned=True):
            Spool(killed).read(ref)
    subprocess.run(command(killed), check=True, capture_output=True)
    assert (killed / "samples.csv").read_bytes() == (alone / "samples.csv").read_bytes()
    one, other = (json.loads((path / "result.json").read_text()) for path in (alone, killed))
    for name in ("log_evidence", "evaluations", "iterations", "parameters"):
        assert one[name] == other[name], name
    iterations = [line.iteration for line in Spool(killed).scalars()]
    assert iterations == sorted(set(iterations))
