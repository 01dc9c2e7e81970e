"""What a snapshot costs to write and to read, beside a raw write of the same bytes and the usual ways.

The limit of writing is `write()` of the payload, of reading an h5py read without verification. Nothing is synced.
"""

from __future__ import annotations

import itertools
import os
import pickle
import tempfile
from pathlib import Path

import h5py
import numpy as np
from table import interleaved, milliseconds, parse, ratio, report

from autoviz_render.spool.atomic import write_whole
from autoviz_render.spool.decode import MAX_FILE_BYTES, decode
from autoviz_render.spool.encode import encode
from autoviz_render.spool.plain import read_plain

ARRAYS = 19


def main() -> None:
    settings = parse(__doc__)
    shared_memory = Path("/dev/shm")  # noqa: S108  what is measured is memory itself
    places = {"disk": Path.cwd()} | ({"memory": shared_memory} if shared_memory.is_dir() else {})
    writing, reading = [], []
    for (place, folder), megabytes in itertools.product(places.items(), (0.06, 4.6, 64.0)):
        rounds = (5 if settings.quick else 60) if megabytes < 10 else (3 if settings.quick else 12)
        with tempfile.TemporaryDirectory(dir=folder, prefix="autoviz-bench-") as scratch:
            written, read = measure(Path(scratch), megabytes, rounds)
        writing += [{"where": place, "MB": megabytes, **row} for row in written]
        reading += [{"where": place, "MB": megabytes, **row} for row in read]
    report(writing, "writing a snapshot of 19 arrays", settings.json)
    report(reading, "reading it", settings.json)


def measure(folder: Path, megabytes: float, rounds: int) -> tuple[list[dict], list[dict]]:
    rng = np.random.default_rng(0)
    arrays = {f"array{index}": rng.normal(size=int(megabytes * 1e6 / 8 / ARRAYS)) for index in range(ARRAYS)}
    datasets = {f"arrays/{name}": value for name, value in arrays.items()}
    payload = b"".join(value.tobytes() for value in arrays.values())
    count = itertools.count()

    def new() -> Path:
        return folder / f"f{next(count)}"  # to replace an existing name costs five times a new one

    def raw() -> None:
        descriptor = os.open(new(), os.O_WRONLY | os.O_CREAT | os.O_EXCL)
        os.write(descriptor, payload)
        os.close(descriptor)

    def template() -> None:
        write_whole(new(), encode("snapshot", datasets), tmp=folder)

    def with_h5py() -> None:
        with h5py.File(new(), "w") as file:
            for name, value in datasets.items():
                file[name] = value

    def savez() -> None:
        with new().open("wb") as file:
            np.savez(file, **arrays)

    def pickled() -> None:
        with new().open("wb") as file:
            pickle.dump(arrays, file, protocol=5)

    ways = {"raw write": raw, "template": template, "h5py": with_h5py, "numpy.savez": savez, "pickle": pickled}

    def empty() -> None:
        for path in folder.iterdir():
            path.unlink()

    seconds = interleaved(ways, rounds, tidy=empty)
    written = [
        {"way": name, "ms": milliseconds(taken), "times raw": ratio(taken, seconds["raw write"])}
        for name, taken in seconds.items()
    ]
    snapshot = new()
    write_whole(snapshot, encode("snapshot", datasets), tmp=folder)

    def unverified() -> None:
        with h5py.File(snapshot, "r", locking=False) as file:
            assert [file[name][()] for name in datasets]  # all at once, as a figure needs them

    def verified() -> None:
        decode(read_plain(snapshot, MAX_FILE_BYTES), snapshot, "snapshot")

    seconds = interleaved({"h5py, unverified": unverified, "verified": verified}, rounds)
    read = [
        {"way": name, "ms": milliseconds(taken), "times h5py": ratio(taken, seconds["h5py, unverified"])}
        for name, taken in seconds.items()
    ]
    return written, read


if __name__ == "__main__":
    main()
