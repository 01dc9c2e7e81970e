"""What of a snapshot its readers take: the writer asks here first, so that it writes nothing which they refuse."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import numpy as np

from autoviz_render.spool.arrays import Array
from autoviz_render.spool.format.decode import MAX_FILE_BYTES
from autoviz_render.spool.format.manifest import MAX_DIRECTORY_BYTES, describe, directory_bytes, entry_length

_Key = tuple[str, np.dtype[Any], tuple[int, ...]]

_STRUCTURE_BYTES = 64 << 20  # for what a file holds beside the bytes of its arrays, the directory among it
_RANKS = {"meta": 0, "parameters": 0, "arrays": 1}  # what is left over is for the scalars: `scalars.jsonl` has them too
_MAX_NAMES_BYTES = 1 << 26  # of the parameters' names: each takes as many bytes as the longest


def unfit(kind: str, datasets: Mapping[str, Array]) -> Mapping[str, str]:
    """The datasets that a file cannot hold beside the others, by path, and why.

    kind: "snapshot" or "static". Of too many the first are taken.
    """
    key = tuple((path, value.dtype, value.shape) for path, value in datasets.items())
    return _unfit(kind, key, MAX_DIRECTORY_BYTES, MAX_FILE_BYTES)


@lru_cache(maxsize=8)
def _unfit(kind: str, key: tuple[_Key, ...], most_listed: int, largest: int) -> Mapping[str, str]:
    reasons: dict[str, str] = {}
    listed, size = len(directory_bytes(kind, ())), _STRUCTURE_BYTES
    for path, dtype, shape in sorted(key, key=lambda each: _RANKS.get(each[0].partition("/")[0], 2)):
        try:
            dataset = describe(path, dtype.str, shape)
        except (ValueError, TypeError) as error:
            reasons[path] = str(error)
            continue
        entry = entry_length(dataset)
        if listed + entry > most_listed:
            reasons[path] = f"the names in the file have more than {most_listed} bytes together"
        elif size + dataset.nbytes > largest:
            reasons[path] = f"the file would have more than {largest} bytes"
        else:
            listed, size = listed + entry, size + dataset.nbytes
    return reasons


def fitting_parameters(parameters: Mapping[str, float]) -> Mapping[str, float]:
    """The parameters without those whose names are too long beside so many others."""
    longest = _MAX_NAMES_BYTES // max(len(parameters), 1)
    if all(4 * len(name) <= longest for name in parameters):
        return parameters
    return {name: value for name, value in parameters.items() if len(name.encode()) <= longest}
