"""`--sheet`: the same panels of many runs on a few pages."""

from __future__ import annotations

from autoviz_render.cli.arguments.options import Options


def make_sheets(options: Options) -> int:
    """The exit code."""
    raise NotImplementedError(options)
