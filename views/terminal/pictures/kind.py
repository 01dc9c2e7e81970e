"""By which means a terminal shows pictures.

What the environment says is taken first, as it costs nothing and asks nobody: terminals name themselves there, iTerm2
over ssh, too. Inside tmux, tmux is asked, which knows the terminal around it. Else the terminal is asked, once. What
is not certain is shown in half blocks, which never leave strange characters.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Literal, get_args

from autoviz_render.views.terminal.pictures.blocks import Colours
from autoviz_render.views.terminal.pictures.query import Answers
from autoviz_render.views.terminal.pictures.tmux import Tmux, ask_tmux

Means = Literal["kitty", "iterm2", "sixel", "blocks"]
MEANS = get_args(Means)

_SILENT = ("dumb", "unknown", "linux", "vt", "screen", "tmux", "cons", "eterm", "emacs", "sun", "ansi")
_KITTY = ("kitty", "ghostty")
_ITERM2 = ("iterm", "wezterm", "mintty", "tabby", "warp")
_CELL = (10, 20)  # pixels, if nobody knows


@dataclass(frozen=True)
class Kind:
    """How figures are shown.

    Attributes:
        means: By which protocol.
        is_in_tmux: Whether what is written passes through tmux.
        colours: Of half blocks.
        cell: Width and height of a character, in pixels.
        hint: What a person could do to see more, in a line; empty if nothing.
    """

    means: Means = "blocks"
    is_in_tmux: bool = False
    colours: Colours = "256"
    cell: tuple[int, int] = _CELL
    hint: str = ""


def find_kind(
    forced: Means | None = None,
    environment: Mapping[str, str] | None = None,
    ask: Callable[[], Answers] = Answers,
    tmux: Callable[[], Tmux] = ask_tmux,
) -> Kind:
    """How the terminal at standard output shows figures.

    Args:
        forced: By this means, whatever it is.
        environment: None is this process's.
        ask: Asks the terminal.
        tmux: Asks tmux.
    """
    environment = os.environ if environment is None else environment
    kind = Kind(colours=colours_of(environment), cell=_cell_by_size())
    if environment.get("TMUX"):
        return _in_tmux(kind, forced, tmux())
    if forced is not None:
        return replace(kind, means=forced)
    named = by_name(environment)
    if named is not None:
        return replace(kind, means=named)
    answers = ask()
    cell = answers.cell if min(answers.cell) > 0 else kind.cell
    return replace(kind, means=by_answers(answers), cell=cell)


def colours_of(environment: Mapping[str, str]) -> Colours:
    """How many colours half blocks may have."""
    if environment.get("NO_COLOR"):
        return "none"
    return "truecolor" if environment.get("COLORTERM", "").lower() in ("truecolor", "24bit") else "256"


def by_name(environment: Mapping[str, str]) -> Means | None:
    """What the environment says of the terminal; None if it has to be asked."""
    term = environment.get("TERM", "").lower()
    program = " ".join(environment.get(name, "").lower() for name in ("TERM_PROGRAM", "LC_TERMINAL"))
    if environment.get("STY") or not term or term.startswith(_SILENT) or "apple_terminal" in program:
        return "blocks"  # screen swallows pictures; the others would show the questions
    if environment.get("KITTY_WINDOW_ID") or any(name in f"{term} {program}" for name in _KITTY):
        return "kitty"
    return "iterm2" if any(name in program for name in _ITERM2) else None


def by_answers(answers: Answers) -> Means:
    """What the terminal says of itself."""
    version = answers.version.lower()
    if any(version.startswith(name) for name in _ITERM2):
        return "iterm2"
    if answers.has_kitty:
        return "kitty"
    return "sixel" if answers.has_sixel else "blocks"


def _in_tmux(kind: Kind, forced: Means | None, tmux: Tmux) -> Kind:
    kind = replace(kind, is_in_tmux=True, cell=tmux.cell if min(tmux.cell) > 0 else kind.cell)
    outside = tmux.outside.lower()
    means: Means = "blocks"
    if any(name in outside for name in _KITTY):
        means = "kitty"
    elif any(name in outside for name in _ITERM2):
        means = "iterm2"
    means = forced or means
    if means in ("kitty", "iterm2") and not tmux.passes and forced is None:
        hint = "figures are coarse, as tmux holds back what is sharper: tmux set -g allow-passthrough on"
        return replace(kind, hint=hint, means="sixel" if tmux.has_sixel else "blocks")
    return replace(kind, means="sixel" if means == "blocks" and forced is None and tmux.has_sixel else means)


def _cell_by_size() -> tuple[int, int]:
    """Width and height of a character as the system knows them, or what is usual."""
    try:
        import fcntl
        import struct
        import termios

        raw = fcntl.ioctl(sys.stdout.fileno(), termios.TIOCGWINSZ, b"\0" * 8)
        rows, columns, width, height = struct.unpack("HHHH", raw)
    except (ImportError, OSError, ValueError, AttributeError):
        return _CELL
    if not (rows and columns and width and height):
        return _CELL
    return max(1, width // columns), max(1, height // rows)
