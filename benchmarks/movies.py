"""How long a movie of 100 snapshots takes, 12 panels at live size, and how large it is."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from figure.fit import snapshots
from table import parse, report

from autoviz_render import Publisher

COUNT = 100
MEASURE = """
import resource, subprocess, sys, time
started = time.monotonic()
subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL)
print(time.monotonic() - started, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1e3)
"""  # a process of its own: a child counts what its parent held when it was started


def main() -> None:
    settings = parse(__doc__)
    fit = snapshots()
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as folder:
        run_dir = Path(folder) / "run"
        with Publisher(run_dir, figure="imaging", static=fit[0].static, retention="all") as publisher:
            for number in range(COUNT // 10 if settings.quick else COUNT):
                snapshot = fit[number * len(fit) // COUNT]
                publisher.publish(snapshot.arrays, iteration=number, log_likelihood=snapshot.log_likelihood)
                publisher.flush()
        rows = []
        for suffix in (".mp4", ".gif", ".webp"):
            movie = Path(folder) / f"fit{suffix}"
            command = [sys.executable, "-m", "autoviz_render.cli", "--quiet", str(run_dir), "--movie", str(movie)]
            told = subprocess.run([sys.executable, "-c", MEASURE, *command], check=True, capture_output=True, text=True)
            seconds, peak = map(float, told.stdout.split())
            rows.append({"movie": suffix, "s": seconds, "MB": movie.stat().st_size / 1e6, "largest memory, MB": peak})
        report(rows, f"a movie of {COUNT} snapshots at 1792x1343", settings.json)


if __name__ == "__main__":
    main()
