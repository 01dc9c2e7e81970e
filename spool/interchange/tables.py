"""The numbers of a run's quick updates as a table of pandas."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from autoviz_render.spool.interchange.packages import needed_by
from autoviz_render.spool.snapshot import ScalarsLine

if TYPE_CHECKING:
    from pandas import DataFrame

    __all__ = ["DataFrame", "table_of_lines"]


def table_of_lines(lines: Iterable[ScalarsLine]) -> DataFrame:
    """The numbers of a run's quick updates, a row each: as `Spool.to_pandas` says. Raises MissingPackageError."""
    with needed_by("to_pandas"):
        import pandas as pd
    listed = list(lines)
    rows = [
        {"epoch": line.epoch, "iteration": line.iteration, "time": line.time, "log_likelihood": line.log_likelihood}
        | {f"best {name}": value for name, value in line.parameters.items()}
        | {name: value for name, value in line.scalars.items() if name not in _OWN}
        for line in listed
    ]
    index = pd.Index([line.sequence for line in listed], name="step")
    table = pd.DataFrame(rows, index=index, columns=None if rows else [*_OWN])
    table["time"] = pd.to_datetime(table["time"], unit="s", utc=True)
    return table


_OWN = ("epoch", "iteration", "time", "log_likelihood")
"""Columns that every table has; a sampler's own number of such a name says the same."""
