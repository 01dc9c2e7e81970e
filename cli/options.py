"""Which snapshots and which figures were asked for on the command line."""

from __future__ import annotations

import argparse
import os

from autoviz_render.figures.registry import FigureError, find_target
from autoviz_render.renderer.batch.selection import ReplaySettings
from autoviz_render.renderer.work.jobs import Figure, stems


def chosen_snapshots(settings: argparse.Namespace) -> ReplaySettings:
    """What was asked for on the command line. Raises FigureError."""
    return ReplaySettings(
        which=settings.which,
        since=settings.since,
        abandoned=settings.abandoned,
        figures=chosen_figures(settings.figure),
        formats=settings.formats,
        dpi=settings.dpi,
        theme=settings.theme,
    )


def chosen_figures(named: str | None) -> list[Figure] | None:
    """The figures asked for on the command line; None where each run's own are wanted. Raises FigureError."""
    if named is None:
        return None
    figures = []
    for name in dict.fromkeys(named.split(",")):
        if ":" in name:
            figures.append(Figure(name.partition(":")[2], target=name, folder=os.getcwd()))
            figures[-1].recipe()  # an error in it is told at once
        else:
            find_target(name)
            figures.append(Figure(name))
    names = [stem for _, stem in stems(figures)]
    if len(set(names)) < len(names):
        raise FigureError(f"--figure {named}: two of them would be drawn to files of one name")
    return figures
