"""The tree of xarray that ArviZ takes from version 1 on: a group for the posterior, one for what is known of each draw.

Names of groups and dimensions follow https://python.arviz.org/projects/base/en/latest/arviz_base/schema.html
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from autoviz_render.spool.arrays import Array
from autoviz_render.spool.interchange.labels import unique, with_unit
from autoviz_render.spool.interchange.packages import needed_by
from autoviz_render.spool.interchange.samples import Samples
from autoviz_render.spool.snapshot import Snapshot
from autoviz_render.spool.text import printable

if TYPE_CHECKING:
    from xarray import DataTree

    __all__ = ["DataTree", "tree_of"]

_LONGEST = 200  # characters of a name
_OBSERVED = ("data", "observed", "visibilities", "flux")
"""How the names of arrays that were measured begin, or end."""


def tree_of(snapshot: Snapshot, samples: Samples, *, resample: bool = False, program: str = "") -> DataTree:
    """As `Spool.to_datatree` says. Raises MissingPackageError."""
    with needed_by("to_datatree"):
        import xarray as xr
    chosen = samples.equally_weighted() if resample else samples
    chains = _Chains(chosen)
    observed = {name: array for name, array in snapshot.static.items() if _is_observed(name)}
    constant = {name: array for name, array in snapshot.static.items() if name not in observed}
    groups = {
        "posterior": xr.Dataset(_parameters(chosen, chains), chains.coordinates),
        "sample_stats": xr.Dataset(_statistics(chosen, chains), chains.coordinates),
        "observed_data": _arrays(xr, observed),
        "constant_data": _arrays(xr, constant),
    }
    kept = {name: each for name, each in groups.items() if name == "posterior" or len(each.data_vars)}
    tree = xr.DataTree.from_dict({f"/{name}": each for name, each in kept.items()})
    tree.attrs.update(_facts(snapshot, samples, program, is_resampled=resample and samples.weights is not None))
    return tree


class _Chains:
    """Samples as array[chain, draw]: chains of different lengths lose the first draws of the longer ones.

    Args:
        samples: Whose chains.
    """

    def __init__(self, samples: Samples) -> None:
        chain = np.zeros(len(samples), np.intp) if samples.chain is None else samples.chain
        rows = [np.flatnonzero(chain == number) for number in range(int(chain.max(initial=0)) + 1)]
        shortest = min(map(len, rows))
        self._rows = np.stack([each[len(each) - shortest :] for each in rows])
        self.coordinates = {"chain": np.arange(len(rows)), "draw": np.arange(shortest)}

    def of(self, values: Array) -> tuple[tuple[str, str], Array]:
        """array[sample] as a variable of xarray's."""
        return ("chain", "draw"), values[self._rows]


def _parameters(samples: Samples, chains: _Chains) -> dict[str, Any]:
    names = unique(_named(samples.names), ("chain", "draw"))
    labels = samples.labels or ("",) * len(names)
    units = samples.units or ("",) * len(names)
    return {
        name: (*chains.of(column), _attributes(label, unit))
        for name, column, label, unit in zip(names, samples.values.T, labels, units, strict=True)
    }


def _attributes(label: str, unit: str) -> dict[str, str]:
    told = {"long_name": printable(with_unit(label, ""), _LONGEST), "units": printable(unit, _LONGEST)}
    return {name: text for name, text in told.items() if text}


def _statistics(samples: Samples, chains: _Chains) -> dict[str, Any]:
    known = {
        "lp": samples.log_density if samples.log_density is not None else None,
        "log_likelihood": samples.log_likelihood,
        "log_likelihood_birth": samples.log_likelihood_birth,
        "weights": samples.weights,
    }
    return {name: chains.of(each) for name, each in known.items() if each is not None}


def _is_observed(name: str) -> bool:
    last = name.rpartition("/")[2].lower()
    return any(last == word or last.startswith(f"{word}_") or last.endswith(f"_{word}") for word in _OBSERVED)


def _arrays(xr: Any, arrays: Mapping[str, Array]) -> Any:
    """A dataset of arrays, each with dimensions of its own; those of bytes are left out."""
    numbers = {name: array for name, array in arrays.items() if array.dtype.kind in "biufc"}
    names = unique(each.replace("/", ".") for each in _named(numbers))
    return xr.Dataset(
        {
            name: (tuple(f"{name}_dim_{axis}" for axis in range(array.ndim)), array)
            for name, array in zip(names, numbers.values(), strict=True)
        }
    )


def _named(names: Iterable[str]) -> list[str]:
    """Names in a tree, in which a slash leads into a group."""
    return [printable(name, _LONGEST).replace("/", ".") for name in names]


def _facts(snapshot: Snapshot, samples: Samples, program: str, *, is_resampled: bool) -> dict[str, Any]:
    """What the tree says of itself, in types that netCDF and Zarr store."""
    facts = {
        "run": printable(snapshot.run, _LONGEST),
        "program": printable(program, _LONGEST),
        "epoch": snapshot.epoch,
        "sequence": snapshot.sequence,
        "iteration": snapshot.iteration,
        "counts": printable(snapshot.counts, _LONGEST),
        "log_likelihood": snapshot.log_likelihood,
        "weighted": int(samples.weights is not None and not is_resampled),
        "resampled": int(is_resampled),
        "effective_sample_size": samples.effective_sample_size,
    }
    return {name: value for name, value in facts.items() if value != ""}
