r"""What a terminal answers when it is asked what it can show.

All questions go out in one write, the last of which every terminal answers: its device attributes (`ESC[c`). So
nothing is waited for any longer once that answer is there, and whatever else was to come is there, too. Answers arrive
among the keys that a person types. Meanwhile nothing is echoed, and the keys are put back for whoever reads next.

Source: https://vt100.net/docs/vt510-rm/DA1.html; XTVERSION and `CSI 16 t` in
https://invisible-island.net/xterm/ctlseqs/ctlseqs.html; kitty's query action.
"""

from __future__ import annotations

import contextlib
import os
import re
import select
import time
from dataclasses import dataclass
from typing import Any, TextIO

_KITTY = "\x1b_Gi=31,s=1,v=1,a=q,t=d,f=24;AAAA\x1b\\"
_CELL, _VERSION, _ATTRIBUTES = "\x1b[16t", "\x1b[>0q", "\x1b[c"
QUESTIONS = f"{_KITTY}{_CELL}{_VERSION}{_ATTRIBUTES}\r\x1b[K"
"""The last part removes what a terminal shows that does not know some of them."""

PATIENCE = 1.0  # seconds
_LONGEST = 4096  # bytes of answers and keys
_SWALLOWS = 4.0  # seconds after that within which a late answer is not echoed
_SIXEL = 4  # among the device attributes
_ANSWER = re.compile(
    rb"\x1b_Gi=31;(?P<kitty>[^\x1b]*)\x1b\\"
    rb"|\x1b\[6;(?P<height>\d+);(?P<width>\d+)t"
    rb"|\x1bP>\|(?P<version>[^\x1b]*)\x1b\\"
    rb"|\x1b\[\?(?P<attributes>[\d;]*)c"
)
_BEGUN = re.compile(rb"\x1b(_[^\x1b]*\x1b?|P[^\x1b]*\x1b?|\[[?>6][\d;]*)$")
"""An answer of which the end is not there yet."""


@dataclass(frozen=True)
class Answers:
    """What a terminal said of itself.

    Attributes:
        is_whole: Whether it answered at all: the last answer is there.
        has_kitty: Whether it takes kitty's graphics.
        has_sixel: Whether it draws sixels.
        version: Its name and version, if it gave them.
        cell: Width and height of a character, in pixels; zeros if it does not say.
    """

    is_whole: bool = False
    has_kitty: bool = False
    has_sixel: bool = False
    version: str = ""
    cell: tuple[int, int] = (0, 0)


def parsed(received: bytes) -> tuple[Answers, bytes]:
    """The answers in what was read, and the rest of it: keys that a person typed."""
    answers = [found.groupdict() for found in _ANSWER.finditer(received)]
    told = {name: value for answer in answers for name, value in answer.items() if value is not None}
    attributes = told.get("attributes")
    return Answers(
        attributes is not None,
        told.get("kitty") == b"OK",
        str(_SIXEL).encode() in (attributes or b"").split(b";")[1:],
        told.get("version", b"").decode(errors="replace"),
        (min(int(told["width"]), 200), min(int(told["height"]), 200)) if "width" in told else (0, 0),
    ), _BEGUN.sub(b"", _ANSWER.sub(b"", received))


class Query:
    """Asks a terminal once. A context manager: at its end the terminal is as it was, and has swallowed a late answer.

    While the answer is outstanding, nothing that arrives is echoed.

    Args:
        reads, writes: Both ends of the terminal.
    """

    def __init__(self, reads: TextIO, writes: TextIO) -> None:
        self._reads, self._writes = reads, writes
        self._mode: list[Any] | None = None
        self._received = b""
        self._given_up_at = 0.0

    def __enter__(self) -> Query:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def ask(self, patience: float = PATIENCE) -> Answers:
        """What it answers within some seconds.

        Nothing is asked, and no answer given, if one of the ends is no terminal, if it is another program's at the
        moment, or if keys wait already: what comes after them could not be told from keys.
        """
        if not (self._reads.isatty() and self._writes.isatty() and self._is_ours() and self._quieten()):
            return Answers()
        if self._is_readable(0.0):
            self._restore()
            return Answers()
        with contextlib.suppress(OSError, ValueError):
            self._writes.write(QUESTIONS)
            self._writes.flush()
            self._read(time.monotonic() + patience)
        self._given_up_at = time.monotonic() + _SWALLOWS
        answers, _ = parsed(self._received)
        if answers.is_whole:
            self.close()
        return answers

    @property
    def is_waiting(self) -> bool:
        """Whether an answer is outstanding, and nothing is echoed."""
        return self._mode is not None

    def settle(self) -> None:
        """Swallow an answer that comes late; from time to time, until it is there or no longer awaited."""
        if self._mode is not None:
            with contextlib.suppress(OSError, ValueError):
                self._read(time.monotonic())
            if parsed(self._received)[0].is_whole or time.monotonic() > self._given_up_at:
                self.close()

    def close(self) -> None:
        """Set the terminal as it was, and put back what was typed."""
        if self._mode is None:
            return
        with contextlib.suppress(OSError, ValueError):
            if not parsed(self._received)[0].is_whole:
                self._read(time.monotonic())
            _put_back(self._reads.fileno(), parsed(self._received)[1])
        self._received = b""
        self._restore()

    def _is_ours(self) -> bool:
        """Whether this program is in the foreground: one that is not would be stopped as it changes the terminal."""
        try:
            return os.tcgetpgrp(self._reads.fileno()) == os.getpgrp()
        except (OSError, ValueError, AttributeError):
            return False

    def _quieten(self) -> bool:
        """No echo, and keys as they come, if that can be had; Ctrl-C and Ctrl-Z work as ever."""
        try:
            import termios

            mode = termios.tcgetattr(self._reads)
            self._mode = [*mode[:6], list(mode[6])]
            mode[3] &= ~(termios.ECHO | termios.ICANON)
            mode[6][termios.VMIN], mode[6][termios.VTIME] = 0, 0
            termios.tcsetattr(self._reads, termios.TCSANOW, mode)
        except (ImportError, OSError, termios.error):
            self._mode = None
        return self._mode is not None

    def _restore(self) -> None:
        import termios

        mode, self._mode = self._mode, None
        if mode is not None:
            with contextlib.suppress(OSError, termios.error):
                termios.tcsetattr(self._reads, termios.TCSANOW, mode)

    def _is_readable(self, seconds: float) -> bool:
        return bool(select.select([self._reads], [], [], max(0.0, seconds))[0])

    def _read(self, deadline: float) -> None:
        """Read until the last answer is there, or the time is over."""
        while len(self._received) < _LONGEST and self._is_readable(deadline - time.monotonic()):
            read = os.read(self._reads.fileno(), 1024)
            self._received += read
            if not read or parsed(self._received)[0].is_whole:
                return


def _put_back(terminal: int, keys: bytes) -> None:
    """Have the keys read again by whoever reads next. A kernel that does not allow it any more loses them."""
    import fcntl
    import termios

    for key in keys:
        fcntl.ioctl(terminal, termios.TIOCSTI, bytes([key]))
