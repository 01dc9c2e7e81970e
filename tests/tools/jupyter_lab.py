"""A JupyterLab of our own, and notebooks in it that a browser opens."""

from __future__ import annotations

import importlib.util
import json
import os
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_STARTS_WITHIN = 60.0  # seconds
_READY = "window.jupyterapp?.shell.currentWidget?.sessionContext?.session?.kernel?.status == 'idle'"


def why_not() -> str:
    """Why there is no JupyterLab; empty if there is one."""
    missing = [name for name in ("jupyterlab", "anywidget") if importlib.util.find_spec(name) is None]
    return f"not installed: {', '.join(missing)}" if missing else ""


@dataclass(frozen=True)
class Lab:
    """A server that runs.

    Attributes:
        url: With a slash at its end.
        token: Opens it.
        folder: Its notebooks are there.
        pid: Its process.
    """

    url: str
    token: str
    folder: Path
    pid: int


@contextmanager
def jupyter_lab(folder: Path) -> Iterator[Lab]:
    """A JupyterLab on a port that the system chose, with settings and kernels of its own."""
    places = {f"JUPYTER_{name}_DIR": str(folder / name.lower()) for name in ("CONFIG", "DATA", "RUNTIME")}
    notebooks, token = folder / "notebooks", secrets.token_hex(16)
    notebooks.mkdir(parents=True)
    options = {
        "ServerApp.ip": "127.0.0.1",
        "ServerApp.port": "0",
        "ServerApp.root_dir": str(notebooks),
        "IdentityProvider.token": token,
        "LabApp.expose_app_in_browser": "True",
        "LabApp.news_url": "",
        "LabApp.extension_manager": "readonly",
    }
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root"]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [*command, *(f"--{name}={value}" for name, value in options.items())],
            env=os.environ | places | {"IPYTHONDIR": str(folder / "ipython")},
            stdout=subprocess.DEVNULL,
            stderr=log,
        )
    try:
        told = _told(folder / "runtime" / f"jpserver-{process.pid}.json", process, folder / "log")
        yield Lab(told["url"], token, notebooks, process.pid)
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _told(file: Path, process: subprocess.Popen[bytes], log: Path) -> dict[str, Any]:
    deadline = time.monotonic() + _STARTS_WITHIN
    while time.monotonic() < deadline and process.poll() is None:
        try:
            told: dict[str, Any] = json.loads(file.read_text())
            return told
        except (OSError, ValueError):
            time.sleep(0.1)
    raise AssertionError(f"JupyterLab did not start: {log.read_text()[-2000:]}")


class Notebook:
    """A notebook that is open in a browser.

    Args:
        lab: Where.
        context: The browser's.
        cells: Its code.
        name: Of its file.
    """

    def __init__(self, lab: Lab, context: Any, cells: Sequence[str], name: str) -> None:
        self.file = lab.folder / f"{name}.ipynb"
        kernel = {"name": "python3", "display_name": "Python 3"}
        made = {"nbformat": 4, "nbformat_minor": 4, "metadata": {"kernelspec": kernel}, "cells": [*map(_cell, cells)]}
        self.file.write_text(json.dumps(made))
        self._lab = lab
        self.page = context.new_page()
        self.errors: list[str] = []
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.goto(f"{lab.url}doc/tree/{name}.ipynb?token={lab.token}")
        self.page.wait_for_function(_READY, timeout=60_000)

    def do(self, command: str, **arguments: Any) -> None:
        """Have JupyterLab do what a menu would."""
        self.page.evaluate("([c, a]) => void window.jupyterapp.commands.execute(c, a)", [command, arguments])

    def run(self, code: str) -> str:
        """What the kernel answers to an expression, beside the notebook's cells; waits until it is free."""
        told: str = self.page.evaluate(
            """async (code) => {
                const kernel = window.jupyterapp.shell.currentWidget.sessionContext.session.kernel;
                const future = kernel.requestExecute({ code: "", user_expressions: { told: code }, silent: false });
                const answer = (await future.done).content.user_expressions.told;
                return answer.data?.["text/plain"] ?? `${answer.ename}: ${answer.evalue}`;
            }""",
            code,
        )
        return told

    def saved(self) -> Any:
        """What is in the notebook's file once it is saved."""
        self.page.evaluate("async () => { await window.jupyterapp.commands.execute('docmanager:save'); }")
        return json.loads(self.file.read_text())

    def close(self) -> None:
        """Shut down its kernel, and close it."""
        self.page.evaluate("async () => { await window.jupyterapp.shell.currentWidget.sessionContext.shutdown(); }")
        self.page.close()


def _cell(code: str) -> dict[str, Any]:
    return {"cell_type": "code", "source": code, "metadata": {}, "outputs": [], "execution_count": None}
