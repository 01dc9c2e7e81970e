"""What a terminal shows of the runs: all values, in the width that there is, whatever their names."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pyte
import pytest

from autoviz_render.views.model.run_view import Overview, RendererView
from autoviz_render.views.terminal.cells import cells, fitted, shown
from autoviz_render.views.terminal.columns import Layout
from autoviz_render.views.terminal.numbers import ago, duration, in_nats, rate
from autoviz_render.views.terminal.order import RunOrder
from autoviz_render.views.terminal.screen import console_of, lines_of, rendered

NOW = 1_800_000_000.0
EVIL = "\x1b[2J\nforged\u202e</script>\x00\u2028" + "x" * 10_000
SIZES = [(80, 24), (200, 60), (40, 10), (24, 5)]


def screen(runs, width=80, height=24, now=NOW, before=None):
    """The lines of a screen with these runs, as text, as a terminal of pyte's shows them."""
    order = RunOrder()
    order.update(Overview(Path("output"), now, sorted(runs, key=lambda run: run.key)))
    lines, _ = lines_of(order.screenful(now, height), width, height - 2, before)
    assert len(lines) <= height - 2
    terminal = pyte.Screen(width, height)
    pyte.Stream(terminal).feed("\r\n".join(rendered(lines, console_of(io.StringIO()))))
    plain = [line.plain for line in lines]
    assert all(cells(line) <= width and line.isprintable() for line in plain)
    below = [line.rstrip() for line in terminal.display]
    assert [re.sub(r"\s", "", line) for line in below[: len(plain)]] == [re.sub(r"\s", "", line) for line in plain]
    assert not any(below[len(plain) :])  # no line was folded into another one
    return plain


@pytest.mark.parametrize(("width", "height"), [(80, 24), (200, 60)])
def test_a_run_alone_is_a_card_with_all_that_is_known(make_run, width, height):
    """A table of one row wastes the screen, and hides what has no column."""
    text = "\n".join(screen([make_run(".", run="lens", warning="one bad thing", bad_files=2)], width, height))
    for told in (
        "lens  running for 2 h 13 min",
        "1,234,567 likelihood evaluations, 543/s",
        "-123,456.78",
        "-234,567.89",
        "42, the last 12 s ago, one every 30 s",
        "watching, process 321 on node7",
        "40, 2 skipped, 31 ms a frame",
        "image/fit.png (3 s ago)",
        "one bad thing; 2 files cannot be read",
    ):
        assert told in text


@pytest.mark.parametrize("number", [2, 5])
def test_few_runs_are_told_in_full_on_a_small_screen(make_run, number):
    """What has no room in the columns stands below."""
    runs = [make_run(f"lens_{each}", warning="a bug" if each == 1 else "") for each in range(number)]
    text = "\n".join(screen(runs))
    for told in ("running", "1,234,567", "-123,456.78", "-234,567.89", "543/s", "12 s", "watching"):
        assert len(re.findall(rf"(?<!\S){re.escape(told)}(?![\d.])", text)) >= number
    assert len(re.findall("40 drawn|   40", text)) == number
    assert text.count("2 skipped") == number
    assert text.count("image/fit.png") == number
    assert text.count("a bug") == 1


def test_a_wide_screen_has_a_column_for_each_value(make_run):
    """Two hundred columns are enough for all."""
    _, head, first, *_ = screen([make_run("b"), make_run("c", updated=NOW - 99, figures=())], 200, 60)
    titles = "run state iteration log_likelihood log_evidence rate age renderer drawn skipped figure"
    assert head.split() == titles.replace("_", " ").split()
    values = "running 1,234,567 -123,456.78 -234,567.89 543/s 12 s watching 40 2 /data/b/image/fit.png"
    assert " ".join(first.split()) == f"b {values}"


@pytest.mark.parametrize("width", [40, 60, 80, 100, 200])
def test_no_digit_of_a_likelihood_or_an_evidence_is_lost(make_run, width):
    """A number that is cut is a wrong number."""
    runs = [
        make_run(f"a/long/name/of/lens_{each}", log_likelihood=-1.5e9 - each, log_evidence=-7e-5) for each in range(30)
    ]
    lines = screen(runs, width, 24)
    head, rows = lines[1], lines[2:-1]
    assert all(re.search(r"-1,500,000,0\d\d\.00\b", row) for row in rows)
    assert ("-7e-05" in rows[0]) == bool(re.search("log Z|log evidence", head))


def test_the_columns_of_numbers_stand_below_each_other(make_run):
    """And below their heads."""
    runs = [make_run(f"lens_{each}", log_likelihood=-(10.0**each), iteration=10**each) for each in range(6)]
    lines = screen(runs)
    at = {line.index(".00") for line in lines[2:] if ".00" in line}
    assert len(at) == 1
    assert re.search("log L|log likelihood", lines[1]).end() == at.pop() + 3


def test_the_runs_that_changed_last_are_first_and_the_others_are_counted(make_run):
    """Of ten thousand, one sees what moves."""
    runs = [
        make_run(f"lens_{each:05d}", updated=NOW - each, state="finished" if each else "running")
        for each in range(10_000)
    ]
    lines = screen(runs, 80, 24)
    assert len(lines) == 22
    assert [line.split()[0] for line in lines[2:5]] == ["lens_00000", "lens_00001", "lens_00002"]
    assert "1 running, 9,999 finished" in lines[0]
    assert lines[-1].startswith("9,981 more; of all: 400,000 drawn, 20,000 skipped")


@pytest.mark.parametrize(("width", "height"), SIZES)
@pytest.mark.parametrize(
    "name",
    [
        "x" * 300,
        "光谱拟合" * 30,
        "e\u0301" * 30,
        "Z" + "\u0335" * 300,
        "\U0001f468\u200d\U0001f469\U0001f1e9\U0001f1ea\U0001f44d\U0001f3fd",
        "\u0939\u093f\u0928\u094d\u0926\u0940",
        "한글" * 40,
        EVIL,
        "\u05d0\u05d1\u202e\u05d2",
    ],
    ids=["long", "chinese", "accents", "many-marks", "emoji", "hindi", "hangul", "hostile", "hebrew"],
)
def test_columns_never_break_whatever_the_names(make_run, name, width, height):
    """A stranger's name neither moves the cursor nor the columns."""
    strange = make_run(name, run=name, warning=name, counts=name, renderer=RendererView(host=name, pid=1))
    alone = screen([strange], width, height)
    several = screen([strange, make_run("b"), make_run("c", updated=NOW - 99)], width, height)
    assert not any(set("\x1b\u202e\x00\u2028") & set(line) for line in alone + several)


def test_a_screen_without_runs_says_so():
    """Not an empty table."""
    order = RunOrder()
    order.update(Overview(Path("output"), NOW))
    assert lines_of(order.screenful(NOW, 24), 80, 22)[0][0].plain == "no run yet below output"


def test_colours_are_for_what_means_something(make_run, monkeypatch):
    """Red, yellow, green; and none if NO_COLOR asks for none."""
    monkeypatch.setenv("TERM", "xterm-256color")
    runs = [make_run("a", state="died"), make_run("b", renderer=RendererView("late")), make_run("c", state="finished")]
    order = RunOrder()
    order.update(Overview(Path("output"), NOW, runs))
    lines, _ = lines_of(order.screenful(NOW, 24), 120, 22)
    text = "\n".join(rendered(lines, console_of(io.StringIO())))
    assert {"\x1b[31mdied", "\x1b[33mlate", "\x1b[32mfinished"} <= set(re.findall(r"\x1b\[3[1-3]m[a-z]+", text))
    monkeypatch.setenv("NO_COLOR", "1")
    assert not re.search(r"\x1b\[[0-9;]*3[0-9]", "\n".join(rendered(lines, console_of(io.StringIO()))))


def test_columns_become_wider_and_not_narrower(make_run):
    """Numbers that jump sideways while one reads them cannot be read."""
    order = RunOrder()
    order.update(Overview(Path("output"), NOW, [make_run("a"), make_run("b")]))
    _, wide = lines_of(order.screenful(NOW, 24), 80, 22)
    order.update(
        Overview(Path("output"), NOW, [make_run("a", log_likelihood=-1.0), make_run("b", log_likelihood=-1.0)])
    )
    _, after = lines_of(order.screenful(NOW, 24), 80, 22, wide)
    _, fresh = lines_of(order.screenful(NOW, 24), 80, 22, Layout(79))
    assert after.columns["log likelihood"] == wide.columns["log likelihood"] > fresh.columns["log likelihood"]


def test_what_changed_is_found_without_looking_at_all(make_run):
    """The totals and the order stay right as runs change, come and vanish."""
    runs = {key: make_run(key, updated=NOW - 50) for key in "abcdefgh"}
    order = RunOrder()
    order.update(Overview(Path("o"), NOW, tuple(runs.values())))
    runs["c"] = make_run("c", updated=NOW, state="finished")
    runs["z"] = make_run("z", updated=NOW - 1, renderer=RendererView(drawn=7))
    del runs["a"]
    order.update(Overview(Path("o"), NOW, tuple(runs[key] for key in sorted(runs))), {"a", "c", "z"})
    shown_now = order.screenful(NOW, 2)
    assert [run.key for run in shown_now.runs] == ["c", "z"]
    assert shown_now.totals.runs == 8
    assert dict(shown_now.totals.states) == {"running": 7, "finished": 1}
    assert shown_now.totals.drawn == 7 * 40 + 7
    beat = make_run("b", updated=NOW - 50, renderer=RendererView("watching", 321, "node7", 40, 2, NOW, 0.031))
    order.update(Overview(Path("o"), NOW, tuple({**runs, "b": beat}[key] for key in sorted(runs))), {"b"})
    assert order.screenful(NOW, 1).runs[0].key == "c"  # a heartbeat is no news


@pytest.mark.parametrize(
    ("told", "text"),
    [
        (ago(0.4), "0 s"), (ago(-3), "0 s"), (ago(119), "119 s"), (ago(600), "10 min"), (ago(1e6), "12 d"),
        (duration(7980), "2 h 13 min"), (duration(59.6), "1 min 0 s"), (duration(200_000), "2 d 7 h"),
        (rate(1234.5), "1,234/s"), (rate(3.25), "3.25/s"), (rate(0.003), "10.8/h"), (rate(float("nan")), ""),
        (in_nats(-1234.5), "-1,234.50"),
    ],
)  # fmt: skip
def test_numbers_are_told_as_a_person_tells_them(told, text):
    """Ages to one unit, durations to two."""
    assert told == text


def test_texts_are_cut_to_columns_not_to_characters():
    """A Chinese character takes two, and half of it cannot be shown."""
    assert fitted("光谱拟合", 5) == "光谱…"
    assert fitted("光谱拟合", 4, keep="end") == "…合"
    assert fitted("abcdefgh", 5, keep="both") == "ab…gh"
    assert cells(shown("e\u0301")) == 1
    assert shown("\u0301x") == "x"
