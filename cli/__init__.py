"""The command `autoviz-render`: parse, call, print.

    arguments           what can be typed, and the same as typed values
    command             chooses what to do; the exit code
    commands            a module for each thing to do: render, watch, movie, status, ...; `pack` has its own words
    output, progress    what is printed meanwhile

Results go to standard output, the log to standard error. Exit codes: 0 done; 1 could not do all of it, and
the message says what; 2 wrong usage; 3 nothing to draw. An error is one line that names the file and the
remedy; `--debug` adds the traceback.

A stranger may have chosen the name of a run, a host or a folder. Characters that cannot be seen are escaped in the log,
in what `--status` prints, and in paths on a terminal. In a pipe or a file a path is printed as it is, and `--json` is
exact everywhere.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

_FAR_END = "mirror-serve"
"""What `--watch ssh://...` calls on the other host; for programs, and in no help."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit code. The console script's entry point."""
    if list(sys.argv[1:] if arguments is None else arguments) == [_FAR_END]:
        from autoviz_render.views.mirror.export import serve_standard_streams  # without what drawing takes to import

        return serve_standard_streams()
    from autoviz_render.cli.command import run

    return run(arguments)
