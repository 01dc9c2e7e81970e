"""The view of `--window`: which figure of which run is shown, in a process that may hang, die or be closed."""

from __future__ import annotations

import contextlib
import json
import logging
import queue
import threading
import time
from subprocess import DEVNULL, PIPE
from typing import Any

from autoviz_render.renderer.work.child_process import ChildProcess, how_it_ended
from autoviz_render.renderer.work.subprocess_env import interpreter
from autoviz_render.spool.errors import AutovizError
from autoviz_render.spool.text import printable
from autoviz_render.views.model.feed import Feed
from autoviz_render.views.model.run_view import FrameView
from autoviz_render.views.window.window_state import Selection, content, moved

log = logging.getLogger("autoviz_render.views")

_COMMAND = ("-P", "-m", "autoviz_render.views.window.window_process")
_OPENS_WITHIN = 20.0  # seconds: over ssh -X it takes some
_TICK = 1.0  # seconds: ages are told in seconds


class NoWindowError(AutovizError, RuntimeError):
    """There is no display to open a window on, or no toolkit to do it with."""


class Window:
    """Shows the newest figure in a window. Its end, however it comes, is told in a line; drawing goes on.

    Args:
        feed: How the runs stand.
    """

    def __init__(self, feed: Feed) -> None:
        self._feed = feed
        self._selection = Selection()
        self._answers: queue.SimpleQueue[dict[str, Any] | None] = queue.SimpleQueue()
        self._is_due = threading.Event()
        self._is_closing = False
        self._child: ChildProcess | None = None

    def start(self) -> None:
        """Open the window.

        Raises:
            NoWindowError: It cannot be opened: the message says why.
        """
        try:
            child = self._child = ChildProcess([interpreter(), *_COMMAND], PIPE, DEVNULL)
        except OSError as error:
            raise NoWindowError(f"--window: its process cannot be started: {error}") from error
        threading.Thread(target=self._hear, args=(child,), name="autoviz-render window's keys", daemon=True).start()
        with contextlib.suppress(queue.Empty):  # a display that is slow to answer is none that is not there
            first = self._answers.get(timeout=_OPENS_WITHIN)
            if first is None or "fault" in first:
                self.close()
                raise NoWindowError(f"--window: {_fault(first)}")
        threading.Thread(target=self._show, args=(child,), name="autoviz-render window", daemon=True).start()

    def close(self) -> None:
        """Close the window, whatever its process does."""
        self._is_closing = True
        self._is_due.set()
        if self._child is not None:
            self._child.kill()

    def _hear(self, child: ChildProcess) -> None:
        for line in child.marked_lines():
            with contextlib.suppress(ValueError):
                self._answers.put(json.loads(line))
                self._is_due.set()
        self._answers.put(None)
        self._is_due.set()

    def _show(self, child: ChildProcess) -> None:
        """Tell the window what to show, until it is gone: while it does not read, this thread alone waits."""
        unsubscribe = self._feed.on_frame(self._frame_came)
        last: dict[str, Any] = {}
        try:
            while not self._is_closing and self._take_answers(child):
                told = content(self._feed.overview, self._selection, time.time())
                if told != last:
                    last = told
                    child.tell(json.dumps(told) + "\n")
                self._is_due.wait(_TICK)
                self._is_due.clear()
        except Exception:  # a view that fails costs one warning
            log.warning("the window shows nothing more; drawing goes on", exc_info=True)
        finally:
            unsubscribe()

    def _frame_came(self, _: FrameView) -> None:
        self._is_due.set()

    def _take_answers(self, child: ChildProcess) -> bool:
        """Do what keys ask for; False if the window is gone, which is said."""
        with contextlib.suppress(queue.Empty):
            while True:
                answer = self._answers.get_nowait()
                if answer is None or "is_closed" in answer or "fault" in answer:
                    self._say_why(child, answer)
                    return False
                if isinstance(key := answer.get("key"), str):
                    self._selection = moved(self._feed.overview, self._selection, key)
        return True

    def _say_why(self, child: ChildProcess, answer: dict[str, Any] | None) -> None:
        if self._is_closing:
            return
        if answer is not None and "is_closed" in answer:
            log.info("the window was closed; drawing goes on")
        elif answer is not None:
            log.warning("the window is gone: %s; drawing goes on", _fault(answer))
        else:
            code = child.wait(1.0)
            how = f"its process ended {how_it_ended(code)}" if code and code < 0 else "its display was lost"
            log.warning("the window is gone: %s; drawing goes on", how)
        child.kill()


def _fault(answer: dict[str, Any] | None) -> str:
    return "its process ended at once" if answer is None else printable(str(answer.get("fault")), 300)
