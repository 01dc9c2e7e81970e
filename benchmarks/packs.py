"""What packs save and cost: files, the time of packing, of reading a packed snapshot, and of listing them.

The limit of packing is to read every file once and to write its bytes into one file that is synced; a loose snapshot is
that of reading, a folder of loose ones that of listing. The files are in the page cache.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from table import interleaved, milliseconds, parse, ratio, report

from autoviz_render.spool.packs.packing import pack
from autoviz_render.spool.paths import snapshot_name
from autoviz_render.spool.publisher import Publisher
from autoviz_render.spool.retention import Retention
from autoviz_render.spool.store import Spool


def main() -> None:
    settings = parse(__doc__)
    packing, reading = [], []
    with tempfile.TemporaryDirectory(dir=Path.cwd(), prefix="autoviz-bench-") as scratch:
        for kilobytes, count in ((60, 1000), (600, 1000), (4600, 100)):
            loose = published(Path(scratch) / f"{kilobytes}", 20 if settings.quick else count, kilobytes)
            packed = Spool(shutil.copytree(loose.paths.run_dir, Path(scratch) / f"{kilobytes}-packed"))
            packing.append({"kB each": kilobytes, **packed_in(packed, Path(scratch))})
            reading += [{"kB each": kilobytes, **row} for row in reads(loose, packed, 20 if settings.quick else 300)]
        listing = lists(Path(scratch), 500 if settings.quick else 10_000)
    report(packing, "packing a run", settings.json)
    report(reading, "reading a snapshot", settings.json)
    report(listing, "listing", settings.json)


def published(run_dir: Path, count: int, kilobytes: int) -> Spool:
    rng, size = np.random.default_rng(0), kilobytes * 1000 // 8 // 19
    with Publisher(run_dir, static={"data": rng.normal(size=1000)}, retention=Retention(keep="all")) as publisher:
        for number in range(count):
            arrays = {f"array{index}": rng.normal(size=size) for index in range(19)}
            publisher.publish(arrays, iteration=number, log_likelihood=float(number))
            publisher.flush(30)
    return Spool(run_dir)


def packed_in(spool: Spool, scratch: Path) -> dict[str, Any]:
    files = [ref.path for ref in spool.snapshots()]
    size = sum(path.stat().st_size for path in files)

    def limit() -> float:
        started = time.perf_counter()
        with (scratch / "limit").open("wb") as out:
            for path in files:
                out.write(path.read_bytes())
            out.flush()
            os.fsync(out.fileno())
        return time.perf_counter() - started

    least = limit()
    started, processor = time.perf_counter(), time.process_time()
    done = pack(spool)
    seconds, processor = time.perf_counter() - started, time.process_time() - processor
    return {
        "snapshots": len(files),
        "MB": size / 1e6,
        "files left": sum(len(names) for _, _, names in os.walk(spool.paths.directory)),
        "packs": len(done.packs),
        "s": seconds,
        "s of processor": processor,
        "times the limit": seconds / least,
    }


def reads(loose: Spool, packed: Spool, rounds: int) -> list[dict[str, Any]]:
    places = {name: (spool, iter(spool.snapshots() * rounds)) for name, spool in (("loose", loose), ("packed", packed))}
    ways = {name: lambda spool=spool, refs=refs: spool.read(next(refs)) for name, (spool, refs) in places.items()}
    seconds = interleaved(ways, rounds)
    return [
        {"where": name, "ms": milliseconds(taken), "times loose": ratio(taken, seconds["loose"])}
        for name, taken in seconds.items()
    ]


def lists(scratch: Path, count: int) -> list[dict[str, Any]]:
    """Of snapshots that are one snapshot under many names: only the names count."""
    one = published(scratch / "one", 1, 1)
    (ref,) = one.snapshots()
    for number in range(1, count):
        os.link(ref.path, one.paths.snapshots / snapshot_name(0, number))
    packed = Spool(shutil.copytree(one.paths.run_dir, scratch / "one-packed"))
    pack(packed)
    ways = {"loose": one.snapshots, "packed": packed.snapshots, "packed, first time": _first_listing(packed)}
    seconds = interleaved(ways, 20)
    return [
        {"snapshots": count, "where": name, "ms": milliseconds(taken), "times loose": ratio(taken, seconds["loose"])}
        for name, taken in seconds.items()
    ]


def _first_listing(packed: Spool) -> Any:
    from autoviz_render.spool.packs import pack_files

    def listing() -> int:
        pack_files._index.cache_clear()
        return len(Spool(packed.paths.run_dir).snapshots())

    return listing


if __name__ == "__main__":
    main()
