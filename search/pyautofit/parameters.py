"""The free parameters of an instance of a model: PyAutoFit gives its quick updates the instance, not the vector."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from autoviz_render.spool.arrays import Floats


def parameter_names(model: Any) -> list[str]:
    """`lens.mass.centre_0`, ...: as in the model's `samples.csv`, in the order of its vectors.

    Without what all of them begin with, such as `galaxies.` if there are galaxies alone.
    """
    paths = [str(name).split(".") for name in model.model_component_and_parameter_names]
    while len(paths) > 1 and len({path[0] for path in paths}) == 1 and min(len(path) for path in paths) > 2:
        paths = [path[1:] for path in paths]
    return [".".join(path) for path in paths]


def parameter_labels(model: Any) -> dict[str, str]:
    """By the parameter's name what PyAutoFit's configuration calls it: `$\\theta_{\\rm Ein}^{\\rm lens}$`.

    None if two would be called the same: PyAutoFit calls a parameter that its configuration does not know by the first
    letter of its name.
    """
    labels = [str(label) for label in model.parameter_labels_with_superscripts_latex]
    return dict(zip(parameter_names(model), labels, strict=True)) if len(set(labels)) == len(labels) else {}


def parameter_values(model: Any, instance: Any) -> Floats:
    """array[parameter], the vector that the instance was made of.

    Raises:
        AttributeError, LookupError, TypeError, ValueError: It cannot be told from the instance, as for parameters that
            the model combines with others before it uses them.
    """
    values = _read(model, instance)
    if values.size != model.prior_count:
        raise ValueError(f"the instance tells {values.size} of {model.prior_count} parameters")
    again = model.instance_from_vector(vector=values.tolist(), ignore_assertions=True)
    if not np.array_equal(_read(model, again), values):
        raise ValueError("the model changes its parameters on their way into an instance")
    return values


def _read(model: Any, instance: Any) -> Floats:
    return np.array([float(np.asarray(_at(instance, path))) for path in model.unique_prior_paths], dtype=np.float64)


def _at(instance: Any, path: Iterable[str | int]) -> Any:
    found = instance
    for name in path:
        if isinstance(found, tuple):  # a pair such as a centre has priors centre_0 and centre_1
            found = found[int(str(name).rsplit("_", 1)[1])]
        elif isinstance(name, int):
            found = found[name]
        else:
            found = getattr(found, name)
    return found
