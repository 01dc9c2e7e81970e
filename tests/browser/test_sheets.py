"""The contact sheet in a real browser: from `file://`, and served."""

from __future__ import annotations

import csv
import re

import pytest
from playwright.sync_api import expect

from autoviz_render.renderer.plot import png
from autoviz_render.renderer.sheet.marks import Mark, read_marks
from autoviz_render.renderer.sheet.order import DATA, SheetOrder, SheetPage, SheetRun
from autoviz_render.spool.text import printable
from autoviz_render.views.page.sheet import SheetSite

HOSTILE = "</script><img src=x onerror=document.title='run'>\x1b[31m\u202e\u2028\n\0<b>" + "x" * 3000
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "device_scale_factor": 2}
PER_STRIP = 18


def write(folder, keys, marks=None):
    """A sheet of runs of these names, and its address."""
    folder.mkdir(exist_ok=True)
    (folder / DATA).mkdir(exist_ok=True)
    site = SheetSite(SheetOrder(("source", "residuals"), folder, title=HOSTILE, sort="-chi2", where="chi2 > 1"))
    for number, first in enumerate(range(0, len(keys), PER_STRIP)):
        pixels = png.pixels_in(png.rows_of(6 * 20, 3 * 60))
        pixels[...] = 40 * (number % 6)
        strip = f"strip-{number + 1:03d}-{number:016x}.png"
        (folder / DATA / strip).write_bytes(png.png(pixels, 100))
        runs = [
            SheetRun(key, key, "chi2 1.02", "finished", (marks or {}).get(key, Mark()), folder)
            for key in keys[first : first + PER_STRIP]
        ]
        site.add(SheetPage(number, runs, strip=strip, size=(60, 20), across=3))
    return site.write().as_uri()


def badges(page):
    return page.locator(".badge").all_text_contents()


def test_runs_are_marked_by_keys_kept_and_saved(tmp_path, open_page):
    """A person looks at two thousand runs with one hand; nothing is lost if the browser closes."""
    url = write(tmp_path, ["a", "b", "=c()"], {"b": Mark("good", "", "2020-01-01T00:00:00Z")})
    page = open_page(url)
    expect(page.locator(".shot.at b")).to_have_text("a")
    for key in ("b", "j", "l", "ArrowRight", "g", "g", "b"):
        page.keyboard.press(key)
    assert badges(page) == ["✗ bad", "? look again", "✗ bad"]
    page.keyboard.press("n")
    page.keyboard.type('no "source"')
    page.keyboard.press("Enter")
    expect(page.locator(".note").nth(2)).to_have_text('no "source"')
    page.reload()
    expect(page.locator(".badge").first).to_have_text("✗ bad")
    assert badges(page) == ["✗ bad", "? look again", "✗ bad"]
    page.evaluate("() => { delete window.showSaveFilePicker; }")
    with page.expect_download() as download:
        page.keyboard.press("s")
    download.value.save_as(tmp_path / "marks.csv")
    marks = read_marks(tmp_path)
    assert {run: mark.mark for run, mark in marks.items()} == {"a": "bad", "b": "look", "=c()": "bad"}
    assert marks["=c()"].note == 'no "source"'
    with open(tmp_path / "marks.csv", newline="") as file:
        assert not [cell for row in csv.reader(file) for cell in row if cell.startswith("=")]


def test_marks_choose_what_is_shown(tmp_path, open_page):
    """To look at the bad ones again, and at those nobody looked at."""
    page = open_page(write(tmp_path, list("abcdef"), {"b": Mark("bad", "", "2026-01-01T00:00:00Z")}))
    page.keyboard.press("4")
    expect(page.locator(".shot:visible b")).to_have_text(["b"])
    page.keyboard.press("2")
    expect(page.locator(".shot:visible b")).to_have_text(list("acdef"))
    page.keyboard.press("g")
    page.keyboard.press("j")
    expect(page.locator(".shot.at b")).to_have_text("c")


def test_hostile_names_are_text_and_marks_of_theirs_come_back(tmp_path, open_page):
    """A run's name is a stranger's."""
    page = open_page(write(tmp_path, [HOSTILE, "b"]))
    expect(page.locator(".shot b").first).to_contain_text("</script><img src=x")
    assert page.locator(".cells img").count() == 0
    assert page.title().startswith("sheet · </script>")
    page.keyboard.press("b")
    kept = page.evaluate("() => Object.keys(JSON.parse(localStorage['autoviz marks ' + location.pathname]))")
    assert kept == [printable(HOSTILE)]


@pytest.mark.parametrize("options", [{}, PHONE], ids=["desktop", "phone"])
def test_two_thousand_runs_are_there_within_a_second_and_load_few_pictures(tmp_path, open_page, options):
    """The pictures are hundreds of megabytes: only those in sight are loaded."""
    url = write(tmp_path, [f"field/lens_{number:04d}" for number in range(2000)])
    page = open_page(url, **options)
    page.wait_for_function("() => document.documentElement.dataset.ready === '1'")
    expect(page.locator(".shot")).to_have_count(2000)
    took = page.evaluate("() => performance.now()")
    loaded = page.evaluate("() => performance.getEntriesByType('resource').map((each) => each.name)")
    assert sum("strip-" in name for name in loaded) < 60
    width = page.evaluate("() => [document.documentElement.scrollWidth, innerWidth]")
    assert width[0] <= width[1]
    page.keyboard.press("End")
    expect(page.locator(".shot.at b")).to_have_text("field/lens_1999")
    expect(page.locator(".shot").last.locator(".strip-picture")).to_have_attribute("style", re.compile("strip-112"))
    assert took < 20_000  # benchmarks/sheets.py measures it


def test_served_marks_go_to_the_file_and_come_from_it(tmp_path, open_page, serve_sheet):
    """Without a button; and another browser sees them."""
    site = serve_sheet(["lens"])
    page = open_page(site.opened)
    page.goto(site.base + "sheet.html")
    expect(page.locator(".shot.at b")).to_have_text("lens")
    with page.expect_response(lambda answer: "api/mark?" in answer.url) as answered:
        page.keyboard.press("l")
    assert answered.value.json() == {"marked": 1}
    assert read_marks(site.path)["lens"].mark == "look"
    page.evaluate("() => localStorage.clear()")
    page.reload()
    expect(page.locator(".badge")).to_have_text("? look again")


@pytest.fixture
def serve_sheet(tmp_path):
    """A server over runs of these names, with a sheet of them."""
    from types import SimpleNamespace

    from served import Served, details

    from autoviz_render.views.model.feed import Feed
    from autoviz_render.views.server.server import Server

    made = []

    def start(keys):
        path = tmp_path / "runs"
        write(path, keys)
        feed = Feed(path, details(lambda: feed))
        served = Served(path, feed, Server(feed, "0"))
        served.server.start()
        made.append(served)
        for key in keys:
            served.add(key)
        return SimpleNamespace(path=path, base=served.base, opened=f"{served.base}?token={served.server.token}")

    yield start
    for each in made:
        each.server.close()
        each.feed.close()
