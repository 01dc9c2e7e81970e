"""`--fits`: arrays and panels for programs that read FITS."""

from __future__ import annotations

from autoviz_render.cli.arguments.options import Options


def write_fits(options: Options) -> int:
    """The exit code."""
    raise NotImplementedError(options)
