"""What each kind of panel has for its drawing."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Hashable, Mapping, Sequence
from typing import Any

from matplotlib.artist import Artist

from autoviz_render.renderer.plot.area import Area
from autoviz_render.renderer.plot.canvas import Layer


class PanelArtists(ABC):
    """The artists of a panel in its area, built empty and kept while panels of the same structure come.

    Attributes:
        foreground: What is drawn for each panel, in order, over the background.
        layers: The same artists, if they are shown layer by layer; none if they are drawn on the canvas.
    """

    foreground: Sequence[Artist]
    layers: Sequence[Layer] = ()

    @abstractmethod
    def __init__(self, panel: Any, area: Area) -> None:
        """Build empty artists for panels with the structure of this one."""

    @staticmethod
    def structure(panel: Any) -> Hashable:
        """What of a panel is fixed when its artists are built: nothing, unless a kind says more."""
        del panel
        return None

    @staticmethod
    def axes(panel: Any) -> Mapping[str, Any]:
        """The fields that would have a panel drawn with the axes that it has, whatever its values: none if it has none.

        A movie sets them in all its frames. Their values can be compared. Raises what drawing the panel would.
        """
        del panel
        return {}

    @abstractmethod
    def update(self, panel: Any) -> Hashable:
        """Show another panel of the same structure.

        Everything that a panel can change is set, so that the panel before leaves no trace: a kept figure and a fresh
        one have the same bytes.

        Returns:
            What decides how the background looks: while it stays equal, the background is not drawn again.
        """
