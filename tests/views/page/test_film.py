"""A film shows the whole run evenly in few bytes, also after a restart, and whatever is in its place."""

from __future__ import annotations

import base64
import io
import os
from collections.abc import Callable
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from page_values import draw
from PIL import Image

from autoviz_render.views.page.film import MOST_BYTES, MOST_FILES, Film, RunIdentity
from autoviz_render.views.page.page_files import PageFiles
from autoviz_render.views.page.scripts import value_of
from autoviz_render.views.page.thumbnails import Thumbnail, thumbnail

RUN = RunIdentity(0, 1000.0)


def shown(length: int = 12_000, sign: str = "A") -> Thumbnail:
    return Thumbnail("UklGR" + sign * length, 320, 240)


def filled(files: PageFiles, steps: range, length: int = 12_000) -> Film:
    film = Film.found("fit", RUN, files)
    for step in steps:
        if film.wants(step):
            film.add(step, 1000.0 + step, shown(length), files)
    return film


def on_disk(files: PageFiles) -> dict[str, int]:
    return {file.name: file.stat().st_size for file in sorted(files.data.glob("film-*"))}


def told(film: Film, files: PageFiles) -> list[int]:
    """The steps that a page finds where the film says that they are."""
    loaded = {name: value_of(files.read(name, 1 << 24)) for name, _ in film.files}
    assert all(loaded[name]["digest"] == digest for name, digest in film.files)
    return [loaded[film.files[number][0]]["frames"][index][0] for _, _, number, index in film.frames]


@pytest.mark.parametrize("count", [1, 30, 200, 1500])
@pytest.mark.parametrize("length", [300, 12_000, 60_000])
def test_a_film_is_bounded_and_even_however_long_the_run(files, count, length):
    """A run of a hundred thousand updates must not fill a quota, nor show its beginning alone."""
    film = filled(files, range(count), length)
    steps = [frame[0] for frame in film.frames]
    sizes = on_disk(files)
    assert len(sizes) <= MOST_FILES
    assert sum(sizes.values()) <= 1.02 * MOST_BYTES
    assert steps[0] == 0
    gaps = {later - earlier for earlier, later in pairwise(steps)}
    assert max(gaps, default=1) <= 4 * min(gaps, default=1)
    assert len(steps) >= min(count, 10)
    assert count - steps[-1] <= 2 * max(gaps, default=1)
    assert told(film, files) == steps


def test_a_film_goes_on_after_a_restart(files):
    """A renderer that is started again has the same film, and its newest steps come behind."""
    before = filled(files, range(200))
    written = {file.name: file.stat().st_ino for file in files.data.iterdir()}
    after = Film.found("fit", RUN, files)
    assert after.value() == before.value()
    assert {file.name: file.stat().st_ino for file in files.data.iterdir()} == written
    assert after.wants(300)
    after.add(300, 1300.0, shown(), files)
    assert told(after, files)[-1] == 300


def test_a_resumed_run_keeps_its_film_and_a_new_one_does_not(files):
    """Steps of another run among these would be a lie."""
    filled(files, range(50))
    assert len(Film.found("fit", RunIdentity(1, 5000.0), files).frames) == 50
    assert not Film.found("fit", RunIdentity(0, 5000.0), files).frames
    assert not Film.found("other", RUN, files).frames


@given(steps=st.lists(st.integers(0, 50), max_size=20))
def test_only_later_steps_are_wanted(steps):
    """A figure that is drawn again is no new step."""
    film = Film("fit", RUN)
    film.frames = [(20, 0.0, 0, 0)]
    assert all(film.wants(step) == (step > 20) for step in steps)


@pytest.mark.parametrize(
    "content",
    [b"", b"\0" * 100, b"alert(1)", b'autoviz.put("film-00", {"format":1});\n', b"[" * 100_000,
     b'autoviz.put("film-00", {"format":1,"figure":"fit","epoch":0,"started":1e3,"gap":1e999,"frames":[[0,0,0]]});\n'],
)  # fmt: skip
def test_what_a_stranger_left_as_a_film_is_not_one(files, content):
    """It is read back after a restart, and may be anything."""
    (files.data / "film-00.js").write_bytes(content)
    assert not Film.found("fit", RUN, files).frames


def test_a_film_behind_a_link_or_a_pipe_is_not_read(files, tmp_path):
    """A link leads out of the run; a pipe never ends."""
    filled(files, range(3))
    (files.data / "film-00.js").rename(tmp_path / "elsewhere.js")
    (files.data / "film-00.js").symlink_to(tmp_path / "elsewhere.js")
    os.mkfifo(files.data / "film-01.js")
    assert not Film.found("fit", RUN, files).frames


def test_a_thinning_that_was_killed_leaves_a_film(files, monkeypatch):
    """Files that overlap, as some were written anew and others not yet, become one film again."""
    filled(files, range(60))
    monkeypatch.setattr(PageFiles, "write", only_first(PageFiles.write))
    packed = Film("fit", RUN)
    for step in range(0, 60, 2):
        packed.add(step, 1000.0 + step, shown(), files)
    monkeypatch.undo()
    found = Film.found("fit", RUN, files)
    steps = [frame[0] for frame in found.frames]
    assert steps == sorted(set(steps))
    assert told(found, files) == steps


def only_first(write: Callable[..., None]) -> Callable[..., None]:
    """Writes the first file alone: the process is killed then."""
    return lambda files, name, script: write(files, name, script) if name == "film-00.js" else None


def test_a_file_that_was_removed_costs_its_steps_alone(files):
    """Somebody tidied up: the film goes on with what is there."""
    film = filled(files, range(60))
    (files.data / film.files[-1][0]).unlink()
    film.add(100, 1100.0, shown(), files)
    assert told(film, files) == [frame[0] for frame in film.frames]
    assert film.frames[-1][0] == 100


def test_a_thumbnail_is_a_small_webp_of_the_same_shape(tmp_path):
    """A wide figure stays wide; no picture is larger than asked for."""
    made = thumbnail(draw(tmp_path / "fit.png", size=(1600, 800)), 320, 320)
    assert (made.width, made.height) == (320, 160)
    assert Image.open(io.BytesIO(base64.b64decode(made.picture))).size == (320, 160)
    assert made.picture.startswith("UklGR")


@pytest.mark.parametrize("content", [b"", b"%PDF-1.4", b"\x89PNG\r\n\x1a\n", b"GIF89a" + b"\0" * 40])
def test_what_is_no_picture_has_no_thumbnail(tmp_path, content):
    """A figure that is a PDF, one that is cut short, one that a stranger put there."""
    (tmp_path / "fit.png").write_bytes(content)
    assert thumbnail(tmp_path / "fit.png", 320, 320) is None
    assert thumbnail(tmp_path / "none.png", 320, 320) is None


def test_a_picture_cut_short_or_of_a_gigapixel_has_no_thumbnail(tmp_path):
    """A bomb would take the memory of the renderer."""
    draw(tmp_path / "fit.png")
    data = (tmp_path / "fit.png").read_bytes()
    (tmp_path / "fit.png").write_bytes(data[:-2000])
    assert thumbnail(tmp_path / "fit.png", 320, 320) is None
    Image.new("1", (1, 1)).save(tmp_path / "bomb.png")
    bomb = bytearray((tmp_path / "bomb.png").read_bytes())
    bomb[16:24] = (40_000).to_bytes(4, "big") * 2
    (tmp_path / "bomb.png").write_bytes(bomb)
    assert thumbnail(tmp_path / "bomb.png", 320, 320) is None
