"""`--status` for a person: columns that fit, paths that tell runs apart, ages and errors."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest

from autoviz_render.cli.table import table, wrapped
from autoviz_render.renderer.heartbeat import Heartbeat, write_heartbeat
from autoviz_render.spool.store import Spool
from autoviz_render.views.terminal.cells import cells
from autoviz_render.views.terminal.numbers import in_nats

EVIL = "\x1b[2J\nforged\u202e"


@pytest.fixture
def columns(monkeypatch, command):
    """The lines of `--status` in so many columns."""

    def lines(width, *paths):
        monkeypatch.setenv("COLUMNS", str(width))
        code, output, errors = command("--status", *paths)
        assert (code, errors) == (0, [])
        return output

    return lines


def test_runs_of_one_name_are_told_apart(tmp_path, publish, columns, monkeypatch):
    """PyAutoFit's searches of a whole sample have one name, and folders that are digests."""
    monkeypatch.chdir(tmp_path)
    for name in "ab":
        publish(2, into=tmp_path / "output" / name / "lens", figure=["line", "run"], title="lens")
    head, names, *rows = columns(80, "output")
    assert head == "2 runs below output"
    assert names.split() == ["run", "state", "updates", "age", "renderer", "figures"]
    assert [row.split()[0] for row in rows] == ["a/lens", "b/lens"]
    assert all(row.split()[1:3] == ["finished", "2"] and row.endswith("none      line, run") for row in rows)
    starts = {name: names.index(name) for name in ("state", "renderer", "figures")}
    for row in rows:
        assert row[starts["state"] :].startswith("finished")
        assert row[starts["renderer"] :].startswith("none")
        assert row[starts["figures"] :].startswith("line, run")


def test_one_run_is_told_in_full(run_dir, publish, columns, monkeypatch):
    """Whoever asks for one wants to know how far it is."""
    monkeypatch.chdir(run_dir.parents[1])
    publish(3)
    _, row, *more = columns(80, "output/search")
    assert row.split()[:3] == ["output/search", "finished", "3"]
    assert more == ["  search: 3 snapshots kept", "  iteration 20, log likelihood -1.00"]


@pytest.mark.parametrize("width", [40, 80, 200])
def test_the_lines_fit_whatever_the_names(tmp_path, publish, columns, monkeypatch, width):
    """Long paths, Chinese ones, control characters, many figures, an error of a thousand words: nothing is cut."""
    monkeypatch.chdir(tmp_path)
    paths = ["x" * 120, "deep/" * 20 + "end", "光谱" * 20, EVIL, "short"]
    for path in paths:
        publish(1, into=tmp_path / "output" / path, figure=["line", *(f"figure{number}" for number in range(20))])
    beat = Heartbeat(host=EVIL, last_error="ValueError: " + "many words " * 100)
    write_heartbeat(tmp_path / "output" / "short" / "spool" / "renderer.json", beat, 10.0)
    lines = columns(width, "output")
    assert all(line.isprintable() and cells(line) <= width for line in lines)
    joined = "".join(line.strip() for line in lines)
    assert all(path in joined for path in ("x" * 120, "deep/" * 20 + "end", "光谱" * 20, r"\x1b[2J\nforged\u202e"))
    assert len(re.findall(r"many\s*words", " ".join(lines))) == 100


def test_what_is_wrong_stands_below_the_run(tmp_path, publish, columns, command):
    """The error of a figure, and files that cannot be read."""
    for name in "abc":
        publish(2, into=tmp_path / name)
    newest = Spool(tmp_path / "b").newest().path
    newest.write_bytes(b"x")
    command(tmp_path / "b")
    beat = Heartbeat(drawn=3, last_error="figure 'auto': a bug")
    write_heartbeat(tmp_path / "c" / "spool" / "renderer.json", beat, 1e6)
    lines = columns(300, tmp_path)
    assert lines[3:4] + lines[4:5] == [lines[3], f"  1 file cannot be read: see {tmp_path}/b/spool/bad"]
    assert lines[3].startswith("b ")
    assert "starting" in lines[5]
    assert lines[6:] == ["  last error: figure 'auto': a bug"]
    write_heartbeat(tmp_path / "c" / "spool" / "renderer.json", replace(beat, drawn=0), 1e6)
    assert columns(300, tmp_path)[-1] == "  no figures: figure 'auto': a bug"


def test_json_is_as_ever(tmp_path, publish, command):
    """What a script reads does not change with the columns."""
    for name in "ab":
        publish(1, into=tmp_path / name)
    code, output, _ = command("--status", "--json", tmp_path)
    assert code == 0
    assert [json.loads(line)["spool"] for line in output] == [str(tmp_path / name / "spool") for name in "ab"]


@pytest.mark.parametrize(
    ("value", "told"), [(-1234.5, "-1,234.50"), (0.0, "0.00"), (-0.0, "0.00"), (-1e-5, "-1e-05"), (-1e300, "-1e+300")]
)
def test_a_log_likelihood_is_a_number_that_says_something(value, told):
    """Not -0.00, nor three hundred digits."""
    assert in_nats(value) == told


def test_a_table_of_nothing_but_its_head_has_one_line():
    """And a text of nothing has none."""
    assert table([("a", "b")], 80) == [["a  b"]]
    assert wrapped("", 80) == []
