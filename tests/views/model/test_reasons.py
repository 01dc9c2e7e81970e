"""Why a run is as it is: alarms that are true, and none that are not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from autoviz_render.views.model.reasons import Facts, Silence, is_quiet, reason, seconds, silence, silent_among

WELL = Facts(silent=4.0, interval=5.0, longest=7.0, renderer="watching")


def test_of_a_run_that_is_well_nothing_is_said():
    """A column of reasons is read only if it is empty as a rule."""
    assert reason(WELL) == ""
    assert reason(Facts(state="finished", silent=1e6, interval=1.0, renderer="stopped")) == ""
    assert reason(Facts()) == ""


def test_a_search_is_quiet_in_its_own_terms():
    """Ten minutes are long for a fast likelihood, and nothing for a slow one."""
    told = reason(replace(WELL, silent=600.0))
    assert told == "no quick update for 100 of its usual intervals of 5 s"
    assert reason(replace(WELL, silent=600.0, interval=300.0, longest=400.0)) == ""


@pytest.mark.parametrize(
    "change",
    [
        {"state": "finished"},
        {"state": "died"},
        {"silent": None},
        {"interval": None},
        {"longest": 400.0},  # it rested as long before
        {"interval": 0.01, "longest": 0.02, "silent": 20.0},  # too short to tell anybody
    ],
)
def test_a_search_is_not_quiet_if_that_is_usual_or_not_known(change):
    """An alarm that is false is worse than none."""
    assert is_quiet(replace(WELL, silent=600.0))
    assert not is_quiet(replace(WELL, **({"silent": 600.0} | change)))


def test_a_search_that_died_is_not_quiet_but_dead():
    """One sentence for one cause."""
    assert reason(replace(WELL, state="died", silent=600.0)) == "its process ended without a word"


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"renderer": "late", "overdue": 3.0}, "its renderer is late"),
        ({"renderer": "late", "overdue": 3000.0}, "its renderer hangs or is dead: no sign of life for over 50 min"),
        ({"renderer": "late", "overdue": 3.0, "is_renderer_gone": True}, "its renderer is dead"),
        ({"renderer": "none", "has_something_to_draw": True}, "no renderer draws it"),
        ({"renderer": "stopped", "has_something_to_draw": True}, "no renderer draws it"),
        ({"renderer": "stopped"}, ""),
    ],
)
def test_a_renderer_that_is_missed_is_named(change, told):
    """A figure that stays as it is may be the fault of either."""
    assert reason(replace(WELL, **change)) == told


def test_a_run_that_is_over_misses_no_renderer():
    """Whoever wants its figures asks for them."""
    assert reason(Facts(state="finished", has_something_to_draw=True)) == ""


def test_a_renderer_is_not_missed_if_there_is_nothing_to_draw():
    """Of ten thousand finished runs each has had one."""
    assert reason(Facts(state="finished", renderer="late", overdue=1e5, is_renderer_gone=True)) == ""


def test_a_disk_that_answers_late_is_named():
    """So nobody looks for the fault in the sampler."""
    assert reason(replace(WELL, look_seconds=3.4)) == "the disk answers late: a look took over 2 s"
    told = reason(replace(WELL, look_seconds=130.0, is_on_network=True))
    assert told == "the network file system answers late: a look took over 2 min"


def test_a_network_file_system_may_hide_what_is_new():
    """A new name can stay unseen for a minute on NFS; after that it is no excuse."""
    fast = replace(WELL, interval=1.0, longest=1.5, is_on_network=True)
    assert reason(replace(fast, silent=40.0)).endswith("of 1 s, or the network file system hides them")
    assert reason(replace(fast, silent=400.0)).endswith("of 1 s")


def test_another_clock_is_named():
    """What is told as its age is then the least that it can be."""
    told = reason(replace(WELL, host="node7", ahead=3700.0))
    assert told == "the clock of node7 is over 50 min ahead of the one here"
    assert reason(replace(WELL, ahead=1.0)) == ""


def test_a_reason_changes_rarely_as_time_goes_on():
    """Each change is sent to every view: a thousand quiet runs must not be news every second."""
    told = {reason(replace(WELL, silent=60.0 + step)) for step in range(3600)}
    assert len(told) <= 7


def publishing(count: int, every: float = 1.0) -> dict[str, Silence]:
    return {f"run{number}": Silence(0.5 * every, every, is_quiet=False) for number in range(count)}


QUIET = Silence(50.0, 1.0, is_quiet=True)


def test_a_run_that_is_silent_among_others_is_named():
    """A person does not scan thirty folders."""
    assert silent_among(publishing(9) | {"stuck": QUIET}) == {"stuck"}
    assert silent_among(publishing(20) | {"stuck": QUIET, "too": QUIET}) == {"stuck", "too"}
    assert silent_among(publishing(9, every=0.001) | {"stuck": QUIET}) == {"stuck"}
    assert silent_among({}) == frozenset()


@pytest.mark.parametrize("others", [0, 1])
def test_one_run_alone_is_not_silent_among_others(others):
    """It may be quiet; of two that differ nobody knows which is odd."""
    assert silent_among(publishing(others) | {"stuck": QUIET}) == frozenset()


def test_no_run_is_silent_if_all_are():
    """The machine was suspended, the disk was away: that is no run's fault."""
    assert silent_among({f"run{number}": QUIET for number in range(10)}) == frozenset()
    assert silent_among(publishing(5) | {f"quiet{number}": QUIET for number in range(5)}) == frozenset()


@pytest.mark.parametrize("after", [11.0, 15.0, 40.0, 100.0])
def test_no_run_is_silent_as_all_fell_silent_at_once(after):
    """Fast ones are quiet before slow ones are."""
    intervals = {f"run{number}": 0.5 + number for number in range(10)}
    facts = {key: Facts(silent=after + 0.5 * each, interval=each, longest=each) for key, each in intervals.items()}
    silences = {key: told for key, each in facts.items() if (told := silence(each))}
    assert any(each.is_quiet for each in silences.values())
    assert silent_among(silences) == frozenset()


def test_runs_that_publish_rarely_tell_nothing_of_another():
    """Nothing was expected of them meanwhile."""
    rare = {f"rare{number}": Silence(900.0, 1800.0, is_quiet=False) for number in range(10)}
    assert silent_among(rare | {"stuck": QUIET}) == frozenset()
    assert silent_among(rare | publishing(3) | {"stuck": QUIET}) == {"stuck"}


def test_runs_that_are_over_or_publish_rarely_are_never_silent():
    """What is usual for a run is what it did itself."""
    assert silence(Facts(state="finished", silent=1e6, interval=1.0)) is None
    assert silence(Facts(silent=1e6)) is None
    rare = silence(Facts(silent=3600.0, interval=1800.0, longest=1900.0))
    assert rare is not None
    assert not rare.is_quiet
    assert silent_among(publishing(9) | {"rare": rare}) == frozenset()


@pytest.mark.parametrize(
    ("value", "told"),
    [(0.25, "0.25 s"), (5.0, "5 s"), (300.0, "5 min"), (7200.0, "2 h"), (1e6, "12 d")],
)
def test_lengths_of_time_are_said_as_people_do(value, told):
    """No digits that say nothing."""
    assert seconds(value) == told
