"""What a snapshot's file holds, at which paths, and how much of it fits: the datasets of `docs/format.md`."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from autoviz_render.spool.arrays import Array
from autoviz_render.spool.errors import UnreadableError
from autoviz_render.spool.format.footer import MAX_FILE_BYTES
from autoviz_render.spool.format.manifest import MAX_MANIFEST_BYTES, checked_entry, entry_length, manifest_bytes
from autoviz_render.spool.snapshot import Snapshot

_DIGEST_LENGTH = 64
_STRUCTURE_BYTES = 64 << 20  # for what a file holds beside the bytes of its arrays, the manifest among it
_RANKS = {"meta": 0, "parameters": 0, "arrays": 1}  # what is left over is for the scalars: `scalars.jsonl` has them too
_MAX_NAMES_BYTES = 1 << 26  # of the parameters' names: each takes as many bytes as the longest


def snapshot_datasets(snapshot: Snapshot, digests: tuple[str, ...]) -> dict[str, Array]:
    """The datasets of a snapshot by path; `snapshot.static` is named by its digests, not stored."""
    parameters = _fitting_parameters(snapshot.parameters)
    names = [name.encode() for name in parameters]
    return {
        "meta/epoch": np.asarray(snapshot.epoch, np.int64),
        "meta/sequence": np.asarray(snapshot.sequence, np.int64),
        "meta/iteration": np.asarray(snapshot.iteration, np.int64),
        "meta/time": np.asarray(snapshot.time, np.float64),
        "meta/log_likelihood": np.asarray(snapshot.log_likelihood, np.float64),
        "meta/static": np.asarray([digest.encode() for digest in digests], f"S{_DIGEST_LENGTH}"),
        "parameters/names": np.asarray(names, f"S{max(map(len, names), default=1)}"),
        "parameters/values": np.asarray(list(parameters.values()), np.float64),
        **{f"scalars/{name}": np.asarray(value, np.float64) for name, value in snapshot.scalars.items()},
        **{f"arrays/{name}": value for name, value in snapshot.arrays.items()},
    }


def static_datasets(static: Mapping[str, Array]) -> dict[str, Array]:
    return {f"arrays/{name}": value for name, value in static.items()}


def snapshot_from(datasets: Mapping[str, Array], path: Path) -> tuple[dict[str, Any], tuple[str, ...]]:
    """The fields of a `Snapshot`, but for `static` and `run`, and the digests of its static files."""
    try:
        fields = {
            "arrays": arrays_from(datasets),
            "parameters": dict(
                zip(_texts(datasets["parameters/names"]), _floats(datasets["parameters/values"]), strict=True)
            ),
            "scalars": {
                name.removeprefix("scalars/"): _number(value, "f")
                for name, value in datasets.items()
                if name.startswith("scalars/")
            },
            "epoch": _number(datasets["meta/epoch"], "i"),
            "sequence": _number(datasets["meta/sequence"], "i"),
            "iteration": _number(datasets["meta/iteration"], "i"),
            "time": _number(datasets["meta/time"], "f"),
            "log_likelihood": _number(datasets["meta/log_likelihood"], "f"),
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
    return {name.removeprefix("arrays/"): value for name, value in datasets.items() if name.startswith("arrays/")}


def _number(value: Array, kind: str) -> Any:
    if value.dtype.kind != kind or value.shape != ():
        raise ValueError(f"a number has the type {value.dtype} and the shape {value.shape}")
    return value.item()


def _floats(values: Array) -> list[float]:
    if values.dtype.kind != "f" or values.ndim != 1:
        raise ValueError(f"a list of numbers has the type {values.dtype} and the shape {values.shape}")
    return [float(value) for value in values]


def _texts(values: Array) -> list[str]:
    if values.dtype.kind != "S" or values.ndim != 1:
        raise ValueError(f"a list of names has the type {values.dtype} and the shape {values.shape}")
    return [bytes(value).decode() for value in values]


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
