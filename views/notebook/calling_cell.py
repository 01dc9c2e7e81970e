"""The cell that runs the search: where its output goes, when it is cleared, when the cell ends.

Nothing of Jupyter, or marimo, is imported: where a kernel runs, its modules are there.

Which cell the output of a thread lands in differs between versions of ipykernel: 6 has one parent for all threads, that
of the newest cell; 7 has one for each context. So a message is made here with the parent that the cell had. The
kernel's socket takes messages from any thread and sends them in a thread of its own: nobody waits.
"""

from __future__ import annotations

import contextlib
import logging
import os
import sys
import threading
from pathlib import Path
from typing import Any, Protocol, cast

from autoviz_render.spool.guard import Guard
from autoviz_render.views.notebook.picture import Bundle

log = logging.getLogger("autoviz_render.views")

_NOBODY_LOOKS = ("papermill", "nbconvert", "jupyter-nbconvert")
_guard = Guard(log, "notebook")


class Cell(Protocol):
    """Where output can be shown.

    Attributes:
        key: Names it among all cells that are run, and differs when a cell is run again.
    """

    key: str

    def send(self, bundle: Bundle, display_id: str, *, is_new: bool) -> None:
        """Show something, or show it instead of what was shown by the same identifier. Waits for nobody.

        Args:
            bundle: What.
            display_id: The identifier.
            is_new: Whether nothing is shown there by this identifier.
        """


class JupyterCell:
    """A cell of ipykernel, or of one made of it (Colab, VS Code).

    An update finds its output by the identifier, wherever that is. If the cell has ended and another one runs, it is
    sent as that one's: whoever saves a notebook (nbclient) may listen to no other.

    Args:
        publisher: The kernel's display publisher.
    """

    def __init__(self, publisher: Any) -> None:
        self._publisher = publisher
        self._parent = dict(publisher.parent_header)
        self.key = str(self._parent.get("msg_id", ""))

    def send(self, bundle: Bundle, display_id: str, *, is_new: bool) -> None:
        content = _content(bundle, display_id)
        kind = "display_data" if is_new else "update_display_data"
        session, parent = self._publisher.session, self._parent
        newest = dict(self._publisher.parent_header)
        if not is_new and newest.get("msg_type") == "execute_request":  # and no completion, or the like
            parent = newest
        message = session.msg(kind, content, parent=parent)
        session.send(self._publisher.pub_socket, message, ident=self._publisher.topic)


class CapturedCell:
    """A cell whose output IPython keeps (`%%capture`): it shows nothing, and its figure is the newest when asked for.

    Args:
        publisher: IPython's, which keeps a list of what is shown.
    """

    def __init__(self, publisher: Any) -> None:
        self._publisher = publisher
        self.key = f"captured {id(publisher)}"

    def send(self, bundle: Bundle, display_id: str, *, is_new: bool) -> None:
        del is_new  # the list tells
        content = _content(bundle, display_id)
        mine = [each for each in self._publisher.outputs if each.get("transient") == content["transient"]]
        if mine:
            mine[0].update(content)
        else:
            self._publisher.publish(**content)


class OtherCell:
    """A cell of another kernel of Python, by what IPython promises.

    Args:
        publisher: IPython's display publisher.
    """

    def __init__(self, publisher: Any) -> None:
        self._publisher = publisher
        self.key = str(getattr(publisher, "parent_header", {}).get("msg_id", ""))

    def send(self, bundle: Bundle, display_id: str, *, is_new: bool) -> None:
        self._publisher.publish(**_content(bundle, display_id), update=not is_new)


class MarimoCell:
    """A cell of marimo, whose output the figure is. Only the cell's thread, and one of `thread_class`, may send.

    Args:
        marimo: The module.
    """

    key = "marimo"  # a cell that is run again makes its search anew

    def __init__(self, marimo: Any) -> None:
        self._marimo = marimo

    def send(self, bundle: Bundle, display_id: str, *, is_new: bool) -> None:
        del display_id, is_new  # the output is replaced in any case
        kind = next(iter(bundle.data))
        if kind == "text/plain":
            shown = self._marimo.plain_text(bundle.data[kind])
        else:
            source = f"data:{kind};base64,{bundle.data[kind]}"
            shown = self._marimo.image(source, width=bundle.metadata[kind]["width"], style={"max-width": "100%"})
        self._marimo.output.replace(shown)


class Listener(Protocol):
    """What is shown in a cell.

    Attributes:
        is_over: Whether it need not be told any more once a cell has ended.
    """

    is_over: bool

    def is_in(self, cell: str) -> bool:
        """Whether it is shown in the cell of this key."""

    def cleared(self) -> None:
        """The cell's output was cleared: what is shown there next comes first."""

    def cell_ended(self) -> None:
        """The cell is about to end."""


def can_show() -> bool:
    """Whether there is a kernel of Jupyter, or a notebook of marimo."""
    return _shell() is not None or _marimo() is not None


def is_run_by_a_program() -> bool:
    """Whether papermill or nbconvert run the notebook, and nobody looks, by the program that started the kernel."""
    processes, parent = sys.modules.get("psutil"), os.environ.get("JPY_PARENT_PID", "")
    if processes is None:  # ipykernel has it
        return False
    try:
        words = processes.Process(int(parent) if parent.isdecimal() else os.getppid()).cmdline()[:4]
    except (processes.Error, OSError, ValueError):
        return False
    return any(Path(word).name.lower().removesuffix(".exe") in _NOBODY_LOOKS for word in words)


def calling_cell() -> Cell | None:
    """The cell that this thread runs in; None without a kernel."""
    shell, marimo = _shell(), _marimo()
    if shell is None:
        return None if marimo is None else MarimoCell(marimo)
    publisher = shell.display_pub
    if getattr(publisher, "session", None) is not None and hasattr(publisher, "pub_socket"):
        return JupyterCell(publisher)
    return CapturedCell(publisher) if isinstance(getattr(publisher, "outputs", None), list) else OtherCell(publisher)


def flush_prints() -> None:
    """Send what was printed so far, which the kernel holds back for a fifth of a second."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "pub_thread"):  # the kernel's, and no file or pipe of the user's
            stream.flush()


def _shell() -> Any:
    """IPython's shell of a kernel; None anywhere else."""
    find = getattr(sys.modules.get("IPython"), "get_ipython", None)
    shell = None if find is None else find()
    return None if getattr(shell, "kernel", None) is None else shell


def _marimo() -> Any:
    """marimo's module in one of its notebooks; None anywhere else, also if such a notebook runs as a script."""
    marimo = sys.modules.get("marimo")
    runs = getattr(marimo, "running_in_notebook", None)
    return marimo if runs is not None and runs() else None


def thread_class() -> type[threading.Thread]:
    """The class of threads that may send to the cell of the thread that makes them."""
    marimo = _marimo()
    return threading.Thread if marimo is None or _shell() is not None else cast("type[threading.Thread]", marimo.Thread)


def _content(bundle: Bundle, display_id: str) -> dict[str, Any]:
    transient = {"display_id": display_id}
    return {"data": dict(bundle.data), "metadata": dict(bundle.metadata), "transient": transient}


class _Listeners:
    """Those of this process, told by the kernel's own hooks, which are registered once."""

    def __init__(self) -> None:
        self._all: list[Listener] = []
        self._in_thread = threading.local()  # the kernel's hooks are of one thread
        self._shell: Any = None
        self._pid = os.getpid()

    def add(self, listener: Listener) -> None:
        """Tell this one from now on of what the calling thread clears, and of cells that end."""
        shell = _shell()
        if shell is None:
            return
        if shell is not self._shell:
            self._shell, self._pid = shell, os.getpid()
            shell.events.register("post_run_cell", self._cell_ended)
        publisher = shell.display_pub
        if hasattr(publisher, "register_hook") and getattr(self._in_thread, "publisher", None) is not publisher:
            self._in_thread.publisher = publisher
            publisher.register_hook(self._pass_on)
        if listener not in self._all:
            self._all.append(listener)

    def remove(self, listener: Listener) -> None:
        """Tell this one no more."""
        with contextlib.suppress(ValueError):
            self._all.remove(listener)

    def _pass_on(self, message: Any) -> Any:
        """A message of the thread's: one that clears a cell goes out first, then what is to stay there again."""
        if message["header"]["msg_type"] != "clear_output" or os.getpid() != self._pid:
            return message
        cell = message["parent_header"].get("msg_id", "")
        here = [each for each in self._all if each.is_in(cell)]
        if not here:
            return message
        publisher = self._in_thread.publisher
        publisher.session.send(publisher.pub_socket, message, ident=publisher.topic)
        for listener in here:
            with _guard("showing a figure again"):
                listener.cleared()
        return None

    def _cell_ended(self, *_: Any) -> None:
        with _guard("showing the last figure of a cell"):
            cell = calling_cell()
            for listener in list(self._all):
                if cell is not None and listener.is_in(cell.key):
                    listener.cell_ended()
            self._all = [each for each in self._all if not each.is_over]


listeners = _Listeners()
