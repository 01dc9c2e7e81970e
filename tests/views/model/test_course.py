"""The numbers of all quick updates in a few: each line is read once, and little is kept."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from autoviz_render.spool.epochs import Epoch
from autoviz_render.spool.scalars import LineHead, append_lines, line_head, line_text, parse_line
from autoviz_render.spool.snapshot import ScalarsLine
from autoviz_render.views.model import course as module
from autoviz_render.views.model.course import Course, CurveReader, tempo


def line(number: int, epoch: int = 0, **more: Any) -> ScalarsLine:
    likelihood = -float(abs(number - 3))
    made = ScalarsLine(epoch, number, 10 * number, 1000.0 + 2 * number, likelihood, scalars={"ess": float(number)})
    return replace(made, **more)


def write(path: Path, *lines: ScalarsLine) -> Path:
    append_lines(path, [line_text(each) for each in lines])
    return path


@pytest.fixture
def path(tmp_path) -> Path:
    return tmp_path / "scalars.jsonl"


@pytest.mark.parametrize("likelihood", [-1.5, math.nan, math.inf, -math.inf, -1e300, 5e-324, -0.0])
def test_the_head_of_a_line_is_what_the_line_says(likelihood):
    """It is read by another way, as it is a fifth of the work."""
    text = line_text(line(7, epoch=2, log_likelihood=likelihood, parameters={"x": 1.0}))
    head, whole = line_head(text), parse_line(text, {})
    assert head[:4] == (whole.epoch, whole.sequence, whole.iteration, whole.time)
    assert head.log_likelihood == likelihood or (math.isnan(likelihood) and math.isnan(head.log_likelihood))


@pytest.mark.parametrize("change", [lambda text: text[:-9], lambda text: text.replace(b"10", b"11"), lambda _: b"x\n"])
def test_a_damaged_line_has_no_head(change):
    """Torn by a crash, or changed on its way."""
    assert line_head(change(line_text(line(1)))) is None


def test_a_line_that_another_program_wrote_has_a_head(path):
    """Its fields stand in another order, with other blanks."""
    import json
    import zlib

    fields = json.dumps(vars(line(4)) | {"sequence": 4}, separators=(", ", ":"), sort_keys=True)[:-1]
    text = f'{fields}, "crc32": {zlib.crc32(fields.encode())}}}\n'.encode()
    assert line_head(text) == LineHead(0, 4, 40, 1008.0, -1.0)


def test_a_course_is_read_on_where_it_was_left(path, monkeypatch):
    """A run of a hundred thousand updates costs at each what the new line costs."""
    parsed = []
    monkeypatch.setattr(module, "line_head", lambda text: (parsed.append(text), line_head(text))[1])
    course = Course(write(path, *map(line, range(50))))
    course.read(())
    assert (course.last.sequence, course.best, len(parsed)) == (49, 0.0, 50)
    write(path, line(50))
    course.read(())
    assert (course.last.sequence, len(parsed)) == (50, 51)
    assert course.tempo().interval == 2.0
    assert course.tempo().rate == 5.0
    assert course.time_of(49) == 1098.0


def test_a_course_begins_anew_with_another_file(path):
    """A run was removed and begun again under its name."""
    course = Course(write(path, *map(line, range(50))))
    course.read(())
    path.unlink()
    course.read(())
    assert course.last is None
    assert math.isnan(course.best)
    write(path, line(1))
    course.read(())
    assert course.best == -2.0


def test_what_was_done_over_does_not_count(path):
    """A resumed run has no likelihood of what its earlier start did later."""
    epochs = (Epoch(0, 0.0), Epoch(1, 10.0, resumed_from=10))
    course, curves = Course(write(path, *map(line, range(5)))), CurveReader(path)
    course.read(epochs[:1])
    assert course.best == 0.0
    assert curves.read(epochs[:1]).steps == [0, 1, 2, 3, 4]
    course.read(epochs)
    assert (course.last.sequence, course.best, course.abandoned) == (1, -2.0, {(0, 2), (0, 3), (0, 4)})
    write(path, line(5, epoch=1, iteration=20))
    course.read(epochs)
    assert (course.last.sequence, course.tempo().interval) == (5, None)
    assert curves.read(epochs).steps == [0, 1, 5]


def heads(*times: float, epoch: int = 0, every: int = 10) -> list[LineHead]:
    return [LineHead(epoch, number, every * number, time, -1.0) for number, time in enumerate(times)]


@pytest.mark.parametrize(
    ("updates", "told"),
    [
        (heads(), (None, None, 0.0)),
        (heads(1.0), (None, None, 0.0)),
        (heads(1.0, 3.0), (5.0, None, 2.0)),  # one interval is not yet usual
        (heads(0.0, 1.0, 2.0, 100.0, 101.0), (40 / 101, 1.0, 98.0)),
        (heads(100.0, 101.0, 50.0, 51.0, 52.0), (10.0, 1.0, 1.0)),  # the clock was set back meanwhile
        ([*heads(0.0, 1.0, 2.0), *heads(1000.0, 1004.0, epoch=1)], (2.5, None, 4.0)),  # a pause between two starts
        (heads(0.0, 1.0, 2.0, every=-1), (None, 1.0, 1.0)),
    ],
)
def test_how_fast_updates_come(updates, told):
    """Whatever clocks and starts do, neither is negative."""
    found = tempo(updates)
    assert (found.rate, found.interval, found.longest) == told


@pytest.mark.parametrize("count", [1, 100, 5000, 20_000])
def test_curves_are_thinned_to_what_a_screen_shows(path, count):
    """However long a run is; the newest is there, each step once."""
    curves = CurveReader(write(path, *map(line, range(count)))).read(())
    assert curves.steps[0] == 0
    assert curves.steps[-1] == count - 1
    assert curves.steps == sorted(set(curves.steps))
    assert len(curves.steps) <= 2 * module._MOST_POINTS + 1
    assert len(curves.steps) >= min(count, module._MOST_POINTS)
    assert curves.iterations == [10 * step for step in curves.steps]
    assert curves.values["ess"] == curves.steps
    assert {len(values) for values in curves.values.values()} == {len(curves.steps)}


def test_curves_go_on(path):
    """What was the newest is not there twice, and what an update lacks is NaN."""
    reader = CurveReader(write(path, *map(line, range(3))))
    reader.read(())
    write(path, line(3, scalars={"new": 1.0}))
    curves = reader.read(())
    assert curves.steps == [0, 1, 2, 3]
    assert curves.values["log_likelihood"] == [-3.0, -2.0, -1.0, 0.0]
    assert curves.values["new"][3] == 1.0
    assert math.isnan(curves.values["ess"][3])
    assert all(map(math.isnan, curves.values["new"][:3]))


def test_a_stranger_cannot_have_a_million_curves(path):
    """Memory is bounded whatever a spool says."""
    reader = CurveReader(write(path, line(0, scalars={f"n{number}": 1.0 for number in range(5000)})))
    assert len(reader.read(()).values) == module._MOST_CURVES
