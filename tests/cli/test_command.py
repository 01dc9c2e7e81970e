"""`autoviz-render` as people type it: what it prints, what it returns, what it leaves on disk."""

from __future__ import annotations

import contextlib
import errno
import itertools
import json
import os
import subprocess
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

import h5py
import pytest
from archiving import put_away

from autoviz_render.renderer.plot.formats import FORMATS
from autoviz_render.spool.publisher import Publisher
from autoviz_render.spool.store import Spool
from autoviz_render.spool.write import thinning

HELP = Path(__file__).parents[2] / "docs" / "help.txt"


def on_disk(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_help_is_what_the_docs_say(command, monkeypatch):
    """The page in docs/ is compared with the program, so that neither goes its own way."""
    monkeypatch.setenv("COLUMNS", "80")
    code, output, _ = command("--help")
    assert code == 0
    assert output == HELP.read_text().splitlines()


def test_the_version_is_that_of_the_package(command):
    """The first thing that a report of a fault says."""
    assert command("--version") == (0, [f"autoviz-render {version('autoviz-render')}"], [])


def test_the_newest_snapshot_is_drawn_and_its_figure_named(run_dir, publish, command):
    """Results on standard output, one path a line: for a person, or for a shell loop."""
    publish(3)
    assert command(run_dir) == (0, [str(run_dir / "image" / "fit.png")], [])
    assert (run_dir / "image" / "fit.png").stat().st_size > 1000


@pytest.mark.parametrize("where", [".", "spool", ".."])
def test_path_may_be_the_run_its_spool_or_above(run_dir, publish, command, where):
    """People name whichever directory they stand in."""
    publish(1)
    code, output, _ = command(run_dir / where)
    assert code == 0
    assert [Path(line).resolve() for line in output] == [run_dir / "image" / "fit.png"]


def test_all_snapshots_are_drawn_in_order(run_dir, publish, command, tmp_path):
    """Frames whose names sort in the order of the run."""
    publish(3)
    code, output, _ = command("--all", "--out", tmp_path / "frames", run_dir)
    assert code == 0
    assert output == sorted(output)
    assert [Path(line).name for line in output] == [f"fit-e0000-00000000000{number}.png" for number in range(3)]
    assert len({Path(line).read_bytes() for line in output}) == 3


def test_one_step_and_the_best_can_be_asked_for(run_dir, publish, command):
    """Every step is reachable, not a random ten."""
    publish(3)
    assert command("--step", "2", run_dir)[1] == [str(run_dir / "image" / "fit-e0000-000000000002.png")]
    assert command("--best", run_dir)[1] == [str(run_dir / "image" / "fit-e0000-000000000001.png")]
    code, output, errors = command("--step", "7", run_dir)
    assert (code, output) == (3, [])
    assert errors == [f"autoviz-render: {run_dir}/spool/snapshots: holds no step 7; there are 3, from 0 to 2"]


def test_formats_and_dots_per_inch(run_dir, publish, command, tmp_path):
    """Papers want pdf, pages svg, referees full size."""
    publish(1)
    code, output, _ = command("--format", ",".join(FORMATS), "--dpi", "50", "--out", tmp_path, run_dir)
    assert code == 0
    starts = {".png": b"\x89PNG", ".pdf": b"%PDF", ".svg": b"<?xml", ".webp": b"RIFF"}
    assert {Path(line).suffix for line in output} == set(starts) == {f".{kind}" for kind in FORMATS}
    assert all(Path(line).read_bytes().startswith(starts[Path(line).suffix]) for line in output)
    small = (tmp_path / "fit.png").stat().st_size
    command("--dpi", "200", "--out", tmp_path, run_dir)
    assert (tmp_path / "fit.png").stat().st_size > 2 * small


def test_several_runs_into_one_folder_are_kept_apart(tmp_path, publish, command):
    """Their figures have the same names."""
    for name in ("a/deep", "b"):
        publish(1, into=tmp_path / "runs" / name)
    code, output, _ = command("--out", tmp_path / "out", tmp_path / "runs")
    assert code == 0
    assert output == [str(tmp_path / "out" / name / "fit.png") for name in ("a/deep", "b")]


def test_runs_of_one_path_level_are_kept_apart_too(tmp_path, publish, command):
    """Named one by one on the command line; two of them by the same name."""
    runs = [tmp_path / name for name in ("x/run", "y/run", "z")]
    for run in runs:
        publish(1, into=run)
    code, output, _ = command("--out", tmp_path / "out", *runs)
    assert code == 0
    assert output == [str(tmp_path / "out" / name / "fit.png") for name in ("run-1", "run-2", "z")]


def test_one_bad_run_does_not_stop_the_others(tmp_path, publish, command):
    """Whatever is wrong with it; the exit code says that not all was done."""
    runs = tmp_path / "runs"
    for name in ("a", "b", "d"):
        publish(3 if name == "d" else 1, into=runs / name)
    publish(1, into=runs / "c", figure="not-installed-here")
    (runs / "b" / "spool" / "spool.json").write_text("{")
    code, output, errors = command(runs)
    assert (code, len(output), len(errors)) == (1, 2, 2)
    code, output, errors = command("--step", "2", runs / "a", runs / "d")
    assert (code, len(output), len(errors)) == (0, 1, 1)


RECIPE = """
from autoviz_render import ImagePanel, TextPanel

def mine(snapshot):
    return [ImagePanel("mine", snapshot.arrays["image"])]

fit = mine

def broken(snapshot):
    raise ZeroDivisionError("a bug in the recipe")
"""


def test_a_figure_may_be_a_function_of_ones_own(run_dir, publish, command, tmp_path, monkeypatch):
    """`--figure module:function`, from the folder that one stands in."""
    (tmp_path / "my_figures.py").write_text(RECIPE)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    publish(1)
    (own,) = command(run_dir)[1]
    before = Path(own).read_bytes()
    code, output, _ = command("--figure", "my_figures:mine,my_figures:fit", run_dir)
    assert (code, [Path(line).name for line in output]) == (0, ["my_figures.mine.png", "my_figures.fit.png"])
    assert Path(own).read_bytes() == before


def test_a_recipe_that_raises_is_drawn_as_its_error_and_told(run_dir, publish, command, tmp_path, monkeypatch):
    """A bug in a plot is reported in a line, and visible where the plot would be."""
    (tmp_path / "their_figures.py").write_text(RECIPE)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    publish(1)
    code, output, errors = command("--figure", "their_figures:broken", run_dir)
    assert (code, len(output)) == (1, 1)
    told = "ZeroDivisionError: a bug in the recipe (their_figures.py:10)"
    assert errors == [f"autoviz-render: {run_dir}: figure 'their_figures.broken': {told}"]


@pytest.mark.parametrize("figure", ["nothing", "no_such_module:f", "os:no_such_function", "os:"])
def test_a_figure_that_is_not_there_is_wrong_usage(run_dir, publish, command, figure):
    """In one line that names it."""
    publish(1)
    code, output, errors = command("--figure", figure, run_dir)
    assert (code, output, len(errors)) == (2, [], 1)
    assert repr(figure) in errors[0]


def test_status_tells_how_the_runs_stand(run_dir, publish, command):
    """For a person, and for a script."""
    publish(3)
    code, (head, row, *more), errors = command("--status", run_dir)
    assert (code, errors) == (0, [])
    assert head.split() == ["run", "state", "updates", "age", "renderer", "figures"]
    assert "".join([row, *more]).replace(" ", "").startswith(f"{run_dir}finished30snoneauto")
    assert more[-2:] == ["  search: 3 snapshots kept", "  iteration 20, log likelihood -1.00"]
    code, output, _ = command("--status", "--json", run_dir)
    (standing,) = map(json.loads, output)
    assert code == 0
    assert (standing["state"], standing["quick_updates"], standing["renderer"]) == ("finished", 3, None)
    with Publisher(run_dir) as publisher:
        publisher.publish({}, iteration=0)
    (line,) = command("--status", "--json", run_dir)[1]
    assert json.loads(line, parse_constant=pytest.fail)["log_likelihood"] is None


def test_status_counts_quick_updates_whose_numbers_were_thinned_away(run_dir, publish, command, monkeypatch):
    """A run of days has fewer lines than quick updates."""
    publish(33)
    spool = Spool(run_dir)
    monkeypatch.setattr(thinning, "THIN_ABOVE_BYTES", 4000)
    thinning.thin_lines(spool.paths.scalars, tmp=spool.paths.tmp)
    assert len(spool.scalars()) < 33
    (line,) = command("--status", "--json", run_dir)[1]
    assert json.loads(line)["quick_updates"] == 33


def test_json_names_the_files_one_object_a_line(run_dir, publish, command):
    """What another program reads."""
    publish(1)
    assert [json.loads(line) for line in command("--json", run_dir)[1]] == [{"file": str(run_dir / "image/fit.png")}]


def cut_short(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:1000])


def of_version_99(path: Path) -> None:
    with h5py.File(path, "r+") as file:
        file.attrs["format_version"] = 99


def empty(path: Path) -> None:
    path.write_bytes(b"")


def another_program(path: Path) -> None:
    with h5py.File(path, "w") as file:
        file["x"] = 1


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        (cut_short, "cut short"),
        (of_version_99, "format version 99"),
        (empty, "is cut short: it has 0 bytes"),
        (another_program, "footer at its end is missing"),
    ],
)
def test_a_snapshot_that_cannot_be_read_is_one_line_and_a_note(run_dir, publish, command, damage, says):
    """Exit code 1, no traceback, and nothing changed but a note with the reason: the file may be on its way."""
    publish(1)
    ref = Spool(run_dir).newest()
    damage(ref.path)
    before = on_disk(run_dir)
    code, output, errors = command(run_dir)
    assert (code, output, len(errors)) == (1, [], 1)
    assert says in errors[0]
    assert str(ref.path) in errors[0]
    after = on_disk(run_dir)
    assert says in after.pop(f"spool/bad/{ref.path.name}.reason.txt").decode()
    assert after == before
    assert f"1filecannotberead:see{run_dir}/spool/bad" in "".join(command("--status", run_dir)[1]).replace(" ", "")


def test_the_snapshot_before_a_damaged_one_is_drawn(run_dir, publish, command):
    """Something true is better than nothing, and the exit code says that it is not all."""
    publish(2)
    cut_short(Spool(run_dir).newest().path)
    code, output, errors = command(run_dir)
    assert (code, len(output), len(errors)) == (1, 1, 1)


@pytest.mark.parametrize("arguments", [(), ("--all",), ("--status", "--json")], ids=str)
def test_a_private_folder_costs_nobody_else_their_figures(tmp_path, publish, command, monkeypatch, arguments):
    """Passed over and told in one line; the exit code says that it is not all, as `find` does."""
    publish(1, into=tmp_path / "tree" / "a")
    (tmp_path / "tree" / "private").mkdir()
    real = os.stat

    def failing(path, *rest, **keywords):
        if str(path).startswith(str(tmp_path / "tree" / "private")):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))
        return real(path, *rest, **keywords)

    monkeypatch.setattr(os, "stat", failing)
    code, output, errors = command(*arguments, tmp_path / "tree")
    told = f"autoviz-render: {tmp_path}/tree/private: cannot be looked into (Permission denied) and is passed over"
    assert (code, len(output), errors) == (1, 1, [told])


@contextlib.contextmanager
def unprivileged():
    """Be another user for a while, in this process: the interpreter may be closed to others, too."""
    if os.name == "nt" or os.geteuid() != 0:
        pytest.skip("only root can be somebody else")
    try:
        os.setegid(65534)
        os.seteuid(65534)
    except OSError:
        pytest.skip("this root may not be somebody else")
    try:
        yield
    finally:
        os.seteuid(0)
        os.setegid(0)


def test_an_unprivileged_user_gets_past_a_private_folder(publish, command):
    """The same for real: `install -d -m700 -o root tree/private`."""
    with tempfile.TemporaryDirectory() as name:  # pytest's own folders are private
        tree = Path(name)
        tree.chmod(0o755)
        for run in ("a", "private/b"):
            publish(1, into=tree / run)
        (tree / "private").chmod(0o700)
        code, output, errors = command("--status", "--json", tree)  # imports everything, too
        assert (code, len(output), errors) == (0, 2, [])
        with unprivileged():
            code, output, errors = command("--status", "--json", tree)
    told = f"autoviz-render: {tree}/private: cannot be looked into (Permission denied) and is passed over"
    assert (code, len(output), errors) == (1, 1, [told])


def test_a_path_that_is_itself_private_is_said_to_be(tmp_path, command, monkeypatch):
    """Not that it holds no spool, which nobody knows."""

    def failing(path):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))

    monkeypatch.setattr(os, "scandir", failing)
    code, output, errors = command(tmp_path)
    assert (code, output) == (1, [])
    assert errors == [f"autoviz-render: {tmp_path}: cannot be looked into (Permission denied) and is passed over"]


def test_a_run_whose_snapshots_are_private_costs_no_other_its_line(tmp_path, publish, command, monkeypatch):
    """One failing disk of many: the status of the others is told."""
    for name in ("a", "b", "c"):
        publish(1, into=tmp_path / name)
    real = os.listdir

    def failing(path):
        if path == tmp_path / "b" / "spool" / "snapshots":
            raise OSError(errno.EIO, os.strerror(errno.EIO), str(path))
        return real(path)

    monkeypatch.setattr(os, "listdir", failing)
    code, output, errors = command("--status", "--json", tmp_path)
    assert (code, len(output), len(errors)) == (1, 2, 1)
    assert "Input/output error" in errors[0]


ALL, WATCH = ("--all",), ("--watch", "--until-finished")


def each_of(firsts, seconds, quick):
    """All pairs, those that are not quick by --torture."""
    pairs = itertools.product(firsts, seconds)
    return [pytest.param(*pair, marks=() if pair in quick else pytest.mark.torture) for pair in pairs]


@pytest.mark.parametrize(
    ("where", "arguments"),
    each_of(
        ["run", "run/spool", "latest", "latest-spool", "output", "above"],
        [(), ALL, (*WATCH, "--quiet")],
        quick=[
            ("run", ()),
            ("run/spool", ALL),
            ("latest", (*WATCH, "--quiet")),
            ("latest-spool", ()),
            ("output", ALL),
            ("above", (*WATCH, "--quiet")),
        ],
    ),
    ids=str,
)
def test_figures_of_a_run_on_another_disk_lie_where_they_should(tmp_path, publish, command, arguments, where):
    """Users link their output to a scratch disk; the figures appear beside the spool, as they name it."""
    scratch = tmp_path / "scratch"
    publish(1, into=scratch / "a")
    publish(1, into=scratch / "out" / "b")
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "spool").symlink_to(scratch / "a" / "spool")
    (tmp_path / "latest").symlink_to(scratch / "a")
    (tmp_path / "latest-spool").symlink_to(scratch / "a" / "spool")
    (tmp_path / "output").symlink_to(scratch / "out")
    (tmp_path / "above").mkdir()
    (tmp_path / "above" / "output").symlink_to(scratch / "out")
    expected = {
        "run": tmp_path / "run",
        "run/spool": tmp_path / "run",
        "latest": scratch / "a",
        "latest-spool": scratch / "a",
    }.get(where, scratch / "out" / "b")
    code, output, errors = command(*arguments, tmp_path / where)
    assert (code, len(output), errors) == (0, 1, [])
    assert [path for path in tmp_path.rglob("fit*.png") if not path.is_symlink()] == [Path(output[0]).resolve()]
    assert Path(output[0]).resolve().is_relative_to(expected / "image")
    out = tmp_path / "figures"
    assert command(*arguments, "--out", out, tmp_path / where)[0] == 0
    assert list(out.rglob("fit*.png"))


def test_runs_that_are_links_have_folders_of_their_own_under_out(tmp_path, publish, command):
    """They all are called fit.png: that their runs lie elsewhere must not mix them up."""
    for name in ("a", "b"):
        publish(1, into=tmp_path / "scratch" / name)
    (tmp_path / "runs").mkdir()
    for name in ("a", "b"):
        (tmp_path / "runs" / name).symlink_to(tmp_path / "scratch" / name)
    code, output, _ = command("--out", tmp_path / "out", tmp_path / "runs")
    assert (code, output) == (0, [str(tmp_path / "out" / name / "fit.png") for name in ("a", "b")])


@pytest.mark.parametrize(
    ("planted", "arguments"),
    each_of(
        ["image", "image/frames", "image/x"],
        [(), ALL, ("--best",), WATCH],
        quick=[("image", WATCH), ("image", ("--best",)), ("image/x", ()), ("image/frames", ALL), ("image/frames", ())],
    ),
    ids=str,
)
def test_no_figure_is_written_through_a_link_in_a_run(tmp_path, publish, command, arguments, planted):
    """A stranger's run would have files of ours appear, and others vanish, wherever it likes."""
    victim = tmp_path / "victim"
    victim.mkdir()
    draft = victim / ".fit.png.999999999.0.draft"
    draft.write_text("mine")
    publish(1, into=tmp_path / "run", name="x" if planted == "image/x" else None)
    link = tmp_path / "run" / planted
    link.parent.mkdir(exist_ok=True)
    link.symlink_to(victim)
    if planted == "image/frames" and "--all" not in arguments:
        assert command(*arguments, tmp_path / "run")[0] == 0
    else:
        code, output, errors = command(*arguments, tmp_path / "run")
        assert (code, output, len(errors)) == (1, [], 1)
        assert f"{link}: is a link, through which no figures are written" in errors[0]
    assert list(victim.iterdir()) == [draft]
    assert command(*arguments, "--out", tmp_path / "out", tmp_path / "run")[0] == 0


def test_a_missing_path_is_wrong_usage(tmp_path, command):
    """A name mistyped."""
    code, output, errors = command(tmp_path / "missing")
    assert (code, output) == (2, [])
    assert errors == [
        f"autoviz-render: {tmp_path}/missing: does not exist; --watch waits for a run that is yet to start"
    ]
    assert on_disk(tmp_path) == {}


def test_an_empty_directory_holds_nothing_to_draw(tmp_path, command):
    """Not an error of anybody's: exit code 3 lets a script wait."""
    code, output, errors = command(tmp_path)
    assert (code, output, len(errors)) == (3, [], 1)
    assert "holds no spool" in errors[0]
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_no_spool_is_wrong_usage(tmp_path, command):
    """A name that can never work."""
    (tmp_path / "notes.txt").write_text("hello")
    for option in ("--all", "--status", "--watch"):
        code, output, errors = command(option, tmp_path / "notes.txt")
        assert (code, output, len(errors)) == (2, [], 1)
        assert "is no spool" in errors[0]
    assert on_disk(tmp_path) == {"notes.txt": b"hello"}


def test_a_run_without_snapshots_has_nothing_to_draw(run_dir, publish, command):
    """It has only just begun: exit code 3 lets a script wait. Of one that is over, waiting is of no use."""
    with Publisher(run_dir) as publisher:
        assert publisher.opened.wait(30)
        assert command(run_dir) == (3, [], [f"autoviz-render: {run_dir}/spool: holds no snapshot yet"])
    ended = f"autoviz-render: {run_dir}/spool: holds no snapshot, and the run is over (finished)"
    for arguments in ((), ("--all",), ("--best",), ("--movie", run_dir / "fit.gif")):
        assert command(*arguments, run_dir) == (3, [], [ended])


def test_a_run_that_died_before_its_first_snapshot_is_over(run_dir, publish, command):
    """Nobody publishes there any more."""
    publish(0)
    info = run_dir / "spool" / "spool.json"
    died = json.loads(info.read_text()) | {"state": "running"}
    died["producer"] |= {"pid": 999_999_999}
    info.write_text(json.dumps(died))
    assert command(run_dir)[2] == [f"autoviz-render: {run_dir}/spool: holds no snapshot, and the run is over (died)"]


def test_snapshots_that_were_not_asked_for_are_told(run_dir, publish, command):
    """Since a moment; or of what a resumed run did again, which has published nothing yet."""
    publish(3)
    code, output, (error,) = command("--all", "--since", "2199-01-01T00:00", run_dir)
    assert (code, output) == (3, [])
    assert error.endswith("holds no snapshot since 2199-01-01T00:00:00; there are 3, from 0 to 2")
    Publisher(run_dir, resumed_from=-1).close()
    code, output, (error,) = command(run_dir)
    assert (code, output) == (3, [])
    assert error.endswith("holds 3 snapshots, all of what a resumed run did again: draw them by --all --abandoned")
    assert len(command("--all", "--abandoned", run_dir)[1]) == 3


def test_a_run_of_which_nothing_can_be_read_says_so(run_dir, publish, command):
    """Each file is told with its reason; then, that there is no other."""
    publish(3)
    for ref in Spool(run_dir).snapshots():
        empty(ref.path)
    code, output, errors = command(run_dir)
    assert (code, output, len(errors)) == (1, [], 4)
    assert errors[-1].endswith(f"{run_dir}/spool: holds no snapshot that can be read, of 3: see its bad/")


def test_a_folder_beside_the_run_names_the_run(run_dir, publish, command, tmp_path):
    """A person stands in the folder of the figures, or of the snapshots, or copied half of a spool."""
    publish(1)
    command(run_dir)
    for folder in ("image", "spool/snapshots", "spool/static"):
        code, output, (error,) = command(run_dir / folder)
        assert (code, output) == (3, [])
        assert error.endswith(f"holds no spool; {run_dir}/spool is one: name that, or the folder it is in")
    (run_dir / "spool" / "spool.json").unlink()
    for folder in (run_dir, run_dir / "spool"):
        code, output, (error,) = command(folder)
        assert code == 3
        told = f"{run_dir}/spool/snapshots is there, but the spool.json beside it is not: copy that, too"
        assert error == f"autoviz-render: {folder}: holds no spool; {told}"


@pytest.mark.parametrize("arguments", [(), ("--status", "--json")], ids=str)
def test_a_path_without_a_run_costs_no_other_its_figure(tmp_path, publish, command, arguments):
    """`autoviz-render output/*`, and something else is in it."""
    publish(1, into=tmp_path / "a")
    (tmp_path / "b").mkdir()
    code, output, errors = command(*arguments, tmp_path / "b", tmp_path / "a")
    assert (code, len(output)) == (1, 1)
    told = "holds no spool; a run makes one when it starts; it is passed over"
    assert errors == [f"autoviz-render: {tmp_path}/b: {told}"]


def test_a_link_that_is_not_followed_is_named(tmp_path, publish, command):
    """Deep in a tree no link is followed, as it may lead round in circles, or to a stranger's."""
    publish(1, into=tmp_path / "scratch" / "run")
    (tmp_path / "output" / "deep").mkdir(parents=True)
    link = tmp_path / "output" / "deep" / "scratch"
    link.symlink_to(tmp_path / "scratch")
    code, output, (error,) = command(tmp_path / "output")
    assert (code, output) == (3, [])
    assert error.endswith(f"holds no spool; {link} is a link, which is followed only if it is named: name that")
    assert command(link)[0] == 0


def test_an_archived_run_is_drawn_and_told_as_it_lies(tmp_path, publish, command):
    """PyAutoFit packs a fit's folder and removes it; a zip that is cut short costs a line."""
    publish(2, into=tmp_path / "output" / "search")
    archive = put_away(tmp_path / "output" / "search")
    (tmp_path / "output" / "cut.zip").write_bytes(archive.read_bytes()[:-50])
    figure = tmp_path / "output" / "search.figures" / "fit.png"
    for path in (archive, tmp_path / "output" / "search"):
        assert command(path) == (0, [str(figure)], [])
        figure.unlink()
    code, output, (error,) = command(tmp_path / "output")
    assert (code, output) == (1, [str(figure)])
    assert "cut.zip: cannot be looked into (is no whole zip file: it is cut short, or still being written)" in error
    assert command("--all", archive)[0] == 0
    drawn = {path: path.stat().st_mtime_ns for path in figure.parent.rglob("*.png")}
    assert command("--all", archive)[0] == 0
    assert {path: path.stat().st_mtime_ns for path in figure.parent.rglob("*.png")} == drawn
    assert len(drawn) == 3
    code, output, _ = command("--status", "--json", archive)
    assert code == 0
    assert json.loads(output[0])["spool"] == str(archive / "spool")
    assert sorted(path.name for path in (tmp_path / "output").iterdir()) == ["cut.zip", "search.figures", "search.zip"]


@pytest.mark.parametrize("content", [b"{", b"[]", b'{"format": "autoviz-render spool", "version": 9}', b"\xff\xfe"])
def test_a_spool_json_that_cannot_be_read_is_one_line(run_dir, publish, command, content):
    """Damage, or a later version."""
    publish(1)
    (run_dir / "spool" / "spool.json").write_bytes(content)
    before = on_disk(run_dir)
    for arguments in ((run_dir,), ("--status", run_dir), ("--watch", run_dir)):
        code, output, errors = command(*arguments)
        assert (code, output, len(errors)) == (1, [], 1)
        assert "spool.json" in errors[0]
    assert on_disk(run_dir) == before


def test_figures_that_cannot_be_written_are_one_line(run_dir, publish, command, tmp_path):
    """A read-only place, or a file in the way."""
    publish(1)
    (tmp_path / "out").write_text("in the way")
    code, output, errors = command("--out", tmp_path / "out", run_dir)
    assert (code, output, len(errors)) == (1, [], 1)
    assert str(tmp_path / "out") in errors[0]


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("--format", "gif", "x"),
        ("--dpi", "0", "x"),
        ("--step", "-1", "x"),
        ("--all", "--step", "1", "x"),
        ("--watch", "--all", "x"),
        ("--watch", "x", "y"),
        ("--until-finished", "x"),
        ("--poll", "1", "x"),
        ("--watch", "--poll", "soon", "x"),
        ("--nonsense", "x"),
        ("--nonsense\x1b[2J\nforged", "x"),
        ("--dpi", "\x1b[2J\nforged", "x"),
        ("--completion", "cmd.exe"),
    ],
    ids=ascii,
)
def test_wrong_usage_exits_with_2(command, arguments):
    """With the usage in a line, what is wrong in another, and without doing anything."""
    code, output, (usage, error) = command(*arguments)
    assert (code, output) == (2, [])
    assert usage == "usage: autoviz-render [OPTION ...] PATH [PATH ...]"
    assert error.startswith("autoviz-render: error: ")
    assert error.isprintable()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ("--figure a --figure b", "argument --figure: is given twice; separate several by commas"),
        ("--format png --format pdf", "argument --format: is given twice; separate several by commas"),
        ("--step 1 --step 2", "argument --step: is given twice"),
        ("--dpi=50 --dpi 50", "argument --dpi: is given twice"),
        ("--out a --ou b", "argument --out: is given twice"),
        ("--status --figure run --dpi 50", "--status draws nothing: leave out --figure and --dpi"),
        ("--status --theme light", "--status draws nothing: leave out --theme"),
        ("--status --out there", "--status draws nothing: leave out --out"),
        ("--status --since 1h", "--status draws nothing: leave out --since"),
        ("--watch --jobs 2", "--watch draws in one process: leave out --jobs"),
        ("--status --shard 1/2", "--status draws nothing: leave out --shard"),
        ("--movie fit.gif --shard 1/2", "--movie is made of all snapshots, in one file of its own: leave out --shard"),
        ("--dask host:1 --jobs 2", "--dask has workers of its own: leave out --jobs"),
        ("--shard 0/4", "argument --shard: there is no part 0 of 4: choose K/N, K from 1 to N, N up to 1,000,000"),
        ("--shard 5/4", "argument --shard: there is no part 5 of 4: choose K/N, K from 1 to N, N up to 1,000,000"),
        ("--shard 3", "argument --shard: '3' is no part: write K/N, K from 1 to N, or auto"),
        ("--shard auto", "argument --shard: auto finds no SLURM array, srun or MPI rank in the environment: write K/N"),
        ("--watch --redraw", "--redraw goes with --all"),
        ("--poll 2", "--poll goes with --watch"),
        ("--movie a.gif --figure run,line", "--movie shows one figure: name one of run,line"),
        ("--movie a.gif --step 3 --out b", "--movie is made of all snapshots, in one file of its own: leave out"),
        ("--quiet --debug", "--debug says everything: leave out --quiet"),
    ],
)
def test_what_has_no_effect_is_refused(command, arguments, told):
    """Who typed it expects something of it. Also if it says what is so by default."""
    code, output, (_, error) = command(*arguments.split(), "x")
    assert (code, output) == (2, [])
    assert error.startswith(f"autoviz-render: error: {told}")


def test_a_switch_may_be_given_again(tmp_path, command):
    """By an alias, and by whoever types it."""
    assert command("--quiet", "--quiet", "--json", "--json", tmp_path)[0] == 3


def test_debug_adds_the_traceback(tmp_path, command):
    """For whoever mends it."""
    _, _, errors = command("--debug", tmp_path)
    assert any(line.startswith("Traceback") for line in errors)


def test_the_console_script_is_installed(run_dir, publish):
    """What the README names is what pip puts on the path."""
    publish(1)
    script = Path(sys.executable).with_name("autoviz-render")
    done = subprocess.run([script, "--quiet", run_dir], capture_output=True, text=True, check=True)
    assert done.stdout == f"{run_dir}/image/fit.png\n"
    assert done.stderr == ""


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may write everywhere, and Windows has no modes")
def test_somebody_elses_run_is_drawn_elsewhere(run_dir, publish, command, tmp_path):
    """A colleague's output, readable and not writable: --out is all it takes."""
    publish(1)
    folders = [path for path in (run_dir, *run_dir.rglob("*")) if path.is_dir()]
    for folder in folders:
        folder.chmod(0o555)
    try:
        assert command("--out", tmp_path / "mine", run_dir)[0] == 0
        assert command("--watch", "--until-finished", "--out", tmp_path / "mine", run_dir)[0] == 0
    finally:
        for folder in folders:
            folder.chmod(0o755)
