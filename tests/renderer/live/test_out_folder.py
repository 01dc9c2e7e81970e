"""Live figures to another folder: beside the renderer of the run, and in nobody's way."""

from __future__ import annotations

import os

import filelock
import pytest

from autoviz_render.renderer.heartbeat import read_heartbeat
from autoviz_render.renderer.live.loop import LiveRenderer, LiveSettings
from autoviz_render.renderer.live.watch import Watch
from autoviz_render.renderer.settings import RenderSettings
from autoviz_render.renderer.work.job_runner import InProcess


@pytest.fixture
def renderers():
    """Renderers of some path and to some folder, closed in the end."""
    made = []

    def make(path, out=None, **settings):
        how = LiveSettings(RenderSettings(dpi=20, **settings), out, until_finished=True)
        made.append(LiveRenderer(Watch(path, poll=0.02), how, InProcess()))
        return made[-1]

    yield make
    for each in made:
        each.close()


@pytest.mark.parametrize("own_first", [True, False])
def test_a_watch_with_out_is_beside_the_runs_own_renderer(run_dir, publish, renderers, tmp_path, own_first):
    """A colleague looks at a run that draws itself: neither sees the other, nor speaks for it."""
    publish(2)
    folder = tmp_path / "mine"
    own, other = renderers(run_dir), renderers(run_dir, folder, figures=["run"])
    for each in (own, other) if own_first else (other, own):
        each.look()
    assert (run_dir / "image" / "fit.png").exists()
    assert [path.name for path in folder.glob("*.png")] == ["run.png"]
    assert read_heartbeat(run_dir / "spool" / "renderer.json").drawn == 1
    other.close()
    assert read_heartbeat(run_dir / "spool" / "renderer.json").activity == "watching"
    assert not (folder / ".renderer.json").exists()


def test_a_watch_with_out_leaves_the_spool_as_it_is(run_dir, publish, renderers, tmp_path):
    """It may be somebody else's, and is of a run whose renderer is yet to come."""
    publish(1)
    before = sorted(path.name for path in run_dir.rglob("*"))
    assert renderers(run_dir, tmp_path / "mine").run() == 0
    assert sorted(path.name for path in run_dir.rglob("*")) == before
    assert sorted(path.name for path in (tmp_path / "mine").iterdir()) == [".renderer.lock", "fit.png"]


@pytest.fixture(params=["locks", "no locks"])
def locks(request, monkeypatch):
    """On a file system with locks, and on one without."""

    def no_locks(*_, **__):
        raise OSError(37, "No locks available")

    if request.param == "no locks":
        monkeypatch.setattr(filelock.FileLock, "acquire", no_locks)


@pytest.mark.usefixtures("locks")
def test_of_one_folder_there_is_one_renderer(publish, renderers, tmp_path, caplog):
    """Two runs in one folder would replace each other's figures for ever."""
    folder = tmp_path / "mine"
    for name in "ab":
        publish(1, into=tmp_path / name)
    renderers(tmp_path / "a", folder).look()
    second = renderers(tmp_path / "b", folder)
    assert second.run() == 1
    assert second.is_held_elsewhere
    (told,) = (record.getMessage() for record in caplog.records if "already" in record.getMessage())
    assert told.startswith(f"{folder}: is a folder that figures are already drawn to by process {os.getpid()} on ")
    assert told.endswith("; name another one by --out DIR")


def test_the_runs_own_folder_by_another_name_is_its_own(run_dir, publish, renderers, tmp_path, caplog):
    """`--out output/search/image`, or a link to it, is no way round the lock."""
    publish(1)
    renderers(run_dir).look()
    (tmp_path / "link").symlink_to(run_dir / "image")
    assert renderers(run_dir, tmp_path / "link").run() == 1
    assert "is already being drawn by process" in caplog.text
    assert "; --out DIR draws it elsewhere, too" in caplog.text


def test_runs_below_one_folder_have_folders_of_their_own_to_hold(tmp_path, publish, renderers):
    """One watcher over a tree; another may draw one of the runs somewhere else."""
    for name in "ab":
        publish(1, into=tmp_path / "runs" / name)
    renderers(tmp_path / "runs", tmp_path / "all").look()
    assert renderers(tmp_path / "runs" / "a", tmp_path / "one").run() == 0
    assert sorted(str(path.relative_to(tmp_path)) for path in tmp_path.glob("[ao]*/**/*.png")) == [
        "all/a/fit.png",
        "all/b/fit.png",
        "one/fit.png",
    ]


def test_a_folder_that_cannot_be_made_is_told_as_ever(run_dir, publish, renderers, tmp_path, caplog):
    """One line, that names the folder."""
    publish(1)
    (tmp_path / "out").write_text("in the way")
    renderer = renderers(run_dir, tmp_path / "out")
    renderer.look()
    (told,) = (record.getMessage() for record in caplog.records if record.levelname == "ERROR")
    assert told == f"{tmp_path / 'out'}: cannot be written: File exists"
