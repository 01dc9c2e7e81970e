"""Terminals for tests: a pseudo-terminal with a program in it and a screen of pyte's, and a decoder of sixels."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import re
import select
import struct
import termios
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TextIO

import numpy as np
import pyte

from autoviz_render.renderer.work.subprocess_env import child_environment

_OURS = ("TMUX", "TMUX_PANE", "COLUMNS", "LINES", "NO_COLOR", "COLORTERM", "TERM_PROGRAM", "KITTY_WINDOW_ID", "STY")
_NOT_PYTES = re.compile(rb"\x1b\[\?2026[hl]|\x1b_[^\x1b]*\x1b\\|\x1bP[^\x1b]*\x1b\\|\x1b\[>0q|\x1b\[16t")


class Screen:
    """What the user of a pseudo-terminal sees.

    Args:
        master: The user's end.
        columns, rows: Of the terminal.
        answers: Called with all that was written so far whenever more is; what it gives is typed back.
    """

    def __init__(
        self, master: int, columns: int = 80, rows: int = 24, answers: Callable[[bytes], bytes] = lambda _: b""
    ) -> None:
        self.master, self.answers, self.written = master, answers, b""
        self.screen = pyte.Screen(columns, rows)
        self.stream: TextIO | None = None
        self._stream = pyte.ByteStream(self.screen)

    def read(self, seconds: float = 0.05) -> None:
        """Take what is written within some seconds."""
        deadline = time.monotonic() + seconds
        while select.select([self.master], [], [], max(0.0, deadline - time.monotonic()))[0]:
            try:
                read = os.read(self.master, 1 << 16)
            except OSError:  # nobody holds the other end
                return
            self.written += read
            self._stream.feed(_NOT_PYTES.sub(b"", read))
            if typed := self.answers(self.written):
                os.write(self.master, typed)

    def type(self, keys: bytes) -> None:
        """Type keys."""
        os.write(self.master, keys)

    def resize(self, columns: int, rows: int) -> None:
        """Give the terminal another size."""
        set_size(self.master, columns, rows)
        self.screen.resize(rows, columns)

    def shows(self, text: str) -> bool:
        """Whether a text is on the screen now."""
        self.read()
        return text in self.text

    @property
    def lines(self) -> list[str]:
        """The screen's rows, without blanks at their ends."""
        return [line.rstrip() for line in self.screen.display]

    @property
    def text(self) -> str:
        """The screen in one text."""
        return "\n".join(self.lines)

    def settings(self) -> list[Any]:
        """The terminal's mode."""
        return termios.tcgetattr(self.master)


class Terminal(Screen):
    """A program in a pseudo-terminal, and what its user sees. A context manager; the program is killed at its end.

    Args:
        program: Its words.
        columns, rows: Of the terminal.
        environment: More of it, for the program.
        answers: As of `Screen`.
    """

    def __init__(
        self,
        program: Sequence[object],
        columns: int = 80,
        rows: int = 24,
        environment: Mapping[str, str] | None = None,
        answers: Callable[[bytes], bytes] = lambda _: b"",
    ) -> None:
        self.exit_code: int | None = None
        known = {name: value for name, value in child_environment(os.environ).items() if name not in _OURS}
        surroundings = {**known, "TERM": "xterm-256color", **(environment or {})}
        self.pid, master = pty.fork()
        if self.pid == 0:
            with contextlib.suppress(BaseException):
                set_size(0, columns, rows)
                os.execvpe(str(program[0]), [*map(str, program)], surroundings)  # noqa: S606
            os._exit(127)
        super().__init__(master, columns, rows, answers)

    def __enter__(self) -> Terminal:
        return self

    def __exit__(self, *_: object) -> None:
        if self.exit_code is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, 9)
            os.waitpid(self.pid, 0)
        os.close(self.master)

    def ends(self) -> bool:
        """Whether the program is over; its exit code is known then."""
        self.read()
        if self.exit_code is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.exit_code = os.waitstatus_to_exitcode(status)
                self.read()
        return self.exit_code is not None


def set_size(descriptor: int, columns: int, rows: int) -> None:
    """Give a terminal a size, in characters."""
    fcntl.ioctl(descriptor, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))


def decoded_sixels(text: str) -> np.ndarray:
    """The picture of a sixel sequence: array[row, column, channel], 0 to 255.

    Source: https://vt100.net/docs/vt3xx-gp/chapter14.html
    """
    found = re.fullmatch(r'\x1bP[\d;]*q"1;1;(\d+);(\d+)(.*)\x1b\\', text)
    assert found is not None, text[:80]
    width, height = int(found[1]), int(found[2])
    image = np.zeros((height + 6, width, 3), np.uint8)
    colours: dict[int, np.ndarray] = {}
    colour, column, top = 0, 0, 0
    commands = re.compile(r"#(\d+);2;(\d+);(\d+);(\d+)|#(\d+)|(?:!(\d+))?([?-~])|([$-])")
    end = 0
    for each in commands.finditer(found[3]):
        assert each.start() == end  # nothing else is among them
        end = each.end()
        number, *percent, chosen, repeat, sixel, control = each.groups()
        if number:
            colours[int(number)] = np.round(np.array(percent, float) * 2.55).astype(np.uint8)
        elif chosen:
            colour = int(chosen)
        elif sixel:
            times, bits = int(repeat or 1), ord(sixel) - 63
            assert column + times <= width
            for bit in range(6):
                if bits >> bit & 1:
                    image[top + bit, column : column + times] = colours[colour]
            column += times
        else:
            column, top = 0, top + 6 * (control == "-")
    assert end == len(found[3])
    assert not image[height:].any()
    return image[:height]
