"""A movie of a run shows what the still figures show, and is there whole or not at all."""

from __future__ import annotations

import subprocess
import sys
import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from movie_reader import read_movie

from autoviz_render.figures.builtin.auto import auto
from autoviz_render.renderer.batch.movie import MovieJob, ticks_shown, write_movie
from autoviz_render.renderer.batch.movie_formats import MovieError
from autoviz_render.renderer.fixed_limits import with_limits_of
from autoviz_render.renderer.plot.drawing import KeptFigure
from autoviz_render.renderer.plot.theme import DARK
from autoviz_render.renderer.settings import FigureSpec, RenderSettings
from autoviz_render.spool.errors import NoSpoolError
from autoviz_render.spool.publisher import Publisher
from autoviz_render.spool.store import Spool

DPI = 25
KINDS = (".mp4", ".gif", ".webp")
RAMP = np.linspace(0, 1, 80).reshape(8, 10)


@pytest.fixture
def run(run_dir, monkeypatch):
    """Publishes images that grow, one at each of the given times; the spool."""

    def publish(times=(0.0, 1.0, 4.0, 10.0), arrays=lambda number: {"image": (number + 1) * RAMP}):
        with Publisher(run_dir) as publisher, monkeypatch.context() as patch:
            for number, moment in enumerate(times):
                patch.setattr(time, "time", lambda moment=moment: 1e9 + moment)
                publisher.publish(arrays(number), iteration=1000 * 10**number, log_likelihood=-(5.0 ** (9 - number)))
                assert publisher.flush(30)
        return Spool(run_dir)

    return publish


class MovieMaker:
    """Makes a movie of a spool at a small size. told: what it complained of. count: how many snapshots it has."""

    def __init__(self, folder):
        self.told, self.folder, self.count = [], folder, 0

    def __call__(
        self, spool, kind=".gif", *, figure="auto", refs=None, theme="light", on_frame=lambda *_: None, **timing
    ):
        """The pictures."""

        def tell(progress):
            if progress.fault:
                self.told.append(progress.fault)
            elif progress.total:
                on_frame(progress.done, progress.total)

        path, settings = self.folder / f"movie{kind}", RenderSettings(dpi=DPI, theme=theme)
        names = [ref.path.name for ref in (spool.snapshots() if refs is None else refs)]
        job = MovieJob(spool.paths.directory, FigureSpec(figure), path, names, **timing, settings=settings)
        self.count = write_movie(job, tell)
        return read_movie(path)


@pytest.fixture
def movie(tmp_path):
    return MovieMaker(tmp_path)


@pytest.fixture
def started(monkeypatch):
    """The processes that were started since."""
    processes = []

    class Recorded(subprocess.Popen):
        def __init__(self, *arguments, **settings):
            super().__init__(*arguments, **settings)
            processes.append(self)

    monkeypatch.setattr(subprocess, "Popen", Recorded)
    return processes


def still(spool, ref, recipe=auto):
    return KeptFigure(recipe, dpi=DPI).draw(spool.read(ref)).pixels


def difference(one, other):
    """Of the pixels that both have, but for what is rounded by the codec: mean over squares of 8 dots, at the most."""
    rows, columns = (min(pair) // 8 for pair in zip(one.shape[:2], other.shape[:2], strict=True))
    apart = [each[: 8 * rows, : 8 * columns].reshape(rows, 8, columns, 8, 3).mean(axis=(1, 3)) for each in (one, other)]
    return np.abs(apart[0] - apart[1]).max()


def left_behind(folder):
    return sorted(path.name for path in folder.iterdir() if path.is_file())


@pytest.mark.parametrize("kind", KINDS)
def test_a_movie_shows_every_snapshot_as_its_figure_does(run, movie, kind):
    """Number, size and duration as asked, the header of each moment, and the last frame the still figure itself."""
    spool = run()
    refs = spool.snapshots()
    shown = movie(spool, kind, fps=4)
    assert movie.count == len(shown) == 4
    assert movie.told == []
    assert [each.seconds for each in shown] == [0.25] * 4
    limited = with_limits_of(auto, spool.read(refs[-1]))
    stills = [still(spool, ref, limited) for ref in refs]
    np.testing.assert_array_equal(stills[-1], still(spool, refs[-1]))
    rows, columns = stills[-1].shape[:2]
    even = (rows + rows % 2, columns + columns % 2) if kind == ".mp4" else (rows, columns)
    for each, drawn, other in zip(shown, stills, [*stills[1:], stills[0]], strict=True):
        assert each.pixels.shape[:2] == even
        assert difference(each.pixels, drawn) < 16
        header = slice(0, round(0.4 * DPI))
        assert difference(each.pixels[header], drawn[header]) < 8 < difference(each.pixels[header], other[header])


def test_a_colour_is_the_same_value_from_the_first_frame_to_the_last(run, movie):
    """With limits of its own, a model that grows fourfold would look the same in every frame."""
    shown = movie(run())
    middle = [each.pixels[30:80, 20:60].astype(int).mean() for each in shown]
    assert middle == sorted(middle)
    assert middle[3] > 2 * middle[0]


@pytest.mark.parametrize("kind", KINDS)
def test_in_true_time_a_snapshot_is_shown_for_as_long_as_it_was_the_newest(run, movie, kind):
    """1, 3 and 6 seconds of the run, at a fifth of the time, and the last one for a second."""
    spool = run()
    shown = movie(spool, kind, duration=3.0, fps=10)
    assert sum(each.seconds for each in shown) == pytest.approx(3.0)
    stills = [still(spool, ref, with_limits_of(auto, spool.read(spool.newest()))) for ref in spool.snapshots()]
    seconds = [0.0] * 4
    for each in shown:
        nearest = int(np.argmin([difference(each.pixels, drawn) for drawn in stills]))
        seconds[nearest] += each.seconds
    assert seconds == pytest.approx([0.2, 0.6, 1.2, 1.0])


def test_in_true_time_what_was_the_newest_for_less_than_a_frame_is_not_drawn(run, movie):
    """Ten thousand snapshots in twenty seconds must not take as long as ten thousand figures."""
    shown = movie(run(times=[0.0, 0.01, 0.02, 0.03, 5.0, 10.0]), duration=3.0, fps=2)
    assert [each.seconds for each in shown] == [0.5, 0.5, 1.0, 1.0]
    assert movie.count == 4


@given(
    st.lists(st.floats(allow_nan=True, allow_infinity=True), min_size=1, max_size=30),
    st.floats(0.05, 100),
    st.floats(0.1, 60),
)
def test_ticks_fill_the_movie_whatever_the_clock_did(times, duration, rate):
    """Clocks go back, and stand still: a movie lasts as long as it was asked to, and ends with the last snapshot."""
    counts = ticks_shown(times, duration, rate)
    assert len(counts) == len(times)
    assert min(counts) >= 0
    assert sum(counts) == max(1, round(duration * rate))
    assert counts[-1] >= min(rate, sum(counts) // 2, 1 if sum(counts) == 1 else rate)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("timing", [{}, {"duration": 3.0}])
def test_a_snapshot_that_cannot_be_read_is_left_out_and_told_once(run, movie, kind, timing):
    """One damaged file of a thousand must not cost the movie, nor a line for each time that it is looked at."""
    spool = run()
    refs = spool.snapshots()
    for ref in (refs[1], refs[3]):
        ref.path.write_bytes(ref.path.read_bytes()[:-100])
    shown = movie(spool, kind, refs=refs, **timing)
    assert movie.count == 2
    assert sorted(line.split(":")[0] for line in movie.told) == [str(refs[1].path), str(refs[3].path)]
    assert sum(each.seconds for each in shown) == pytest.approx(3.0 if timing else 0.2)


def test_a_snapshot_that_retention_removed_meanwhile_is_no_error(run, movie):
    """A run that goes on thins its history while a movie is made of it."""
    spool = run()
    refs = spool.snapshots()
    refs[2].path.unlink()
    assert len(movie(spool, refs=refs)) == movie.count == 3
    assert movie.told == []


def test_without_a_snapshot_to_read_there_is_no_movie(run, movie):
    """The command tells nothing to draw from a failure by the error's kind."""
    spool = run(times=[0.0])
    (ref,) = spool.snapshots()
    ref.path.write_bytes(b"")
    for refs in ([ref], []):
        with pytest.raises(NoSpoolError, match="no snapshot that can be read"):
            movie(spool, refs=refs)
    assert len(movie.told) == 1
    assert left_behind(movie.folder) == []


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("error", [KeyboardInterrupt, ZeroDivisionError])
def test_what_is_interrupted_leaves_the_movie_as_it_was(run, movie, started, kind, error):
    """Half a movie opens in no player, and an ffmpeg that nobody ends stays for ever."""
    path = movie.folder / f"movie{kind}"
    path.write_bytes(b"an older movie")

    def interrupt(done, total):
        assert total == 4
        if done == 3:
            raise error

    with pytest.raises(error):
        movie(run(), kind, on_frame=interrupt)
    assert path.read_bytes() == b"an older movie"
    assert left_behind(path.parent) == [path.name]
    assert len(started) == (kind == ".mp4")
    assert all(process.returncode is not None for process in started)


def test_the_draft_of_a_process_that_was_killed_is_swept(run, movie, tmp_path):
    """Nobody looks for hidden files of a gigabyte; those of other movies may be at work."""
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    for name in ("movie.gif", "other.gif"):
        (tmp_path / f".{name}.{dead.pid}.0.draft").write_bytes(b"half a movie")
    movie(run(times=[0.0]))
    assert left_behind(tmp_path) == [f".other.gif.{dead.pid}.0.draft", "movie.gif"]


@pytest.mark.parametrize("program", ["cat >/dev/null", "true", "echo 'No space left on device' >&2; exit 0"])
def test_what_ffmpeg_says_of_a_failure_is_told_in_a_line_with_the_movies_name(run, movie, monkeypatch, program):
    """A full disk shows only in what ffmpeg prints, at its end or, by a broken pipe, before."""
    ffmpeg = movie.folder / "ffmpeg"
    ffmpeg.write_text(f"#!/bin/sh\n{program}\necho first >&2\necho 'No space left on device' >&2\nexit 3\n")
    ffmpeg.chmod(0o755)
    monkeypatch.setenv("IMAGEIO_FFMPEG_EXE", str(ffmpeg))
    with pytest.raises(OSError, match="No space left on device") as raised:
        movie(run(), ".mp4")
    assert raised.value.filename == str(movie.folder / "movie.mp4")
    assert left_behind(movie.folder) == ["ffmpeg"]


def test_a_package_that_is_missing_is_named_with_the_command_that_installs_it(run, movie, monkeypatch):
    """Before anything is drawn, and only where it is needed."""
    spool = run()
    monkeypatch.setitem(sys.modules, "imageio_ffmpeg", None)
    with pytest.raises(MovieError, match=r"pip install 'autoviz-render\[movie\]'"):
        movie(spool, ".mp4")
    assert len(movie(spool, ".gif")) == 4


@pytest.mark.parametrize(
    ("kind", "settings"),
    [(".avi", {}), ("", {}), (".gif", {"fps": 1e-5}), (".gif", {"fps": float("nan")}), (".gif", {"duration": -1.0})],
)
def test_what_cannot_be_made_a_movie_is_refused_in_a_line(run, movie, kind, settings):
    """A mistyped name must not show after minutes of drawing."""
    with pytest.raises(MovieError) as raised:
        movie(run(times=[0.0]), kind, **settings)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("fewer", [0, 3])
def test_a_figure_of_another_size_is_shown_at_the_same_scale_on_the_same_paper(run, movie, fewer):
    """Snapshots of one run may hold other arrays: the movie is as large as its last frame."""

    def arrays(number):
        return {f"image {each}": RAMP for each in range(5 if number == fewer else 1)}

    spool = run(arrays=arrays)
    refs = spool.snapshots()
    shown = movie(spool, theme="dark")
    assert {each.pixels.shape for each in shown} == {still(spool, refs[-1]).shape}
    for each, ref in zip(shown, refs, strict=True):
        drawn = KeptFigure(auto, dpi=DPI, theme=DARK).draw(spool.read(ref)).pixels
        assert difference(each.pixels, drawn) < 16
        for rest in (each.pixels[drawn.shape[0] :], each.pixels[:, drawn.shape[1] :]):
            assert (rest == tuple(bytes.fromhex(DARK.paper[1:]))).all()


def test_a_panel_that_fails_in_every_frame_is_told_once(run, movie):
    """A hundred lines that say the same hide the one that does not."""
    assert len(movie(run(), figure="imaging")) == 4
    (line,) = movie.told
    assert line.startswith("figure 'imaging': MissingArraysError: ")
