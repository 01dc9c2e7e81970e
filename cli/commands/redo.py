"""`--redo`: a figure's file again, from what it says of itself."""

from __future__ import annotations

import logging
from pathlib import Path

from autoviz_render.cli.arguments.options import Options
from autoviz_render.cli.output import DONE, INCOMPLETE, print_files
from autoviz_render.renderer.batch.redo import ProvenanceError
from autoviz_render.renderer.batch.redo import redo as drawn_again
from autoviz_render.spool.system.atomic import write_whole

log = logging.getLogger("autoviz_render.cli")


def redo(options: Options) -> int:
    """Draw the figure of a file again, and print where it is; the exit code.

    A file that has the bytes already stays. One that has others is not replaced, as it may be in somebody's paper: the
    new one goes to the folder of `--out`.

    Raises:
        ProvenanceError, SpoolError, FigureError, SettingsError, PathError, OSError: It cannot be drawn again.
    """
    file = options.redo or Path()
    if len(options.paths) > 1:
        raise ProvenanceError("--redo takes one PATH: where the run of the figure is")
    figure = next(iter(options.render_settings().figures or ()), None)
    again = drawn_again(file, options.paths[0] if options.paths else None, figure)
    for error in again.errors:
        log.error("%s: %s", file, error)
    if options.out is not None:
        file = options.out / file.name
        options.out.mkdir(parents=True, exist_ok=True)
        write_whole(file, [again.content], tmp=options.out)
    elif not again.is_same:
        log.error("%s: is drawn with other bytes now: %s; give --out DIR to have the new file", file, again.why)
        return INCOMPLETE
    print_files([file], as_json=options.json)
    if not again.is_same:
        log.warning("%s: has other bytes than %s: %s", file, options.redo, again.why)
    return INCOMPLETE if again.errors else DONE
