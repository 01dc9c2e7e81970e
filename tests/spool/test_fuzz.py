"""Spools whose files were cut, changed and mixed up: a clear error, or the right data, within bounds of memory.

`pytest --hypothesis-profile=search tests/spool` tries thousands of times as many.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoviz_render.spool.errors import SpoolError
from autoviz_render.spool.publisher import Publisher
from autoviz_render.spool.snapshot import ScalarsLine, Snapshot
from autoviz_render.spool.store import Spool

FEW_MEGABYTES = 8 << 20


@pytest.fixture(scope="module")
def good(tmp_path_factory) -> Spool:
    run_dir = tmp_path_factory.mktemp("good")
    rng = np.random.default_rng(0)
    for first in (0, 2):
        with Publisher(run_dir, static={"data": rng.normal(size=(20, 20))}) as publisher:
            for number in range(first, first + 3):
                publisher.publish(
                    {"image": rng.normal(size=(30, 40)), "mask": rng.random(50) > 0.5, "n": number},
                    iteration=number,
                    log_likelihood=float(number),
                    parameters={"a": 0.5},
                    scalars={"b": np.inf},
                )
                publisher.flush(30)
    return Spool(run_dir)


def content(snapshot: Snapshot) -> dict[str, object]:
    """All of a snapshot, to compare; but for what `spool.json` tells without a checksum."""
    arrays = {
        name: (value.dtype, value.shape, value.tobytes())
        for name, value in (*snapshot.arrays.items(), *snapshot.static.items())
    }
    others = ("arrays", "static", "run", "figures", "history", "earlier", "units", "labels", "axes", "scales")
    numbers = {name: value for name, value in vars(snapshot).items() if name not in others}
    return {**numbers, **arrays}


def all_there_is(spool: Spool) -> tuple[dict[tuple[int, int], dict[str, object]], list[ScalarsLine]]:
    """What a reader finds, where errors are found to be clear ones."""
    snapshots = {}
    for ref in spool.snapshots(abandoned=True):
        with contextlib.suppress(SpoolError):
            snapshots[ref.epoch, ref.sequence] = content(spool.read(ref))
    with contextlib.suppress(SpoolError):
        spool.info()
    spool.newest()
    spool.best()
    return snapshots, spool.scalars(abandoned=True)


@st.composite
def mutations(draw) -> list[tuple[str, float, float, float, bytes]]:
    """What is done to a file, one thing after another; places are parts of its length."""
    part = st.floats(0, 1)
    kinds = st.sampled_from(["cut", "flip", "overwrite", "insert", "remove", "copy", "zero", "append"])
    noise = st.binary(min_size=1, max_size=40)
    return draw(st.lists(st.tuples(kinds, part, part, part, noise), min_size=1, max_size=3))


def mutated(data: bytes, mutation: tuple[str, float, float, float, bytes]) -> bytes:
    kind, one, two, three, noise = mutation
    start, stop = sorted((round(one * len(data)), round(two * len(data))))
    other = round(three * len(data))
    return {
        "cut": data[:start],
        "flip": data[:start] + bytes(byte ^ noise[0] for byte in data[start : start + 1]) + data[start + 1 :],
        "overwrite": data[:start] + noise + data[start + len(noise) :],
        "insert": data[:start] + noise + data[start:],
        "remove": data[:start] + data[stop:],
        "copy": data[:other] + data[start:stop] + data[other + stop - start :],
        "zero": data[:start] + bytes(stop - start) + data[stop:],
        "append": data + noise * 100,
    }[kind]


@given(st.integers(0, 7), mutations())
def test_a_reader_finds_what_was_written_or_an_error(good, tmp_path_factory, which, changes):
    """Whatever a disk, a copy that was broken off or a stranger did to any one file of a spool."""
    snapshots, lines = all_there_is(good)
    run_dir = tmp_path_factory.mktemp("bad") / "run"
    shutil.copytree(good.paths.run_dir, run_dir)
    files = sorted(path for path in run_dir.rglob("*") if path.is_file() and path.stat().st_size)
    victim = files[which % len(files)]
    data = victim.read_bytes()
    for change in changes:
        data = mutated(data, change)
    victim.write_bytes(data)
    tracemalloc.start()
    found, found_lines = all_there_is(Spool(run_dir))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < FEW_MEGABYTES
    for place, snapshot in found.items():
        assert repr(snapshot) == repr(snapshots[place])
    assert all(repr(line) in {repr(other) for other in lines} for line in found_lines)
    untouched = [place for place, name in places(good) if name != victim.name and victim.parent.name != "static"]
    assert set(untouched) <= set(found), "one bad file must not cost the others"
    shutil.rmtree(run_dir)


def places(spool: Spool) -> list[tuple[tuple[int, int], str]]:
    return [((ref.epoch, ref.sequence), ref.path.name) for ref in spool.snapshots(abandoned=True)]


@pytest.mark.parametrize("name", ["spool.json", "scalars.jsonl", "snapshots/e0000-000000000000.h5"])
def test_a_file_that_is_too_large_is_refused_before_it_is_read(good, tmp_path, name):
    """A sparse file of five terabytes costs its maker nothing."""
    run_dir = tmp_path / "run"
    shutil.copytree(good.paths.run_dir, run_dir)
    with open(run_dir / "spool" / name, "r+b") as file:
        file.truncate(5 << 40)
    spool = Spool(run_dir)
    with pytest.raises(SpoolError, match=r"is refused: 5497558138880 bytes, more than the \d+ allowed"):
        {"spool.json": spool.info, "scalars.jsonl": spool.scalars}.get(name, lambda: spool.read(spool.snapshots()[0]))()  # type: ignore[operator]


@pytest.mark.parametrize("name", ["spool.json", "scalars.jsonl"])
def test_a_fifo_does_not_hang_a_reader(good, tmp_path, name):
    """Opened as a file, it would wait for a writer for ever."""
    run_dir = tmp_path / "run"
    shutil.copytree(good.paths.run_dir, run_dir)
    (run_dir / "spool" / name).unlink()
    os.mkfifo(run_dir / "spool" / name)
    spool = Spool(run_dir)
    with pytest.raises(SpoolError, match="is not a file"):
        {"spool.json": spool.info, "scalars.jsonl": spool.scalars}[name]()  # type: ignore[operator]
