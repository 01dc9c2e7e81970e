"""The reader's side of a spool."""

from __future__ import annotations

import os
import pickle

import numpy as np
import pytest

from autoviz_render.spool.errors import LaterVersionError, NoSpoolError, SpoolError, UnreadableError
from autoviz_render.spool.layout import find_spools
from autoviz_render.spool.store import Spool


def test_a_snapshot_reads_as_it_was_published(run_dir, publish):
    """Nothing is lost or renamed between the sampler's hand and the recipe's eye."""
    publish(3)
    spool = Spool(run_dir)
    snapshot = spool.read(spool.newest())
    np.testing.assert_array_equal(snapshot.arrays["image"], np.full((4, 4), 2.0))
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


def test_there_is_nothing_to_read_where_there_is_no_run(run_dir):
    """A watcher may look before the run exists."""
    spool = Spool(run_dir)
    assert (spool.snapshots(), spool.newest(), spool.best(), spool.scalars()) == ([], None, None, [])
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
    static.write_bytes(static.read_bytes() + b"x")
    with pytest.raises(UnreadableError, match="does not match its name"):
        spool.read(spool.newest())


def test_what_cannot_be_read_goes_to_bad_with_its_reason(run_dir, publish):
    """The file is kept for whoever wants to know, and out of the way of the next reader."""
    publish(1)
    spool = Spool(run_dir)
    ref = spool.newest()
    content = ref.path.read_bytes()[:100]
    ref.path.write_bytes(content)
    with pytest.raises(UnreadableError) as caught:
        spool.read(ref)
    assert str(spool.paths.bad) in spool.explain(ref, caught.value)
    assert (spool.paths.bad / ref.path.name).read_bytes() == content
    assert "cut short" in (spool.paths.bad / f"{ref.path.name}.reason.txt").read_text()
    assert spool.snapshots() == []


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
