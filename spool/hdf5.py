"""Named arrays as the bytes of an HDF5 file, and back.

Writing: the file's image is built once by HDF5 for each set of names, dtypes and shapes (a *template*); after
that, a file is the template's pieces with the arrays' own buffers between them, and HDF5 is not
called at all. Reading: the bytes are verified, then described by HDF5; arrays are views of those bytes.
"""

from __future__ import annotations

import io
import threading
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from autoviz_render.spool.errors import LaterVersionError, SpoolError, UnreadableError, UnsealedError
from autoviz_render.spool.layout import FORMAT_VERSION
from autoviz_render.spool.seal import Piece, check, seal
from autoviz_render.spool.snapshot import Array

MAX_FILE_BYTES = 4 << 30
_MAX_DATASETS = 20_000
_MAX_DEPTH = 16
_STORED_KINDS = "biufcS"
_TEMPLATES_KEPT = 8
_LAST_VERSION = 10_000  # a larger number in damaged bytes is damage
_FORMAT = "autoviz-render"


@dataclass(frozen=True)
class _Template:
    """The bytes around the arrays: `between[i]` comes before array `order[i]`, the last one at the end."""

    between: tuple[bytes, ...]
    order: tuple[str, ...]


_templates: OrderedDict[tuple[object, ...], _Template] = OrderedDict()
_templates_lock = threading.Lock()


def encode(kind: str, datasets: Mapping[str, Array]) -> list[bytes | bytearray | memoryview]:
    """The buffers that, end to end, are the sealed HDF5 file of these datasets.

    kind: "snapshot" or "static", a root attribute.
    datasets: arrays by path (`arrays/model_image`), of booleans, integers, floats, complex numbers or
        fixed-length bytes. What is stored under `arrays/` gets a checksum of its own.
    The buffers are views of the arrays: write them before the arrays change.
    """
    arrays = {path: np.asarray(value, order="C") for path, value in datasets.items()}
    key = (kind, *((path, value.dtype.str, value.shape) for path, value in arrays.items()))
    with _templates_lock:
        template = _templates.pop(key, None) or _build(kind, arrays)
        _templates[key] = template
        while len(_templates) > _TEMPLATES_KEPT:
            _templates.popitem(last=False)
    pieces: list[Piece] = []
    for before, path in zip(template.between, template.order, strict=False):
        # a 0-d array has no buffer to cast; and not every dtype (float16, bool) casts either
        pieces += [
            (before, False),
            (arrays[path].reshape(-1).view(np.uint8).data, path.startswith("arrays/")),
        ]
    pieces.append((template.between[-1], False))
    return [*(buffer for buffer, _ in pieces), seal(pieces)]


def _build(kind: str, arrays: Mapping[str, Array]) -> _Template:
    access = h5py.h5p.create(h5py.h5p.FILE_ACCESS)
    access.set_fapl_core(block_size=1 << 16, backing_store=False)
    create = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    create.set_layout(h5py.h5d.CONTIGUOUS)
    create.set_alloc_time(h5py.h5d.ALLOC_TIME_EARLY)
    create.set_fill_time(h5py.h5d.FILL_TIME_NEVER)
    create.set_obj_track_times(False)  # the same content gives the same bytes, and so the same digest
    link = h5py.h5p.create(h5py.h5p.LINK_CREATE)
    link.set_create_intermediate_group(True)
    link.set_char_encoding(h5py.h5t.CSET_UTF8)
    with h5py.File(h5py.h5f.create(b"template", h5py.h5f.ACC_TRUNC, fapl=access)) as file:
        file.attrs["format"] = f"{_FORMAT} {kind}"
        file.attrs["format_version"] = FORMAT_VERSION
        places = []
        for path, value in arrays.items():
            space = h5py.h5s.create_simple(value.shape) if value.shape else h5py.h5s.create(h5py.h5s.SCALAR)
            dtype = h5py.string_dtype("utf-8", value.dtype.itemsize) if value.dtype.kind == "S" else value.dtype
            dataset = h5py.h5d.create(
                file.id, path.encode(), h5py.h5t.py_create(dtype, logical=True), space, dcpl=create, lcpl=link
            )
            if value.nbytes:
                places.append((dataset.get_offset(), value.nbytes, path))
        file.flush()
        image = file.id.get_file_image()
    between, position = [], 0
    for offset, length, _ in sorted(places):
        between.append(image[position:offset])
        position = offset + length
    between.append(image[position:])
    return _Template(tuple(between), tuple(path for _, _, path in sorted(places)))


def decode(data: bytes, path: Path, kind: str) -> dict[str, Array]:
    """The datasets of a sealed file by path, as read-only views of its bytes.

    Raises LaterVersionError where a later version wrote it, and UnreadableError where the seal is broken
    or the file holds what it may not: links, pickled objects, filters, anything stored elsewhere.
    """
    try:
        check(data, path)
    except UnsealedError:
        _refuse_a_later_version(data, path)
        raise
    try:
        with h5py.File(io.BytesIO(data), "r") as file:
            _check_header(file, path, kind)
            return dict(_datasets(file, data, path))
    except SpoolError:
        raise
    except (OSError, RuntimeError, KeyError, TypeError, ValueError, AttributeError) as error:  # h5py, on nonsense
        raise UnreadableError(path, f"is not a snapshot: {error}") from error


def _refuse_a_later_version(data: bytes, path: Path) -> None:
    """A later version need not end its files as we do: look at the version before calling a file bad.

    Looked up in the raw bytes: HDF5 may crash or spin for ever on a damaged file (seen with one byte changed), so it
    never gets one. Source: HDF5 File Format Specification 3.0, section IV.A.2.m, the attribute message, version 1:
    the name and its padding, a datatype of 16 bytes, a dataspace of 8, then the value.
    """
    name = b"format_version".ljust(16, b"\0")
    start = data.find(name)
    while start >= 0:
        place = start + len(name) + 24
        version = int.from_bytes(data[place : place + 8], "little")
        if FORMAT_VERSION < version < _LAST_VERSION:
            raise LaterVersionError(path, _later(version))
        start = data.find(name, start + 1)


def _later(version: int) -> str:
    return f"has format version {version}, this program reads up to {FORMAT_VERSION}: install a newer one"


def _check_header(file: h5py.File, path: Path, kind: str) -> None:
    found, version = file.attrs.get("format"), file.attrs.get("format_version")
    if not isinstance(found, str) or not found.startswith(_FORMAT) or not isinstance(version, np.integer):
        raise UnreadableError(path, "is an HDF5 file, but not a snapshot of autoviz-render")
    if version > FORMAT_VERSION:
        raise LaterVersionError(path, _later(int(version)))
    if found != f"{_FORMAT} {kind}":
        raise UnreadableError(path, f"is {found!r}, expected '{_FORMAT} {kind}'")


def _datasets(
    group: h5py.Group, data: bytes, path: Path, prefix: str = "", depth: int = 0
) -> Iterator[tuple[str, Array]]:
    if depth > _MAX_DEPTH or len(group) > _MAX_DATASETS:
        raise UnreadableError(path, "is refused: its groups are nested too deep or hold too much")
    for name in group:
        if type(group.get(name, getlink=True)) is not h5py.HardLink:
            raise UnreadableError(path, f"is refused: {prefix + name!r} is a link to another place")
        item = group[name]
        if isinstance(item, h5py.Group):
            yield from _datasets(item, data, path, f"{prefix}{name}/", depth + 1)
        elif isinstance(item, h5py.Dataset):
            yield prefix + name, _view(item, data, path)
        else:
            raise UnreadableError(path, f"is refused: {prefix + name!r} is neither a group nor an array")


def _view(dataset: h5py.Dataset, data: bytes, path: Path) -> Array:
    layout: Any = dataset.id.get_create_plist()
    if layout.get_layout() != h5py.h5d.CONTIGUOUS or layout.get_external_count():
        raise UnreadableError(path, f"is refused: {dataset.name!r} is not stored whole inside the file")
    dtype = np.dtype(dataset.dtype.str) if dataset.dtype.kind in _STORED_KINDS else None
    if dtype is None or dtype.itemsize == 0 or dataset.shape is None:
        raise UnreadableError(path, f"is refused: {dataset.name!r} has the unsupported type {dataset.dtype}")
    if dataset.size == 0:
        return np.zeros(dataset.shape, dtype)
    offset = dataset.id.get_offset()
    if offset is None or offset + dataset.size * dtype.itemsize > len(data):
        raise UnreadableError(path, f"is damaged: {dataset.name!r} lies outside the file")
    return np.frombuffer(data, dtype, dataset.size, offset).reshape(dataset.shape)
