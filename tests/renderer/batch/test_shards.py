"""Which part of the figures a process draws: together everything, nothing twice, evenly."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoviz_render import Shard, render
from autoviz_render.renderer.batch.shards import run_key
from autoviz_render.renderer.settings import SettingsError

ARRAY = {"SLURM_JOB_ID": "8", "SLURM_PROCID": "0", "SLURM_NTASKS": "1", "SLURM_ARRAY_TASK_ID": "7"}


def owners(count: int, run: str, sequences: range) -> list[int]:
    return [k for n in sequences for k in range(1, count + 1) if Shard(k, count).has_snapshot(run, n)]


@given(st.integers(1, 50), st.text(max_size=30), st.integers(0, 10**12))
def test_each_snapshot_is_in_one_part(count, run, sequence):
    """Two processes must not write one file, and none may be forgotten."""
    assert len(owners(count, run, range(sequence, sequence + 1))) == 1
    assert sum(Shard(k, count).has_run(run) for k in range(1, count + 1)) == 1


@pytest.mark.parametrize("count", [2, 3, 4, 10])
@pytest.mark.parametrize("step", [1, 8, 16, 50, 1000])
def test_one_run_is_shared_evenly(count, step):
    """Also one of which retention keeps every n-th snapshot."""
    shares = Counter(owners(count, "output/a/spool", range(0, 1000 * step, step)))
    assert len(shares) == count
    assert max(shares.values()) < 1.3 * 1000 / count


@pytest.mark.parametrize("count", [2, 4, 10])
def test_many_runs_of_one_snapshot_are_shared_evenly(count):
    """Each is in the part of its name."""
    shares = Counter(k for n in range(10_000) for k in owners(count, f"output/lens-{n:05}/spool", range(1)))
    assert max(shares.values()) < 1.15 * 10_000 / count


def test_a_run_is_called_the_same_wherever_it_is_mounted(tmp_path):
    """Another host may have the disk elsewhere."""
    for top in ("scratch", "mnt"):
        named = [tmp_path / top / "output"]
        assert run_key(tmp_path / top / "output" / "a" / "spool", named) == "output/a/spool"
    assert run_key(Path("output/a/spool"), [Path("output/a")]) == "a/spool"


@pytest.mark.parametrize(
    ("environment", "told"),
    [
        (ARRAY | {"SLURM_ARRAY_TASK_MIN": "0", "SLURM_ARRAY_TASK_MAX": "9", "SLURM_ARRAY_TASK_COUNT": "10"}, "8/10"),
        (ARRAY | {"SLURM_ARRAY_TASK_MIN": "3", "SLURM_ARRAY_TASK_MAX": "9", "SLURM_ARRAY_TASK_STEP": "2"}, "3/4"),
        ({"SLURM_PROCID": "1", "SLURM_NTASKS": "4"}, "2/4"),
        ({"SLURM_JOB_ID": "8", "SLURM_STEP_ID": "0", "SLURM_PROCID": "1", "SLURM_NTASKS": "4"}, "2/4"),
        ({"SLURM_JOB_ID": "8", "SLURM_STEP_ID": "0", "SLURM_PROCID": "1", "SLURM_STEP_NUM_TASKS": "2"}, "2/2"),
        (
            ARRAY
            | {"SLURM_STEP_ID": "0", "SLURM_PROCID": "1", "SLURM_NTASKS": "2"}
            | {"SLURM_ARRAY_TASK_MIN": "6", "SLURM_ARRAY_TASK_MAX": "8"},
            "4/6",
        ),
        ({"OMPI_COMM_WORLD_RANK": "0", "OMPI_COMM_WORLD_SIZE": "3"}, "1/3"),
        ({"OMPI_COMM_WORLD_RANK": "2", "OMPI_COMM_WORLD_SIZE": "3", "SLURM_PROCID": "0", "SLURM_NTASKS": "1"}, "3/3"),
        ({"PMI_RANK": "1", "PMI_SIZE": "3"}, "2/3"),
        ({"PMI_RANK": "1", "SLURM_PROCID": "1", "SLURM_NTASKS": "5"}, "2/5"),
    ],
)
def test_batch_systems_say_which_part_this_is(environment, told):
    """Counted from whatever they count from."""
    assert str(Shard.parse("auto", environment)) == told


@pytest.mark.parametrize(
    "environment",
    [
        {},
        {"SLURM_JOB_ID": "8", "SLURM_PROCID": "0", "SLURM_NTASKS": "4"},  # the batch script itself
        {"SLURM_PROCID": "one", "SLURM_NTASKS": "4"},
        {"SLURM_PROCID": "4", "SLURM_NTASKS": "4"},
        ARRAY | {"SLURM_ARRAY_TASK_MIN": "1", "SLURM_ARRAY_TASK_MAX": "9", "SLURM_ARRAY_TASK_COUNT": "3"},
        ARRAY,
    ],
)
def test_what_says_nothing_or_nonsense_is_refused(environment):
    """To draw a part that there is not would leave figures out, and nobody would know."""
    with pytest.raises(SettingsError, match="K/N"):
        Shard.parse("auto", environment)


@pytest.mark.parametrize("shard", [(0, 4), (5, 4), (1,), (1.5, 2), "1/2", (1, 2, 3)])
def test_a_part_that_there_is_not_is_refused_at_once(run_dir, publish, shard):
    """From Python as from the command."""
    publish(1)
    with pytest.raises(SettingsError, match="^shard"):
        render(run_dir, shard=shard)


@pytest.mark.parametrize("which", ["all", "newest"])
def test_together_they_draw_everything_once_and_the_next_draws_nothing(tmp_path, publish, which):
    """Each keeps its own render cache; whoever comes later reads all of them."""
    for name in ("a", "b", "c"):
        publish(10, into=tmp_path / name)
    publish(0, into=tmp_path / "empty")
    results = [result for k in (1, 2, 3) for result in render(tmp_path, which=which, shard=(k, 3))]
    files = [path for result in results for path in result.files]
    assert Counter(result.status for result in results) == {"drawn": 30 if which == "all" else 3, "missing": 1}
    assert len(set(files)) == len(files)
    assert all(path.is_file() for path in files)
    if which == "all":
        again = [result.status for result in render([tmp_path / name for name in "abc"], which="all")]
        assert again == ["cached"] * 30
