"""The bytes of a snapshot: what HDF5 sees, and what damage does to them."""

from __future__ import annotations

import io
import subprocess
import sys
import time
import zlib
from pathlib import Path

import h5py
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autoviz_render.spool import encode as encoding
from autoviz_render.spool.decode import decode
from autoviz_render.spool.encode import encode
from autoviz_render.spool.errors import LaterVersionError, UnreadableError
from autoviz_render.spool.seal import checksum, seal

HERE = Path("snapshot.h5")
KINDS = {
    "bool": np.array([True, False, True]),
    "int8": np.arange(-3, 3, dtype=np.int8),
    "uint64": np.array([0, 2**64 - 1], dtype=np.uint64),
    "float16": np.linspace(0, 1, 5, dtype=np.float16),
    "float32": np.linspace(0, 1, 6, dtype=np.float32).reshape(2, 3),
    "float64 with NaN": np.array([1.0, np.nan, -np.inf]),
    "complex64": np.array([1 + 2j], dtype=np.complex64),
    "complex128": np.array([[1 + 2j, 3]]),
    "big-endian": np.arange(4, dtype=">f8"),
    "0-d": np.array(3.5),
    "empty": np.zeros((0, 3)),
    "Fortran-ordered": np.asfortranarray(np.arange(12.0).reshape(3, 4)),
    "not contiguous": np.arange(20.0)[::3],
    "four dimensions": np.arange(24).reshape(1, 2, 3, 4),
    "large": np.random.default_rng(0).normal(size=(300, 400)),
}


def the_bytes(datasets: dict[str, np.ndarray]) -> bytes:
    return b"".join(encode("snapshot", datasets))


@pytest.mark.parametrize("name", KINDS)
def test_h5py_sees_no_difference_from_an_ordinary_file(name):
    """A template is a trick of the writer's: whoever reads the file must never notice."""
    value = KINDS[name]
    ordinary = h5py.File(io.BytesIO(), "w")
    expected = ordinary.create_dataset("arrays/x", data=value)
    with h5py.File(io.BytesIO(the_bytes({"arrays/x": value})), "r") as file:
        found = file["arrays/x"]
        assert (found.shape, found.dtype, found.size, found.nbytes) == (
            expected.shape,
            expected.dtype,
            expected.size,
            expected.nbytes,
        )
        assert found[()].tobytes() == expected[()].tobytes()
        assert (found.chunks, found.compression, dict(found.attrs)) == (None, None, {})


@pytest.mark.parametrize("name", KINDS)
def test_what_was_written_is_read(name):
    """The same values in the same type and shape, and no way to change them by mistake."""
    value = KINDS[name]
    found = decode(the_bytes({"arrays/x": value, "arrays/group/y": np.arange(3)}), HERE, "snapshot")
    assert found["arrays/x"].dtype == value.dtype
    np.testing.assert_array_equal(found["arrays/x"], value)
    np.testing.assert_array_equal(found["arrays/group/y"], [0, 1, 2])
    assert value.size == 0 or not found["arrays/x"].flags.writeable


def test_a_template_serves_other_values_of_the_same_shapes():
    """The second file comes from the cached image: nothing of the first may be left in it."""
    first = the_bytes({"arrays/x": np.zeros(4), "meta/n": np.int64(1)})
    second = the_bytes({"arrays/x": np.arange(4.0), "meta/n": np.int64(2)})
    assert len(first) == len(second)
    np.testing.assert_array_equal(decode(second, HERE, "snapshot")["arrays/x"], np.arange(4.0))
    assert decode(second, HERE, "snapshot")["meta/n"] == 2


def digest_in_another_process() -> bytes:
    program = (
        "import hashlib, numpy as np; from autoviz_render.spool.encode import encode;"
        "pieces = encode('static', {'arrays/x': np.arange(4.0), 'arrays/group/y': np.ones(9)});"
        "print(hashlib.sha256(b''.join(pieces)).hexdigest())"
    )
    return subprocess.run([sys.executable, "-P", "-c", program], capture_output=True, check=True).stdout


def test_the_same_content_gives_the_same_bytes_in_another_process_and_second():
    """Static files are named by their digest: two runs on the same data share one file. HDF5 likes to store times."""
    first, began = digest_in_another_process(), int(time.time())
    while int(time.time()) == began:  # it is the passing of time itself that is tried here
        pass
    assert digest_in_another_process() == first


@pytest.mark.parametrize("name", KINDS)
def test_the_ordinary_way_writes_the_same_content(name, monkeypatch):
    """What fits no template must still be published, and nobody may notice."""
    datasets = {"meta/n": np.int64(3), "arrays/x": KINDS[name], "arrays/group/y": np.arange(3)}
    quick = decode(the_bytes(datasets), HERE, "snapshot")
    monkeypatch.setattr(encoding, "_template", lambda *_: None)
    ordinary = the_bytes(datasets)
    found = decode(ordinary, HERE, "snapshot")
    assert set(found) == set(quick)
    for path, value in quick.items():
        assert (found[path].dtype, found[path].shape, found[path].tobytes()) == (
            value.dtype,
            value.shape,
            value.tobytes(),
        )
    for place in (0, len(ordinary) // 2, len(ordinary) - 1):
        damaged = bytearray(ordinary)
        damaged[place] ^= 1
        with pytest.raises(UnreadableError):
            decode(bytes(damaged), HERE, "snapshot")


def test_hdf5_that_refuses_an_array_has_it_written_the_ordinary_way(monkeypatch):
    """A template is an optimisation: whatever goes wrong in making one must not cost the snapshot."""
    encoding._template.cache_clear()
    monkeypatch.setattr(encoding, "_empty_image", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):  # a fault of ours is not hidden
        the_bytes({"arrays/x": np.ones(5)})

    def refuse(kind, described):
        raise ValueError("no such type")

    monkeypatch.setattr(encoding, "_empty_image", refuse)
    np.testing.assert_array_equal(decode(the_bytes({"arrays/x": np.ones(5)}), HERE, "snapshot")["arrays/x"], np.ones(5))
    encoding._template.cache_clear()


def test_two_layouts_of_one_length_are_not_confused():
    """A reader remembers layouts: the same bytes in other shapes, or under other names, are another layout."""
    values = np.arange(12.0)
    for first, second in [
        ({"arrays/x": values.reshape(3, 4)}, {"arrays/x": values.reshape(4, 3)}),
        ({"arrays/x": values}, {"arrays/y": values}),
        ({"arrays/x": values}, {"arrays/x": values.view(np.int64)}),
    ]:
        for datasets in (first, second, first):
            found = decode(the_bytes(datasets), HERE, "snapshot")
            ((path, value),) = datasets.items()
            assert list(found) == [path]
            assert (found[path].dtype, found[path].shape) == (value.dtype, value.shape)


@given(st.integers(0, 3 * 4096), st.data())
def test_a_change_within_one_word_or_one_block_moved_is_always_found(length, data):
    """The checksum is of our own making: what the format page claims of it is tried here."""
    content = np.random.default_rng(length).integers(0, 256, length, dtype=np.uint8)
    if length:
        changed = content.copy()
        word = data.draw(st.integers(0, (length - 1) // 8)) * 8
        changed[word : word + 8] ^= data.draw(st.integers(1, 255))
        assert checksum(changed) != checksum(content)
    if length >= 2 * 4096:
        moved = content.copy()
        moved[:4096], moved[4096 : 2 * 4096] = content[4096 : 2 * 4096], content[:4096]
        assert checksum(moved) != checksum(content)
        moved[:4096] = 0
        assert checksum(moved) != checksum(content)


DATA = the_bytes({"arrays/x": np.arange(64.0), "arrays/y": np.ones(3), "parameters/names": np.array([b"a"])})


@given(st.integers(0, len(DATA) * 8 - 1))
@settings(max_examples=300, deadline=None)
def test_a_flipped_bit_anywhere_is_reported(bit):
    """Drawing a damaged array would show a referee something that nobody fitted."""
    damaged = bytearray(DATA)
    damaged[bit // 8] ^= 1 << bit % 8
    with pytest.raises((UnreadableError, LaterVersionError)):
        decode(bytes(damaged), HERE, "snapshot")


@given(st.integers(0, len(DATA) - 1))
@settings(max_examples=100, deadline=None)
def test_a_file_cut_short_is_reported(length):
    """A copy that was broken off must not pass for the whole."""
    with pytest.raises(UnreadableError, match="cut short|is not a snapshot"):
        decode(DATA[:length], HERE, "snapshot")


@pytest.mark.parametrize("library_version", ["earliest", "latest"])
def test_a_later_version_is_refused_by_name(library_version):
    """The remedy is another program, not another file: the message must say which of the two is at fault."""
    file = io.BytesIO()
    with h5py.File(file, "w", libver=library_version) as opened:
        opened.attrs["format"] = "autoviz-render snapshot"
        opened.attrs["format_version"] = 99
        opened["arrays/x"] = np.ones(3)
    for data in (file.getvalue(), resealed(lambda file: file.attrs.__setitem__("format_version", 99))):
        with pytest.raises(LaterVersionError, match="format version 99, this program reads up to 1"):
            decode(data, HERE, "snapshot")


def test_every_single_changed_byte_is_reported_without_hdf5():
    """HDF5 spun for ever on one such file: what is not verified must never reach it."""
    data = b"".join(encode("snapshot", {"arrays/x": np.arange(20.0)}))
    for place in range(len(data)):
        damaged = bytearray(data)
        damaged[place] ^= 19
        with pytest.raises((UnreadableError, LaterVersionError)):
            decode(bytes(damaged), HERE, "snapshot")


def resealed(build) -> bytes:
    """A file that a stranger wrote and sealed properly."""
    file = io.BytesIO()
    with h5py.File(file, "w") as opened:
        opened.attrs["format"] = "autoviz-render snapshot"
        opened.attrs["format_version"] = 1
        build(opened)
    return file.getvalue() + seal([], len(file.getvalue()), zlib.crc32(file.getvalue()))


@pytest.mark.parametrize(
    ("build", "fault"),
    [
        (lambda file: file.__setitem__("arrays/x", h5py.ExternalLink("/etc/passwd", "/x")), "link to another place"),
        (lambda file: file.__setitem__("arrays/x", h5py.SoftLink("/arrays")), "link to another place"),
        (lambda file: file.create_dataset("arrays/x", (9,), "f8", chunks=(3,)), "not stored whole inside the file"),
        (
            lambda file: file.create_dataset("arrays/x", (9,), "f8", external=[("/etc/passwd", 0, 72)]),
            "not stored whole inside the file",
        ),
        (
            lambda file: file.create_virtual_dataset("arrays/x", h5py.VirtualLayout((3,), "f8")),
            "not stored whole inside the file",
        ),
        (lambda file: file.create_dataset("arrays/x", data="text"), "unsupported type"),
        (lambda file: file.create_dataset("arrays/x", (3,), "f8"), "lies outside the file"),
        (lambda file: file.__setitem__("arrays", np.dtype("f8")), "neither a group nor an array"),
        (lambda file: file.create_group("/".join("g" * 40)), "nested too deep"),
    ],
)
def test_what_a_snapshot_may_not_hold_is_refused(build, fault):
    """A spool from a stranger is safe to read: nothing in it leads out of the file, or runs."""
    with pytest.raises(UnreadableError, match=fault):
        decode(resealed(build), HERE, "snapshot")


def test_a_group_that_holds_itself_does_not_hang_the_reader():
    """HDF5 allows hard links in circles."""

    def build(file):
        file.create_group("arrays")["again"] = file["/"]

    with pytest.raises(UnreadableError, match="nested too deep"):
        decode(resealed(build), HERE, "snapshot")


def test_an_hdf5_file_of_somebody_else_is_refused():
    """A sealed file of another program, or another kind of file of ours, is no snapshot."""
    with pytest.raises(UnreadableError, match="but not a snapshot"):
        decode(resealed(lambda file: file.attrs.__setitem__("format", "other")), HERE, "snapshot")
    with pytest.raises(UnreadableError, match="expected 'autoviz-render static'"):
        decode(DATA, HERE, "static")
