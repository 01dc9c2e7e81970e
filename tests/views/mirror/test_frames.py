"""The frames of a mirror: whole in whatever pieces they come, and nothing else is taken for one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoviz_render.views.mirror.frames import FrameError, FrameParser, Kind, data_bytes, frame_bytes


@given(st.lists(st.binary(max_size=40), max_size=5), st.integers(1, 9))
def test_frames_come_whole_in_whatever_pieces(contents, length):
    """A pipe cuts anywhere."""
    sent = b"".join(data_bytes(number, content, number) for number, content in enumerate(contents))
    parser, frames = FrameParser(), []
    for start in range(0, len(sent), length):
        frames += parser.feed(sent[start : start + length])
    assert [frame.data for frame in frames] == list(enumerate(contents))


@given(st.binary(min_size=30, max_size=300))
def test_garbage_is_refused_or_waited_for_but_never_a_frame(noise):
    """Something on the other host may print into the link: its bytes must not be taken for a file's."""
    try:
        frames = FrameParser().feed(noise)
    except FrameError:
        return
    assert frames == []


@given(st.integers(0, 200), st.integers(1, 255))
def test_a_changed_byte_is_found(place, change):
    """Of header or payload."""
    sent = bytearray(frame_bytes(Kind.RUNS, {"runs": ["x" * 150]}, 7))
    sent[place % len(sent)] ^= change
    try:
        frames = FrameParser().feed(bytes(sent))
    except FrameError:
        return
    assert frames == [] or (frames[0].kind, frames[0].request) != (Kind.RUNS, 7)


def test_a_huge_frame_is_refused_before_it_takes_memory():
    """The other side is not trusted."""
    with pytest.raises(FrameError):
        FrameParser().feed(b"\x03\0\0\0\0\xff\xff\xff\xff\0\0\0\0")


@pytest.mark.parametrize("payload", [b"[]", b"nonsense", b"\xff", b"[" * 100_000])
def test_what_is_no_object_is_refused(payload):
    """And raises nothing but that."""
    sent = data_bytes(0, payload, 1)
    frame = FrameParser().feed(sent)[0]._replace(payload=payload)
    with pytest.raises(FrameError):
        frame.content  # noqa: B018
