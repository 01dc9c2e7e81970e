"""A double click in h5web or silx shows the fit: NeXus' attributes, the same in every file of one layout."""

from __future__ import annotations

import h5py
import numpy as np
import pytest
from h5grove.content import DatasetContent, GroupContent, create_content

from autoviz_render.spool.format.container import encode
from autoviz_render.spool.format.footer import decode
from autoviz_render.spool.store import Spool


def shown(path) -> tuple[str, np.ndarray, list[str]]:
    """What h5web shows of a file that is opened: by h5grove, which gives it groups, attributes and data."""
    with h5py.File(path, locking=False) as file:
        here = "/"
        while (content := create_content(file, here)).attributes().get("NX_class") != "NXdata":
            assert isinstance(content, GroupContent)
            here = f"{here.rstrip('/')}/{content.attributes()['default']}"
        facts = content.attributes()
        signal = create_content(file, f"{here}/{facts['signal']}")
        assert isinstance(signal, DatasetContent)
        return facts["signal"], signal.data(), [str(each) for each in facts["axes"]]


def write(path, kind, arrays):
    datasets = {f"arrays/{name}": value for name, value in arrays.items()}
    path.write_bytes(b"".join(encode(kind, datasets)))
    assert {*decode(memoryview(path.read_bytes()), path, kind)} == {*datasets}, "our own readers see no second name"
    return path


IMAGE, LARGE, LINE = np.arange(30.0).reshape(5, 6), np.ones((9, 9)), np.arange(7.0)
CASES: dict[str, tuple[str, dict[str, np.ndarray], str, list[str]]] = {
    "the model of an image": ("snapshot", {"source": LARGE, "model_image": IMAGE}, "model_image", [".", "."]),
    "a model before images": ("snapshot", {"source": LARGE, "model_lens": IMAGE}, "model_lens", [".", "."]),
    "the largest image": ("snapshot", {"small": IMAGE, "source": LARGE, "line": LINE}, "source", [".", "."]),
    "a line over its x": ("snapshot", {"x": LINE, "model": LINE + 1}, "model", ["x"]),
    "one of a group": ("snapshot", {"band/x": LINE, "band/model_data": LINE, "n": LINE}, "model_data", ["x"]),
    "an image over its axes": ("snapshot", {"model": IMAGE, "x": LINE[:6], "y": LINE[:5]}, "model", ["y", "x"]),
    "a cube": ("snapshot", {"cube": np.ones((2, 3, 4)), "n": LINE}, "cube", [".", ".", "."]),
    "not the samples": ("snapshot", {"samples": np.ones((2000, 2)), "trace": LINE}, "trace", ["."]),
    "the data": ("static", {"noise_map": LARGE, "data": IMAGE, "mask": LARGE > 2}, "data", [".", "."]),
    "strange names": ("snapshot", {"ü ñ/<b>": IMAGE}, "<b>", [".", "."]),
}


@pytest.mark.parametrize("case", CASES)
def test_a_double_click_shows(case, tmp_path):
    """The first array that somebody wants to see, to the last bit."""
    kind, arrays, name, axes = CASES[case]
    found = shown(write(tmp_path / "file.h5", kind, arrays))
    expected = next(value for path, value in arrays.items() if path.rpartition("/")[2] == name)
    assert (found[0], found[2]) == (name, axes)
    assert found[1].tobytes() == expected.tobytes()


@pytest.mark.parametrize(
    "arrays", [{}, {"scalar": np.float64(1)}, {"mask": LARGE > 0, "samples": LARGE}], ids=["none", "scalar", "samples"]
)
def test_a_file_with_nothing_to_show_says_nothing(arrays, tmp_path):
    """A `default` that leads nowhere is an error in a viewer."""
    with h5py.File(write(tmp_path / "file.h5", "snapshot", arrays), locking=False) as file:
        assert "default" not in file.attrs
        assert "entry" not in file


def test_the_attributes_are_those_of_the_layout(run_dir, publish):
    """They are written into a template once: what changes from snapshot to snapshot stands in datasets."""
    publish(3)
    attributes = []
    for ref in Spool(run_dir).snapshots():
        with h5py.File(ref.path, locking=False) as file:
            attributes.append({name: dict(file[name].attrs) for name in ("/", "/entry")})
            assert file["/entry/data"] == file["/arrays"], "one group, not a copy"
            assert file["/entry/data/image"][0, 1] == ref.sequence
    assert attributes[0] == attributes[1] == attributes[2]
    assert shown(next(Spool(run_dir).paths.static.iterdir()))[0] == "data"
