"""Frames written as a movie, read back by another program."""

from __future__ import annotations

import weakref
from fractions import Fraction

import numpy as np
import pytest
from movie_reader import read_movie, told

from autoviz_render.renderer.batch.movie_formats import Frame, Movie, NearestColours, common_palette, on_paper, writer

PAPER, RED = (22, 24, 28), (200, 60, 40)
KINDS = (".mp4", ".gif", ".webp")


def pictures(count=5, rows=30, columns=44):
    """A square of one colour that walks over the paper."""
    for number in range(count):
        pixels = np.full((rows, columns, 3), PAPER, np.uint8)
        pixels[8:24, 2 + 4 * number : 18 + 4 * number] = RED
        yield pixels


def movie(frames, count, *, size=(30, 44), rate=Fraction(10)):
    return Movie(iter(frames), count, rate, size, PAPER, lambda: pictures(2, *size))


def write(path, *frames, **settings):
    writer(path.suffix)(path, movie(frames, len(frames), **settings))
    return read_movie(path)


@pytest.mark.parametrize("kind", KINDS)
def test_another_program_finds_every_frame_as_it_was(tmp_path, kind):
    """A movie that only its maker can show is none: number, order, colours and size come back."""
    found = write(tmp_path / f"movie{kind}", *map(Frame, pictures()))
    assert len(found) == 5
    for number, (shown, drawn) in enumerate(zip(found, pictures(), strict=True)):
        assert shown.seconds == pytest.approx(0.1)
        assert shown.pixels.shape == drawn.shape
        assert np.abs(shown.pixels.astype(int) - drawn).mean() < 5
        np.testing.assert_allclose(shown.pixels[16, 10 + 4 * number].astype(int), RED, atol=8)
        np.testing.assert_allclose(shown.pixels[2, -2].astype(int), PAPER, atol=4)


@pytest.mark.parametrize("kind", KINDS)
def test_frames_last_as_long_as_they_are_told_to(tmp_path, kind):
    """Thirds of a second do not add up to whole hundredths: what is rounded must not pile up."""
    ticks = [1, 4, 2, 1, 4]
    frames = [Frame(pixels, count) for pixels, count in zip(pictures(), ticks, strict=True)]
    found = write(tmp_path / f"movie{kind}", *frames, rate=Fraction(3))
    assert sum(shown.seconds for shown in found) == pytest.approx(4.0, abs=0.002)
    corners = [int(np.argmax(shown.pixels[16, :, 0] > 100)) for shown in found]
    for number, count in enumerate(ticks):
        seconds = sum(shown.seconds for shown, left in zip(found, corners, strict=True) if left == 2 + 4 * number)
        assert seconds == pytest.approx(count / 3, abs=0.01)


@pytest.mark.parametrize("kind", KINDS)
def test_a_movie_of_one_frame_and_one_of_equal_frames_open(tmp_path, kind):
    """The first snapshot of a run is a movie, too, and a fit that has converged shows the same again."""
    (pixels,) = pictures(1)
    assert len(write(tmp_path / f"one{kind}", Frame(pixels))) == 1
    found = write(tmp_path / f"same{kind}", *[Frame(pixels)] * 3)
    assert sum(shown.seconds for shown in found) == pytest.approx(0.3, abs=0.002) or len(found) == 1
    for shown in found:
        assert np.abs(shown.pixels.astype(int) - pixels).mean() < 5


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("count", [1, 3])
def test_a_movie_of_fewer_frames_than_were_expected_is_whole(tmp_path, kind, count):
    """A snapshot that cannot be read costs itself, if it is all but one of them, too."""
    path = tmp_path / f"movie{kind}"
    writer(kind)(path, movie(map(Frame, pictures(count)), count + 2))
    found = read_movie(path)
    assert len(found) == count
    assert count == 1 or sum(shown.seconds for shown in found) == pytest.approx(count / 10, abs=0.002)


@pytest.mark.parametrize("kind", KINDS)
def test_no_format_holds_the_movie(tmp_path, kind):
    """A movie of a thousand frames of 7 MB each must not fill the memory."""
    living = most = 0

    def buried():
        nonlocal living
        living -= 1

    def frames():
        nonlocal living, most
        for pixels in pictures(30, 120, 160):
            weakref.finalize(pixels, buried)
            living += 1
            most = max(most, living)
            yield Frame(pixels)

    writer(kind)(tmp_path / f"movie{kind}", movie(frames(), 30, size=(120, 160)))
    assert most <= 3


@pytest.mark.parametrize("size", [(30, 44), (31, 45), (31, 44), (1, 1)])
def test_the_sides_of_an_mp4_are_even_by_a_line_of_paper(tmp_path, size):
    """Players refuse odd sides, and to scale a figure would blur its letters."""
    pixels = np.full((*size, 3), 230, np.uint8)
    (shown,) = write(tmp_path / "movie.mp4", Frame(pixels), size=size)
    found = shown.pixels
    rows, columns = size
    assert found.shape[:2] == (rows + rows % 2, columns + columns % 2)
    if rows > 1:
        np.testing.assert_allclose(found[: rows - 3, : columns - 3].astype(int), 230, atol=3)
        for line in (found[rows:], found[:, columns:]):
            assert line.size == 0 or abs(line.astype(int).mean() - np.mean(PAPER)) < 12


def test_an_mp4_says_how_its_colours_are_meant(tmp_path):
    """A player that has to guess shows another red than the figure's."""
    write(tmp_path / "movie.mp4", *map(Frame, pictures()))
    about = told(tmp_path / "movie.mp4")
    assert "h264" in about
    assert "yuv420p(tv, bt709, progressive)" in about


def test_a_picture_of_another_size_is_padded_or_cut_and_never_scaled():
    """Letters that shrink and grow between frames cannot be read."""
    pixels = np.arange(5 * 7 * 3, dtype=np.uint8).reshape(5, 7, 3)
    assert on_paper(pixels, (5, 7), PAPER) is pixels
    sheet = on_paper(pixels, (3, 9), PAPER)
    np.testing.assert_array_equal(sheet[:, :7], pixels[:3])
    assert (sheet[:, 7:] == PAPER).all()


def test_a_palette_has_the_common_colours_exactly_and_a_rare_one_nearly():
    """Paper that is not quite white shows; a critical curve is a thousandth of the dots."""
    pixels = np.random.default_rng(1).integers(0, 120, (200, 200, 3), np.uint8)
    pixels[:100] = (255, 255, 255)
    pixels[100, :5] = (77, 243, 255)
    palette = common_palette([pixels[:100], pixels[100:]], (255, 255, 255)).astype(int)
    assert palette.shape == (256, 3)
    assert (palette[:255] == 255).all(axis=1).sum() == 1
    assert np.abs(palette - (77, 243, 255)).max(axis=1).min() < 10
    assert (palette[255] == palette[0]).all()


@pytest.mark.parametrize("paper", [(255, 255, 255), PAPER])
def test_paper_and_ink_are_exact_in_a_gif_among_many_that_are_nearly_as(tmp_path, paper):
    """White paper that is (251, 253, 254) shows beside the white of a page, and so does paper that is dithered."""
    rng = np.random.default_rng(2)
    frames = [np.full((60, 80, 3), paper, np.uint8) for _ in range(3)]
    for number, pixels in enumerate(frames):
        near = rng.integers(0, 4, (20, 80, 3)) * (1 if paper == PAPER else -1)
        pixels[:20] = np.array(paper) + near  # antialiased texts and a faint image
        pixels[20:30] = rng.integers(0, 256, (10, 80, 3))
        pixels[40:42, number : number + 40] = (232, 232, 232)
    writer(".gif")(
        path := tmp_path / "movie.gif", Movie(map(Frame, frames), 3, Fraction(10), (60, 80), paper, lambda: frames)
    )
    for shown, drawn in zip(read_movie(path), frames, strict=True):
        is_exact = (drawn == paper).all(axis=-1) | (drawn == (232, 232, 232)).all(axis=-1)
        assert is_exact.sum() > 2000
        np.testing.assert_array_equal(shown.pixels[is_exact], drawn[is_exact])


def test_a_colour_of_a_gif_is_the_nearest_that_there_is():
    """Compared with all distances, worked out one by one."""
    rng = np.random.default_rng(3)
    palette = rng.integers(0, 256, (40, 3), np.uint8)
    pixels = rng.integers(0, 256, (50, 70, 3), np.uint8)
    nearest = NearestColours(palette)
    for _ in range(2):  # those that are known by then, too
        indices = nearest.of(pixels)
        distance = ((pixels[:, :, None].astype(int) - palette) ** 2).sum(axis=-1)
        np.testing.assert_array_equal(
            distance.min(axis=-1), np.take_along_axis(distance, indices[..., None].astype(int), -1)[..., 0]
        )
        pixels[10:20] = rng.integers(0, 256, (10, 70, 3))
