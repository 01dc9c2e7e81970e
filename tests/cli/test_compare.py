"""`autoviz-render --compare`: which two, where the file goes, and what is said if it cannot be."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from autoviz_render.cli.commands import compare as module
from autoviz_render.renderer.work.jobs import RenderResult
from autoviz_render.spool.publisher import Publisher
from autoviz_render.spool.store import Spool


@pytest.fixture(autouse=True)
def in_process(request, monkeypatch):
    """Figures are drawn here, unless a test is about their process, which costs a second."""
    if "in_a_process" in request.node.name:
        return

    class Here:
        def __init__(self, **_):
            pass

        def __enter__(self):
            return self

        def __exit__(self, *_):
            pass

        def draw(self, jobs):
            for number, job in enumerate(jobs):
                sent = type(job).from_line(job.to_line())
                yield number, job, sent.do(lambda _: RenderResult(), lambda _: None)

    monkeypatch.setattr(module, "Pool", Here)


@pytest.fixture
def runs(tmp_path, publish):
    """A function that publishes runs, by their paths below the folder of the test."""

    def make(*names: str, **settings) -> list[Path]:
        for number, name in enumerate(names):
            publish(2 + number, into=tmp_path / name, **settings)
        return [tmp_path / name for name in names]

    return make


def test_two_steps_of_a_run_are_one_file_drawn_in_a_process(run_dir, publish, command):
    """Which is named on standard output, alone; in the run's own folder."""
    publish(3)
    file = run_dir / "image" / "compare-0-2.png"
    assert command("--compare", "0", "2", run_dir)[:2] == (0, [str(file)])
    with Image.open(file) as image:
        assert image.size[0] > 1000


def test_of_two_runs_it_is_the_newest_the_best_or_a_step(runs, command):
    """The best of these is step 1."""
    a, b = runs("a", "b")
    written = {}
    for name, more in {"newest": (a, b), "best": (a, b, "--best"), "step": (f"{a}@0", b)}.items():
        out = a.parent / name
        code, files, _ = command("--compare", *more, "--out", out, "--dpi", 40, "--format", "png,webp")
        assert code == 0
        written[name] = [Path(file).name for file in files]
    assert written["newest"] == written["best"] == ["compare-a-b.png", "compare-a-b.webp"]
    assert written["step"] == ["compare-a-0-b.png", "compare-a-0-b.webp"]
    newest, best = (np.asarray(Image.open(a.parent / name / "compare-a-b.png")) for name in ("newest", "best"))
    assert not np.array_equal(newest, best)


def test_two_names_of_one_run_are_two_steps_of_it(runs, command):
    """Their evidences are no Bayes factor."""
    (a,) = runs("a")
    assert [Path(file).name for file in command("--compare", f"{a}@0", a, "--dpi", 40)[1]] == ["compare-0-1.png"]


def test_runs_of_one_name_are_told_apart_by_their_folders(runs, command):
    """Thousands of lenses have their fits in `search`."""
    one, other = runs("lens1/search", "lens2/search")
    (file,) = command("--compare", one, other, "--dpi", 40)[1]
    assert Path(file) == one / "image" / "compare-lens1-search-lens2-search.png"


@pytest.mark.parametrize("name", ["$(touch x)", "=cmd()", "-rf", "\u202eevil", "new\nline", "ä" * 100, "a@b", "..."])
def test_the_file_is_named_safely_whatever_the_runs_are(runs, command, name):
    """A folder may be called anything."""
    a, b = runs(f"x/{name}", "b")
    code, files, _ = command("--compare", a, b, "--dpi", 30)
    assert code == 0
    (file,) = (a / "image").iterdir()
    assert len(file.name.encode()) < 200
    assert file.name.startswith("compare-")
    assert file.name.isprintable()
    assert not set(file.name) & set("/$()=@\n\u202e ")
    assert files


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (["0", "x", "PATH"], 2, "--compare takes two steps and one PATH, or two runs and no PATH"),
        (["0", "1"], 2, "--compare takes two steps and one PATH"),
        (["0", "1", "PATH", "PATH"], 2, "--compare takes two steps and one PATH"),
        (["PATH", "PATH", "PATH"], 2, "--compare takes two steps and one PATH"),
        (["0", "1", "PATH", "--best"], 2, "--best goes with two runs"),
        (["0", "1", "PATH", "--step", "1"], 2, "--compare draws two snapshots, which it names: leave out --step"),
        (["0", "1", "PATH", "--jobs", "2"], 2, "leave out --jobs"),
        (["0", "1", "PATH", "--watch"], 2, "choose one of them"),
        (["0", "7", "PATH"], 3, "holds no step 7; there are 2, from 0 to 1"),
        (["PATH@9", "PATH"], 3, "holds no step 9"),
        (["PATH", "PATH/nothing"], 2, "does not exist"),
        (["ABOVE", "PATH"], 2, "holds 2 runs, and two are compared: name one of them"),
        (["0", "1", "PATH", "--panel", "nothing"], 2, "choose one by its title or number: 1 "),
        (["0", "1", "PATH", "--figure", "nothing"], 2, "no figure is named 'nothing'"),
        (["0", "1", "PATH", "--figure", "imaging"], 2, "the imaging figure needs"),
    ],
)
def test_what_cannot_be_compared_is_said_in_one_line(runs, command, arguments, code, told):
    """With the remedy."""
    a, _ = runs("a", "b")
    typed = [text.replace("PATH", str(a)).replace("ABOVE", str(a.parent)) for text in arguments]
    found, files, errors = command("--compare", *typed)
    assert (found, files) == (code, [])
    assert told in errors[-1]
    assert "Traceback" not in "".join(errors)


def test_two_runs_with_other_figures_are_compared_by_what_both_draw(tmp_path, command, publish):
    """Else a line names both, and what to do."""
    for name, figures in {"a": ["run", "auto"], "b": ["auto"], "c": ["run"]}.items():
        publish(2, into=tmp_path / name, figure=figures)
    assert command("--compare", tmp_path / "a", tmp_path / "b", "--dpi", 30)[0] == 0
    code, _, errors = command("--compare", tmp_path / "b", tmp_path / "c")
    assert code == 2
    assert "b has auto, and c run: no figure is of both; choose one by --figure, as --figure auto" in errors[-1]
    code, files, _ = command("--compare", tmp_path / "b", tmp_path / "c", "--figure", "auto,run", "--dpi", 30)
    assert (code, [Path(file).name for file in files]) == (0, ["compare-b-c.png", "compare-b-c-run.png"])


def test_a_newest_snapshot_that_cannot_be_read_is_told_and_the_one_before_it_taken(runs, command):
    """A crash of the machine may have cost the last file."""
    a, b = runs("a", "b")
    Spool(b).snapshots()[-1].path.write_bytes(b"nothing")
    code, files, errors = command("--compare", a, b, "--dpi", 30)
    assert (code, len(files)) == (0, 1)
    assert "e0000-000000000002.h5" in errors[0]
    for ref in Spool(b).snapshots():
        ref.path.write_bytes(b"nothing")
    assert command("--compare", a, b)[0] == 1


def test_files_of_other_programs_and_links_stay(run_dir, publish, command, tmp_path):
    """As with every figure."""
    publish(2)
    theirs = run_dir / "image" / "compare-0-1.png"
    theirs.parent.mkdir()
    theirs.write_bytes(b"theirs")
    code, _, errors = command("--compare", "0", "1", run_dir)
    assert (code, theirs.read_bytes()) == (1, b"theirs")
    assert "another program wrote it" in errors[-1]
    theirs.unlink()
    theirs.parent.rmdir()
    theirs.parent.symlink_to(tmp_path, target_is_directory=True)
    assert command("--compare", "0", "1", run_dir)[0] == 1
    assert not list(tmp_path.glob("*.png"))


def test_a_figure_of_two_snapshots_says_how_to_draw_it_again(run_dir, publish, command):
    """`--redo` draws one."""
    publish(2)
    (file,) = command("--compare", "0", "1", run_dir, "--dpi", 30)[1]
    code, _, errors = command("--redo", file)
    assert code == 2
    assert "compares step 1 with step 0 of " in errors[-1]
    assert errors[-1].endswith("draw it again by --compare")


def test_a_run_of_one_snapshot_without_arrays_is_compared_by_its_numbers(tmp_path, command):
    """There is always something to say."""
    for name in "ab":
        with Publisher(tmp_path / name) as publisher:
            publisher.publish({"x": np.float64(1)}, iteration=0, parameters={"p": float(ord(name))})
            publisher.flush()
    assert command("--compare", tmp_path / "a", tmp_path / "b", "--dpi", 30)[0] == 0
