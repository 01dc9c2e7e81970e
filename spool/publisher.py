"""The sampler's side of a spool: give arrays away and go on sampling."""

from __future__ import annotations

import contextlib
import itertools
import os
import time
from collections.abc import Iterable, Mapping, Sequence
from numbers import Real
from pathlib import Path
from types import TracebackType
from typing import Any, Literal

from autoviz_render.spool.errors import AutovizError, ClosedError, WrongTypeError, WrongValueError, checks_construction
from autoviz_render.spool.format.descriptions import checked_descriptions
from autoviz_render.spool.guard import unguarded, wrong
from autoviz_render.spool.info import STATES, State, figure_names
from autoviz_render.spool.paths import SpoolPaths, spool_paths
from autoviz_render.spool.retention import Retention
from autoviz_render.spool.snapshot import COUNTS, LONGEST_COUNTS
from autoviz_render.spool.system.at_exit import end_at_exit, forget
from autoviz_render.spool.write.arena import Arenas
from autoviz_render.spool.write.conversion import flatten, hand_over, hand_over_one
from autoviz_render.spool.write.fits_header import without_texts
from autoviz_render.spool.write.update_writer import Numbers, PublisherStats, Update, UpdateWriter
from autoviz_render.spool.write.writer import DURABILITIES, Durability, SpoolWriter

__all__ = ["Publisher", "PublisherStats"]

_SECONDS_AT_EXIT = 30.0  # for arrays that a device still computes


@checks_construction
class Publisher:
    """Publishes snapshots to the spool of a run directory. Never waits for the disk, never raises.

    A thread writes the newest update that was handed over; one that is still waiting when the next comes is
    *coalesced*: its arrays are dropped, its scalars kept. What goes wrong is logged once a cause, as a warning of the
    logger `autoviz_render.spool`, and counted in `stats`. Use it as a context manager, or call `close`; if neither is
    done, the last snapshot is written when Python exits, or a child of `multiprocessing`. A process that ends by
    `os._exit` or is terminated by a pool closes nothing.

    Args:
        run_dir: Any directory; `~` is the home. It is made, with its `spool/`, by the writer's thread.
        figure: The name of the figure to draw, or several, the first one first.
        static: Arrays that never change (data, noise map, mask), written once. `wcs` may be a FITS header, or a mapping
            of its keywords: figures then show where north and east are, and a scale bar.
        name: For one of several writers to a run directory (chains, MPI ranks): the spool is `spool-NAME/`. If another
            process writes that spool already, `spool-2/` or `spool-NAME-2/` is taken, and a warning says so. If an
            earlier publisher of this process does (a notebook's cell is run again), it lets go: what it still publishes
            is dropped.
        retention: The bounds within which snapshots are kept, thinned evenly beyond them; "all" keeps every one; by
            default `Retention()`.
        durability: "rename": a snapshot that was written survives the death of the process; "fsync": a loss of power
            too. The last snapshot always does.
        resumed_from: The iteration from which an interrupted run resumes; what was published of later ones is then
            hidden from readers. By default the iteration before the first that is published.
        title: What figures and `--status` call the run; by default it is the directory's name.
        counts: What the iterations that are published count, in plain text: "steps", "likelihood evaluations". Figures
            and `--status` say it.
        units: The units of arrays and parameters, in plain text by name: `{"data": "electrons/s"}`. An array in a group
            has the name `group/name`. Figures write them at axes and colour bars.
        labels: What figures call arrays and parameters, by name; between dollars mathematics, as Matplotlib has it:
            `{"radius": r"$\\theta_E$"}`.
        axes: What the axes of an array's panel are called, units included: of an image x and y, of a series its
            coordinate and its values: `{"data": ("x (arcsec)", "y (arcsec)")}`.
        scales: How the colours of an array follow from its values: a stretch (linear, log, asinh, sqrt, power:0.3), an
            interval (zscale, minmax, 99.5%, or two limits as 0,2.5), or both: `{"data": "asinh 99.5%"}`.

    Attributes:
        counts: The same; it may change before a quick update, as a sampler's hook learns it.
        run_dir: The directory, as an absolute path.
        stats: What became of the quick updates so far.
        opened: Set once the spool on disk is this run's, or could not be opened: readers that start earlier see the
            last run's.

    Raises:
        ValueError: An argument can never work. Nothing is made then, and nothing is raised afterwards.
        TypeError: An argument is of a type that can never work.
    """

    def __init__(
        self,
        run_dir: str | os.PathLike[str],
        *,
        figure: str | Sequence[str] = "auto",
        static: Mapping[str, Any] | None = None,
        name: str | None = None,
        retention: Retention | Literal["all"] | None = None,
        durability: Durability = "rename",
        resumed_from: int | None = None,
        title: str | None = None,
        counts: str = COUNTS,
        units: Mapping[str, str] | None = None,
        labels: Mapping[str, str] | None = None,
        axes: Mapping[str, Sequence[str]] | None = None,
        scales: Mapping[str, str] | None = None,
    ) -> None:
        if durability not in DURABILITIES:
            raise WrongValueError(wrong("durability", durability, "expected 'rename' or 'fsync'"))
        self.run_dir = _run_dir(run_dir)
        _refuse_unless(name is None or isinstance(name, str), "name", name, "expected text, or None")
        spool_paths(self.run_dir, name)
        _refuse_unless(title is None or isinstance(title, str), "title", title, "expected text, or None")
        figures = checked_figures(figure)
        is_possible = resumed_from is None or _is_whole(resumed_from)
        _refuse_unless(is_possible, "resumed_from", resumed_from, "expected a whole number of iterations, or None")
        self.counts = checked_counts(counts)
        descriptions = checked_descriptions(units, labels, axes, scales)
        leaves = _leaves({} if static is None else static)
        self._writer = SpoolWriter(
            self.run_dir,
            name,
            figures=figures,
            retention=_retention(retention),
            durability=durability,
            resumed_from=None if resumed_from is None else int(resumed_from),
            title=title,
            descriptions=descriptions,
        )
        self._updates = UpdateWriter(self._writer, leaves)
        self.stats = self._updates.stats
        self.opened = self._updates.opened
        self._guard = self._updates.guard
        self._pid = os.getpid()
        self._serial = itertools.count()
        self._arenas = Arenas()
        with self._guard("starting a thread") as starting:
            self._updates.thread.start()
        if starting.failed:
            self.opened.set()
        end_at_exit(self)

    @property
    def paths(self) -> SpoolPaths:
        """Where the spool lies. Final once `opened` is set."""
        return self._writer.paths

    @property
    def name(self) -> str | None:
        """The spool's name among several of a run directory. Final once `opened` is set."""
        return self._writer.name

    def publish(
        self,
        arrays: Mapping[str, Any],
        *,
        iteration: int,
        log_likelihood: float | None = None,
        parameters: Mapping[str, Any] | None = None,
        scalars: Mapping[str, Any] | None = None,
    ) -> None:
        """Hand over the arrays of one quick update and return at once.

        Args:
            arrays: By name, of any shape; nested mappings, and the fields of structured arrays, become names with
                slashes. JAX arrays are handed over by reference (do not donate them), all others are copied. Masked
                values become NaN, for which integers and booleans become float64; of an array with units its values
                are published.
            iteration: The sampler's count, of what `counts` says.
            log_likelihood: Of the best fit, in nats.
            parameters: Of the best fit, numbers by name.
            scalars: The sampler's own numbers by name.
        """
        if os.getpid() != self._pid:
            return  # a forked worker of the sampler's: only the process that made the publisher publishes
        self.stats.submitted += 1
        with self._guard("publishing") as publishing:
            if self._updates.state is not None:
                raise ClosedError(
                    "it is closed, and what comes after close() is dropped; publish first, or make a new one"
                )
            count = _count(iteration)
            numbers = Numbers(
                next(self._serial),
                len(self._updates.starts),
                count,
                time.time(),
                hand_over_one(log_likelihood),
                self._copied("parameters", parameters),
                self._copied("scalars", scalars),
                self.counts,
            )
            self._updates.numbers.append(numbers)  # they are kept whatever becomes of the arrays
            self._updates.thread.hand_over(Update(numbers, hand_over(arrays, self._guard, self._arenas)))
        if publishing.failed:
            self.stats.failed += 1
            self._updates.thread.wake()

    def _copied(self, what: str, values: Mapping[str, Any] | None) -> dict[str, Any]:
        copies: dict[str, Any] = {}
        if values is not None:
            with self._guard("publishing"):
                if not isinstance(values, Mapping):
                    raise WrongTypeError(wrong(what, values, "expected a mapping of names to numbers"))
                for name, value in values.items():
                    with self._guard("number", of=name):
                        copies[name] = hand_over_one(value)
        return copies

    def begin_epoch(self, resumed_from: int | None = None) -> None:
        """Begin the run anew: what is published from now on is a new epoch's, as if it were another process's.

        Args:
            resumed_from: As for the publisher itself.
        """
        self._updates.starts.append(resumed_from)

    def flush(self, timeout: float | None = None) -> bool:
        """Wait until all that was handed over is written or has failed; False after `timeout` seconds."""
        return os.getpid() == self._pid and self._updates.thread.flush(timeout)

    def close(self, state: State = "finished", timeout: float | None = 30.0) -> None:
        """Write the last snapshot, record how the run ended, and stop. Later calls do nothing.

        Args:
            state: How the run ended.
            timeout: Seconds to wait for the disk; after that a warning is logged and the thread left alone.
        """
        if os.getpid() != self._pid or not self._updates.thread.is_begun:
            return
        if self._updates.state is None:
            if state not in STATES:
                refused = WrongValueError(wrong("state", state, "expected 'finished' or 'failed', and takes 'failed'"))
                self._guard.warn("closing", refused)
            self._updates.state = state if state in STATES else "failed"
        if self._updates.thread.close(timeout):
            self._arenas.free.clear()
            forget(self)
        else:
            self._guard.warn("closing", TimeoutError(f"the disk did not answer within {timeout:g} s"))

    def end(self, state: State) -> None:
        """Close at the end of the process, if nobody did. See that the thread is not inside JAX when Python ends: its
        end there would be the process's, by an abort."""
        if os.getpid() != self._pid:
            return
        if self._updates.state is None:
            self.close(state)
        if self._updates.thread.is_alive():
            self._updates.converting.acquire(timeout=_SECONDS_AT_EXIT)

    def __enter__(self) -> Publisher:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close("finished" if kind is None else "failed")


def _refuse_unless(is_possible: bool, argument: str, value: object, expected: str) -> None:
    if not is_possible:
        raise WrongTypeError(wrong(argument, value, expected))


def checked_figures(figure: Any) -> tuple[str, ...]:
    """The names of figures. A spool holds no code, so functions and their paths are for who draws.

    Raises:
        WrongTypeError, WrongValueError: They are none.
    """
    named = [figure] if isinstance(figure, str) or callable(figure) else figure
    _refuse_unless(isinstance(named, Iterable), "figure", figure, "expected the name of a figure, or a list of names")
    for each in named:
        path = getattr(each, "__name__", "FUNCTION") if callable(each) else each
        path = path if ":" in str(path) else f"MODULE:{path}"
        hint = (
            "expected a name, as a spool holds no code; give the function a name by an entry point in the group "
            f"'autoviz_render.figures', or draw with: autoviz-render --figure {path} RUN_DIR"
        )
        if callable(each):
            raise WrongTypeError(wrong("figure", each, hint))
        _refuse_unless(isinstance(each, str), "figure", each, "expected the name of a figure, or a list of names")
        if ":" in each:
            raise WrongValueError(wrong("figure", each, hint))
    return figure_names(figure)


def _count(iteration: object) -> int:
    """The iteration as a file can hold it. Raises WrongTypeError, WrongValueError."""
    expected = "expected a whole number below 2**63"
    try:
        count = int(iteration)  # type: ignore[call-overload]
    except (TypeError, ValueError, OverflowError):
        raise WrongTypeError(wrong("iteration", iteration, expected)) from None
    if not -(2**63) <= count < 2**63:
        raise WrongValueError(wrong("iteration", f"{count:.3e}", expected))
    return int(count)


def _is_whole(number: object) -> bool:
    """Whether it is an integer of any kind, or a float of the same value."""
    return isinstance(number, Real) and float(number).is_integer()


def _leaves(static: Mapping[str, Any]) -> dict[str, Any]:
    _refuse_unless(isinstance(static, Mapping), "static", static, "expected a mapping of names to arrays")
    try:
        leaves = flatten(hand_over(without_texts(static), unguarded), unguarded)
    except AutovizError:
        raise
    except (TypeError, ValueError) as error:
        raise WrongValueError(f"static cannot be published: {error}") from error
    for name, leaf in leaves.items():
        if getattr(getattr(leaf, "dtype", None), "kind", "f") in "USO":
            raise WrongTypeError(wrong(f"static[{name!r}]", _given(static, name, leaf), "expected an array of numbers"))
    return leaves


def _given(static: Mapping[str, Any], name: str, leaf: object) -> object:
    """What was given under a name, before it became an array."""
    return static.get(name, leaf)


def checked_counts(counts: str) -> str:
    """What is counted, in plain text that a file can hold. Raises TypeError or ValueError."""
    expected = f"expected plain text of at most {LONGEST_COUNTS} bytes, such as 'steps'"
    _refuse_unless(isinstance(counts, str), "counts", counts, expected)
    if not counts.isprintable() or not 0 < len(counts.encode()) <= LONGEST_COUNTS:
        raise WrongValueError(wrong("counts", counts, expected))
    return counts


def _run_dir(given: str | os.PathLike[str]) -> Path:
    """Raises TypeError or ValueError for what can never be a directory."""
    is_path = isinstance(given, str) or isinstance(getattr(given, "__fspath__", lambda: None)(), str)
    expected = "expected the path of a directory"
    if isinstance(given, Mapping) or hasattr(given, "dtype"):
        expected += "; arrays are for publish()"
    _refuse_unless(is_path, "run_dir", given, expected)
    if "\0" in os.fspath(given) or not os.fspath(given):
        raise WrongValueError(wrong("run_dir", given, expected))
    path = Path(given)
    with contextlib.suppress(RuntimeError):  # a user without a home: then it is a name
        path = path.expanduser()
    path = path.absolute()
    if os.path.exists(path) and not os.path.isdir(path):
        raise WrongValueError(wrong("run_dir", str(path), "that is a file; expected a directory, or a new name"))
    return path


def _retention(retention: Retention | Literal["all"] | None) -> Retention:
    expected = "expected a Retention, 'all' or None"
    if isinstance(retention, str):
        if retention != "all":
            raise WrongValueError(wrong("retention", retention, expected))
        return Retention(keep=retention)
    _refuse_unless(retention is None or isinstance(retention, Retention), "retention", retention, expected)
    return retention or Retention()
