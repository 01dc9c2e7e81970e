"""The time left in words, rounded as honestly as it is known: "about 2 h (1 h 30 min to 3 h)"."""

from __future__ import annotations

import time

_STEPS = (
    (90.0, 10.0),
    (1200.0, 60.0),
    (1800.0, 300.0),
    (3600.0, 600.0),
    (5 * 3600.0, 1800.0),
    (48 * 3600.0, 3600.0),
    (10 * 86400.0, 43200.0),
)
"""Below so many seconds a time is rounded to so many; above the last, to a day."""
_SOON = 10.0  # seconds
_LONGEST = 1000 * 86400.0


def roughly(seconds: float) -> str:
    """A time to one or two digits: 40 s, 15 min, 1 h 30 min, 2.5 days."""
    seconds = min(max(seconds, 0.0), _LONGEST)
    if seconds < _SOON:
        return "10 s"
    step = next((step for limit, step in _STEPS if seconds < limit), 86400.0)
    whole = max(step, round(seconds / step) * step)
    if whole < 90:
        return f"{whole:.0f} s"
    if whole < 3600:
        return f"{whole / 60:.0f} min"
    if whole < 48 * 3600:
        hours, minutes = divmod(round(whole / 60), 60)
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    days = whole / 86400
    return f"{days:.0f} days" if days == round(days) else f"{days:.1f} days"


def about(seconds: float, low: float, high: float) -> str:
    """How long a run goes on: "about 2 h (1 h 30 min to 3 h)".

    Args:
        seconds: The median; it may be over.
        low, high: Between which it is.
    """
    if high <= _SOON:
        return "done any moment"
    if seconds < _SOON:
        return f"less than {roughly(high)}"
    between = roughly(low), roughly(high)
    told = f"about {roughly(seconds)}"
    return told if between[0] == between[1] else f"{told} ({between[0]} to {between[1]})"


def at_walltime(now: float, walltime: float, *, began: float, done: float, earliest: float, latest: float) -> str:
    """What of a run is done when its batch system ends it, from moments in seconds since 1970 (UTC).

    Args:
        now: That of the words.
        walltime: When it is ended.
        began: When it would have begun without its pauses.
        done: When it is done, the median.
        earliest, latest: Between which that is.
    """
    when = f"the walltime, {moment(walltime, now)}"
    if walltime >= latest:
        return f"done {roughly(walltime - done)} before {when}"
    if walltime >= done:
        return f"likely done before {when}, not surely"
    share = 5 * round(20 * max(0.0, walltime - began) / max(done - began, 1e-9))
    perhaps = ", or all" if walltime > earliest else ""
    return f"at {when}, about {min(share, 95)} % of it{perhaps}"


def moment(at: float, now: float) -> str:
    """A moment on the clock here: 14:00, and the day if it is not within a day."""
    here = time.localtime(min(max(at, 0.0), 4e9))
    return time.strftime("%H:%M" if abs(at - now) < 20 * 3600 else "%d %b %H:%M", here)
