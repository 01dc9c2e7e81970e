"""A thread that works on the newest of what it is given: who gives never waits, and what is overtaken is dropped."""

from __future__ import annotations

import contextlib
import itertools
import math
import queue
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from typing import Generic, NamedTuple, TypeVar

_SECONDS_BETWEEN_LOOKS = 0.2  # of a flush, whether the thread still runs

T = TypeVar("T")


class Turn(NamedTuple, Generic[T]):
    """What there is to do at one turn of the thread.

    Attributes:
        newest: The newest item since the turn before; None if there is none.
        is_last: Whether the thread is to end after this turn.
    """

    newest: T | None
    is_last: bool


class LatestOnlyThread(threading.Thread, Generic[T]):
    """A daemon thread that takes the newest of the items handed over to it.

    There is no lock. Whoever hands over may be interrupted anywhere, by Ctrl-C or by a signal handler that hands over
    too, and would leave a lock locked. Each attribute that both sides change is changed by calls that are atomic.

    Args:
        name: The thread's name.
        run: What the thread does. It is called once, with its turns: one after each wake-up. A flush waits until the
            turn is over, that is until the next one is asked for.

    Attributes:
        replaced: How many items a newer one replaced before the thread took them, as of its last turn.
    """

    def __init__(self, name: str, run: Callable[[Iterator[Turn[T]]], object]) -> None:
        super().__init__(target=lambda: run(self._turns()), name=name, daemon=True)
        self.replaced = 0
        self._orders = itertools.count()
        self._newest: deque[tuple[int, T]] = deque(maxlen=1)
        self._wake_ups: queue.SimpleQueue[None] = queue.SimpleQueue()
        self._flushes: deque[queue.SimpleQueue[None]] = deque()
        self._is_closing = False

    @property
    def is_begun(self) -> bool:
        """Whether `start` succeeded; it raises RuntimeError if the system lets this process start no more threads."""
        return self.ident is not None

    def hand_over(self, item: T) -> None:
        """Have the thread take an item, in place of one that it has not taken yet."""
        self._newest.append((next(self._orders), item))
        self.wake()

    def wake(self) -> None:
        """Have the thread take a turn, with or without an item."""
        if self._wake_ups.empty():
            self._wake_ups.put(None)

    def flush(self, timeout: float | None = None) -> bool:
        """Wait until what was handed over is done with, or the thread runs no more; False after `timeout` seconds."""
        deadline = math.inf if timeout is None else time.monotonic() + timeout
        done: queue.SimpleQueue[None] = queue.SimpleQueue()
        self._flushes.append(done)
        self.wake()
        while self.is_alive():
            left = deadline - time.monotonic()
            with contextlib.suppress(queue.Empty):
                done.get(timeout=max(0.0, min(left, _SECONDS_BETWEEN_LOOKS)))
                return True
            if left <= 0:
                return False
        return True

    def close(self, timeout: float | None = None) -> bool:
        """Have the thread take its last turn, and wait for its end; False after `timeout` seconds."""
        if self.is_begun:
            self._is_closing = True
            self.wake()
            self.join(timeout)
        return not self.is_alive()

    def _turns(self) -> Iterator[Turn[T]]:
        taken, newest = 0, -1
        is_last = False
        while not is_last:
            self._wake_ups.get()
            is_last = self._is_closing  # looked at before taking: what was handed over earlier is taken
            flushes = [self._flushes.popleft() for _ in range(len(self._flushes))]
            item: T | None = None
            if self._newest:
                order, item = self._newest.popleft()
                taken, newest = taken + 1, max(newest, order)  # one of a signal handler may be of a higher order
                self.replaced = newest + 1 - taken
            yield Turn(item, is_last)
            for done in flushes:
                done.put(None)
        self.replaced = next(self._orders) - taken  # those too that a signal handler's replaced last
