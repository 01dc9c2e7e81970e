"""Folders with a page and its data, written step by step as a renderer would, for a browser to follow."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

from page_values import draw

from autoviz_render.views.model.run_view import Curves, FigureView, RendererView, RunDetail, RunView
from autoviz_render.views.page import assets, run_data, scripts, tables
from autoviz_render.views.page.thumbnails import thumbnail

PER_FILE = 4  # frames of a film in a file: few, so that there are several


def write_whole(file: Path, data: bytes) -> None:
    """A reader sees what was there, or all of this."""
    draft = file.with_name(f"{file.name}.draft")
    draft.write_bytes(data)
    os.replace(draft, file)


class RunFolder:
    """A run's figures with their page.

    Attributes:
        image: The folder.
        told: What `run.js` says beside what follows from the steps: fields of `RunView`.
        renderer: What it says of the renderer.
        names: Of its figures.
    """

    def __init__(self, run_dir: Path, names: tuple[str, ...] = ("fit",), **told: Any) -> None:
        self.image = run_dir / "image"
        self.data = self.image / "index_files"
        self.data.mkdir(parents=True, exist_ok=True)
        self.told, self.names = {"run": run_dir.name} | told, names
        self.steps: list[int] = []
        self.errors: dict[str, str] = {}
        self.renderer = RendererView("watching", 42, "node1", drawn=1, beat=time.time(), frame_seconds=0.03)
        self.started = time.time() - 100
        self.values: dict[str, list[float]] = {"log_likelihood": [], "log_evidence": []}
        self.thumbs: list[list[object]] = []
        self.files: dict[int, str] = {}
        self.parameters: dict[str, float] = {"einstein_radius": 1.61803, "mass": -1234567.25}
        write_whole(self.image / "index.html", assets.page("run", run_dir.name))

    @property
    def url(self) -> str:
        return (self.image / "index.html").as_uri()

    def step(self, *steps: int) -> None:
        """Draw these quick updates, and write the data."""
        for step in steps:
            self.steps.append(step)
            self.values["log_likelihood"].append(-1e9 if len(self.steps) == 1 else -1000.0 / len(self.steps))
            self.values["log_evidence"].append(-1100.0 / len(self.steps))
            for number, name in enumerate(self.names):
                draw(self.image / f"{name}.png", seed=step, size=(640, 480 + 160 * number))
            self._film(step)
        self.write()

    def write(self, *, next_in: float | None = 30.0, now: float | None = None) -> None:
        """Write `run.js` and `detail.js`, as a sign of life too."""
        now = time.time() if now is None else now
        view = self.view()
        curves = Curves(
            self.steps, [100 * step for step in self.steps], [self.started + s for s in self.steps], self.values
        )
        text, digest = run_data.detail_script(RunDetail(view, curves, self.parameters), ())
        value = scripts.value_of(text) | {"films": self._films()}
        text, digest = scripts.digested_script(
            "detail", {k: v for k, v in value.items() if k not in ("format", "digest")}
        )
        write_whole(self.data / "detail.js", text)
        text = run_data.run_script(view, now, None if next_in is None else now + next_in, digest)
        write_whole(self.data / "run.js", text)

    def view(self) -> RunView:
        files = [(name, self.image / f"{name}.png") for name in self.names]
        figures = tuple(
            FigureView(name, file, file.stat().st_mtime, file.stat().st_size, self.steps[-1], self.errors.get(name, ""))
            for name, file in files
            if file.exists()
        )
        last = self.steps[-1] if self.steps else None
        about: dict[str, Any] = {
            "step": last,
            "updates": 0 if last is None else last + 1,
            "snapshots": len(self.steps),
            "iteration": None if last is None else 100 * last,
            "counts": "likelihood evaluations",
            "log_likelihood": self.values["log_likelihood"][-1] if self.steps else None,
            "started": self.started,
            "updated": None if last is None else time.time(),
            "renderer": self.renderer,
            "figures": figures,
        }
        return RunView(".", self.image.parent / "spool", self.image, **about | self.told)

    def _film(self, step: int) -> None:
        small = thumbnail(self.image / f"{self.names[0]}.png", 320, 240)
        assert small is not None
        self.thumbs.append([step, self.started + step, small.picture])
        number = (len(self.thumbs) - 1) // PER_FILE
        frames = self.thumbs[number * PER_FILE :]
        text, digest = scripts.digested_script(f"film-{number:02}", {"figure": self.names[0], "frames": frames})
        write_whole(self.data / f"film-{number:02}.js", text)
        self.files[number] = digest

    def _films(self) -> list[object]:
        if not self.steps:
            return []
        frames = [[f[0], f[1], n // PER_FILE, n % PER_FILE] for n, f in enumerate(self.thumbs)]
        files = [[f"film-{number:02}.js", digest] for number, digest in sorted(self.files.items())]
        return [{"figure": self.names[0], "width": 320, "height": 240, "frames": frames, "files": files}]


class RunsFolder:
    """A page over many runs."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.data = folder, folder / "index_files"
        self.data.mkdir(parents=True, exist_ok=True)
        self.rows: list[dict[str, Any]] = []
        write_whole(folder / "index.html", assets.page("runs", folder.name))

    @property
    def url(self) -> str:
        return (self.folder / "index.html").as_uri()

    def add(self, key: str, **told: Any) -> None:
        """A run; what is not told of it is unknown."""
        row: dict[str, Any] = dict.fromkeys(tables.FIELDS) | {
            "renderer": "none",
            "drawn": 0,
            "updates": 0,
            "snapshots": 0,
            "scalars": {},
        }
        row |= {
            "slot": len(self.rows),
            "key": key,
            "run": key.rpartition("/")[2],
            "state": "running",
            "reason": "",
            "is_silent": False,
            "warning": "",
            "updated": time.time(),
            "folder": f"{key}/image/",
            "page": False,
        }
        self.rows.append(row | told)

    def write(self, *, next_in: float | None = 30.0, thumb: str | None = None) -> None:
        """Write all files of rows, and what names them."""
        now, files, thumbs = time.time(), [], []
        for first in range(0, len(self.rows), 500):
            name = f"runs-{first // 500:03}"
            text, digest = scripts.digested_script(name, _table(self.rows[first : first + 500]))
            write_whole(self.data / f"{name}.js", text)
            files.append({"file": f"{name}.js", "digest": digest, "rows": len(self.rows[first : first + 500])})
        for first in range(0, len(self.rows) if thumb else 0, 100):
            name = f"thumbs-{first // 100:03}"
            pictures = [[row["slot"], "d", thumb] for row in self.rows[first : first + 100]]
            text, digest = scripts.digested_script(name, {"thumbs": pictures})
            write_whole(self.data / f"{name}.js", text)
            thumbs.append({"file": f"{name}.js", "digest": digest, "first": first, "count": len(pictures)})
        states: dict[str, int] = {}
        for row in self.rows:
            states[row["state"]] = states.get(row["state"], 0) + 1
        value = {
            "now": now,
            "next": None if next_in is None else now + next_in,
            "path": str(self.folder),
            "is_complete": True,
            "runs": len(self.rows),
            "states": sorted(states.items()),
            "tables": files,
            "thumbs": thumbs,
            "changed": {"fields": ["slot"], "names": [], "rows": []},
        }
        write_whole(self.data / "index.js", scripts.data_script("index", value))


def _table(rows: list[dict[str, Any]]) -> dict[str, object]:
    fields = [*list(dict.fromkeys(name for row in rows for name in row if name != "scalars")), "scalars"]
    names = sorted({name for row in rows for name in row.get("scalars", {})})
    flat = [[n for name, v in row.get("scalars", {}).items() for n in (names.index(name), v)] for row in rows]
    values = [[*(row.get(name) for name in fields[:-1]), scalars] for row, scalars in zip(rows, flat, strict=True)]
    return {"fields": fields, "names": names, "rows": values}
