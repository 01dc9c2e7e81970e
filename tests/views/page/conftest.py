"""What the tests of the pages share."""

from __future__ import annotations

import pytest

from autoviz_render.views.page import assets
from autoviz_render.views.page.page_files import PageFiles

SOURCES = {
    "page.html": '<!doctype html>\n<html>\n<head>\n<meta name="generator" content="autoviz-render">\n'
    '<meta name="autoviz-page" content="run">\n<title>autoviz-render</title>\n<link rel="stylesheet" href="page.css">\n'
    '</head>\n<body>\n<script src="data.js"></script>\n<script src="main.js"></script>\n</body>\n</html>\n',
    "page.css": "body { color: red }\n",
    "data.js": 'const backslashes = "\\\\1 \\\\g<0>";\n',
    "main.js": "console.log(backslashes);\n",
    "notes.txt": "not loaded\n",
}


@pytest.fixture
def sources(tmp_path, monkeypatch):
    """A page's sources that are small, in place of the real ones."""
    folder = tmp_path / "sources"
    folder.mkdir()
    for name, text in SOURCES.items():
        (folder / name).write_text(text)
    (folder / "sheet.html").write_text(SOURCES["page.html"])
    made = assets._source, assets._inlined, assets._linked, assets.asset_names
    monkeypatch.setattr(assets, "_FOLDER", folder)
    for each in made:
        each.cache_clear()
    yield folder
    for each in made:
        each.cache_clear()


@pytest.fixture
def files(tmp_path, sources):
    """The files of a page."""
    folder = tmp_path / "image"
    folder.mkdir()
    made = PageFiles(folder)
    made.open(assets.page("run", "a run"))
    return made
