"""The pages in docs/ are programs too: what they show is run."""

from __future__ import annotations

import re
from pathlib import Path

import h5py
from pages import python_blocks

from autoviz_render.spool.store import Spool

ROOT = Path(__file__).parents[1]


def test_a_stranger_reads_a_snapshot_from_the_page_alone(run_dir, publish):
    """docs/format.md must be enough to write a second reader."""
    publish(2)
    (block,) = python_blocks("format.md")
    namespace = {}
    exec(block, namespace)  # noqa: S102  our own page
    files = [*Spool(run_dir).paths.snapshots.iterdir(), *Spool(run_dir).paths.static.iterdir()]
    assert len(files) == 3
    for path in files:
        data = path.read_bytes()
        found = namespace["read"](data)
        with h5py.File(path, locking=False) as file:
            for name, value in found.items():
                assert (file[name].shape, file[name].dtype.kind) == (value.shape, value.dtype.kind)
                assert file[name][()].tobytes() == value.tobytes()
        assert found["arrays/data" if path.parent.name == "static" else "arrays/image"].shape == (4, 4)
        assert namespace["read"](data[:-1]) is None
        for place in range(0, len(data), 97):
            assert namespace["read"](data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]) is None


def test_the_paths_of_the_page_are_those_in_a_snapshot(run_dir, publish):
    """A page that names other datasets than the file has is worse than none."""
    publish(1)
    page = (ROOT / "docs" / "format.md").read_text()
    fixed = set(re.findall(r"`/(meta/\w+|parameters/\w+)`", page))
    with h5py.File(Spool(run_dir).newest().path, locking=False) as file:
        found = {f"{group}/{name}" for group in ("meta", "parameters") for name in file[group]}
        ours = {"format": "autoviz-render snapshot", "format_version": 1}
        assert dict(file.attrs) == ours | {"NX_class": "NXroot", "default": "entry"}
        assert all(f"`{name}`" in page for name in file.attrs)
    assert found == fixed
