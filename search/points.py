"""The points that a sampler gives: which shapes fit each other, and how they are read."""

from __future__ import annotations

import itertools
import math
import operator
import sys
from collections.abc import Mapping
from typing import Any

import numpy as np

from autoviz_render.spool.arrays import Floats
from autoviz_render.spool.errors import WrongTypeError, WrongValueError
from autoviz_render.spool.guard import wrong
from autoviz_render.spool.weights import SAMPLE_ARRAYS


def as_floats(values: Any) -> Floats:
    """As float64; masked values are NaN. NumPy loads its module of masked arrays when it is first used."""
    if "numpy.ma" in sys.modules and isinstance(values, np.ma.MaskedArray):
        return np.asarray(np.ma.filled(values.astype(np.float64), np.nan))
    return np.asarray(values, dtype=np.float64)


def numbers_of(name: str, values: Any) -> Floats:
    """The values of an argument as float64.

    Raises:
        WrongTypeError: They are no numbers.
    """
    expected = "expected numbers: update(array[parameter], log_likelihood), or (array[point, parameter], array[point])"
    if values is None or isinstance(values, Mapping):
        hint = "; of a mapping, list(values.values())" if isinstance(values, Mapping) else ""
        raise WrongTypeError(wrong(name, values, f"{expected}{hint}"))
    try:
        return as_floats(values)
    except (TypeError, ValueError):
        hint = "; call it outside of jax.jit, or by jax.debug.callback" if "Tracer" in type(values).__name__ else ""
        raise WrongTypeError(wrong(name, values, f"{expected}{hint}")) from None


def points_of(parameters: Floats, log_likelihoods: Floats, known: int = 0) -> Floats:
    """The points, in the order of the log likelihoods.

    Args:
        parameters: Any number of axes: the first ones count the points, one for each log likelihood; the others are
            those of one point.
        log_likelihoods: A number, or an array of any shape.
        known: The number of parameters; 0 if it is not known.

    Returns:
        array[point, parameter].

    Raises:
        WrongValueError: They do not fit: a transposed array of points must not be read in the wrong order.
    """
    shape, count = parameters.shape, log_likelihoods.size
    if count == 1 and len(shape) == 1:
        return parameters.reshape(1, -1)
    is_batch = count == 1 and parameters.ndim > 1 and shape[-1] == known != parameters.size
    if is_batch or count not in itertools.accumulate(shape, operator.mul, initial=1):
        swapped = "; the parameters come first: are the two swapped?" if len(shape) < log_likelihoods.ndim else ""
        raise WrongValueError(
            f"parameters of shape {shape} do not fit log_likelihood of shape {log_likelihoods.shape}; expected "
            f"array[parameter] and a number, or array[point, parameter] and array[point]{swapped}"
        )
    return parameters.reshape(count, -1)


def best_of(log_likelihoods: Floats) -> tuple[int, float]:
    """The index, over all axes, and the value of the greatest that is finite; 0 and -inf if none is."""
    if log_likelihoods.ndim == 0:
        return 0, value if math.isfinite(value := float(log_likelihoods)) else -math.inf
    usable = np.where(np.isfinite(log_likelihoods), log_likelihoods, -np.inf).ravel()
    index = int(usable.argmax())
    return index, float(usable[index])


def fit_samples(arrays: dict[str, Any], parameters: int) -> list[tuple[str, WrongValueError]]:
    """Make samples fit the figure of a posterior, in place.

    Args:
        arrays: `samples` and `live_points`, array[point, parameter], those of `SAMPLE_ARRAYS`, array[sample], and any
            others. Samples without weights may be array[chain, draw, parameter].
        parameters: How many there are.

    Returns:
        What was left out, by name, and why.
    """
    left_out = []
    for name in ("samples", "live_points"):
        shape = np.shape(arrays.get(name, np.empty((0, parameters))))
        if name == "samples" and len(shape) == 3 and shape[2] == parameters and "log_weights" not in arrays:
            continue
        if len(shape) == 1 and parameters == 1:
            arrays[name] = np.reshape(arrays[name], (-1, 1))
        elif len(shape) != 2 or shape[1] != parameters:
            left_out.append((name, WrongValueError(f"its shape is {shape}; expected array[point, {parameters}]")))
    for name in SAMPLE_ARRAYS if "samples" in arrays else ():
        count = len(arrays["samples"])
        shape = np.shape(arrays.get(name, np.empty(count)))
        if shape != (count,):
            left_out.append((name, WrongValueError(f"its shape is {shape}; expected ({count},), one for each sample")))
    for name, _ in left_out:
        arrays.pop(name, None)
        if name in {"samples", "log_weights"}:  # without their weights samples would show another posterior
            for each in ("samples", *SAMPLE_ARRAYS):
                arrays.pop(each, None)
    return left_out
