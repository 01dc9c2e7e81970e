"""What a fit is called: for a cell of a grid search by what tells it from the others."""

from __future__ import annotations

from pathlib import PurePath
from typing import Any

_STEP = "optimization_"


def title_of(paths: Any, model: Any) -> str:
    """The name of the search; of a cell of a grid the ranges of its priors, too: `subhalo: centre_0 -1 to -0.5, ...`;
    of a factor in expectation propagation its name and the step.

    PyAutoFit calls such a cell by the search's name, a digest, and the path, lower and upper limit of each prior, all
    with underscores between them: too long for a line, and what tells two of them apart stands in its middle.

    Args:
        paths: PyAutoFit's, of the fit.
        model: What is fitted.
    """
    name = str(getattr(paths, "name", None) or "") or _step(paths)
    *search, _, label = ("", "", *PurePath(name).parts)
    cell = _cell(label, model) if search[2:] else []
    if not cell:
        return name
    ranges = (f"{word} {prior.lower_limit:.6g} to {prior.upper_limit:.6g}" for word, prior in _words(cell))
    return f"{'/'.join(search[2:])}: {', '.join(ranges)}"


def _step(paths: Any) -> str:
    """Of a factor that expectation propagation fits time and again: the graph's name, the factor's, and which time."""
    *factor, label = PurePath(str(getattr(paths, "analysis_name", None) or "")).parts or ("",)
    number = label.removeprefix(_STEP)
    if not factor or number == label or not number.isdecimal():
        return ""
    graph = str(getattr(paths.parent, "name", None) or "")
    return ", ".join([*([graph] if graph else []), "/".join(factor), f"step {int(number) + 1}"])


def _cell(label: str, model: Any) -> list[tuple[tuple[str, ...], Any]]:
    """The priors of a cell with their paths, in the order of its label."""
    found = []
    for path, prior in model.path_priors_tuples:
        limits = (getattr(prior, name, None) for name in ("lower_limit", "upper_limit"))
        low, high = (float("nan") if limit is None else float(limit) for limit in limits)
        place = f"_{label}_".find(f"_{model.name_for_prior(prior)}_{low:.2f}_{high:.2f}_")
        if place >= 0:
            found.append((place, tuple(map(str, path)), prior))
    return [(path, prior) for _, path, prior in sorted(found, key=lambda each: each[0])]


def _words(cell: list[tuple[tuple[str, ...], Any]]) -> list[tuple[str, Any]]:
    """Each prior with the end of its path, as much of it as tells it from the others."""
    longest = max(len(path) for path, _ in cell)
    for length in range(1, longest + 1):
        words = [".".join(path[-length:]) for path, _ in cell]
        if len(set(words)) == len(words):
            break
    return [(word, prior) for word, (_, prior) in zip(words, cell, strict=True)]
