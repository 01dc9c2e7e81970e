"""A run that another machine writes: seen over sshfs, or as rsync copies it. The real programs, on this machine."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from sshd import Host, needs

from autoviz_render.renderer.work.subprocess_env import child_environment


@dataclass
class Watcher:
    """`autoviz-render --watch` on a path.

    Attributes:
        log: What it says.
        figure: What it draws.
    """

    process: subprocess.Popen[bytes]
    log: Path
    figure: Path

    def said(self) -> str:
        return self.log.read_text()

    def has_drawn(self, step: int) -> bool:
        return f"step {step}" in self.said()


@pytest.fixture
def watching(tmp_path: Path) -> Iterator[Callable[[Path], Watcher]]:
    """Starts watchers, and ends them."""
    watchers: list[Watcher] = []

    def start(path: Path) -> Watcher:
        log = tmp_path / f"log{len(watchers)}"
        command = [sys.executable, "-P", "-m", "autoviz_render.cli", "--watch", str(path), "--poll", "0.1"]
        with open(log, "wb") as file:
            process = subprocess.Popen(
                [*command, "--out", str(tmp_path / "out")],
                stdout=subprocess.DEVNULL,
                stderr=file,
                env=child_environment(os.environ),
            )
        watchers.append(Watcher(process, log, tmp_path / "out" / "search" / "fit.png"))
        return watchers[-1]

    yield start
    for watcher in watchers:
        watcher.process.send_signal(signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            watcher.process.wait(20)
        watcher.process.kill()
        watcher.process.wait()


@pytest.fixture
def mount(tmp_path: Path) -> Iterator[tuple[Host, Path, Path]]:
    """A host, a folder of it, and where that is mounted here."""
    host = Host.made(tmp_path / "sshd")
    remote, here = tmp_path / "remote", tmp_path / "mnt"
    remote.mkdir()
    here.mkdir()
    host.start()
    options = f"IdentityFile={host.folder / 'user'},StrictHostKeyChecking=no,UserKnownHostsFile=/dev/null"
    options += ",dcache_timeout=1,reconnect,ServerAliveInterval=1,ServerAliveCountMax=2"
    command = ["sshfs", "-p", str(host.port), "-o", options, f"root@127.0.0.1:{remote}", str(here)]
    try:
        done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=30)
        if done.returncode:
            pytest.skip(f"sshfs cannot mount here: {done.stderr.strip()}")
        yield host, remote, here
    finally:
        subprocess.run(["umount", "-l", here], check=False, capture_output=True)
        host.stop()


@needs("sshd", "sshfs", "ssh-keygen")
def test_a_run_is_drawn_over_sshfs_and_again_when_a_lost_host_is_back(mount, publish, watching, eventually):
    """No events come, names and sizes are cached, and the host goes down: a person sees the newest, and no error."""
    host, remote, here = mount
    publish(2, into=remote / "search", state="failed")
    watcher = watching(here)
    eventually(lambda: watcher.has_drawn(1), 60)
    publish(2, into=remote / "search", first=2, state="failed")
    eventually(lambda: watcher.has_drawn(3), 60)
    told = subprocess.run(
        [sys.executable, "-P", "-m", "autoviz_render.cli", "--status", "--json", here / "search"],
        capture_output=True,
        text=True,
        check=True,
        env=child_environment(os.environ),
    )
    assert 0 <= json.loads(told.stdout)["seconds_since_update"] < 600
    assert "cannot" not in watcher.said()
    host.stop()
    publish(2, into=remote / "search", first=4, state="failed")
    host.start()
    eventually(lambda: watcher.has_drawn(5), 60)
    assert watcher.process.poll() is None
    assert watcher.figure.stat().st_size > 1000


@needs("rsync")
@pytest.mark.parametrize("how", [(), ("--inplace", "--bwlimit=60"), ("--delay-updates",)])
def test_a_run_is_drawn_as_rsync_copies_it(tmp_path, publish, watching, eventually, how):
    """Files come in any order, some under other names first or in pieces: a person sees the newest, and no error."""
    source, copy = tmp_path / "source" / "search", tmp_path / "copy"
    copy.mkdir()
    watcher = watching(copy)
    for number in range(3):
        publish(2, into=source, first=2 * number, state="failed")
        subprocess.run(["rsync", "-a", *how, source, f"{copy}/"], check=True)
        eventually(lambda: watcher.has_drawn(2 * number + 1), 60)  # noqa: B023  called at once
    for word in ("cannot", "damaged", "missing", "Traceback"):
        assert word not in watcher.said()
