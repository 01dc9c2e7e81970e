"""Events as they happen."""

from __future__ import annotations

import json
import os
import socket
import threading
import time
from collections.abc import Iterator

import pytest
from served import Served

from autoviz_render.views.server.announcements import Announcements
from autoviz_render.views.server.known_runs import id_of


class Stream:
    """A reader of events. A context manager."""

    def __init__(self, served: Served, words: str = "", **headers: str) -> None:
        self._socket = socket.create_connection(("127.0.0.1", served.server.address.port), 15)
        lines = [f"GET /api/events?{words} HTTP/1.1", "Host: localhost", f"Authorization: Bearer {served.server.token}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        self._socket.sendall("\r\n".join([*lines, "", ""]).encode())
        self._file = self._socket.makefile("rb")
        self.head = b"".join(iter(self._file.readline, b"\r\n")).decode().lower()
        self.events = self._events()

    def __enter__(self) -> Stream:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()
        self._socket.close()

    def _events(self) -> Iterator[tuple[str, dict, str]]:
        """Event, data and id of each until the stream ends."""
        fields: dict[str, str] = {}
        for line in self._lines():
            if line:
                name, _, value = line.partition(": ")
                fields[name] = value
            elif "event" in fields:
                yield fields["event"], json.loads(fields["data"]), fields.get("id", "")
                fields = {}

    def next(self, event: str) -> tuple[dict, str]:
        """The data and id of the next event of a kind."""
        return next((data, number) for name, data, number in self.events if name == event)

    def until(self, *events: str) -> dict[str, tuple[dict, str]]:
        """The last of each kind, read until there is one of each."""
        seen: dict[str, tuple[dict, str]] = {}
        while not set(events) <= set(seen):
            name, data, number = next(self.events)
            assert name, "the stream ended"
            seen[name] = data, number
        return seen

    def _lines(self) -> Iterator[str]:
        """Out of the chunks of HTTP."""
        while size := int(self._file.readline(), 16):
            yield from self._file.read(size).decode().split("\n")[:-1]
            self._file.readline()


def test_a_stream_tells_at_once_that_it_passes(shared, lens):
    """Some proxies hold streams back: a page that hears nothing asks instead."""
    with Stream(shared, f"run={lens}") as stream:
        assert "text/event-stream" in stream.head
        assert "x-accel-buffering: no" in stream.head
        assert "content-encoding" not in stream.head
        hello, number = stream.next("hello")
        assert hello["runs"] == 1
        assert number.startswith(hello["server"] + "-")
        frame, _ = stream.next("frame")
        assert frame["run"] == lens


def stream_server(client) -> str:
    return client.get("api/state").json()["server"]


def test_a_frame_is_announced_when_it_is_drawn(served, lens):
    """Its address can be had at once."""
    view = served.feed.overview.runs[0]
    with Stream(served) as stream, served.client() as client:
        stream.next("hello")
        served.draw(view, 3)
        seen = stream.until("frame", "changed")
        frame, number = seen["frame"]
        assert (frame["run"], frame["step"]) == (lens, 3)
        assert client.get(frame["frame"]).status_code == 200
        assert seen["changed"][0] == {"runs": [lens]}
        assert number.rpartition("-")[0] == stream_server(client)


def test_a_stream_of_one_run_is_told_no_frames_of_others(served, lens):
    """A page of one run among thousands; but it hears what changed of all, as the browser's other pages share it."""
    other = served.add("other")
    with Stream(served, f"run={lens}") as stream:
        stream.next("hello")
        served.draw(other, 3)
        served.draw(served.feed.overview.runs[0], 4)
        told = []
        changed: set[str] = set()
        while ("frame", lens, 4) not in told or changed != {lens, id_of("other")}:
            name, data, _ = next(stream.events)
            told.append((name, data.get("run"), data.get("step")))
            changed.update(data.get("runs", ()) if name == "changed" else ())
        assert {run for name, run, _ in told if name == "frame"} == {lens}


def test_an_interrupted_stream_goes_on_where_it_was(served, lens):
    """EventSource sends the last event that it has seen."""
    view = served.feed.overview.runs[0]
    with Stream(served) as stream:
        stream.next("hello")
        served.draw(view, 1)
        _, number = stream.next("frame")
    served.draw(view, 2)
    served.draw(view, 3)
    with Stream(served, **{"Last-Event-ID": number}) as stream:
        seen = stream.until("frame", "changed")
        assert seen["frame"][0]["step"] == 3


def test_a_server_that_closes_says_goodbye_at_once(served):
    """A stream must not hold up the end of the command."""
    with Stream(served) as stream:
        stream.next("hello")
        began = time.monotonic()
        closing = threading.Thread(target=served.server.close)
        closing.start()
        assert stream.next("bye") == ({"reason": "closing"}, "")
        closing.join(10)
        assert time.monotonic() - began < 5


def test_a_drawing_thread_never_waits_for_viewers(served, monkeypatch):
    """Not for a disk that does not answer them either."""
    view = served.feed.overview.runs[0]
    never = threading.Event()
    monkeypatch.setattr("autoviz_render.views.server.newest.stamp_of", lambda _: never.wait(60))
    with Stream(served) as stream:
        stream.next("hello")
        began = time.monotonic()
        for step in range(200):
            served.draw(view, step)
        assert time.monotonic() - began < 5
        never.set()


def test_a_hundred_viewers_that_come_and_go_leave_nothing(served, eventually):
    """A page is opened and closed all day."""
    view = served.feed.overview.runs[0]
    before = threading.active_count()
    for number in range(100):
        with Stream(served) as stream:
            stream.next("hello")
            if number % 10 == 0:
                served.draw(view, number)
                stream.next("frame")
    server = served.server._server
    eventually(lambda: not server.server_state.connections and not served.server._parts._streams.count, 10)
    assert threading.active_count() <= before + 5


def test_servers_that_are_closed_as_they_start_leave_nothing(serve):
    """A command that is interrupted at once must not wait, nor leave descriptors and folders."""
    first = serve()
    first.server.close()
    before = len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else 0
    began = time.monotonic()
    for _ in range(20):
        serve().server.close()
    assert time.monotonic() - began < 10
    assert before == 0 or len(os.listdir("/proc/self/fd")) <= before + 2


@pytest.fixture
def announcements():
    return Announcements()


def _frame(run: str, step: int) -> dict:
    return {"run": run, "figure": "auto", "step": step}


def test_events_never_queue(announcements):
    """Who reads slowly gets the newest frame of each figure, in order, and no frames in between."""
    seen = announcements.last
    for step in range(1000):
        announcements.frame(_frame("a", step))
        announcements.frame(_frame("b", step))
        announcements.changed(["a"])
    told = announcements.since(seen)
    assert [(each.name, each.data.get("run"), each.data.get("step")) for each in told] == [
        ("frame", "a", 999),
        ("frame", "b", 999),
        ("changed", None, None),
    ]
    assert announcements.since(told[-1].number) == []


def test_what_is_lost_is_said(announcements, monkeypatch):
    """Memory is bounded: who was away for long looks at everything again."""
    monkeypatch.setattr("autoviz_render.views.server.announcements._MOST_KEPT", 10)
    seen = announcements.last
    for number in range(30):
        announcements.frame(_frame(str(number), 0))
    told = announcements.since(seen)
    assert len(told) == 11
    assert told[-1].data == {"runs": None}
    assert all(each.data != {"runs": None} for each in announcements.since(announcements.last - 5))


def test_many_changes_are_told_as_one(announcements):
    """Ten thousand runs that are found at the start are no list of names."""
    announcements.changed([str(number) for number in range(10_000)])
    (told,) = announcements.since(0)
    assert told.data == {"runs": None}


def test_an_event_is_one_of_this_server(announcements):
    """Whatever a page says."""
    announcements.changed(["a"])
    assert announcements.number(announcements.id(1)) == 1
    assert announcements.number(announcements.id(99)) == 1
    server = announcements.server
    for bad in ("", "-", "x-1", f"{server}-", f"{server}--1", server, "1" * 99):
        assert announcements.number(bad) is None
