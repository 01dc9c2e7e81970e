"""Whether a producer is dead, as `spool.json` tells: never by a process number that means another process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace

import pytest

from autoviz_render.spool import info
from autoviz_render.spool.errors import UnreadableError
from autoviz_render.spool.info import Producer
from autoviz_render.spool.publisher import Publisher
from autoviz_render.spool.store import Spool
from autoviz_render.spool.system import process_alive
from autoviz_render.spool.system.process_alive import is_alive, machine, started_at

linux = pytest.mark.skipif(not machine(), reason="the system does not name its boots")
GONE = 2**22 - 3  # no process has this number, or a test fails once in a blue moon


@pytest.fixture
def gone() -> int:
    """The number of a process that has ended."""
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    return child.pid


def test_this_process_lives_and_one_that_ended_does_not(gone):
    """The plain case, on one machine."""
    here = Producer.here()
    assert not here.is_dead()
    assert replace(here, pid=gone).is_dead()


def test_a_host_that_we_are_not_on_tells_nothing(gone):
    """Its process numbers are others'."""
    assert not Producer("elsewhere.example", gone, "python").is_dead()
    assert not Producer("elsewhere.example", gone, "python", "another pid:[1]").is_dead()


@linux
def test_containers_with_one_host_name_are_told_apart(gone, monkeypatch):
    """The producer "died" because its number is unknown here, and `--until-finished` ended before the run."""
    here = replace(Producer.here(), pid=gone)
    boot, _ = machine().split(" ", 1)
    assert not replace(here, machine=f"{boot} pid:[4026532999]").is_dead()
    assert replace(here, host="renamed").is_dead(), "the same machine, whatever it is called"
    assert not replace(here, machine="another-boot pid:[4026532999]").is_dead()


@linux
def test_a_host_that_was_started_again_has_no_producer_left(monkeypatch):
    """The lights went out. Its number may be that of any process of today."""
    initial = "pid:[4026531836]"
    monkeypatch.setattr(info, "machine", lambda: f"this-boot {initial}")
    before = replace(Producer.here(), machine=f"earlier-boot {initial}")
    assert before.is_dead()
    assert not replace(before, host="elsewhere.example").is_dead()
    assert not replace(before, machine="earlier-boot pid:[4026532999]").is_dead(), "a container's"
    monkeypatch.setattr("socket.gethostname", lambda: "localhost")
    assert not replace(before, host="localhost").is_dead(), "any host's name"


@linux
def test_a_number_that_another_process_has_now_is_known_by_its_start():
    """Numbers are used again, soon in a small container."""
    here = Producer.here()
    assert here.started == started_at(os.getpid())
    assert replace(here, started=here.started - 1).is_dead()
    assert not replace(here, started=None).is_dead()


@linux
def test_a_producer_that_nobody_waited_for_is_dead(eventually):
    """In a container without an init a dead process keeps its number for ever."""
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    producer = replace(Producer.here(), pid=child.pid, started=started_at(child.pid))
    assert not producer.is_dead()
    child.stdin.close()
    eventually(producer.is_dead)
    assert is_alive(child.pid), "it still has its number"
    child.wait()


def test_a_system_that_does_not_name_its_boots_goes_by_the_host(gone, monkeypatch):
    """As on macOS, and as for spools of earlier versions."""
    monkeypatch.setattr(info, "machine", lambda: "")
    assert not Producer(Producer.here().host, os.getpid(), "python").is_dead()
    assert Producer(Producer.here().host, gone, "python").is_dead()
    assert not Producer("elsewhere.example", gone, "python").is_dead()


def test_what_cannot_be_a_number_of_a_process_is_none():
    """0 and negative numbers name groups, to whom `kill` would speak."""
    assert [is_alive(pid) for pid in (0, -1, -(2**40), 2**70)] == [False] * 4
    assert process_alive.started_at(-1) is None


def test_spools_of_earlier_versions_and_of_later_keys_are_read(run_dir, publish):
    """`machine` and `started` are optional, and what is not known is passed over."""
    publish(1)
    path = run_dir / "spool" / "spool.json"
    content = json.loads(path.read_text())
    assert Spool(run_dir).info().producer == Producer.here()
    del content["producer"]["machine"], content["producer"]["started"]
    content["producer"]["colour"] = content["colour"] = "red"
    path.write_text(json.dumps(content))
    assert Spool(run_dir).info().producer == replace(Producer.here(), machine="", started=None)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("created", float("inf")),
        ("created", "1e400"),
        ("created", True),
        ("created", 10**400),
        ("epoch", True),
        ("epoch", 1.5),
        ("epoch", 2**70),
        ("version", True),
        ("version", "1"),
        ("run", 3),
        ("run", ["a"]),
        ("figures", ["a" * 300]),
        ("figures", 3),
        ("figures", [["a"]]),
        ("figures", []),
        ("epochs", 3),
        ("epochs", [3]),
        ("epochs", [{"number": 0, "created": float("nan"), "resumed_from": None}]),
        ("epochs", [{"number": 0, "created": 0, "resumed_from": 1e3}]),
        ("state", ["running"]),
        ("producer", "me"),
        ("producer", ["host"]),
        ("producer", {"host": "a", "pid": "1", "program": "b"}),
        ("producer", {"host": "a", "pid": 1e400, "program": "b"}),
        ("producer", {"host": "a", "pid": 1, "program": "b", "machine": 3}),
        ("producer", {"host": "a", "pid": 1, "program": "b", "started": "now"}),
    ],
    ids=lambda value: f"{value!r:.40}",
)
def test_a_spool_json_of_other_types_is_damaged(run_dir, publish, key, value):
    """Whoever wrote it: an error that names the file, and nothing that fails later, in a date or a file name."""
    publish(1)
    path = run_dir / "spool" / "spool.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {key: value}))
    with pytest.raises(UnreadableError, match="is damaged"):
        Spool(run_dir).info()


def test_a_text_of_a_stranger_can_be_printed(run_dir, publish):
    """Half of a surrogate pair can be written as JSON, and not to a terminal."""
    publish(1)
    path = run_dir / "spool" / "spool.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"run": "a\ud800b" + "c" * 10_000}))
    name = Spool(run_dir).info().run
    assert name.startswith("a?bc")
    assert len(name) <= 1000


UNSHARED = """
import sys, numpy as np
from autoviz_render import Publisher
publisher = Publisher(sys.argv[1])
publisher.publish({"x": np.ones(3)}, iteration=0)
publisher.flush()
print("ready", flush=True)
sys.stdin.read()
"""


@linux
def test_a_producer_in_a_container_is_not_taken_for_dead(run_dir):
    """A real namespace: inside it the producer has a number that nobody has outside, or that of another process."""
    unshare = ["unshare", "--pid", "--fork", "--mount-proc", "--map-root-user"]
    try:
        subprocess.run([*unshare, "true"], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f"no namespace can be made here: {error}")
    command = [*unshare, sys.executable, "-P", "-c", UNSHARED, str(run_dir)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as inside:
        assert inside.stdout.readline() == b"ready\n"
        told = Spool(run_dir).info()
        assert told.producer.host == Producer.here().host
        assert not replace(told, producer=replace(told.producer, pid=GONE)).is_over()
        assert not told.is_over()
        with Publisher(run_dir) as second:
            second.publish({}, iteration=0)
        assert second.paths.directory.name == "spool-2", "the lock tells"
        inside.stdin.close()
    assert Spool(run_dir).info().state == "finished"
