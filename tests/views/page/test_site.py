"""One page over all runs: what is written follows what changes, and is bounded."""

from __future__ import annotations

import logging
import os
import time
from dataclasses import replace

import pytest
from page_values import draw, run_view

from autoviz_render.spool.errors import SpoolError
from autoviz_render.views.model.feed import Feed
from autoviz_render.views.model.run_view import Overview, RendererView, RunDetail, RunView
from autoviz_render.views.page import site, tables, thumbs
from autoviz_render.views.page.page_files import ForeignFileError
from autoviz_render.views.page.scripts import value_of
from autoviz_render.views.page.site import Site, site_folder, write_site
from autoviz_render.views.page.tables import FIELDS, Tables
from autoviz_render.views.page.thumbnails import thumbnail


class Folder:
    """Some runs, a feed of them, and the page over them."""

    def __init__(self, path, count=3):
        self.path = path
        self.views = {}
        self.feed = Feed(path, lambda key: RunDetail(self.views[key]))
        for number in range(count):
            self.draw(f"run{number:02d}")

    def draw(self, key, seed=0, **told):
        image = self.path / key / "image"
        image.mkdir(parents=True, exist_ok=True)
        draw(image / "fit.png", seed, (96, 64))
        self.change(key, **told)

    def change(self, key, **told):
        self.views[key] = replace(run_view(self.path / key, key, state="finished", renderer=RendererView()), **told)
        self.show(key)

    def remove(self, key):
        del self.views[key]
        self.show(key)

    def show(self, key):
        runs = [self.views[each] for each in sorted(self.views)]
        self.feed.show(Overview(self.path, time.time(), runs), [key])

    def told(self, name):
        file = self.path / "index_files" / f"{name}.js"
        return value_of(file.read_bytes()) if file.exists() else None

    def rows(self):
        """The rows as a page sees them, by key: those of the files, and in their place those that changed."""
        index = self.told("index")
        if index is None:
            return {}
        parts = [self.told(table["file"].removesuffix(".js")) for table in index["tables"]]
        assert all(part["digest"] == table["digest"] for part, table in zip(parts, index["tables"], strict=True))
        by_slot = {}
        for part in [*parts, index["changed"]]:
            for row in part["rows"]:
                values = dict(zip(part["fields"], row, strict=False))
                flat = values.get("scalars", [])
                values["scalars"] = {
                    part["names"][name]: value for name, value in zip(flat[::2], flat[1::2], strict=True)
                }
                by_slot[row[0]] = values
        return {row["key"]: row for row in by_slot.values() if "key" in row}

    def pictures(self):
        """The thumbnails by slot, with their digests."""
        files = [self.told(each["file"].removesuffix(".js")) for each in self.told("index")["thumbs"]]
        return {slot: digest for file in files for slot, digest, *_ in file["thumbs"]}

    def files(self):
        return {file.name: file.stat().st_ino for file in (self.path / "index_files").iterdir()}


@pytest.fixture
def folder(tmp_path, sources):
    return Folder(tmp_path / "output")


@pytest.fixture
def followed(folder, monkeypatch):
    """The page that follows the runs."""
    monkeypatch.setattr(site, "_EVERY", 0.02)
    monkeypatch.setattr(site, "_TIMES_ITS_COST", 1)
    monkeypatch.setattr(site, "_THUMB_EVERY", 0.05)
    monkeypatch.setattr(site, "_SHARE", 0.5)
    made = Site(folder.feed, folder.path)
    made.start()
    yield folder
    made.close()


def test_every_run_has_a_row_a_thumbnail_and_a_page(folder):
    """`--html` on what was drawn last year: one page, and from it to each run's own."""
    folder.change("run01", log_likelihood=-3.5, scalars={"log_z": 1.0, "ess": float("inf")})
    assert write_site(folder.feed, folder.path) == folder.path / "index.html"
    rows = folder.rows()
    assert sorted(rows) == ["run00", "run01", "run02"]
    row = rows["run01"]
    assert (row["folder"], row["figure"], row["page"]) == ("run01/image/", "run01/image/fit.png", True)
    assert (row["log_likelihood"], row["scalars"]) == (-3.5, {"log_z": 1.0, "ess": "Infinity"})
    assert folder.pictures() == {row["slot"]: row["thumb"] for row in rows.values()}
    assert folder.told("index")["states"] == [["finished", 3]]
    assert folder.told("index")["next"] is None
    assert (folder.path / "run01" / "image" / "index.html").exists()
    assert b'content="runs"' in (folder.path / "index.html").read_bytes()


def test_a_second_time_only_what_changed_is_made(folder, monkeypatch):
    """Ten thousand thumbnails take minutes; one run that goes on must not cost them all again."""
    write_site(folder.feed, folder.path)
    made = []
    real = thumbnail
    monkeypatch.setattr(thumbs, "thumbnail", lambda file, *size: made.append(file) or real(file, *size))
    pages = {key: (folder.path / key / "image" / "index_files" / "run.js").stat().st_ino for key in folder.views}
    folder.draw("run01", seed=7)
    write_site(folder.feed, folder.path)
    assert made == [folder.path / "run01" / "image" / "fit.png"]
    again = {key: (folder.path / key / "image" / "index_files" / "run.js").stat().st_ino for key in folder.views}
    assert [key for key in pages if pages[key] != again[key]] == ["run01"]


def test_a_run_that_changes_appears_and_leaves_is_followed(followed, eventually):
    """Without a reload, and without a file written that has nothing new."""
    eventually(lambda: len(followed.rows()) == 3 and all(row["thumb"] for row in followed.rows().values()))
    slots = {key: row["slot"] for key, row in followed.rows().items()}
    before = followed.files()
    followed.change("run01", iteration=77)
    eventually(lambda: followed.rows()["run01"]["iteration"] == 77)
    after = followed.files()
    assert [name for name in before if before[name] != after.get(name)] == ["index.js"]
    followed.remove("run00")
    eventually(lambda: "run00" not in followed.rows())
    followed.draw("run99")
    eventually(lambda: followed.rows().get("run99", {}).get("thumb"))
    assert followed.rows()["run99"]["slot"] == slots["run00"]
    assert followed.rows()["run02"]["slot"] == slots["run02"]
    assert followed.told("index")["next"] > followed.told("index")["now"]


def test_a_page_that_was_written_later_is_linked(followed, eventually):
    """A run's own page may come after its row."""
    eventually(lambda: "run00" in followed.rows())
    data = followed.path / "run00" / "image" / "index_files"
    data.mkdir()
    (data / "run.js").write_text("")
    (data.parent / "index.html").write_text("")
    followed.change("run01", iteration=3)
    eventually(lambda: followed.rows()["run00"]["page"])


def test_a_figure_that_is_replaced_has_a_new_thumbnail(followed, eventually):
    """The newest figure is what one looks for."""
    eventually(lambda: followed.rows().get("run00", {}).get("thumb"))
    before = followed.rows()["run00"]["thumb"]
    followed.draw("run00", seed=9)
    eventually(lambda: followed.rows()["run00"]["thumb"] != before)
    eventually(lambda: followed.rows()["run00"]["thumb"] in followed.pictures().values())


def test_the_end_is_written(folder):
    """What the page says last is how the runs stand, and that nobody promises more."""
    made = Site(folder.feed, folder.path)
    made.start()
    folder.change("run00", state="failed", warning="it broke")
    made.close()
    assert folder.rows()["run00"]["state"] == "failed"
    assert folder.rows()["run00"]["thumb"]
    assert folder.told("index")["next"] is None


def test_another_programs_page_is_kept(folder):
    """A person asked for the page, so this is an error and not a warning."""
    (folder.path / "index.html").write_text("mine")
    with pytest.raises(ForeignFileError):
        Site(folder.feed, folder.path).start()
    with pytest.raises(ForeignFileError):
        write_site(folder.feed, folder.path)
    assert (folder.path / "index.html").read_text() == "mine"


def test_another_programs_page_of_a_run_costs_one_warning(folder, caplog):
    """The page over all runs is there all the same."""
    for key in ("run00", "run01"):
        (folder.path / key / "image" / "index.html").write_text("mine")
    with caplog.at_level(logging.WARNING):
        write_site(folder.feed, folder.path)
    assert len(caplog.records) == 1
    assert [row["page"] for _, row in sorted(folder.rows().items())] == [False, False, True]


def test_a_read_only_folder_costs_one_warning_while_it_watches(folder, eventually, caplog, monkeypatch):
    """Drawing goes on; `--html` alone says why and ends."""
    real = os.open

    def refused(path, flags, *more, **named):
        if flags & os.O_CREAT:
            raise OSError(30, "Read-only file system", str(path))
        return real(path, flags, *more, **named)

    monkeypatch.setattr(os, "open", refused)
    with caplog.at_level(logging.WARNING):
        made = Site(folder.feed, folder.path)
        made.start()
        eventually(lambda: "Read-only" in caplog.text)
        made.close()
        with pytest.raises(OSError, match="Read-only"):
            write_site(folder.feed, folder.path)
    assert len(caplog.records) == 1


def test_files_of_runs_that_are_gone_are_removed(folder):
    """A page over fewer runs than before has no leftovers."""
    write_site(folder.feed, folder.path)
    data = folder.path / "index_files"
    for name in ("runs-007.js", "thumbs-007.js"):
        (data / name).write_bytes((data / "runs-000.js").read_bytes())
    (data / "runs-008.js").write_text("mine")
    write_site(folder.feed, folder.path)
    assert sorted(folder.files()) == ["index.js", "runs-000.js", "runs-008.js", "thumbs-000.js"]


def many(count, **told):
    for number in range(count):
        yield RunView(f"run{number:05d}", None, None, f"run{number:05d}", iteration=number, **told)


def tables_of(views):
    made = Tables(lambda view: f"{view.key}/image/", lambda _: None)
    for view in views:
        made.set(view, has_page=False, thumb=None)
    return made


def index_of(made):
    return value_of(made.index(now=1.0, next_=None, path="x", is_complete=True))


def test_ten_thousand_runs_are_few_files_and_one_that_changes_is_a_small_one():
    """Quotas count files, and a page that follows loads what changed each second."""
    made = tables_of(many(10_000, scalars={"log_z": -1.5, "ess": 3.0}))
    files = dict(made.changed_files(0))
    assert len(files) == 20
    assert sum(map(len, files.values())) < 400 * 10_000
    assert len(index_of(made)["changed"]["rows"]) == 0
    (one,) = many(1, warning="new")
    made.set(one, has_page=False, thumb=None)
    assert not list(made.changed_files())
    index = made.index(now=1.0, next_=None, path="x", is_complete=True)
    assert len(index) < 10_000
    assert value_of(index)["changed"]["rows"][0][FIELDS.index("warning")] == "new"
    assert [name for name, _ in made.changed_files(0)] == ["runs-000.js"]


def test_a_row_that_says_the_same_is_not_written_again():
    """A look at a run in which nothing happened costs nothing."""
    made = tables_of(many(10))
    list(made.changed_files(0))
    for view in many(10):
        made.set(view, has_page=False, thumb=None)
    assert not list(made.changed_files(0))


def test_numbers_texts_and_names_of_strangers_are_bounded():
    """A run with a hundred thousand scalars must not make the page over all runs useless."""
    scalars = {f"name{number}": 1.0 for number in range(100_000)}
    made = tables_of([RunView("a", None, None, "x" * 10_000, warning="y" * 10_000, scalars=scalars)])
    more = {f"other{number}": 1.0 for number in range(150)}
    for number in range(10):
        view = RunView(f"b{number}", None, None, "b", scalars={f"{name}-{number}": 1.0 for name in more})
        made.set(view, has_page=False, thumb=None)
    ((_, script),) = made.changed_files(0)
    assert len(script) < 50_000
    assert len(value_of(script)["names"]) <= tables._MOST_NAMES


@pytest.mark.parametrize("below", ["", "spool"])
def test_the_page_is_at_the_path_that_was_named(run_dir, publish, below):
    """A run's spool is the writer's; its page goes beside it."""
    publish()
    assert site_folder(run_dir / below, None) == run_dir
    assert site_folder(run_dir / below, run_dir / "out") == run_dir / "out"


def test_in_a_zip_is_no_place_for_a_page(run_dir, publish):
    """It is said at once, with what to do."""
    from archiving import put_away

    publish()
    with pytest.raises(SpoolError, match="--out"):
        site_folder(put_away(run_dir), None)
