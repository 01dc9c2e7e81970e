"""Memory for copies that is used again: what was published stays as it was when it was published."""

from __future__ import annotations

import gc
import tracemalloc

import numpy as np

from autoviz_render import Publisher, Spool
from autoviz_render.spool.guard import unguarded
from autoviz_render.spool.write.arena import Arenas
from autoviz_render.spool.write.conversion import hand_over


def test_memory_is_used_again_only_when_its_update_is_done_with():
    """Two updates that live at once must not share it; the next one after them takes what is free, and no more is
    kept."""
    arenas = Arenas()
    values = {"x": np.arange(1000.0), "y": np.ones(3, bool)}
    hand_over(values, unguarded, arenas)  # says how much is needed
    first, second = (hand_over({"x": values["x"] + at, "y": values["y"]}, unguarded, arenas) for at in (1, 2))
    np.testing.assert_array_equal(first["x"], values["x"] + 1)
    np.testing.assert_array_equal(second["x"], values["x"] + 2)
    place = first["x"].ctypes.data
    del first
    third = hand_over(values, unguarded, arenas)
    assert third["x"].ctypes.data == place
    np.testing.assert_array_equal(second["x"], values["x"] + 2)
    del second, third
    assert len(arenas.free) == 1


def test_arrays_that_do_not_fit_are_copied_all_the_same():
    """An update may be larger than the one before, and hold what is no plain array."""
    arenas = Arenas()
    hand_over({"x": np.zeros(10)}, unguarded, arenas)
    large = np.arange(1000.0)
    values = {
        "large": large,
        "transposed": np.arange(6.0).reshape(2, 3).T,
        "list": [1, 2],
        "0-d": np.array(2.0),
        "empty": np.zeros((0, 3)),
        "big-endian": np.arange(3, dtype=">i4"),
        "masked": np.ma.masked_array([1, 2], [True, False]),
        "group": {"x": np.ones(2)},
    }
    copies = hand_over(values, unguarded, arenas)
    for name, value in values.items():
        if name != "group":
            assert copies[name] is not value
            np.testing.assert_array_equal(copies[name], value, strict=name != "list")
    large[:] = 0
    assert copies["large"][-1] == 999.0


def test_every_snapshot_holds_what_was_handed_over_with_it(tmp_path):
    """Updates that are written, that wait and that are dropped all come from the same memory."""
    values = np.zeros(20_000)
    with Publisher(tmp_path, retention="all") as publisher:
        for iteration in range(60):
            values[:] = iteration
            publisher.publish({"x": values, "y": values[:7]}, iteration=iteration)
            if iteration % 7 == 0:
                publisher.flush()
    spool = Spool(tmp_path)
    snapshots = [spool.read(ref) for ref in spool.snapshots()]
    assert len(snapshots) >= 9
    for snapshot in snapshots:
        assert {float(each) for name in ("x", "y") for each in snapshot.arrays[name]} == {float(snapshot.iteration)}


def test_a_publisher_keeps_little_memory_and_none_when_it_is_closed(tmp_path):
    """Without Python's search for circles, which comes late: each update's arrays were kept by one until then. And a
    notebook keeps its variables."""
    gc.disable()
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        publisher = Publisher(tmp_path)
        for iteration in range(6):
            publisher.publish({"x": np.zeros(100_000), "y": np.zeros(500_000)}, iteration=iteration)
            publisher.flush()
        kept, _ = tracemalloc.get_traced_memory()
        publisher.close()
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
        gc.enable()
    assert 4e6 < kept - before < 15e6
    assert after - before < 1e6
