"""Moved to `autoviz_render.figures` and `autoviz_render.figures.builtin`. This module stays for one release."""

import warnings

from autoviz_render.figures import builtin
from autoviz_render.figures.registry import *  # noqa: F403

__path__ = list(builtin.__path__)  # `autoviz_render.renderer.figures.line` and the others

warnings.warn("autoviz_render.renderer.figures has moved to autoviz_render.figures", DeprecationWarning, stacklevel=2)
