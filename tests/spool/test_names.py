"""What a publisher says that it wrote, a reader reads: whatever the names, the shapes and how many there are."""

from __future__ import annotations

import json
import logging
import zlib
from typing import Any

import h5py
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autoviz_render.spool.format import manifest, schema
from autoviz_render.spool.format.names import LONGEST_NAME, LONGEST_PATH, Names
from autoviz_render.spool.publisher import Publisher
from autoviz_render.spool.store import Spool
from autoviz_render.spool.write import scalars_file

part = st.one_of(
    st.text(max_size=8),
    st.sampled_from([".", "..", "a", "a.b", " ", "-", "\n", "é", "\u2028", "😀", "a" * 300, "é" * 900, "😀" * 990]),
    st.sampled_from(["a", "b"]).flatmap(lambda each: st.integers(975, 1005).map(lambda length: each * length)),
)
name = st.lists(part, min_size=1, max_size=4).map("/".join)
shape = st.lists(st.integers(0, 3), max_size=5).map(tuple) | st.sampled_from([(1,) * 32, (1,) * 33, (0, 2**40), (0,)])
dtype = st.sampled_from(
    ["?", "u1", "<i2", ">i4", "<i8", ">f4", "<f8", "f2", "g", "<c8", ">c16", "G", "S3", "U2", "M8[s]"]
)
array = st.builds(np.zeros, shape, dtype)


@settings(max_examples=60)
@given(
    st.dictionaries(name, array, max_size=4),
    st.dictionaries(name, st.floats() | st.integers(), max_size=3),
    st.dictionaries(name, st.floats() | st.booleans(), max_size=3),
)
def test_whatever_is_said_to_be_written_is_read(tmp_path_factory, arrays, parameters, numbers):
    """One array with an odd name or type must cost itself, not the snapshot and not the run."""
    run_dir = tmp_path_factory.mktemp("odd") / "run"
    given = {"good": np.arange(3.0), **arrays}
    with Publisher(run_dir, static={"mask": np.eye(2)}) as publisher:
        publisher.publish(given, iteration=1, parameters={"p": 1.0, **parameters}, scalars={"s": 2.0, **numbers})
    assert publisher.stats.written == 1
    snapshot = Spool(run_dir).read(Spool(run_dir).newest())
    assert {"good"} <= set(snapshot.arrays) <= set(given)
    for name, value in snapshot.arrays.items():
        assert value.shape == given[name].shape
        np.testing.assert_array_equal(value, given[name].astype(value.dtype))
    assert {"p"} <= set(snapshot.parameters) <= {"p", *parameters}
    assert {"s"} <= set(snapshot.scalars) <= {"s", *numbers}
    (line,) = Spool(run_dir).scalars()
    np.testing.assert_equal(dict(line.parameters), dict(snapshot.parameters))
    np.testing.assert_equal(dict(line.scalars), dict(snapshot.scalars))
    with h5py.File(Spool(run_dir).newest().path, "r") as file:
        assert all(f"arrays/{name}" in file for name in snapshot.arrays)


@pytest.mark.parametrize("letter", ["a", "é", "😀"])
def test_the_longest_name_is_kept_and_a_longer_one_costs_itself(run_dir, letter, caplog):
    """Names of 993 to 1,000 characters were written, with the folder before them, and every snapshot was refused."""
    names = [letter * length for length in range(LONGEST_NAME - 1, LONGEST_PATH + 2)]
    values = dict.fromkeys(names, 1.0)
    with Publisher(run_dir, static={names[1]: np.ones(2)}) as publisher:
        publisher.publish({name: np.ones(2) for name in names}, iteration=0, parameters=values, scalars=values)
    snapshot = Spool(run_dir).read(Spool(run_dir).newest())
    assert set(snapshot.arrays) == set(snapshot.parameters) == set(snapshot.scalars) == set(names[:2])
    assert set(snapshot.static) == {names[1]}
    with pytest.raises(ValueError, match="at most 992 are kept"):
        Publisher(run_dir, static={names[2]: np.ones(2)})
    with pytest.raises(ValueError, match="cannot be a name"):
        Names().add(names[2])


@pytest.mark.parametrize("where", ["arrays", "scalars", "static"])
def test_more_names_than_fit_cost_those_that_are_too_many(run_dir, monkeypatch, caplog, where):
    """5,000 names of 500 characters: all the snapshots of a run were unreadable, and counted as written."""
    monkeypatch.setattr(schema, "MAX_MANIFEST_BYTES", 20_000)
    many = {f"{number:03d}{'n' * 497}": 1.0 for number in range(100)}
    given: dict[str, Any] = {"arrays": {"good": np.ones(3)}, "scalars": {"good": 1.0}, "static": {"good": np.ones(2)}}
    given[where] = {**given[where], **many}
    with Publisher(run_dir, static=given["static"]) as publisher:
        for number in range(3):
            publisher.publish(given["arrays"], iteration=number, parameters={"p": 1.0}, scalars=given["scalars"])
            assert publisher.flush(30)
    assert publisher.stats.written == 3
    spool = Spool(run_dir)
    for ref in spool.snapshots():
        snapshot = spool.read(ref)
        found = {"arrays": snapshot.arrays, "scalars": snapshot.scalars, "static": snapshot.static}
        assert 30 < len(found[where]) < 40
        assert all("good" in each for each in found.values())
        assert snapshot.parameters == {"p": 1.0}
    assert len(spool.scalars()[0].scalars) == len(given["scalars"]), "the line has room for them"
    warnings = [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]
    assert len(warnings) == 1
    assert "cannot be kept" in warnings[0]
    assert len(warnings[0]) < 1000


def test_the_bound_on_names_is_the_readers(run_dir):
    """At the real bound: the manifest that is written is the longest that is read."""
    many = {f"{number:04d}{'n' * 496}": np.float64(number) for number in range(5000)}
    kept = {path: np.zeros(()) for path in (f"scalars/{name}" for name in many)}
    unfit = schema.unfit("snapshot", kept)
    fit = [manifest.ArrayEntry(path, np.dtype("<f8"), ()) for path in kept if path not in unfit]
    length = len(manifest.manifest_bytes("snapshot", fit))
    assert manifest.MAX_MANIFEST_BYTES - 600 < length <= manifest.MAX_MANIFEST_BYTES
    assert len(manifest.parse_manifest(manifest.manifest_bytes("snapshot", fit), None, "snapshot")) == len(fit)


def test_arrays_that_are_too_large_together_cost_themselves(run_dir, monkeypatch, caplog):
    """A cube of 5 GB beside the figure's arrays; here the bound is smaller."""
    monkeypatch.setattr(schema, "MAX_FILE_BYTES", schema._STRUCTURE_BYTES + 1_000_000)
    with Publisher(run_dir, static={"cube": np.ones(200_000), "mask": np.ones(3)}) as publisher:
        publisher.publish({"a": np.ones(90_000), "cube": np.ones(90_000), "z": np.ones(3)}, iteration=0)
    snapshot = Spool(run_dir).read(Spool(run_dir).newest())
    assert set(snapshot.arrays) == {"a", "z"}
    assert set(snapshot.static) == {"mask"}
    whats = [record.getMessage().partition(" cannot be kept")[0].split()[-1] for record in caplog.records]
    assert whats == ["static", "snapshot"], "said once each"


def test_a_line_that_is_too_long_goes_without_its_names(run_dir, monkeypatch, caplog):
    """A model of a million parameters: the numbers that curves are drawn of must not go with them."""
    monkeypatch.setattr(scalars_file, "MAX_LINE_BYTES", 10_000)
    with Publisher(run_dir) as publisher:
        for number in range(2):
            publisher.publish(
                {"x": np.ones(3)},
                iteration=number,
                log_likelihood=-1.0,
                parameters={f"parameter {each}": 1.0 for each in range(1000)},
                scalars={"log_evidence": 3.0},
            )
            assert publisher.flush(30)
    lines = Spool(run_dir).scalars()
    assert [(line.log_likelihood, line.parameters, line.scalars) for line in lines] == [
        (-1.0, {}, {"log_evidence": 3.0})
    ] * 2
    assert len(Spool(run_dir).read(Spool(run_dir).newest()).parameters) == 1000
    assert sum("the line goes without them" in record.getMessage() for record in caplog.records) == 1


def test_very_long_names_of_very_many_parameters_cost_themselves(run_dir, monkeypatch, caplog):
    """Each name takes as many bytes as the longest: 100,000 short ones and a long one would be 400 MB a snapshot."""
    monkeypatch.setattr(schema, "_MAX_NAMES_BYTES", 10_000)
    with Publisher(run_dir) as publisher:
        publisher.publish({}, iteration=0, parameters={"n" * 900: 1.0, **{f"{each}": 2.0 for each in range(99)}})
    assert len(Spool(run_dir).read(Spool(run_dir).newest()).parameters) == 99
    assert len(Spool(run_dir).scalars()[0].parameters) == 100
    assert sum("very long names" in record.getMessage() for record in caplog.records) == 1


@pytest.mark.parametrize(
    "change",
    [
        {"iteration": 2**70},
        {"iteration": 1.5},
        {"iteration": True},
        {"time": "inf"},
        {"time": None},
        {"epoch": "0"},
        {"sequence": -(2**63) - 1},
        {"parameters": {"a": 10**400}},
        {"parameters": [1]},
        {"scalars": {"a": [1]}},
        {"scalars": None},
    ],
    ids=repr,
)
def test_a_line_that_a_stranger_made_is_passed_over(run_dir, publish, change):
    """Its checksum is right: what it holds must not fail later, in a figure."""
    publish(1)
    path = run_dir / "spool" / "scalars.jsonl"
    text = path.read_bytes()
    content = json.loads(text)
    del content["crc32"]
    fields = json.dumps(content | {"sequence": 1} | change)[:-1]
    path.write_bytes(text + f'{fields}, "crc32": {zlib.crc32(fields.encode())}}}\n'.encode())
    assert [line.sequence for line in Spool(run_dir).scalars()] == [0]
