"""`live`: an analysis of PyAutoFit whose quick updates are published and drawn by another process."""

from __future__ import annotations

import copy
import functools
import logging
import os
import pickle
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from autoviz_render.search.arguments import refuse_no_function
from autoviz_render.search.backends import Display, Where, chosen_display, refuse_unknown_figures
from autoviz_render.search.pyautofit import graphs, running_fits
from autoviz_render.search.pyautofit.figure_arrays import FigureArrays, GivenFigureArrays
from autoviz_render.search.pyautofit.fit import LiveFit, Settings
from autoviz_render.search.pyautofit.lensing import lensing_arrays
from autoviz_render.spool.errors import WrongTypeError, checks_arguments
from autoviz_render.spool.format.descriptions import checked_descriptions
from autoviz_render.spool.guard import Guard, wrong
from autoviz_render.spool.publisher import checked_figures

log = logging.getLogger("autoviz_render.search")

A = TypeVar("A")

Function = Callable[[Any], Mapping[str, Any]]

_over: set[str] = set()
"""The keys of the analyses whose fit is over."""

_told: set[str] = set()
"""The keys of those that were told of a fit, or of which it was said that there is none to show."""

_classes: dict[type[Any], type[Any]] = {}
"""By the analysis's own class, that of a live one."""


@checks_arguments
def live(
    analysis: A,
    *,
    arrays: Function | None = None,
    figure: str | Sequence[str] | None = None,
    static: Mapping[str, Any] | None = None,
    renderer: Where | None = "process",
    display: Display = "auto",
    units: Mapping[str, str] | None = None,
    labels: Mapping[str, str] | None = None,
    axes: Mapping[str, Sequence[str]] | None = None,
    scales: Mapping[str, str] | None = None,
) -> A:
    """The analysis with live figures: `search.fit(model, live(analysis))`, and nothing else changes.

    Each quick update of the search (`iterations_per_quick_update`), and the figures it draws during the fit, are then a
    snapshot in `spool/` of the search's output and a figure in its `image/`. What the search draws before and after
    is its own, and so are its identifier, samples and results. What goes wrong is logged once a cause. A member of a
    factor graph may be live: it then has a folder of its own in the graph's output.

    Args:
        analysis: Any of PyAutoLens' and PyAutoGalaxy's for imaging or interferometer data, or with `arrays` any
            `af.Analysis`. It does not change.
        arrays: Called with an instance of the model; returns the arrays of the figure by name. If the analysis uses
            JAX, it is traced, and compiled together with the log likelihood.
        figure: The name of the figure, or several; by default `imaging` or `interferometer` for a lens or galaxy, and
            `auto` for another analysis.
        static: Arrays by name that never change (data, noise map); those of a lens or galaxy are known.
        renderer: Where figures are drawn, as for `QuickUpdate`.
        display: Whether the cell of a notebook shows the figure, as for `QuickUpdate`; "auto" does not if the search
            has `live_visual_update`, by which PyAutoFit shows it.
        units: Of arrays and parameters by name, as for `QuickUpdate`.
        labels: What figures call arrays and parameters, as for `QuickUpdate`; parameters that are not named are called
            as PyAutoFit's `config/notation/label.yaml` has it.
        axes: What the axes of arrays are called, as for `QuickUpdate`.
        scales: How their colours follow from their values, as for `QuickUpdate`.

    Returns:
        An analysis of the same class by name, with the same attributes as the one given.

    Raises:
        WrongTypeError, WrongValueError: An argument can never work: nothing is known of the analysis and no arrays are
            given, it has `__slots__`, or there is no such figure or place.
    """
    _refuse_impossible(analysis, arrays, figure, static, renderer)
    chosen_display(display)
    descriptions = checked_descriptions(units, labels, axes, scales)
    settings = Settings(arrays, figure, static, renderer, display, uuid.uuid4().hex, descriptions)
    _figure_arrays(analysis, settings)
    return _live(analysis, settings)  # type: ignore[no-any-return]


class _Live:
    """The methods of a live analysis that are ours. Its class inherits from this one, then from the analysis's own."""

    _live_settings: Settings | None
    """None in a copy that came from another process, whose settings could not come along."""
    _live_own: Any
    """The analysis that was given."""

    def modify_before_fit(self, paths: Any, model: Any) -> Any:
        """The first that an analysis hears of a fit."""
        own = _own(self)
        modified = own.modify_before_fit(paths=paths, model=model)
        settings = _settings(self)
        if settings is None:
            return self if modified is own else modified
        analysis = self if modified is own else _live(modified, settings)
        with Guard(log, paths)("preparing live figures"):
            _begin(analysis, paths, model)
        return analysis

    def save_attributes(self, paths: Any) -> None:
        """The first that a member of a factor graph hears of a fit."""
        _own(self).save_attributes(paths=paths)
        settings = _settings(self)
        if settings is not None:
            with Guard(log, paths)("preparing live figures"):
                _begin_member(self, paths)

    def perform_quick_update(self, paths: Any, instance: Any) -> None:
        """A search has evaluated enough points: publish the best, and return."""
        fit = running_fits.fit_of(paths)
        if fit is None:
            _own(self).perform_quick_update(paths, instance)
        else:
            fit.quick_update(instance)

    def visualize(self, paths: Any, instance: Any, during_analysis: bool, **more: Any) -> None:
        """During the fit as a quick update. Before it and after it what the analysis always draws."""
        has_own_folder = bool(getattr(paths, "image_path_suffix", ""))
        fit = None if has_own_folder else running_fits.fit_of(paths)
        if fit is not None and during_analysis:
            fit.quick_update(instance)
            return
        if fit is not None:
            fit.finish(instance)
        _own(self).visualize(paths=paths, instance=instance, during_analysis=during_analysis, **more)

    def make_result(self, *arguments: Any, **more: Any) -> Any:
        """The fit is over, whether its end was drawn or not."""
        given = dict(zip(("samples_summary", "paths"), arguments, strict=False)) | more
        settings = _settings(self)
        with Guard(log, given["paths"])("ending live figures"):
            running_fits.end(given["paths"], given["samples_summary"])
            if settings is not None:
                running_fits.end_member(given["paths"], settings.key, given["samples_summary"])
        if settings is not None:
            _over.add(settings.key)
        return _own(self).make_result(*arguments, **more)

    def __reduce_ex__(self, protocol: Any) -> Any:
        """Copies in a pool and in a search's checkpoint are live; what is kept of a fit that is over needs no package
        of ours to be read."""
        del protocol
        settings, own = _settings(self), _own(self)
        if settings is not None and settings.key in _over:
            return copy.copy, (own,)
        return _live, (own, settings if _can_be_pickled(settings) else None)

    def __copy__(self) -> Any:
        return _live(copy.copy(_own(self)), _settings(self))

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        return _live(copy.deepcopy(_own(self), memo), _settings(self))


class _LiveVisualizer:
    """The visualizer of a live analysis: its own, but while it is a member of a graph that is fitted one that
    publishes the quick updates of all members. That of the class, by which a graph groups them, is always its own."""

    def __get__(self, analysis: Any, kind: type[Any]) -> Any:
        base, settings = _own_class(kind).Visualizer, _settings(analysis)
        return base if settings is None or not running_fits.is_member(settings.key) else _member_visualizer(base)


@functools.cache
def _member_visualizer(base: type[Any]) -> type[Any]:
    def visualize_combined(
        analyses: Any, paths: Any, instance: Any, during_analysis: bool, quick_update: bool = False
    ) -> None:
        members = running_fits.members_of(paths) if quick_update and analyses else []
        if members:
            is_done = graphs.quick_update(members, analyses, instance)
            overview = running_fits.overview_of(paths)
            with Guard(log, paths)("a quick update of the graph"):
                if overview is not None:
                    overview.quick_update()
            if is_done:
                return
        base.visualize_combined(
            analyses=analyses,
            paths=paths,
            instance=instance,
            during_analysis=during_analysis,
            quick_update=quick_update,
        )

    return type(base.__name__, (base,), {"visualize_combined": staticmethod(visualize_combined)})


def _live(analysis: Any, settings: Settings | None) -> Any:
    """An analysis of a class of its own, that shares all attributes with the one given."""
    own = _own(analysis)
    made: Any = object.__new__(_live_class(type(own)))
    object.__setattr__(made, "__dict__", own.__dict__)
    object.__setattr__(made, "_live_settings", settings)
    object.__setattr__(made, "_live_own", own)
    return made


def _own(analysis: Any) -> Any:
    """The analysis without what is ours; of any other the same."""
    if not isinstance(analysis, _Live):
        return analysis
    own: Any = getattr(analysis, "_live_own", None)
    if own is None:  # it was made by its class, not by `live`
        own = object.__new__(_own_class(type(analysis)))
        object.__setattr__(own, "__dict__", analysis.__dict__)
        object.__setattr__(analysis, "_live_own", own)
    return own


def _own_class(kind: type[Any]) -> type[Any]:
    """The class of an analysis without what is ours."""
    return kind.__bases__[1] if issubclass(kind, _Live) else kind


def _settings(analysis: Any) -> Settings | None:
    return getattr(analysis, "_live_settings", None)


def _live_class(base: type[Any]) -> type[Any]:
    """Named as the analysis's own, for what is written about it; with slots, so that its attributes stay its own."""
    if base not in _classes:
        names = {
            "__slots__": ("_live_settings", "_live_own"),
            "__module__": base.__module__,
            "__qualname__": base.__qualname__,
            "Visualizer": _LiveVisualizer(),
        }
        _classes[base] = type(base.__name__, (_Live, base), names | {"__doc__": base.__doc__})
    return _classes[base]


def _can_be_pickled(settings: Settings | None) -> bool:
    """A checkpoint of the search must not fail for a function that no module holds."""
    try:
        pickle.dumps(settings)
    except Exception:  # noqa: BLE001  pickling runs code of whatever objects there are
        return False
    return True


def _figure_arrays(analysis: Any, settings: Settings) -> FigureArrays:
    own = _own(analysis)
    found = lensing_arrays(own) if settings.arrays is None else GivenFigureArrays(own, settings.arrays)
    if found is None:
        raise WrongTypeError(f"analysis is of the type {type(own).__name__}, of whose fits nothing is known; {_ARRAYS}")
    return found


_ARRAYS = "give live(analysis, arrays=...) a function of an instance that returns the arrays to show by name"


def _refuse_impossible(analysis: object, arrays: object, figure: Any, static: object, renderer: Any) -> None:
    """Look at arguments of `live` before anything is made. Raises WrongTypeError, WrongValueError."""
    own = _own(analysis)
    if isinstance(own, type) or not hasattr(own, "log_likelihood_function"):
        raise WrongTypeError(wrong("analysis", own, "expected an af.Analysis that is made: live(Analysis(...))"))
    if any("__slots__" in vars(kind) and vars(kind)["__slots__"] for kind in type(own).__mro__):
        told = "expected one without __slots__, as its attributes are shared with the live one"
        raise WrongTypeError(wrong("analysis", own, told))
    refuse_no_function("arrays", arrays, "an instance of the model")
    if figure is not None:
        checked_figures(figure)
    refuse_unknown_figures(renderer, figure)
    if static is not None and not isinstance(static, Mapping):
        raise WrongTypeError(wrong("static", static, "expected a mapping of names to arrays, or None"))


def _begin(analysis: Any, paths: Any, model: Any) -> None:
    settings = analysis._live_settings
    _told.add(settings.key)
    if _has_nothing_to_publish(paths):
        return
    _over.discard(settings.key)
    figure_arrays = _figure_arrays(analysis, settings)
    running_fits.begin(LiveFit(paths, model, figure_arrays, settings, is_jax=analysis.is_jax))


def _begin_member(analysis: Any, paths: Any) -> None:
    """The same of a member of a graph, which is told of no model."""
    settings, number = analysis._live_settings, graphs.member_number(paths)
    if number is None:
        if settings.key not in _told:
            _told.add(settings.key)
            log.warning(
                "%s: no live figures: PyAutoFit fits this factor of a graph by itself, and has no quick updates then",
                paths.output_path,
            )
        return
    parent = paths.parent
    if _has_nothing_to_publish(parent):
        return
    _over.discard(settings.key)
    figure_arrays = _figure_arrays(analysis, settings)
    most = graphs.most_drawn()
    if number >= most and settings.renderer is not None:
        settings = replace(settings, renderer=None)
        if number == most:
            message = "%s: members from analysis_%d on are not drawn by themselves: run  autoviz-render --watch %s"
            log.warning(message, parent.output_path, number, parent.output_path)
    member = LiveFit(
        graphs.member_paths(paths, number), parent.model[number], figure_arrays, settings, is_jax=analysis.is_jax
    )
    running_fits.begin(member)
    running_fits.join_overview(parent, member, is_whole=graphs.has_only_live_members(parent))


def _has_nothing_to_publish(paths: Any) -> bool:
    """There is nothing to fit, or no folder of its own (a database, no output at all), or nothing is searched."""
    if paths.is_complete or not getattr(paths, "stores_search_internal", True):
        return True
    return os.environ.get("PYAUTO_TEST_MODE") in ("2", "3")
