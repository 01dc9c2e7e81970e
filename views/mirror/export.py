"""The far end of a mirror, `autoviz-render mirror-serve`: tells of runs as they change, and reads what is asked for.

It writes nothing on the disk, and reads nothing but the files of spools below the path it was asked for.
"""

from __future__ import annotations

import contextlib
import os
import queue
import select
import sys
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import asdict
from io import FileIO
from pathlib import Path

import autoviz_render
from autoviz_render.renderer.live.watch import Watch
from autoviz_render.spool.errors import SpoolError
from autoviz_render.spool.format.footer import MAX_FILE_BYTES
from autoviz_render.spool.info import read_info
from autoviz_render.spool.packs.pack_files import PackFiles
from autoviz_render.spool.paths import SpoolPaths
from autoviz_render.spool.scalars import MAX_SCALARS_BYTES
from autoviz_render.spool.system.archived import archive_beside, is_folder
from autoviz_render.spool.system.safe_read import open_plain, read_plain
from autoviz_render.spool.text import in_one_line, printable
from autoviz_render.views.mirror.frames import (
    MAGIC,
    MOST_READ,
    SILENCE,
    VERSION,
    Frame,
    FrameError,
    FrameParser,
    Kind,
    data_bytes,
    frame_bytes,
)
from autoviz_render.views.mirror.source import MOST_NEWEST, NAMES, RunState

COMMAND = "mirror-serve"
"""The first word of the command, which is for programs and in no help."""

_MOST_OPEN = 16  # files that stay open, as more of them may be asked for
_MOST_PACK_BYTES = 1 << 50
_MOST_INFO = 1 << 20
_LOOKS_AGAIN = 0.25  # seconds after a look at a run that changed: what belongs to it may come a moment later


def serve_standard_streams() -> int:
    """Serve whoever is at the other ends of standard input and output; the exit code.

    What anything else prints goes to standard error: it would lie between the frames.
    """
    sink = os.dup(1)
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    try:
        Export(0, sink, on_silence=lambda: os._exit(1)).run()  # it may be stuck in a write that nobody reads
    except (FrameError, OSError) as error:
        print(f"autoviz-render: the mirror's other side: {printable(in_one_line(error))}", file=sys.stderr)
        return 1
    return 0


class Export:
    """Serves one mirror.

    Args:
        source: The descriptor from which its frames come.
        sink: The descriptor for ours.
        on_silence: Called, in a thread, when nothing was heard for very long.
    """

    def __init__(self, source: int, sink: int, on_silence: Callable[[], object] = lambda: None) -> None:
        self._source, self._sink, self._on_silence = source, sink, on_silence
        self._frames: queue.SimpleQueue[Frame | Exception | None] = queue.SimpleQueue()
        self._watch: Watch | None = None
        self._root = Path()
        self._told: dict[str, RunState] = {}
        self._spools: dict[str, SpoolPaths] = {}
        self._again: dict[Path, float] = {}
        self._is_complete = False
        self._open: OrderedDict[tuple[str, str], tuple[FileIO, int, int]] = OrderedDict()

    def run(self) -> None:
        """Serve until the other side closes. Raises FrameError, OSError."""
        threading.Thread(target=self._hear, name="mirror", daemon=True).start()
        self._send(MAGIC)
        hello = self._frames.get()
        if hello is None or isinstance(hello, Exception):
            return
        self._begin(hello)
        try:
            while self._answer_all() and self._look_round():
                pass
        finally:
            if self._watch is not None:
                self._watch.close()
            self._close_files()

    def _begin(self, hello: Frame) -> None:
        content = hello.content
        paths = [Path(os.path.expanduser(str(path))) for path in content.get("paths", [])[:2]]
        if hello.kind is not Kind.HELLO or not paths:
            raise FrameError("the first frame is no greeting")
        self._root = next((path for path in paths if os.path.lexists(path)), paths[0]).absolute()
        self._watch = Watch(self._root, min(max(float(content.get("poll", 1.0)), 0.1), 60.0))
        greeting = {"version": VERSION, "program": autoviz_render.__version__, "path": str(self._root)}
        self._send(frame_bytes(Kind.WELCOME, greeting | {"is_there": self._is_there()}))

    def _is_there(self) -> bool:
        return is_folder(self._root) or archive_beside(self._root) is not None or os.path.isfile(self._root)

    # What the other side says

    def _hear(self) -> None:
        parser = FrameParser()
        try:
            while True:
                if os.name != "nt" and not select.select([self._source], [], [], SILENCE)[0]:
                    self._on_silence()
                    break
                if not (data := os.read(self._source, 1 << 16)):
                    break
                for frame in parser.feed(data):
                    self._pass_on(frame)
        except (FrameError, OSError, ValueError) as error:
            self._pass_on(error)
        self._pass_on(None)

    def _pass_on(self, frame: Frame | Exception | None) -> None:
        self._frames.put(frame)
        if self._watch is not None:
            self._watch.wake()

    def _answer_all(self) -> bool:
        """Answer what was asked; False at the end."""
        with contextlib.suppress(queue.Empty):
            while True:
                frame = self._frames.get_nowait()
                if frame is None:
                    return False
                if isinstance(frame, Exception):
                    raise frame
                self._answer(frame)
        return True

    def _answer(self, frame: Frame) -> None:
        if frame.kind is Kind.PING:
            self._send(frame_bytes(Kind.PONG, {"time": time.time()}, frame.request))
        elif frame.kind is Kind.READ:
            try:
                self._send(data_bytes(*self._read(frame), frame.request))
            except (SpoolError, FileNotFoundError) as error:
                self._send(frame_bytes(Kind.MISSING, {"why": in_one_line(error)[:500]}, frame.request))
            except OSError as error:
                if isinstance(error, BrokenPipeError):
                    raise
                self._send(frame_bytes(Kind.MISSING, {"why": str(error.strerror)}, frame.request))

    def _read(self, frame: Frame) -> tuple[int, bytes]:
        """The size of a file, and the piece of it that was asked for."""
        content = frame.content
        key, name = str(content.get("key")), str(content.get("name"))
        offset, length = content.get("offset"), content.get("length")
        if type(offset) is not int or type(length) is not int or not (0 <= offset < 1 << 62 and length >= 0):
            raise FrameError("a piece of a file is asked for that can be none")
        paths = self._spools.get(key)
        if paths is None or not NAMES.fullmatch(name):
            raise FileNotFoundError("there is no such file in a run")
        file, start, size = self._opened(paths, key, name, anew=offset == 0 or name == "scalars.jsonl")
        file.seek(start + offset)
        length = max(0, min(length, MOST_READ, size - offset))
        data = b""
        while len(data) < length and (more := file.read(length - len(data))):
            data += more
        return size, data

    def _opened(self, paths: SpoolPaths, key: str, name: str, *, anew: bool) -> tuple[FileIO, int, int]:
        """A file that stays open, as retention may remove it meanwhile: where it begins in that, and its size."""
        if anew and (known := self._open.pop((key, name), None)) is not None:
            known[0].close()
        if (key, name) not in self._open:
            self._open[key, name] = _locate(paths, name)
            while len(self._open) > _MOST_OPEN:
                self._open.popitem(last=False)[1][0].close()
        self._open.move_to_end((key, name))
        return self._open[key, name]

    def _close_files(self) -> None:
        while self._open:
            self._open.popitem()[1][0].close()

    # What is told

    def _look_round(self) -> bool:
        """Wait for news, and tell them; False at the end."""
        assert self._watch is not None  # noqa: S101  `run` began it
        now = time.monotonic()
        for spool in [each for each, moment in self._again.items() if moment <= now]:
            del self._again[spool]
            self._watch.is_due_again(spool)
        soonest = min(self._again.values(), default=now + SILENCE) - now
        self._watch.wait(0.0 if self._watch.is_behind or self._watch.is_due else max(0.0, soonest))
        for spool in self._watch.due():
            if (state := self._look_at(spool)) is not None:
                self._send(frame_bytes(Kind.RUNS, {"runs": [asdict(state)]}))
            if not self._answer_all():  # whoever asks comes first, however many runs are to be looked at
                return False
        if not self._watch.is_behind and not self._is_complete:
            self._is_complete = True
            self._send(frame_bytes(Kind.COMPLETE, {"is_there": self._is_there()}))
        return True

    def _look_at(self, spool: Path) -> RunState | None:
        """How a run stands, if that is new."""
        assert self._watch is not None  # noqa: S101
        key = spool.relative_to(self._root).as_posix() if spool != self._root else "."
        if not self._watch.is_there(spool):
            self._watch.forget(spool)
            self._spools.pop(key, None)
            if self._told.pop(key, None) is not None:
                self._send(frame_bytes(Kind.GONE, {"key": key}))
            return None
        try:
            state = run_state(SpoolPaths(spool), key)
        except (SpoolError, OSError):  # half copied, or its disk is away: the next look tells
            self._watch.settle(spool, is_quiet=False)
            return None
        self._watch.settle(spool, is_quiet=state.is_over)
        self._spools[key] = SpoolPaths(spool)
        if self._told.get(key) == state:
            return None
        if not state.is_over:
            self._again[spool] = time.monotonic() + _LOOKS_AGAIN
        self._told[key] = state
        return state

    def _send(self, data: bytes) -> None:
        view = memoryview(data)
        while view:
            view = view[os.write(self._sink, view) :]


def run_state(paths: SpoolPaths, key: str) -> RunState:
    """How a run stands. Raises SpoolError, OSError."""
    info = read_info(paths.info)
    is_over = info.is_over()  # before the listing of what it wrote last
    refs = PackFiles(paths).snapshots()
    return RunState(
        key=key,
        info=read_plain(paths.info, _MOST_INFO).tobytes().decode(),
        is_over=is_over,
        newest=tuple(ref.path.name for ref in refs[-MOST_NEWEST:]),
        snapshots=len(refs),
        scalars=_scalars_size(paths.scalars),
    )


def _scalars_size(path: Path) -> int:
    try:
        with open_plain(path, MAX_SCALARS_BYTES) as file:
            return os.fstat(file.fileno()).st_size
    except (FileNotFoundError, SpoolError):
        return 0


def _locate(paths: SpoolPaths, name: str) -> tuple[FileIO, int, int]:
    """A file, loose or in a pack: an open file, where it begins in that, and its size. Raises SpoolError, OSError."""
    path = paths.directory / name
    try:
        file = open_plain(path, MAX_SCALARS_BYTES if name == "scalars.jsonl" else MAX_FILE_BYTES)
        return file, 0, os.fstat(file.fileno()).st_size
    except FileNotFoundError:
        for pack, index in PackFiles(paths).look():
            if (member := index.members.get(name)) is not None:
                return open_plain(pack.path, _MOST_PACK_BYTES), index.start + member.offset, member.size
        raise
