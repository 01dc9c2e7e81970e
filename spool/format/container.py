"""Named arrays as the bytes of an HDF5 file with a footer, at little more than the cost of writing them.

HDF5 builds the image of a file once for each set of names, dtypes and shapes: the *template*. After that, a file is the
template's bytes with those of the arrays in their places, and HDF5 is not called at all. What a template cannot serve
is written by HDF5 in the ordinary way; the file is of the same format.
"""

from __future__ import annotations

import atexit
import itertools
import os
import threading
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from operator import itemgetter

import h5py
import numpy as np

from autoviz_render.spool.arrays import Array
from autoviz_render.spool.format.checksums import Checksums, checksum
from autoviz_render.spool.format.footer import footer_bytes
from autoviz_render.spool.format.manifest import FILE_FORMAT, FORMAT_VERSION, ArrayEntry, manifest_bytes
from autoviz_render.spool.format.nexus import mark_default_plot

_serial = itertools.count()  # HDF5 refuses to make a file that another thread has open, in memory too
_ALIGNMENT = 8  # of every array in the file: readers use the bytes where they lie
_GATHERED_BYTES = 1 << 20
"""A larger array is not copied for the sake of one write: copying it would keep the GIL from the sampler."""
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


class _Run:
    """A part of a file with the places of small arrays, which are copied there.

    They are copied with the GIL, as that takes less than to have it again: see `Checksums`.

    Args:
        body: The bytes of the whole file; those of the arrays do not matter.
        start: Where in the file the run begins.
        end: Where it ends.
        arrays: Offset in the file and description of each, by offset.

    Attributes:
        paths: Of the arrays.
    """

    def __init__(self, body: bytes, start: int, end: int, arrays: Sequence[tuple[int, ArrayEntry]]) -> None:
        self.paths = [entry.path for _, entry in arrays]
        self._first = start - start % _ALIGNMENT  # so that what is aligned in the file is so in memory
        self._inside = slice(start - self._first, end - self._first)
        self._places = [slice(offset - self._first, offset - self._first + entry.nbytes) for offset, entry in arrays]
        self._checksums = Checksums(
            [(place.start, entry.nbytes) for place, (_, entry) in zip(self._places, arrays, strict=True)]
        )
        ends, starts = (offset + entry.nbytes for offset, entry in arrays), (offset for offset, _ in arrays)
        gaps = zip([start, *ends], [*starts, end], strict=True)
        self._constant = [(slice(at - self._first, to - self._first), body[at:to]) for at, to in gaps]

    def image(self) -> memoryview:
        """Memory for the run, with what is constant in place, and for some bytes before it and behind."""
        image = memoryview(bytearray(self._inside.stop + _ALIGNMENT))
        for place, piece in self._constant:
            image[place] = piece
        return image

    def within(self, image: memoryview) -> memoryview:
        """The run itself."""
        return image[self._inside]

    def fill(self, image: memoryview, arrays: Mapping[str, Array]) -> dict[str, int]:
        """Copy the arrays to their places; their checksums by path."""
        for path, place in zip(self.paths, self._places, strict=True):
            image[place] = _bytes_of(arrays[path])
        return dict(zip(self.paths, self._checksums.of(image), strict=True))


def _bytes_of(value: Array) -> memoryview:
    return value.reshape(-1).view(np.uint8).data


@dataclass(frozen=True)
class _Template:
    """A file without the values of its arrays and without its footer.

    Attributes:
        parts: End to end the file: runs, or the path of a large array whose bytes come there.
        places: Offset and description of each array, by offset; one without bytes lies at 0.
        rest: The CRC-32 of all bytes that belong to no array, in order.
        size: Of the file, in bytes.
    """

    parts: tuple[_Run | str, ...]
    places: tuple[tuple[int, ArrayEntry], ...]
    manifest: bytes
    rest: int
    size: int

    @staticmethod
    def of(kind: str, body: bytes | bytearray, places: Iterable[tuple[int, ArrayEntry]]) -> _Template:
        """body: the file, in which the arrays may stand, or lack, or lie behind its end."""
        ordered = sorted(places, key=itemgetter(0))
        size = max(len(body), max((offset + entry.nbytes for offset, entry in ordered), default=0))
        body = bytes(body).ljust(size, b"\0")
        parts: list[_Run | str] = []
        gathered: list[tuple[int, ArrayEntry]] = []
        rest = end = start = 0
        for offset, entry in ordered:
            if not entry.nbytes:
                continue
            rest, end = zlib.crc32(body[end:offset], rest), offset + entry.nbytes
            if entry.nbytes <= _GATHERED_BYTES and offset % _ALIGNMENT == 0:
                gathered.append((offset, entry))
                continue
            parts += [_Run(body, start, offset, gathered), entry.path]
            gathered, start = [], end
        parts.append(_Run(body, start, size, gathered))
        manifest = manifest_bytes(kind, (entry for _, entry in ordered))
        return _Template(tuple(parts), tuple(ordered), manifest, zlib.crc32(body[end:], rest), size)


class Encoder:
    """Encodes one file after another. The buffers of one are good until the next is encoded: memory is used again."""

    def __init__(self) -> None:
        self._template: _Template | None = None
        self._images: list[memoryview] = []

    def encode(self, kind: str, datasets: Mapping[str, Array]) -> list[bytes | memoryview]:
        """The buffers that, end to end, are the file of these datasets.

        Args:
            kind: "snapshot" or "static", a root attribute.
            datasets: Arrays by path (`arrays/model_image`), of booleans, integers, floats, complex numbers or
                fixed-length bytes.

        Returns:
            Large arrays themselves are among the buffers: write them before the arrays change.
        """
        arrays = {path: np.asarray(value, order="C") for path, value in datasets.items()}
        entries = tuple(ArrayEntry(path, value.dtype, value.shape) for path, value in arrays.items())
        template = _template(kind, entries) or _ordinary(kind, arrays, entries)
        if template is not self._template:
            self._template = template
            self._images = [part.image() for part in template.parts if isinstance(part, _Run)]
        buffers: list[bytes | memoryview] = []
        checks: dict[str, int] = {}
        images = iter(self._images)
        for part in template.parts:
            if isinstance(part, str):
                buffers.append(large := _bytes_of(arrays[part]))
                checks[part] = checksum(large)
            else:
                image = next(images)
                checks |= part.fill(image, arrays)
                buffers.append(part.within(image))
        spans = [(offset, entry.nbytes, checks.get(entry.path, 0)) for offset, entry in template.places]
        return [*buffers, footer_bytes(template.manifest, spans, template.size, template.rest)]


def encode(kind: str, datasets: Mapping[str, Array]) -> list[bytes | memoryview]:
    """The buffers that, end to end, are the file of these datasets: as those of an `Encoder`, and good for ever."""
    return Encoder().encode(kind, datasets)


@lru_cache(maxsize=8)
def _template(kind: str, entries: tuple[ArrayEntry, ...]) -> _Template | None:
    """The template of these datasets; None if HDF5 will not make one."""
    try:
        with _hdf5:
            image, addresses = _empty_image(kind, entries)
        end, places = len(image), []
        for entry, address in zip(entries, addresses, strict=True):
            offset = 0
            if entry.nbytes:
                offset = -(-end // _ALIGNMENT) * _ALIGNMENT
                _place(image, address, entry.nbytes, offset)
                end = offset + entry.nbytes
            places.append((offset, entry))
        _end_at(image, end)
    except (OSError, RuntimeError, TypeError, ValueError):  # h5py's; the ordinary way may know better
        return None
    return _Template.of(kind, image, places)


def _empty_image(kind: str, entries: Sequence[ArrayEntry]) -> tuple[bytearray, list[int]]:
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
        for each in entries:
            space = h5py.h5s.create_simple(each.shape) if each.shape else h5py.h5s.create(h5py.h5s.SCALAR)
            stored = h5py.string_dtype("utf-8", each.dtype.itemsize) if each.dtype.kind == "S" else each.dtype
            dataset = h5py.h5d.create(
                file.id, each.path.encode(), h5py.h5t.py_create(stored, logical=True), space, dcpl=create, lcpl=link
            )
            addresses.append(int(h5py.h5o.get_info(dataset).addr))
        mark_default_plot(file, kind, entries)
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


def _ordinary(kind: str, arrays: Mapping[str, Array], entries: Sequence[ArrayEntry]) -> _Template:
    """The file as h5py writes it; behind it the bytes of arrays that HDF5 did not store as they are."""
    with _hdf5, _new_file(kind) as file:
        for path, value in arrays.items():
            file.create_dataset(path, data=value)
        mark_default_plot(file, kind, entries)
        file.flush()
        offsets = {path: file[path].id.get_offset() for path in arrays}
        body = bytearray(file.id.get_file_image())
    places = []
    for entry in entries:
        data, offset = arrays[entry.path].tobytes(), offsets[entry.path] if entry.nbytes else 0
        if offset is None or body[offset : offset + len(data)] != data:
            offset = len(body)
            body += data
        places.append((offset, entry))
    return _Template.of(kind, body, places)


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
