"""A server over a feed that a test fills, and who asks it."""

from __future__ import annotations

import struct
import time
import zlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx

from autoviz_render.spool.paths import SpoolPaths
from autoviz_render.spool.store import Spool
from autoviz_render.views.model.feed import Feed
from autoviz_render.views.model.run_view import FigureView, FrameView, Overview, RunDetail, RunView
from autoviz_render.views.server.server import Server


def png(number: int) -> bytes:
    """A picture of one pixel, another one for each number."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0)
    colour = zlib.compress(b"\0" + number.to_bytes(3, "big"))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", colour) + chunk(b"IEND", b"")


@dataclass
class Served:
    """A server, and the feed that it shows.

    Attributes:
        path: What is watched.
        feed: How the runs stand.
        server: Serves it.
    """

    path: Path
    feed: Feed
    server: Server

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.server.address.port}/"

    def client(self, **more: Any) -> httpx.Client:
        """Somebody who has the token."""
        headers = {"Authorization": f"Bearer {self.server.token}"}
        return httpx.Client(base_url=self.base, headers=headers, timeout=20, **more)

    def stranger(self, **more: Any) -> httpx.Client:
        """Somebody who has nothing."""
        return httpx.Client(base_url=self.base, timeout=20, **more)

    def add(self, key: str, **facts: Any) -> RunView:
        """A run with a figure."""
        folder = self.path / key / "image"
        folder.mkdir(parents=True, exist_ok=True)
        file = folder / "fit.png"
        file.write_bytes(png(0))
        figure = FigureView("auto", file, time.time(), 70, step=0)
        view = RunView(key, self.path / key / "spool", folder, key, **{"figures": (figure,)} | facts)
        self.show(view)
        return view

    def show(self, view: RunView) -> None:
        """Have a run as it stands now."""
        runs = {run.key: run for run in self.feed.overview.runs} | {view.key: view}
        self.feed.show(Overview(self.path, time.time(), [runs[key] for key in sorted(runs)]), [view.key])

    def draw(self, view: RunView, step: int) -> None:
        """Have a figure of a run drawn, as a renderer tells."""
        file = view.figures[0].file
        draft = file.with_suffix(".draft")
        draft.write_bytes(png(step))
        draft.rename(file)
        self.feed.tell_frame(FrameView(view.key, "auto", step, file, time.time(), time.time()))
        self.show(replace(view, step=step, updated=time.time()))


def details(feed: Callable[[], Feed]) -> Callable[[str], RunDetail]:
    def read(key: str) -> RunDetail:
        view = {run.key: run for run in feed().overview.runs}[key]
        steps = Spool(view.spool).snapshots() if SpoolPaths(view.spool).info.exists() else []
        return RunDetail(view, steps=steps, parameters={"radius": 1.5})

    return read
