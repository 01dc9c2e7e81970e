"""What `--watch` says: each file once, each snapshot in a line."""

from __future__ import annotations

import json
import re

import pytest

from autoviz_render.spool.publisher import Publisher

TIME = r"autoviz-render: \d\d:\d\d:\d\d  "


@pytest.fixture
def watched(command, monkeypatch, run_dir):
    """`--watch` of runs that go on after the first figure: exit code, standard output, standard error."""

    def watch(*arguments, then):
        from autoviz_render.renderer.live.live_run import LiveRun

        take, left = LiveRun.take, list(then)

        def taken(self, *given):
            take(self, *given)
            if left:
                left.pop(0)()

        monkeypatch.setattr(LiveRun, "take", taken)
        return command("--watch", "--until-finished", "--poll", "0.05", *arguments)

    return watch


def publishing(publisher, number, likelihood):
    def publish():
        publisher.publish({"x": [1.0, number]}, iteration=10 * number, log_likelihood=likelihood)
        assert publisher.flush(30)

    return publish


def test_a_file_is_named_once_and_each_snapshot_told(run_dir, watched):
    """An hour of a watch is not one path 120 times, but what came when."""
    publisher = Publisher(run_dir)
    first, *rest = (publishing(publisher, number, -1234.5 / (number + 1)) for number in range(3))
    first()
    code, output, errors = watched(run_dir, then=[*rest, publisher.close])
    assert (code, output) == (0, [f"{run_dir}/image/fit.png"])
    told = [f"{run_dir}: step {number}, log likelihood {-1234.5 / (number + 1):,.2f}" for number in range(3)]
    assert [re.sub(f"^{TIME}", "", line) for line in errors] == told
    assert all(re.match(TIME, line) for line in errors)


def test_as_json_each_figure_is_an_object(run_dir, watched):
    """Another program gets every frame, with what it is of."""
    publisher = Publisher(run_dir)
    first, second = publishing(publisher, 0, float("nan")), publishing(publisher, 1, -2.0)
    first()
    code, output, errors = watched("--json", "--quiet", run_dir, then=[second, publisher.close])
    assert (code, errors) == (0, [])
    told = [json.loads(line, parse_constant=pytest.fail) for line in output]
    assert [each.pop("time") > 1e9 for each in told] == [True, True]
    same = {"file": f"{run_dir}/image/fit.png", "run": str(run_dir), "figure": "auto"}
    assert told == [
        same | {"step": 0, "snapshot": "e0000-000000000000.h5", "iteration": 0, "log_likelihood": None},
        same | {"step": 1, "snapshot": "e0000-000000000001.h5", "iteration": 10, "log_likelihood": -2.0},
    ]


def test_runs_are_named_as_they_are_below_the_path(tmp_path, publish, command, monkeypatch):
    """Two searches of one name; and several figures of a snapshot are one line."""
    monkeypatch.chdir(tmp_path)
    for name in "ab":
        publish(1, into=tmp_path / "output" / name / "lens", figure=["auto", "run"])
    code, output, errors = command("--watch", "--until-finished", "output")
    assert (code, len(output)) == (0, 4)
    assert sorted(re.sub(f"^{TIME}", "", line) for line in errors if ": alarm: " not in line) == [
        "output/a/lens: step 0, log likelihood -1.00",
        "output/b/lens: step 0, log likelihood -1.00",
    ]
