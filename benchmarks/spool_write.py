"""What a snapshot costs to write and to read, beside a raw write of the same bytes and the usual ways.

The limit of writing is `write()` of the payload in one call, into a file that keeps its name; of reading, an h5py read
without verification. With fsync, all ways sync the file and its folder.
"""

from __future__ import annotations

import itertools
import os
import pickle
import tempfile
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from table import interleaved, milliseconds, parse, ratio, report

from autoviz_render.spool.format.container import Encoder, encode
from autoviz_render.spool.format.footer import decode, read_file
from autoviz_render.spool.system.atomic import sync_file, sync_folder, write_whole

ARRAYS = 19


def main() -> None:
    settings = parse(__doc__)
    shared_memory = Path("/dev/shm")  # noqa: S108  what is measured is memory itself
    places = {"disk": Path.cwd()} | ({"memory": shared_memory} if shared_memory.is_dir() else {})
    writing, reading = [], []
    for (place, folder), megabytes in itertools.product(places.items(), (0.06, 4.6, 64.0)):
        rounds = (5 if settings.quick else 60) if megabytes < 10 else (3 if settings.quick else 12)
        arrays = payload(megabytes)
        with tempfile.TemporaryDirectory(dir=folder, prefix="autoviz-bench-") as scratch:
            for sync in (False, True) if place == "disk" else (False,):
                rows = writes(Path(scratch), arrays, max(3, rounds // 3) if sync else rounds, sync=sync)
                writing += [{"where": place, "MB": megabytes, "fsync": "yes" if sync else "no", **row} for row in rows]
            rows = reads(Path(scratch), arrays, rounds)
            reading += [{"where": place, "MB": megabytes, **row} for row in rows]
    report(writing, "writing a snapshot of 19 arrays", settings.json)
    report(reading, "reading it", settings.json)


def payload(megabytes: float) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    return {f"arrays/array{index}": rng.normal(size=int(megabytes * 1e6 / 8 / ARRAYS)) for index in range(ARRAYS)}


def writes(folder: Path, datasets: dict[str, np.ndarray], rounds: int, *, sync: bool) -> list[dict[str, Any]]:
    content = b"".join(value.tobytes() for value in datasets.values())
    count = itertools.count()

    def new() -> Path:
        return folder / f"f{next(count)}"  # to replace an existing name costs five times a new one

    def synced(path: Path) -> None:
        if sync:
            sync_file(path)
            sync_folder(folder)

    def raw() -> None:
        path = new()
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL)
        os.write(descriptor, content)
        os.close(descriptor)
        synced(path)

    encoder = Encoder()

    def template() -> None:
        write_whole(new(), encoder.encode("snapshot", datasets), tmp=folder, sync=sync)

    def with_h5py() -> None:
        with h5py.File(path := new(), "w") as file:
            for name, value in datasets.items():
                file[name] = value
        synced(path)

    def savez() -> None:
        with (path := new()).open("wb") as file:
            np.savez(file, **datasets)
        synced(path)

    def pickled() -> None:
        with (path := new()).open("wb") as file:
            pickle.dump(datasets, file, protocol=5)
        synced(path)

    ways = {"raw write": raw, "template": template, "h5py": with_h5py, "numpy.savez": savez, "pickle": pickled}

    def empty() -> None:
        for path in folder.iterdir():
            path.unlink()

    seconds = interleaved(ways, rounds, tidy=empty)
    return [
        {"way": name, "ms": milliseconds(taken), "times raw": ratio(taken, seconds["raw write"])}
        for name, taken in seconds.items()
    ]


def reads(folder: Path, datasets: dict[str, np.ndarray], rounds: int) -> list[dict[str, Any]]:
    snapshot = folder / "snapshot.h5"
    write_whole(snapshot, encode("snapshot", datasets), tmp=folder)

    def unverified() -> None:
        with h5py.File(snapshot, "r", locking=False) as file:
            assert [file[name][()] for name in datasets]  # all at once, as a figure needs them

    def verified() -> None:
        decode(read_file(snapshot), snapshot, "snapshot")

    seconds = interleaved({"h5py, unverified": unverified, "verified": verified}, rounds)
    return [
        {"way": name, "ms": milliseconds(taken), "times h5py": ratio(taken, seconds["h5py, unverified"])}
        for name, taken in seconds.items()
    ]


if __name__ == "__main__":
    main()
