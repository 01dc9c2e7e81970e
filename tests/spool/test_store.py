"""The reader's side of a spool."""

from __future__ import annotations

import errno
import os
import pickle
import shutil
import sys
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from autoviz_render.spool import scalars
from autoviz_render.spool.errors import LaterVersionError, NoSpoolError, SpoolError, UnreadableError
from autoviz_render.spool.format.container import encode
from autoviz_render.spool.paths import Unread, find_spools
from autoviz_render.spool.publisher import Publisher
from autoviz_render.spool.scalars import ScalarsReader
from autoviz_render.spool.snapshot import SnapshotRef
from autoviz_render.spool.store import Spool


def test_a_snapshot_reads_as_it_was_published(run_dir, publish):
    """Nothing is lost or renamed between the sampler's hand and the recipe's eye."""
    publish(3)
    spool = Spool(run_dir)
    snapshot = spool.read(spool.newest())
    np.testing.assert_array_equal(snapshot.arrays["image"], 2.0 + np.eye(4))
    np.testing.assert_array_equal(snapshot.static["data"], np.eye(4))
    assert (snapshot.epoch, snapshot.sequence, snapshot.iteration) == (0, 2, 20)
    assert (snapshot.log_likelihood, snapshot.parameters, snapshot.scalars) == (
        -1.0,
        {"radius": 3.5},
        {"log_evidence": -3.0},
    )
    assert snapshot.run == "search"


def test_the_order_is_in_the_names_and_not_in_the_clock(run_dir, publish):
    """Modification times lie on copies, archives and skewed hosts."""
    publish(3)
    refs = Spool(run_dir).snapshots()
    os.utime(refs[0].path, (2e9, 2e9))
    assert Spool(run_dir).snapshots() == refs
    assert Spool(run_dir).newest() == refs[-1]
    assert [ref.sequence for ref in refs] == [0, 1, 2]


def test_the_best_is_the_one_of_the_highest_log_likelihood(run_dir, publish):
    """After a run people ask for the best fit, which need not be the last."""
    publish(3)
    assert Spool(run_dir).best().sequence == 1


def test_a_spool_is_found_from_the_run_from_itself_and_from_above(run_dir, publish, tmp_path):
    """People name whichever directory they stand in."""
    publish(1)
    publish(1, into=tmp_path / "output" / "deep" / "er" / "other")
    (tmp_path / "output" / "round").symlink_to(tmp_path / "output")
    spool = run_dir / "spool"
    assert find_spools(spool) == find_spools(run_dir) == [spool]
    assert find_spools(tmp_path) == [tmp_path / "output" / "deep" / "er" / "other" / "spool", spool]
    assert Spool(spool).newest() == Spool(run_dir).newest()


def found(path: Path) -> tuple[list[Path], list[Path]]:
    """The spools under a path, and what was passed over."""
    unread: list[Unread] = []
    return find_spools(path, unread.append), [folder for folder, _ in unread]


@pytest.mark.parametrize("number", [errno.EACCES, errno.EIO, errno.ESTALE, errno.ELOOP, errno.ENAMETOOLONG])
@pytest.mark.parametrize("call", ["scandir", "stat"])
def test_a_folder_that_cannot_be_read_is_passed_over_and_told(tmp_path, publish, monkeypatch, number, call):
    """One private folder, or one bad disk, must not end the watch of the whole tree."""
    publish(1, into=tmp_path / "tree" / "a")
    publish(1, into=tmp_path / "tree" / "private" / "b")
    real = getattr(os, call)

    def failing(path, *arguments, **keywords):
        if str(path).startswith(str(tmp_path / "tree" / "private")):
            raise OSError(number, os.strerror(number), str(path))
        return real(path, *arguments, **keywords)

    monkeypatch.setattr(os, call, failing)
    assert found(tmp_path / "tree") == ([tmp_path / "tree" / "a" / "spool"], [tmp_path / "tree" / "private"])


def test_a_folder_that_is_gone_meanwhile_is_not_told(tmp_path, publish, monkeypatch):
    """Somebody tidies up: that is no fault."""
    publish(1, into=tmp_path / "a")
    (tmp_path / "gone").mkdir()
    real = os.scandir

    def racing(path):
        if path == tmp_path / "gone":
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(path))
        return real(path)

    monkeypatch.setattr(os, "scandir", racing)
    assert found(tmp_path) == ([tmp_path / "a" / "spool"], [])


def test_a_folder_deeper_than_a_name_can_be_is_passed_over_and_told(tmp_path, publish):
    """Made by `cd` and `mkdir`, it has no name that could be asked for."""
    publish(1, into=tmp_path / "a")
    folder, names = os.open(tmp_path, os.O_RDONLY), []
    try:
        for _ in range(30):
            names.append("d" * 200)
            os.mkdir(names[-1], dir_fd=folder)
            below = os.open(names[-1], os.O_RDONLY, dir_fd=folder)
            os.close(folder)
            folder = below
        spools, unread = found(tmp_path)
        assert (spools, len(unread)) == ([tmp_path / "a" / "spool"], 1)
    finally:
        os.close(folder)
        shutil.rmtree(tmp_path / names[0])


def test_the_links_that_users_make_lead_to_their_runs(run_dir, publish, tmp_path):
    """Output on a scratch disk: `Publisher` writes through such links, so what reads must follow them."""
    scratch = tmp_path / "scratch"
    publish(1, into=scratch / "out" / "a")
    publish(1, into=scratch / "out" / "deep" / "b")
    publish(1, into=scratch / "c")
    run_dir.mkdir(parents=True)
    (run_dir / "spool").symlink_to(scratch / "c" / "spool")
    project = tmp_path / "project"
    project.mkdir()
    (project / "output").symlink_to(scratch / "out")
    (project / "run").symlink_to(scratch / "c")
    (project / "again").symlink_to(scratch / "c")
    (project / "nowhere").symlink_to(scratch / "not-there")
    below = [Path("a/spool"), Path("deep/b/spool")]
    assert found(project / "output") == ([project / "output" / each for each in below], [])
    assert found(run_dir) == ([run_dir / "spool"], [])
    assert found(run_dir / "spool") == ([run_dir / "spool"], [])
    assert found(run_dir.parent) == ([run_dir / "spool"], [])
    assert found(project) == ([project / "again" / "spool", *(project / "output" / each for each in below)], [])


def test_links_lead_the_search_nowhere_else(run_dir, publish, tmp_path):
    """Round in circles, out of a run, or to what another link below the top names: none of it is followed."""
    publish(1)
    publish(1, into=tmp_path / "private")
    publish(1, into=tmp_path / "tree" / "deep" / "b")
    (run_dir / "x").symlink_to(tmp_path / "private")
    (run_dir.parent / "round").symlink_to(run_dir.parent)
    (run_dir.parent / "loop").symlink_to(run_dir.parent / "loop")
    (tmp_path / "tree" / "deep" / "x").symlink_to(tmp_path / "private")
    (tmp_path / "tree" / "a-spool").symlink_to(tmp_path / "private" / "spool")
    assert found(run_dir) == ([run_dir / "spool"], [])
    assert found(run_dir.parent) == ([run_dir / "spool"], [run_dir.parent / "loop"])
    assert found(tmp_path / "tree") == ([tmp_path / "tree" / "deep" / "b" / "spool"], [])


@pytest.mark.skipif(os.name == "nt", reason="Windows has no users of this kind")
def test_deep_in_a_tree_a_link_to_a_spool_must_be_the_users_own(tmp_path, publish, monkeypatch):
    """A figure of it is drawn beside the link, and a stranger's folder is no place for that."""
    publish(1, into=tmp_path / "scratch")
    (tmp_path / "tree" / "deep" / "run").mkdir(parents=True)
    link = tmp_path / "tree" / "deep" / "run" / "spool"
    link.symlink_to(tmp_path / "scratch" / "spool")
    assert found(tmp_path / "tree") == ([link], [])
    monkeypatch.setattr(os, "geteuid", lambda: 12345)
    assert found(tmp_path / "tree") == ([], [])


def test_there_is_nothing_to_read_where_there_is_no_run(run_dir):
    """A watcher may look before the run exists."""
    spool = Spool(run_dir)
    assert (spool.snapshots(), spool.newest(), spool.scalars()) == ([], None, [])
    with pytest.raises(NoSpoolError, match="holds no spool.json"):
        spool.info()


def test_a_snapshot_without_its_static_file_says_so_and_stays(run_dir, publish):
    """The static file may be on its way over a slow disk: the snapshot is not at fault."""
    publish(1)
    spool = Spool(run_dir)
    ref = spool.newest()
    (static,) = spool.paths.static.iterdir()
    static.rename(static.with_suffix(".away"))
    with pytest.raises(UnreadableError, match="is missing: snapshots need it") as caught:
        spool.read(ref)
    spool.explain(ref, caught.value)
    assert ref.path.exists()
    static.with_suffix(".away").rename(static)
    assert spool.read(ref).sequence == 0


def test_a_damaged_static_file_is_not_drawn(run_dir, publish):
    """Its name is the digest of its content: a file under the wrong name would be somebody else's data."""
    publish(1)
    spool = Spool(run_dir)
    (static,) = spool.paths.static.iterdir()
    with Publisher(run_dir / "other", static={"data": np.ones(3)}) as publisher:
        publisher.publish({}, iteration=0)
    (other,) = (run_dir / "other" / "spool" / "static").iterdir()
    static.write_bytes(other.read_bytes())
    with pytest.raises(UnreadableError, match="does not match its name"):
        spool.read(spool.newest())


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere names must be text")
def test_a_folder_whose_name_is_no_text_is_explained_too(tmp_path, publish):
    """An old archive: the promise not to raise holds there as well."""
    run_dir = tmp_path / os.fsdecode(b"run\xff")
    publish(1, into=run_dir)
    spool = Spool(run_dir)
    ref = spool.newest()
    ref.path.write_bytes(b"")
    with pytest.raises(UnreadableError) as caught:
        spool.read(ref)
    spool.explain(ref, caught.value)
    assert spool.unreadable() == [ref.path]


def test_a_link_for_bad_leads_nobody_out_of_the_spool(run_dir, publish, tmp_path):
    """Planted by whoever sent the spool: a reader's writes must stay in it."""
    publish(1)
    spool = Spool(run_dir)
    (tmp_path / "elsewhere").mkdir()
    spool.paths.bad.symlink_to(tmp_path / "elsewhere")
    assert not spool.notes.write(spool.newest().path, "a reason")
    assert list((tmp_path / "elsewhere").iterdir()) == []


@pytest.mark.parametrize("name", ["tmp", "snapshots", "static"])
def test_a_link_in_a_spool_leads_no_writer_out_of_it(run_dir, publish, tmp_path, name, caplog):
    """One that another user planted would have files of ours appear elsewhere."""
    (tmp_path / "elsewhere").mkdir()
    (run_dir / "spool").mkdir(parents=True)
    (run_dir / "spool" / name).symlink_to(tmp_path / "elsewhere")
    publish(1)
    assert list((tmp_path / "elsewhere").iterdir()) == []
    assert "is a link" in caplog.text


def test_a_folder_in_place_of_a_file_costs_no_descriptor(run_dir, publish):
    """A live renderer looks every few seconds, for days."""
    publish(1)
    ref = Spool(run_dir).newest()
    ref.path.unlink()
    ref.path.mkdir()
    before = os.dup(0)
    os.close(before)
    for _ in range(5):
        with pytest.raises(UnreadableError, match="is not a file"):
            Spool(run_dir).read(ref)
    after = os.dup(0)
    os.close(after)
    assert after == before


GOOD: dict[str, Any] = {
    "meta/epoch": np.int64(0),
    "meta/sequence": np.int64(0),
    "meta/iteration": np.int64(0),
    "meta/time": np.float64(0),
    "meta/log_likelihood": np.float64(0),
    "meta/static": np.array([], "S64"),
    "parameters/names": np.array([b"a"]),
    "parameters/values": np.array([1.0]),
}


@pytest.mark.parametrize(
    "changes",
    [
        {"meta/epoch": np.float64(np.inf)},
        {"meta/epoch": np.array([0, 1])},
        {"meta/time": np.complex128(1)},
        {"meta/static": np.array([5 * 10**8])},
        {"parameters/names": np.array([5 * 10**8])},
        {"parameters/names": np.array([b"a", b"b"])},
        {"parameters/names": np.array([b"\xff"])},
        {"parameters/values": np.array([[1.0]])},
        {"scalars/x": np.array([b"text"])},
    ],
    ids=repr,
)
def test_numbers_and_names_of_other_types_are_refused(run_dir, publish, changes):
    """With a proper footer, by whoever wrote it: `bytes(n)` of an integer is that many zeros."""
    publish(1)
    ref = Spool(run_dir).newest()
    ref.path.write_bytes(b"".join(encode("snapshot", GOOD)))
    assert Spool(run_dir).read(ref).parameters == {"a": 1.0}
    ref.path.write_bytes(b"".join(encode("snapshot", GOOD | changes)))
    with pytest.raises(UnreadableError, match="lacks what every snapshot has"):
        Spool(run_dir).read(ref)


def test_a_large_file_without_a_footer_is_refused_before_it_is_read(run_dir, publish):
    """A sparse file of the largest size that is allowed costs its maker nothing."""
    publish(1)
    ref = Spool(run_dir).newest()
    os.truncate(ref.path, 4 << 30)
    tracemalloc.start()
    with pytest.raises(UnreadableError, match="the footer at its end is missing"):
        Spool(run_dir).read(ref)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 1 << 20


def test_folders_of_any_depth_are_searched(tmp_path):
    """A tree of somebody else's making."""
    folder = tmp_path
    for _ in range(400):
        folder = folder / "d"
    os.makedirs(folder)
    assert find_spools(tmp_path) == []


def test_a_run_begun_anew_is_not_mixed_with_the_one_before(run_dir, publish):
    """A file system gives the new file the old one's number at once."""
    publish(3)
    spool = Spool(run_dir)
    assert len(spool.scalars()) == 3
    other = run_dir / "other"
    publish(6, into=other, first=7)
    with spool.paths.scalars.open("r+b") as file:  # the same file to the file system
        file.write((other / "spool" / "scalars.jsonl").read_bytes())
    assert [line.iteration for line in spool.scalars()] == [70, 80, 90, 100, 110, 120]


def refused(spool: Spool, ref: SnapshotRef) -> SpoolError:
    with pytest.raises(SpoolError) as caught:
        spool.read(ref)
    return caught.value


def cut_short(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-100])


def of_a_later_version(path: Path) -> None:
    path.write_bytes(path.read_bytes().replace(b"AVRSEAL1", b"AVRSEAL2"))


def everything(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("damage", [cut_short, of_a_later_version])
@pytest.mark.parametrize("kind", ["snapshots", "static"])
def test_what_cannot_be_read_stays_and_is_noted_once(run_dir, publish, kind, damage):
    """It may be on its way, or be meant for a later version: nothing but the reason is written, and that once."""
    publish(1)
    spool = Spool(run_dir)
    ref = spool.newest()
    (path,) = (spool.paths.directory / kind).iterdir()
    damage(path)
    before = everything(run_dir)
    error = refused(spool, ref)
    assert spool.explain(ref, error) == str(error)
    after = everything(run_dir)
    note = spool.paths.bad / f"{path.name}.reason.txt"
    assert {*after} - {*before} == {note}
    assert after | before == after
    assert str(error).encode() in after[note]
    assert spool.snapshots() == [ref]
    assert (spool.unreadable(), spool.notes.is_noted(path)) == ([path], True)
    number = note.stat().st_ino
    spool.explain(ref, error)
    assert note.stat().st_ino == number


def test_a_note_counts_while_the_file_is_there_as_it_was(run_dir, publish):
    """What was copied whole meanwhile is no longer unreadable, and nobody has to clean up."""
    publish(3)
    spool = Spool(run_dir)
    gone, whole, damaged = spool.snapshots()
    good = whole.path.read_bytes()
    for ref in (gone, whole, damaged):
        cut_short(ref.path)
        assert spool.notes.write(ref.path, "a reason")
    spool.paths.bad.joinpath("e0000-000000000007.h5.reason.txt").write_text("of another run")
    spool.paths.bad.joinpath("...reason.txt").write_text("of nothing")
    gone.path.unlink()
    whole.path.write_bytes(good)
    assert spool.unreadable() == [damaged.path]
    assert not spool.notes.write(gone.path, "a reason")


def test_a_note_that_does_not_say_of_which_bytes_counts_too(run_dir, publish):
    """Of another program, or of a person."""
    publish(1)
    spool = Spool(run_dir)
    spool.paths.bad.mkdir()
    (spool.paths.bad / f"{spool.newest().path.name}.reason.txt").write_text("a reason")
    assert spool.unreadable() == [spool.newest().path]
    assert not spool.notes.is_noted(spool.newest().path)


def test_a_note_holds_nothing_that_a_terminal_would_obey(run_dir, publish):
    """The reason may quote the file, whoever wrote it, and a person prints the note with `cat`."""
    publish(1)
    spool = Spool(run_dir)
    path = spool.newest().path
    assert spool.notes.write(path, "its arrays are \x1b[2J\nThat was the file of nobody")
    (note,) = spool.paths.bad.iterdir()
    reason, about = note.read_text().splitlines()
    assert reason == r"its arrays are \x1b[2J\nThat was the file of nobody"
    assert about.startswith(f"That was the file of {path.stat().st_size} bytes")
    assert spool.notes.is_noted(path)


def test_the_history_is_read_when_it_is_looked_at(run_dir, publish, monkeypatch):
    """Most figures do not use it, and that of a week is 30 MB to parse."""
    publish(5)
    looks, lines = [], ScalarsReader.lines
    monkeypatch.setattr(ScalarsReader, "lines", lambda reader: looks.append(reader) or lines(reader))
    spool = Spool(run_dir)
    snapshot = spool.read(spool.snapshots()[2])
    assert not looks
    assert [line.sequence for line in snapshot.history] == [0, 1, 2]
    assert [line.sequence for line in snapshot.history[1:]] == [1, 2]
    assert len(looks) == 1


def test_a_spool_that_cannot_be_written_to_gets_no_note(run_dir, publish, monkeypatch):
    """A colleague's run, or an archive: the reason is told all the same."""
    publish(1)
    spool = Spool(run_dir)
    ref = spool.newest()
    cut_short(ref.path)
    error = refused(spool, ref)

    def read_only(*_, **__):
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    monkeypatch.setattr(os, "mkdir", read_only)
    before = everything(run_dir)
    assert "cut short" in spool.explain(ref, error)
    assert everything(run_dir) == before


@pytest.mark.parametrize("kind", ["snapshots", "static"])
def test_a_link_in_a_spool_leads_no_reader_out_of_it(run_dir, publish, tmp_path, kind):
    """Planted by whoever made the spool: figures of a private run would be drawn beside the link."""
    publish(1)
    publish(1, into=tmp_path / "private")
    spool = Spool(run_dir)
    ref = spool.newest()
    folder = spool.paths.directory / kind
    folder.rename(tmp_path / "away")
    folder.symlink_to(tmp_path / "private" / "spool" / kind)
    with pytest.raises(UnreadableError, match=f"{kind}: is a link"):
        _ = spool.snapshots() and spool.read(ref)


@pytest.mark.parametrize("plant", ["link", "fifo", "folder"])
def test_only_plain_files_are_read(run_dir, publish, plant, tmp_path):
    """A link could lead anywhere and a FIFO would never end: neither may hang or mislead a reader."""
    publish(1)
    spool = Spool(run_dir)
    ref = spool.newest()
    content = tmp_path / "elsewhere"
    ref.path.rename(content)
    {"link": lambda: ref.path.symlink_to(content), "fifo": lambda: os.mkfifo(ref.path), "folder": ref.path.mkdir}[
        plant
    ]()
    with pytest.raises((UnreadableError, OSError)):
        spool.read(ref)


@pytest.mark.parametrize(
    ("content", "error", "fault"),
    [
        ("{", UnreadableError, "is damaged"),
        ('{"format": "autoviz-render spool", "version": 2}', LaterVersionError, "format version 2"),
        ('{"format": "other", "version": 1}', UnreadableError, "format is 'other'"),
        ("[]", UnreadableError, "is damaged"),
        ("[" * 100_000, UnreadableError, "is damaged"),
    ],
)
def test_a_spool_json_that_is_not_ours_is_refused(run_dir, publish, content, error, fault):
    """It is the first thing that a reader sees of a later version, or of a stranger."""
    publish(1)
    (run_dir / "spool" / "spool.json").write_text(content)
    with pytest.raises(error, match=fault):
        Spool(run_dir).info()


def test_a_figure_in_a_spool_is_a_name_and_never_code(run_dir, publish):
    """Reading a spool from a stranger imports nothing: a module path in it is damage."""
    publish(1)
    info = run_dir / "spool" / "spool.json"
    info.write_text(info.read_text().replace('"auto"', '"os:system"'))
    with pytest.raises(UnreadableError, match="is not the name of a figure"):
        Spool(run_dir).info()


def test_errors_survive_a_process_pool():
    """Rendering over processes sends errors back by pickle."""
    for kind in (NoSpoolError, UnreadableError, LaterVersionError):
        error = pickle.loads(pickle.dumps(kind("a/b", "is at fault")))
        assert str(error) == "a/b: is at fault"
        assert isinstance(error, SpoolError)
        assert (str(error.path), error.fault) == ("a/b", "is at fault")


def test_a_torn_line_of_scalars_is_passed_over(run_dir, publish):
    """The writer may be killed in mid-line; the next start goes on in a line of its own."""
    publish(2)
    path = run_dir / "spool" / "scalars.jsonl"
    path.write_bytes(path.read_bytes()[:-9])
    assert [line.sequence for line in Spool(run_dir).scalars()] == [0]
    publish(1)
    assert [line.sequence for line in Spool(run_dir).scalars(abandoned=True)] == [0, 2]


def test_a_tilde_is_the_home(run_dir, publish, monkeypatch):
    """Written in a script or a notebook, no shell puts the home in its place."""
    publish(2)
    monkeypatch.setenv("HOME", str(run_dir.parent))
    assert len(Spool("~/search").snapshots()) == 2
    assert Spool("~nobody-of-that-name/search").snapshots() == []


@pytest.mark.parametrize("code", [errno.EIO, errno.ELOOP, errno.ENAMETOOLONG, errno.EACCES])
@pytest.mark.parametrize("look", [Spool.info, Spool.snapshots, Spool.scalars, Spool.newest, Spool.best])
def test_a_disk_that_fails_is_an_error_of_that_run(run_dir, publish, monkeypatch, code, look):
    """Of a thousand runs one lies on a bad disk: whoever lists them catches one kind of error, and goes on."""
    publish(1)

    def fail(path, *arguments, **keywords):
        raise OSError(code, os.strerror(code), str(path))

    with monkeypatch.context() as patch:
        for call in ("stat", "open", "listdir"):
            patch.setattr(os, call, fail)
        spool = Spool(run_dir)  # to name a run asks nothing of the disk
        with pytest.raises(UnreadableError, match=os.strerror(code)):
            look(spool)
    with pytest.raises(SpoolError, match="too long"):
        Spool("/" + "n" * 5000).info()


def test_numbers_that_cannot_be_read_now_hide_nothing(run_dir, publish, monkeypatch):
    """A network disk that fails for a moment: the figures go on."""
    publish(3, state="failed")
    publish(1, first=1)

    def fail(path, limit):
        raise OSError(errno.EIO, "Input/output error", str(path))

    monkeypatch.setattr(scalars, "open_plain", fail)
    assert len(Spool(run_dir).snapshots()) == 4
