"""(a) Whether a child of a program that used JAX starts, by fork and by spawn."""

from __future__ import annotations

import multiprocessing
import os
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

from transport.drawing import Drawer
from transport.programs import run
from transport.search import Search

TRIES, TRIES_QUICK = 5, 1
HUNG_SECONDS, HUNG_SECONDS_QUICK = 20.0, 6.0
STARTED = "from transport.starting import start_after_jax; start_after_jax({!r}, {!r}, {!r})"
UNGUARDED = """
import multiprocessing
from transport.starting import draw_once
multiprocessing.get_context('spawn').Process(target=draw_once).start()
"""


def starting(root: Path, *, quick: bool) -> list[dict[str, Any]]:
    cases = [(how, task) for how in ("fork", "spawn") for task in TASKS]
    cases = cases[1:3] if quick else cases
    tries, patience = (TRIES_QUICK, HUNG_SECONDS_QUICK) if quick else (TRIES, HUNG_SECONDS)
    (root / "unguarded.py").write_text(UNGUARDED)
    programs = {(how, task): ["-c", STARTED.format(how, task, patience)] for how, task in cases}
    programs["spawn, no __main__ guard", "draws once"] = [str(root / "unguarded.py")]
    rows = []
    for (how, task), program in programs.items():
        with ThreadPoolExecutor(2 if how == "spawn" else tries) as side_by_side:
            ended = list(side_by_side.map(lambda _, program=program: run(program, root), range(tries)))
        codes, said = [code for code, _ in ended], [text for _, text in ended]
        errors = [text.strip().splitlines()[-1] for text, code in zip(said, codes, strict=True) if code == 1]
        rows.append(
            {
                "start": how,
                "child": task,
                "tries": tries,
                "done": sum(code == 0 and "bootstrapping" not in text for code, text in ended),
                "hung": codes.count(3),
                "warned of fork": sum("os.fork() was called" in text for text in said),
                "failed": next(iter(errors), "") or ("RuntimeError" if "bootstrapping" in said[0] else ""),
            }
        )
    return rows


def start_after_jax(method: str, task: str, patience: float) -> None:
    """A program of its own, whose exit code tells what became of its child."""
    _inherited.append(Search("small"))
    _inherited[0].evaluate(50)
    child = multiprocessing.get_context(method).Process(target=TASKS[task])
    child.start()
    child.join(patience)
    code = 3 if child.is_alive() else int(child.exitcode != 0)
    child.kill()
    os._exit(code)


_inherited: list[Search] = []  # by a forked child


def draw_once() -> None:
    with tempfile.TemporaryDirectory() as folder:
        image = {name: np.ones((40, 40)) for name in ("data", "noise_map", "model_image")}
        Drawer(Path(folder), {}, "")(0, image)


def compute_once() -> None:
    search = _inherited[0] if _inherited else Search("small")
    search.evaluate()


TASKS: dict[str, Callable[[], None]] = {"draws once": draw_once, "computes once": compute_once}
