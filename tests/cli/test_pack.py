"""`autoviz-render pack`: few files in place of many, said in a line, and drawn as before."""

from __future__ import annotations

import json
import os

import pytest

from autoviz_render.spool.publisher import Publisher
from autoviz_render.spool.store import Spool


@pytest.fixture
def runs(tmp_path, publish):
    for name in "ab":
        publish(3, into=tmp_path / "output" / name)
    return tmp_path / "output"


def test_pack_says_what_was_saved_and_names_the_packs(runs, command):
    """A person wants to know whether the quota is safe, a script which files there are."""
    code, output, errors = command("pack", runs)
    assert (code, len(output)) == (0, 2)
    assert errors[-1] == "autoviz-render: 6 snapshots in 2 files, 8 removed"
    assert all(os.path.isfile(path) for path in output)
    assert len(Spool(runs / "a")) == 3
    code, output, errors = command("pack", runs)
    assert (code, output, errors) == (3, [], ["autoviz-render: nothing to pack"])


def test_figures_of_a_packed_run_are_the_same_and_not_drawn_again(runs, command):
    """Where a snapshot lies is no part of the figure."""
    assert command("--all", runs / "a")[0] == 0
    before = {path.name: path.read_bytes() for path in (runs / "a/image/frames").glob("*.png")}
    assert command("pack", "--quiet", runs)[2] == []
    assert command("--all", runs / "a")[:2] == (0, [])
    code, output, _ = command("--all", "--redraw", runs / "a")
    assert (code, len(output)) == (0, 3)
    assert {path.name: path.read_bytes() for path in (runs / "a/image/frames").glob("*.png")} == before


def test_status_tells_of_packs(runs, command):
    """Whoever looks into `snapshots/` and finds it empty is told where they are."""
    command("pack", runs / "a")
    assert json.loads(command("--status", "--json", runs / "a")[1][0])["packs"] == 1
    assert any("3 snapshots kept, in 1 pack" in line for line in command("--status", runs / "a")[1])


def test_pack_as_json(runs, command):
    """An object a pack."""
    (line,) = command("pack", "--json", runs / "a")[1]
    facts = json.loads(line)
    assert os.path.getsize(facts["file"]) == facts["bytes"]


def test_a_run_that_goes_on_is_said_and_left(tmp_path, command):
    """It is no fault: there is nothing to pack yet."""
    with Publisher(tmp_path / "run") as publisher:
        publisher.publish({"x": [1.0]}, iteration=0)
        publisher.flush(30)
        code, output, errors = command("pack", tmp_path)
    assert (code, output) == (3, [])
    assert errors[-1] == "autoviz-render: nothing to pack: 1 run not over yet"


def test_a_damaged_snapshot_is_named_and_the_code_says_so(runs, command):
    """The others are packed."""
    path = runs / "a/spool/snapshots/e0000-000000000001.h5"
    path.write_bytes(path.read_bytes()[:-9])
    code, output, errors = command("pack", runs)
    assert (code, len(output)) == (1, 2)
    assert f"autoviz-render: {path}: " in errors[0]
    assert errors[0].endswith("; it stays as it is")
    assert path.exists()


def test_a_run_named_pack_is_drawn_as_ever(runs, command, monkeypatch):
    """The word was free before."""
    (runs / "a").rename(runs / "pack")
    monkeypatch.chdir(runs)
    assert command("pack")[:2] == (0, ["pack/image/fit.png"])
    monkeypatch.chdir(runs / "b")
    assert command("pack", ".")[0] == 0


def test_pack_without_a_path_is_a_usage_error(command, tmp_path, monkeypatch):
    """As for the command itself."""
    monkeypatch.chdir(tmp_path)
    code, _, errors = command("pack")
    assert code == 2
    assert "required: PATH" in errors[-1]
