"""What there is to show of an analysis."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from autoviz_render.spool.arrays import Array


class FigureArrays(Protocol):
    """The arrays of a figure, as functions of an instance of the model.

    Attributes:
        figure: The name of the figure that shows them.
    """

    figure: str

    def static(self) -> Mapping[str, Any]:
        """Arrays by name that never change."""

    def arrays(self, instance: Any) -> Mapping[str, Any]:
        """Arrays by name of an instance, and its `log_likelihood`; traceable if the analysis uses JAX."""

    def arranged(self, arrays: Mapping[str, Array]) -> Mapping[str, Array]:
        """These on the host, as the figure reads them."""


class GivenFigureArrays:
    """What the user says is to be shown, of any analysis.

    Args:
        analysis: The user's.
        function: Called with an instance; arrays by name.
    """

    figure = "auto"

    def __init__(self, analysis: Any, function: Callable[[Any], Mapping[str, Any]]) -> None:
        self._analysis = analysis
        self._function = function

    def static(self) -> Mapping[str, Any]:
        return {}

    def arrays(self, instance: Any) -> dict[str, Any]:
        return {**self._function(instance), "log_likelihood": self._analysis.log_likelihood_function(instance)}

    def arranged(self, arrays: Mapping[str, Array]) -> Mapping[str, Array]:
        return arrays
