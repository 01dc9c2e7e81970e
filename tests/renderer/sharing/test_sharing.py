"""Searches of one user share a renderer, and none of them can cost another its figures."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import pytest
from removal import remove

from autoviz_render.renderer.live import liveness, process
from autoviz_render.renderer.live.process import RendererProcess
from autoviz_render.renderer.settings import FigureSpec
from autoviz_render.renderer.sharing import rendezvous
from autoviz_render.renderer.work.job_runner import JobRunner
from autoviz_render.renderer.work.jobs import Job
from autoviz_render.spool.paths import SpoolPaths
from autoviz_render.spool.publisher import Publisher

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only on Linux do searches share a renderer")

OTHERS = (signal.SIGINT, signal.SIGHUP, signal.SIGTERM)

SEARCH = """
import sys
from autoviz_render.renderer.live.process import RendererProcess
from autoviz_render.spool.publisher import Publisher
publisher, renderer, number = Publisher(sys.argv[1]), RendererProcess(sys.argv[1]), 0
for line in sys.stdin:
    publisher.publish({"x": [1.0, 2.0 + number]}, iteration=number)
    publisher.flush()
    number += 1
    renderer.check()
    print(renderer.pid or 0, flush=True)
publisher.close()
print(renderer.stop(60), flush=True)
"""


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch, tmp_path):
    """Restarts come at once, and the searches of a test meet only each other."""
    monkeypatch.setattr(process, "_FIRST_PAUSE", 0.0)
    monkeypatch.setenv("AUTOVIZ_TESTS", str(tmp_path))


class Search:
    """A search in this process, as far as its renderer can tell."""

    def __init__(self, run_dir: Path, figure: str = "auto") -> None:
        self.run_dir, self.number = run_dir, 0
        self.publisher, self.renderer = Publisher(run_dir, figure=figure), RendererProcess(run_dir)
        self.update()

    def update(self) -> None:
        self.publisher.publish({"x": [1.0, 2.0 + self.number]}, iteration=self.number)
        self.publisher.flush()
        self.number += 1
        self.renderer.check()

    def pid(self) -> int | None:
        """Of the renderer, after another look, as at a quick update."""
        self.renderer.check()
        return self.renderer.pid

    def drawn(self) -> int:
        """How many snapshots are drawn, or were skipped for a newer one."""
        try:
            last = json.loads((self.run_dir / "spool" / "renderer.json").read_text())["last_drawn"]
        except (OSError, ValueError):
            return 0
        return int(last[6:18]) + 1 if last else 0

    def is_drawn(self) -> bool:
        return self.drawn() == self.number

    def end(self) -> bool:
        self.publisher.close()
        return self.renderer.stop(60)


@pytest.fixture
def searches(tmp_path):
    made = []

    def make(count: int, **how: str) -> list[Search]:
        new = [Search(tmp_path / f"run{len(made) + number}", **how) for number in range(count)]
        made.extend(new)
        return new

    yield make
    for each in made:
        each.publisher.close()
        each.renderer.stop(timeout=0)


@pytest.fixture
def started(tmp_path):
    """A search in a process of its own, which publishes at each line that it reads."""
    made = []

    def start(name: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-P", "-c", SEARCH, str(tmp_path / name)]
        pipe = subprocess.PIPE
        made.append(subprocess.Popen(command, text=True, process_group=0, stdin=pipe, stdout=pipe, stderr=pipe))
        return made[-1]

    yield start
    for each in made:
        each.kill()
        each.communicate()


def update(search: subprocess.Popen[str]) -> int:
    """A quick update of a search; the process of its renderer, 0 if that is not known."""
    search.stdin.write("\n")
    search.stdin.flush()
    return int(search.stdout.readline())


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()[0] not in (b"Z", b"X")
    except OSError:
        return False


def same_pid(searches, *, other_than: int | None = None):
    """The one process that draws for all; None if there is none, or there are several."""
    pids = {each.pid() for each in searches}
    (pid,) = pids if len(pids) == 1 else (None,)
    return pid if pid != other_than else None


def test_searches_that_start_together_have_one_renderer_and_each_its_figure(searches, eventually):
    """Forty on a node would have forty, and 10 GB."""
    six = searches(6)
    eventually(lambda: same_pid(six), 60)
    pid = six[0].renderer.pid
    eventually(lambda: all(each.is_drawn() for each in six), 60)
    assert all((each.run_dir / "image" / "fit.png").exists() for each in six)
    for each in six:
        each.update()
        assert each.end(), "the last figure is there when the search has ended"
        assert each.is_drawn()
    eventually(lambda: not is_running(pid), what="it ends with the last of them")


def test_the_end_of_the_search_that_started_it_is_its_own_affair(searches, eventually):
    """It need not wait for the others, and they need not begin anew."""
    first, second = searches(2)
    eventually(lambda: same_pid([first, second]), 60)
    pid = second.renderer.pid
    assert first.end()
    second.update()
    eventually(second.is_drawn)
    assert second.pid() == pid
    assert is_running(pid)
    assert second.end()
    eventually(lambda: not is_running(pid))


@pytest.mark.parametrize(
    "how", [signal.SIGKILL, signal.SIGSTOP, *(pytest.param(each, marks=pytest.mark.torture) for each in OTHERS)]
)
def test_whatever_happens_to_the_search_that_started_it_the_others_have_figures(started, eventually, how, tmp_path):
    """Killed, suspended, Ctrl-C, a terminal that is closed: signals go to the whole group of the search."""
    first, second = started("first"), started("second")
    eventually(lambda: update(first), 60)
    eventually(lambda: update(first) == update(second), 60)
    pid = update(second)
    os.killpg(first.pid, how)
    if how != signal.SIGSTOP:
        first.wait(30)
    image = tmp_path / "second" / "image" / "fit.png"
    eventually(image.exists)
    image.unlink()
    assert update(second) == pid
    eventually(image.exists)
    out, _ = second.communicate(timeout=60)
    assert out.strip() == "True"


@pytest.mark.parametrize("how", [signal.SIGKILL, pytest.param(signal.SIGTERM, marks=pytest.mark.torture)])
def test_all_meet_again_when_their_renderer_is_killed(searches, eventually, how, caplog):
    """At their next quick updates, at one new renderer, without a word to anybody."""
    three = searches(3)
    eventually(lambda: same_pid(three), 60)
    pid = three[0].renderer.pid
    os.kill(pid, how)
    eventually(lambda: same_pid(three, other_than=pid), 60)
    for each in three:
        each.update()
    eventually(lambda: all(each.is_drawn() for each in three), 60)
    assert [record for record in caplog.records if record.levelname == "WARNING"] == []


def is_stopped(pid: int) -> bool:
    """Whether the kernel has stopped a process. Source: proc_pid_stat(5)."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "T"


def test_one_that_hangs_is_ended_by_the_first_that_notices(searches, eventually, monkeypatch):
    """The others see the end of their connections, and need not wait for theirs to be late."""
    monkeypatch.setattr(liveness, "_SILENCE", 0.0)
    three = searches(3)
    eventually(lambda: same_pid(three) and all(each.is_drawn() for each in three), 60)
    pid = three[0].renderer.pid
    os.kill(pid, signal.SIGSTOP)
    eventually(lambda: is_stopped(pid))  # before, it may wait for a processor, and that is no hang
    monkeypatch.setattr("autoviz_render.renderer.heartbeat.Heartbeat.is_late", lambda beat: beat.pid == pid)
    three[2].renderer.look()
    three[2].renderer.look()
    eventually(lambda: not is_running(pid), what="it was stopped, and is killed")
    eventually(lambda: same_pid(three, other_than=pid), 60)


@pytest.mark.parametrize(
    "breaks", ["removed", *(pytest.param(each, marks=pytest.mark.torture) for each in ("read-only", "no beat", "torn"))]
)
def test_the_disk_of_one_run_costs_the_others_nothing(searches, eventually, monkeypatch, breaks):
    """No sign of life on its own disk is no reason to end the renderer of all."""
    monkeypatch.setattr(liveness, "_SILENCE", 0.0)
    broken, sound = searches(2)
    eventually(lambda: same_pid([broken, sound]) and broken.is_drawn() and sound.is_drawn(), 60)
    pid, spool = sound.renderer.pid, broken.run_dir / "spool"
    if breaks == "removed":
        remove(broken.run_dir)
    elif breaks == "read-only":
        (spool / "renderer.json").unlink()
        (spool / "renderer.json").mkdir()
    elif breaks == "no beat":
        beat = json.loads((spool / "renderer.json").read_text())
        (spool / "renderer.json").write_text(json.dumps(beat | {"clock": 0.0, "promise": 0.0}))
    else:
        (spool / "spool.json").write_text("{")
    for _ in range(3):
        broken.renderer.look()
        sound.update()
        eventually(sound.is_drawn)
    assert is_running(pid)
    assert sound.pid() == pid


def test_a_run_that_cannot_be_drawn_is_told_so_and_the_others_are_drawn(searches, eventually, caplog):
    """A figure that is not installed here."""
    (sound,) = searches(1)
    (broken,) = searches(1, figure="not-installed-here")
    eventually(lambda: (broken.pid(), broken.renderer.has_given_up)[1], 60)
    sound.update()
    eventually(sound.is_drawn, 60)
    (warning,) = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert "no figure is named 'not-installed-here'" in warning
    assert str(broken.run_dir) in warning


def test_what_is_said_of_a_run_stands_in_its_own_log(searches, eventually):
    """The warning names that log; the run of the search that started the renderer may be anybody's."""
    (sound,) = searches(1)
    (broken,) = searches(1, figure="not-installed-here")
    eventually(lambda: "no figure" in (log.read_text() if (log := broken.publisher.paths.log).exists() else ""), 60)
    assert "no figure" not in sound.publisher.paths.log.read_text()


def test_a_search_whose_renderers_keep_dying_gets_one_of_its_own(searches, eventually):
    """Whatever ends them may be another's run."""
    one, other = searches(2)
    for restarts in range(1, 4):
        eventually(lambda: same_pid([one, other]), 60)
        os.kill(one.renderer.pid, signal.SIGKILL)
        eventually(lambda: (one.pid(), other.pid(), one.renderer.restarts)[2] == restarts)  # noqa: B023
    eventually(lambda: one.pid() and other.pid() and one.renderer.pid != other.renderer.pid, 60)


def test_who_asks_for_it_has_a_renderer_of_ones_own(searches, eventually, monkeypatch):
    (one,) = searches(1)
    monkeypatch.setenv("AUTOVIZ_SHARE", "0")
    (other,) = searches(1)
    eventually(lambda: one.pid() and other.pid(), 60)
    assert one.renderer.pid != other.renderer.pid


@pytest.mark.parametrize("variable", ["AUTOVIZ_DPI", "MPLCONFIGDIR", "PYTHONPATH", "SLURM_JOB_ID"])
def test_searches_whose_figures_could_differ_do_not_meet(monkeypatch, variable):
    """The same figures as without sharing; and a batch job takes its processes with it."""
    before = rendezvous.address()
    monkeypatch.setenv(variable, "7")
    assert rendezvous.address() != before


def test_what_no_figure_sees_keeps_no_searches_apart(monkeypatch):
    """Each task of an array or of a script has its number in the environment."""
    before = rendezvous.address()
    for variable in ("SLURM_PROCID", "SLURM_ARRAY_TASK_ID", "CUDA_VISIBLE_DEVICES", "OMP_NUM_THREADS", "PWD"):
        monkeypatch.setenv(variable, "7")
    assert rendezvous.address() == before


def test_the_mask_of_new_files_keeps_searches_apart():
    """Figures are as private as the search's own files."""
    before, mask = rendezvous.address(), os.umask(0o077)
    try:
        assert rendezvous.address() != before
    finally:
        os.umask(mask)


@pytest.mark.skipif(sys.platform != "linux" or os.geteuid() != 0, reason="only root can be another user")
def test_a_stranger_at_the_address_is_refused(searches, eventually):
    """Anybody may take a name: a search must not tell a stranger what it draws, nor wait for one."""
    where = rendezvous.address()
    program = (
        "import os, socket, sys; os.setuid(65534); end = socket.socket(socket.AF_UNIX);"
        "end.bind('\\0' + sys.argv[1]); end.listen(9); print(1, flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", program, where[1:]]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as stranger:
        stranger.stdout.readline()
        assert rendezvous.connect(where) is None
        (search,) = searches(1)
        eventually(lambda: (search.pid(), search.is_drawn())[1], 60)


@pytest.mark.skipif(sys.platform != "linux" or os.geteuid() != 0, reason="only root can be another user")
def test_a_stranger_who_connects_has_nothing_drawn(searches, eventually, tmp_path):
    """A renderer writes with its user's rights, into whatever run it is told."""
    (search,) = searches(1)
    eventually(search.pid)
    program = (
        "import os, socket, sys; os.setuid(65534); end = socket.socket(socket.AF_UNIX);"
        "end.connect('\\0' + sys.argv[1]); end.send(sys.argv[2].encode()); end.settimeout(30); print(end.recv(99))"
    )
    line = json.dumps({"spool": str(tmp_path / "other" / "spool")}) + "\n"
    command = [sys.executable, "-c", program, rendezvous.address()[1:], line]
    told = subprocess.run(command, capture_output=True, text=True, check=False)
    assert told.stdout.strip() == "b''" or "ConnectionReset" in told.stderr or "BrokenPipe" in told.stderr, told
    search.update()
    eventually(search.is_drawn)


def test_what_is_not_understood_costs_only_who_says_it(searches, eventually):
    """Another version, or a person who tries."""
    (search,) = searches(1)
    eventually(search.pid)
    for line in (b"\0\xff no json\n", b"[1]\n", b'{"spool": 3}\n', b"x" * 300_000):
        with socket.socket(socket.AF_UNIX) as end:
            end.connect(rendezvous.address())
            end.settimeout(30)
            with contextlib.suppress(ConnectionError):
                while end.send(line) and end.recv(1 << 16):
                    pass
    search.update()
    eventually(search.is_drawn)


@pytest.mark.filterwarnings("ignore:os.fork:RuntimeWarning")  # of JAX, which another test has loaded
def test_a_forked_child_of_the_user_keeps_no_run_alive(searches, eventually):
    """A pool of workers outlives the search that made it: the renderer must hear of the end all the same."""
    one, other = searches(2)
    eventually(lambda: same_pid([one, other]), 60)
    pid, (read, write) = one.renderer.pid, os.pipe()
    child = os.fork()
    if not child:
        os.close(write)
        os.read(read, 1)
        os._exit(0)
    os.close(read)
    for each in (one, other):
        assert each.end()
    eventually(lambda: not is_running(pid))
    os.close(write)
    os.waitpid(child, 0)


def test_many_that_start_at_once_start_one(tmp_path, eventually, searches):
    """Each would pay for the start of a Python on a node that is busy with forty of them."""
    many = [RendererProcess(tmp_path / f"run{number}", is_open=False) for number in range(20)]
    threads = [threading.Thread(target=each.start) for each in many]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    def pids() -> set[int | None]:
        for each in many:
            each.check()
        return {each.pid for each in many}

    eventually(lambda: len(pids()) == 1 and None not in pids(), 60)
    for each in many:
        each.stop(timeout=0)


def test_runs_share_the_figures_that_are_kept_and_each_has_its_own_bytes(tmp_path):
    """Forty runs with a kept figure each would take a gigabyte; a figure drawn anew each time four times as long."""
    job_runner = JobRunner()
    for number in range(6):
        with Publisher(tmp_path / f"run{number}", figure="line", title=f"Run {number}") as publisher:
            publisher.publish({"x": [1.0, 2.0 + number]}, iteration=number)
    for number in [*range(6), 0, 3]:
        paths = SpoolPaths(tmp_path / f"run{number}" / "spool")
        job = Job(paths.directory, FigureSpec("line"), tmp_path / f"figure{number}", "e0000-000000000000.h5")
        assert job_runner.draw(job).status == "drawn"
        alone = replace(job, path=tmp_path / "alone")
        JobRunner().draw(alone)
        assert alone.files()[0][1].read_bytes() == job.files()[0][1].read_bytes()
    assert len(job_runner._figures._kept) == 2, "of so many runs"
