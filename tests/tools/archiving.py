"""A run's folder put into a zip and taken out again, as PyAutoFit does it in `hpc_mode`."""

from __future__ import annotations

import os
import shutil
import zipfile
from pathlib import Path

from removal import remove


def put_away(run: Path, method: int = zipfile.ZIP_DEFLATED) -> Path:
    """Put a folder into a zip beside it and remove it. Source: PyAutoFit, `zip_directory` and `AbstractPaths._zip`."""
    archive = run.with_name(f"{run.name}.zip")
    with zipfile.ZipFile(archive, "w", method) as file:
        for root, _, names in os.walk(run):
            for name in names:
                file.write(Path(root) / name, Path(root[len(str(run)) :]) / name)
    remove(run)
    return archive


def take_out(archive: Path) -> Path:
    """Extract a zip beside it and remove it. Source: PyAutoFit, `AbstractPaths.restore`."""
    run = archive.with_suffix("")
    shutil.rmtree(run, ignore_errors=True)
    with zipfile.ZipFile(archive) as file:
        file.extractall(run)
    archive.unlink()
    return run
