"""One panel at several moments of a run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from autoviz_render.figures.builtin.history import MOST, changing, chosen, history
from autoviz_render.figures.errors import PageError
from autoviz_render.figures.panels import ImagePanel, LinesPanel, Series, TextPanel
from autoviz_render.spool.errors import UnreadableError
from autoviz_render.spool.snapshot import Earlier, Snapshot


def moment(number: float, **settings) -> Snapshot:
    arrays = {"data": np.eye(4), "model": number * np.ones((4, 4)) + np.eye(4)}
    told = {"iteration": int(100 * number), "log_likelihood": number, "figures": ("history", "auto"), "run": "toy"}
    return Snapshot(**{"arrays": arrays, **told, **settings})


def after(*earlier: Snapshot, number: float = 99, **settings) -> Snapshot:
    return moment(number, earlier=Earlier.of(earlier), **settings)


def test_each_moment_is_titled_and_all_have_the_limits_of_the_newest():
    """A source is seen to grow only if its colours stay."""
    panels = history(after(*(moment(each) for each in range(3)), number=3))
    assert [panel.title for panel in panels] == ["0, log L 0", "100, log L 1", "200, log L 2", "300, log L 3"]
    assert panels.subject == "model"
    assert len({(panel.low, panel.high) for panel in panels}) == 1
    alone = [replace(each, arrays={"flux": each.arrays["model"]}) for each in map(moment, range(4))]
    panels = history(replace(alone[3], earlier=Earlier.of(alone[:3])))
    assert {(panel.low, panel.high, panel.view) for panel in panels} == {(3.0, 4.0, (0.0, 4.0, 0.0, 4.0))}


def test_of_many_moments_the_first_and_the_newest_and_some_evenly_between():
    """Retention keeps a thousand; quick updates need not be even."""
    iterations = [*range(500), *range(1000, 100_000, 100)]
    earlier = [moment(0, iteration=each) for each in iterations]
    snapshot = after(*earlier, iteration=100_000)
    shown = [read().iteration for read in chosen(snapshot)]
    assert len(history(snapshot)) == MOST
    assert shown[0] == 0
    assert np.abs(np.diff([*shown, 100_000]) - 100_000 / (MOST - 1)).max() <= 300


@pytest.mark.parametrize("count", [0, 1, MOST - 1, MOST])
def test_any_number_of_moments(count):
    """A run has just begun, or has a few more than are shown."""
    panels = history(after(*(moment(each) for each in range(count)), number=count))
    assert len(panels) == min(count + 1, MOST)
    assert [panels[at].title.partition(", log")[0] for at in (0, -1)] == ["0", f"{100 * count:,}"]


def test_iterations_that_stand_still_or_go_back_cost_no_figure():
    """A sampler may count nothing, or begin anew."""
    for iterations in ([7] * 40, [*range(30), *range(10)], [10**17, 10**18] * 20):
        earlier = [moment(0, iteration=each) for each in iterations]
        assert 2 <= len(history(after(*earlier, iteration=iterations[-1]))) <= MOST


def test_the_panel_is_the_one_that_was_asked_for():
    """By its title or its number, as everywhere."""
    snapshot = after(moment(0))
    for panel in ("data", "Data", 1):
        assert history(snapshot, panel=panel).subject == "data"
    with pytest.raises(PageError, match="panel is 'nothing'; choose one by its title or number: 1 'data'"):
        history(snapshot, panel="nothing")


def test_without_a_name_it_is_the_source_or_the_model_or_what_changed_most():
    """Data never change."""

    def image(title, values):
        return ImagePanel(title, np.asarray(values, float))

    still, grown = image("data", np.eye(3)), image("flux", 3 * np.eye(3) + np.arange(9).reshape(3, 3))
    model, source = image("Model image", np.eye(3)), image("Source plane", np.eye(3))
    line, text = LinesPanel("model", [Series([0], [1])]), TextPanel("a", "b")
    assert changing([still, image("flux", np.eye(3))], [still, grown]) is grown
    assert changing([], [text, line, still, model, source]) is source
    assert changing([], [text, line, still, model]) is model
    assert changing([], [text, line]) is line
    assert changing([], [text]) is text


def test_a_moment_that_is_gone_is_left_out_and_one_that_cannot_be_read_says_so():
    """Retention goes on while the figure is drawn, and a disk may have lost a file."""

    def gone() -> Snapshot:
        raise FileNotFoundError

    def damaged() -> Snapshot:
        raise UnreadableError("e0-1.h5", "is damaged")

    reads: list[tuple[int, Callable[[], Snapshot]]] = [(0, lambda: moment(0)), (1, gone), (2, damaged)]
    panels = history(moment(3, earlier=Earlier(lambda: reads)))
    assert [panel.title for panel in panels] == ["0, log L 0", "Not readable", "300, log L 3"]
    assert panels[1].text == "e0-1.h5: is damaged"


def test_a_panel_that_was_not_there_yet_leaves_its_place():
    """Samples come late."""
    early = replace(moment(0), arrays={"data": np.eye(4)})
    first, last = history(after(early, number=1), panel="model")
    assert (first.title, first.text) == ("0, log L 0", "model: not there yet")
    assert isinstance(last, ImagePanel)


def test_moments_are_read_one_by_one_and_little_of_each_is_held():
    """Sixteen snapshots of a large image would fill the memory of a renderer."""
    alive: list[int] = []

    class Counted(np.ndarray):
        def __del__(self):
            alive.remove(id(self))

    def read(number: float) -> Snapshot:
        model = (number * np.ones((600, 900)) + np.arange(900)).view(Counted)
        alive.append(id(model))
        assert len(alive) <= 2
        return moment(number, arrays={"model": model})

    reads = [(number, lambda number=number: read(float(number))) for number in range(4)]
    panels = history(moment(5, arrays={"model": np.ones((600, 900))}, earlier=Earlier(lambda: reads)))
    assert {panel.values.shape for panel in panels} == {(300, 450)}
    x0, x1, y0, y1 = panels[0].extent
    assert (x0, y0) == (0, 0)
    assert (x1, y1) == pytest.approx((900, 600))
    assert np.asarray(panels[1].values)[0, :3].tolist() == [2.0, 4.0, 6.0]


def test_lines_have_the_axes_of_the_newest():
    """So that a model is seen to move, and not its axis."""

    def lines(number: float) -> Snapshot:
        return moment(number, arrays={"model": number * np.arange(10.0)})

    first, last = history(replace(lines(2), earlier=Earlier.of([lines(1)])))
    assert (first.x_limits, first.y_limits) == (last.x_limits, last.y_limits)
