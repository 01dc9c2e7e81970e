"""`--samples`: the posterior for programs that read samples."""

from __future__ import annotations

from autoviz_render.cli.arguments.options import Options


def write_samples(options: Options) -> int:
    """The exit code."""
    raise NotImplementedError(options)
