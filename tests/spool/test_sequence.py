"""A spool as a sequence of snapshots, and paths that lead to none."""

from __future__ import annotations

import pytest

from autoviz_render.spool.errors import AutovizError, NoSpoolError, WrongTypeError
from autoviz_render.spool.publisher import Publisher
from autoviz_render.spool.store import Spool


def test_a_spool_is_a_sequence_of_its_snapshots(run_dir, publish):
    """What is first tried in a notebook."""
    publish(4)
    spool = Spool(run_dir)
    assert len(spool) == 4
    assert [snapshot.iteration for snapshot in spool] == [0, 10, 20, 30]
    assert [spool[number].iteration for number in (0, -1, -4, 2)] == [0, 30, 0, 20]
    assert [snapshot.iteration for snapshot in spool[-2:]] == [20, 30]
    assert [snapshot.iteration for snapshot in spool[::-2]] == [30, 10]
    assert spool[1:1] == []
    assert spool.read_newest().iteration == 30


@pytest.mark.parametrize("number", [4, -5, 10**30])
def test_a_number_beyond_the_last_is_told(run_dir, publish, number):
    """As of a list, and with the count."""
    publish(4)
    with pytest.raises(IndexError, match=f"^index is {number}; .*spool holds 4 snapshots$"):
        Spool(run_dir)[number]


@pytest.mark.parametrize("index", ["newest", 1.0, None])
def test_what_is_no_index_is_told(run_dir, publish, index):
    """With what is."""
    publish(1)
    with pytest.raises(WrongTypeError, match="^index is .*; expected a whole number or a slice"):
        Spool(run_dir)[index]


def thinned(spool, monkeypatch, times):
    """As if retention removed what is listed just before it is read, so often; then a newer one is there."""
    read, left = spool.read, [times]

    def read_late(ref):
        if left[0]:
            left[0] -= 1
            ref.path.unlink()
        return read(ref)

    monkeypatch.setattr(spool, "read", read_late)


def test_a_snapshot_that_is_removed_meanwhile_gives_way_to_another(run_dir, publish, monkeypatch):
    """While the run goes on a listing is old when it is read."""
    publish(5)
    spool = Spool(run_dir)
    thinned(spool, monkeypatch, 2)
    assert spool.read_newest().iteration == 20
    thinned(spool, monkeypatch, 1)
    assert spool[0].iteration == 10
    thinned(spool, monkeypatch, 1)
    assert [snapshot.iteration for snapshot in spool] == [20]


def test_a_name_that_leads_nowhere_is_no_endless_loop(run_dir, publish):
    """A network disk may list for minutes what is gone."""
    publish(1)
    spool = Spool(run_dir)
    (ref,) = spool.snapshots()
    ref.path.rename(ref.path.with_suffix(".kept"))
    ref.path.symlink_to(ref.path.with_suffix(".gone"))
    with pytest.raises((AutovizError, OSError)):
        spool.read_newest()


def test_a_run_without_snapshots_says_so(run_dir):
    """Which is no fault: it has just begun."""
    with Publisher(run_dir) as publisher:
        assert publisher.opened.wait(30)
        spool = Spool(run_dir)
        assert (len(spool), list(spool), bool(spool), spool.best()) == (0, [], True, None)
        with pytest.raises(NoSpoolError, match="holds no snapshot yet"):
            spool.read_newest()
        with pytest.raises(WrongTypeError, match=r"^ref is None \(NoneType\); .*there is no snapshot yet"):
            spool.read(spool.newest())


ASKED = {
    "best": lambda spool: spool.best(),
    "read_newest": lambda spool: spool.read_newest(),
    "read(newest)": lambda spool: spool.read(spool.newest()),
    "len": len,
    "list": list,
    "[-1]": lambda spool: spool[-1],
    "[:2]": lambda spool: spool[:2],
}


@pytest.mark.parametrize("asked", ASKED)
def test_a_wrong_path_raises_and_says_what_is_there(run_dir, publish, tmp_path, asked):
    """`None` was taken for a run that had not published yet."""
    publish(1)
    (tmp_path / "empty").mkdir()
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "todo.txt").touch()
    expected = {
        run_dir.with_name("serach"): "serach: does not exist; .*output holds search; did you mean 'search'\\?$",
        tmp_path / "no" / "where": "where: does not exist, nor does .*no; give the run's directory$",
        tmp_path: f"is no run, and there are runs below it; give one of them: {run_dir}$",
        tmp_path / "empty": "empty: holds no spool: .*; it is empty$",
        tmp_path / "notes": "notes: holds no spool: nothing was published there yet, .*; it holds todo.txt$",
        tmp_path / "notes" / "todo.txt": "todo.txt: is a file; give the run's directory$",
    }
    for path, words in expected.items():
        if path.suffix and asked == "read(newest)":
            continue  # to list a file fails before that: an UnreadableError
        with pytest.raises(NoSpoolError, match=words) as caught:
            ASKED[asked](Spool(path))
        assert isinstance(caught.value, FileNotFoundError)
        assert str(caught.value).isprintable()
