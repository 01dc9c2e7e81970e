"""Named arrays as the bytes of a sealed HDF5 file, at little more than the cost of writing them.

HDF5 builds the image of a file once for each set of names, dtypes and shapes: the *template*. After that, a file is the
template's bytes with the arrays' own buffers between them, and HDF5 is not called at all. What a template
cannot serve is written by HDF5 in the ordinary way; the file is of the same format.
"""

from __future__ import annotations

import atexit
import itertools
import os
import threading
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

import h5py
import numpy as np

from autoviz_render.spool.arrays import Array
from autoviz_render.spool.format.footer import checksum, seal
from autoviz_render.spool.format.manifest import ArrayEntry, directory_bytes
from autoviz_render.spool.paths import FILE_FORMAT, FORMAT_VERSION

_Key = tuple[str, np.dtype[Any], tuple[int, ...]]
"""The path, dtype and shape of a dataset."""

_serial = itertools.count()  # HDF5 refuses to make a file that another thread has open, in memory too
_ALIGNMENT = 8  # of every array in the file: readers use the bytes where they lie
_NOWHERE = b"\xff" * 8
_hdf5 = threading.Lock()
"""Held while a thread of ours is inside h5py, and by the program's end for ever: see `_keep_out`."""


@atexit.register  # after h5py's own, so that it runs before
def _keep_out() -> None:
    """No daemon thread may be inside h5py when Python ends: it would never give h5py's own lock back, for which Python
    waits when it clears its objects. It is waited for, as it is busy with memory alone, and the next finds it locked.
    """
    _hdf5.acquire()


def _forked() -> None:
    """The thread that held the lock was not forked with us."""
    global _hdf5  # noqa: PLW0603  a lock that is held cannot be made free in any other way
    _hdf5 = threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forked)


class _Place(NamedTuple):
    """Where the bytes of one array lie in the file; an array without bytes lies at 0."""

    offset: int
    described: ArrayEntry


@dataclass(frozen=True)
class _Template:
    """A file without the values of its arrays and without its seal.

    pieces: end to end the file: bytes, or the path of the array whose bytes come there.
    places: offset, length and path of each array, by offset. directory: of the arrays, in that order.
    rest: the CRC-32 of all bytes that belong to no array, in order. size: of the file, in bytes.
    """

    pieces: tuple[bytes | str, ...]
    places: tuple[tuple[int, int, str], ...]
    directory: bytes
    rest: int
    size: int


def encode(kind: str, datasets: Mapping[str, Array]) -> list[bytes | memoryview]:
    """The buffers that, end to end, are the sealed HDF5 file of these datasets.

    kind: "snapshot" or "static", a root attribute.
    datasets: arrays by path (`arrays/model_image`), of booleans, integers, floats, complex numbers or
        fixed-length bytes.
    The buffers are, where they can be, the arrays themselves: write them before the arrays change.
    """
    arrays = {path: np.asarray(value, order="C") for path, value in datasets.items()}
    template = _template(kind, tuple((path, value.dtype, value.shape) for path, value in arrays.items()))
    if template is None:
        with _hdf5:
            return _ordinary(kind, arrays)
    buffers = {path: value.data for path, value in arrays.items()}
    spans = [(offset, length, checksum(buffers[path])) for offset, length, path in template.places]
    pieces = [buffers[piece] if isinstance(piece, str) else piece for piece in template.pieces]
    return [*pieces, seal(template.directory, spans, template.size, template.rest)]


@lru_cache(maxsize=8)
def _template(kind: str, key: tuple[_Key, ...]) -> _Template | None:
    """The template of datasets of these paths, dtypes and shapes; None if HDF5 will not make one."""
    datasets = [ArrayEntry(*each) for each in key]
    try:
        with _hdf5:
            image, addresses = _empty_image(kind, datasets)
        end = len(image)
        pieces: list[bytes | str] = []
        places = [_Place(0, each) for each in datasets if not each.nbytes]
        for each, address in zip(datasets, addresses, strict=True):
            if each.nbytes:
                offset = -(-end // _ALIGNMENT) * _ALIGNMENT
                _place(image, address, each.nbytes, offset)
                pieces += [bytes(offset - end), each.path]
                places.append(_Place(offset, each))
                end = offset + each.nbytes
        _end_at(image, end)
    except (OSError, RuntimeError, TypeError, ValueError):  # h5py's; the ordinary way may know better
        return None
    pieces = [piece for piece in (bytes(image), *pieces) if piece]
    return _Template(
        pieces=tuple(pieces),
        places=tuple((offset, described.nbytes, described.path) for offset, described in places),
        directory=directory_bytes(kind, (described for _, described in places)),
        rest=zlib.crc32(b"".join(piece for piece in pieces if isinstance(piece, bytes))),
        size=end,
    )


def _empty_image(kind: str, datasets: Iterable[ArrayEntry]) -> tuple[bytearray, list[int]]:
    """A file of the datasets without room for their values, and the addresses of their object headers.

    HDF5 itself would look through all gaps that alignment has left so far to make room for one dataset more: 50 s for
    20,000 of three bytes each.
    """
    create = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    create.set_layout(h5py.h5d.CONTIGUOUS)
    create.set_alloc_time(h5py.h5d.ALLOC_TIME_LATE)
    create.set_fill_time(h5py.h5d.FILL_TIME_NEVER)
    create.set_obj_track_times(False)
    link = h5py.h5p.create(h5py.h5p.LINK_CREATE)
    link.set_create_intermediate_group(True)
    link.set_char_encoding(h5py.h5t.CSET_UTF8)
    addresses = []
    with _new_file(kind) as file:
        for each in datasets:
            space = h5py.h5s.create_simple(each.shape) if each.shape else h5py.h5s.create(h5py.h5s.SCALAR)
            stored = h5py.string_dtype("utf-8", each.dtype.itemsize) if each.dtype.kind == "S" else each.dtype
            dataset = h5py.h5d.create(
                file.id, each.path.encode(), h5py.h5t.py_create(stored, logical=True), space, dcpl=create, lcpl=link
            )
            addresses.append(int(h5py.h5o.get_info(dataset).addr))
        file.flush()
        return bytearray(file.id.get_file_image()), addresses


def _place(image: bytearray, address: int, nbytes: int, offset: int) -> None:
    """Say in a dataset's header where its bytes lie. Raises ValueError if the header is not as expected.

    Source: HDF5 File Format Specification 3.0, section IV.A.2.i, the data layout message: its version, 3; its class, 1
    for contiguous; the address, all ones if there is none yet; the size.
    """
    before, size = b"\x03\x01", nbytes.to_bytes(8, "little")
    found = image.index(before + _NOWHERE + size, address) + len(before)
    image[found : found + len(_NOWHERE)] = offset.to_bytes(8, "little")


def _end_at(image: bytearray, end: int) -> None:
    """Say in the superblock where the file ends. Raises ValueError if the superblock is not of version 0.

    Source: as above, section II.A: the version of the superblock at byte 8, the end of the file at byte 40.
    """
    if image[8] != 0 or image[40:48] != len(image).to_bytes(8, "little"):
        raise ValueError("HDF5 wrote a superblock that is not known here")
    image[40:48] = end.to_bytes(8, "little")


def _ordinary(kind: str, arrays: Mapping[str, Array]) -> list[bytes | memoryview]:
    """The file as h5py writes it; behind it the bytes of arrays that HDF5 did not store as they are."""
    with _new_file(kind) as file:
        for path, value in arrays.items():
            file.create_dataset(path, data=value)
        file.flush()
        offsets = {path: file[path].id.get_offset() for path in arrays}
        body = bytearray(file.id.get_file_image())
    places = []
    for path, value in arrays.items():
        data, offset = value.tobytes(), offsets[path] if value.nbytes else 0
        if offset is None or body[offset : offset + len(data)] != data:
            offset = len(body)
            body += data
        places.append(_Place(offset, ArrayEntry(path, value.dtype, value.shape)))
    places.sort(key=lambda place: place.offset)
    spans = [(offset, each.nbytes, checksum(arrays[each.path].data)) for offset, each in places]
    rest, position = 0, 0
    for offset, length, _ in spans:
        rest = zlib.crc32(body[position:offset], rest) if length else rest
        position = max(position, offset + length)
    directory = directory_bytes(kind, (described for _, described in places))
    return [bytes(body), seal(directory, spans, len(body), zlib.crc32(body[position:], rest))]


def _new_file(kind: str) -> h5py.File:
    """An empty file in memory, of the oldest layout, which every HDF5 reads, and without times.

    The same content must give the same bytes, and so the same digest, whatever the version of HDF5 and the hour.
    """
    access = h5py.h5p.create(h5py.h5p.FILE_ACCESS)
    access.set_fapl_core(block_size=1 << 16, backing_store=False)
    access.set_libver_bounds(h5py.h5f.LIBVER_EARLIEST, h5py.h5f.LIBVER_V110)
    access.set_alignment(1, _ALIGNMENT)
    create = h5py.h5p.create(h5py.h5p.FILE_CREATE)
    create.set_obj_track_times(False)
    file = h5py.File(h5py.h5f.create(b"in memory %d" % next(_serial), h5py.h5f.ACC_TRUNC, fcpl=create, fapl=access))
    file.attrs["format"] = f"{FILE_FORMAT} {kind}"
    file.attrs["format_version"] = FORMAT_VERSION
    return file
