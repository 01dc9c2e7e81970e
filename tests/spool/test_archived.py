"""Runs in zips are read as they lie, as if they were extracted."""

from __future__ import annotations

import shutil
import zipfile
from pathlib import Path

import numpy as np
import pytest
from archiving import put_away, take_out

from autoviz_render import Publisher, Spool
from autoviz_render.spool.errors import NoSpoolError, UnreadableError
from autoviz_render.spool.paths import find_spools


def made(run: Path, name: str | None = None, updates: int = 3) -> Path:
    """A finished run."""
    with Publisher(run, figure="line", static={"noise": np.ones(4)}, name=name) as publisher:
        for number in range(updates):
            arrays = {"data": np.arange(4.0), "model": np.full(4, float(number))}
            publisher.publish(arrays, iteration=number, log_likelihood=float(number))
            publisher.flush()
    return run


def told(spool: Spool) -> tuple[object, ...]:
    """Everything that a reader gets of a run."""
    each = [{name: array.tolist() for name, array in snapshot.arrays.items()} for snapshot in spool]
    return spool.info(), [ref.path.name for ref in spool.snapshots()], spool.scalars(), each


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_a_run_in_a_zip_says_what_it_said_in_its_folder(tmp_path, method):
    """By the zip's name, by the name of the folder that is gone, and by its spool's; and again once it is extracted."""
    run = made(tmp_path / "run")
    expected = told(Spool(run))
    archive = put_away(run, method)
    for path in (archive, run, archive / "spool", run / "spool"):
        assert told(Spool(path)) == expected
    assert find_spools(tmp_path) == find_spools(run) == find_spools(archive) == [archive / "spool"]
    take_out(archive)
    assert told(Spool(run)) == expected
    assert find_spools(tmp_path) == [run / "spool"]


def test_runs_anywhere_in_zips_and_folders_are_found_once(tmp_path):
    """Some are archived and some are not; an archive may hold several; what is extracted counts in its folder."""
    for name in ("a", "sub/b", "c", "many/d", "many/e"):
        made(tmp_path / name, updates=1)
    made(tmp_path / "c", name="second", updates=1)
    put_away(tmp_path / "sub" / "b")
    put_away(tmp_path / "c")
    put_away(tmp_path / "many")
    with zipfile.ZipFile(tmp_path / "many.zip") as file:
        file.extractall(tmp_path / "many", [name for name in file.namelist() if name.startswith("d/")])
    found = [str(spool.relative_to(tmp_path)) for spool in find_spools(tmp_path)]
    expected = ["a/spool", "c.zip/spool", "c.zip/spool-second", "many/d/spool", "many.zip/e/spool", "sub/b.zip/spool"]
    assert sorted(found) == sorted(expected)


def test_a_zip_that_is_being_written_is_passed_over_until_it_is_whole(tmp_path):
    """The folder is still there then, and counts; without it, a person is told of a zip that is cut short."""
    run, faults = made(tmp_path / "run", updates=1), []
    kept = tmp_path / "kept"
    shutil.copytree(run, kept)
    archive = put_away(run)
    kept.rename(run)
    whole = archive.read_bytes()
    archive.write_bytes(whole[:-30])
    assert find_spools(tmp_path, faults.append) == [run / "spool"]
    assert not faults
    shutil.rmtree(run)
    assert find_spools(tmp_path, faults.append) == []
    assert [path for path, _ in faults] == [archive]
    with pytest.raises(UnreadableError, match="cut short, or still being written"):
        Spool(archive).info()
    archive.write_bytes(whole)
    assert find_spools(tmp_path, faults.append) == [archive / "spool"]


def test_other_zips_are_passed_over(tmp_path):
    """Data, code, and a folder that only has the name."""
    with zipfile.ZipFile(tmp_path / "data.zip", "w") as file:
        file.writestr("spool.jsonl", b"")
        file.writestr("../spool/spool.json", b"{}")
    (tmp_path / "folder.zip").mkdir()
    made(tmp_path / "folder.zip" / "run", updates=1)
    faults: list[object] = []
    assert find_spools(tmp_path, faults.append) == [tmp_path / "folder.zip" / "run" / "spool"]
    assert not faults
    with pytest.raises(NoSpoolError, match=r"holds spool\.jsonl"):
        len(Spool(tmp_path / "data.zip"))


def test_figures_of_an_archived_run_go_beside_the_archive(tmp_path):
    """Not to the folder of its name, which PyAutoFit takes for a run that is there, and removes."""
    archive = put_away(made(tmp_path / "run", name="second", updates=1))
    spool = Spool(find_spools(tmp_path)[0])
    assert spool.paths.directory == archive / "spool-second"
    assert spool.paths.images == tmp_path / "run.figures" / "second"
