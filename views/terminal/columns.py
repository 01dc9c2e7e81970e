"""The columns of the table of runs, and which of them a terminal has room for.

A number is shown with all its digits or not at all: what gives way is the run's name, to a third of the width, and
then whole columns. They go in an order of what one can do without while looking at a search: where the figure is, what
was skipped, what was drawn, the rate, the renderer's state, the time left, the evidence, the iteration. A run's name,
its state, its log likelihood and its age always stay.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from autoviz_render.figures.estimate.words import roughly
from autoviz_render.spool.text import nearby
from autoviz_render.views.model.run_view import RunView
from autoviz_render.views.terminal.cells import cells, fitted, padded, shown
from autoviz_render.views.terminal.numbers import ago, in_nats, rate

GAP = "  "
_NARROWEST_NAME = 12  # columns
_SHARE_OF_NAME = 3  # a name is cut only if it takes more than one in 3 columns
_WIDEST_FIGURE = 40
_MOST_ALARMS = 6  # of one run
_STATE_STYLE = {"failed": "red", "died": "red", "finished": "green"}


@dataclass(frozen=True)
class Column:
    """A value of each run.

    Attributes:
        title: Stands above it.
        short: Stands above it if there is not much room.
        value: As text, of a run at a moment in seconds since 1970; empty if the run has none.
        rank: The columns of the highest ranks go first.
        is_right: Whether it is aligned at the right, as numbers are.
        style: How it is coloured, if that means something.
        most: The width up to which it may be cut; None if it is never cut.
    """

    title: str
    short: str
    value: Callable[[RunView, float], str]
    rank: int
    is_right: bool = True
    style: Callable[[RunView], str] = lambda _: ""
    most: int | None = None


@dataclass(frozen=True)
class Layout:
    """The columns that are shown.

    Attributes:
        width: Of the terminal.
        columns: From left to right, with the width of each.
        has_long_titles: Whether the long titles fit.
    """

    width: int
    columns: Mapping[str, int] = field(default_factory=dict)
    has_long_titles: bool = True

    @property
    def left_out(self) -> list[Column]:
        """The columns for which there is no room."""
        return [column for column in COLUMNS if column.title not in self.columns]


def name_of(run: RunView) -> str:
    """The run as a row names it: its place below the path, or if that is the path its name."""
    return shown(run.key if run.key != "." else run.run)


def problem_of(run: RunView) -> str:
    """What is wrong with a run, in a line; empty if all is well."""
    told = [*alarms_of(run), run.reason, run.warning]
    if run.bad_files:
        told.append(f"{run.bad_files:,} file{'s' * (run.bad_files != 1)} cannot be read")
    return shown("; ".join(dict.fromkeys(filter(None, told))))


def alarms_of(run: RunView) -> list[str]:
    """What a renderer found wrong with a run, in words; of very many a few."""
    told = [f"alarm: {alarm.sentence}" for alarm in run.alarms[:_MOST_ALARMS]]
    return [*told, f"and {len(run.alarms) - _MOST_ALARMS:,} more alarms"] if len(run.alarms) > _MOST_ALARMS else told


def lacks_renderer(run: RunView) -> bool:
    """Whether it goes on, and nobody draws it any more."""
    return run.state == "running" and run.renderer.state in ("late", "stopped")


def figure_of(run: RunView) -> str:
    """Where the newest of its figures is."""
    return shown(nearby(str(run.figures[0].file))) if run.figures else ""


def left_of(run: RunView, now: float) -> str:
    """About how long it goes on; empty if that cannot be told, or is over."""
    return "" if run.end is None or run.end.done <= now else roughly(run.end.done - now)


def age_of(run: RunView, now: float) -> str:
    """How long ago it published last."""
    return "" if run.updated is None else ago(now - run.updated)


COLUMNS = (
    Column("run", "run", lambda run, _: name_of(run), 0, is_right=False, most=_NARROWEST_NAME),
    Column(
        "state", "state", lambda run, _: run.state, 0, is_right=False, style=lambda run: _STATE_STYLE.get(run.state, "")
    ),
    Column("iteration", "iteration", lambda run, _: "" if run.iteration is None else f"{run.iteration:,}", 1),
    Column(
        "log likelihood",
        "log L",
        lambda run, _: "" if run.log_likelihood is None else in_nats(run.log_likelihood),
        0,
    ),
    Column("log evidence", "log Z", lambda run, _: "" if run.log_evidence is None else in_nats(run.log_evidence), 2),
    Column("rate", "rate", lambda run, _: "" if run.rate is None else rate(run.rate), 5),
    Column("time left", "left", left_of, 3),
    Column("age", "age", age_of, 0),
    Column(
        "alarms",
        "alarms",
        lambda run, _: f"{len(run.alarms):,}" if run.alarms else "",
        2,
        style=lambda run: "red" if run.alarms else "",
    ),
    Column(
        "renderer",
        "renderer",
        lambda run, _: run.renderer.state,
        4,
        is_right=False,
        style=lambda run: "yellow" if lacks_renderer(run) else "",
    ),
    Column("drawn", "drawn", lambda run, _: f"{run.renderer.drawn:,}", 6),
    Column("skipped", "skipped", lambda run, _: f"{run.renderer.skipped:,}", 7),
    Column("figure", "figure", lambda run, _: figure_of(run), 8, is_right=False, most=_WIDEST_FIGURE),
)
_BY_RANK = sorted(COLUMNS, key=lambda column: column.rank)


def fit(runs: Sequence[RunView], now: float, width: int, before: Layout | None = None) -> Layout:
    """Which columns of these runs fit.

    Args:
        runs: Those that are shown.
        now: In seconds since 1970.
        width: Columns of the terminal.
        before: What was shown before: as long as the terminal keeps its width, columns become wider, never narrower,
            so that figures do not jump about while they change.
    """
    least: Mapping[str, int] = before.columns if before is not None and before.width == width else {}
    texts = {column.title: [column.value(run, now) for run in runs] for column in COLUMNS}
    used = [column for column in _BY_RANK if column.rank == 0 or any(texts[column.title]) or column.title in least]
    wanted = {column.title: max([least.get(column.title, 0), *map(cells, texts[column.title])]) for column in used}
    chosen: list[Column] = []
    for column in used:
        if column.rank and _needed([*chosen, column], wanted, width) > width:
            break
        chosen.append(column)
    in_order = [column for column in COLUMNS if column in chosen]
    is_long = _needed(in_order, wanted, width, is_long=True) <= width
    widths = {column.title: _least(column, wanted, width, is_long=is_long) for column in in_order}
    spare = max(0, width - sum(widths.values()) - len(GAP) * (len(widths) - 1))
    for column in in_order:
        if column.most is not None:
            more = min(spare, max(0, wanted[column.title] - widths[column.title]))
            widths[column.title] += more
            spare -= more
    return Layout(width, _squeezed(widths, width), is_long)


def _needed(columns: Sequence[Column], wanted: Mapping[str, int], width: int, *, is_long: bool = False) -> int:
    """The columns of a terminal that these take at least."""
    return sum(_least(column, wanted, width, is_long=is_long) for column in columns) + len(GAP) * (len(columns) - 1)


def _least(column: Column, wanted: Mapping[str, int], width: int, *, is_long: bool) -> int:
    title = len(column.title if is_long else column.short)
    most = wanted[column.title]
    if column.most is not None:
        most = min(most, max(column.most, width // _SHARE_OF_NAME if column.rank == 0 else 0))
    return max(title, most)


def _squeezed(widths: Mapping[str, int], width: int) -> Mapping[str, int]:
    """A terminal that is narrower than the columns that always stay costs the name what is too much."""
    over = sum(widths.values()) + len(GAP) * (len(widths) - 1) - width
    return {**widths, "run": max(3, widths["run"] - max(0, over))}


def head(layout: Layout) -> list[tuple[str, str]]:
    """The titles above the columns, as pieces of a line: texts with their styles."""
    titles = {column.title: column.title if layout.has_long_titles else column.short for column in COLUMNS}
    return _joined(
        [(padded(titles[column.title], room, is_right=column.is_right), "bold") for column, room in _shown(layout)]
    )


def row(run: RunView, now: float, layout: Layout) -> list[tuple[str, str]]:
    """A run's values in their columns, as pieces of a line: texts with their styles."""
    return _joined([(_cell(column, run, now, room), column.style(run)) for column, room in _shown(layout)])


def _shown(layout: Layout) -> list[tuple[Column, int]]:
    return [(column, layout.columns[column.title]) for column in COLUMNS if column.title in layout.columns]


def _cell(column: Column, run: RunView, now: float, room: int) -> str:
    text = column.value(run, now)
    if column.most is not None:
        text = fitted(text, room, keep="end" if column.title == "figure" else "both")
    return padded(text, room, is_right=column.is_right)


def _joined(pieces: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    return [each for piece in pieces for each in ((GAP, ""), piece)][1:]
