"""Whose the files in a folder of figures are: what stays, what is replaced, and what is said."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import matplotlib.image
import numpy as np
import pytest
from PIL import Image

from autoviz_render import FigureSpec, RenderResult, RenderSettings, Snapshot, render
from autoviz_render.figures.panels import ImagePanel
from autoviz_render.renderer.live.live_run import LiveSettings
from autoviz_render.renderer.live.loop import LiveRenderer
from autoviz_render.renderer.live.watch import Watch
from autoviz_render.renderer.plot.drawing import KeptFigure
from autoviz_render.renderer.plot.formats import FORMATS
from autoviz_render.renderer.work.figure_files import NOTE_SUFFIX, whose
from autoviz_render.renderer.work.job_runner import InProcess


@pytest.fixture
def theirs(run_dir):
    """A picture that another program drew, where the run's figure goes."""
    path = run_dir / "image" / "fit.png"
    path.parent.mkdir(parents=True)
    matplotlib.image.imsave(path, np.eye(8))
    return path, path.read_bytes()


@pytest.fixture
def flaky(tmp_path, monkeypatch):
    """A figure that fails while there is a file of this name."""
    (tmp_path / "flaky.py").write_text(
        "import os\n"
        "from autoviz_render import ImagePanel\n"
        "def whole(snapshot):\n"
        f"    if os.path.exists({str(tmp_path / 'fails')!r}):\n"
        "        raise ValueError('no\\x1b[2J model')\n"
        "    return [ImagePanel('fine', snapshot.arrays['image'])]\n"
        "def in_part(snapshot):\n"
        f"    is_bad = os.path.exists({str(tmp_path / 'fails')!r})\n"
        "    image = snapshot.arrays['image']\n"
        "    return [ImagePanel('a', image), ImagePanel('b', 'x' if is_bad else image)]\n"
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.delitem(sys.modules, "flaky", raising=False)
    return tmp_path / "fails"


def own(name: str, **settings) -> RenderSettings:
    return RenderSettings([FigureSpec.imported(f"flaky:{name}")], **settings)


def look(run_dir: Path, settings: RenderSettings | None = None) -> None:
    """Draw the newest snapshot live, once."""
    how = LiveSettings(settings or RenderSettings(), until_finished=True)
    renderer = LiveRenderer(Watch(run_dir), how, InProcess())
    renderer.run()


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def drawing(recipe):
    return KeptFigure(recipe, dpi=40).draw(Snapshot(arrays={}, static={}, iteration=1, run="run"))


def raises(_):
    raise ValueError


@pytest.mark.parametrize("kind", FORMATS)
def test_a_figure_of_ours_is_known_in_every_format(tmp_path, kind):
    """Also a large one, and one copied elsewhere: it says so itself."""
    large = np.random.default_rng(1).normal(size=(300, 300))
    recipes = {"ours": lambda _: [ImagePanel("large", large)] * 9, "an error's": raises}
    for expected, recipe in recipes.items():
        path = tmp_path / f"figure.{kind}"
        drawing(recipe).save(path)
        assert whose(path) == expected


def test_what_is_not_of_ours_is_anothers(tmp_path):
    """And so is what cannot be told, or is no file: nothing is lost by leaving it."""
    Image.new("RGB", (4, 4)).save(tmp_path / "pillow.png", dpi=(100, 100))
    (tmp_path / "empty.png").touch()
    (tmp_path / "folder.png").mkdir()
    drawing(lambda _: []).save(tmp_path / "figure.png")
    (tmp_path / "link.png").symlink_to(tmp_path / "figure.png")
    os.mkfifo(tmp_path / "pipe.png")
    for name in ("pillow.png", "empty.png", "folder.png", "link.png", "pipe.png"):
        assert whose(tmp_path / name) == "another's", name
    assert whose(tmp_path / "nothing.png") == whose(tmp_path / "no" / "folder.png") == "nobody's"


def test_a_png_of_version_0_1_is_ours(tmp_path):
    """It did not say so; nobody has to remove a figure from each of a hundred runs."""
    path = tmp_path / "figure.png"
    drawing(lambda _: []).save(path)
    data = path.read_bytes()
    while b"tEXt" in data:
        at = data.index(b"tEXt") - 4
        data = data[:at] + data[at + 12 + int.from_bytes(data[at : at + 4], "big") :]
    path.write_bytes(data)
    assert b"autoviz" not in path.read_bytes()
    assert whose(path) == "ours"
    with Image.open(path) as image:
        for level in (1, 6, 9):
            image.convert("RGB").resize((700, 500)).save(
                path.with_name("other.png"), dpi=(100, 100), compress_level=level
            )
            assert whose(path.with_name("other.png")) == "another's"


@pytest.mark.parametrize("live", [False, True])
def test_what_another_program_drew_stays(run_dir, publish, theirs, live, caplog):
    """PyAutoFit's picture of the finished fit is called fit.png, too. Ours is beside it, and a line says so."""
    publish(2)
    path, before = theirs
    for _ in range(2):
        if live:
            look(run_dir)
        else:
            (result,) = render(run_dir)
            assert (result.status, result.files) == ("drawn", (path.with_name("auto.png"),))
        assert path.read_bytes() == before
        assert whose(path.with_name("auto.png")) == "ours"
    told = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    line = f"{path}: another program wrote it, so it is kept; figure 'auto' goes to auto.png"
    assert told == [line] * 2


def test_the_name_is_ours_again_when_the_other_file_is_gone(run_dir, publish, theirs):
    """The figure is where it is looked for, as soon as it can be."""
    publish(1)
    list(render(run_dir))
    theirs[0].unlink()
    (result,) = render(run_dir)
    assert result.files == (theirs[0],)


def test_a_figure_without_a_name_that_is_free_is_refused(run_dir, publish, theirs):
    """With the file, and what to do."""
    publish(1)
    other = theirs[0].with_name("auto.png")
    other.write_bytes(theirs[1])
    (result,) = render(run_dir)
    assert (result.status, result.fault) == (
        "unwritable",
        f"{other}: another program wrote it, so it is not replaced: name another folder by --out DIR",
    )
    assert theirs[0].read_bytes() == other.read_bytes() == theirs[1]


def test_of_several_formats_one_that_is_not_ours_moves_all(run_dir, publish, theirs):
    """Files of one figure have one name."""
    publish(1)
    (result,) = render(run_dir, settings=RenderSettings(formats=("svg", "png")))
    assert [path.name for path in result.files] == ["auto.svg", "auto.png"]
    assert names(run_dir / "image") == ["auto.png", "auto.svg", "fit.png"]


def test_a_file_that_appears_at_the_last_moment_stays(run_dir, publish, monkeypatch):
    """A search ends, and draws its own picture, while the last live figure is being drawn."""
    publish(1)
    path = run_dir / "image" / "fit.png"
    drawn = KeptFigure.draw

    def draw(self, snapshot, *more):
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"theirs")
        return drawn(self, snapshot, *more)

    monkeypatch.setattr(KeptFigure, "draw", draw)
    monkeypatch.setattr("autoviz_render.renderer.live.newest_snapshot.TRIES_AGAIN", 0.01)
    look(run_dir)
    assert path.read_bytes() == b"theirs"
    assert whose(path.with_name("auto.png")) == "ours"


@pytest.mark.parametrize("live", [False, True])
@pytest.mark.parametrize("formats", [("png",), ("png", "pdf")])
def test_a_figure_that_fails_does_not_replace_a_good_one(run_dir, publish, flaky, live, formats):
    """What one had is not lost to a bug; a text beside it says that it is old, until it is drawn again."""
    publish(1)
    settings = own("whole", formats=formats)
    draw = (lambda: look(run_dir, settings)) if live else (lambda: list(render(run_dir, settings=settings)))
    draw()
    good = {path.name: path.read_bytes() for path in (run_dir / "image").iterdir()}
    flaky.touch()
    result = draw()
    note = run_dir / "image" / f"flaky.whole{NOTE_SUFFIX}"
    assert {path.name: path.read_bytes() for path in (run_dir / "image").iterdir() if path != note} == good
    assert "figure 'flaky.whole': ValueError: no\\x1b[2J model" in note.read_text()
    if not live:
        assert [(each.status, each.files) for each in result] == [("kept", ())]
        kept = ", ".join(f"flaky.whole.{kind}" for kind in formats)
        assert result[0].errors[0].endswith(f"; {kept} is kept as it was")
    flaky.unlink()
    draw()
    assert {path.name: path.read_bytes() for path in (run_dir / "image").iterdir()} == good


def test_the_page_of_an_error_is_replaced_by_a_later_one(run_dir, publish, flaky):
    """If there never was a good figure, the page is all there is to look at, and it is the newest."""
    flaky.touch()
    publish(1)
    (first,) = render(run_dir, settings=own("whole"))
    assert first.status == "drawn"
    assert whose(first.files[0]) == "an error's"
    before = first.files[0].read_bytes()
    publish(1, first=1)
    (second,) = render(run_dir, settings=own("whole"))
    assert second.status == "drawn"
    assert second.files[0].read_bytes() != before
    assert names(run_dir / "image") == ["flaky.whole.png"]


def test_a_figure_of_which_a_part_fails_is_drawn(run_dir, publish, flaky):
    """The rest of it is news."""
    publish(1)
    list(render(run_dir, settings=own("in_part")))
    flaky.touch()
    (result,) = render(run_dir, settings=own("in_part"))
    assert (result.status, len(result.errors)) == ("drawn", 1)
    assert whose(result.files[0]) == "ours"


def test_a_live_figure_that_is_abandoned_has_a_note(run_dir, publish, flaky):
    """Its process could not write one."""
    publish(1)
    look(run_dir, own("whole"))
    flaky.touch()

    class Abandons(InProcess):
        def start(self, job):
            self._result = RenderResult("abandoned", fault="took too long")

    renderer = LiveRenderer(Watch(run_dir), LiveSettings(own("whole"), until_finished=True), Abandons())
    assert renderer.run() == 1
    assert "took too long" in (run_dir / "image" / f"flaky.whole{NOTE_SUFFIX}").read_text()


def test_each_frame_that_fails_is_told_though_its_good_one_is_kept(run_dir, publish, flaky):
    """`--all` again, after the figure was broken: nothing is lost, and nothing is hidden."""
    publish(3)
    before = [result.files[0].read_bytes() for result in render(run_dir, which="all", settings=own("whole"))]
    flaky.touch()
    results = list(render(run_dir, which="all", redraw=True, settings=own("whole")))
    assert [(each.status, len(each.errors)) for each in results] == [("kept", 1)] * 3
    files = sorted((run_dir / "image" / "frames").glob("*.png"))
    assert [path.read_bytes() for path in files] == before


def test_a_figure_that_the_live_one_will_replace_is_told(run_dir, publish, caplog):
    """One frame later a figure for a paper would be gone; another figure, or another folder, is safe."""
    publish(1)
    renderer = LiveRenderer(Watch(run_dir), LiveSettings(), InProcess())
    renderer.look()
    safe = [RenderSettings(), RenderSettings(["run"], dpi=50), RenderSettings(formats=["pdf"], dpi=50)]
    for settings in safe:
        list(render(run_dir, settings=settings))
    list(render(run_dir, settings=RenderSettings(dpi=50), out=run_dir.parent / "mine"))
    assert not [record for record in caplog.records if record.levelname == "WARNING"]
    list(render(run_dir, settings=RenderSettings(dpi=50)))
    (told,) = (record.getMessage() for record in caplog.records if record.levelname == "WARNING")
    assert told.startswith(f"{run_dir}/image: process {os.getpid()} on ")
    assert told.endswith(" draws this run live and will replace what you draw now; --out DIR keeps it")
    renderer.close()
    list(render(run_dir, settings=RenderSettings(dpi=50)))
    assert sum(record.levelname == "WARNING" for record in caplog.records) == 1


def test_another_figure_of_a_live_run_leaves_its_own(run_dir, publish):
    """`autoviz-render --figure run` beside a search, before and after its renderer drew."""
    publish(2)
    list(render(run_dir, settings=RenderSettings(["run"])))
    assert names(run_dir / "image") == ["run.png"]
    look(run_dir)
    before = (run_dir / "image" / "fit.png").read_bytes()
    list(render(run_dir, settings=RenderSettings(["run", "line"])))
    assert names(run_dir / "image") == ["fit.png", "line.png", "run.png"]
    assert (run_dir / "image" / "fit.png").read_bytes() == before
