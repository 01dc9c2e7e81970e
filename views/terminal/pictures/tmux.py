"""Inside tmux: what it knows of the terminal around it, and what it passes through to that.

Source: tmux(1), `allow-passthrough` and FORMATS; https://github.com/tmux/tmux/wiki/FAQ
"""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass

MOST_BYTES = 1 << 20
"""tmux drops an escape sequence that is longer."""

_FORMAT = "\n".join(
    f"#{{{name}}}"
    for name in (
        "client_termtype",
        "client_termname",
        "client_termfeatures",
        "allow-passthrough",
        "sixel_support",
        "client_cell_width",
        "client_cell_height",
    )
)
_PATIENCE = 1.0  # seconds


@dataclass(frozen=True)
class Tmux:
    """What tmux says of the terminal around it.

    Attributes:
        outside: That terminal's name and version as it gave them, and its kind, in one text.
        passes: Whether tmux passes on what it does not know.
        has_sixel: Whether tmux itself and the terminal draw sixels.
        cell: Width and height of a character there, in pixels; zeros if they are not known.
    """

    outside: str = ""
    passes: bool = False
    has_sixel: bool = False
    cell: tuple[int, int] = (0, 0)


def ask_tmux() -> Tmux:
    """What tmux says; of nothing if it does not answer."""
    command = ["tmux", "display-message", "-p"]
    if pane := os.environ.get("TMUX_PANE"):
        command += ["-t", pane]
    try:
        ran = subprocess.run(
            [*command, _FORMAT], stdin=subprocess.DEVNULL, capture_output=True, timeout=_PATIENCE, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return Tmux()
    return tmux_of(ran.stdout.decode(errors="replace"))


def tmux_of(answer: str) -> Tmux:
    """What tmux's answer to the format says."""
    termtype, termname, features, passes, sixel, *cell = [*answer.split("\n"), *[""] * 7][:7]
    width, height = (int(each) if each.isdecimal() else 0 for each in cell)
    has_sixel = sixel == "1" and "sixel" in features.split(",")
    return Tmux(f"{termtype} {termname}".strip(), passes in ("on", "all", "1"), has_sixel, (width, height))


def passed_through(command: str) -> str:
    """The command so wrapped that tmux hands it to the terminal around it."""
    return "\x1bPtmux;" + command.replace("\x1b", "\x1b\x1b") + "\x1b\\"
