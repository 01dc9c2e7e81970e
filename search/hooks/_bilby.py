"""bilby: a likelihood that any of its samplers takes, and a `print_func` for dynesty.

`hook = hooks.bilby(update, likelihood, priors)`, and `bilby.run_sampler(hook.likelihood, priors, ...)`.
"""

from __future__ import annotations

import functools
import importlib
import math
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from autoviz_render.search.hooks.findings import Display, chosen_display, guard_of, refuse_misplaced, tell
from autoviz_render.search.quick_update import QuickUpdate
from autoviz_render.search.statistics.priority_sample import PrioritySample
from autoviz_render.spool.arrays import Floats
from autoviz_render.spool.errors import SpoolError, WrongTypeError, checks_arguments
from autoviz_render.spool.guard import wrong
from autoviz_render.spool.store import Spool
from autoviz_render.spool.weights import effective_sample_size

_METHODS = ("log_likelihood", "log_likelihood_ratio")
_NOT_KNOWN = 1e300  # what dynesty and bilby write for what is not known


@checks_arguments
def bilby(
    update: QuickUpdate,
    likelihood: Any,
    priors: Mapping[str, Any],
    *,
    progress: Display = True,
    evaluations: int | None = None,
) -> BilbyHook:
    """A likelihood and a `print_func` for `bilby.run_sampler`.

    The likelihood tells every point that a sampler evaluates in this process: of any sampler the best point is known,
    and how many were evaluated. Evaluations in the processes of a pool (`npool`) are not seen. With `print_func`, which
    bilby hands to dynesty, the posterior and the evidence so far are known too, also with a pool.

    Args:
        update: Publishes what is found.
        likelihood: Any `bilby.Likelihood`. It does not change.
        priors: The priors that `run_sampler` is given. The parameters are those of them that are not fixed.
        progress: What `print_func` shows: True for dynesty's own line or bar, False for nothing, or a `print_func` of
            your own, called afterwards.
        evaluations: The count at which the run begins. bilby resumes by itself and does not tell its count: by default
            it is that of the last snapshot that there is.
    """
    refuse_misplaced("bilby", update)
    if not all(callable(getattr(likelihood, name, None)) for name in _METHODS) or isinstance(likelihood, type):
        call = "hooks.bilby(update, likelihood, priors)"
        raise WrongTypeError(wrong("likelihood", likelihood, f"expected a bilby.Likelihood that is made: {call}"))
    if not isinstance(priors, Mapping):
        raise WrongTypeError(wrong("priors", priors, "expected a PriorDict, or a dictionary of priors"))
    return BilbyHook(update, likelihood, priors, progress, evaluations)


class BilbyHook:
    """What `bilby` gives.

    Attributes:
        likelihood: For `run_sampler`: of the class of the one given by name, with the same attributes.
        print_func: For `run_sampler(..., sampler="dynesty", print_func=...)`. It never raises.
    """

    def __init__(
        self,
        update: QuickUpdate,
        likelihood: Any,
        priors: Mapping[str, Any],
        progress: Display,
        evaluations: int | None,
    ) -> None:
        self._update, self._progress = update, progress
        self._guard = guard_of("bilby")
        self._names: Sequence[str] = []
        with self._guard("naming the parameters"):
            self._names = _free(priors)
            update.name_parameters(self._names)
        self._found = _Found(len(self._names))
        with self._guard("reading how far an earlier run came"):
            self._found.evaluations = _last_count(update) if evaluations is None else evaluations
        self._show: Callable[..., object] | None = None
        self.likelihood = _watched(likelihood, self._evaluated)

    def __call__(self, result: Any) -> None:
        """Publish how a run ended, of any sampler: the posterior and the evidence. Never raises.

        Args:
            result: What `bilby.run_sampler` returned.
        """
        with self._guard("taking note of the result"):
            self._found.end(result, self._names)
            point, top = self._found.best_of(result, self._names)
            tell(self._update, self._found, point, top, evaluations=self._found.evaluations)

    def print_func(self, results: Any, niter: int, ncall: int, *arguments: Any, **named: Any) -> None:
        """Take note of a point that died, and show what is to be shown.

        Args:
            results: What dynesty tells of an iteration.
            niter: How many there were.
            ncall: How many points were evaluated for this one.
            *arguments: What else dynesty tells.
            **named: The same.
        """
        with self._guard("taking note of a step"):
            self._found.add(results, named.get("dlogz"))
            self._found.evaluations = max(self._found.evaluations, int(ncall))  # in a pool they are not seen
            point, top = results.vstar, results.loglstar
            tell(self._update, self._found, point, _known(top), evaluations=self._found.evaluations)
        if self._progress is not False and self._show is None:  # not before: a bar that is made shows itself
            self._show = chosen_display(self._progress, _own_display) or _nothing
        if self._show is not None:
            self._show(results, niter, ncall, *arguments, **named)

    def _evaluated(self, parameters: Mapping[str, Any], log_likelihood: Any) -> None:
        with self._guard("taking note of a point"):
            if all(name in parameters for name in self._names):
                point = [parameters[name] for name in self._names]
                self._found.evaluations += 1
                count = self._found.evaluations
                tell(self._update, self._found, point, _known(float(log_likelihood)), evaluations=count)


class _Found:
    """What the points that died tell of posterior and evidence."""

    def __init__(self, parameters: int) -> None:
        self._dead = PrioritySample(parameters + 1)  # and the log likelihood
        self._numbers: dict[str, Any] = {}
        self._is_begun = False
        self._last: tuple[float, ...] | None = None
        self.evaluations = 0

    def add(self, step: Any, dlogz: float | None) -> None:
        """The point that died."""
        if (last := (step.loglstar, *step.vstar)) == self._last:
            return  # bilby stops dynesty to write a checkpoint, and goes on: the last point is told again
        self._last, self._is_begun = last, True
        self._dead.add([[*step.vstar, step.loglstar]], [step.logwt])
        variance = float(step.logzvar)
        self._numbers = {
            "log_evidence": step.logz,
            "log_evidence_error": math.sqrt(variance) if 0 <= variance < _NOT_KNOWN else None,
            "remaining": step.delta_logz,
            "remaining_target": dlogz,
            "log_volume": step.logvol,
            "log_likelihood_contour": step.loglstar,
            "efficiency": step.eff / 100,
        }

    def end(self, result: Any, names: Sequence[str]) -> None:
        """By weight, of a nested sampler, or else of equal weight, as bilby gives them."""
        nested: Any = getattr(result, "nested_samples", None)
        is_weighted = nested is not None and "weights" in nested
        table: Any = nested if is_weighted else result.posterior
        columns = [np.asarray(table[name], dtype=np.float64) for name in (*names, "log_likelihood")]
        weights = np.asarray(table["weights"], dtype=np.float64) if is_weighted else np.ones(len(table))
        self._dead = PrioritySample(len(columns))
        with np.errstate(divide="ignore"):
            self._dead.add(np.column_stack(columns), np.log(weights))
        self._is_begun = True
        numbers = {"log_evidence": result.log_evidence, "log_evidence_error": result.log_evidence_err}
        self._numbers |= numbers | {"remaining": 0.0 if "remaining" in self._numbers else None}

    def best_of(self, result: Any, names: Sequence[str]) -> tuple[Floats, float]:
        posterior = result.posterior
        densities = np.asarray(posterior["log_likelihood"], dtype=np.float64)
        best = int(np.where(np.isnan(densities), -np.inf, densities).argmax())
        return np.array([float(posterior[name].iloc[best]) for name in names]), float(densities[best])

    def scalars(self) -> dict[str, Any]:
        if not self._is_begun:
            return {}
        return self._numbers | {"effective_sample_size": effective_sample_size(self._dead.arrays()["log_weights"])}

    def samples(self) -> dict[str, Floats]:
        if not self._is_begun:
            return {}
        arrays = self._dead.arrays()
        table = arrays["samples"]
        return arrays | {"samples": table[:, :-1].copy(), "log_likelihoods": table[:, -1].copy()}


def _free(priors: Mapping[str, Any]) -> list[str]:
    """The parameters that a sampler of bilby moves, in its order."""
    if hasattr(priors, "non_fixed_keys"):
        return [str(name) for name in priors.non_fixed_keys]
    return [str(name) for name, prior in priors.items() if getattr(prior, "is_fixed", True) is False]


def _last_count(update: QuickUpdate) -> int:
    """The count of the last snapshot of an earlier run in this place; 0 if there is none."""
    spool = Spool(update.run_dir)
    try:
        newest = spool.newest()
        return 0 if newest is None else spool.read(newest).iteration
    except (OSError, SpoolError):
        return 0


def _watched(likelihood: Any, tell_of: Callable[[Mapping[str, Any], Any], None]) -> Any:
    """A likelihood that shares all attributes with the one given, and tells of each point and its log likelihood."""

    def watching(name: str) -> Callable[..., Any]:
        method = getattr(type(likelihood), name)

        @functools.wraps(method)  # bilby looks whether it has the argument `parameters`
        def evaluated(self: Any, *arguments: Any, **named: Any) -> Any:
            value = getattr(likelihood, name)(*arguments, **named)
            given = arguments[0] if arguments else named.get("parameters")
            tell_of(vars(self).get("_parameters", vars(self).get("parameters")) if given is None else given, value)
            return value

        return evaluated

    kind = type(likelihood)
    names: dict[str, Any] = {name: watching(name) for name in _METHODS}
    names |= {"__module__": kind.__module__, "__qualname__": kind.__qualname__, "__doc__": kind.__doc__}
    # what is pickled, for a pool or a checkpoint, is the likelihood itself
    names["__reduce_ex__"] = lambda _, protocol: likelihood.__reduce_ex__(protocol)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what bilby says of a class is said of the one given
        watched_kind: Any = type(kind.__name__, (kind,), names)
    made = object.__new__(watched_kind)
    object.__setattr__(made, "__dict__", likelihood.__dict__)
    return made


def _known(log_likelihood: float) -> float:
    """What stands for a likelihood of zero is no best."""
    return log_likelihood if log_likelihood > -_NOT_KNOWN else -np.inf


def _own_display() -> Callable[..., object]:
    """The bar of tqdm if that is installed, else a line on standard error."""
    _, show = importlib.import_module("dynesty.utils").get_print_func(None, True)
    return show  # type: ignore[no-any-return]


def _nothing(*arguments: Any, **named: Any) -> None:
    """Shows nothing."""
