"""What a snapshot's file holds, at which paths, and how much of it fits: the datasets of `docs/format.md`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from autoviz_render.spool.arrays import Array
from autoviz_render.spool.errors import UnreadableError
from autoviz_render.spool.format.footer import MAX_FILE_BYTES
from autoviz_render.spool.format.manifest import MAX_MANIFEST_BYTES, checked_entry, entry_length, manifest_bytes
from autoviz_render.spool.snapshot import COUNTS, LONGEST_COUNTS, Snapshot

_DIGEST_LENGTH = 64
_META = {"epoch": "<i8", "sequence": "<i8", "iteration": "<i8", "time": "<f8", "log_likelihood": "<f8"}
_STRUCTURE_BYTES = 64 << 20  # for what a file holds beside the bytes of its arrays, the manifest among it
_RANKS = {"meta": 0, "parameters": 0, "arrays": 1}  # what is left over is for the scalars: `scalars.jsonl` has them too
_MAX_NAMES_BYTES = 1 << 26  # of the parameters' names: each takes as many bytes as the longest


def snapshot_datasets(snapshot: Snapshot, digests: tuple[str, ...]) -> dict[str, Array]:
    """The datasets of a snapshot by path; `snapshot.static` is named by its digests, not stored."""
    parameters = _fitting_parameters(snapshot.parameters)
    names = [name.encode() for name in parameters]
    return {
        **{f"meta/{name}": np.asarray(getattr(snapshot, name), dtype) for name, dtype in _META.items()},
        "meta/counts": np.asarray(snapshot.counts.encode()),
        "meta/static": np.asarray([digest.encode() for digest in digests], f"S{_DIGEST_LENGTH}"),
        "parameters/names": np.asarray(names, f"S{max(map(len, names), default=1)}"),
        "parameters/values": np.asarray(list(parameters.values()), np.float64),
        **{f"scalars/{name}": np.asarray(value, np.float64) for name, value in snapshot.scalars.items()},
        **{f"arrays/{name}": value for name, value in snapshot.arrays.items()},
    }


def static_datasets(static: Mapping[str, Array]) -> dict[str, Array]:
    """The datasets of a static file by path."""
    return {f"arrays/{name}": value for name, value in static.items()}


def snapshot_from(datasets: Mapping[str, Array], path: Path) -> tuple[dict[str, Any], tuple[str, ...]]:
    """The fields that a file has of a `Snapshot`, and the digests of its static files.

    Args:
        datasets: By path, as `decode` gives them.
        path: Names the file in errors.

    Raises:
        UnreadableError: What every snapshot has is missing, or of another type.
    """
    try:
        names, values = _texts(datasets["parameters/names"]), _checked(datasets["parameters/values"], "f", 1)
        fields = {
            "arrays": arrays_from(datasets),
            "parameters": dict(zip(names, values, strict=True)),
            "scalars": {name: _checked(value, "f", 0) for name, value in _in_group("scalars", datasets)},
            **{name: _checked(datasets[f"meta/{name}"], np.dtype(kind).kind, 0) for name, kind in _META.items()},
            # files of earlier versions do not say
            "counts": _checked(datasets.get("meta/counts", np.asarray(COUNTS.encode())), "S", 0).decode()[
                :LONGEST_COUNTS
            ],
        }
        digests = tuple(_texts(datasets["meta/static"]))
    except (KeyError, ValueError) as error:
        raise UnreadableError(path, f"lacks what every snapshot has: {error!r}") from error
    for digest in digests:
        if len(digest) != _DIGEST_LENGTH or not set(digest) <= set("0123456789abcdef"):
            # a digest is part of a file name: nothing else may pass, or a name could leave the spool
            raise UnreadableError(path, f"names a static file by {digest!r}, which is no SHA-256 digest")
    return fields, digests


def arrays_from(datasets: Mapping[str, Array]) -> dict[str, Array]:
    """The arrays among the datasets, by name."""
    return dict(_in_group("arrays", datasets))


def _in_group(group: str, datasets: Mapping[str, Array]) -> Iterator[tuple[str, Array]]:
    prefix = f"{group}/"
    return ((path[len(prefix) :], value) for path, value in datasets.items() if path.startswith(prefix))


def _checked(values: Array, kind: str, dimensions: int) -> Any:
    """Python's own numbers or bytes; only of the expected kind, as `bytes(n)` of an integer is that many zeros."""
    if values.dtype.kind != kind or values.ndim != dimensions:
        raise ValueError(f"numbers or names have the type {values.dtype} and the shape {values.shape}")
    return values.tolist()


def _texts(values: Array) -> list[str]:
    return [value.decode() for value in _checked(values, "S", 1)]


def unfit(kind: str, datasets: Mapping[str, Array]) -> Mapping[str, str]:
    """The datasets that a file cannot hold beside the others, by path, and why; of too many the first fit.

    The writer asks here first, so that it writes nothing which its readers refuse.

    Args:
        kind: "snapshot" or "static".
        datasets: By path, of any type.
    """
    key = tuple((path, value.dtype, value.shape) for path, value in datasets.items())
    return _unfit(kind, key, MAX_MANIFEST_BYTES, MAX_FILE_BYTES)


@lru_cache(maxsize=8)
def _unfit(
    kind: str, key: tuple[tuple[str, np.dtype[Any], tuple[int, ...]], ...], most_listed: int, largest: int
) -> Mapping[str, str]:
    reasons: dict[str, str] = {}
    listed, size = len(manifest_bytes(kind, ())), _STRUCTURE_BYTES
    for path, dtype, shape in sorted(key, key=lambda each: _RANKS.get(each[0].partition("/")[0], 2)):
        try:
            entry = checked_entry(path, dtype.str, shape)
        except (ValueError, TypeError) as error:
            reasons[path] = str(error)
            continue
        length = entry_length(entry)
        if listed + length > most_listed:
            reasons[path] = f"the names in the file have more than {most_listed} bytes together"
        elif size + entry.nbytes > largest:
            reasons[path] = f"the file would have more than {largest} bytes"
        else:
            listed, size = listed + length, size + entry.nbytes
    return reasons


def _fitting_parameters(parameters: Mapping[str, float]) -> Mapping[str, float]:
    """The parameters without those whose names are too long beside so many others."""
    longest = _MAX_NAMES_BYTES // max(len(parameters), 1)
    if all(4 * len(name) <= longest for name in parameters):
        return parameters
    return {name: value for name, value in parameters.items() if len(name.encode()) <= longest}
