"""A Jupyter kernel that only keeps what is sent, in place of ipykernel's."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from autoviz_render.views.notebook import calling_cell, cell_display

Message = dict[str, Any]


class Session:
    """Makes messages as jupyter_client does."""

    def __init__(self) -> None:
        self.sent: list[Message] = []

    def msg(self, kind: str, content: dict[str, Any], parent: dict[str, Any]) -> Message:
        return {"header": {"msg_type": kind}, "content": content, "parent_header": parent}

    def send(self, socket: object, message: Message, ident: bytes) -> None:
        assert (socket, ident) == ("iopub", b"display_data")
        self.sent.append(message)


class DisplayPublisher:
    """ipykernel's, of any version: a session, a socket, the newest cell, hooks of each thread."""

    def __init__(self) -> None:
        self.session, self.pub_socket, self.topic = Session(), "iopub", b"display_data"
        self.parent_header: dict[str, Any] = {}
        self._local = threading.local()

    def register_hook(self, hook: Callable[[Message], Message | None]) -> None:
        self._local.hooks = [*getattr(self._local, "hooks", []), hook]

    def clear_output(self, wait: bool = False) -> None:
        message: Message | None = self.session.msg("clear_output", {"wait": wait}, self.parent_header)
        for hook in getattr(self._local, "hooks", []):
            message = None if message is None else hook(message)
        if message is not None:
            self.session.send(self.pub_socket, message, self.topic)


class Kernel:
    """The kernel, and the front end that follows it.

    Attributes:
        publisher: ipykernel's display publisher.
        shell: IPython's.
    """

    def __init__(self) -> None:
        self.publisher = DisplayPublisher()
        self._ends: list[Callable[..., object]] = []
        self.shell = SimpleNamespace(
            kernel=object(),
            display_pub=self.publisher,
            events=SimpleNamespace(register=self._register),
        )

    def _register(self, event: str, call: Callable[..., object]) -> None:
        assert event == "post_run_cell"
        self._ends.append(call)

    @property
    def sent(self) -> list[Message]:
        return self.publisher.session.sent

    @property
    def kinds(self) -> list[str]:
        return [each["header"]["msg_type"] for each in self.sent]

    def begin_cell(self, name: str) -> None:
        self.publisher.parent_header = {"msg_id": name, "msg_type": "execute_request"}

    def end_cell(self) -> None:
        for call in self._ends:
            call(None)

    def saved(self) -> dict[str, list[dict[str, Any]]]:
        """The outputs of each cell, as a front end that follows the messages saves them."""
        cells: dict[str, list[Any]] = {}
        to_clear = set()
        for message in self.sent:
            kind, content, cell = message["header"]["msg_type"], message["content"], message["parent_header"]["msg_id"]
            if kind == "clear_output" and content["wait"]:
                to_clear.add(cell)
            elif kind == "clear_output":
                cells[cell] = []
            elif kind == "display_data":
                if cell in to_clear:
                    cells[cell] = []
                    to_clear.discard(cell)
                cells.setdefault(cell, []).append(content)
            else:
                for outputs in cells.values():
                    outputs[:] = [content if each["transient"] == content["transient"] else each for each in outputs]
        return {cell: [each["data"] for each in outputs] for cell, outputs in cells.items()}


def begin_kernel(monkeypatch: pytest.MonkeyPatch) -> Kernel:
    """A kernel whose first cell runs, until the test ends."""
    made = Kernel()
    ipython = SimpleNamespace(get_ipython=lambda: made.shell, version_info=(9, 0))  # Matplotlib asks for the version
    monkeypatch.setitem(sys.modules, "IPython", ipython)
    monkeypatch.setattr(calling_cell, "is_run_by_a_program", lambda: False)
    monkeypatch.setattr(calling_cell, "listeners", listeners := calling_cell._Listeners())
    monkeypatch.setattr(cell_display, "listeners", listeners)
    monkeypatch.setattr(cell_display, "allowance", cell_display.Allowance())
    monkeypatch.delenv("AUTOVIZ_DISPLAY", raising=False)
    made.begin_cell("cell 1")
    return made
