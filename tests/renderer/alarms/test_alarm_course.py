"""The numbers of a run: what fell at a resume, and what is no number any more."""

from __future__ import annotations

import math

import pytest

from autoviz_render.renderer.alarms.course import course_alarms
from autoviz_render.renderer.alarms.rules import FellRule, NoLikelihoodRule, Rules
from autoviz_render.spool.epochs import Epoch
from autoviz_render.spool.snapshot import ScalarsLine


def lines(*epochs, begin=(0, 1000, 2000)):
    """The updates of each epoch, a hundred iterations apart."""
    return [
        ScalarsLine(epoch, sequence, begin[epoch] + 100 * number, 0.0, value)
        for epoch, values in enumerate(epochs)
        for number, value in enumerate(values)
        for sequence in [100 * epoch + number]
    ]


RESUMED = [Epoch(0, 0.0), Epoch(1, 9.0, resumed_from=900)]
BEFORE = [-500.0, -100.0, -50.0, -40.0]


@pytest.mark.parametrize(
    ("since", "is_told"),
    [
        ([-300.0, -250.0, -200.0], True),
        ([-41.5, -41.5, -41.5], True),
        ([-300.0, -200.0], False),  # it has just begun
        ([-40.0, -40.0, -39.0], False),
        ([-40.5, -40.5, -40.5], False),
        ([math.nan, math.nan, -300.0], False),
        ([], False),
    ],
)
def test_a_log_likelihood_that_fell_at_a_resume_is_told(since, is_told):
    """A checkpoint that was lost, or is of another run, costs days if nobody sees it."""
    found = course_alarms(lines(BEFORE, since), RESUMED, Rules())
    assert [each.rule for each in found] == ["fell_at_resume"] * is_told


def test_a_run_that_was_started_afresh_has_not_fallen_until_it_got_as_far():
    """It begins at the beginning, and nobody promised more."""
    again = [-500.0, -400.0, -300.0]
    afresh = [Epoch(0, 0.0), Epoch(1, 9.0)]
    assert not course_alarms(lines(BEFORE, again, begin=(0, 0)), afresh, Rules())
    assert course_alarms(lines(BEFORE, [*again, -200.0, -150.0], begin=(0, 0)), afresh, Rules())


def test_a_sampler_that_publishes_the_likelihood_of_the_moment_may_fall():
    """As it did before."""
    walk = [-40.0, -55.0, -42.0, -58.0]
    assert not course_alarms(lines(walk, [-60.0, -58.0, -59.0]), RESUMED, Rules())
    assert course_alarms(lines(walk, [-160.0, -158.0, -159.0]), RESUMED, Rules())


@pytest.mark.parametrize(
    ("values", "is_told"),
    [
        ([-5.0, -4.0, *[math.nan] * 3], True),
        ([-5.0, -4.0, *[-math.inf] * 4], True),
        ([-5.0, math.nan, math.nan], False),
        ([math.nan] * 9, False),  # it gives none
        ([math.nan] * 3 + [-5.0], False),
    ],
)
def test_a_log_likelihood_that_is_no_number_any_more_is_told(values, is_told):
    """A sampler may go on for days with NaN."""
    found = course_alarms(lines(values), [Epoch(0, 0.0)], Rules())
    assert [each.rule for each in found] == ["no_likelihood"] * is_told


def test_rules_can_be_changed_and_a_run_without_numbers_has_no_course():
    """An empty run is the first thing that a renderer sees."""
    assert course_alarms([], [], Rules()) == []
    off = Rules(fell_at_resume=FellRule(enabled=False), no_likelihood=NoLikelihoodRule(updates=9))
    assert not course_alarms(lines(BEFORE, [-300.0] * 3), RESUMED, off)
    assert not course_alarms(lines([-5.0, -4.0, *[math.nan] * 5]), [], off)
