"""What a snapshot's file holds, and where in it: the fixed paths of `docs/format.md`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from autoviz_render.spool.arrays import Array
from autoviz_render.spool.errors import UnreadableError
from autoviz_render.spool.format.fitting import fitting_parameters
from autoviz_render.spool.snapshot import Snapshot

_DIGEST_LENGTH = 64


def snapshot_datasets(snapshot: Snapshot, digests: tuple[str, ...]) -> dict[str, Array]:
    """The datasets of a snapshot by path; `snapshot.static` is named by its digests, not stored."""
    parameters = fitting_parameters(snapshot.parameters)
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
