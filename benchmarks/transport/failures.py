"""(d) What goes on when the third frame kills its process, never ends, or takes all memory."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from autoviz_render.spool.paths import list_snapshots
from transport.drawing import noted
from transport.faults import FAULTS, harmed_at
from transport.heard import warnings_heard
from transport.programs import run
from transport.search import Search
from transport.ways import PATIENCE_SECONDS, WAYS, Way, new_folder

EVERY_SECONDS = 0.5  # of hand-overs
SECONDS_ALONE, SECONDS_OF_HARM = 1.0, 5.0
ENDING_SECONDS = 3  # a program that has not ended by then never does


def failures(root: Path, *, quick: bool) -> list[dict[str, Any]]:
    """Not in the search's own thread, which stops with it."""
    faults, ways = (["killed"], list(WAYS)[2::2]) if quick else (list(FAULTS), list(WAYS)[1:])
    return [failure(name, fault, root) for fault in faults for name in ways]


def failure(name: str, fault: str, root: Path) -> dict[str, Any]:
    folder = new_folder(root)
    program = f"from transport.failures import suffer; suffer({name!r}, {fault!r}, {str(folder)!r})"
    code, said = run(["-c", program], folder)
    if (folder / "child").exists():
        with contextlib.suppress(ProcessLookupError):
            os.kill(int((folder / "child").read_text()), signal.SIGKILL)
    file = folder / "result.json"
    if file.exists():
        result = json.loads(file.read_text())
    else:
        result = dict.fromkeys(("rate kept", "noticed", "drawn after", "undrawn at the end", "on disk"), "-")
        result["search"] = f"dies: {said.strip().splitlines()[-1][:70] if said.strip() else f'signal {-code}'}"
    ends = {0: "yes", -signal.SIGALRM: "never"}.get(code, f"with code {code}")
    return {"fault": fault, "way": name, "search": result.pop("search")} | result | {"program ends": ends}


def suffer(name: str, fault: str, folder: str) -> None:
    """A search, a program of its own, that hands over twice a second; leaves `result.json` unless it dies."""
    root, search = Path(folder), Search("small")
    alone = rate(search, SECONDS_ALONE, lambda: None)
    with warnings_heard() as heard:
        way = WAYS[name](root, search.static, fault)
        now_and_then = hands_over(way, search, heard)
        end = time.time() + PATIENCE_SECONDS
        while (harmed := harmed_at(root)) is None:
            assert time.time() < end, "no frame came to harm"
            search.evaluate()
            now_and_then()
        kept = rate(search, SECONDS_OF_HARM, now_and_then) / alone
        if name == "disk and Popen":
            way.close()  # the others: as the program's end has it
    result = {"search": "goes on", "rate kept": f"{kept:.2f}"} | aftermath(way, heard, harmed)
    (root / "result.json").write_text(json.dumps(result))
    signal.alarm(ENDING_SECONDS)


def hands_over(way: Way, search: Search, heard: list[tuple[float, str]]) -> Callable[[], None]:
    """To be called now and then: hands over when that is due. What it raises goes to what was heard."""
    due = time.time()

    def now_and_then() -> None:
        nonlocal due
        if time.time() >= due:
            due += EVERY_SECONDS
            try:
                way.hand_over(search.arrays(search.turn))
            except Exception as error:  # noqa: BLE001  what reaches the search, is what is asked
                heard.append((time.time(), f"{type(error).__name__} raised into the search"))

    return now_and_then


def aftermath(way: Way, heard: list[tuple[float, str]], harmed: float) -> dict[str, Any]:
    """What the program learned of the harm, and what is left of its hand-overs."""
    drawn = noted(way.folder)
    undrawn = set(way.accepted) - {number for number, _ in drawn}
    is_on_disk = (way.folder / "spool").exists()
    return {
        "noticed": next((f"{at - harmed:.1f} s: {message[:60]}" for at, message in heard if at > harmed), "no"),
        "drawn after": sum(at > harmed for _, at in drawn),
        "undrawn at the end": len(undrawn),
        "on disk": len(list_snapshots(way.folder / "spool" / "snapshots")) if is_on_disk else 0,
    }


def rate(search: Search, seconds: float, between: Callable[[], object]) -> float:
    """Evaluations a second."""
    started, turns = time.perf_counter(), 0
    while (taken := time.perf_counter() - started) < seconds:
        search.evaluate()
        between()
        turns += 1
    return turns / taken
