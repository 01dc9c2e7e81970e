"""What a terminal shows of the runs, line by line: a card of a run that is alone, a table of several.

Where rows are free, what found no room in the columns stands in a second line below a run, and what is wrong with it
in a third. A line is text with styles, as wide as the terminal at most. What is coloured means something: red is a run
that ended badly, yellow what somebody should look at, green what is finished.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TextIO

from rich.console import Console
from rich.text import Text

from autoviz_render.figures.estimate import words
from autoviz_render.spool.text import nearby
from autoviz_render.views.model.run_view import RunView
from autoviz_render.views.terminal.cells import cells, fitted, shown
from autoviz_render.views.terminal.columns import (
    Layout,
    alarms_of,
    fit,
    head,
    lacks_renderer,
    name_of,
    problem_of,
    row,
)
from autoviz_render.views.terminal.numbers import ago, counted, duration, in_nats, period, rate
from autoviz_render.views.terminal.order import Screenful, Totals

_STATES = ("running", "finished", "failed", "died")
_STATE_STYLE = {"failed": "red", "died": "red", "finished": "green"}
_INDENT = "  "
_ROOMY = 9  # rows from which on a card has blank lines
_LABEL = 16  # columns
_LEAST_PATH = 12  # columns
_LEAST_FIGURE = 16


def lines_of(screen: Screenful, width: int, height: int, before: Layout | None = None) -> tuple[list[Text], Layout]:
    """The lines that show the runs, and the columns that were chosen.

    Args:
        screen: What is shown.
        width, height: Columns and rows that may be used.
        before: The columns of the last time.
    """
    if screen.totals.runs == 1 and screen.runs:
        return card(screen.runs[0], screen, width, height), Layout(width)
    return table(screen, width, height, before)


def console_of(stream: TextIO) -> Console:
    """What knows the colours of a terminal, and whether its user wants any."""
    return Console(file=stream, force_terminal=True, highlight=False, markup=False, emoji=False)


def rendered(lines: Sequence[Text], console: Console) -> list[str]:
    """Lines with their colours, as a terminal takes them."""
    with console.capture() as captured:
        console.print(Text("\n", end="").join(lines), soft_wrap=True)
    return captured.get().split("\n")[:-1]


def table(screen: Screenful, width: int, height: int, before: Layout | None = None) -> tuple[list[Text], Layout]:
    """A row a run, those that changed last first; a line of totals below if there are more than fit."""
    above = [_title(screen, width)]
    if not screen.runs or height < 4:
        return above[:height], before or Layout(width)
    room = height - 2
    if screen.totals.runs > len(_fitting(screen.runs, room)):
        room -= 1  # for the totals
    runs = _fitting(screen.runs, room)
    layout = fit(runs, screen.now, width, before)
    blocks = [[_line(row(run, screen.now, layout), width), *_problem(run, width)] for run in runs]
    details = [_more(run, screen.now, layout, width) for run in runs]
    if sum(map(len, blocks)) + sum(map(len, details)) <= room:
        blocks = [[first, *detail, *rest] for (first, *rest), detail in zip(blocks, details, strict=True)]
    below = [_rest(screen.totals, len(runs), width)] if screen.totals.runs > len(runs) else []
    rows = [line for block in blocks for line in block][:room]
    return [*above, _line(head(layout), width), *rows, *below], layout


def _fitting(runs: Sequence[RunView], room: int) -> list[RunView]:
    """As many runs as have room with what is wrong with them in a line below each."""
    chosen: list[RunView] = []
    for run in runs:
        room -= 2 if problem_of(run) else 1
        if room < 0 and chosen:
            break
        chosen.append(run)
    return chosen


def _problem(run: RunView, width: int) -> list[Text]:
    problem = problem_of(run)
    return [_line([(_INDENT, ""), (problem, "red" if run.alarms else "yellow")], width)] if problem else []


def _more(run: RunView, now: float, layout: Layout, width: int) -> list[Text]:
    """What found no room in the columns, if it says something."""
    values = {column.title: column.value(run, now) for column in layout.left_out}
    told = [text for text in (_worded(title, value) for title, value in values.items()) if text]
    if layout.columns.get("run", 0) < cells(name_of(run)):
        told.insert(0, name_of(run))
    figure = values.get("figure", "")
    line = ", ".join(told)
    room = width - cells(_INDENT + line) - 2
    if figure and room >= min(cells(figure), _LEAST_FIGURE):
        line += ("; " if line else "") + fitted(figure, room, keep="end")
    return [_line([(_INDENT, ""), (line, "dim")], width)] if line else []


def _worded(title: str, value: str) -> str:
    if not value or title in ("figure", "run"):
        return ""
    if title in ("drawn", "skipped", "alarms"):
        return "" if value == "0" else f"{value} {title}"
    return value if title == "rate" else f"{title} {value}"


def _title(screen: Screenful, width: int) -> Text:
    totals = screen.totals
    if not totals.runs:
        waits = "no run yet" if screen.is_complete else "looking for runs"
        return _line([(f"{waits} below {shown(str(screen.path))}", "")], width)
    moment = time.strftime("%H:%M:%S", time.localtime(screen.now))
    count = counted(totals.runs, "run") + ("" if screen.is_complete else " so far")
    path, moment = shown(str(screen.path)), f"  {moment}"
    said = [f"{count} below ", ": ", *(text for text, _ in _states(totals.states))]
    room = width - sum(map(cells, said))
    clock = [(moment, "dim")] if room - cells(moment) >= min(cells(path), _LEAST_PATH) else []
    room -= sum(cells(text) for text, _ in clock)
    pieces = [(said[0], ""), (fitted(path, max(_LEAST_PATH, room), keep="end"), "bold"), (said[1], "")]
    return _line([*pieces, *_states(totals.states), *clock], width)


def _states(states: Mapping[str, int]) -> Iterator[tuple[str, str]]:
    there = [state for state in _STATES if states.get(state)]
    for number, state in enumerate(there):
        yield ", " if number else "", ""
        yield f"{states[state]:,} {state}", _STATE_STYLE.get(state, "")


def _rest(totals: Totals, listed: int, width: int) -> Text:
    """The line of totals, which says of all runs what is shown of some."""
    warned = [(f", {totals.warned:,} with a warning", "yellow")] if totals.warned else []
    told = f"{totals.runs - listed:,} more; of all: {totals.drawn:,} drawn, {totals.skipped:,} skipped"
    return _line([(told, "dim"), *warned], width)


def card(run: RunView, screen: Screenful, width: int, height: int) -> list[Text]:
    """All about a run that is alone, in a column of labels and one of values; what matters least goes first."""
    now = screen.now
    since = f" for {duration(now - run.started)}" if run.started and run.state == "running" else ""
    name = shown(run.run)
    moment = time.strftime("%H:%M:%S", time.localtime(now))
    taken = cells(run.state + since + moment) + 8
    title = [
        (fitted(name, max(8, width - taken), keep="both"), "bold"),
        ("  ", ""),
        (run.state, _STATE_STYLE.get(run.state, "")),
        (since, ""),
        (f"  {moment}", "dim"),
    ]
    groups = [list(group(run, now, width)) for group in (_search_facts, _renderer_facts, _problem_facts)]
    groups = [group for group in groups if group]
    lines = sum(map(len, groups))
    if height >= lines + len(groups) + 1 and height >= _ROOMY:
        return [_line(title, width), *(line for group in groups for line in (Text(), *group))]
    first = [*groups[-1], *groups[0]] if len(groups) == 3 else groups[0]  # a problem before all else
    rest = groups[1] if len(groups) > 1 else []
    return [_line(title, width), *first, *rest][: max(1, height)]


def _fact(label: str, value: str, width: int, style: str = "", keep: str = "start") -> Text:
    room = max(8, width - _LABEL - len(_INDENT))
    return _line([(_INDENT, ""), (f"{label:{_LABEL}}", "dim"), (fitted(value, room, keep=keep), style)], width)


def _search_facts(run: RunView, now: float, width: int) -> Iterator[Text]:
    if run.iteration is not None:
        pace = f", {rate(run.rate)}" if run.rate is not None and rate(run.rate) else ""
        counts = "" if run.counts in ("", "iteration", "iterations") else f" {shown(run.counts)}"
        yield _fact("iteration", f"{run.iteration:,}{counts}{pace}", width)
    for label, value in end_facts(run, now):
        yield _fact(label, value, width)
    if run.log_likelihood is not None:
        yield _fact("log likelihood", in_nats(run.log_likelihood), width)
    if run.log_evidence is not None:
        yield _fact("log evidence", in_nats(run.log_evidence), width)
    if run.updated is not None:
        every = f", one every {period(run.interval)}" if run.interval and run.state == "running" else ""
        yield _fact("quick updates", f"{run.updates:,}, the last {ago(now - run.updated)} ago{every}", width)
    else:
        yield _fact("quick updates", "none yet", width)
    yield _fact("snapshots", f"{run.snapshots:,} kept", width)


def end_facts(run: RunView, now: float) -> Iterator[tuple[str, str]]:
    """When a run will be done, and what of it at the walltime: labels with values."""
    end = run.end
    if end is not None:
        times = [moment - now for moment in (end.done, end.earliest, end.latest)]
        yield "time left", words.about(*times)
        yield "ends when", shown(end.criterion)
        if run.walltime is not None:
            told = words.at_walltime(
                now, run.walltime, began=end.began, done=end.done, earliest=end.earliest, latest=end.latest
            )
            yield "walltime", told
    elif run.walltime is not None:
        yield "walltime", f"{words.moment(run.walltime, now)}, in {words.roughly(run.walltime - now)}"


def _renderer_facts(run: RunView, now: float, width: int) -> Iterator[Text]:
    renderer = run.renderer
    style = "yellow" if lacks_renderer(run) else ""
    where = f", process {renderer.pid} on {shown(renderer.host)}" if renderer.pid else ""
    yield _fact("renderer", f"{renderer.state}{where}", width, style)
    if renderer.drawn or renderer.skipped:
        took = f", {1e3 * renderer.frame_seconds:,.0f} ms a frame" if renderer.frame_seconds is not None else ""
        yield _fact("drawn", f"{renderer.drawn:,}, {renderer.skipped:,} skipped{took}", width)
    for figure in run.figures[:4]:
        age = f" ({ago(now - figure.modified)} ago)"
        room = max(8, width - _LABEL - len(_INDENT) - len(age))
        yield _fact("figure", fitted(shown(nearby(str(figure.file))), room, keep="end") + age, width)
    if len(run.figures) > 4:
        yield _fact("", f"and {len(run.figures) - 4:,} more beside it", width)


def _problem_facts(run: RunView, now: float, width: int) -> Iterator[Text]:
    """What is wrong, in lines that are not cut: a card has the room."""
    del now
    for label, alarm in zip(("alarm", *[""] * len(run.alarms)), alarms_of(run), strict=False):
        parts = _folded(shown(alarm.removeprefix("alarm: ")), max(8, width - _LABEL - len(_INDENT)))[:2]
        for number, part in enumerate(parts):
            yield _fact("" if number else label, part, width, "red")
    problem = problem_of(replace(run, alarms=()))
    if not problem and run.renderer.last_error is not None:
        problem = shown(run.renderer.last_error)
    label = "warning"
    for part in _folded(problem, max(8, width - _LABEL - len(_INDENT)))[:4]:
        yield _fact(label, part, width, "yellow")
        label = ""


def _folded(text: str, width: int) -> list[str]:
    """The text in lines of at most a width, broken at a blank if there is one near the end."""
    lines = []
    while cells(text) > width:
        part = fitted(text, width + 1)[:-1]
        at = part.rfind(" ") if part.rfind(" ") > width // 2 else len(part)
        lines.append(text[:at])
        text = text[at:].lstrip()
    return [*lines, text] if text else lines


def _line(pieces: Sequence[tuple[str, str]], width: int) -> Text:
    """A line of pieces with their styles, cut at the width."""
    line = Text(no_wrap=True, end="")
    for text, style in pieces:
        if (room := width - cells(line.plain)) <= 0:
            break
        line.append(fitted(text, room), style)
    line.rstrip()
    return line
