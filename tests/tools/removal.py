"""A folder that is removed while somebody else writes into it."""

from __future__ import annotations

import shutil
from pathlib import Path


def remove(folder: Path) -> None:
    """As `rm -rf`, given once more if a file came meanwhile: a renderer beats on until it sees that its run is gone."""
    while folder.exists():
        shutil.rmtree(folder, ignore_errors=True)
