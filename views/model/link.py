"""How the link stands over which runs come from another host: a small file beside what is mirrored."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal, get_args

from autoviz_render.spool.errors import SpoolError
from autoviz_render.spool.system.atomic import write_whole
from autoviz_render.spool.system.safe_read import finite_number, read_json, short_text
from autoviz_render.views.model.reasons import seconds

LinkStateName = Literal["connecting", "connected", "lost", "closed"]

FILE = "mirror.json"
"""In the folder above the one that is watched."""

FRESH = 20.0
"""Seconds after which a link that says nothing of itself is not one any more."""

_STEPS = (20, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 18000, 43200, 86400, 172800, 432000, 864000, 2592000)
_FORMAT = "autoviz-render mirror"
_MAX_BYTES = 1 << 16


@dataclass(frozen=True)
class LinkState:
    """How a link stands.

    Attributes:
        address: What is mirrored, `ssh://HOST/PATH`.
        state: What the link does.
        heard: When something was heard of the other side last, in seconds since 1970 by the clock here; None: never.
        why: Why there is no link, in a line; empty if there is one.
        how: How the other side is reached: "autoviz-render" or "sftp"; empty before it is.
        clock_ahead: Seconds by which the clock there is ahead of the one here: to be taken off from moments that were
            told there. 0 if it is not known.
    """

    address: str
    state: LinkStateName = "connecting"
    heard: float | None = None
    why: str = ""
    how: str = ""
    clock_ahead: float = 0.0

    def reason(self, now: float) -> str:
        """What to tell of it beside a run's state, as a sentence; empty if all is well."""
        if self.state == "connected" and self.heard is not None and now - self.heard < FRESH:
            return f"mirror: {self.why}" if self.why else ""
        if self.heard is None:
            return f"mirror: nothing heard yet{f' ({self.why})' if self.why else ''}"
        return f"mirror: last heard {_ago(now - self.heard)} ago{f' ({self.why})' if self.why else ''}"


def write_link(folder: Path, link: LinkState) -> None:
    """Say how a link stands. Raises OSError."""
    content = {"format": _FORMAT, "version": 1, **asdict(link)}
    write_whole(folder / FILE, [json.dumps(content).encode()], tmp=folder)


def read_link(path: Path) -> LinkState | None:
    """The link over which what is at a path comes; None if it comes over none, or that cannot be told.

    Args:
        path: What is watched.
    """
    for folder in (path.absolute().parent, path.absolute()):
        try:
            content = read_json(folder / FILE, _MAX_BYTES)
            if content["format"] == _FORMAT and content["state"] in get_args(LinkStateName):
                heard = content["heard"]
                return LinkState(
                    address=short_text(content["address"]),
                    state=content["state"],
                    heard=None if heard is None else finite_number(heard),
                    why=short_text(content["why"]),
                    how=short_text(content["how"]),
                    clock_ahead=finite_number(content["clock_ahead"]),
                )
        except (OSError, SpoolError, KeyError, ValueError):
            continue
    return None


def _ago(age: float) -> str:
    """How long ago something was, in words that change rarely: each change of them crosses to every view."""
    return f"over {seconds(float(max((step for step in _STEPS if step <= age), default=_STEPS[0])))}"
