"""The posterior of a snapshot as a value: points, weights, contours, labels."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from autoviz_render.spool.arrays import Array, Floats, Indices
from autoviz_render.spool.interchange.labels import COLUMN_LABELS, as_text, safe_cell, unique, with_unit
from autoviz_render.spool.interchange.packages import needed_by
from autoviz_render.spool.text import cut, printable, shown_safely
from autoviz_render.spool.weights import effective_sample_size

if TYPE_CHECKING:
    import anesthetic
    import pandas as pd

_MOST_SHOWN = 8  # names in a `repr`
_TAKEN = (*COLUMN_LABELS, "weights", "")  # no names for parameters in a table


@dataclass(frozen=True, eq=False, repr=False)
class Samples:
    """Points of a posterior, as a snapshot holds them. NumPy's arrays, and nothing that needs another package.

    Attributes:
        names: Of the parameters.
        values: array[sample, parameter], in the parameters' units. Those of a nested sampler are in the order of their
            log likelihood.
        weights: array[sample], of sum one; None if all weigh the same, as those of a chain do.
        log_likelihood: array[sample], in nats; None if it is not known.
        log_likelihood_birth: array[sample], in nats, of the contour within which each point was drawn, -inf for the
            prior; None if no nested sampler gave them.
        live_counts: array[sample], how many live points shrank the prior volume to each of them. Of all points of a run
            these are whole numbers. Of some of them, as a snapshot of a long run keeps, they are fewer, so that they
            add up to the same volumes.
        log_density: array[sample], of the posterior up to a constant, in nats; None if it is not known.
        chain: array[sample], the number of each sample's chain; None if there is one.
        labels: Of the parameters, in plain text with LaTeX between dollar signs; empty for those without one.
        units: Of the parameters, in plain text; empty for those without one.
    """

    names: tuple[str, ...]
    values: Floats
    weights: Floats | None = None
    log_likelihood: Floats | None = None
    log_likelihood_birth: Floats | None = None
    live_counts: Floats | None = None
    log_density: Floats | None = None
    chain: Indices | None = None
    labels: tuple[str, ...] = ()
    units: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.values)

    @shown_safely
    def __repr__(self) -> str:
        shown = ", ".join(printable(name, 30) for name in self.names[:_MOST_SHOWN])
        more = f" and {len(self.names) - _MOST_SHOWN} more" * (len(self.names) > _MOST_SHOWN)
        known = [name for name, each in self._known() if each is not None]
        size = f", effective sample size {self.effective_sample_size:.0f}" if self.weights is not None else ""
        return cut(f"Samples({len(self)} of {shown}{more}; {', '.join(known) or 'nothing else'}{size})", 300)

    @property
    def effective_sample_size(self) -> float:
        """Kish's, of the weights; the number of samples if all weigh the same."""
        if self.weights is None:
            return float(len(self))
        with np.errstate(divide="ignore"):
            return effective_sample_size(np.log(self.weights))

    def columns(self) -> dict[str, tuple[str, Array]]:
        """The columns of a table in a file: a label and array[sample] for each name, the parameters first.

        Names are made fit for every reader: no formula of a spreadsheet, none twice, and none of those behind the
        parameters, which are `logL`, `logL_birth` and `nlive`, `logP`, `chain`, as far as they are known.
        """
        names = unique(map(safe_cell, self.names), _TAKEN)
        parameters = {
            name: (safe_cell(label), self.values[:, number])
            for number, (name, label) in enumerate(zip(names, self.full_labels(), strict=True))
        }
        others = ((name, COLUMN_LABELS[name], each) for name, each in self._others().items())
        return parameters | {name: (label, each) for name, label, each in others}

    def beside(self) -> dict[str, Array]:
        """What is known of each sample beside its parameters: array[sample] by name, `weights` and those above."""
        return ({} if self.weights is None else {"weights": self.weights}) | self._others()

    def full_labels(self) -> list[str]:
        """The labels of the parameters with their units, as text with LaTeX between dollar signs."""
        told = zip(self.names, self.labels or self.names, self.units or ("",) * len(self.names), strict=True)
        return [as_text(with_unit(label or name, unit) if label or unit else "", name) for name, label, unit in told]

    def to_pandas(self) -> pd.DataFrame:
        """A table: a column for each parameter, then `weights`, `logL`, `logL_birth`, `nlive`, `logP` and `chain`.

        Those that are not known have no column.

        Raises:
            MissingPackageError: pandas is not installed: `pip install 'autoviz-render[interchange]'`.
        """
        with needed_by("to_pandas"):
            import pandas as pd
        parameters = dict(zip(unique(self.names, _TAKEN), self.values.T, strict=True))
        return pd.DataFrame({**parameters, **self.beside()})

    def to_anesthetic(self) -> anesthetic.Samples:
        """A `NestedSamples` if the contours of birth are known, else `MCMCSamples`: the table of `samples.csv`.

        It has the bits of the samples, while pandas, by which anesthetic reads a text, may miss by one or two in the
        last place.

        Raises:
            MissingPackageError: anesthetic is not installed: `pip install 'autoviz-render[interchange]'`.
        """
        with needed_by("to_anesthetic"):
            import anesthetic
        columns = self.columns()
        made: dict[str, Any] = {
            "data": {name: each for name, (_, each) in columns.items()},
            "labels": [label for label, _ in columns.values()],
        }
        if self.weights is not None:
            made["weights"] = self.weights
        return anesthetic.NestedSamples(**made) if "nlive" in columns else anesthetic.MCMCSamples(**made)

    def equally_weighted(self, count: int | None = None, seed: int = 0) -> Samples:
        """Samples of equal weight, drawn from these: the same at every call.

        Args:
            count: How many; by default the effective sample size, rounded up.
            seed: Of the one random number that is needed.

        Source: Systematic resampling, Kitagawa (1996), J. Comp. Graph. Stat. 5, 1.
        """
        if self.weights is None:
            return self
        count = max(1, int(np.ceil(self.effective_sample_size))) if count is None else count
        places = (np.arange(count) + np.random.default_rng(seed).random()) / count
        ends = np.cumsum(self.weights)
        chosen = np.searchsorted(ends / ends[-1], places, side="right").clip(max=len(self) - 1)
        return replace(self.at(chosen), weights=None, log_likelihood_birth=None, live_counts=None)

    def _known(self) -> list[tuple[str, Array | None]]:
        names = ("weights", "log_likelihood", "log_likelihood_birth", "live_counts", "log_density", "chain")
        return [(name, getattr(self, name)) for name in names]

    def at(self, chosen: Indices) -> Samples:
        """Some of them, in that order.

        Args:
            chosen: array[k] of their numbers.
        """
        rows: dict[str, Any] = {name: None if each is None else each[chosen] for name, each in self._known()}
        return replace(self, values=self.values[chosen], **rows)

    def _others(self) -> dict[str, Array]:
        """The columns behind the parameters."""
        found: dict[str, Array | None] = {
            "logL": self.log_likelihood,
            "logL_birth": self.log_likelihood_birth,
            "nlive": self._counts(),
        }
        found |= {"logP": self.log_density, "chain": self.chain}
        return {name: each for name, each in found.items() if each is not None}

    def _counts(self) -> Floats | None:
        """How many live points there were at each; from births and deaths if nobody said."""
        deaths, births = self.log_likelihood, self.log_likelihood_birth
        if deaths is None or births is None or self.live_counts is not None:
            return self.live_counts
        born = np.searchsorted(np.sort(births), deaths, side="left")
        return np.asarray(np.maximum(born - np.arange(deaths.size), 1), dtype=np.float64)
