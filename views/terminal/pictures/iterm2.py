"""iTerm2's inline images, which WezTerm, mintty and others know, too. They take PNG as it is.

Source: https://iterm2.com/documentation-images.html
"""

from __future__ import annotations

import base64
from pathlib import Path

from autoviz_render.views.terminal.pictures.files import png_of
from autoviz_render.views.terminal.pictures.picture import Picture, Room
from autoviz_render.views.terminal.pictures.tmux import MOST_BYTES, passed_through

_MOST_BYTES = 20_000_000
_SAVE, _RESTORE = "\x1b7", "\x1b8"


def inline(file: Path, room: Room, *, is_in_tmux: bool = False) -> Picture:
    """A figure that is painted over blank lines.

    Args:
        file: The figure.
        room: Where it is to stand.
        is_in_tmux: Whether it is passed through tmux, which drops what is longer than a mebibyte.

    Raises:
        OSError: As `load` raises it.
    """
    png, size = png_of(file, MOST_BYTES * 3 // 4 - 1000 if is_in_tmux else _MOST_BYTES)  # base64 makes 4 bytes of 3
    room = room.fitting(*size)
    keys = f"inline=1;size={len(png)};width={room.columns};height={room.rows};preserveAspectRatio=1;doNotMoveCursor=1"
    command = f"\x1b]1337;File={keys}:{base64.standard_b64encode(png).decode()}\x07"
    over = _SAVE + (passed_through(command) if is_in_tmux else command) + _RESTORE
    return Picture(room.columns, ("",) * room.rows, over, over)
