"""Moved to `autoviz_render.figures.meshes`. This module stays for one release."""

import warnings

from autoviz_render.figures.meshes import *  # noqa: F403

warnings.warn(
    "autoviz_render.renderer.meshes has moved to autoviz_render.figures.meshes", DeprecationWarning, stacklevel=2
)
