"""The table that is rewritten in place: a pseudo-terminal's screen, from the bytes that are written."""

from __future__ import annotations

import logging
import os
import pty
import re
import threading
import time

import numpy as np
import pytest
from PIL import Image
from terminals import Screen, decoded_sixels, set_size

from autoviz_render.views.model.feed import Feed
from autoviz_render.views.model.run_view import FigureView, Overview, RunView
from autoviz_render.views.terminal.live_table import LiveTable
from autoviz_render.views.terminal.order import RunOrder
from autoviz_render.views.terminal.pictures.picture import Picture
from autoviz_render.views.terminal.region import Region, terminal_size
from autoviz_render.views.terminal.screen import lines_of

pytestmark = pytest.mark.skipif(os.name == "nt", reason="has no pseudo-terminals")


@pytest.fixture
def terminal(monkeypatch):
    """A screen, and the stream that a program writes to it."""
    monkeypatch.setenv("TERM", "xterm-256color")
    for name in ("COLUMNS", "NO_COLOR", "COLORTERM", "TMUX"):
        monkeypatch.delenv(name, raising=False)
    master, slave = pty.openpty()
    set_size(slave, 80, 24)
    with os.fdopen(slave, "w", encoding="utf-8") as stream:
        screen = Screen(master)
        screen.stream = stream
        yield screen
    os.close(master)


@pytest.fixture
def feed(tmp_path, make_run):
    """A feed that a test has changed."""
    feed = Feed(tmp_path, lambda _: pytest.fail("a table reads no disk"))
    runs: dict[str, RunView] = {}

    def change(*changed, gone=()):
        runs.update((run.key, run) for run in changed)
        for key in gone:
            del runs[key]
        overview = Overview(tmp_path, time.time(), tuple(runs[key] for key in sorted(runs)))
        feed.show(overview, {*(run.key for run in changed), *gone})

    feed.change = change  # type: ignore[attr-defined]
    yield feed
    feed.close()


@pytest.fixture
def table(feed, terminal):
    """A table that is shown."""
    table = LiveTable(feed, stream=terminal.stream)
    table.start()
    yield table
    table.close()


def test_a_run_that_changes_is_seen_to_change(feed, terminal, table, make_run, eventually):
    """In place: the screen has one table."""
    now = time.time()
    feed.change(make_run("a", updated=now - 9, figures=()), make_run("b", updated=now - 5, figures=()))
    eventually(lambda: terminal.shows("2 runs below"))
    assert [line.split()[0] for line in terminal.lines if line.startswith(("a ", "b "))] == ["b", "a"]
    feed.change(make_run("a", log_likelihood=-1.25, updated=now, figures=()))
    eventually(lambda: terminal.shows("-1.25"))
    assert [line.split()[0] for line in terminal.lines if line.startswith(("a ", "b "))] == ["a", "b"]
    feed.change(gone=["b"])
    eventually(lambda: terminal.shows("log likelihood  -1.25"))  # the card of the one that is left
    assert terminal.text.count("-1.25") == 1


def test_a_frame_is_one_synchronized_write(feed, terminal, table, make_run, eventually):
    """A terminal that knows it shows no half of a frame, and nothing is between two."""
    feed.change(*(make_run(f"run_{number}") for number in range(30)))
    eventually(lambda: terminal.shows("30 runs below"))
    feed.change(make_run("run_3", log_likelihood=-7.25))
    eventually(lambda: terminal.shows("-7.25"))
    assert re.fullmatch(rb"(\x1b\[\?2026h.*?\x1b\[\?2026l)+", terminal.written, re.DOTALL)


def test_it_is_written_four_times_a_second_at_most(feed, terminal, table, make_run, eventually):
    """However often runs change; and not at all as nothing does, but for the seconds of the ages."""
    began = time.monotonic()
    count = iter(range(10**9))

    def change_on() -> bool:
        feed.change(make_run("a", iteration=next(count)))
        terminal.read(0.001)
        return time.monotonic() > began + 2

    eventually(change_on)
    frames = terminal.written.count(b"\x1b[?2026h")
    assert 2 <= frames <= 4 * (time.monotonic() - began) + 1
    assert next(count) > 50


def test_nothing_is_written_as_long_as_no_line_changes(terminal):
    """A slow link has other things to carry."""
    region = Region(terminal.stream, lambda: terminal_size(terminal.stream))
    region.show(["one", "two", "three"])
    terminal.read()
    before = len(terminal.written)
    region.show(["one", "two", "three"])
    terminal.read()
    assert len(terminal.written) == before
    region.show(["one", "TWO", "three", "four"])
    terminal.read()
    assert terminal.lines[:5] == ["one", "TWO", "three", "four", ""]
    assert b"three" not in terminal.written[before:]
    region.show(["four"])
    terminal.read()
    assert [line for line in terminal.lines if line] == ["four"]


def test_warnings_appear_above_and_stay(feed, terminal, table, make_run, eventually):
    """And the log goes where it went before when the table is gone."""
    log = logging.getLogger("autoviz_render")
    handler = logging.StreamHandler(terminal.stream)
    log.addHandler(handler)
    try:
        with_log = LiveTable(feed, stream=terminal.stream)
        table.close()
        with_log.start()
        feed.change(make_run("a"), make_run("b"))
        eventually(lambda: terminal.shows("2 runs below"))
        for number in range(3):
            logging.getLogger("autoviz_render.renderer").warning("warning %d", number)
        logging.getLogger("autoviz_render.renderer").info("a detail")
        eventually(lambda: terminal.shows("warning 2"))
        lines = [line for line in terminal.lines if line.startswith(("warning", "2 runs"))]
        assert lines[-4:] == ["warning 0", "warning 1", "warning 2", lines[-1]]
        assert "2 runs below" in lines[-1]
        with_log.close()
        assert handler.stream is terminal.stream
        log.warning("after it")
        eventually(lambda: terminal.shows("after it"))
        assert terminal.text.index("after it") > terminal.text.rindex("2 runs below")
        assert "a detail" not in terminal.text
    finally:
        log.removeHandler(handler)


@pytest.mark.parametrize("size", [(200, 60), (60, 30), (80, 8), (30, 10)])
def test_another_size_has_one_table_too(feed, terminal, table, make_run, eventually, size):  # noqa: PLR0917
    """Larger and smaller, in both directions."""
    feed.change(*(make_run(f"run_{number}") for number in range(4)))
    eventually(lambda: terminal.shows("4 runs below"))
    terminal.resize(*size)
    eventually(lambda: terminal.shows("figure") if size[0] == 200 else terminal.shows("4 runs below"))
    feed.change(make_run("run_1", log_likelihood=-2.25))
    eventually(lambda: terminal.shows("-2.25"))
    assert terminal.text.count("4 runs") == 1, terminal.text
    assert terminal.text.count("-2.25") == 1, terminal.text


def test_the_last_state_stays_and_the_cursor_comes_back(feed, terminal, make_run, eventually):
    """What was on the screen is in the scrollback, and a prompt stands below it."""
    table = LiveTable(feed, stream=terminal.stream)
    table.start()
    feed.change(make_run("a"), make_run("b"))
    eventually(lambda: terminal.shows("2 runs below"))
    feed.change(make_run("a", state="finished"), make_run("b", state="finished"))
    began = time.monotonic()
    table.close()
    assert time.monotonic() - began < 2
    terminal.stream.write("$")
    terminal.stream.flush()
    eventually(lambda: terminal.shows("$"))
    assert "2 finished" in terminal.text
    assert terminal.text.rstrip().endswith("$")
    assert terminal.written.rindex(b"\x1b[?25h") > terminal.written.rindex(b"\x1b[?25l")
    assert not [thread for thread in threading.enumerate() if thread.name == "autoviz-render terminal"]


@pytest.mark.parametrize("how", ["blocks", "sixel", "kitty", "iterm2"])
def test_the_figure_is_above_the_table_and_drawn_again_when_it_is_lost(  # noqa: PLR0917
    feed, terminal, make_run, eventually, tmp_path, how
):
    """A new one replaces it; a warning that appears above moves it."""
    file = tmp_path / "fit.png"

    def drawn(colour, step):
        Image.fromarray(np.full((90, 120, 3), colour, np.uint8)).save(file)
        figure = FigureView("fit", file, time.time(), file.stat().st_size, step=step)
        return make_run("a", figures=(figure,), updates=step)

    table = LiveTable(feed, how, stream=terminal.stream)
    table.start()
    mark = {"blocks": "▀".encode(), "sixel": b"\x1bP", "kitty": b"\x1b_Ga=T", "iterm2": b"\x1b]1337;File"}[how]
    feed.change(drawn((250, 0, 0), 7), make_run("b", updated=0.0, figures=()))
    eventually(lambda: terminal.shows("a: fit  step 7") and mark in terminal.written)
    assert terminal.text.index("a: fit") < terminal.text.index("2 runs below")
    if how == "sixel":
        text = terminal.written.decode()
        assert decoded_sixels(text[text.index("\x1bP") : text.index("\x1b\\") + 2])[0, 0].tolist() == [250, 0, 0]
    number = terminal.written.count(mark)
    feed.change(drawn((0, 250, 0), 8))
    eventually(lambda: terminal.shows("a: fit  step 8") and terminal.written.count(mark) > number)
    again = terminal.written.count(mark) + terminal.written.count(b"\x1b_Ga=p")
    table._region.print_above("a warning")
    eventually(
        lambda: (
            terminal.shows("a warning") and terminal.written.count(mark) + terminal.written.count(b"\x1b_Ga=p") > again
        )
    )
    assert terminal.text.index("a warning") < terminal.text.index("a: fit")
    table.close()


def test_a_picture_is_not_sent_again_as_numbers_change(terminal):
    """A slow link would be full of it."""
    region = Region(terminal.stream, lambda: terminal_size(terminal.stream))
    picture = Picture(4, ("", ""), "<picture>", "<again>")
    for number in range(5):
        region.show(["", "", f"number {number}"], picture)
    terminal.read()
    assert terminal.written.count(b"<picture>") == 1
    assert terminal.written.count(b"<again>") == 0
    region.print_above("a warning")
    terminal.read()
    assert terminal.written.count(b"<again>") == 1


def test_a_terminal_that_is_gone_costs_one_warning(feed, make_run, caplog, eventually, terminal):
    """The drawing goes on, and closing is no error."""

    class Gone:
        encoding = "utf-8"

        def write(self, _):
            raise OSError(5, "Input/output error")

        def fileno(self):
            return terminal.stream.fileno()

        def isatty(self):
            return True

        def flush(self):
            """Never comes so far."""

    table = LiveTable(feed, stream=Gone())  # type: ignore[arg-type]
    table.start()
    feed.change(make_run("a"))
    eventually(lambda: caplog.records)
    table.close()
    assert ["is given up" in record.getMessage() for record in caplog.records] == [True]


def test_ten_thousand_runs_cost_no_more_than_forty(tmp_path, make_run):
    """What a frame costs follows the rows, and the runs that changed: counted as looks at runs, not as time."""
    looks = []

    class Counted(tuple):
        def __getitem__(self, at):
            looks.append(at)
            return super().__getitem__(at)

        def __iter__(self):
            looks.extend(range(len(self)))
            return super().__iter__()

    runs = Counted(make_run(f"lens_{number:05d}") for number in range(10_000))
    order = RunOrder()
    order.update(Overview(tmp_path, 0.0, runs))
    looks.clear()
    order.update(Overview(tmp_path, 1.0, Counted(runs)), {f"lens_{number:05d}" for number in range(0, 10_000, 500)})
    looks_of_tuple = len(looks) - 10_000  # those of the copy
    assert looks_of_tuple < 20 * 20
    lines, _ = lines_of(order.screenful(1.0, 60), 200, 58)
    assert len(lines) == 58
