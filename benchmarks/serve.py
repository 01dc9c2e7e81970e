"""What many viewers cost: announcements to a thousand streams, memory a stream, and what drawing loses by them.

The limit is a loop that writes the same bytes to as many sockets, and does nothing else. The server is in a process of
its own with the renderer, as `autoviz-render --watch --serve` is; the streams are read in this one.

    python benchmarks/serve.py [--quick]

Prints, for no stream, for few and for many: the median and the 95th percentile of the seconds from the moment a figure
was drawn until a stream has its announcement; the memory that a stream costs the server; the median seconds of a frame;
the processor time of the server's process per frame. Needs as many descriptors as streams, in both processes.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import selectors
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from table import parse, report

from autoviz_render.renderer.work.resources import descriptor_limit, raise_descriptor_limit
from autoviz_render.spool.publisher import Publisher

HEAD = "GET /api/events HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {}\r\nAccept: text/event-stream\r\n\r\n"


def limit(count: int, rounds: int) -> float:
    """Seconds until the last of many sockets has been written to and read, the median of some rounds."""
    pairs = [socket.socketpair() for _ in range(count)]
    line, took = b"x" * 400, []
    for _ in range(rounds):
        began = time.perf_counter()
        for mine, _ in pairs:
            mine.send(line)
        for _, theirs in pairs:
            theirs.recv(1000)
        took.append(time.perf_counter() - began)
    for pair in pairs:
        for each in pair:
            each.close()
    return statistics.median(took)


class Streams:
    """Readers of events, in one loop."""

    def __init__(self, port: int, token: str, count: int) -> None:
        self._selector = selectors.DefaultSelector()
        self._sockets: list[socket.socket] = []
        for _ in range(count):
            one = socket.create_connection(("127.0.0.1", port), 30)
            one.sendall(HEAD.format(token).encode())
            self._sockets.append(one)
            self._selector.register(one, selectors.EVENT_READ, [b""])
        self.read(lambda seen: len(seen) >= count, b"event: hello", 60)

    def read(self, is_done: Any, what: bytes, seconds: float) -> dict[int, float]:
        """When each stream had an event, on the wall clock, by the stream's number."""
        seen: dict[int, float] = {}
        deadline = time.monotonic() + seconds
        while not is_done(seen) and time.monotonic() < deadline:
            for key, _ in self._selector.select(0.5):
                data = key.data[0] + key.fileobj.recv(1 << 16)  # type: ignore[union-attr]
                if what in data:
                    seen.setdefault(key.fd, time.time())
                key.data[0] = data[-len(what) :]
        return seen

    def close(self) -> None:
        for one in self._sockets:
            self._selector.unregister(one)
            one.close()


def process_time(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def memory(pid: int) -> int:
    """Bytes of its own, as Linux counts them."""
    return int(re.findall(r"RssAnon:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())[0]) * 1024


def measured(folder: Path, count: int, frames: int) -> dict[str, Any]:
    """One row."""
    publisher = Publisher(folder / "run", figure="auto", static={"data": np.eye(100)})
    log = folder / "log"
    environment = os.environ | {"AUTOVIZ_TOKEN": "x" * 32, "AUTOVIZ_PACK": "0"}
    command = [sys.executable, "-m", "autoviz_render.cli", "--watch", str(folder), "--serve", "0", "--json"]
    with log.open("w") as said:
        process = subprocess.Popen(command, stderr=said, stdout=subprocess.PIPE, env=environment, text=True)
    assert process.stdout is not None
    try:
        while not (found := re.search(r"127\.0\.0\.1:(\d+)", log.read_text())):
            time.sleep(0.05)

        def publish(step: int) -> dict[str, Any]:
            publisher.publish({"image": np.random.default_rng(step).normal(size=(100, 100))}, iteration=step)
            publisher.flush(30)
            told: dict[str, Any] = json.loads(process.stdout.readline())  # type: ignore[union-attr]
            return told

        for step in range(5):
            publish(step)
        before = memory(process.pid)
        streams = Streams(int(found[1]), "x" * 32, count) if count else None
        time.sleep(1.0)
        kept = (memory(process.pid) - before) / count / 1024 if count else 0.0
        late, used, took = [], process_time(process.pid), []
        for step in range(5, 5 + frames):
            drawn = publish(step)["time"]
            took.append(json.loads((folder / "run/spool/renderer.json").read_text()).get("frame_seconds") or 0.0)
            if streams is not None:
                seen = streams.read(lambda seen: len(seen) >= count, b"event: frame", 10)
                late += [when - drawn for when in seen.values()] + [10.0] * (count - len(seen))
            time.sleep(0.3)
        used = (process_time(process.pid) - used) / frames
        if streams is not None:
            streams.close()
    finally:
        process.terminate()
        process.wait(20)
        process.stdout.close()
        publisher.close("finished")
    row: dict[str, Any] = {"streams": count}
    row["median ms"] = 1e3 * statistics.median(late) if late else "-"
    row["95 % within ms"] = 1e3 * float(np.quantile(late, 0.95)) if late else "-"
    row["KiB a stream"] = kept if count else "-"
    row["frame ms"] = 1e3 * statistics.median(took)
    return row | {"CPU ms a frame": 1e3 * used}


def main() -> None:
    options = parse(__doc__)
    raise_descriptor_limit()
    many = min(1000, descriptor_limit() - 400)
    if many < 1000:
        print(f"this process may open {descriptor_limit()} files: {many} streams in place of 1000 (ulimit -n)")
    print(f"limit: {many} sockets written to and read in a loop, {1e3 * limit(min(many, 400), 5) * many / 400:.1f} ms")
    rows = []
    for count in (0, 100, many):
        with tempfile.TemporaryDirectory() as folder, contextlib.suppress(KeyboardInterrupt):
            rows.append(measured(Path(folder), count, 10 if options.quick else 40))
    report(rows, "streams of events (aims: 95 % within 200 ms, 50 KiB a stream, frames as without)", options.json)


if __name__ == "__main__":
    main()
