"""`--compare`: two steps of a run, or two runs, side by side."""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from autoviz_render.cli.arguments.options import Options
from autoviz_render.cli.output import DONE, INCOMPLETE, NOTHING, USAGE, print_files
from autoviz_render.figures.registry import FigureError
from autoviz_render.renderer.batch.comparison import ComparisonJob
from autoviz_render.renderer.batch.runs import PathError, find_runs
from autoviz_render.renderer.batch.selection import Selection, Which, why_nothing
from autoviz_render.renderer.settings import FigureSpec
from autoviz_render.renderer.work.executor import FRAME_TIMEOUT
from autoviz_render.renderer.work.pool import Pool
from autoviz_render.spool.errors import NoSpoolError, SpoolError
from autoviz_render.spool.snapshot import SnapshotRef
from autoviz_render.spool.store import Spool
from autoviz_render.spool.text import printable

log = logging.getLogger("autoviz_render.cli")

_CODES = {"undrawable": USAGE, "missing": NOTHING}
_LONGEST_PART = 60  # bytes of a file's name
_MOST_FOLDERS = 4  # of a path that a run is called by


@dataclass(frozen=True)
class Chosen:
    """One of the two.

    Attributes:
        spool: The run.
        ref: Its snapshot.
        name: What the figure calls it.
        stem: What its file is called after.
    """

    spool: Spool
    ref: SnapshotRef
    name: str
    stem: str


def compare(options: Options) -> int:
    """Draw A and B side by side, and print the files; the exit code.

    Raises:
        PathError, NoSpoolError, OSError: As `find_runs` raises them.
        FigureError, SettingsError: As `Options.render_settings` raises them; or no figure is of both.
        SpoolError: A spool cannot be read.
        OutputClosedError: Nobody reads what is printed.
    """
    settings = options.render_settings()
    one, other = _chosen(options)
    is_of_one_run = one.spool.paths.directory == other.spool.paths.directory
    folder = options.out or one.spool.paths.images
    codes = []
    with Pool(timeout=options.frame_timeout or FRAME_TIMEOUT) as pool:
        for number, figure in enumerate(settings.figures or [_shared(one, other)]):
            spec = figure if isinstance(figure, FigureSpec) else FigureSpec(figure)
            name = f"-{spec.name}" if number else ""
            stem = settings.stem(spec, f"compare-{one.stem}-{other.stem}{name}")
            job = ComparisonJob(
                one.spool.paths.directory,
                spec,
                folder / stem,
                one.ref.path.name,
                other.spool.paths.directory,
                other.ref.path.name,
                (one.name, other.name),
                not is_of_one_run,
                settings=settings,
            )
            ((_, _, result),) = pool.draw([job])
            for message in result.messages:
                log.error("%s", message)
            print_files(result.files if result.status == "drawn" else (), as_json=options.json)
            codes.append(INCOMPLETE if result.status == "drawn" and result.errors else _code(result.status))
    return max(codes)


def _code(status: str) -> int:
    return DONE if status == "drawn" else _CODES.get(status, INCOMPLETE)


def _chosen(options: Options) -> tuple[Chosen, Chosen]:
    texts = list(options.compare or ())
    if len(options.paths) == 1:
        spool = _run(options.paths[0])
        one, other = (_step(spool, _readable(spool, int(text))) for text in texts)
        return one, other
    parts = [_run_and_step(text) for text in texts]
    names = _apart([path for path, _ in parts])
    which: Which = "best" if options.which == "best" else "newest"
    found = []
    for (path, step), name in zip(parts, names, strict=True):
        spool = _run(Path(path))
        ref = _readable(spool, which if step is None else step)
        told = "" if step is None else f", step {step}"
        stem = _slug(name) if step is None else f"{_slug(name)}-{step}"
        found.append(Chosen(spool, ref, name + told, stem))
    if os.path.realpath(found[0].spool.paths.directory) == os.path.realpath(found[1].spool.paths.directory):
        found = [_step(found[0].spool, each.ref) for each in found]
    return found[0], found[1]


def _step(spool: Spool, ref: SnapshotRef) -> Chosen:
    return Chosen(spool, ref, f"step {ref.sequence}", str(ref.sequence))


def _run_and_step(text: str) -> tuple[str, int | None]:
    """A path, and the step behind its last @, unless a path has that in its name."""
    path, at, step = text.rpartition("@")
    if at and path and step.isdecimal() and len(step) <= 18 and not os.path.exists(text):
        return path, int(step)
    return text, None


def _run(path: Path) -> Spool:
    """The one run at a path.

    Raises:
        PathError: There are several.
        NoSpoolError, OSError: As `find_runs` raises them.
    """
    runs, unread = find_runs([path])
    if len(runs) > 1:
        raise PathError(f"{path}: holds {len(runs):,} runs, and two are compared: name one of them")
    if not runs:
        raise NoSpoolError(path, f"holds no run that can be read: {unread[0][1]}" if unread else "holds no run")
    return runs[0].spool


def _readable(spool: Spool, which: Which) -> SnapshotRef:
    """The snapshot that was chosen; if the newest cannot be read, the one before it.

    Raises:
        NoSpoolError: There is none.
        SpoolError, OSError: None can be read.
    """
    refs = Selection(which).of(spool)
    if isinstance(which, int):
        refs = refs[-1:]  # of a step that was done again, the later one
    fault: SpoolError | OSError | None = None
    for ref in refs:
        try:
            spool.read(ref)
        except FileNotFoundError:
            continue  # retention removed it meanwhile
        except SpoolError as error:
            fault = fault or error
            log.error("%s", spool.explain(ref, error))
            continue
        return ref
    raise fault or NoSpoolError(spool.paths.directory, why_nothing(spool, Selection(which)))


def _shared(one: Chosen, other: Chosen) -> str:
    """The first figure that both runs name. Raises FigureError if there is none."""
    mine, theirs = (each.spool.info().figures or ("auto",) for each in (one, other))
    if shared := [name for name in mine if name in theirs]:
        return shared[0]
    figures = f"{one.name} has {', '.join(mine)}, and {other.name} {', '.join(theirs)}"
    raise FigureError(f"{printable(figures, 600)}: no figure is of both; choose one by --figure, as --figure auto")


def _apart(paths: Sequence[str]) -> list[str]:
    """What two runs are called: the ends of their paths, as long as it takes to tell them apart."""
    parts = [Path(os.path.abspath(path)).parts for path in paths]
    for count in range(1, _MOST_FOLDERS):
        ends = ["/".join(each[-count:]) for each in parts]
        if ends[0] != ends[1]:
            break
    return ends


def _slug(name: str) -> str:
    """A run's name as a part of a file's: nothing of it leads elsewhere, or is hidden."""
    words = re.sub(r"[\W_]+", "-", name).strip("-")
    return words.encode()[:_LONGEST_PART].decode(errors="ignore").strip("-") or "run"
