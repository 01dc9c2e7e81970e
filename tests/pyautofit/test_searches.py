"""`live` in a real search: what it adds, and that it changes nothing else."""

from __future__ import annotations

import copy
import errno
import json
import logging
import os
import pickle
import signal
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import autofit as af
import numpy as np
import pytest
from autofit.aggregator import Aggregator
from autonerves import conf
from gaussian import NOISE_MAP, SEARCHES, STATIC, Analysis, analysis, arrays_of, fit, model_data

from autoviz_render import Spool, live, render
from autoviz_render.search.pyautofit.parameters import parameter_values

TIMES = {"search.log", "search.summary", "samples_info.json", "metadata", ".time", ".start_time"}
"""Files that tell when a fit ran, how long it took and where."""


def live_analysis(search="DynestyStatic", **more):
    made = analysis(search)
    return live(made, **({"arrays": arrays_of(search, made), "figure": "line", "static": STATIC} | more))


def output(folder: Path) -> Path:
    """The folder of the only fit in there."""
    (found,) = {path.parent for path in folder.rglob(".completed")}
    return found


def files(folder: Path) -> dict[str, bytes]:
    """Those of a fit, but for those of times and for ours."""
    root = output(folder)
    found = {str(path.relative_to(root)): path for path in root.rglob("*") if path.is_file()}
    return {
        name: path.read_bytes()
        for name, path in sorted(found.items())
        if path.name not in TIMES and not name.startswith("spool/")
    }


def without_pictures(folder: Path) -> dict[str, bytes]:
    return {name: data for name, data in files(folder).items() if not name.startswith("image/")}


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    """Each search without live figures, once."""
    done = {}

    def run(search: str, **more):
        key = (search, *more.items())
        if key not in done:
            folder = tmp_path_factory.mktemp("plain")
            done[key] = (folder, *fit(folder, search, analysis(search), **more))
        return done[key]

    return run


@pytest.mark.parametrize("search", SEARCHES)
def test_a_search_has_its_files_and_snapshots_beside_them(tmp_path, plain, search):
    """One line is added to a script that works: all that the search writes, its identifier too, must stay."""
    folder, run, result = plain(search)
    live_run, live_result = fit(tmp_path, search, live_analysis(search))
    assert live_run.paths.identifier == run.paths.identifier
    assert without_pictures(tmp_path) == without_pictures(folder)
    assert type(live_result.analysis) is type(result.analysis)
    np.testing.assert_array_equal(live_result.samples.log_likelihood_list, result.samples.log_likelihood_list)

    spool = Spool(output(tmp_path))
    assert spool.info().state == "finished"
    assert len(spool.scalars()) >= 3
    last = spool.read(spool.newest())
    best = live_result.samples.max_log_likelihood(as_instance=False)
    assert last.parameters == dict(zip(("centre", "normalization", "sigma"), best, strict=True))
    assert last.log_likelihood == pytest.approx(max(live_result.samples.log_likelihood_list), rel=1e-9)
    np.testing.assert_allclose(
        last.arrays["model"], model_data(live_result.max_log_likelihood_instance)["model"], rtol=1e-9
    )
    assert last.run == "gaussian"


def test_what_the_search_draws_in_the_end_is_drawn_as_ever(tmp_path, plain, monkeypatch):
    """In `image/` of a finished fit lie PyAutoFit's own pictures, and of ours those that it has not."""
    monkeypatch.delenv("PYAUTO_SKIP_VISUALIZATION")
    monkeypatch.setitem(af.conf.instance["visualize"]["plots_search"]["nest"], "corner_anesthetic", False)
    monkeypatch.setenv("AUTOVIZ_RENDERER", "process")
    folders = tmp_path / "plain", tmp_path / "live"
    fit(folders[0], "DynestyStatic", analysis("DynestyStatic"))
    fit(folders[1], "DynestyStatic", live_analysis())
    pictures = [
        {name for name in files(folder) if name.startswith("image/") and name.endswith(".png")} for folder in folders
    ]
    assert pictures[0]
    assert pictures[1] - pictures[0] == {"image/fit.png"}
    assert {name: files(folders[1])[name] for name in pictures[0]} == {
        name: files(folders[0])[name] for name in pictures[0]
    }


def test_a_fit_is_read_again_as_it_was(tmp_path, plain):
    """The aggregator walks the output folder, ours in it."""
    folder, *_ = plain("DynestyStatic")
    fit(tmp_path, "DynestyStatic", live_analysis())
    found = []
    for each in (folder, tmp_path):
        (samples,) = Aggregator.from_directory(each).values("samples")
        found.append(np.array(samples.parameter_lists))
    np.testing.assert_array_equal(found[0], found[1])


def test_a_finished_fit_is_not_begun_again(tmp_path):
    """A script that runs twice loads the result the second time, and publishes nothing."""
    fit(tmp_path, "DynestyStatic", live_analysis())
    before = Spool(output(tmp_path)).scalars()
    _, result = fit(tmp_path, "DynestyStatic", live_analysis())
    assert result.samples is not None
    assert len(Spool(output(tmp_path)).scalars()) == len(before)


def test_a_pool_tells_what_it_found(tmp_path, plain):
    """Each process of it has quick updates of its own; the one that publishes is another."""
    folder, *_ = plain("DynestyStatic", cores=2, every=50)
    _, result = fit(tmp_path, "DynestyStatic", live_analysis(), cores=2, every=50)
    assert files(tmp_path).keys() == files(folder).keys()
    spool = Spool(output(tmp_path))
    likelihoods = [line.log_likelihood for line in spool.scalars()]
    assert len(likelihoods) > 1
    assert likelihoods == sorted(likelihoods)
    assert likelihoods[-1] == pytest.approx(max(result.samples.log_likelihood_list))
    assert not list(output(tmp_path).glob("spool-*"))


@pytest.mark.parametrize("search", ["DynestyStatic", "Emcee", "Nautilus"])
def test_a_killed_search_goes_on_and_so_do_its_figures(tmp_path, search):
    """What it resumes from may have been pickled with the analysis in it."""
    program = [sys.executable, str(Path(__file__).with_name("gaussian.py")), str(tmp_path), search]
    environment = os.environ | {"GAUSSIAN_DIES_AFTER": "4"}
    killed = subprocess.run(program, env=environment, check=False, capture_output=True, timeout=200)
    assert killed.returncode == -signal.SIGKILL
    (spool_folder,) = tmp_path.rglob("spool.json")
    before = len(Spool(spool_folder.parent).scalars())
    assert before > 2
    subprocess.run(program, check=True, capture_output=True, timeout=200)
    spool = Spool(output(tmp_path))
    assert spool.info().state == "finished"
    assert len(spool.info().epochs) == 2
    assert len(spool.scalars()) > before
    iterations = [line.iteration for line in spool.scalars()]
    assert iterations == sorted(iterations)


def _refuse(*_):
    raise OSError(errno.EROFS, "Read-only file system")


def _broken(*_):
    raise LookupError("nothing to be found")


@pytest.mark.parametrize("fault", ["arrays", "instance", "disk", "static"])
def test_what_goes_wrong_costs_a_warning_and_nothing_else(tmp_path, plain, caplog, monkeypatch, fault):
    """PyAutoFit #1567: an exception in a quick update ended a run of 36 hours after 4 minutes."""
    folder, *_ = plain("Nautilus")
    more: dict[str, Any] = {}
    if fault == "arrays":
        more["arrays"] = _broken
    elif fault == "static":
        more["static"] = {"data": object()}
    elif fault == "instance":
        monkeypatch.setattr("autoviz_render.search.pyautofit.fit.parameter_values", _broken)
    else:
        monkeypatch.setattr("autoviz_render.spool.write.writer.make_folder", _refuse)
    with caplog.at_level(logging.WARNING, "autoviz_render"):
        fit(tmp_path, "Nautilus", live_analysis("Nautilus", **more))
    assert files(tmp_path) == files(folder)
    ours = [record for record in caplog.records if record.name.startswith("autoviz_render")]
    said = [(record.getMessage().split(":")[1], record.exc_info) for record in ours]
    assert 1 <= len(said) == len(set(said))


def test_a_renderer_that_is_killed_costs_nothing(tmp_path, plain, monkeypatch, eventually):
    """With SIGKILL, in the middle of the search."""
    folder, *_ = plain("DynestyStatic", every=20)
    monkeypatch.setenv("AUTOVIZ_RENDERER", "process")
    killed = []

    def arrays(instance):
        if list(tmp_path.rglob("e0000-*.h5")) and not killed:
            eventually(lambda: list(tmp_path.rglob("renderer.json")))
            (heartbeat,) = tmp_path.rglob("renderer.json")
            killed.append(json.loads(heartbeat.read_text())["pid"])
            os.kill(killed[0], signal.SIGKILL)
        return model_data(instance)

    fit(tmp_path, "DynestyStatic", live_analysis(arrays=arrays), every=20)
    assert killed
    assert without_pictures(tmp_path) == without_pictures(folder)
    assert (output(tmp_path) / "image" / "fit.png").exists()  # by the one that took its place


def test_copies_are_live_until_the_fit_is_over(tmp_path):
    """Those that go to other processes are; what is kept of a fit that is over is read without us."""
    made = live(analysis("DynestyStatic"), arrays=model_data)
    for copied in (pickle.loads(pickle.dumps(made)), copy.deepcopy(made), copy.copy(made)):
        assert isinstance(copied, Analysis)
        assert type(copied) is type(made)
        np.testing.assert_array_equal(copied.noise_map, NOISE_MAP)
    assert b"autoviz_render" in pickle.dumps(made)
    fit(tmp_path, "Nautilus", made)
    assert b"autoviz_render" not in pickle.dumps(made)
    assert type(pickle.loads(pickle.dumps(made))) is Analysis


class Circular(Analysis):
    """With itself among its attributes, as a bound method is."""

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.itself = self
        self.function = self.log_likelihood_function


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, lambda made: pickle.loads(pickle.dumps(made))])
def test_an_analysis_that_holds_itself_is_copied(copied):
    """And a copy's attributes are its own."""
    made = live(Circular(STATIC["data"], NOISE_MAP), arrays=model_data)
    other = copied(made)
    np.testing.assert_array_equal(other.function.__self__.noise_map, NOISE_MAP)
    other.title = "of the copy"
    assert not hasattr(made, "title")


def test_a_copy_of_one_whose_fit_is_over_is_live(tmp_path):
    """A grid search copies the analysis for each of its fits, one that was fitted before too."""
    made = live_analysis("Nautilus")
    fit(tmp_path / "first", "Nautilus", made)
    fit(tmp_path / "second", "Nautilus", copy.deepcopy(made))
    assert len(list(tmp_path.rglob("spool.json"))) == 2


def test_parameters_that_a_model_changes_are_not_guessed(caplog):
    """The arrays of other parameters would be drawn, and look plausible."""

    class Doubled:
        def __init__(self, centre=0.0, sigma=1.0):
            self.centre, self.sigma = centre, 2 * sigma

    made = af.Model(Doubled, centre=af.UniformPrior(0.0, 1.0), sigma=af.UniformPrior(0.0, 1.0))
    with pytest.raises(ValueError, match="changes its parameters"):
        parameter_values(made, made.instance_from_vector([0.5, 0.25]))


def test_arrays_may_be_nested(tmp_path):
    """As a publisher takes them: their names then have slashes."""
    arrays = lambda instance: {"model": model_data(instance)["model"], "parts": {"line": np.zeros(3)}}  # noqa: E731
    fit(tmp_path, "Nautilus", live_analysis("Nautilus", arrays=arrays))
    spool = Spool(output(tmp_path))
    assert set(spool.read(spool.newest()).arrays) == {"model", "parts/line"}


EXIT = """
import jax, jax.numpy as jnp, numpy as np
from autoviz_render.search.pyautofit.compiled import CompiledArrays

def slow(vector):  # to compile
    for _ in range(120):
        vector = jnp.linalg.solve(jnp.outer(vector, vector) + jnp.eye(vector.size), jnp.sin(vector))
    return {"model": vector}

made = CompiledArrays(slow, 4)
print("compiling" if not made.is_ready else "too fast", flush=True)
raise SystemExit(7)
"""


def test_python_ends_while_the_arrays_are_compiled():
    """With the exit status of the user's program: a thread inside XLA would crash it."""
    done = subprocess.run([sys.executable, "-c", EXIT], check=False, capture_output=True, text=True, timeout=200)
    assert (done.returncode, done.stdout) == (7, "compiling\n")


TRANSFORMS = """
import os
if hasattr(os, "sched_setaffinity"):  # before JAX makes its threads
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:2])
import jax, jax.numpy as jnp, numpy as np
from autoviz_render.search.pyautofit.compiled import CompiledArrays

jax.config.update("jax_enable_x64", True)
shape = (210, 210)
kernel = np.fft.rfft2(np.ones((7, 7)), s=shape)

def blurred(image):  # a sort, as XLA makes one loop of all that is simpler
    return jnp.sort(jnp.cos(jnp.fft.irfft2(kernel * jnp.fft.rfft2(image), s=shape)), axis=0)

def images(vector):
    start = jnp.arange(shape[0] * shape[1], dtype=float).reshape(shape)
    return {str(each): blurred(blurred(blurred(jnp.sin(vector[each] + start)))) for each in range(6)}

made = CompiledArrays(images, 6)
for each in range(20):
    made(np.arange(6.0) + each)
print("done")
"""


def test_arrays_with_many_fourier_transforms_do_not_hang():
    """With jaxlib 0.11 as many at once as XLA has threads wait for one another for ever, as of two lenses in a row."""
    done = subprocess.run([sys.executable, "-c", TRANSFORMS], check=False, capture_output=True, text=True, timeout=120)
    assert done.stdout == "done\n", done.stderr


def test_an_analysis_whose_function_cannot_be_pickled_can(tmp_path):
    """A checkpoint of the search's must not fail for a lambda of ours."""
    made = live(analysis("DynestyStatic"), arrays=lambda _: {})
    assert type(pickle.loads(pickle.dumps(made))) is type(made)


def test_the_analysis_is_its_own_in_all_else():
    """Whoever asks what it is, or reads or sets an attribute of it, finds that of the one that was given."""
    given = analysis("DynestyStatic")
    made = live(given, arrays=model_data)
    assert isinstance(made, Analysis)
    assert type(made).__name__ == type(given).__name__
    assert made.Visualizer is given.Visualizer
    assert vars(made) is vars(given)
    made.title = "a new one"
    assert given.title == "a new one"
    assert live(made, arrays=model_data) is not made
    assert live(type(made)(given.data, given.noise_map), arrays=model_data).Visualizer is given.Visualizer


def test_an_analysis_of_which_nothing_is_known_is_refused():
    """With the remedy, before the search begins."""
    with pytest.raises(TypeError, match="give live"):
        live(analysis("DynestyStatic"))


def test_the_archive_holds_the_snapshots(tmp_path):
    """PyAutoFit zips a finished fit, and may keep the archive alone."""
    fit(tmp_path, "Nautilus", live_analysis("Nautilus"))
    (archive,) = tmp_path.rglob("*.zip")
    names = zipfile.ZipFile(archive).namelist()
    assert any(name.startswith("spool/snapshots/") for name in names)


def test_a_fit_of_which_only_the_archive_is_kept_is_drawn_from_it(tmp_path, monkeypatch):
    """As on a cluster; and PyAutoFit takes the figures beside it for no fit, and resumes from the archive."""
    monkeypatch.setitem(conf.instance["general"]["output"], "remove_files", True)
    _, expected = fit(tmp_path, "Nautilus", live_analysis("Nautilus"))
    (archive,) = tmp_path.rglob("*.zip")
    run = archive.with_suffix("")
    assert not run.exists()
    results = list(render(tmp_path))
    assert [result.status for result in results] == ["drawn"], results
    assert results[0].files == (archive.with_suffix(".figures") / "fit.png",)
    assert len(Spool(run)) == len(Spool(archive)) > 0
    assert len(Aggregator.from_directory(tmp_path, unzip_temporary=True)) == 1
    _, again = fit(tmp_path, "Nautilus", live_analysis("Nautilus"))
    assert again.log_likelihood == expected.log_likelihood
