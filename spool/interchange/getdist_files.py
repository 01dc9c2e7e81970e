"""The files of GetDist: `getdist.loadMCSamples(root)` reads `root.txt`, `root.paramnames` and `root.ranges`.

`root.txt` has a line for each sample: weight, minus log density, parameters. The density is the posterior's, if it is
known, else the likelihood; 0 if neither is. Limits of priors are not known here, so the ranges leave all ends open.

Source: https://getdist.readthedocs.io/en/latest/intro.html#samples-file-format
"""

from __future__ import annotations

import re

import numpy as np

from autoviz_render.spool.arrays import Floats
from autoviz_render.spool.interchange.csv_table import text_of
from autoviz_render.spool.interchange.labels import LONGEST, as_mathematics, unique, with_unit
from autoviz_render.spool.interchange.samples import Samples
from autoviz_render.spool.text import printable

SIGNED = "# autoviz-render"
"""How `root.txt` begins: by this it is known as ours."""

_NO_NAME = re.compile(r"[\s*?#!/\\,;:]+")


def getdist_bytes(samples: Samples) -> dict[str, bytes]:
    """The content of each file, by its suffix. Samples that are not finite, or weigh nothing, are left out."""
    names = names_for_getdist(samples.names)
    told = zip(names, samples.names, samples.labels or samples.names, samples.units or [""] * len(names), strict=True)
    labels = [f"{name}\t{as_mathematics(_label(own, label, unit), own)}" for name, own, label, unit in told]
    return {
        ".txt": "".join(f"{line}\n" for line in [SIGNED, *_rows(samples)]).encode(),
        ".paramnames": "".join(f"{line}\n" for line in labels).encode(),
        ".ranges": "".join(f"{name} N N\n" for name in names).encode(),
    }


def names_for_getdist(names: tuple[str, ...]) -> list[str]:
    """The names without signs that mean something in a file of GetDist's: blanks, `*`, `?`, `#`."""
    return unique(_NO_NAME.sub("_", printable(name, LONGEST)).strip("_") or "p" for name in names)


def _label(name: str, label: str, unit: str) -> str:
    return with_unit(label or name, unit) if label or unit else ""


def _rows(samples: Samples) -> list[str]:
    weights = np.ones(len(samples)) if samples.weights is None else samples.weights
    table = np.column_stack([weights, _minus_log_density(samples), samples.values])
    kept = np.isfinite(table).all(axis=1) & (weights > 0)
    return [" ".join(map(text_of, row)) for row in table[kept].tolist()]


def _minus_log_density(samples: Samples) -> Floats:
    found = samples.log_likelihood if samples.log_density is None else samples.log_density
    return np.zeros(len(samples)) if found is None else -found
