"""When a run will be done: back-tested on recorded runs of every sampler, and on numbers made up."""

from __future__ import annotations

import gzip
import json
import math
import time
from dataclasses import replace
from pathlib import Path

import pytest

from autoviz_render.figures.estimate import estimate, words
from autoviz_render.spool.snapshot import ScalarsLine

RECORDINGS = sorted((Path(__file__).parent / "recordings").glob("*.json.gz"))
FACTOR = 1.5


def recorded():
    """Each recorded run: its sampler, and its quick updates as if each evaluation had taken 10 ms."""
    for path in RECORDINGS:
        content = json.loads(gzip.decompress(path.read_bytes()))
        for run in content["runs"]:
            parameters = {f"p{number}": 0.0 for number in range(run["parameters"])}
            columns = zip(run["iteration"], run["log_likelihood"], strict=True)
            yield (
                content["sampler"],
                [
                    ScalarsLine(
                        *(0, number, iteration, 0.01 * iteration),
                        log_likelihood=math.nan if top is None else top,
                        parameters=parameters,
                        scalars=known(run["scalars"], number),
                    )
                    for number, (iteration, top) in enumerate(columns)
                ],
            )


def known(columns, number):
    """The scalars of one quick update that were there."""
    return {name: column[number] for name, column in columns.items() if column[number] is not None}


def at(lines, part):
    """The quick updates until a part of the run, and the seconds that are left then."""
    first, last = lines[0].time, lines[-1].time
    seen = [line for line in lines if line.time <= first + part * (last - first)]
    return seen, last - seen[-1].time


def counted(size=40, target=10_000.0, every=100, **more):
    """A run that counts to a target, a second each hundred."""
    return [
        ScalarsLine(0, number, every * number, 1000.0 + number, -1.0, scalars={"count_target": target}, **more)
        for number in range(size)
    ]


def test_recorded_runs_end_when_it_was_said():
    """What is told at half is within a factor of 1.5 in nine of ten, and within its limits about as often as said."""
    assert len(RECORDINGS) >= 8, "every sampler"
    ratios, inside = [], []
    for _, lines in recorded():
        seen, left = at(lines, 0.5)
        told = estimate(seen)
        assert told is not None
        ratios.append(told.seconds_left / left)
        inside.append(told.low <= left <= told.high)
    within = sum(1 / FACTOR <= ratio <= FACTOR for ratio in ratios) / len(ratios)
    assert within >= 0.88, sorted(ratios)
    assert 0.75 <= sum(inside) / len(inside) <= 0.95


def test_at_its_end_nothing_is_left():
    """A run whose criterion is reached must not be promised more of it."""
    reached = [estimate(lines) for name, lines in recorded() if name == "NSS"]
    assert reached
    assert all(told.is_reached and told.seconds_left == 0 for told in reached)


def test_a_count_is_told_by_its_rate():
    """The simplest sampler: half of the steps in half of the time."""
    told = estimate(counted())
    assert told.seconds_left == pytest.approx(61.0, rel=0.02)
    assert told.iterations_left == pytest.approx(6100.0, rel=0.02)
    assert told.low < told.seconds_left < told.high
    assert told.criterion == "iteration 10,000 is reached"


def test_a_pause_is_no_running_time():
    """A job that waited a night for its resumption, or was suspended over lunch, is no slower for it."""
    lines = counted()
    resumed = [replace(line, epoch=1, time=line.time + 40_000) if line.sequence > 20 else line for line in lines]
    suspended = [replace(line, time=line.time + 4000) if line.sequence > 30 else line for line in lines]
    for each in (resumed, suspended):
        told = estimate(each)
        assert told.seconds_left == pytest.approx(61.0, rel=0.05)
        assert told.seconds == pytest.approx(39.0, rel=0.05)


def test_what_was_done_over_counts_once():
    """A killed run goes on from its checkpoint: what came after that happened twice."""
    first = counted(30)
    again = [replace(line, epoch=1, sequence=line.sequence + 15, time=line.time + 5000) for line in counted()[15:]]
    assert estimate([*first, *again]).seconds_left == pytest.approx(61.0, rel=0.05)


def test_without_a_criterion_nothing_is_said():
    """An estimate made of nothing is worse than none."""
    lines = [replace(line, scalars={"log_evidence": -1.0}) for line in counted()]
    assert estimate(lines) is None
    assert estimate([]) is None
    assert estimate(counted(3)) is None


def test_a_limit_ends_a_run_before_its_target():
    """A run that would need years ends when its evaluations are used up."""
    lines = [replace(line, scalars={"count_target": 1e12, "count_limit": 8000.0}) for line in counted()]
    assert estimate(lines).iterations_left == pytest.approx(4100.0, rel=0.02)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, 0.0, -1.0, 1e308, 5e-324])
@pytest.mark.parametrize(
    "name",
    [
        *("remaining", "live_fraction", "log_volume", "log_evidence", "log_likelihood_contour", "live_points", "count"),
        *("effective_sample_size", "tempering_param", "autocorrelation_times", "x" * 10_000, "\x1b[2J\u202e"),
    ],
)
def test_a_strangers_numbers_are_told_or_not(name, value):
    """Whatever a spool says, a view is not to fail for it."""
    lines = []
    for line in counted():
        scalars = {"remaining": 1e3 / (1 + line.sequence), "log_volume": -0.1 * line.sequence, "live_points": 50.0}
        scalars |= {"log_evidence": -5.0, "log_likelihood_contour": -50.0 + line.sequence, "remaining_target": 0.01}
        scalars |= {name: value, f"{name}_target": value, "effective_sample_size_target": value}
        lines.append(replace(line, scalars=scalars))
    told = estimate(lines)
    if told is not None:
        numbers = (told.seconds_left, told.low, told.high, told.iterations_left)
        assert all(math.isfinite(number) and number >= 0 for number in numbers)
        assert len(told.criterion) < 500
        assert told.criterion.isprintable()


def test_very_many_quick_updates_take_no_longer():
    """The figure of a run reads its whole history: a hundred thousand lines are thinned first."""
    few, many = estimate(counted(400, target=1e6)), estimate(counted(40_000, target=1e6, every=1))
    assert few.iterations_left == pytest.approx(1e6 - 39_900, rel=0.02)
    assert many.iterations_left == pytest.approx(1e6 - 39_999, rel=0.02)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        *(
            (0, "10 s"),
            (43, "40 s"),
            (100, "2 min"),
            (1000, "17 min"),
            (1700, "30 min"),
            (4000, "1 h"),
            (5000, "1 h 30 min"),
        ),
        *((7385, "2 h"), (20_000, "6 h"), (86_400, "24 h"), (216_000, "2.5 days"), (1e6, "12 days")),
        (1e30, "1000 days"),
    ],
)
def test_times_are_rounded_as_they_are_known(seconds, text):
    """2:03:17 would promise what nobody knows."""
    assert words.roughly(seconds) == text


def test_the_time_left_in_words():
    """The median first, then what eight of ten are between."""
    assert words.about(7385, 4800, 11_000) == "about 2 h (1 h 30 min to 3 h)"
    assert words.about(-50, -100, 300) == "less than 5 min"
    assert words.about(-50, -60, -5) == "done any moment"


@pytest.mark.parametrize(
    ("walltime", "text"),
    [
        (20_000, "done 3 h before the walltime, 05:33"),
        (12_000, "likely done before the walltime, 03:20, not surely"),
        (7000, "at the walltime, 01:56, about 70 % of it"),
        (9500, "at the walltime, 02:38, about 95 % of it, or all"),
    ],
)
def test_what_is_done_at_the_walltime(monkeypatch, walltime, text):
    """Whether to ask for more time is to be known before the job is killed."""
    monkeypatch.setattr(words.time, "localtime", time.gmtime)
    moments = {"began": 0.0, "done": 10_000.0, "earliest": 8000.0, "latest": 14_000.0}
    assert words.at_walltime(5000.0, float(walltime), **moments) == text
