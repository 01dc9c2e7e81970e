"""The command among strangers' spools and strangers' figures: each costs itself, and no terminal, and no other run."""

from __future__ import annotations

import json
import math
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import plots
import pytest

from autoviz_render.renderer.work.subprocess_env import child_environment
from autoviz_render.spool.store import Spool

pytestmark = pytest.mark.skipif(os.name == "nt", reason="makes pipes and links, and uses signals")

EVIL = "\x1b[2J\x1b[H\r\n\u202eautoviz-render: all is well"


@pytest.fixture
def misbehaving(monkeypatch, tmp_path):
    """The figures of `plots` can be named."""
    monkeypatch.chdir(Path(plots.__file__).parent)
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setenv("PLOTS_FOLDER", str(tmp_path))


@pytest.fixture
def tree(tmp_path, publish) -> Path:
    """A good run, one of a stranger's, and another good one."""
    for name in ("a", "b", "c"):
        publish(2, into=tmp_path / "runs" / name)
    return tmp_path / "runs"


def change(path: Path, **fields: object) -> None:
    path.write_text(json.dumps(json.loads(path.read_text()) | fields))


def beat(path: Path, **fields: object) -> None:
    """A sign of life, with fields that a stranger chose."""
    sound = {"pid": 1, "host": "h", "started": 1.0, "activity": "watching", "drawn": 1, "coalesced": 0, "beat": 1.0}
    sound |= {"last_drawn": None, "last_error": None, "frame_seconds": 0.1, "next_beat_by": 1.0}
    path.write_text(json.dumps(sound | fields))


def replaced(path: Path, by: str) -> None:
    path.unlink(missing_ok=True)
    if by == "a pipe":
        os.mkfifo(path)
    elif by == "a device":
        path.symlink_to("/dev/zero")
    elif by == "a terabyte":
        path.touch()
        os.truncate(path, 1 << 40)
    elif by == "brackets":
        path.write_text("[" * 200_000)
    else:
        path.mkdir()


def below_the_head(output: list[str]) -> list[str]:
    """The rows of a table; the folder that its runs are below may take several lines."""
    return output[next(number for number, line in enumerate(output) if line.startswith("run  ")) + 1 :]


@pytest.mark.parametrize("by", ["a pipe", "a device", "a terabyte", "brackets", "a folder"])
@pytest.mark.parametrize("name", ["renderer.json", "spool.json", "scalars.jsonl"])
def test_the_status_of_a_tree_goes_on(tree, command, by, name):
    """One run's file must not hide how the others stand, nor have anybody wait."""
    replaced(tree / "b" / "spool" / name, by)
    is_spool = (tree / "b" / "spool" / "spool.json").is_file()
    code, output, _ = command("--status", "--json", tree)
    told = [json.loads(line, parse_constant=pytest.fail)["run"] for line in output]
    assert [run for run in told if run != "b"] == ["a", "c"]
    assert code == (1 if is_spool and "b" not in told else 0)


@pytest.mark.parametrize(
    "fields",
    [
        {"pid": math.inf},
        {"frame_seconds": math.nan},
        {"drawn": "many"},
        {"started": 1e300},
        {"host": None},
        {"activity": ["watching"]},
    ],
    ids=str,
)
def test_a_beat_of_a_strangers_is_none(tree, command, fields):
    """JSON has no NaN, and a person's line no place for a list."""
    beat(tree / "b" / "spool" / "renderer.json", **fields)
    for arguments, rows in (("--status", "--json"), list), (("--status",), below_the_head):
        code, output, errors = command(*arguments, tree)
        assert (code, len(rows(output)), errors) == (0, 3, [])
    assert [json.loads(line)["renderer"] for line in command("--status", "--json", tree)[1]] == [None] * 3


def test_nothing_of_a_spool_acts_on_a_terminal(tree, command):
    """A run's name that clears the screen forges what stands above it."""
    spool = tree / "b" / "spool"
    change(spool / "spool.json", run=EVIL * 1000)
    beat(spool / "renderer.json", host=EVIL, last_error=EVIL)
    _, output, errors = command("--status", tree)
    assert [line.split()[0] for line in below_the_head(output)] == ["a", "b", "last", "c"]
    assert errors == []
    assert all(line.isprintable() and len(line) <= 80 for line in output)
    assert any(r"\x1b[2J" in line for line in below_the_head(output))
    _, output, errors = command("--status", tree / "b")
    assert all(line.isprintable() and len(line) <= 80 for line in output)
    assert r"\x1b[2J" in "".join(output)
    change(spool / "spool.json", state=EVIL)
    code, output, errors = command("--status", "--json", tree)
    assert (code, len(output), len(errors)) == (1, 2, 1)
    assert errors[0].isprintable()


def test_a_folders_name_is_escaped_in_the_log_and_exact_in_json(tmp_path, publish, command, monkeypatch):
    """What another program reads must name the file; what a person reads must do nothing."""
    run = tmp_path / EVIL
    publish(1, into=run)
    file = run / "image" / "fit.png"
    (line,) = command("--json", run)[1]
    assert json.loads(line) == {"file": str(file)}
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    (line,) = command(run)[1]
    assert line.isprintable()
    Spool(run).newest().path.write_bytes(b"")
    code, _, errors = command(run)
    assert (code, len(errors)) == (1, 1)
    assert errors[0].isprintable()


def test_many_figures_are_one_message(tree, command):
    """Three thousand names in a spool.json are three thousand lines of a log."""
    change(tree / "b" / "spool" / "spool.json", figures=[f"figure{number}" for number in range(3000)])
    code, output, errors = command(tree)
    assert (code, len(output), len(errors)) == (1, 2, 1)
    assert "3000 figures" in errors[0]


@pytest.mark.parametrize(
    ("name", "told"),
    [
        pytest.param("leaves", "ended its process with exit code 0", marks=pytest.mark.torture),
        ("aborts", "ended its process by signal 6"),
        ("always_hangs", "took longer than 2 s"),
    ],
)
def test_a_figure_that_ends_its_process_does_not_end_the_command(tree, command, misbehaving, name, told):
    """And the figure after it is drawn, of this run and of the next."""
    code, output, errors = command("--figure", f"plots:{name},plots:plain", "--frame-timeout", 2, tree)
    assert code == 1
    assert [Path(line).name for line in output] == ["plots.plain.png"] * 3
    assert len(errors) == 2  # the same in each run
    assert told in errors[0]
    assert str(tree / "a") in errors[0]
    assert errors[1].startswith("autoviz-render: the same of 2 more: figure ")


def test_what_a_figure_prints_is_not_among_the_results(tree, command, misbehaving):
    """Another program reads those."""
    code, output, _ = command("--json", "--figure", "plots:says_which_process", tree / "a")
    assert code == 0
    assert [Path(json.loads(line)["file"]).name for line in output] == ["plots.says_which_process.png"]


@pytest.mark.parametrize("name", ["leaves", "aborts"])
def test_a_movie_whose_figure_ends_its_process_is_told(tree, command, misbehaving, tmp_path, name):
    """The movie is given up, with nothing left of it."""
    movie = tmp_path / "out" / "fit.gif"
    movie.parent.mkdir()
    code, output, errors = command("--movie", movie, "--figure", f"plots:{name}", tree / "a")
    assert (code, output, len(errors)) == (1, [], 1)
    assert f"of the movie {movie} ended its process" in errors[0]
    assert list(movie.parent.iterdir()) == []


def started(*arguments: object, **settings: Any) -> subprocess.Popen[str]:
    """The command in a process and a group of its own."""
    return subprocess.Popen(
        [sys.executable, "-P", "-m", "autoviz_render.cli", *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=child_environment(os.environ),
        process_group=0,
        **settings,
    )


def test_ctrl_c_ends_the_command_and_its_workers(run_dir, publish, misbehaving, tmp_path, eventually):
    """Promptly, and without a traceback, though a figure never lets go."""
    publish(1)
    with started("--figure", "plots:never_lets_go", run_dir) as process:
        eventually((tmp_path / "begun").exists, 60)
        (worker,) = workers_of(process.pid)
        os.killpg(process.pid, signal.SIGINT)
        assert process.wait(10) == 130
        assert process.communicate() == ("", "")
    eventually(lambda: not Path(f"/proc/{worker}").exists(), 5)


def workers_of(pid: int) -> list[int]:
    if not Path("/proc/self/task").exists():
        pytest.skip("only Linux tells the children of a process")
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


@pytest.mark.parametrize("arguments", [("--status",), (), ("--all",)], ids=str)
def test_a_closed_pipe_is_silent(tree, arguments):
    """`autoviz-render ... | head -1`."""
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run(
        [sys.executable, "-P", "-m", "autoviz_render.cli", "--quiet", *arguments, tree],
        stdout=write,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
        timeout=120,
    )
    os.close(write)
    assert (done.returncode, done.stderr) == (1, "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the system has no disk that is always full")
def test_results_that_cannot_be_printed_are_told_once(tree):
    """A full disk under a redirected output is said, and not for each run."""
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, "-P", "-m", "autoviz_render.cli", "--status", tree],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
            timeout=120,
        )
    assert done.returncode == 1
    assert done.stderr.splitlines() == [
        "autoviz-render: standard output cannot be written: No space left on device",
    ]
