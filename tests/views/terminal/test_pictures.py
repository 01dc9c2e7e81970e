"""Figures for terminals: the bytes of each protocol, decoded back to the picture."""

from __future__ import annotations

import base64
import io
import re

import numpy as np
import pytest
from PIL import Image
from terminals import decoded_sixels

from autoviz_render.views.terminal.pictures import blocks, iterm2, kitty, sixel
from autoviz_render.views.terminal.pictures.kind import Kind, by_answers, by_name, find_kind
from autoviz_render.views.terminal.pictures.picture import Room
from autoviz_render.views.terminal.pictures.query import Answers, parsed
from autoviz_render.views.terminal.pictures.tmux import MOST_BYTES, Tmux, tmux_of

ROOM = Room(40, 12, (8, 16))


@pytest.fixture
def figure(tmp_path):
    """A picture of few colours, 320 by 160 pixels, with an area of each."""
    pixels = np.full((160, 320, 3), 255, np.uint8)
    pixels[20:60, 30:200] = (255, 0, 0)
    pixels[70:150, 100:110] = (0, 0, 255)
    pixels[77, 3:300:3] = (0, 128, 0)
    path = tmp_path / "fit.png"
    Image.fromarray(pixels).save(path)
    return path


@pytest.fixture
def noise(tmp_path):
    """A picture that cannot be compressed, of 2 MB as PNG."""
    path = tmp_path / "noise.png"
    Image.fromarray(np.random.default_rng(1).integers(0, 256, (700, 1000, 3), np.uint8)).save(path)
    return path


def commands(text):
    """The graphics commands of a text: the keys of each, and its data."""
    found = re.findall(r"\x1b_G([^;\x1b]*)(?:;([^\x1b]*))?\x1b\\", text)
    assert "".join(f"\x1b_G{keys}{';' + data if data else ''}\x1b\\" for keys, data in found) == text
    return [(dict(key.split("=") for key in keys.split(",")), data) for keys, data in found]


def test_kitty_gets_the_file_as_it_is_in_pieces(noise):
    """At most 4,096 bytes of base64 each, all but the last a multiple of four, `m=1` until the last one."""
    picture = kitty.in_place(noise, ROOM, 77)
    sent = commands(picture.over)
    assert len(sent) > 500
    first, _ = sent[0]
    assert first | {"m": "1"} == {
        "a": "T", "f": "100", "c": str(picture.columns), "r": str(len(picture.lines)), "C": "1", "p": "1", "i": "77",
        "q": "2", "m": "1",
    }  # fmt: skip
    assert all(keys == {"m": "1"} for keys, _ in sent[1:-1])
    assert sent[-1][0] == {"m": "0"}
    assert all(len(data) == 4096 for _, data in sent[:-1])
    assert base64.b64decode("".join(data for _, data in sent), validate=True) == noise.read_bytes()
    assert commands(picture.again)[0][0]["a"] == "p"


def test_kitty_in_tmux_is_text_and_a_picture_that_passes(figure):
    """Placeholders say of each cell which part of the picture is there; each command is wrapped by itself."""
    picture = kitty.in_tmux(figure, ROOM, 200)
    pieces = re.findall(r"\x1bPtmux;(.*?)(?<!\x1b)\x1b\\", picture.over, re.DOTALL)
    assert "".join(f"\x1bPtmux;{piece}\x1b\\" for piece in pieces) == picture.over
    sent = commands("".join(piece.replace("\x1b\x1b", "\x1b") for piece in pieces))
    assert sent[0][0]["U"] == "1"
    assert base64.b64decode("".join(data for _, data in sent)) == figure.read_bytes()
    marks = kitty.diacritics()
    assert (len(marks), marks[0], marks[1], marks[296]) == (297, "\u0305", "\u030d", "\U0001d244")
    for row, line in enumerate(picture.lines):
        assert line.startswith("\x1b[38;5;200m")
        cells = re.findall("\U0010eeee(.)(.)", line)
        assert cells == [(marks[row], marks[column]) for column in range(picture.columns)]


def test_iterm2_gets_the_file_and_its_size_in_cells(figure):
    """The cursor stays, whether the terminal knows of that or not."""
    picture = iterm2.inline(figure, ROOM)
    found = re.fullmatch(r"\x1b7\x1b\]1337;File=([^:]*):([^\x07]*)\x07\x1b8", picture.over)
    keys = dict(each.split("=") for each in found[1].split(";"))
    content = base64.b64decode(found[2], validate=True)
    assert content == figure.read_bytes()
    assert keys["inline"] == "1"
    assert (keys["size"], keys["width"], keys["height"]) == (str(len(content)), "40", "10")


def test_what_passes_through_tmux_is_as_small_as_tmux_takes(noise):
    """It drops sequences of more than a mebibyte, and the figure with them."""
    inline = iterm2.inline(noise, ROOM, is_in_tmux=True).over
    assert len(inline) < MOST_BYTES
    content = base64.b64decode(re.search(":([A-Za-z0-9+/=]+)\x07", inline)[1])
    with Image.open(io.BytesIO(content)) as image:
        assert image.width > 300
    assert len(sixel.painted(noise, Room(20, 10, (10, 20)), 50_000).over) < 50_000


def test_sixels_are_the_picture(figure):
    """Each pixel in its place, in its colour to a percent, which is what sixels know."""
    with Image.open(figure) as image:
        wanted = np.asarray(image).astype(int)
    text = sixel.encoded(Image.open(figure))
    assert np.abs(decoded_sixels(text).astype(int) - wanted).max() <= 3
    assert len(text) < 5000  # runs are counted
    picture = sixel.painted(figure, ROOM)
    assert picture.over.startswith("\x1b7\x1bP")
    assert picture.over.endswith("\x1b\\\x1b8")
    assert decoded_sixels(picture.over[2:-2]).shape == (10 * 16, 40 * 8, 3)


@pytest.mark.parametrize("size", [(1, 1), (7, 5), (6, 6), (100, 13)])
def test_sixels_of_any_size_and_many_colours(size):
    """The last band may have fewer rows, and 256 colours are near to what there was."""
    pixels = np.random.default_rng(2).integers(0, 256, (size[1], size[0], 3), np.uint8)
    decoded = decoded_sixels(sixel.encoded(Image.fromarray(pixels)))
    assert decoded.shape == pixels.shape
    assert np.abs(decoded.astype(int) - pixels).mean() < 25


@pytest.mark.parametrize("colours", ["truecolor", "256", "none"])
def test_half_blocks_are_two_pixels_each(figure, colours):
    """In the colours that the terminal has; without any, in shades."""
    picture = blocks.painted(figure, ROOM, colours)
    assert (picture.columns, len(picture.lines), picture.over) == (40, 10, "")
    plain = [re.sub(r"\x1b\[[0-9;]*m", "", line) for line in picture.lines]
    assert {len(line) for line in plain} == {40}
    assert set("".join(plain)) <= set("▀" if colours != "none" else " ░▒▓█")
    if colours == "truecolor":
        assert re.search(r"\x1b\[38;2;255;\d;\dm", picture.lines[2])
    if colours == "256":
        assert "\x1b[38;5;196m" in picture.lines[2]
    if colours == "none":
        assert "\x1b" not in "".join(picture.lines)


def test_the_256_colours_are_the_nearest():
    """Of the cube and the greys."""
    pixels = np.array([[255, 0, 0], [0, 0, 0], [255, 255, 255], [95, 135, 175], [118, 118, 118], [20, 20, 20]])
    assert blocks.to_256(pixels).tolist() == [196, 16, 231, 67, 243, 233]


def test_a_room_keeps_the_proportions():
    """A circle stays one, whatever the characters' shape."""
    room = Room(80, 20, (10, 20)).fitting(1600, 1200)
    assert (room.columns, room.rows) == (53, 20)
    assert Room(80, 20, (10, 20)).fitting(10_000, 10).rows == 1


@pytest.mark.parametrize("make", [kitty.in_place, kitty.in_tmux])
def test_what_is_no_picture_is_an_error(tmp_path, make):
    """And none that ends a table."""
    file = tmp_path / "fit.png"
    for content in (b"", b"no picture", b"\x89PNG\r\n\x1a\n" + b"x" * 100):
        file.write_bytes(content)
        with pytest.raises((OSError, SyntaxError)):
            make(file, ROOM, 50)


@pytest.mark.parametrize(
    ("environment", "means"),
    [
        ({"TERM": "xterm-kitty"}, "kitty"),
        ({"TERM": "xterm-256color", "KITTY_WINDOW_ID": "1"}, "kitty"),
        ({"TERM": "xterm-ghostty"}, "kitty"),
        ({"TERM": "xterm-256color", "TERM_PROGRAM": "iTerm.app"}, "iterm2"),
        ({"TERM": "xterm-256color", "LC_TERMINAL": "iTerm2"}, "iterm2"),  # what ssh passes on
        ({"TERM": "xterm-256color", "TERM_PROGRAM": "WezTerm"}, "iterm2"),
        ({"TERM": "xterm-256color", "TERM_PROGRAM": "Apple_Terminal"}, "blocks"),
        ({"TERM": "linux"}, "blocks"),
        ({"TERM": "screen-256color"}, "blocks"),
        ({"TERM": "xterm-256color", "STY": "1.pts-0", "LC_TERMINAL": "iTerm2"}, "blocks"),
        ({"TERM": "xterm-256color"}, None),
        ({"TERM": "foot"}, None),
    ],
    ids=str,
)
def test_what_the_environment_says_of_the_terminal(environment, means):
    """Nobody is asked who has said it already, and none that would show the question."""
    assert by_name(environment) == means


@pytest.mark.parametrize(
    ("received", "means", "cell", "keys"),
    [
        (b"\x1b_Gi=31;OK\x1b\\\x1b[6;18;9t\x1bP>|kitty(0.35)\x1b\\\x1b[?62;c", "kitty", (9, 18), b""),
        (b"\x1b[6;20;10t\x1b[?62;4;6;22c", "sixel", (10, 20), b""),
        (b"\x1b[?64;1;2;14;22c", "blocks", (0, 0), b""),
        (
            b"ls\r\x1b[A\x1bP>|WezTerm 2024\x1b\\x\x1b_Gi=31;OK\x1b\\\x1b[?65;4c\x1b",
            "iterm2",
            (0, 0),
            b"ls\r\x1b[Ax\x1b",
        ),
        (b"\x1b_Gi=31;ENOTSUPPORTED:no\x1b\\\x1b[?1;2c\x03", "blocks", (0, 0), b"\x03"),
        (b"q\x1b[?62;", "blocks", (0, 0), b"q"),
    ],
)
def test_answers_are_told_from_keys(received, means, cell, keys):
    """Whatever comes between them, and where the answer breaks off."""
    answers, rest = parsed(received)
    assert (by_answers(answers), answers.cell, rest) == (means, cell, keys)
    assert answers.is_whole == (b"q\x1b" not in received)


@pytest.mark.parametrize(
    ("told", "means", "has_hint"),
    [
        ("kitty(0.35.2)\nxterm-kitty\nRGB,title\non\n0\n9\n18", "kitty", False),
        ("kitty(0.35.2)\nxterm-kitty\nRGB\noff\n0\n9\n18", "blocks", True),
        ("iTerm2 3.5\nxterm-256color\nRGB\nall\n\n\n", "iterm2", False),
        ("foot(1.16)\nfoot\nRGB,sixel\noff\n1\n9\n18", "sixel", False),
        ("foot(1.16)\nfoot\nRGB,sixel\noff\n0\n9\n18", "blocks", False),
        ("", "blocks", False),
    ],
)
def test_inside_tmux_it_is_asked_for_the_terminal_around(told, means, has_hint):
    """Which it knows better than the environment that it was started in."""
    kind = find_kind(environment={"TMUX": "x", "TERM": "screen", "KITTY_WINDOW_ID": "1"}, tmux=lambda: tmux_of(told))
    assert (kind.means, kind.is_in_tmux, bool(kind.hint)) == (means, True, has_hint)


@pytest.mark.parametrize("means", ["kitty", "iterm2", "sixel", "blocks"])
def test_who_names_the_means_is_believed(means):
    """In tmux and outside; nobody is asked."""

    def ask() -> Answers:
        raise AssertionError

    for environment in ({"TERM": "xterm", "COLORTERM": "truecolor"}, {"TERM": "screen", "TMUX": "x"}):
        kind = find_kind(means, environment, ask, Tmux)
        assert (kind.means, kind.is_in_tmux) == (means, "TMUX" in environment)
    assert find_kind(means, {"TERM": "xterm", "NO_COLOR": "1"}, ask).colours == "none"
    assert Kind().means == "blocks"
