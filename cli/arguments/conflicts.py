"""Which options do not go together, in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

_GOES_WITH = {
    "--watch": ("--until-finished", "--poll", "--serve", "--window", "--on-alarm"),
    "--all": ("--abandoned", "--since", "--redraw"),
    "--movie": ("--fps", "--duration"),
    "--sheet": ("--sort", "--where"),
}
"""Options that do something only together with another one."""

_WAYS = ("--watch", "--status", "--movie", "--html", "--sheet", "--compare", "--fits", "--samples", "--redo")
"""Options of which each says what is done; without one of them, figures are drawn."""

_HOW = (
    *("--figure", "--format", "--dpi", "--theme", "--width", "--height", "--panel", "--limits"),
    *("--stretch", "--interval", "--frame-timeout", "--out"),
)
_PICTURES = tuple(each for each in _HOW if each not in ("--figure", "--panel", "--out"))
_WHERE = ("--jobs", "--shard", "--dask")
_WITHOUT = {
    "--movie": (
        "is made of all snapshots, in one file of its own",
        (
            "--watch",
            "--status",
            "--step",
            "--best",
            "--out",
            "--format",
            "--redraw",
            "--frame-timeout",
            "--limits",
            *_WHERE,
            "--html",
            "--preview",
        ),
    ),
    "--status": ("draws nothing", (*_HOW, *_WHERE, "--redraw", "--since", "--abandoned", "--html", "--preview")),
    "--samples": ("draws nothing", (*(each for each in _HOW if each != "--out"), *_WHERE, "--redraw", "--preview")),
    "--fits": ("draws nothing", (*_PICTURES, *_WHERE, "--redraw", "--preview")),
    "--watch": ("draws in one process", _WHERE),
    "--sheet": (
        "shows one moment of each run, on pages of its own",
        ("--all", "--since", "--abandoned", "--redraw", "--panel", "--preview", "--shard", "--dask", "--limits"),
    ),
    "--compare": (
        "draws two snapshots, which it names",
        ("--step", "--all", "--redraw", "--since", "--abandoned", "--preview", "--limits", *_WHERE),
    ),
    "--dask": ("has workers of its own", ("--jobs",)),
    "--html": ("shows all runs, and is best written when every part is drawn", ("--shard",)),
    "--json": ("is for another program to read", ("--preview",)),
    "--redo": (
        "draws as the file says",
        ("--format", "--dpi", "--theme", "--width", "--height", "--panel", "--limits", *_WHERE),
    ),
    "--debug": ("says everything", ("--quiet",)),
}
"""Options beside which others would do nothing: why, and which."""


def conflicts(given: set[str], values: Mapping[str, Any]) -> Iterator[str]:
    """What does not go together, in words.

    Args:
        given: The options that were typed, as they are written.
        values: What they say, by their names in `Options`.
    """
    for option, (why, others) in _WITHOUT.items():
        if option in given and (useless := [other for other in others if other in given]):
            yield f"{option} {why}: leave out {' and '.join(useless)}"
    for option, others in _GOES_WITH.items():
        if option not in given:
            yield from (f"{other} goes with {option}" for other in others if other in given)
    if "--watch" in given and len(values["paths"]) != 1:
        yield "--watch takes one PATH; to watch several runs, name the directory above them"
    if "--html" in given and len(values["paths"]) != 1:
        yield "--html takes one PATH; to show several runs, name the directory above them"
    if not values["paths"] and "--redo" not in given and "--compare" not in given:
        yield "the following arguments are required: PATH"
    if "--compare" in given:
        yield from _of_comparison(given, values)
    if "--watch" not in given and (remote := [path for path in values["paths"] if isinstance(path, str)]):
        yield f"{remote[0]} goes with --watch"
    yield from _of_sheets(given, values)
    if "--movie" in given and "," in (values["figure"] or ""):
        yield f"--movie shows one figure: name one of {values['figure']}"
    if {"--fps", "--duration"} <= given:
        yield "--fps and --duration: choose a constant rate, or true time"
    if len(ways := [way for way in _WAYS if way in given]) > 1 and {*ways} != {"--watch", "--html"}:
        yield f"{ways[0]} and {ways[1]}: choose one of them"


def _of_sheets(given: set[str], values: Mapping[str, Any]) -> Iterator[str]:
    """What does not go together with a sheet, or only with one."""
    formats = set(values["formats"])
    if "--sheet" not in given and "html" in formats:
        yield "--format html goes with --sheet; --html writes a page over all runs"
    if "--sheet" in given and (unknown := formats - {"png", "webp", "pdf", "html"}):
        yield f"--sheet is written as png, webp, pdf or html, not as {' and '.join(sorted(unknown))}"


def _of_comparison(given: set[str], values: Mapping[str, Any]) -> Iterator[str]:
    if (len(values["paths"]), _steps(values["compare"])) not in ((1, 2), (0, 0)):
        yield "--compare takes two steps and one PATH, or two runs and no PATH"
    elif values["paths"] and "--best" in given:
        yield "--best goes with two runs: leave it out, the steps say which snapshots"


def _steps(compared: Sequence[str]) -> int:
    """How much of what is compared is a step of a run."""
    return sum(each.isdecimal() and len(each) <= 18 for each in compared)
