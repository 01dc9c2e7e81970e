"""Views are started and closed beside the drawing, which none of them can end."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from autoviz_render.cli.arguments.options import parse
from autoviz_render.cli.commands import views as module
from autoviz_render.spool.errors import WrongValueError
from autoviz_render.views.model.feed import Feed


class Shown:
    """A view that remembers, and fails as it is told to."""

    def __init__(self, name: str, told: list[str], at_start: Exception | None = None, at_end: bool = False) -> None:
        self.name, self.told, self.at_start, self.at_end = name, told, at_start, at_end

    def start(self) -> None:
        self.told.append(f"{self.name} starts")
        if self.at_start is not None:
            raise self.at_start

    def close(self) -> None:
        self.told.append(f"{self.name} closes")
        if self.at_end:
            raise RuntimeError("a bug")


@pytest.fixture
def shown(monkeypatch):
    """Show these views while something is done."""

    def show(*views: Shown):
        monkeypatch.setattr(module, "_wanted", lambda *_: iter(views))
        feed = Feed(Path("output"), dict.__getitem__)  # type: ignore[arg-type]  # nobody asks
        return module.views_of(parse(["--watch", "output"]), Path("output"), feed)

    return show


def test_views_are_closed_in_the_reverse_order(shown):
    """What was started last may use what was started first."""
    told: list[str] = []
    with shown(Shown("a", told), Shown("b", told)):
        told.append("drawing")
    assert told == ["a starts", "b starts", "drawing", "b closes", "a closes"]


def test_a_view_that_fails_costs_a_warning(shown, caplog):
    """Never the drawing, nor the other views."""
    told: list[str] = []
    caplog.set_level(logging.WARNING, "autoviz_render")
    with shown(Shown("a", told, RuntimeError("a bug")), Shown("b", told, at_end=True), Shown("c", told)):
        told.append("drawing")
    assert told == ["a starts", "b starts", "c starts", "drawing", "c closes", "b closes"]
    assert [record.getMessage() for record in caplog.records] == [
        "a view could not be started: Shown",
        "a view could not be closed: Shown",
    ]


def test_a_view_that_can_never_be_shown_ends_the_command(shown):
    """It was asked for, and whoever asked is there to read why not."""
    told: list[str] = []
    with pytest.raises(WrongValueError), shown(Shown("a", told), Shown("b", told, WrongValueError("taken"))):
        told.append("drawing")
    assert told == ["a starts", "b starts", "a closes"]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--serve", "8080", "output"], "--serve goes with --watch"),
        (["--window", "output"], "--window goes with --watch"),
        (["ssh://host/runs"], "ssh://host/runs goes with --watch"),
        (["--watch", "ssh://host", "--quiet"], "write ssh://HOST/PATH"),
        (["--watch", "--serve", "nowhere", "output"], "write a port, HOST:PORT, or unix:PATH"),
        (["--watch", "--serve", "70000", "output"], "write a port, HOST:PORT, or unix:PATH"),
        (["--watch", "--serve", "unix:", "output"], "write a port, HOST:PORT, or unix:PATH"),
        (["--html", "--shard", "1/2", "output"], "leave out --shard"),
        (["--movie", "a.mp4", "--html", "output"], "leave out --html"),
        (["--watch", "--json", "--preview", "output"], "leave out --preview"),
        (["--watch", "--serve", "1", "--serve", "2", "output"], "is given twice"),
    ],
)
def test_what_does_nothing_is_refused(capsys, arguments, told):
    """In one line, which says what would do something."""
    with pytest.raises(SystemExit) as error:
        parse(arguments)
    assert error.value.code == 2
    assert told in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "preview"),
    [
        (["--preview", "output"], "on"),
        (["--preview", "kitty", "output"], "kitty"),
        (["--preview=blocks", "output"], "blocks"),
        (["output", "--preview"], "on"),
        (["output", "--preview", "off"], "off"),
        (["output"], None),
    ],
)
def test_a_preview_does_not_take_the_path_for_its_way(arguments, preview):
    """`--watch --preview output` is what people type."""
    options = parse(["--watch", *arguments])
    assert (options.preview, [*options.paths]) == (preview, [Path("output")])


@pytest.mark.parametrize("address", ["8080", "0.0.0.0:8080", "[::1]:8080", "unix:/tmp/a socket", "unix:./s"])
def test_addresses_are_taken_as_they_are_typed(address):
    """The server reads them."""
    assert parse(["--watch", "--serve", address, "output"]).serve == address


def test_a_path_on_another_host_is_kept_as_it_was_typed():
    """A path would lose one of its slashes."""
    options = parse(["--watch", "ssh://me@host:22/scratch/my runs"])
    assert options.remote == "ssh://me@host:22/scratch/my runs"
