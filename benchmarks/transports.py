"""Ways to hand a best fit to a renderer, each built for real: what the search pays, and what goes on when one breaks.

The search is a loop of jitted likelihoods of the lens example: "hst" (a pixelized source, 0.3 to 0.5 s each) where
its time is measured, "small" where it only has to be busy. All ways draw the normal `imaging` figure of 12 panels by
the same `KeptFigure`, and all child processes take the group and the priority of the package's own renderer:
what differs is the way. Ways: the search's own thread, a second thread, `multiprocessing` queue and
`ProcessPoolExecutor` (both spawned), and `Publisher` with `RendererProcess` (staged on disk, started by `Popen`).

(a) wall-clock: windows of five evaluations, the arrays of one point computed in each; after it they are handed over,
    or not in the window just before. extra: the median of the differences of such pairs. The limit is 0, and what the
    machine's other work does to it is seen in its quartiles. latency: from the call to the figure's time on disk.
    The limit is the time of one frame alone, which is what the search's own thread pays.
(a) starting: programs that used JAX start a child by fork or by spawn; a child that takes over 20 s counts as hung.
(b) what crosses: the whole `FitImaging` against its arrays, until the other side has it; and what cannot cross.
(c) back-pressure: a busy search hands over faster, about as fast, or slower than frames are drawn.
(d) failures: the third frame kills its process, never ends, or takes memory (and keeps it) up to a limit.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from table import parse, report
from transport.crossing import breaking, crossing
from transport.failures import failures
from transport.pressure import pressures
from transport.search import Search, to_numpy
from transport.starting import starting
from transport.wall_clock import wall_clock


def main() -> None:
    settings = parse(__doc__)
    quick, to = settings.quick, settings.json
    with tempfile.TemporaryDirectory(prefix="autoviz-bench-", dir=".") as folder:
        root = Path(folder).absolute()
        report(starting(root, quick=quick), "(a) starting a child of a program that used JAX", to)
        report(failures(root, quick=quick), "(d) a renderer that breaks at its third frame", to)
        search, busy = Search("hst"), Search("small")
        report(wall_clock(search, root, quick=quick), "(a) handing over beside the search", to)
        report(crossing(search, root, quick=quick), "(b) what crosses", to)
        report(breaking(search, root), "(b) what cannot cross", to)
        canned = [to_numpy(search.arrays(index)) for index in range(8)]
        report(pressures(busy, canned, search.static, root, quick=quick), "(c) back-pressure", to)


if __name__ == "__main__":
    main()
