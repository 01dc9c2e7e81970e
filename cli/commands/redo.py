"""`--redo`: a figure's file again, from what it says of itself."""

from __future__ import annotations

from autoviz_render.cli.arguments.options import Options


def redo(options: Options) -> int:
    """The exit code."""
    raise NotImplementedError(options)
