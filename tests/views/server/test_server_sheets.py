"""The contact sheet of a server, and marks: what a visitor may change, who may, and what becomes of the file."""

from __future__ import annotations

import pytest

from autoviz_render.renderer.sheet.marks import Mark, read_marks
from autoviz_render.renderer.sheet.order import SheetOrder, SheetPage, SheetRun
from autoviz_render.views.page.sheet import SheetSite

HEADERS = {"X-Autoviz-Mark": "1"}
STRIP = "strip-001-0123456789abcdef.png"


@pytest.fixture
def sheet(served):
    """A server over a run and its sheet."""
    site = SheetSite(SheetOrder(("data",), served.path))
    site.add(
        SheetPage(0, [SheetRun("lens", "lens", "chi2 1", "finished", Mark(), served.path)], strip=STRIP, size=(9, 9))
    )
    site.write()
    (served.path / "sheet_files" / STRIP).write_bytes(b"\x89PNG\r\n\x1a\n")
    return served


def test_a_mark_is_written_to_the_file_beside_the_sheet(sheet):
    """And read from there, as a person may have written in it, too."""
    (sheet.path / "marks.csv").write_text("run,mark,note,when\nother,good,by hand,\n")
    with sheet.client() as client:
        asked = {"run": "lens", "mark": "bad", "note": "=empty", "when": "2026-11-27T09:30:00Z"}
        answer = client.post("api/mark", params=asked, headers=HEADERS)
        assert (answer.status_code, answer.json()) == (200, {"marked": 2})
        told = client.get("api/marks").json()["marks"]
        assert sorted(told) == [["lens", "bad", "=empty", "2026-11-27T09:30:00Z"], ["other", "good", "by hand", ""]]
        assert read_marks(sheet.path)["lens"] == Mark("bad", "=empty", "2026-11-27T09:30:00Z")
        client.post("api/mark", params={"run": "lens"}, headers=HEADERS)
    assert list(read_marks(sheet.path)) == ["other"]


def test_only_a_page_of_ours_can_mark_and_only_what_there_is(sheet):
    """A page of another site, open in the same browser, must not write a file."""
    with sheet.client() as client, sheet.stranger() as stranger:
        asked = {"run": "lens", "mark": "bad"}
        codes = [
            stranger.post("api/mark", params=asked, headers=HEADERS).status_code,
            client.post("api/mark", params=asked).status_code,
            client.get("api/mark", params=asked, headers=HEADERS).status_code,
            client.post("api/mark", params=asked, headers=HEADERS, content=b"body").status_code,
            client.post("api/mark", params=asked | {"run": "../lens"}, headers=HEADERS).status_code,
            client.post("api/mark", params=asked | {"mark": "superb"}, headers=HEADERS).status_code,
            client.post("api/mark", params=asked | {"note": "x" * 1001}, headers=HEADERS).status_code,
            client.post("api/marks", headers=HEADERS).status_code,
        ]
    assert codes == [401, 403, 405, 413, 404, 400, 400, 405]
    assert not (sheet.path / "marks.csv").exists()


def test_a_file_that_is_no_marks_is_not_replaced(sheet):
    """It may be a person's table of something else."""
    (sheet.path / "marks.csv").write_text("name,grade\na,1\n")
    with sheet.client() as client:
        answer = client.post("api/mark", params={"run": "lens", "mark": "bad"}, headers=HEADERS)
    assert answer.status_code == 503
    assert "has no column 'run'" in answer.json()["error"]
    assert (sheet.path / "marks.csv").read_text() == "name,grade\na,1\n"


def test_the_page_and_its_pictures_are_served_and_nothing_beside_them(sheet):
    """No part of an address is joined to a path, but for the names that a sheet's files have."""
    (sheet.path / "sheet_files" / "strip-002-0123456789abcdef.png").write_text("no picture")
    (sheet.path / "sheet_files" / "secret.txt").write_text("secret")
    with sheet.client() as client:
        page = client.get("sheet.html")
        assert page.status_code == 200
        assert 'name="autoviz-page" content="sheet"' in page.text
        assert "<script>" not in page.text
        assert client.get("assets/sheet.js").status_code == 200
        assert client.get("sheet_files/sheet.js").text.startswith('autoviz.put("sheet", ')
        assert "immutable" in client.get(f"sheet_files/{STRIP}").headers["cache-control"]
        for name in ("secret.txt", "strip-002-0123456789abcdef.png", "strip-003-0123456789abcdef.png", "..%2flens"):
            assert client.get(f"sheet_files/{name}").status_code == 404


def test_without_a_sheet_there_is_no_page(served):
    """The page over all runs has no link that leads nowhere."""
    with served.client() as client:
        assert client.get("sheet.html").status_code == 404
        assert client.get("api/marks").json() == {"marks": []}
