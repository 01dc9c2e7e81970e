"""`render(executor=...)`: any executor of `concurrent.futures`, whatever becomes of its workers."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
from collections import Counter
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path

import plots
import pytest

from autoviz_render import FigureSpec, RenderSettings, render
from autoviz_render.renderer.batch import executor_pool, slices
from autoviz_render.renderer.batch.executor_pool import workers_of
from autoviz_render.renderer.batch.slices import Answer, Slice, draw_slice
from autoviz_render.renderer.work.jobs import Job


@pytest.fixture
def threads():
    with ThreadPoolExecutor(2) as executor:
        yield executor


class Broken(ThreadPoolExecutor):
    """One whose tasks fail a number of times before they are done; then it may refuse more."""

    def __init__(self, failures: int, *, refuses_after: int = 1000) -> None:
        super().__init__(1)
        self.failures, self.submitted, self.refuses_after = failures, 0, refuses_after

    def submit(self, function, /, *arguments, **named):
        self.submitted += 1
        if self.submitted > self.refuses_after:
            raise RuntimeError("cannot schedule new futures after shutdown")
        if self.failures:
            self.failures -= 1
            future = Future()
            future.set_exception(OSError("the worker is gone"))
            return future
        return super().submit(function, *arguments, **named)


def statuses(results) -> Counter:
    return Counter(result.status for result in results)


def test_processes_draw_all_in_order_and_a_second_run_draws_nothing(tmp_path, publish):
    """The files are those that one process draws, to the byte."""
    for name in ("a", "b"):
        publish(12, into=tmp_path / name)
    alone = {path: path.read_bytes() for result in render(tmp_path, which="all") for path in result.files}
    told = []
    with ProcessPoolExecutor(2, multiprocessing.get_context("spawn")) as executor:
        results = list(
            render(tmp_path, which="all", executor=executor, redraw=True, on_progress=lambda *how: told.append(how))
        )
    assert statuses(results) == {"drawn": 24}
    assert [path for result in results for path in result.files] == list(alone)
    assert {path: path.read_bytes() for path in alone} == alone
    assert told[-1] == (24, 24)
    assert statuses(render(tmp_path, which="all")) == {"cached": 24}


def test_the_newest_of_many_runs_are_drawn_beside_each_other(tmp_path, publish, threads):
    """A tree of runs is what a cluster is for."""
    for number in range(5):
        publish(2, into=tmp_path / str(number))
    newest = tmp_path / "3" / "spool" / "snapshots" / "e0000-000000000001.h5"
    newest.write_bytes(newest.read_bytes()[:100])
    results = list(render(tmp_path, executor=threads))
    assert statuses(results) == {"drawn": 5, "unreadable": 1}
    assert (results[-1].status, results[-1].spool) == ("drawn", tmp_path / "3" / "spool")


def test_a_figure_that_hangs_costs_itself_alone(run_dir, publish, monkeypatch, tmp_path, threads):
    """A worker cannot be abandoned, but its child can."""
    monkeypatch.setenv("PLOTS_FOLDER", str(tmp_path))
    monkeypatch.setattr(sys, "path", list(sys.path))
    publish(4)
    figure = FigureSpec("hangs_at_the_second", "plots:hangs_at_the_second", str(Path(plots.__file__).parent))
    settings = RenderSettings((figure,))
    results = render(run_dir, which="all", settings=settings, executor=threads, frame_timeout=1.0)
    assert statuses(results) == {"drawn": 3, "abandoned": 1}
    assert slices._idle == []


def test_a_worker_that_is_killed_costs_its_slice_once(run_dir, publish):
    """The executor may be broken by it: then what is left is told, and the next call draws it."""
    publish(20)
    executor = ProcessPoolExecutor(1, multiprocessing.get_context("spawn"))
    results = render(run_dir, which="all", executor=executor)
    first = next(results)
    for process in list(executor._processes):
        os.kill(process, signal.SIGKILL)
    found = [first, *results]
    executor.shutdown()
    assert found[-1].fault.startswith("no figures are drawn any more: BrokenProcessPool")
    assert {result.status for result in found} == {"drawn", "abandoned"}
    drawn = statuses(found)["drawn"]
    again = statuses(render(run_dir, which="all"))
    assert again["cached"] >= drawn >= 1
    assert sum(again.values()) == 20


@pytest.mark.parametrize(("failures", "status"), [(2, "drawn"), (3, "abandoned")])
def test_a_slice_that_fails_is_tried_again_a_few_times(run_dir, publish, failures, status):
    """A worker may be taken away; one that always dies of it must not take all of them."""
    publish(1)
    with Broken(failures) as executor:
        (result,) = render(run_dir, which="all", executor=executor)
    assert result.status == status
    assert result.fault == (
        "" if status == "drawn" else "a worker did not draw its figures: OSError: the worker is gone"
    )


def test_an_executor_that_takes_nothing_more_ends_it_in_one_line(tmp_path, publish):
    """What is drawn stays; the rest is told as not drawn, and no more runs are looked into."""
    for name in ("a", "b"):
        publish(20, into=tmp_path / name)
    with Broken(0, refuses_after=1) as executor:
        results = list(render(tmp_path, which="all", executor=executor))
    assert results[-1].spool is None
    assert results[-1].fault.startswith(executor_pool.STOPPED)
    assert {message for result in results for message in result.messages} == {results[-1].fault}


def test_closing_cancels_what_has_not_begun(run_dir, publish):
    """A notebook's cell that is interrupted must not draw on for hours."""
    publish(60)
    with ThreadPoolExecutor(1) as executor:
        results = render(run_dir, which="all", executor=executor)
        assert not (run_dir / "image").exists()
        next(results)
        results.close()
    slices.end_idle()  # the process of the slice that had begun would wait for another one a while
    assert len(list((run_dir / "image" / "frames").glob("*.png"))) < 60


def test_a_task_is_small_and_only_names_digests_and_times_come_back(run_dir, publish):
    """A scheduler keeps it in its memory: 16 KiB is what Dask wants a task to have at most."""
    publish(1)
    folder = run_dir / "image" / "frames"
    folder.mkdir(parents=True)
    names = [f"e0000-{number:012}" for number in range(executor_pool._MOST_JOBS)]
    jobs = tuple(Job(run_dir / "spool", FigureSpec("auto"), folder / f"fit-{name}", f"{name}.h5") for name in names)
    task = Slice(jobs, 60.0, 0).to_bytes()
    assert len(task) < 1 << 14
    assert Slice.from_bytes(task).jobs == jobs
    answer = draw_slice(Slice(jobs[:2], 60.0, 1).to_bytes())
    slices.end_idle()
    assert len(answer) < 1 << 11
    first, second = Answer.from_bytes(answer).results
    assert (first.status, second.status) == ("drawn", "gone")
    assert first.files == (folder / f"fit-{names[0]}.png",)
    assert '"of"' in first.record


def test_a_worker_on_another_disk_says_so(run_dir, publish, tmp_path):
    """Else it would say that the snapshots are gone, or write figures where nobody looks."""
    publish(1)
    job = Job(run_dir / "spool", FigureSpec("auto"), tmp_path / "nowhere" / "fit", "e0000-000000000000.h5")
    (result,) = Answer.from_bytes(draw_slice(Slice((job,), 60.0, 0).to_bytes())).results
    slices.end_idle()
    assert result.status == "unready"
    assert "does not see it: start workers where this disk is mounted" in result.fault


def test_a_worker_of_another_version_says_so(run_dir, publish, monkeypatch):
    """It might draw another picture."""
    publish(1)
    monkeypatch.setattr(Slice, "to_bytes", _as_of_version_9(Slice.to_bytes))
    with ThreadPoolExecutor(1) as executor:
        (result,) = render(run_dir, which="all", executor=executor)
    assert result.status == "abandoned"
    assert result.fault.endswith("and 9 asks: install the same version on both")


def _as_of_version_9(to_bytes):
    def changed(some):
        import json
        import zlib

        return zlib.compress(json.dumps(json.loads(zlib.decompress(to_bytes(some))) | {"version": "9"}).encode())

    return changed


def test_what_is_no_executor_is_refused_at_once(run_dir, publish, threads):
    """Not when the first figure is asked for."""
    publish(1)
    with pytest.raises(TypeError, match="^executor"):
        render(run_dir, executor=3)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="^jobs"):
        render(run_dir, executor=threads, jobs=2)


def test_workers_are_counted_as_far_as_an_executor_tells(threads):
    """As many slices are on their way as keep all busy."""
    assert workers_of(threads) == 2
    assert workers_of(object()) == 16  # type: ignore[arg-type]
