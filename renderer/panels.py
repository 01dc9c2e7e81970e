"""Moved to `autoviz_render.figures`. This module stays for one release."""

import warnings

from autoviz_render.figures.panels import *  # noqa: F403

warnings.warn("autoviz_render.renderer.panels has moved to autoviz_render.figures", DeprecationWarning, stacklevel=2)
