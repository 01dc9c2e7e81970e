"""The pages from `file://`, in a real browser: no program behind them, no network."""

from __future__ import annotations

import time
from dataclasses import replace
from statistics import median

import pytest
from page_folder import RunFolder, RunsFolder
from page_values import draw
from playwright.sync_api import expect

from autoviz_render.views.page.thumbnails import thumbnail

HOSTILE = "</script><img src=x onerror=document.title='run'>\x1b[31m\u202e\u2028\n\0<b>" + "x" * 10_000
"""A run's name as a stranger may choose it."""

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "device_scale_factor": 2}
MOVES = """() => new Promise((done) => {
  const slider = document.querySelector('.film input'), shown = document.querySelector('.stage img'), took = [];
  const move = (place) => {
    if (place < 0) return done(took);
    const begun = performance.now();
    slider.value = place;
    slider.dispatchEvent(new Event('input', {bubbles: true}));
    const seen = () => requestAnimationFrame(() => {
      took.push([performance.now() - begun, shown.src.slice(0, 15)]);
      move(place - 1);
    });
    shown.decode().then(seen, seen);
  };
  move(slider.max - 1);
})"""


@pytest.fixture
def run(tmp_path):
    made = RunFolder(tmp_path / "lens")
    made.step(0)
    return made


def where(page):
    return page.locator(".where")


def text_of(page, name):
    """What a fact of search or renderer is."""
    return page.locator(f"dt:text-is('{name}') + dd").first


def test_a_live_run_is_followed_by_the_page_itself(run, open_page):
    """A person opens the file once, and sees each figure as it comes."""
    page = open_page(run.url)
    expect(where(page)).to_contain_text("quick update 0")
    first = page.locator(".stage img").get_attribute("src")
    run.step(1, 2)
    expect(where(page)).to_contain_text("quick update 2 · likelihood evaluations 200")
    expect(page.locator(".stage img")).not_to_have_attribute("src", first)
    expect(page.locator(".standing")).to_have_text("live")
    expect(page).to_have_title("running · lens")
    assert page.evaluate("document.querySelector('.stage img').naturalWidth") == 640


def test_the_slider_shows_a_step_within_100_ms(run, open_page):
    """Moved by hand it must feel as if the pictures were under the finger."""
    run.step(*range(1, 41))
    page = open_page(run.url)
    expect(where(page)).to_contain_text("quick update 40")
    page.keyboard.press("Home")
    expect(where(page)).to_contain_text("quick update 0")
    expect(page.locator(".percent")).to_have_text("thumbnail")
    took = page.evaluate(MOVES)
    assert len(took) == 40
    assert all(source == "data:image/webp" for _, source in took)
    assert median(seconds for seconds, _ in took) < 100


def test_keys_step_through_a_run_and_return_to_the_newest(run, open_page):
    """Without a mouse, and while new figures come: what a person looks at stays."""
    run.step(1, 2, 3)
    page = open_page(run.url)
    expect(where(page)).to_contain_text("quick update 3")
    page.keyboard.press("ArrowLeft")
    expect(where(page)).to_contain_text("quick update 2")
    run.step(4)
    expect(page.locator(".film input")).to_have_attribute("max", "4")
    expect(where(page)).to_contain_text("quick update 2")
    page.reload()
    expect(where(page)).to_contain_text("quick update 2")  # the address keeps it
    page.keyboard.press("f")
    expect(where(page)).to_contain_text("quick update 4")


def test_a_figure_is_zoomed_to_its_pixels_and_moved(run, open_page):
    """Residuals are judged pixel by pixel."""
    page = open_page(run.url)
    shown = page.locator(".stage img")
    expect(shown).to_be_visible()
    page.locator(".stage").hover()
    for _ in range(8):
        page.mouse.wheel(0, -300)
    expect(shown).to_have_class("pixels")
    assert page.evaluate("getComputedStyle(document.querySelector('.stage img')).imageRendering") == "pixelated"
    before = shown.bounding_box()
    page.mouse.down()
    page.mouse.move(500, 400)
    page.mouse.up()
    assert shown.bounding_box() != before
    page.keyboard.press("z")
    expect(shown).not_to_have_class("pixels")


def test_two_steps_are_compared_side_by_side_and_by_blinking(run, open_page):
    """Differences between two steps are seen by blinking, as astronomers always did."""
    run.step(1, 2, 3)
    page = open_page(run.url)
    expect(where(page)).to_contain_text("quick update 3")
    page.keyboard.press("c")
    expect(where(page)).to_have_count(2)
    expect(where(page).nth(0)).to_contain_text("quick update 2")
    expect(where(page).nth(1)).to_contain_text("quick update 3")
    page.keyboard.press("b")
    expect(page.locator(".side.front")).to_have_attribute("aria-label", "B")
    expect(page.locator(".side.front")).to_have_attribute("aria-label", "A")
    expect(page.locator(".side:visible")).to_have_count(1)
    page.go_back()
    expect(where(page)).to_have_count(1)


def test_the_death_and_the_return_of_the_renderer_are_shown(run, open_page):
    """A figure that is old must not pass for a new one; nor may a page that nobody writes any more."""
    page = open_page(run.url)
    expect(text_of(page, "drawn")).to_have_text("1")
    run.renderer = replace(run.renderer, state="late")
    run.told["reason"] = "the renderer gave no sign of life for 40 s"
    run.write(next_in=1.0)
    expect(page.locator(".alert")).to_contain_text("no sign of life for 40 s")
    expect(page.locator("dd.late")).to_contain_text("late")
    expect(page.locator(".standing")).to_contain_text("nothing new since")
    expect(page.locator(".alert")).to_contain_text("Nothing new since")
    run.renderer = replace(run.renderer, state="drawing", drawn=7)
    run.told["reason"] = ""
    run.step(1)
    expect(page.locator(".standing")).to_have_text("live")
    expect(page.locator(".alert")).to_be_hidden()
    expect(text_of(page, "drawn")).to_have_text("7")


def test_several_figures_are_tabs_and_an_error_is_shown_in_words(tmp_path, open_page):
    """One figure that fails must not hide the others."""
    run = RunFolder(tmp_path / "lens", names=("fit", "posterior"))
    run.errors["posterior"] = "ValueError: no samples yet"
    run.step(0)
    page = open_page(run.url)
    page.get_by_role("tab", name="posterior").click()
    expect(page.locator(".alert")).to_contain_text("posterior: ValueError: no samples yet")
    assert page.evaluate("document.querySelector('.stage img').naturalHeight") == 640
    page.keyboard.press("1")
    expect(page.locator(".alert")).to_be_hidden()


def test_numbers_keep_their_digits_and_an_early_outlier_does_not_flatten_a_curve(run, open_page):
    """The first likelihood of a run is often -1e9."""
    run.step(*range(1, 20))
    page = open_page(run.url)
    expect(page.locator("td").nth(0)).to_have_text("1.61803")
    expect(page.locator("td").nth(1)).to_have_text("−1,234,567")
    labels = page.locator("svg").nth(0).locator("text[text-anchor=end]").all_text_contents()
    assert labels
    assert all("000,000" not in label for label in labels)
    expect(page.locator("figcaption output").nth(0)).to_contain_text("−50.00  (2 outside)")
    page.get_by_role("button", name="recent range").click()
    expect(page.locator("svg").nth(0).locator("text").first).to_have_text("−1,000,000,000")


def test_a_run_without_a_figure_says_why(tmp_path, open_page):
    """An empty page helps nobody."""
    run = RunFolder(tmp_path / "lens", names=(), state="failed", updates=1)
    run.renderer = replace(run.renderer, last_error="fit: ZeroDivisionError: division by zero")
    run.write(next_in=None)
    page = open_page(run.url)
    expect(page.locator(".stage")).to_contain_text("ZeroDivisionError")
    expect(page).to_have_title("failed · lens")
    expect(page.locator(".standing")).to_contain_text("as of")


def test_a_second_run_appears_without_reload_and_opens(tmp_path, run, open_page):
    """Ten jobs start one after the other below one path."""
    runs = RunsFolder(tmp_path)
    runs.add("lens", page=True)
    runs.write()
    page = open_page(runs.url)
    expect(page.locator("li.item")).to_have_count(1)
    runs.add("field/other", state="failed", warning="ValueError: no model")
    runs.write()
    expect(page.locator("li.item")).to_have_count(2)
    expect(page).to_have_title(f"1 failed, 1 running · {tmp_path}")
    page.get_by_role("link", name="lens").click()
    expect(where(page)).to_contain_text("quick update 0")
    page.go_back()
    expect(page.locator("li.item")).to_have_count(2)
    page.get_by_role("link", name="other").click()
    expect(page.locator(".alert")).to_contain_text("ValueError: no model")
    page.keyboard.press("Escape")
    expect(page.locator("li.item")).to_have_count(2)


def test_two_runs_are_compared(tmp_path, run, open_page):
    """Side by side, chosen in the list."""
    other = RunFolder(tmp_path / "other")
    other.step(0, 1)
    runs = RunsFolder(tmp_path)
    for name in ("lens", "other"):
        runs.add(name, page=True)
    runs.write()
    page = open_page(runs.url)
    for name in ("lens", "other"):
        page.get_by_label(f"Compare {name}").check()
    page.get_by_text("compare the two").click()
    expect(page.locator(".side h2").nth(0)).to_have_text("A lens")
    expect(page.locator(".side h2").nth(1)).to_have_text("B other")
    expect(where(page).nth(1)).to_contain_text("quick update 1")


def test_ten_thousand_runs_are_filtered_and_sorted_within_a_second(tmp_path, open_page):
    """By any number that a run published."""
    runs = RunsFolder(tmp_path)
    picture = thumbnail(draw(tmp_path / "fit.png"), 192, 128)
    for number in range(10_000):
        state = "running" if number % 10 == 0 else "finished"
        runs.add(f"field{number // 100}/lens{number}", state=state, log_evidence=-float(number), iteration=number,
                 thumb="d", scalars={"chi_squared": float(number % 97), "z source": 0.5})  # fmt: skip
    runs.write(thumb=picture.picture)
    page = open_page(runs.url)
    expect(page.locator(".chip").first).to_have_text("10,000 runs")
    expect(page.locator("li.item img").first).to_be_visible()
    assert page.locator("li.item").count() < 60
    asked = [
        ("log_evidence > -1000 and state == running", 100),
        ("log_evidence > -1,000 and not (state = finished or chi_squared < 50)", 47),
        ("lens123 chi_squared >= 70", 6),
        ('"z source" = 0.5 and lens9999', 1),
        ("nothing like that", 0),
    ]
    for text, count in asked:
        took = page.evaluate(FILTERED, text)
        assert took < 1000, text
        expected = "No run is like that." if count == 0 else f"{count:,} shown"
        expect(page.locator("main.runs-page")).to_contain_text(expected)
    page.evaluate(FILTERED, "")
    assert page.evaluate(SORTED, "chi_squared") < 1000
    expect(page.locator("li.item .c-extra").first).to_have_text("96")
    assert page.evaluate(SORTED, "run") < 1000
    expect(page.locator("li.item b").first).to_have_text("lens9999")


FILTERED = """(text) => {
  const begun = performance.now(), input = document.querySelector('.filter');
  input.value = text;
  input.dispatchEvent(new Event('input'));
  document.body.getBoundingClientRect();
  return performance.now() - begun;
}"""
SORTED = """(field) => {
  const begun = performance.now(), input = document.querySelector('.sort select');
  input.value = field;
  input.dispatchEvent(new Event('change'));
  document.body.getBoundingClientRect();
  return performance.now() - begun;
}"""


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("log_evidense > 3", "no run has a number named “log_evidense”"),
        ("iteration >", "“iteration >” needs a value after it"),
        ("(running", "a bracket is not closed"),
        ("iteration > many", "“many” is no number"),
        ("and", "needs something before it"),
        ("a)", "“)” is not expected here"),
        ('"open', "cannot be read"),
        ("constructor > 1", "no run has a number named “constructor”"),
    ],
)
def test_a_filter_that_is_wrong_says_so_in_words(tmp_path, open_page, text, words):
    """What is half typed is no fault of the page: what was found stays."""
    runs = RunsFolder(tmp_path)
    runs.add("lens", iteration=3)
    runs.write()
    page = open_page(runs.url)
    expect(page.locator("li.item")).to_have_count(1)
    page.keyboard.press("/")
    page.keyboard.insert_text(text)
    expect(page.locator(".message")).to_contain_text(words)
    expect(page.locator("li.item")).to_have_count(1)


def test_the_address_keeps_filter_sort_and_view(tmp_path, open_page):
    """A colleague opens the link and sees the same."""
    runs = RunsFolder(tmp_path)
    for number in range(3):
        runs.add(f"lens{number}", iteration=number, log_evidence=-float(number))
    runs.write()
    page = open_page(runs.url + "#filter=iteration+%3E+0&sort=log_evidence&view=grid")
    expect(page.locator("li.item b")).to_have_text(["lens2", "lens1"])
    expect(page.locator("div.runs-page.grid")).to_have_count(1)
    page.locator("li.item a").first.click()
    expect(page.locator("h1")).to_have_text("lens2")
    page.keyboard.press("]")
    expect(page.locator("h1")).to_have_text("lens1")
    page.keyboard.press("Escape")
    expect(page.locator(".filter")).to_have_value("iteration > 0")
    expect(page.locator("li.item b")).to_have_text(["lens2", "lens1"])


def test_no_runs_is_said_in_words(tmp_path, open_page):
    """A page that is opened before the first job starts."""
    runs = RunsFolder(tmp_path)
    runs.write()
    page = open_page(runs.url)
    expect(page.locator(".message")).to_contain_text("No run below this path yet")
    runs.add("lens")
    runs.write()
    expect(page.locator("li.item")).to_have_count(1)


def test_hostile_names_are_text(tmp_path, open_page):
    """A spool may be a stranger's: its names are shown, and run nothing."""
    run = RunFolder(tmp_path / "lens", run=HOSTILE, warning=HOSTILE, reason=HOSTILE, counts=HOSTILE)
    run.parameters = {HOSTILE: 1.0, "__proto__": 2.0}
    run.values[HOSTILE] = run.values["__proto__"] = [3.0]
    run.renderer = replace(run.renderer, host=HOSTILE, last_error=HOSTILE)
    run.step(0)
    runs = RunsFolder(tmp_path)
    runs.add("lens", page=True, run=HOSTILE, warning=HOSTILE, scalars={HOSTILE: 1.0, "__proto__": 5.0})
    runs.add(HOSTILE, reason=HOSTILE, state=HOSTILE)
    runs.write()
    page = open_page(run.url)
    expect(page.locator("h1")).to_contain_text("</script><img src=x onerror=")
    assert page.title().startswith("running · </script>")
    assert not set(page.title()) & set("\x1b\u202e\u2028\n\0")
    assert not set(page.locator("body").inner_text()) & set("\x1b\u202e\u2028\0")
    page.goto(runs.url + "#filter=__proto__+%3E+4")
    expect(page.locator("li.item")).to_have_count(1)
    page.goto(runs.url + "#sort=-__proto__")
    expect(page.locator("li.item")).to_have_count(2)
    page.locator("li.item a").last.click()
    expect(page.locator("h1")).to_contain_text("<img src=x onerror=")
    assert page.locator("img[src=x]").count() == 0


def test_a_later_format_is_refused_in_words(run, open_page):
    """A page that was kept must not show half of what a newer program wrote."""
    script = run.data / "run.js"
    script.write_text(script.read_text().replace('"format":1', '"format":2'))
    page = open_page(run.url)
    expect(page.locator(".stage")).to_contain_text("was written by a later autoviz-render")


def test_a_phone_shows_the_whole_figure_without_scrolling_sideways(run, open_page):
    """Looked at on the way home."""
    run.step(1, 2)
    page = open_page(run.url, **PHONE)
    expect(where(page)).to_contain_text("quick update 2")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    box = page.locator(".stage img").bounding_box()
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 390
    assert box["width"] > 340


def test_light_and_dark_follow_the_system_and_the_key(run, open_page):
    """And a choice by hand stays."""
    page = open_page(run.url, color_scheme="dark")
    ground = "getComputedStyle(document.body).backgroundColor"
    assert page.evaluate(ground) == "rgb(21, 23, 26)"
    page.keyboard.press("t")
    assert page.evaluate(ground) == "rgb(251, 251, 250)"
    page.reload()
    assert page.evaluate(ground) == "rgb(251, 251, 250)"


def test_the_keys_are_told(run, open_page):
    """`?` as everywhere."""
    page = open_page(run.url)
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_contain_text("follow the newest")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_data_that_stop_are_told_by_their_moment(run, open_page):
    """A folder copied to a laptop shows how old it is, not that it is live."""
    run.write(next_in=30.0, now=time.time() - 86400)
    page = open_page(run.url)
    expect(page.locator(".standing")).to_contain_text("as of")
