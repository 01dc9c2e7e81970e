"""Paths that lead through a zip: `output/run.zip/spool/spool.json` is that file of a run whose folder was archived.

PyAutoFit puts the folder of a finished search, `run/`, into `run.zip` beside it and removes the folder. The functions
here answer for both; on disk they cost nothing more, as an archive is asked only where the system says that a path
leads through a file.
"""

from __future__ import annotations

import contextlib
import errno
import os
from io import FileIO
from pathlib import Path

from autoviz_render.spool.errors import UnreadableError
from autoviz_render.spool.system.zip_archive import Archive, open_archive

THROUGH_A_FILE = FileNotFoundError if os.name == "nt" else NotADirectoryError
"""What the system raises for a path through a file."""

_SUFFIX = ".zip"
_INFO = "spool.json"


def archive_of(path: Path) -> tuple[Path, str] | None:
    """The zip that a path leads into, or is, and the name in it; None if it leads into none.

    Only its own name and whether there is such a file count: whether that is a zip is for `open_archive` to say.
    """
    if _SUFFIX not in str(path).lower():
        return None
    for each in (path, *path.parents):
        if is_archive_name(each.name) and os.path.isfile(each):
            name = path.relative_to(each).as_posix()
            return each, "" if name == "." else name
    return None


def is_archive_name(name: str) -> bool:
    """Whether a file is a zip, by its name."""
    return name.lower().endswith(_SUFFIX)


def archive_beside(path: Path) -> Path | None:
    """The path in the zip that a folder, or the one around it, became; None if it is there or there is no zip."""
    for folder in (path, path.parent):
        archive = Path(f"{folder}{_SUFFIX}")
        if folder.name not in ("", "..") and os.path.isfile(archive) and not os.path.lexists(folder):
            return archive / path.relative_to(folder)
    return None


def extracted(path: Path) -> Path:
    """Where a path in a zip leads once the zip is extracted as PyAutoFit does; any other path as it is."""
    if (found := archive_of(path)) is None:
        return path
    archive, name = found
    return archive.with_suffix("") / name


def moved_to(spool: Path) -> Path | None:
    """Where a spool that is gone is now, as its folder was archived or its archive extracted; None if it is not."""
    return next((place for place in counterparts(spool) if is_file(place / _INFO)), None)


def counterparts(spool: Path) -> list[Path]:
    """Where the same spool would be if a folder on the way to it were archived, or an archive extracted."""
    places = []
    for each in spool.parents:
        if is_archive_name(each.name):
            places.append(each.with_suffix("") / spool.relative_to(each))
        elif each.name:
            places.append(each.with_name(f"{each.name}{_SUFFIX}") / spool.relative_to(each))
    return places


def names_in(folder: Path) -> list[str]:
    """The names in a folder, on disk or in a zip.

    Raises:
        OSError: It cannot be listed; FileNotFoundError if there is none.
        UnreadableError: It is in a zip that cannot be read.
    """
    try:
        return os.listdir(folder)
    except THROUGH_A_FILE:
        archive, name = _entered(folder)
        return list(archive.names(name))


def is_file(path: Path) -> bool:
    """Whether there is a file, on disk or in a zip; False if that cannot be told."""
    return os.path.isfile(path) or (_is_through_a_file(path) and _has(path, is_folder=False))


def is_folder(path: Path) -> bool:
    """Whether there is a folder, on disk or in a zip; False if that cannot be told."""
    return os.path.isdir(path) or (_is_through_a_file(path) and _has(path, is_folder=True))


def open_member(path: Path, limit: int) -> FileIO:
    """A copy of a file in a zip that nobody else sees, open at its beginning.

    Raises:
        NotADirectoryError: The path leads into no zip.
        FileNotFoundError, UnreadableError, OSError: As `Archive.read` raises them.
    """
    archive, name = _entered(path)
    file = _nameless()
    try:
        data = memoryview(archive.read(name, limit))
        while data:
            data = data[file.write(data) :]
        file.seek(0)
    except BaseException:
        file.close()
        raise
    return file


def spools_in(path: Path) -> list[Path]:
    """The spools in a zip, but for those that are extracted, too: what is in a folder is newer.

    Raises:
        NotADirectoryError: The path is no zip by its name.
        UnreadableError, OSError: It cannot be read.
    """
    archive, above = _entered(path)
    if not archive.may_hold(_INFO):
        return []  # as a rule: no other directory is taken apart
    folders = [name.rpartition("/")[0] for name in archive.members if f"/{name}".endswith(f"/{_INFO}")]
    below = [folder for folder in folders if f"{folder}/".startswith(f"{above}/" if above else "")]
    return [archive.path / folder for folder in below if not _is_extracted(archive.path, folder)]


def _is_extracted(archive: Path, spool: str) -> bool:
    """Whether a spool lies in the folder that PyAutoFit would extract to, or where `unzip` puts what is in a folder."""
    places = [archive.with_suffix("") / spool, *([archive.parent / spool] if spool.count("/") else [])]
    return any(os.path.isfile(place / _INFO) for place in places)


def status_of(path: Path, *, follow_symlinks: bool = True) -> os.stat_result:
    """The status of a file or folder, or of the zip it is in: what was made anew has another.

    Raises:
        OSError: It cannot be told; FileNotFoundError if there is no such file or folder.
        UnreadableError: It is in a zip that cannot be read.
    """
    try:
        return os.stat(path, follow_symlinks=follow_symlinks)
    except THROUGH_A_FILE:
        archive, name = _entered(path)
        if not archive.is_folder(name):
            archive.member(name)
        return os.stat(archive.path)


def _entered(path: Path) -> tuple[Archive, str]:
    """The zip that a path leads into, and the name in it; raises NotADirectoryError if it leads into none."""
    found = archive_of(path)
    if found is None:
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(path))
    return open_archive(found[0]), found[1]


def _is_through_a_file(path: Path) -> bool:
    return archive_of(path) is not None


def _has(path: Path, *, is_folder: bool) -> bool:
    with contextlib.suppress(OSError, UnreadableError):
        archive, name = _entered(path)
        return archive.is_folder(name) if is_folder else name in archive.members
    return False


def _nameless() -> FileIO:
    """An empty file without a name, in memory if the system has that."""
    if hasattr(os, "memfd_create"):
        return FileIO(os.memfd_create("archived"), "r+b")
    import tempfile

    with tempfile.TemporaryFile() as file:
        return FileIO(os.dup(file.fileno()), "r+b")
