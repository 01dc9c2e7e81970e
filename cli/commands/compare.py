"""`--compare`: two steps of a run, or two runs, side by side."""

from __future__ import annotations

from autoviz_render.cli.arguments.options import Options


def compare(options: Options) -> int:
    """The exit code."""
    raise NotImplementedError(options)
