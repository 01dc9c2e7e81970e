"""A search that is killed and started again ends in the same bits as one that was not."""

from __future__ import annotations

import json
import logging
import random
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import jax
import pytest
import toy_search
from toy_search import search

from autoviz_render import NSS
from autoviz_render.search.nss.checkpoint import Checkpoint, CheckpointError
from autoviz_render.search.nss.machine import computed_with
from autoviz_render.search.nss.resume import differences
from autoviz_render.spool.store import Spool

PROGRAM = (sys.executable, str(Path(toy_search.__file__)))
FEW, MORE = 5, 17
"""Steps after which runs are stopped. The same in many tests: for each other number of points much is compiled anew."""


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    """The run that was left alone."""
    run_dir = tmp_path_factory.mktemp("alone") / "run"
    return run_dir, search(run_dir).run()


@pytest.fixture(autouse=True)
def same_precision(monkeypatch):
    """Programs that are started compute as this process does, whatever the tests before have chosen for it."""
    monkeypatch.setenv("JAX_ENABLE_X64", str(bool(jax.config.values["jax_enable_x64"])))


def assert_same_bits(run_dir: Path, alone) -> None:
    """Live points, dead points, births, weights, evidence: all in `samples.csv`, to the last digit."""
    there, result = alone
    assert (run_dir / "samples.csv").read_bytes() == (there / "samples.csv").read_bytes()
    found = json.loads((run_dir / "result.json").read_text())
    for name in ("log_evidence", "log_evidence_error", "effective_sample_size", "evaluations", "iterations"):
        assert found[name] == getattr(result, name), name


def test_a_run_in_pieces_ends_as_one_in_one_piece(tmp_path, alone):
    """Stopped by a number of steps, and gone on with: bits, evaluations and wall time carry over."""
    seconds = 0.0
    for steps in (1, MORE):
        result = search(tmp_path, max_iterations=steps).run()
        assert result.iterations == steps
        assert result.wall_time > seconds
        seconds = result.wall_time
        assert (tmp_path / "checkpoint").exists()
    result = search(tmp_path).run()
    assert_same_bits(tmp_path, alone)
    assert result.wall_time > seconds
    assert result.quick_updates == sum(line.epoch == 2 for line in Spool(tmp_path).scalars())
    assert not (tmp_path / "checkpoint").exists(), "removed after success"


def test_killed_at_random_moments_it_ends_in_the_same_bits(tmp_path, alone):
    """SIGKILL: a node that fails, a job's time that is over, the out-of-memory killer."""
    often = json.dumps({"every": 100, "checkpoint_every": 2000})  # so that each kill leaves quick updates to do over
    rng = random.Random(8)  # noqa: S311  the same moments at every run
    reached = 0
    for _ in range(3):
        with subprocess.Popen([*PROGRAM, str(tmp_path), often], stdout=subprocess.PIPE, text=True) as child:
            for _ in range(rng.randint(2, 25)):
                reached = int(child.stdout.readline())
            child.kill()
    assert 10 < reached < alone[1].iterations
    subprocess.run([*PROGRAM, str(tmp_path), often], check=True, stdout=subprocess.PIPE)
    assert_same_bits(tmp_path, alone)
    spool = Spool(tmp_path)
    iterations = [line.iteration for line in spool.scalars()]
    assert iterations == sorted(set(iterations)), "no step is told twice"
    assert spool.info().epoch == 3
    assert len(spool.scalars(abandoned=True)) > len(iterations)


def test_a_second_process_in_one_run_directory_is_refused(tmp_path, alone):
    """A job that was submitted twice: the first goes on to the end undisturbed."""
    with subprocess.Popen([*PROGRAM, str(tmp_path)], stdout=subprocess.PIPE, text=True) as child:
        child.stdout.readline()
        child.send_signal(signal.SIGSTOP)
        with pytest.raises(CheckpointError, match="another process runs here"):
            search(tmp_path).run()
        child.send_signal(signal.SIGCONT)
        child.communicate(timeout=60)
    assert child.returncode == 0
    assert_same_bits(tmp_path, alone)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_it_where_it_can_be_resumed(tmp_path, alone, number):
    """A batch system's warning, and Ctrl-C: a last checkpoint, and an exit code that says "start me again"."""
    command = [*PROGRAM, str(tmp_path), '{"checkpoint_every": null}']
    told = tmp_path.with_suffix(".log")  # no pipe: older versions of XLA tell so much that one is full
    with told.open("w") as errors, subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True) as child:
        for _ in range(20):
            child.stdout.readline()
        child.send_signal(number)
        child.communicate(timeout=60)
    said = told.read_text()
    assert child.returncode == 75
    assert f"stopped by {number.name} after" in said
    assert "goes on from here" in said
    resumed = subprocess.run([*PROGRAM, str(tmp_path)], check=True, stdout=subprocess.PIPE, text=True)
    assert int(resumed.stdout.split()[0]) > 20, "the last checkpoint was the one written at the signal"
    assert_same_bits(tmp_path, alone)


class OtherData(toy_search.Gaussian):
    def fit_from(self, parameters):
        fit = super().fit_from(parameters)
        return fit | {"log_likelihood": fit["log_likelihood"] - 0.01 * parameters[0]}


class OtherPrior(toy_search.Gaussian):
    def prior_transform(self, unit):
        return 1.01 * super().prior_transform(unit)


class OtherDensity(toy_search.Gaussian):
    def log_prior(self, parameters):
        return super().log_prior(parameters) + 0.1


class OtherNames(toy_search.Gaussian):
    parameter_names = ("x", "z")


@pytest.mark.parametrize(
    ("analysis", "changes", "message"),
    [
        (toy_search.Gaussian, {"seed": 5}, "seed was 4, now 5"),
        (toy_search.Gaussian, {"num_live": 70}, "num_live was 60, now 70"),
        (
            toy_search.Gaussian,
            {"num_delete": 3, "num_inner_steps": 7},
            "num_delete was 6, now 3; num_inner_steps was 5, now 7",
        ),
        (toy_search.Gaussian, {"remaining_evidence": 0.5}, "remaining_evidence was 0.05, now 0.5"),
        (OtherData, {}, "the log likelihood of a live point was"),
        (OtherPrior, {}, "prior was"),
        (OtherDensity, {}, "the log prior of a live point was"),
        (OtherNames, {}, r"parameter_names was \['x', 'y'\], now \['x', 'z'\]"),
    ],
)
def test_a_checkpoint_of_another_run_is_refused(tmp_path, interrupted, analysis, changes, message):
    """Half of one experiment and half of another would look like a result."""
    with pytest.raises(CheckpointError, match=f"(?s)belongs to another run: {message}.*resume=False"):
        NSS(analysis(), interrupted, **(toy_search.SETTINGS | changes)).run()
    assert (interrupted / "checkpoint" / "head-0.h5").exists()


@pytest.fixture(scope="module")
def interrupted(tmp_path_factory):
    run_dir = tmp_path_factory.mktemp("interrupted")
    search(run_dir, max_iterations=FEW).run()
    return run_dir


def written_with(run_dir: Path, **others: str) -> None:
    """Have the checkpoint say that it was written with others; without any, say nothing, as in earlier releases."""
    checkpoint = Checkpoint(run_dir)
    saved = checkpoint.load()
    identity = dict(saved.identity)
    with_what = identity.pop("computed_with")
    if others:
        identity["computed_with"] = with_what | others
    checkpoint.save(replace(saved, identity=identity))
    checkpoint.close()


@pytest.mark.parametrize("what", ["jax", "jaxlib", "blackjax", "processor"])
def test_a_run_that_goes_on_with_another_version_says_so_once(tmp_path, alone, caplog, what):
    """Equal bits are promised for one JAX on one processor: others go on, and a person knows why the bits differ."""
    search(tmp_path, max_iterations=FEW).run()
    written_with(tmp_path, **{what: "0.0.1"})
    search(tmp_path, max_iterations=MORE).run()
    (record,) = [record for record in caplog.records if record.levelno == logging.WARNING]
    assert f"{what} was 0.0.1, now {computed_with()[what]}" in record.getMessage()
    assert "goes on" in record.getMessage()
    caplog.clear()
    search(tmp_path).run()
    assert not [record for record in caplog.records if record.levelno == logging.WARNING], "it is this version's now"
    assert_same_bits(tmp_path, alone)


def test_a_checkpoint_that_names_no_versions_is_gone_on_with(tmp_path, alone, caplog):
    """Those of earlier releases."""
    search(tmp_path, max_iterations=FEW).run()
    written_with(tmp_path)
    search(tmp_path).run()
    assert not [record for record in caplog.records if record.levelno == logging.WARNING]
    assert_same_bits(tmp_path, alone)


def test_a_state_that_another_blackjax_made_otherwise_is_refused_in_words(tmp_path):
    """What it is made of may change with a version: then there is no going on, and JAX's traceback helps nobody."""
    search(tmp_path, max_iterations=FEW).run()
    written_with(tmp_path, blackjax="0.0.1")
    checkpoint = Checkpoint(tmp_path)
    saved = checkpoint.load()
    checkpoint.save(replace(saved, leaves=saved.leaves[:-1]))
    checkpoint.close()
    with pytest.raises(CheckpointError, match=r"another version of blackjax.*blackjax was 0\.0\.1, now"):
        search(tmp_path).run()


def test_other_chunks_and_more_steps_may_be_gone_on_with(tmp_path, alone):
    """What changes no bit of the result may change at a restart."""
    search(tmp_path, max_iterations=FEW).run()
    search(tmp_path, chunk_size=4, every=100, checkpoint_every=None).run()
    assert_same_bits(tmp_path, alone)


def test_it_starts_afresh_where_that_is_asked_for(tmp_path, alone):
    """Also from the checkpoint of another run, which it removes."""
    search(tmp_path, max_iterations=FEW, seed=9).run()
    search(tmp_path, resume=False).run()
    assert_same_bits(tmp_path, alone)


def test_a_finished_run_is_not_gone_on_with(tmp_path, alone):
    """There is nothing left to go on from: the same search runs again, to the same bits."""
    search(tmp_path).run()
    again = search(tmp_path).run()
    assert_same_bits(tmp_path, alone)
    assert again.iterations == alone[1].iterations
    assert Spool(tmp_path).info().epoch == 1


def test_a_damaged_checkpoint_costs_the_steps_since_the_one_before(tmp_path, alone, caplog):
    """The disk was full, or the file system lost a block."""
    for steps in (FEW, MORE):
        search(tmp_path, max_iterations=steps, checkpoint_every=None, checkpoint_seconds=None).run()
    newest = max((tmp_path / "checkpoint").glob("head-*"), key=lambda path: path.stat().st_mtime_ns)
    newest.write_bytes(newest.read_bytes()[:-10])
    search(tmp_path).run()
    assert "going on from the checkpoint before" in caplog.text
    assert_same_bits(tmp_path, alone)


def test_differences_are_named():
    """The person must see at once which of the settings it is."""
    assert differences({"seed": 1, "num_live": 64}, {"seed": 2, "num_live": 64, "new": 3}) == [
        "seed was 1, now 2",
        "new was None, now 3",
    ]
