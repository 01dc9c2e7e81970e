"""`--completion`: what a shell needs to complete the command, by the library `shtab`.

The script that it makes is static: a shell that completes starts no Python, and the command does not import `shtab`
otherwise.
"""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from autoviz_render.cli.output import DONE, INCOMPLETE, OutputClosedError, close_output, tell
from autoviz_render.figures.registry import figure_names
from autoviz_render.renderer.plot.formats import FORMATS

_NAMES: dict[str, Callable[[], Sequence[str]]] = {"--figure": figure_names, "--format": lambda: FORMATS}
"""Options that take names, with those there are: they are offered, though others go, too."""


def print_completion(parser: argparse.ArgumentParser, shell: str) -> int:
    """Print the script for a shell; the exit code."""
    try:
        shtab: Any = importlib.import_module("shtab")  # whose functions have no types
    except ImportError:
        told = "--completion needs the library shtab: pip install 'autoviz-render[completion]'"
        print(f"{parser.prog}: {told}", file=sys.stderr)  # there is no log yet
        return INCOMPLETE
    for action in parser._actions:
        _offer(action, shtab)
    try:
        tell(shtab.complete(parser, shell))
    except OutputClosedError:
        close_output()
        return INCOMPLETE
    return DONE


def _offer(action: argparse.Action, shtab: Any) -> None:
    """Have an option's value completed: the parser is of no other use by now."""
    named = next((_NAMES[option] for option in action.option_strings if option in _NAMES), None)
    if named is not None:
        action.choices = list(named())
    elif action.type is Path or action.dest == "paths":
        action.complete = shtab.DIRECTORY  # type: ignore[attr-defined]
    elif action.dest == "movie":
        action.complete = shtab.FILE  # type: ignore[attr-defined]
