"""The bytes of a snapshot: what HDF5 sees, and what damage does to them."""

from __future__ import annotations

import inspect
import io
import itertools
import json
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

from autoviz_render.spool.errors import LaterVersionError, UnreadableError
from autoviz_render.spool.format import container
from autoviz_render.spool.format.checksums import Checksums, checksum
from autoviz_render.spool.format.container import Encoder, encode
from autoviz_render.spool.format.footer import decode, footer_bytes

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


def test_a_file_of_very_many_arrays_costs_in_proportion():
    """HDF5 looked through all the gaps between them for each one more: minutes for so many of three bytes each."""
    values = {f"arrays/{number % 7}/x{number}": np.full(3, number % 100, np.int8) for number in range(30_000)}
    began = time.process_time()
    data = the_bytes(values)
    assert time.process_time() - began < 30
    found = decode(data, HERE, "snapshot")
    with h5py.File(io.BytesIO(data), "r") as file:
        assert file["arrays/3/x3"][()].tolist() == [3, 3, 3]
        assert file["arrays/4/x29999"][()].tolist() == [99, 99, 99]
        assert len(file["arrays/0"]) == 4286
    assert all((found[path] == value).all() for path, value in values.items())


@pytest.mark.parametrize("lengths", [[3], [3, 0, 8, 1, 5], [0, 0], [0], [5, 4096, 1]], ids=str)
def test_arrays_lie_at_multiples_of_eight_bytes_wherever_the_last_one_ended(lengths):
    """Readers use the bytes where they lie; what HDF5 is told of their places must be where they are."""
    values = {f"arrays/x{number}": np.arange(length, dtype=np.uint8) for number, length in enumerate(lengths)}
    data = the_bytes(values)
    with h5py.File(io.BytesIO(data), "r") as file:
        for path, value in values.items():
            np.testing.assert_array_equal(file[path][()], value)
            assert (file[path].id.get_offset() or 0) % 8 == 0
    for path, value in decode(data, HERE, "snapshot").items():
        np.testing.assert_array_equal(value, values[path])


def test_a_template_serves_other_values_of_the_same_shapes():
    """The second file comes from the cached image: nothing of the first may be left in it."""
    first = the_bytes({"arrays/x": np.zeros(4), "meta/n": np.array(1)})
    second = the_bytes({"arrays/x": np.arange(4.0), "meta/n": np.array(2)})
    assert len(first) == len(second)
    np.testing.assert_array_equal(decode(second, HERE, "snapshot")["arrays/x"], np.arange(4.0))
    assert decode(second, HERE, "snapshot")["meta/n"] == 2


def digest_in_another_process() -> bytes:
    program = (
        "import hashlib, numpy as np; from autoviz_render.spool.format.container import encode;"
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
    datasets = {"meta/n": np.array(3), "arrays/x": KINDS[name], "arrays/group/y": np.arange(3)}
    quick = decode(the_bytes(datasets), HERE, "snapshot")
    monkeypatch.setattr(container, "_template", lambda *_: None)
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
    container._template.cache_clear()
    monkeypatch.setattr(container, "_empty_image", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):  # a fault of ours is not hidden
        the_bytes({"arrays/x": np.ones(5)})

    def refuse(kind, described):
        raise ValueError("no such type")

    monkeypatch.setattr(container, "_empty_image", refuse)
    np.testing.assert_array_equal(decode(the_bytes({"arrays/x": np.ones(5)}), HERE, "snapshot")["arrays/x"], np.ones(5))
    container._template.cache_clear()


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


@given(st.lists(st.integers(0, 3 * 4096), max_size=6), st.integers(0, 2**32))
def test_checksums_in_one_pass_are_those_of_each_part(lengths, seed):
    """Files are the same whichever way they are encoded: earlier versions wrote them array by array."""
    starts = list(itertools.accumulate((-(-length // 8) * 8 for length in lengths), initial=8))
    buffer = np.random.default_rng(seed).integers(0, 256, starts[-1] + 8, dtype=np.uint8).data
    parts = list(zip(starts, lengths, strict=False))
    each = [checksum(buffer[start : start + length]) for start, length in parts]
    assert Checksums(parts).of(buffer) == each


def test_memory_that_is_used_again_leaves_nothing_in_the_next_file():
    """Of the same names or of others, of small arrays and of those too large to be gathered."""
    encoder = Encoder()
    rng = np.random.default_rng(0)
    for lengths in ([5, 900, 2], [5, 900, 2], [200_000, 3, 150_001], [200_000, 3, 150_001], [0, 1], []):
        datasets = {f"arrays/{at}": rng.integers(0, 9, length) for at, length in enumerate(lengths)}
        datasets |= {f"arrays/{at}_bytes": rng.integers(0, 9, length, np.uint8) for at, length in enumerate(lengths)}
        assert b"".join(encoder.encode("snapshot", datasets)) == the_bytes(datasets)


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
    with pytest.raises(LaterVersionError, match="format version 99, this program reads up to 1"):
        decode(file.getvalue(), HERE, "snapshot")


def test_every_single_changed_byte_is_reported_without_hdf5():
    """HDF5 spun for ever on one such file: what is not verified must never reach it."""
    data = b"".join(encode("snapshot", {"arrays/x": np.arange(20.0)}))
    for place in range(len(data)):
        damaged = bytearray(data)
        damaged[place] ^= 19
        with pytest.raises((UnreadableError, LaterVersionError)):
            decode(bytes(damaged), HERE, "snapshot")


def with_footer(body: bytes, manifest: object, spans: list[tuple[int, int, int]]) -> bytes:
    """A file that a stranger wrote, with a proper footer."""
    rest, position = 0, 0
    for offset, length, _ in spans:
        rest, position = zlib.crc32(body[position:offset], rest), offset + length
    text = manifest if isinstance(manifest, bytes) else json.dumps(manifest).encode()
    return body + footer_bytes(text, spans, len(body), zlib.crc32(body[position:], rest))


def strange(body: bytes | None = None, spans=None, **changes) -> bytes:
    """A file of one array of 24 bytes, but for what is changed in its manifest or its places."""
    body = b"\x89HDF\r\n\x1a\n" + bytes(range(24)) + b"and more" if body is None else body
    manifest = {"format": "autoviz-render snapshot", "version": 1, "datasets": [["arrays/x", "<f8", [3]]]} | changes
    spans = [(8, 24, zlib.crc32(body[8:32]))] if spans is None else spans
    return with_footer(body, manifest, spans)


def test_a_stranger_can_write_a_file_from_the_format_page():
    """The cases below differ from this one by one thing each."""
    (value,) = decode(strange(), HERE, "snapshot").values()
    assert value.tobytes() == bytes(range(24))


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        (lambda: strange(datasets=[["arrays/x", "|O", [3]]]), "unsupported type '|O'"),
        (lambda: strange(datasets=[["arrays/x", "<f16", [3]]]), "unsupported type '<f16'"),
        (lambda: strange(datasets=[["arrays/x", "V8", [3]]]), "unsupported type"),
        (lambda: strange(datasets=[["arrays/x", "<M8[s]", [3]]]), "unsupported type"),
        (lambda: strange(datasets=[["arrays/x", "f8,f8", [3]]]), "unsupported type"),
        (lambda: strange(datasets=[["../../x", "<f8", [3]]]), "cannot be a name"),
        (lambda: strange(datasets=[["/etc/passwd", "<f8", [3]]]), "cannot be a name"),
        (lambda: strange(datasets=[["arrays/x", "<f8", [4]]]), "has 24 bytes, its shape 32"),
        (lambda: strange(datasets=[["arrays/x", "<f8", [10**18, 10**18]]]), "impossible shape"),
        (lambda: strange(datasets=[["arrays/x", "<f8", [10**18, 0]]], spans=[(0, 0, 0)]), "impossible shape"),
        (lambda: strange(datasets=[["arrays/x", "<f8", [-3]]]), "impossible shape"),
        (lambda: strange(datasets=[["arrays/x", "<f8", [True, 3]]]), "impossible shape"),
        (lambda: strange(datasets=[["arrays/x", "<f8", [1] * 33]]), "impossible shape"),
        (lambda: strange(datasets=[["arrays/x", "<f8", "3"]]), "is refused"),
        (lambda: strange(datasets=[["arrays/x", "<f8"]]), "is refused"),
        (lambda: strange(datasets=[["arrays/x", "|S9999999", [0, 2**30]]], spans=[(0, 0, 0)]), "impossible shape"),
        (lambda: strange(datasets=[[3, "<f8", [3]]]), "is refused"),
        (lambda: strange(datasets=5), "is refused"),
        (lambda: strange(datasets=[]), "places other arrays than it names"),
        (lambda: strange(datasets=[["arrays/x", "<f8", [3]]] * 2, spans=[(8, 24, 0), (8, 24, 0)]), "does not match"),
        (lambda: strange(datasets=[["arrays/x", "<f8", [0]]] * 2, spans=[(0, 0, 0)] * 2), "have one name"),
        (lambda: strange(spans=[(8, 2**62, 0)]), "does not fit the file"),
        (lambda: strange(spans=[(2**63, 24, 0)]), "does not fit the file"),
        (lambda: strange(spans=[(24, 24, 0)]), "does not fit the file"),
        (lambda: strange(spans=[(8, 16, 0), (16, 8, 0)]), "does not match|does not fit the file"),
        (lambda: strange(format="other snapshot"), "expected 'autoviz-render snapshot'"),
        (lambda: strange(format="autoviz-render static"), "expected 'autoviz-render snapshot'"),
        (lambda: with_footer(b"\x89HDF\r\n\x1a\n", b"[" * 100_000, []), "is refused"),
        (lambda: with_footer(b"\x89HDF\r\n\x1a\n", b"\xff", []), "is refused"),
        (lambda: with_footer(b"\x89HDF\r\n\x1a\n", b"{}", []), "is refused"),
        (lambda: with_footer(b"\x89HDF\r\n\x1a\n", b" " * (1 << 21) + b"{}", []), "0 arrays in a manifest of 2097154"),
        (lambda: with_footer(b"\x89HDF\r\n\x1a\n", b"{}", [(0, 0, 0)] * 1000), "1000 arrays in a manifest of 2 bytes"),
        (lambda: b"plain text", "does not begin as an HDF5 file does"),
    ],
)
def test_what_a_snapshot_may_not_hold_is_refused(data, fault):
    """A spool from a stranger is safe to read: nothing in it leads out of the file, runs, or fills the memory."""
    with pytest.raises(UnreadableError, match=fault):
        decode(data(), HERE, "snapshot")


def test_a_later_version_with_a_footer_is_refused_by_name():
    """Both kinds: the same footer around other content, and another footer."""
    with pytest.raises(LaterVersionError, match="format version 2, this program reads up to 1"):
        decode(strange(version=2), HERE, "snapshot")
    with pytest.raises(LaterVersionError, match="written by a later version"):
        decode(strange().replace(b"AVRSEAL1", b"AVRSEAL2"), HERE, "snapshot")


LINKS = {
    "external link": lambda file: file.__setitem__("arrays/x", h5py.ExternalLink("/etc/passwd", "/x")),
    "soft link": lambda file: file.__setitem__("arrays/x", h5py.SoftLink("/arrays")),
    "external storage": lambda file: file.create_dataset("arrays/x", (9,), "f8", external=[("/etc/passwd", 0, 72)]),
    "virtual dataset": lambda file: file.create_virtual_dataset("arrays/x", h5py.VirtualLayout((3,), "f8")),
    "objects": lambda file: file.create_dataset("arrays/x", data="text"),
    "a group in itself": lambda file: file.create_group("arrays").__setitem__("again", file["/"]),
}


@pytest.mark.parametrize("link", LINKS)
def test_what_hdf5_could_be_led_astray_by_is_never_looked_at(link):
    """Links, virtual datasets and the rest stand in HDF5's part of the file, which readers leave alone."""
    file = io.BytesIO()
    with h5py.File(file, "w") as opened:
        opened.attrs["format"], opened.attrs["format_version"] = "autoviz-render snapshot", 1
        LINKS[link](opened)
    with pytest.raises(UnreadableError, match="the footer at its end is missing"):
        decode(file.getvalue(), HERE, "snapshot")
    manifest = {"format": "autoviz-render snapshot", "version": 1, "datasets": []}
    assert decode(with_footer(file.getvalue(), manifest, []), HERE, "snapshot") == {}
    assert "h5py" not in inspect.getsource(sys.modules[decode.__module__])
