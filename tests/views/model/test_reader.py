"""How one run stands, read from its files: each again only if it changed."""

from __future__ import annotations

import json
import os
import shutil
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from archiving import put_away

from autoviz_render.renderer.heartbeat import Heartbeat, write_heartbeat
from autoviz_render.renderer.plot.formats import ERROR_PAGE, SOFTWARE
from autoviz_render.renderer.settings import RenderSettings
from autoviz_render.spool.errors import NoSpoolError
from autoviz_render.spool.publisher import Publisher
from autoviz_render.views.model import reader as module
from autoviz_render.views.model.course import CurveReader
from autoviz_render.views.model.reader import Place, RunReader


@pytest.fixture
def spool(run_dir) -> Path:
    return run_dir / "spool"


@pytest.fixture
def made(run_dir, spool):
    """A reader of the run, below its parent's parent."""
    return lambda: RunReader(spool, Place(run_dir.parents[1]))


def figure(path: Path, made_by: str = SOFTWARE) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"\x89PNG" + made_by.encode())


def change(path: Path, **facts: object) -> None:
    path.write_text(json.dumps(json.loads(path.read_text()) | facts))


def test_a_run_is_read_as_its_files_say(run_dir, spool, publish, made):
    """What each view shows."""
    publish(3, title="a title", figure=["line", "run"])
    write_heartbeat(spool / "renderer.json", Heartbeat(drawn=2, coalesced=1, last_drawn="e0000-000000000002.h5"), 100.0)
    figure(run_dir / "image" / "fit.png")
    view = made().read()
    assert (view.key, view.run, view.state, view.is_readable) == ("output/search", "a title", "finished", True)
    assert (view.updates, view.step, view.snapshots, view.iteration, view.counts) == (3, 2, 3, 20, "iteration")
    assert (view.log_likelihood, view.newest_log_likelihood, view.log_evidence) == (0.0, -1.0, -3.0)
    assert (view.newest, view.packs, view.bad_files) == ("e0000-000000000002.h5", 0, 0)
    assert (view.renderer.state, view.renderer.drawn, view.renderer.skipped) == ("starting", 2, 1)
    assert [(each.name, each.file, each.step) for each in view.figures] == [("line", run_dir / "image" / "fit.png", 2)]
    assert view.figure_names == ("line", "run")
    assert view.scalars == {"log_evidence": -3.0}
    assert view.updated is not None
    assert view.started <= view.updated


@pytest.mark.parametrize(
    ("made_by", "is_ours"), [(SOFTWARE, True), (ERROR_PAGE, True), ("Matplotlib", False), ("", False)]
)
def test_a_figure_is_one_of_ours(run_dir, publish, made, made_by, is_ours):
    """PyAutoFit's own pictures lie beside them."""
    publish(1)
    figure(run_dir / "image" / "fit.png", made_by)
    assert bool(made().read().figures) is is_ours


def test_a_figure_that_is_not_newer_says_why(run_dir, publish, made):
    """The picture alone looks as if all were well."""
    publish(1)
    figure(run_dir / "image" / "fit.png")
    note = run_dir / "image" / "fit.error.txt"
    note.write_text("fit shows an earlier snapshot, or none:\nfigure 'auto': a bug\n")
    view = made().read()
    assert view.figures[0].error == view.warning == "figure 'auto': a bug"


def test_figures_are_looked_for_where_and_as_they_are_drawn(run_dir, spool, publish, tmp_path):
    """`--out`, `--figure` and `--format` of the renderer that is watched with."""
    publish(1)
    figure(tmp_path / "out" / "output" / "search" / "run.webp")
    settings = RenderSettings(figures=["run"], formats=("pdf", "webp"))
    view = RunReader(spool, Place(tmp_path, tmp_path / "out", settings)).read()
    assert [(each.name, each.file.name) for each in view.figures] == [("run", "run.webp")]


def test_of_a_run_in_which_nothing_changed_nothing_is_read(publish, made, monkeypatch):
    """Ten thousand runs are looked at in turn: each look costs the status of a few files."""
    publish(3)
    reader = made()
    while not (reader.read(), not reader.is_unsettled)[1]:
        pass
    for name in ("read_info", "read_heartbeat", "PackFiles"):
        monkeypatch.setattr(module, name, lambda *_: pytest.fail("it was read again"))
    view = reader.view
    assert reader.read() is view
    reader.rest()
    assert reader.read() is view


def test_a_run_at_rest_is_read_anew_if_it_goes_on(run_dir, spool, publish, made):
    """It was resumed after a week."""
    publish(2)
    reader = made()
    for _ in range(2):
        reader.read()
    reader.rest()
    with Publisher(run_dir, figure="auto", static={"data": [1.0]}, resumed_from=10) as publisher:
        publisher.publish({"image": [[1.0]]}, iteration=30)
        assert publisher.flush(30)
        view = reader.read()
        assert (view.state, view.epoch, view.updates, view.iteration) == ("running", 1, 3, 30)
    assert reader.read().state == "finished"
    detail = reader.detail(CurveReader(spool / "scalars.jsonl"))
    assert detail.curves.steps == [0, 1, 2]
    assert [ref.sequence for ref in detail.steps] == [0, 1, 2]


def test_the_details_of_a_run_at_rest_are_there(spool, publish, made):
    """Somebody looks at one of ten thousand."""
    publish(3)
    reader = made()
    for _ in range(2):
        reader.read()
    reader.rest()
    detail = reader.detail(CurveReader(spool / "scalars.jsonl"))
    assert detail.parameters == {"radius": 3.5}
    assert detail.curves.values["log_evidence"] == [-3.0, -3.0, -3.0]
    assert [ref.sequence for ref in detail.steps] == [0, 1, 2]


def test_a_search_whose_process_is_gone_has_died(spool, publish, made):
    """It was killed, and could not say so."""
    publish(1)
    info = json.loads((spool / "spool.json").read_text())
    change(spool / "spool.json", state="running", producer=info["producer"] | {"started": 1})
    assert made().read().state == "died"


def test_a_run_that_vanished_is_no_run(run_dir, publish, made):
    """Whoever asks drops it."""
    publish(1)
    reader = made()
    reader.read()
    shutil.rmtree(run_dir)
    with pytest.raises(NoSpoolError):
        reader.read()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("spool.json", b"{"),
        ("spool.json", b"\0" * (2 << 20)),
        ("spool.json", None),
        ("scalars.jsonl", None),
        ("snapshots", b"a file"),
    ],
)
def test_a_spool_that_cannot_be_read_says_why(spool, publish, made, name, content):
    """One run's fault is a line in a table, and costs the others nothing; it may be mended."""
    publish(2)
    reader = made()
    before = reader.read()
    place = spool / name
    saved = spool.with_name("saved")
    place.rename(saved)
    place.mkdir() if content is None else place.write_bytes(content)
    view = reader.read()
    assert not view.is_readable
    assert str(place) in reader.fault
    assert view.updates == before.updates
    place.rmdir() if content is None else place.unlink()
    saved.rename(place)
    assert reader.read().is_readable
    assert not reader.fault


def test_a_spool_that_could_never_be_read_says_why(spool, publish, made):
    """It is in the table from the start."""
    publish(1)
    (spool / "spool.json").write_bytes(b"{")
    view = made().read()
    assert (view.key, view.run, view.is_readable) == ("output/search", "search", False)
    assert "spool.json" in view.warning


def test_what_is_planted_is_not_waited_for(spool, publish, made):
    """A FIFO that never ends, a link that leads out of the run."""
    publish(1)
    for name in ("renderer.json", "scalars.jsonl"):
        (spool / name).unlink(missing_ok=True)
    os.mkfifo(spool / "renderer.json")
    os.symlink("/etc/passwd", spool / "scalars.jsonl")
    view = made().read()
    assert not view.is_readable
    assert "/bin/" not in view.warning


def test_packs_count(run_dir, spool, publish, made):
    """The command packed a run that is over: nothing else is different."""
    from autoviz_render.cli.commands.pack import pack_runs, parse_pack

    publish(70)
    before = made().read()
    assert pack_runs(parse_pack([str(run_dir)])) == 0
    view = made().read()
    assert view.packs == 1
    assert replace(view, packs=0, updated=None) == replace(before, updated=None)


def test_a_run_keeps_its_key_in_a_zip(run_dir, spool, publish, tmp_path):
    """PyAutoFit archives a search that is over; pages link to it by its key."""
    publish(2)
    place = Place(tmp_path)
    before = RunReader(spool, place).read()
    archive = put_away(run_dir)
    view = RunReader(archive / "spool", place).read()
    assert (view.key, view.updates, view.snapshots) == (before.key, 2, 2)
    assert view.figures_folder == Path(f"{run_dir}.figures")


@pytest.mark.parametrize(
    ("path", "key"), [("output/search/spool", "."), ("output/search", "."), ("output", "search"), ("", "output/search")]
)
def test_the_key_is_the_place_below_the_path(run_dir, spool, tmp_path, path, key):
    """And never leads out of it."""
    assert Place(tmp_path / path).key(spool) == key
    assert Place(tmp_path).key(run_dir / "spool-b") == "output/search/spool-b"


@pytest.mark.parametrize(
    ("lags", "is_near", "ages", "ahead"),
    [
        ([1.0, 1.0], True, [1.0, 1.0], 0.0),
        ([-3600.0, -3600.0], False, [0.0, 0.0], 3600.0),
        ([3600.0, 3600.0, 3600.0], False, [3600.0, 3600.0, 0.0], -3600.0),
        ([3600.0, 1.0, 1.0], False, [3600.0, 1.0, 1.0], 0.0),  # it was quiet before
        ([3600.0, 3600.0, 3600.0], True, [3600.0, 3600.0, 3600.0], 0.0),  # this machine was suspended, perhaps
    ],
)
def test_an_age_is_told_whatever_the_clocks_say(monkeypatch, lags, is_near, ages, ahead):
    """Those of other hosts may be hours off."""
    clock = [50_000.0]
    monkeypatch.setattr(time, "time", lambda: clock[0])
    age = module._Age()
    for lag, expected in zip(lags, ages, strict=True):
        clock[0] += 10_000
        age.see(clock[0] - lag, is_near=is_near)
        assert clock[0] - age.updated == pytest.approx(expected)
    assert age.ahead == pytest.approx(ahead)


def test_a_clock_that_is_set_makes_no_search_quiet(monkeypatch):
    """An hour forward is no hour of silence."""
    clock = [50_000.0]
    monkeypatch.setattr(time, "time", lambda: clock[0])
    age = module._Age()
    age.see(clock[0] - 1.0, is_near=True)
    assert age.silent(clock[0] + 3600.0) < 60
    assert age.silent(clock[0] - 3600.0) == 0.0


def test_a_renderer_that_gives_no_sign_of_life_is_late(spool, publish, made):
    """And the one in this process is not, as it says so itself."""
    publish(1)
    write_heartbeat(spool / "renderer.json", Heartbeat(activity="watching"), 0.0)
    reader = made()
    assert reader.read().renderer.state == "late"
    reader.our_beat = Heartbeat(activity="watching")
    assert reader.read().renderer.state == "watching"


def test_a_renderer_whose_process_is_gone_is_known_to_be(spool, publish, made):
    """Killed: its last sign of life promised another."""
    publish(1)
    write_heartbeat(spool / "renderer.json", Heartbeat(pid=2**22 + 5, activity="drawing"), 100.0)
    reader = made()
    reader.read()
    assert reader.facts(0.0).is_renderer_gone


def test_a_disk_that_answers_late_is_known_to_and_forgiven(publish, made, monkeypatch):
    """Twice in a row: once it may have been a processor that the look waited for."""
    publish(1)
    reader, clock = made(), [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    slow = [3.0]

    def read_slowly(path: str, signature: Any = module._signature) -> object:
        clock[0] += slow[0] / 7
        return signature(path)

    monkeypatch.setattr(module, "_signature", read_slowly)
    reader.read()
    assert reader.facts(0.0).look_seconds == 0.0
    reader.read()
    assert reader.facts(0.0).look_seconds == pytest.approx(3.0, abs=0.5)
    slow[0] = 0.0
    reader.read()
    assert reader.facts(0.0).look_seconds == pytest.approx(0.0, abs=0.1)
