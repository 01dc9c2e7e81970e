"""The run figure's numbers and panels, without Matplotlib."""

from __future__ import annotations

import numpy as np
import pytest

from autoviz_render.figures.builtin.run import MOST_PANELS, course_of, run
from autoviz_render.figures.panels import LinesPanel, TablePanel
from autoviz_render.spool.snapshot import ScalarsLine, Snapshot
from autoviz_render.spool.store import Spool

NESTED = (
    "Best log likelihood",
    "Best log likelihood, second half",
    "Log evidence, second half",
    "Remaining evidence",
    "Effective samples",
    "Rate",
    "Progress",
    "Now",
)


def nested(line, size):
    """What NSS says at each quick update."""
    done = (line + 1) / size
    return {
        "evaluations": 100.0 * (line + 1),
        "log_evidence": -200 - 1e4 * np.exp(-12 * done),
        "remaining": 1e4 * np.exp(-12 * done),
        "effective_sample_size": 100 * done,
        "rate": 10.0,
    }


def history(size=100, *, epochs=1, scalars=nested, seconds=10.0, pause=5000.0, run="toy", **changed):
    """Quick updates each `seconds`, a hundred evaluations apart; the run pauses between epochs."""
    lines = []
    for number in range(size):
        epoch = number * epochs // size
        lines.append(
            ScalarsLine(
                epoch=epoch,
                sequence=number,
                iteration=100 * (number + 1),
                time=1.7e9 + seconds * number + pause * epoch,
                log_likelihood=-100 - 1e5 * np.exp(-0.3 * number),
                scalars=scalars(number, size),
            )
        )
    last = vars(lines[-1]) | changed
    return Snapshot(arrays={}, run=run, history=lines, **last)


def titles(panels):
    return [panel.title for panel in panels]


def named(panels, title):
    return next(panel for panel in panels if panel.title.startswith(title))


def test_a_nested_sampling_run_has_eight_panels():
    """Whether it goes well, and how long it will take yet."""
    assert tuple(titles(run(history()))) == NESTED


def test_what_a_sampler_does_not_publish_is_left_out_and_the_others_close_up():
    """A sampler that is called with points alone still has a likelihood and a clock."""
    panels = run(history(scalars=lambda *_: {}))
    assert titles(panels) == [NESTED[0], NESTED[1], "Rate", "Progress", "Now"]
    assert titles(run(history(scalars=lambda *_: {"remaining": 1.0})))[2] == "Remaining evidence"


def test_any_other_scalar_has_a_panel_of_its_own():
    """Acceptance, step size, temperature: samplers differ."""
    panels = run(history(scalars=lambda line, _: {"acceptance": 0.3 + 0.001 * line}))
    panel = named(panels, "acceptance")
    assert panel.series[0].y[-1] == pytest.approx(0.399)
    assert dict(panels[-1].rows)["acceptance"] == "0.399"


def test_the_table_has_the_digits_that_are_known():
    """A log evidence of 0.38 nats is not known to six digits, and no effective sample is a fraction."""

    def scalars(line, size):
        told = {"log_evidence_error": 0.384017, "effective_sample_size": 3468.64, "rate": 123.456, "calls": 134940.0}
        return nested(line, size) | told | {"shift": 12.3456789, "shift_error": 0.00023}

    rows = dict(run(history(scalars=scalars))[-1].rows)
    assert rows["log_evidence"] == "−200.06"
    assert rows["log_evidence_error"] == "0.38"
    assert rows["effective_sample_size"] == "3,469"
    assert rows["rate"] == "123"
    assert rows["calls"] == "134,940"
    assert rows["shift"] == "12.34568"


def test_there_are_never_too_many_panels():
    """The rest is in the table."""
    panels = run(history(scalars=lambda *_: {f"scalar_{i}": 1.0 * i for i in range(30)}))
    assert len(panels) == MOST_PANELS
    assert len([name for name, _ in panels[-1].rows if name.startswith("scalar_")]) == 30


@pytest.mark.parametrize("lines", [[], None])
def test_one_quick_update_gives_a_readable_figure(lines):
    """The first figure of all, and that of a snapshot without a history; a line of one point is drawn as that."""
    snapshot = history(1)
    if lines is not None:
        snapshot = Snapshot(arrays={}, log_likelihood=-5.0, scalars={"log_evidence": -3.0}, iteration=7)
    panels = run(snapshot)
    assert isinstance(panels[-1], TablePanel)
    assert dict(panels[-1].rows)["quick updates"] == "1"
    for panel in panels[:-1]:
        assert [series.marker for series in panel.series if series.x.size] == ["o"] * len(panel.series)
    assert "Rate" not in titles(panels)


def test_the_second_half_is_shown_about_its_latest_value():
    """The first minute gains a hundred thousand nats, the last hour ten: those are what is asked about."""
    panel = named(run(history()), NESTED[1])
    low, high = panel.y_limits
    assert -5 < low < 0 < high
    assert panel.x_limits[0] == pytest.approx(5050)
    assert panel.series[0].y[-1] == 0.0
    assert panel.y_label == "log likelihood − latest"


def test_the_evidence_is_shown_with_its_error_and_what_remains():
    """When the two lines meet, the run ends."""

    def scalars(line, size):
        return nested(line, size) | {"log_evidence_error": 0.5}

    panel = named(run(history(scalars=scalars)), "Log evidence")
    assert [series.label for series in panel.series] == [
        "of dead points",
        "with live points",
        "one σ more",
        "one σ less",
    ]
    dead, live, above, below = (series.y for series in panel.series)
    np.testing.assert_allclose(above - dead, 0.5)
    np.testing.assert_allclose(dead - below, 0.5)
    np.testing.assert_allclose((live - dead)[-1], nested(99, 100)["remaining"])
    assert named(run(history()), "Remaining").y_log


def test_a_pause_between_two_starts_is_not_running_time():
    """A job that waited two days in the queue was not slow for two days."""
    course = course_of(history(100, epochs=4, pause=1e5))
    assert course.starts == [25, 50, 75]
    assert course.seconds[-1] == pytest.approx(96 * 10.0)
    _, rates = course.rates()
    np.testing.assert_allclose(rates, 10.0, rtol=1e-6)
    assert dict(run(history(100, epochs=4))[-1].rows)["starts"] == "4"


def test_resumed_epochs_are_marked_in_every_panel_over_the_count():
    """A jump in a curve there has its reason."""
    panels = run(history(100, epochs=3))
    for panel in panels[:5]:
        mark = panel.series[-1]
        assert mark.style == ":"
        np.testing.assert_array_equal(mark.x[~np.isnan(mark.x)], [3500, 3500, 6800, 6800])
        np.testing.assert_array_equal(mark.y[:2], panel.y_limits)
    assert [s.label for panel in panels[:-1] for s in panel.series].count("resumed") == 1


def test_the_rate_is_that_of_the_moment():
    """A machine that became slow at noon must be seen to."""
    lines = history(200, scalars=lambda *_: {}).history
    slower = [ScalarsLine(**vars(line) | {"time": line.time + 30 * max(0, line.sequence - 100)}) for line in lines]
    snapshot = Snapshot(arrays={}, history=slower)
    _, rates = course_of(snapshot).rates()
    assert rates[0] == pytest.approx(10.0)
    assert rates[-1] == pytest.approx(2.5)


@pytest.mark.parametrize(("seconds", "unit"), [(0.1, "s"), (60.0, "minutes"), (3600.0, "hours"), (86400.0, "days")])
def test_the_time_has_a_unit_of_its_size(seconds, unit):
    """Seconds of a run of a month are no numbers to read."""
    assert named(run(history(10, seconds=seconds)), "Progress").x_label == f"running time ({unit})"


def test_a_long_history_is_thinned():
    """A month of quick updates is a hundred thousand lines."""
    panels = run(history(20_000))
    assert max(series.x.size for panel in panels[:-1] for series in panel.series) <= 2100
    assert dict(panels[-1].rows)["quick updates"] == "20,000"


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 0.0, -1.0, 1e300, -1e300])
@pytest.mark.parametrize("name", ["log_evidence", "remaining", "effective_sample_size", "rate", "acceptance"])
def test_any_value_of_any_scalar_is_survived_without_a_warning(name, value):
    """At first the evidence is minus infinity, and what remains of it infinite."""

    def some(line, size):
        return nested(line, size) | ({name: value} if line < 5 else {name: 1.0})

    assert len(run(history(scalars=some))) >= 7
    assert len(run(history(scalars=lambda *_: {name: value}))) >= 5


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 1e300])
def test_any_time_and_likelihood_is_survived_without_a_warning(value):
    """A clock may be set back, and a sampler may give no likelihood."""
    lines = [ScalarsLine(0, i, 10, value, value) for i in range(5)] + [ScalarsLine(0, 5, 10, 0.0, value)]
    assert run(Snapshot(arrays={}, history=lines))[-1].title == "Now"


def test_the_sampler_may_count_something_else():
    """A wrong unit is worse than none."""
    panels = run(history(), count="steps")
    assert panels[0].x_label == "steps"
    assert panels[-1].rows[0] == ("steps", "10,000")


def test_a_published_run_is_read_back_with_its_history(run_dir, publish):
    """From the sampler to the panels: through a spool, whose snapshots may have been thinned."""
    publish(5)
    spool = Spool(run_dir)
    panels = run(spool.read(spool.snapshots()[2]))
    assert dict(panels[-1].rows)["quick updates"] == "3"
    assert isinstance(panels[0], LinesPanel)
    np.testing.assert_array_equal(panels[0].series[0].x, [0, 10, 20])


def test_a_kept_figure_equals_a_fresh_one(kept_equals_fresh):
    """Live and later rendering give the same bytes, whatever was drawn before: from the first update to the last."""
    kept_equals_fresh(
        run,
        [history(1), history(2), history(30, epochs=2), history(300), history(20, scalars=lambda *_: {})],
    )
