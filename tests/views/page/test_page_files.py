"""A page replaces what is ours, and nothing else; nothing is written through a link."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from autoviz_render.spool.errors import SpoolError
from autoviz_render.views.page import assets
from autoviz_render.views.page.page_files import ForeignFileError, PageFiles
from autoviz_render.views.page.scripts import data_script


@pytest.fixture
def image(tmp_path, sources):
    folder = tmp_path / "image"
    folder.mkdir()
    return folder


def opened(image, refuse_links: Callable[[], object] = lambda: None) -> PageFiles:
    made = PageFiles(image, refuse_links)
    made.open(assets.page("run", "a run"))
    return made


@pytest.mark.parametrize(
    "content", [b"", b"<html>mine</html>", b"x" * 5000 + b'<meta name="generator" content="autoviz-render 1">']
)
def test_another_programs_page_is_kept(image, content):
    """`index.html` is a common name: a report that somebody wrote by hand must not be lost."""
    (image / "index.html").write_bytes(content)
    with pytest.raises(ForeignFileError, match=r"index\.html: is another program's page"):
        opened(image)
    assert (image / "index.html").read_bytes() == content
    assert os.listdir(image) == ["index.html"]


def test_a_page_of_an_earlier_version_is_replaced(image):
    """Else it would show the data of today with the program of yesterday."""
    opened(image)
    now = (image / "index.html").read_bytes()
    (image / "index.html").write_bytes(
        now.replace(b"console", b"earlier").replace(b"autoviz-render ", b"autoviz-render 0")
    )
    opened(image)
    assert (image / "index.html").read_bytes() == now


def test_a_page_that_is_there_is_not_written_again(image):
    """Ten thousand pages of a hundred kilobytes at each start of a renderer."""
    opened(image)
    before = (image / "index.html").stat().st_ino
    opened(image)
    assert (image / "index.html").stat().st_ino == before


@pytest.mark.parametrize("name", ["index.html", "index_files", "index_files/run.js"])
def test_nothing_is_written_through_a_link(image, tmp_path, name):
    """Whoever made the run may have planted one that leads anywhere."""
    outside = tmp_path / "outside"
    outside.mkdir()
    target = outside if name == "index_files" else outside / "mine"
    if target != outside:
        target.write_text("mine")
    if "/" in name:
        opened(image)
    (image / name).symlink_to(target)
    with pytest.raises(ForeignFileError):
        opened(image).write("run.js", data_script("run", {}))
    assert [each.read_text() for each in outside.iterdir()] == (["mine"] if target != outside else [])


def test_a_folder_that_is_reached_through_a_link_is_refused(image):
    """The renderer says which links: those in a run, not those that a person named."""

    def refuse() -> None:
        raise SpoolError(image, "is a link")

    with pytest.raises(SpoolError, match="is a link"):
        opened(image, refuse)
    assert not os.listdir(image)


def test_another_programs_data_are_kept(image):
    """A browser saves a page's files to `index_files`, too."""
    files = opened(image)
    (files.data / "run.js").write_text("alert(1)")
    with pytest.raises(ForeignFileError, match=r"run\.js"):
        files.write("run.js", data_script("run", {}))
    files.remove("run.js")
    assert (files.data / "run.js").read_text() == "alert(1)"


@pytest.mark.parametrize("call", ["open", "writev", "replace"])
def test_a_write_that_fails_leaves_what_was_there(image, monkeypatch, call):
    """A full disk must not leave half a script, which would show as no page at all."""
    files = opened(image)
    files.write("run.js", data_script("run", {"now": 1}))

    def fail(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, call, fail)
        with pytest.raises(OSError, match="No space left"):
            files.write("run.js", data_script("run", {"now": 2}))
    assert files.read("run.js", 1000) == data_script("run", {"now": 1})
    assert os.listdir(files.data) == ["run.js"]


def test_the_drafts_of_a_killed_renderer_are_removed(image):
    """They would add up, each of them as large as a page."""
    opened(image)
    draft = image / "index_files" / f".run.js.{os.getpid()}.9.draft"
    draft.write_text("half")
    opened(image)
    assert not draft.exists()


def test_a_page_is_one_file_with_style_and_program_inside(sources):
    """It is sent by mail, and opened from a disk."""
    text = assets.page("runs", "a & b").decode()
    assert "<style>\nbody { color: red }\n</style>" in text
    assert '<script>\nconst backslashes = "\\\\1 \\\\g<0>";\n</script>' in text
    assert "href=" not in text
    assert "src=" not in text
    assert '<meta name="autoviz-page" content="runs">' in text
    assert "autoviz-server" not in text
    assert assets.is_ours(text.encode())


def test_a_page_from_a_server_loads_its_sources(sources):
    """A content security policy lets no script run that stands in a page."""
    text = assets.page("run", "a", served_from="../assets/").decode()
    assert '<script src="../assets/main.js"></script>' in text
    assert '<link rel="stylesheet" href="../assets/page.css">' in text
    assert '<meta name="autoviz-server" content="1">' in text
    assert assets.asset_names() == {"page.html", "sheet.html", "page.css", "data.js", "main.js"}
    assert assets.asset("main.js") == b"console.log(backslashes);\n"
    with pytest.raises(FileNotFoundError):
        assets.asset("notes.txt")


@pytest.mark.parametrize(
    "title", ["</title><script>alert(1)</script>", "\udc80\u202e\n\x1b[31m", "x" * 10_000, "{0} \\1 </head>"]
)
def test_a_hostile_name_is_a_title(sources, title):
    """The name of a run is the one text of a stranger in the page itself."""
    plain = assets.page("run", "").decode()
    text = assets.page("run", title).decode()
    assert text.count("<") == plain.count("<")
    assert len(text) < len(plain) + 1000
    assert not any(sign in text for sign in "\u202e\x1b")


def test_the_sources_of_the_real_page_can_stand_in_it():
    """A program that holds the end of a script would end there; one that nothing loads is forgotten."""
    folder = Path(assets.__file__).parent / "assets"
    assert {file.name for file in folder.iterdir()} == assets.asset_names()
    for name in assets.asset_names() - {"page.html", "sheet.html"}:
        assert b"</script" not in assets.asset(name)
        assert b"</style" not in assets.asset(name)
    text = assets.page("runs", "a title").decode()
    assert "<title>a title</title>" in text
    assert text.count('<meta name="autoviz-page" content="runs">') == 1
    assert text.count("<script") == assets.asset("page.html").count(b"<script src=")
    assert not re.search(r"(?:src|href)=\"(?!data:)", text.split("<body>")[0])
