"""What happened, for any number of streams: of each figure the newest frame, of each run its last change.

A stream is a number, that of the last event it has sent. What is newer is sent once it can be; what was replaced in
between never is. So a slow stream costs no memory, and one that was interrupted goes on by the same number.
"""

from __future__ import annotations

import json
import secrets
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

_MOST_KEPT = 20_000  # events
_MOST_NAMED = 100  # runs in an event: of more, all are looked at
_MOST_JOINED = 64  # answers that are kept for other streams, until the next event


@dataclass(frozen=True)
class Event:
    """Something that happened.

    Attributes:
        number: Of the event; later ones have greater ones.
        name: "frame" or "changed".
        data: What there is to say.
    """

    number: int
    name: str
    data: dict[str, Any]


class Announcements:
    """The events that somebody may still have to be told.

    Attributes:
        server: Tells this server from the one before.
        last: The number of the newest event.
    """

    def __init__(self) -> None:
        self.server = secrets.token_hex(8)
        self.last = 0
        self._lost = 0  # the number of the newest event that was dropped
        self._frames: OrderedDict[tuple[str, str], Event] = OrderedDict()
        self._changed: OrderedDict[str, int] = OrderedDict()
        self._joined: dict[tuple[int, frozenset[str]], bytes] = {}

    def frame(self, data: dict[str, Any]) -> None:
        """Tell of a figure that was drawn: `data` has its "run" and "figure"."""
        key = (data["run"], data["figure"])
        self._frames.pop(key, None)
        self._frames[key] = Event(self._next(), "frame", data)
        while len(self._frames) > _MOST_KEPT:
            self._lost = max(self._lost, self._frames.popitem(last=False)[1].number)

    def changed(self, runs: Sequence[str]) -> None:
        """Tell of runs of which something else is new."""
        number = self._next()
        for run in runs:
            self._changed.pop(run, None)
            self._changed[run] = number
        while len(self._changed) > _MOST_KEPT:
            self._lost = max(self._lost, self._changed.popitem(last=False)[1])

    def number(self, event: str) -> int | None:
        """The number of an event by its `id`; None if it is not of this server."""
        server, _, number = event.rpartition("-")
        if server != self.server or not (number.isascii() and number.isdecimal()) or len(number) > 18:
            return None
        return min(int(number), self.last)

    def id(self, number: int) -> str:
        """The `id` of an event."""
        return f"{self.server}-{number}"

    def since(self, number: int, runs: frozenset[str] = frozenset()) -> list[Event]:
        """What happened after an event, in order.

        Args:
            number: Of the event.
            runs: Those of which frames are asked for; none for all.
        """
        frames = [each for each in _after(self._frames, number) if not runs or each.data["run"] in runs]
        if number < self._lost:
            return [*reversed(frames), Event(self.last, "changed", {"runs": None})]
        changed = []
        for run, at in reversed(self._changed.items()):
            if at <= number:
                break
            changed.append(run)
        if not changed:
            return frames[::-1]
        named = changed if len(changed) <= _MOST_NAMED else None
        return [*reversed(frames), Event(self.last, "changed", {"runs": named})]

    def stream(self, number: int, runs: frozenset[str] = frozenset()) -> bytes:
        """The same as the bytes of a stream; most streams ask for the same."""
        key = (number, runs)
        if key not in self._joined:
            if len(self._joined) >= _MOST_JOINED:
                self._joined.clear()
            self._joined[key] = b"".join(encoded(each, self.id(each.number)) for each in self.since(number, runs))
        return self._joined[key]

    def _next(self) -> int:
        self._joined.clear()
        self.last += 1
        return self.last


def encoded(event: Event, name: str = "") -> bytes:
    """An event as a stream has it. JSON in ASCII has no line breaks, whatever a run is called."""
    data = json.dumps(event.data, separators=(",", ":"), allow_nan=False)
    told = f"event: {event.name}\ndata: {data}\n" + (f"id: {name}\n" if name else "") + "\n"
    return told.encode("ascii")


def _after(events: OrderedDict[tuple[str, str], Event], number: int) -> Iterator[Event]:
    """The newest first."""
    for event in reversed(events.values()):
        if event.number <= number:
            return
        yield event
