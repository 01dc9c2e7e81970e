"""Runs of another host over a real sshd on this machine: the newest at once, whatever becomes of the link."""

from __future__ import annotations

import contextlib
import json
import os
import shlex
import shutil
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
from removal import remove
from sshd import Host, needs

from autoviz_render.renderer.work.subprocess_env import child_environment
from autoviz_render.spool.packs.packing import pack
from autoviz_render.spool.publisher import Publisher
from autoviz_render.spool.store import Spool
from autoviz_render.views.mirror import helper_source
from autoviz_render.views.mirror.cache import MirrorError
from autoviz_render.views.mirror.mirror import Mirror

pytestmark = needs("sshd", "ssh", "ssh-keygen")

_PATH = shlex.quote(os.environ.get("PYTHONPATH", ""))
FAR_END = f"env PYTHONPATH={_PATH} {shlex.quote(sys.executable)} -m autoviz_render.cli"


@dataclass
class Far:
    """A host, and mirrors of what is there.

    Attributes:
        host: Which.
        runs: A folder there, of a name that every shell would take apart.
        cache: Where the mirrors are.
        mirrors: Those that were begun.
    """

    host: Host
    runs: Path
    cache: Path
    mirrors: list[Mirror] = field(default_factory=list)

    def environ(self, how: str = FAR_END) -> dict[str, str]:
        there = {"AUTOVIZ_REMOTE_COMMAND": how} if how else {}
        return {"AUTOVIZ_SSH": f"ssh -F {self.host.client()}", **there}

    def mirror(self, how: str = FAR_END, *, of: Path | None = None) -> Mirror:
        """Begin one, by autoviz-render there, or by what is found; there is a link when it returns."""
        self.mirrors.append(Mirror(f"ssh://far{of or self.runs}", cache=self.cache, environ=self.environ(how)))
        self.mirrors[-1].start()
        return self.mirrors[-1]


@pytest.fixture
def far(tmp_path: Path) -> Iterator[Far]:
    """Mirrors are ended, and it is seen that no child of theirs is left."""
    far = Far(Host.made(tmp_path / "sshd"), tmp_path / "far" / 'it\'s "-x" $HOME;é runs', tmp_path / "cache")
    far.host.start()
    yield far
    for each in far.mirrors:
        each.close()
    left = children_of(far.host)
    far.host.stop()
    assert left == []


def children_of(host: Host) -> list[str]:
    """What still runs of `ssh` to a host."""
    found = []
    for folder in Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            if folder.name.isdecimal() and str(host.folder / "client").encode() in (folder / "cmdline").read_bytes():
                found.append(folder.name)
    return found


def steps(run: Path) -> list[int]:
    with contextlib.suppress(OSError):
        return [ref.sequence for ref in Spool(run).snapshots()]
    return []


@pytest.mark.parametrize(("how", "name"), [(FAR_END, "autoviz-render"), ("", "sftp"), ("sftp", "sftp")])
def test_the_newest_is_here_within_a_second(far, how, name):
    """Of a path that every shell would take apart; by autoviz-render there, or by sftp where there is none."""
    publisher = Publisher(far.runs / "search one")
    publisher.publish({"image": np.zeros((4, 4))}, iteration=0)
    assert publisher.flush(30)
    mirrored = far.mirror(how)
    run = mirrored.path / "search one"
    ages = []
    for number in range(1, 8):
        deadline = time.monotonic() + 30
        publisher.publish({"image": np.full((4, 4), float(number))}, iteration=number)
        assert publisher.flush(30)
        began = time.monotonic()
        while number not in steps(run):
            assert time.monotonic() < deadline
            time.sleep(0.005)
        ages.append(time.monotonic() - began)
    publisher.close("finished")
    assert mirrored.link.how == name
    assert statistics.median(ages) < 1


@pytest.mark.parametrize("how", [FAR_END, "sftp"])
def test_a_link_that_is_cut_is_taken_up_again(far, publish, eventually, how, caplog):
    """It is said once, and what is shown says how old it is."""
    publish(1, into=far.runs / "search")
    mirrored = far.mirror(how)
    run = mirrored.path / "search"
    eventually(lambda: steps(run) == [0])
    far.host.cut()
    eventually(lambda: mirrored.link.state == "lost")
    assert "link broke" in mirrored.link.why
    publish(1, into=far.runs / "search", first=1)
    eventually(lambda: steps(run)[-1:] == [1])
    assert mirrored.link.state == "connected"
    far.host.stop()
    eventually(lambda: mirrored.link.state == "lost")
    publish(1, into=far.runs / "search", first=2)
    far.host.start()
    eventually(lambda: steps(run)[-1:] == [2], 60)
    assert len([each for each in caplog.messages if "link broke" in each]) <= 2


def test_a_host_that_hangs_is_left_and_connected_to_anew(far, publish, eventually, monkeypatch):
    """A link may be open and dead: a laptop that moved, a node that is stuck."""
    monkeypatch.setattr(helper_source, "SILENCE", 1.5)
    monkeypatch.setattr(helper_source, "BEAT", 0.2)
    publish(1, into=far.runs / "search")
    mirrored = far.mirror()
    eventually(lambda: steps(mirrored.path / "search") == [0])
    far.host.cut(signal.SIGSTOP)
    stopped = far.host.connections()
    eventually(lambda: mirrored.link.state == "lost")
    publish(1, into=far.runs / "search", first=1)
    eventually(lambda: steps(mirrored.path / "search")[-1:] == [1])
    for pid in stopped:
        os.kill(pid, signal.SIGKILL)


@pytest.mark.parametrize("how", [FAR_END, "sftp"])
def test_a_thousand_runs_come_and_one_that_begins_or_ends_is_seen(far, publish, eventually, how):
    """Side by side over one link, the packed ones, too."""
    publish(2, into=far.runs / "0000")
    for number in range(1, 1000):
        shutil.copytree(far.runs / "0000", far.runs / f"{number:04d}")
    pack(Spool(far.runs / "0500"))
    mirrored = far.mirror(how)
    eventually(lambda: sum(steps(run) == [1] for run in mirrored.path.glob("*")) == 1000, 120)
    publish(1, into=far.runs / "another")
    (far.runs / "0007").rename(far.runs.parent / "elsewhere")
    eventually(lambda: steps(mirrored.path / "another") == [0], 60)
    eventually(lambda: not (mirrored.path / "0007" / "spool").exists(), 60)
    assert len(list(mirrored.path.glob("*/spool/spool.json"))) == 1000


def test_what_a_shell_prints_there_is_passed_over(far, publish, eventually):
    """Clusters greet, with a page of news."""
    publish(1, into=far.runs / "search")
    mirrored = far.mirror(f"seq 3000; printf 'Welcome \\033[1m\\0!\\n'; {FAR_END}")
    eventually(lambda: steps(mirrored.path / "search") == [0])
    assert mirrored.link.how == "autoviz-render"


def test_a_host_that_allows_sftp_alone_is_enough(tmp_path, publish, eventually):
    """Data servers of clusters do; what is asked of a shell there is then answered by sftp."""
    far = Far(Host.made(tmp_path / "sshd", ForceCommand="internal-sftp"), tmp_path / "runs", tmp_path / "cache")
    far.host.start()
    publish(1, into=far.runs / "search")
    mirrored = far.mirror("")
    try:
        eventually(lambda: steps(mirrored.path / "search") == [0])
        assert mirrored.link.how == "sftp"
    finally:
        mirrored.close()
        far.host.stop()


def test_a_path_from_home_and_a_run_itself_can_be_named(far, publish, eventually):
    """`ssh://host/~/...`, and what a person copies from the log of a run."""
    publish(1, into=far.runs / "search")
    above = os.path.relpath(far.runs / "search" / "spool", Path.home())
    for how in (FAR_END, "sftp"):
        mirrored = far.mirror(how, of=Path("/~") / above)
        eventually(lambda: steps(mirrored.path.parent) == [0])  # noqa: B023  called at once
        mirrored.close()
        remove(mirrored.path)


def test_no_link_is_one_line_with_the_remedy_and_no_question(far, publish):
    """A password prompt that nobody sees would hang for ever."""
    publish(1, into=far.runs / "search")
    told = far.environ() | {"AUTOVIZ_SSH": f"ssh -F {far.host.client()} -o PubkeyAuthentication=no"}
    with pytest.raises(MirrorError, match=r"Permission denied.*ssh-add"):
        Mirror(f"ssh://far{far.runs}", cache=far.cache, environ=told).start()
    with pytest.raises(MirrorError, match=r"Connection refused.*see whether"):
        Mirror(f"ssh://far:1{far.runs}", cache=far.cache, environ=told).start()
    with pytest.raises(MirrorError, match="no-ssh cannot be started"):
        Mirror(f"ssh://far{far.runs}", cache=far.cache, environ={"AUTOVIZ_SSH": "no-ssh"}).start()
    assert children_of(far.host) == []


def test_a_second_mirror_of_the_same_is_refused_and_disturbs_nothing(far, publish, eventually):
    """Both would write the same files."""
    publish(1, into=far.runs / "search")
    first = far.mirror()
    with pytest.raises(MirrorError, match="another process mirrors this"):
        far.mirror()
    eventually(lambda: steps(first.path / "search") == [0])


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_the_command_draws_what_is_mirrored_and_leaves_no_ssh(far, tmp_path, publish, eventually, number):
    """Interrupted, or killed with no time to do anything."""
    publish(1, into=far.runs / "search")
    env = child_environment(os.environ) | far.environ() | {"XDG_CACHE_HOME": str(tmp_path / "cache")}
    command = [sys.executable, "-P", "-m", "autoviz_render.cli", "--watch", f"ssh://far{far.runs}", "--json"]
    with open(tmp_path / "out", "wb") as out, open(tmp_path / "log", "wb") as log:
        process = subprocess.Popen(command, stdout=out, stderr=log, env=env)
    try:
        eventually(lambda: (tmp_path / "out").read_text().count("\n") == 1, 60)
        publish(1, into=far.runs / "search", first=1)
        eventually(lambda: '"step": 1' in (tmp_path / "out").read_text(), 60)
        facts = json.loads((tmp_path / "out").read_text().splitlines()[-1])
        assert Path(facts["file"]).is_relative_to(tmp_path / "cache")
        assert children_of(far.host)
        process.send_signal(number)
        process.wait(30)
        eventually(lambda: children_of(far.host) == [])
    finally:
        process.kill()
        process.wait()
