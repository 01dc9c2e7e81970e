"""A terminal that is asked: it answers at once, late or never, and somebody types meanwhile."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import pytest
from terminals import Terminal

pytestmark = [
    pytest.mark.skipif(os.name == "nt", reason="has no pseudo-terminals"),
    # A fork beside JAX, which another test of this process may have loaded, warns.
    pytest.mark.filterwarnings("ignore:.*fork:RuntimeWarning", "ignore:.*fork:DeprecationWarning"),
]

ANSWER = b"\x1b[6;20;10t\x1b[?62;4;22c"
ASKS = """
import os, sys, time
from autoviz_render.views.terminal.pictures.query import Query

began = time.monotonic()
with Query(sys.stdin, sys.stdout) as query:
    answers = query.ask()
    print(f"asked for {time.monotonic() - began:.2f} s: {answers}")
    if not answers.is_whole:
        sys.stdout.flush()
        while query.is_waiting and time.monotonic() < began + float(sys.argv[1]):
            query.settle()
            time.sleep(0.01)
print("typed", repr(sys.stdin.readline()), flush=True)
"""


def keys_can_be_put_back() -> bool:
    """Whether the kernel allows it: newer ones leave it to root, or to nobody."""
    try:
        return Path("/proc/sys/dev/tty/legacy_tiocsti").read_text().strip() == "1"
    except OSError:
        return sys.platform != "linux" or os.geteuid() == 0


class Answering:
    """A terminal that answers some seconds after it was asked; never, if that is None; and keys typed when it is."""

    def __init__(self, seconds: float | None, keys: bytes = b"") -> None:
        self.seconds, self.keys, self.asked_at = seconds, keys, 0.0

    def __call__(self, written: bytes) -> bytes:
        if b"\x1b[c" not in written or self.asked_at:
            return b""
        self.asked_at = time.monotonic()
        return self.keys + (ANSWER if self.seconds == 0 else b"")

    def turn(self, terminal: Terminal) -> None:
        """Answer, if it is time."""
        terminal.read(0.01)
        if self.seconds and self.asked_at and time.monotonic() > self.asked_at + self.seconds:
            terminal.type(ANSWER)
            self.seconds = None


def asked(seconds: float | None, keys: bytes = b"", waits: float = 0.0) -> Terminal:
    return Terminal([sys.executable, "-P", "-c", ASKS, waits], 200, 10, answers=Answering(seconds, keys))


@pytest.mark.parametrize(
    ("seconds", "waits"), [(0, 0), (0.3, 0), (None, 0), (1.4, 4.0)], ids=["once", "late", "never", "too-late"]
)
@pytest.mark.parametrize("keys", [b"", b"ls -l"], ids=["nothing", "keys"])
def test_no_answer_leaves_a_stray_character_and_no_key_is_lost(eventually, seconds, waits, keys):
    """Over ssh an answer takes its time; what is typed meanwhile belongs to whoever reads next."""
    if keys and not keys_can_be_put_back():
        pytest.skip("the kernel lets nobody put keys back")
    with asked(seconds, keys, waits) as terminal:
        answering = terminal.answers
        assert isinstance(answering, Answering)
        before = terminal.settings()
        eventually(lambda: (answering.turn(terminal), "Answers(" in terminal.text)[1])
        is_whole = seconds is not None and not waits
        assert f"is_whole={is_whole}, has_kitty=False, has_sixel={is_whole}" in terminal.text
        eventually(lambda: (answering.turn(terminal), terminal.settings() == before)[1])
        terminal.type(b"\n")
        eventually(lambda: terminal.shows("typed"))
        assert f"typed {keys.decode() + chr(10)!r}" in terminal.text
        assert "62;4" not in terminal.text
        took = float(terminal.text.split("asked for ")[1].split()[0])
        assert took >= (seconds if is_whole else 1.0)


def test_who_types_ahead_is_not_asked(eventually):
    """What comes after keys could not be told from them."""
    program = "import sys, time; print('ready', flush=True); sys.stdin.readline();" + ASKS
    with Terminal([sys.executable, "-P", "-c", program, 0], 200, 10, answers=Answering(0)) as terminal:
        eventually(lambda: terminal.shows("ready"))
        terminal.type(b"\nahead\n")
        eventually(lambda: terminal.shows("typed"))
        assert "is_whole=False" in terminal.text
        assert r"typed 'ahead\n'" in terminal.text
        assert b"\x1b[c" not in terminal.written


@pytest.mark.parametrize("end", ["<", ">"])
def test_what_is_no_terminal_is_not_asked(eventually, tmp_path, end):
    """Neither a pipe nor a file."""
    file = tmp_path / "file"
    file.write_bytes(b"x\n")
    shell = f'exec {sys.executable} -P -c "$0" 0 {end} {file}'
    with Terminal(["sh", "-c", shell, ASKS], 200, 10, answers=Answering(0)) as terminal:
        if end == ">":
            eventually(lambda: "Answers" in file.read_text() or terminal.ends() or terminal.type(b"\n"))
        eventually(lambda: terminal.ends() or terminal.read() or (end == ">" and terminal.type(b"\n")))
        assert b"\x1b[c" not in terminal.written + file.read_bytes()
