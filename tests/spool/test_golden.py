"""Spools of every released version stay readable: here are small ones, and what they must read as."""

from __future__ import annotations

import shutil
from pathlib import Path

import golden
import numpy as np
import pytest

from autoviz_render.spool.paths import find_spools
from autoviz_render.spool.publisher import Publisher
from autoviz_render.spool.store import Spool

GOLDEN = Path(__file__).parent / "golden"


@pytest.fixture
def version_1(tmp_path) -> Path:
    """A copy: readers may set files aside."""
    return Path(shutil.copytree(GOLDEN / "v1", tmp_path / "v1"))


def check_arrays(found, expected) -> None:
    assert set(found) == set(expected)
    for name, value in {name: np.asarray(value) for name, value in expected.items()}.items():
        assert (found[name].dtype, found[name].shape) == (value.dtype, value.shape), name
        np.testing.assert_array_equal(found[name], value, err_msg=name)


def test_version_1_reads_as_it_was_written(version_1):
    """Every array, number and name, of two starts and of a chain beside them."""
    spool = Spool(version_1)
    assert (spool.info().run, spool.info().state, spool.info().figures) == ("v1", "finished", ("imaging", "auto"))
    assert spool.info().producer.host == "node.example"
    assert [(epoch.number, epoch.resumed_from) for epoch in spool.info().epochs] == [(0, None), (1, 250)]
    assert [(ref.epoch, ref.sequence) for ref in spool.snapshots()] == [(0, 0), (0, 1), (0, 2), (1, 4), (1, 5), (1, 6)]
    for number, ref in enumerate(spool.snapshots()):
        snapshot = spool.read(ref)
        check_arrays(snapshot.arrays, golden.arrays(number))
        check_arrays(snapshot.static, golden.STATIC)
        expected = golden.numbers(number)
        assert (snapshot.iteration, snapshot.log_likelihood) == (expected["iteration"], expected["log_likelihood"])
        assert snapshot.parameters == expected["parameters"]
        np.testing.assert_equal(dict(snapshot.scalars), expected["scalars"])
        assert 1.7e9 < snapshot.time < 2e9
    assert spool.best().sequence == 2
    assert [path.name for path in find_spools(version_1)] == ["spool", "spool-chain-1"]
    assert len(Spool(version_1 / "spool-chain-1").snapshots()) == 2


def test_the_numbers_of_version_1_read_as_they_were_written(version_1):
    """Also those of the quick update that the second start did over."""
    lines = Spool(version_1).scalars()
    assert [line.iteration for line in lines] == [0, 100, 200, 300, 400, 500]
    for number, line in enumerate(lines):
        expected = golden.numbers(number)
        assert (line.log_likelihood, line.parameters) == (expected["log_likelihood"], expected["parameters"])
        np.testing.assert_equal(dict(line.scalars), expected["scalars"])
    assert len(Spool(version_1).scalars(abandoned=True)) == 7


def test_a_run_that_began_with_version_1_can_be_resumed(version_1):
    """A cluster's software is updated in the middle of a run of weeks."""
    with Publisher(version_1, resumed_from=400) as publisher:
        publisher.publish(golden.arrays(5), **golden.numbers(5))
    spool = Spool(version_1)
    assert [line.iteration for line in spool.scalars()] == [0, 100, 200, 300, 400, 500]
    assert spool.newest().epoch == 2


def test_packs_of_version_1_read_as_they_were_written(tmp_path):
    """The same run, packed by the first version that made packs; and it can be resumed."""
    run_dir = Path(shutil.copytree(GOLDEN / "v1-packed", tmp_path / "v1"))
    spool = Spool(run_dir)
    assert not (run_dir / "spool/snapshots").exists()
    assert [ref.key for ref in spool.snapshots()] == [(0, 0), (0, 1), (0, 2), (1, 4), (1, 5), (1, 6)]
    for number, snapshot in enumerate(spool):
        check_arrays(snapshot.arrays, golden.arrays(number))
        check_arrays(snapshot.static, golden.STATIC)
    with Publisher(run_dir, resumed_from=400) as publisher:
        publisher.publish(golden.arrays(5), **golden.numbers(5))
    assert Spool(run_dir).newest().key == (2, 7)
