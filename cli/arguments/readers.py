"""Texts of a command line as values: times, lengths, parts. They raise what `argparse` tells as wrong usage."""

from __future__ import annotations

import argparse
import contextlib
import re
import shlex
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from autoviz_render.renderer.batch.shards import Shard
from autoviz_render.renderer.plot.formats import FORMATS
from autoviz_render.renderer.settings import Limits, SettingsError

MOVIES = (".mp4", ".gif", ".webp")
HTML = "html"
"""A format of sheets alone."""


def path(text: str) -> Path | str:
    """A path; as a text, as it was typed, if it is on another machine."""
    if not text.startswith("ssh://"):
        return Path(text)
    host, slash, _ = text.removeprefix("ssh://").partition("/")
    if not host.rpartition("@")[2] or not slash or host.startswith("-"):
        raise argparse.ArgumentTypeError(f"{text!r}: write ssh://HOST/PATH, or ssh://USER@HOST:PORT/PATH")
    return text


def address(text: str) -> str:
    """Where to listen."""
    port = text.rpartition(":")[2]
    if not (text.startswith("unix:") and len(text) > 5) and not (port.isdecimal() and int(port) < 1 << 16):
        raise argparse.ArgumentTypeError(f"{text!r}: write a port, HOST:PORT, or unix:PATH of a socket")
    return text


def formats(text: str) -> tuple[str, ...]:
    """Kinds of files between commas; a sheet has a page of its own for a browser, html."""
    formats = tuple(dict.fromkeys(text.lower().split(",")))
    if not set(formats) <= {*FORMATS, HTML}:
        raise argparse.ArgumentTypeError(f"{text!r}: choose from {', '.join(FORMATS)}")
    return formats


def limits(text: str) -> Limits:
    """What the axes and the colours are."""
    if text not in ("own", "run") and not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r}: choose own, run, or the number of a quick update")
    return int(text) if text.isdecimal() else "own" if text == "own" else "run"


def command(text: str) -> tuple[str, ...]:
    """A command with its arguments, split as a shell does, and then never seen by one."""
    try:
        words = tuple(shlex.split(text))
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is no command: {error}") from None
    if not words or not words[0]:
        raise argparse.ArgumentTypeError(f"{text!r} is no command: name a program")
    return words


def names(text: str) -> tuple[str, ...]:
    """Names between commas, none of them twice."""
    named = tuple(dict.fromkeys(each.strip() for each in text.split(",") if each.strip()))
    if not named:
        raise argparse.ArgumentTypeError(f"{text!r}: name at least one panel")
    return named


def movie(text: str) -> Path:
    """A movie's file."""
    if Path(text).suffix.lower() not in MOVIES:
        raise argparse.ArgumentTypeError(f"{text!r}: name a file that ends in {', '.join(MOVIES)}")
    return Path(text)


def since(text: str) -> float:
    """A moment, in seconds since 1970 (UTC)."""
    units = {"s": 1, "min": 60, "h": 3600, "d": 86400}
    if match := re.fullmatch(r"(\d+(?:\.\d+)?)\s*(s|min|h|d)", text):
        return time.time() - float(match[1]) * units[match[2]]
    try:
        return datetime.fromisoformat(text).timestamp()
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no time: write 90min, 2h, 3d, or 2026-11-22T10:00") from None


def whole(low: int, high: int) -> Callable[[str], int]:
    """Reads a whole number within bounds."""

    def read(text: str) -> int:
        if not text.isdecimal() or not low <= int(text) <= high:
            raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from {low} to {high}")
        return int(text)

    return read


def seconds(text: str) -> float:
    """A length of time, in seconds."""
    with contextlib.suppress(ValueError):
        if 0.01 <= (value := float(text)) <= 86400:
            return value
    raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds from 0.01 to 86400")


def shard(text: str) -> Shard:
    """One of several parts."""
    try:
        return Shard.parse(text)
    except SettingsError as error:
        raise argparse.ArgumentTypeError(str(error).removeprefix("shard: ")) from None
