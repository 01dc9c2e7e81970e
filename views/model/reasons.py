"""Why a run is as it is, in a sentence: the search is quiet, the renderer is dead, the disk answers late.

Pure functions of values. An alarm that is false is worse than none: each of them has a margin, and what cannot be told
is not said.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from autoviz_render.views.model.run_view import RendererStateName, RunStateName

_QUIET_AFTER = 10  # usual intervals without an update
_LONGEST_TIMES = 3  # or so many times the longest that there was, if that is longer
_AT_LEAST = 30.0  # seconds: below, nobody needs to be told
_AT_LEAST_AMONG = 10.0  # seconds: as other runs go on, it is no fault of the machine
_HUNG_AFTER = 60.0  # seconds without a sign of life after the next one was due
_SLOW_LOOK = 2.0  # seconds that a look at a run took
_HIDDEN_FOR = 60.0  # seconds: a network file system may hide a new name for so long
_CLOCK_IS_OFF = 5.0  # seconds
_FEWEST_OTHERS = 2  # runs, among which one can be silent
_MOST_OF = 2 / 3  # of the others published lately


@dataclass(frozen=True)
class Facts:
    """What a reason is found from.

    Attributes:
        state: Of the search.
        host: Of the search.
        silent: Seconds since the newest quick update, or since the run began; None if there was none to see.
        interval: The usual seconds between two updates; None if that is not known.
        longest: The most seconds that there were between two of the last updates.
        renderer: What the renderer does.
        overdue: Seconds since its next sign of life was due; 0 or less if it is not.
        is_renderer_gone: Whether its process has surely ended.
        has_something_to_draw: Whether there is a snapshot that it has not drawn.
        look_seconds: How long the last look at the run took.
        is_on_network: Whether its files are on a file system that other hosts change.
        ahead: Seconds by which the clock of the search is ahead of the one here, as far as that can be seen.
    """

    state: RunStateName = "running"
    host: str = ""
    silent: float | None = None
    interval: float | None = None
    longest: float = 0.0
    renderer: RendererStateName = "none"
    overdue: float = 0.0
    is_renderer_gone: bool = False
    has_something_to_draw: bool = False
    look_seconds: float = 0.0
    is_on_network: bool = False
    ahead: float = 0.0


def reason(facts: Facts) -> str:
    """What is worth a sentence, or several with semicolons between them; empty if all is well."""
    told = (_of_search(facts), _of_renderer(facts), _of_disk(facts), _of_clock(facts))
    return "; ".join(filter(None, told))


def is_quiet(facts: Facts, at_least: float = _AT_LEAST) -> bool:
    """Whether a search published nothing for many of its own usual intervals, and for some seconds at least."""
    if facts.state != "running" or facts.silent is None or facts.interval is None:
        return False
    return facts.silent > max(_QUIET_AFTER * facts.interval, _LONGEST_TIMES * facts.longest, at_least)


def _of_search(facts: Facts) -> str:
    if facts.state == "died":
        return "its process ended without a word"
    if not is_quiet(facts) or facts.silent is None or facts.interval is None:
        return ""
    times = _roughly(facts.silent / facts.interval)
    hidden = ", or the network file system hides them" if facts.is_on_network and facts.silent < _HIDDEN_FOR else ""
    return f"no quick update for {times:,} of its usual intervals of {seconds(facts.interval)}{hidden}"


def _of_renderer(facts: Facts) -> str:
    if not facts.has_something_to_draw and facts.state != "running":
        return ""  # it is not missed
    if facts.is_renderer_gone:
        return "its renderer is dead"
    if facts.renderer == "late":
        if facts.overdue > _HUNG_AFTER:
            return f"its renderer hangs or is dead: no sign of life for over {seconds(_rounded(facts.overdue))}"
        return "its renderer is late"
    is_missed = facts.state == "running" and facts.has_something_to_draw and facts.renderer in ("none", "stopped")
    return "no renderer draws it" if is_missed else ""


def _of_disk(facts: Facts) -> str:
    if facts.look_seconds < _SLOW_LOOK:
        return ""
    where = "network file system" if facts.is_on_network else "disk"
    return f"the {where} answers late: a look took over {seconds(_rounded(facts.look_seconds))}"


def _of_clock(facts: Facts) -> str:
    if abs(facts.ahead) < _CLOCK_IS_OFF:
        return ""
    where = f"the clock of {facts.host}" if facts.host else "its clock"
    side = "ahead of" if facts.ahead > 0 else "behind"
    return f"{where} is over {seconds(_rounded(abs(facts.ahead)))} {side} the one here"


@dataclass(frozen=True)
class Silence:
    """How long a run that goes on has published nothing.

    Attributes:
        seconds: Since its newest update.
        usual: Seconds within which its updates come, lately.
        is_quiet: Whether nothing came for many of its usual intervals.
    """

    seconds: float
    usual: float
    is_quiet: bool


def silence(facts: Facts) -> Silence | None:
    """That of a run; None if it is over, or if it is not known what is usual for it."""
    if facts.state != "running" or facts.silent is None or facts.interval is None:
        return None
    return Silence(facts.silent, max(facts.interval, facts.longest), is_quiet(facts, _AT_LEAST_AMONG))


def silent_among(silences: Mapping[str, Silence]) -> frozenset[str]:
    """The runs that are quiet while most others have published since.

    If all fell silent at about the same time, the fault is elsewhere: the machine was suspended, the disk is away, the
    network file system is late. Others that publish too rarely to have done so since tell nothing.

    Args:
        silences: By the key of each run that goes on.
    """
    quiet = {key: each for key, each in silences.items() if each.is_quiet}
    if not quiet:
        return frozenset()
    seconds = np.array([each.seconds for each in silences.values()])
    usual = np.array([each.usual for each in silences.values()])

    def is_odd(run: Silence) -> bool:
        since = run.seconds / 2  # well after it fell silent
        expected = usual <= since
        publish = int(np.count_nonzero(expected & (seconds <= since)))
        return publish >= max(_FEWEST_OTHERS, _MOST_OF * (int(np.count_nonzero(expected)) - 1))

    return frozenset(key for key, each in quiet.items() if is_odd(each))


def seconds(value: float) -> str:
    """A length of time for a person."""
    for size, unit in ((86400.0, "d"), (3600.0, "h"), (60.0, "min")):
        if value >= 2 * size:
            return f"{value / size:.0f} {unit}"
    return f"{value:.0f} s" if value >= 9.5 else f"{value:.2g} s"


def _roughly(value: float) -> int:
    """A number that changes rarely as a larger one grows: 1, 2 or 5 times a power of ten."""
    size = 1
    while size * 10 <= value:
        size *= 10
    return max(factor * size for factor in (1, 2, 5) if factor * size <= max(value, 1))


def _rounded(value: float) -> float:
    """Seconds that change rarely as time goes on."""
    if value < 1:
        return value
    for unit in (86400, 3600, 60):
        if value >= 2 * unit:
            return float(_roughly(value / unit) * unit)
    return float(_roughly(value))
