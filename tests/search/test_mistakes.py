"""Mistakes that people make: one line, once, that names the argument, what came, what was expected, and what to do."""

from __future__ import annotations

import logging
import re
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from autoviz_render import (
    CustomPanel,
    ImagePanel,
    LinesPanel,
    Publisher,
    QuickUpdate,
    RenderSettings,
    Retention,
    Snapshot,
    Spool,
    TextPanel,
    draw,
    hooks,
    render,
)
from autoviz_render.figures import figure_names
from autoviz_render.figures.registry import GROUP
from autoviz_render.spool.errors import ArgumentError, AutovizError

HERE = Path(__file__).name


def my_fit(snapshot):
    return [LinesPanel("fit", [])]


def no_argument():
    return {}


RUN = {"run_dir": "run"}
FUNCTION = (
    "expected a name, as a spool holds no code; give the function a name by an entry point in the group "
    "'autoviz_render.figures', or draw with: autoviz-render --figure "
)
BEST = "expected a function of the best point, array[parameter], that returns arrays by name"
FIGURES = ", ".join(figure_names())

# What is called, with what, and what is said: `...` stands for what depends on the machine.
REFUSED: list[tuple[Any, dict[str, Any], str]] = [
    (QuickUpdate, RUN | {"figure": my_fit}, f"figure is my_fit (function); {FUNCTION}MODULE:my_fit RUN_DIR"),
    (QuickUpdate, RUN | {"figure": ["auto", my_fit]}, f"figure is my_fit (function); {FUNCTION}MODULE:my_fit RUN_DIR"),
    (Publisher, RUN | {"figure": "figs:fit"}, f"figure is 'figs:fit' (str); {FUNCTION}figs:fit RUN_DIR"),
    (
        QuickUpdate,
        RUN | {"figure": "line,run"},
        "figure is 'line,run' (str); that is not the name of a figure; expected letters, digits, '_', '-' and '.'; "
        "for several, give a list: ['line', 'run']",
    ),
    (
        QuickUpdate,
        RUN | {"renderer": "none"},
        "renderer is 'none' (str); expected 'process', 'thread', 'inline' or None; did you mean None?",
    ),
    (Spool, {"path": None}, "path is None (NoneType); expected the path of a run directory, or of its spool"),
    (QuickUpdate, RUN | {"figure": 3}, "figure is 3 (int); expected the name of a figure, or a list of names"),
    (QuickUpdate, RUN | {"figure": []}, "figure is [] (list); no figure is named; expected a name, or a list of names"),
    (
        QuickUpdate,
        RUN | {"figure": "imagin"},
        f"figure is 'imagin' (str); no figure is named 'imagin'; there are: {FIGURES}; did you mean 'imaging'?",
    ),
    (
        QuickUpdate,
        RUN | {"renderer": "proces"},
        "renderer is 'proces' (str); expected 'process', 'thread', 'inline' or None; did you mean 'process'?",
    ),
    (
        QuickUpdate,
        RUN | {"renderer": "gpu"},
        "renderer is 'gpu' (str); expected 'process', 'thread', 'inline' or None",
    ),
    (
        QuickUpdate,
        RUN | {"arrays": {"model": np.ones(3)}},
        f"arrays is {{'model': array([1., 1., 1.])}} (dict); {BEST}: give the function itself, without calling it; "
        "arrays that never change are for `static`",
    ),
    (
        QuickUpdate,
        RUN | {"arrays": np.ones((3, 2))},
        f"arrays is an array of shape (3, 2) (ndarray); {BEST}: give the function itself, without calling it",
    ),
    (QuickUpdate, RUN | {"arrays": no_argument}, f"arrays is no_argument (...{HERE}:...), which takes (); {BEST}"),
    (QuickUpdate, RUN | {"every": "10"}, "every is '10' (str); expected a number of at least 1, or None"),
    (QuickUpdate, RUN | {"every": 0}, "every is 0 (int); expected a number of at least 1, or None"),
    (QuickUpdate, RUN | {"every_seconds": -1}, "every_seconds is -1 (int); expected a number of at least 0, or None"),
    (QuickUpdate, RUN | {"static": np.ones(3)}, "static is an array of shape (3,) (ndarray); expected a mapping of..."),
    (
        QuickUpdate,
        RUN | {"static": {"data": "data.fits"}},
        "static['data'] is 'data.fits' (str); expected an array of numbers",
    ),
    (QuickUpdate, RUN | {"parameter_names": "ab"}, "parameter_names is 'ab' (str); expected a list of names"),
    (
        QuickUpdate,
        RUN | {"evry": 3},
        "evry is no argument of QuickUpdate; it takes run_dir, arrays, ...; did you mean 'every'?",
    ),
    (QuickUpdate, {}, "QuickUpdate needs run_dir, which did not come"),
    (Publisher, {"run_dir": 3}, "run_dir is 3 (int); expected the path of a directory"),
    (Publisher, {"run_dir": ""}, "run_dir is '' (str); expected the path of a directory"),
    (
        Publisher,
        {"run_dir": {"model": 1.0}},
        "run_dir is {'model': 1.0} (dict); expected the path of a directory; arrays are for publish()",
    ),
    (Publisher, {"run_dir": __file__}, "run_dir is '...' (str); that is a file; expected a directory, or a new name"),
    (
        Publisher,
        RUN | {"name": "chain 1"},
        "name is 'chain 1' (str); expected at most 100 letters, digits, '_', '.' and '-'",
    ),
    (Publisher, RUN | {"durability": "sync"}, "durability is 'sync' (str); expected 'rename' or 'fsync'"),
    (Publisher, RUN | {"retention": 100}, "retention is 100 (int); expected a Retention, 'all' or None"),
    (
        Publisher,
        RUN | {"resumed_from": "12"},
        "resumed_from is '12' (str); expected a whole number of iterations, or None",
    ),
    (Publisher, RUN | {"titel": "a"}, "titel is no argument of Publisher; it takes run_dir...; did you mean 'title'?"),
    (
        Retention,
        {"max_snapshots": "100"},
        "max_snapshots is '100' (str); expected a positive number, or None for no bound",
    ),
    (
        Retention,
        {"max_snapshot": 9},
        "max_snapshot is no argument of Retention; it takes max_snapshots, max_bytes, keep; did you mean...",
    ),
    (RenderSettings, {"formats": "png"}, "formats is 'png' (str); give a list of names, as in ['png']"),
    (RenderSettings, {"figures": "line"}, "figures is 'line' (str); give a list of names, as in ['line']"),
    (
        RenderSettings,
        {"figures": [my_fit]},
        "figures is my_fit (function); give names; for a function of yours, Fig...",
    ),
    (RenderSettings, {"dpi": "100"}, "dpi is '100' (str); give a positive number of dots per inch"),
    (
        draw,
        {"snapshot": "output/run"},
        "snapshot is 'output/run' (str); expected a Snapshot, as spool.read(spool.newest()) gives it",
    ),
    (draw, {"snapshot": Snapshot({}), "figure": 3}, "figure is 3 (int); expected a name, or a function of a snapshot"),
    (draw, {"snapshot": Snapshot({}), "figur": "a"}, "figur is no argument of draw; it takes snapshot, figure, ..."),
    (
        hooks.dynesty,
        {"update": object, "sampler": 3},
        "update is object (type); expected a QuickUpdate, as the first argument: hooks.dynesty(update, sampler)",
    ),
    (
        hooks.numpyro,
        {"update": "run"},
        "update is 'run' (str); expected a QuickUpdate, as the first argument: hooks.numpyro(update)",
    ),
    (hooks.emcee, {"update": 1, "sampler": 2, "burnin": 3}, "burnin is no argument of emcee; it takes update, samp..."),
]


def is_told(said: str, expected: str) -> bool:
    """Whether that is what is said; `...` stands for anything."""
    return re.fullmatch(".*".join(map(re.escape, expected.split("..."))), said) is not None


@pytest.mark.parametrize("case", REFUSED, ids=lambda case: case[2][:40])
def test_what_can_never_work_is_refused_at_once(tmp_path, monkeypatch, caplog, case):
    """In the caller, before anything is made: a failed spool was left behind, and a warning came hours later."""
    call, arguments, expected = case
    monkeypatch.chdir(tmp_path)
    with pytest.raises(AutovizError) as caught:
        call(**arguments)
    assert is_told(str(caught.value), expected), caught.value
    assert isinstance(caught.value, (ValueError, TypeError))
    assert "\n" not in str(caught.value)
    assert (list(tmp_path.iterdir()), caplog.records) == ([], [])


@pytest.mark.parametrize(
    ("call", "arguments", "expected"),
    [
        (QuickUpdate, ("run", my_fit), "QuickUpdate takes run_dir by position, and 2 arguments came so; write the..."),
        (Publisher, ("run", {"model": 1.0}), "Publisher takes run_dir by position, and 2 arguments came so; write..."),
        (hooks.dynesty, (3, 4, 5), "dynesty takes update and sampler by position, and 3 arguments came so; write..."),
        (render, (), "render needs paths, which did not come"),
    ],
)
def test_arguments_by_their_place_are_told_by_their_names(call, arguments, expected):
    """Python counts `self`, and does not say which arguments there are."""
    with pytest.raises(ArgumentError) as caught:
        call(*arguments)
    assert is_told(str(caught.value), expected), caught.value


def test_a_sampler_given_as_the_update_is_told_so(tmp_path):
    """The two are easily exchanged."""
    with QuickUpdate(tmp_path / "run", renderer=None) as update:
        with pytest.raises(
            ArgumentError, match=r"^update is .*expected a QuickUpdate.*: hooks.nautilus\(update, sampl"
        ):
            hooks.nautilus(object(), update)  # type: ignore[arg-type]
        with pytest.raises(ArgumentError, match=r"^sampler is None \(NoneType\); expected the sampler of emcee"):
            hooks.emcee(update, None)


def broken(point):
    return {"model": point["x"]}


def forgotten(point):
    {"model": point}  # noqa: B018


MAPPING = "expected a mapping of names to values, as {'model': model}"
NUMBERS = "expected numbers: update(array[parameter], log_likelihood), or (array[point, parameter], array[point])"
SHAPES = "expected array[parameter] and a number, or array[point, parameter] and array[point]"
SWAPPED = "; the parameters come first: are the two swapped?"

# Settings, calls, what is said: in between, the run and that it goes on.
TOLD: list[tuple[dict[str, Any], Any, str]] = [
    (
        {"arrays": lambda point: point},
        ([1.0], -1.0),
        "what <lambda> (...) returned is an array of shape (1,) (ndarra...",
    ),
    (
        {"arrays": lambda point: [point]},
        ([1.0], -1.0),
        f"what <lambda> (...) returned is [array([1.])] (list); {MAPPING}",
    ),
    (
        {"arrays": forgotten},
        ([1.0], -1.0),
        f"what forgotten (...{HERE}:...) returned is None (NoneType); {MAPPING}: is its `return` missing?",
    ),
    ({"arrays": broken}, ([1.0], -1.0), f"IndexError: only integers, ... (...{HERE}:...)"),
    ({}, (-3.0, [1.0, 2.0, 3.0]), f"parameters of shape () do not fit log_likelihood of shape (3,); {SHAPES}{SWAPPED}"),
    (
        {},
        ([-3.0, -4.0], np.ones((2, 3))),
        f"parameters of shape (2,) do not fit log_likelihood of shape (2, 3); {SHAPES}{SWAPPED}",
    ),
    ({}, (np.ones((4, 2)), [1.0] * 3), f"parameters of shape (4, 2) do not fit log_likelihood of shape (3,); {SHAPES}"),
    ({}, ({"a": 1.0}, -1.0), f"parameters is {{'a': 1.0}} (dict); {NUMBERS}; of a mapping, list(values.values())"),
    ({}, (None, -1.0), f"parameters is None (NoneType); {NUMBERS}"),
    (
        {},
        ([1.0], -1.0, {"samples": np.ones((3, 1))}),
        "samples is an array of shape (3, 1) (ndarray); expected a mapping of names to values, as {'samples': points}",
    ),
    (
        {},
        ([1.0], -1.0, {"samples": {"samples": np.ones((3, 2))}}),
        "publishing samples, array 'samples' failed: its shape is (3, 2); expected array[point, 1]",
    ),
    (
        {},
        ([1.0], -1.0, {"evaluations": "many"}),
        "evaluations is 'many' (str); expected a whole number, or None",
    ),
    ({}, ([1.0], "high"), f"log_likelihood is 'high' (str); {NUMBERS}"),
    ({}, (["a"], -1.0), f"parameters is ['a'] (list); {NUMBERS}"),
    (
        {"parameter_names": ["a", "b"]},
        ([1.0], -1.0),
        "parameter_names has 2 names; expected 1, one for each parameter: p0, p1, ... are used",
    ),
]


def messages(caplog: pytest.LogCaptureFixture) -> list[str]:
    assert {record.levelno for record in caplog.records} <= {logging.WARNING}
    assert not any(record.exc_info for record in caplog.records)
    return [record.getMessage() for record in caplog.records]


@pytest.mark.parametrize(("settings", "call", "expected"), TOLD, ids=[expected[:60] for *_, expected in TOLD])
def test_what_goes_wrong_in_a_run_is_told_once(tmp_path, caplog, settings, call, expected):
    """In one line without a traceback, and the run goes on."""
    parameters, log_likelihood, *more = call
    with QuickUpdate(tmp_path / "run", renderer=None, every=1, **settings) as update:
        for _ in range(3):
            update(parameters, log_likelihood, **dict(*more))
    (said,) = messages(caplog)
    told = f"{tmp_path / 'run'}: ..." + (expected if " failed: " in expected else f" failed: {expected}")
    assert is_told(said, f"{told}{'' if told.endswith(('?', '.')) else '.'} The run goes on; this is said once."), said


def test_points_of_another_length_are_told_once(tmp_path, caplog):
    """With both lengths."""
    with QuickUpdate(tmp_path / "run", renderer=None, every=1) as update:
        for point in ([1.0, 2.0, 3.0], [1.0], [1.0, 2.0]):
            update(point, -1.0)
    (said,) = messages(caplog)
    assert "parameters has the shape (1,), so points of 1 parameters; expected 3 in each" in said


def test_what_comes_after_the_end_is_told_once(tmp_path, caplog):
    """It was lost in silence."""
    update, publisher = QuickUpdate(tmp_path / "a", renderer=None), Publisher(tmp_path / "b")
    update.close()
    publisher.close()
    for _ in range(3):
        update([1.0], -1.0)
        publisher.publish({"model": np.ones(2)}, iteration=1)
    said = messages(caplog)
    assert len(said) == 2
    assert all("it is closed, and what comes after close() is dropped" in each for each in said)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (([1.0],), "arrays is [1.0] (list); expected a mapping of names to arrays, as {'model': model}"),
        ((None,), "arrays is None (NoneType); expected a mapping of names to arrays, as {'model': model}"),
        (({"model": ["a", "b"]},), "array 'model' failed: its type is <U1; expected numbers"),
        (({}, {"iteration": "many"}), "iteration is 'many' (str); expected a whole number below 2**63"),
        (({}, {"iteration": np.nan}), "iteration is nan (float); expected a whole number below 2**63"),
        (({}, {"parameters": [1.0]}), "parameters is [1.0] (list); expected a mapping of names to numbers"),
        (({}, {"scalars": {"a": "b"}}), "number 'a' failed: it is 'b' (str); expected a number"),
        (({}, {"log_likelihood": "high"}), "number 'log likelihood' failed: it is 'high' (str); expected a number"),
    ],
    ids=str,
)
def test_what_cannot_be_published_is_told_once(tmp_path, caplog, arguments, expected):
    """A bug in a callback must not end a run."""
    arrays, *named = arguments
    settings: dict[str, Any] = {"iteration": 1} | dict(*named)
    with Publisher(tmp_path / "run") as publisher:
        for _ in range(3):
            publisher.publish(arrays, **settings)
            assert publisher.flush(30)
    (said,) = messages(caplog)
    assert expected in said


def test_an_end_of_another_name_is_told(tmp_path, caplog):
    """The run counted as failed without a word."""
    Publisher(tmp_path / "run").close("done")  # type: ignore[arg-type]
    (said,) = messages(caplog)
    assert "state is 'done' (str); expected 'finished' or 'failed', and takes 'failed'" in said
    assert Spool(tmp_path / "run").info().state == "failed"


def no_return(snapshot):
    [LinesPanel("fit", [])]


def wrong_name(snapshot):
    return [ImagePanel("image", snapshot.arrays["imag"])]


RECIPES = [
    (
        no_return,
        f"RecipeError: what no_return (...{HERE}:...) returned is None (NoneType); expected a list of panels...",
    ),
    (
        lambda _: LinesPanel("a", []),
        "RecipeError: ... returned is LinesPanel(...); expected a list of panels: return [panel]",
    ),
    (lambda _: {"a": LinesPanel("a", [])}, "RecipeError: ... returned is {... (dict); expected a list of panels"),
    (
        lambda _: np.ones((3, 3)),
        "RecipeError: ... returned is an array of shape (3, 3) (ndarray); expected a list of pan...",
    ),
    (
        lambda _: [np.ones(3)],
        "RecipeError: item 1 of what ... returned is an array of shape (3,) ...; expected a panel, s...",
    ),
    (
        lambda _: [[LinesPanel("a", [])], ["b"]],
        "RecipeError: item 2 of what ... returned is 'b' (str); expected a panel...",
    ),
    (
        wrong_name,
        f"KeyError: 'imag' (...{HERE}:...); the snapshot has arrays: image, line; static: data; parameters: radius; "
        "did you mean 'image'?",
    ),
    (
        no_argument,
        f"TypeError: no_argument() takes 0 positional arguments but 1 was given, in no_argument (...{HERE}:...)",
    ),
    (lambda _: [ImagePanel("a", np.eye(2), titel=3)], f"TypeError: ...'titel' (...{HERE}:...)"),  # type: ignore[call-arg]
]


@pytest.mark.parametrize(("recipe", "expected"), RECIPES)
def test_a_recipe_that_fails_is_named_with_its_place(recipe, expected):
    """`'NoneType' object is not iterable` told neither which function nor where it is."""
    snapshot = Snapshot({"image": np.eye(3), "line": np.ones(3)}, {"data": np.ones(3)}, {"radius": 1.0})
    (said,) = draw(snapshot, recipe).errors
    assert is_told(said, expected), said


@pytest.mark.parametrize("place", ["thread", "inline"])
@pytest.mark.parametrize("name", ["no_return", "wrong_name", "broken_panel"])
def test_a_figure_that_fails_is_told_once(tmp_path, monkeypatch, caplog, place, name):
    """Every panel's error was told twice, with a traceback, and at every frame anew."""
    point = EntryPoint("mine", f"{__name__}:{name}", GROUP)
    monkeypatch.setattr("autoviz_render.figures.registry.entry_points", lambda **_: [point])
    with QuickUpdate(tmp_path / "run", figure="mine", renderer=place, every=1, arrays=lambda p: {"model": p}) as update:
        for number in range(4):
            update([1.0], float(number))
    (record,) = caplog.records
    assert record.exc_info is None
    assert "figure 'mine': " in record.getMessage()


def broken_panel(snapshot):
    return [CustomPanel("broken", draw_nothing), TextPanel("text", "fine")]


def draw_nothing(axes, snapshot):
    raise ZeroDivisionError("by hand")


def test_the_traceback_is_there_for_who_asks(tmp_path, caplog):
    """At the level DEBUG: one line is not always enough."""
    caplog.set_level(logging.DEBUG, "autoviz_render")
    with QuickUpdate(tmp_path / "run", renderer=None, arrays=broken) as update:
        update([1.0], -1.0)
    assert any(record.exc_info and record.levelno == logging.DEBUG for record in caplog.records)
