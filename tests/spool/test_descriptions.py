"""Units, labels and names of axes: given once by the run, kept in `spool.json`, harmless from a stranger."""

from __future__ import annotations

import json

import numpy as np
import pytest

from autoviz_render.search.quick_update import QuickUpdate
from autoviz_render.spool.errors import WrongTypeError, WrongValueError
from autoviz_render.spool.format.descriptions import LONGEST_TEXT, MOST_AXES, read_descriptions
from autoviz_render.spool.publisher import Publisher
from autoviz_render.spool.store import Spool

UNITS = {"data": "erg s$^{-1}$", "lens/mass": "arcsec"}
LABELS = {"lens/mass": r"$\theta_E$", "data": "Flux µ"}
AXES = {"data": ("x (arcsec)", "y (arcsec)"), "curve": ("time (d)",)}


def test_what_a_run_says_once_is_read_with_every_snapshot(run_dir):
    """A figure drawn a year later has the axes that its author named."""
    with Publisher(run_dir, units=UNITS, labels=LABELS, axes=AXES) as publisher:
        publisher.publish({"data": np.ones(2)}, iteration=1)
        assert publisher.flush(30)
    spool = Spool(run_dir)
    for read in (spool.info(), spool.read_newest()):
        assert (read.units, read.labels, read.axes) == (UNITS, LABELS, AXES)


def test_a_quick_update_hands_them_on(run_dir):
    """It is the one that most users call."""
    update = QuickUpdate(run_dir, renderer=None, units=UNITS, labels=LABELS, axes=AXES)
    update([1.0], 0.0)
    update.close()
    assert Spool(run_dir).read_newest().axes == AXES


def test_a_run_that_says_nothing_has_none(run_dir, publish):
    """Every spool of an earlier version, whose `spool.json` has no such keys."""
    publish(1)
    path = run_dir / "spool" / "spool.json"
    content = json.loads(path.read_text())
    for key in ("units", "labels", "axes"):
        assert content.pop(key) == {}
    path.write_text(json.dumps(content))
    snapshot = Spool(run_dir).read_newest()
    assert (snapshot.units, snapshot.labels, snapshot.axes) == ({}, {}, {})


@pytest.mark.parametrize(
    ("given", "error", "named"),
    [
        ({"units": "arcsec"}, WrongTypeError, "units is 'arcsec'"),
        ({"units": {"data": 1.0}}, WrongTypeError, "units['data'] is 1.0"),
        ({"units": {3: "arcsec"}}, WrongValueError, "units: 3 cannot be a name"),
        ({"labels": {"../up": "x"}}, WrongValueError, "labels: '../up' cannot be a name"),
        ({"labels": {"data": "two\nlines"}}, WrongValueError, "labels['data'] is"),
        ({"labels": {"data": "\x1b[2J"}}, WrongValueError, "plain text"),
        ({"labels": {"data": "x" * (LONGEST_TEXT + 1)}}, WrongValueError, "at most 200 characters"),
        ({"axes": {"data": "x"}}, WrongTypeError, "expected a list of texts"),
        ({"axes": {"data": ("x", 1)}}, WrongTypeError, "one of axes['data'] is 1"),
        ({"axes": {"data": ["x"] * (MOST_AXES + 1)}}, WrongValueError, "at most 8 names"),
        ({"units": {f"array{number}": "x" * 150 for number in range(2000)}}, WrongValueError, "bytes together"),
    ],
)
def test_what_cannot_be_kept_is_refused_before_anything_is_made(run_dir, given, error, named):
    """At construction, as every argument that can never work."""
    with pytest.raises(error, match="units|labels|axes") as refused:
        Publisher(run_dir, **given)
    assert named in str(refused.value)
    assert not run_dir.exists()


def test_a_strangers_are_cut_escaped_or_ignored():
    """They reach terminals and pages."""
    found = read_descriptions(
        {
            "units": {"data": "\x1b[2J\u202e", "../../up": "x", "model": 3, "long": "y" * 10_000, "half": "\ud800"},
            "labels": ["no", "mapping"],
            "axes": {"data": ["x\n", 3, *"abcdefghij"], "text": "xy", "nested": {"x": "y"}},
        }
    )
    assert found.units["data"] == "\\x1b[2J\\u202e"
    assert set(found.units) == {"data", "long", "half"}
    assert all(text.isprintable() for text in found.units.values())
    assert len(found.units["long"]) == LONGEST_TEXT
    assert found.labels == {}
    assert found.axes == {"data": ("x\\n", "", "a", "b", "c", "d", "e", "f")}


def test_texts_that_fill_the_file_leave_it_readable(run_dir):
    """A reader refuses a `spool.json` of more than 1 MiB: what the writer takes, four times over, is less."""
    units = {f"array{number}": "µ" * 50 for number in range(700)}
    with Publisher(run_dir, units=units) as publisher:
        publisher.publish({"data": np.ones(2)}, iteration=1)
    assert Spool(run_dir).info().units == units
