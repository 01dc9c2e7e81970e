"""What a search leaves in its run directory: `samples.csv` and `result.json`."""

from __future__ import annotations

import io
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from autoviz_render.spool.arrays import Floats
from autoviz_render.spool.interchange.samples import Samples
from autoviz_render.spool.system.atomic import write_whole
from autoviz_render.spool.text import printable, shown_safely

if TYPE_CHECKING:
    import pandas as pd

_MOST_SHOWN = 10  # parameters


@dataclass(frozen=True)
class Result:
    """The result of a nested sampling run.

    Attributes:
        parameter_names: In the order of the columns of `samples`.
        samples: array[sample, parameter], in physical units; dead points in the order of their death, then the live
            ones.
        log_likelihood: array[sample], in nats.
        log_likelihood_birth: array[sample], in nats, of the contour within which each point was drawn; NaN for the
            prior.
        log_weights: array[sample], in nats; the weights sum to one.
        log_evidence: In nats.
        log_evidence_error: In nats.
        effective_sample_size: Kish's.
        iterations: Steps of the sampler, of all starts of the run.
        evaluations: Calls of the likelihood, of all starts of the run.
        wall_time: Seconds, of all starts of the run.
        compilations: Of JAX, from the last start to the end of sampling.
        compilations_after_first_update: Those among them after the first step and quick update.
        quick_updates: How many were published since the last start.
        chunk_size: How many likelihoods were computed side by side.
    """

    parameter_names: tuple[str, ...]
    samples: Floats
    log_likelihood: Floats
    log_likelihood_birth: Floats
    log_weights: Floats
    log_evidence: float
    log_evidence_error: float
    effective_sample_size: float
    iterations: int
    evaluations: int
    wall_time: float
    compilations: int
    compilations_after_first_update: int
    quick_updates: int
    chunk_size: int = 1

    @shown_safely
    def __repr__(self) -> str:
        each = zip(self.parameter_names, self.mean(), self.standard_deviation(), strict=True)
        told = ", ".join(f"{name} {mean:.4g} ± {error:.2g}" for name, mean, error in [*each][:_MOST_SHOWN])
        more = f" and {len(self.parameter_names) - _MOST_SHOWN} more" * (len(self.parameter_names) > _MOST_SHOWN)
        evidence = f"log evidence {self.log_evidence:.2f} ± {self.log_evidence_error:.2f}"
        return f"Result({evidence}, {printable(told, 500)}{more}, {len(self.samples)} samples)"

    def to_samples(self) -> Samples:
        """All points as `Spool.samples` has those of a snapshot: for anesthetic, or as a table of pandas."""
        order = np.argsort(self.log_likelihood, kind="stable")
        birth = self.log_likelihood_birth
        made = Samples(
            self.parameter_names,
            self.samples,
            weights=np.exp(self.log_weights),
            log_likelihood=self.log_likelihood,
            log_likelihood_birth=np.where(np.isnan(birth), -np.inf, birth),
        )
        return made.at(order)

    def to_pandas(self) -> pd.DataFrame:
        """A table: a column for each parameter, then `weights`, `logL`, `logL_birth` and `nlive`.

        Raises:
            MissingPackageError: pandas is not installed: `pip install 'autoviz-render[interchange]'`.
        """
        return self.to_samples().to_pandas()

    def mean(self) -> Floats:
        """The posterior mean: array[parameter]."""
        return np.asarray(np.exp(self.log_weights) @ self.samples)

    def standard_deviation(self) -> Floats:
        """The posterior standard deviation: array[parameter]."""
        return np.asarray(np.sqrt(np.exp(self.log_weights) @ (self.samples - self.mean()) ** 2))

    def best(self) -> Floats:
        """The point of the highest log likelihood: array[parameter]."""
        return np.asarray(self.samples[self.log_likelihood.argmax()])

    def summary(self) -> dict[str, Any]:
        """What `result.json` holds: the numbers by name, and each parameter's mean, error and best value."""
        columns = np.stack([self.mean(), self.standard_deviation(), self.best()], axis=1).tolist()
        parts = ("mean", "standard_deviation", "best")
        parameters = [dict(zip(parts, values, strict=True)) for values in columns]
        return {
            **{name: value for name, value in vars(self).items() if isinstance(value, int | float)},
            "maximum_log_likelihood": float(self.log_likelihood.max()),
            "parameters": dict(zip(self.parameter_names, parameters, strict=True)),
        }


def write_result(run_dir: Path, result: Result) -> None:
    """Write `samples.csv` and `result.json` into the run directory, each whole. Raises OSError."""
    run_dir.mkdir(parents=True, exist_ok=True)
    table = np.column_stack([result.samples, result.log_likelihood, result.log_likelihood_birth, result.log_weights])
    header = ",".join([*result.parameter_names, "log_likelihood", "log_likelihood_birth", "log_weight"])
    text = io.StringIO()
    np.savetxt(text, table, delimiter=",", header=header, comments="", fmt="%.17g")
    write_whole(run_dir / "samples.csv", [text.getvalue().encode()], tmp=run_dir)
    content = json.dumps(_without_nan(result.summary()), indent=2, allow_nan=False) + "\n"
    write_whole(run_dir / "result.json", [content.encode()], tmp=run_dir)


def _without_nan(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _without_nan(item) for name, item in value.items()}
    return None if isinstance(value, float) and not math.isfinite(value) else value
