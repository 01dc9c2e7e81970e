"""A real SLURM of one node on this machine, from Debian's packages `slurm-wlm` and `munge`; it needs root.

What it writes, but for munge's key and socket, is in one folder; its daemons end with it.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

_CONFIGURATION = """\
ClusterName=test
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={controller}
SlurmdPort={node}
AuthType=auth/munge
AuthInfo=socket={folder}/munge/socket
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SlurmUser=root
SlurmdUser=root
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/node
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SchedulerType=sched/builtin
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
ReturnToService=2
NodeName={host} NodeAddr=127.0.0.1 CPUs={processors} State=UNKNOWN
PartitionName=main Nodes={host} Default=YES MaxTime=INFINITE State=UP
"""


def why_not() -> str:
    """Why there can be no SLURM here; empty if there can."""
    missing = [name for name in ("slurmctld", "slurmd", "sbatch", "srun", "munged") if shutil.which(name) is None]
    if missing:
        return f"no SLURM is installed here ({', '.join(missing)}): apt-get install slurm-wlm munge"
    return "" if os.geteuid() == 0 else "a SLURM of our own needs root"


@contextlib.contextmanager
def slurm(folder: Path) -> Iterator[dict[str, str]]:
    """The environment in which `sbatch` and `srun` reach a SLURM of its own, as long as the context is open."""
    for name in ("state", "node", "munge"):
        (folder / name).mkdir(parents=True)
    folder.chmod(0o755)
    host, (controller, node) = socket.gethostname().partition(".")[0], _free_ports()
    configuration = folder / "slurm.conf"
    processors = os.cpu_count()
    configuration.write_text(_CONFIGURATION.format(**locals()))
    environment = {**os.environ, "SLURM_CONF": str(configuration)}
    daemons: list[subprocess.Popen[bytes]] = []
    try:
        daemons.append(_munge(folder / "munge"))
        _until((folder / "munge" / "socket").exists, "munge has no socket")
        for name in ("slurmctld", "slurmd"):
            log = (folder / f"{name}.log").open("wb")
            command = [name, "-D", "-f", str(configuration)]
            daemons.append(subprocess.Popen(command, env=environment, stdout=log, stderr=log))
            log.close()
        _until(lambda: "idle" in _said(["sinfo", "-h"], environment), "the node does not become idle", folder)
        yield environment
    finally:
        for daemon in reversed(daemons):
            daemon.terminate()
        for daemon in daemons:
            daemon.wait(30)


def batch(script: Path, environment: dict[str, str], *options: str, output: Path) -> str:
    """Submit a job script, wait for the end of all its tasks, and return what they wrote."""
    command = ["sbatch", "--parsable", "--export=ALL", f"--output={output}/%j.out", *options, str(script)]
    number = _said(command, environment).strip()
    assert number.isdecimal(), f"sbatch {script} said {number!r}"
    state = ["scontrol", "--oneliner", "show", "job", number]  # `sbatch --wait` looks every half a minute
    _until(lambda: not re.search("JobState=(PENDING|RUNNING|COMPLETING)", _said(state, environment)), number, wait=240)
    told = "".join(path.read_text() for path in sorted(output.glob("*.out")))
    assert set(re.findall(r" ExitCode=(\S+)", _said(state, environment))) == {"0:0"}, told
    return told


def _munge(folder: Path) -> subprocess.Popen[bytes]:
    """An authentication daemon with a key of its own."""
    folder.chmod(0o755)
    key = folder / "key"
    key.write_bytes(os.urandom(1024))
    key.chmod(0o400)
    files = [f"--{what}-file={folder}/{what}" for what in ("key", "log", "pid", "seed")]
    command = ["munged", "--foreground", "--force", f"--socket={folder}/socket", *files]
    return subprocess.Popen(command, stderr=subprocess.DEVNULL)


def _free_ports() -> tuple[int, int]:
    with socket.socket() as one, socket.socket() as other:
        one.bind(("127.0.0.1", 0))
        other.bind(("127.0.0.1", 0))
        return one.getsockname()[1], other.getsockname()[1]


def _said(command: list[str], environment: dict[str, str]) -> str:
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=30, check=False).stdout


def _until(condition: Callable[[], object], told: str, folder: Path | None = None, wait: float = 60) -> None:
    deadline = time.monotonic() + wait
    while not condition():
        logs = "" if folder is None else "".join(path.read_text()[-2000:] for path in folder.glob("*.log"))
        assert time.monotonic() < deadline, f"{told}\n{logs}"
        time.sleep(0.1)
