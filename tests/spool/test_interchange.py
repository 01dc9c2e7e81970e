"""What people open next: the posterior of a snapshot in NumPy, pandas, anesthetic, GetDist, ArviZ."""

from __future__ import annotations

import sys

import anesthetic
import getdist
import numpy as np
import pandas as pd
import pytest

from autoviz_render.spool.errors import MissingPackageError, NoSamplesError
from autoviz_render.spool.interchange.csv_table import csv_bytes, text_of
from autoviz_render.spool.interchange.getdist_files import getdist_bytes
from autoviz_render.spool.interchange.labels import as_mathematics, as_text
from autoviz_render.spool.interchange.published import samples_of
from autoviz_render.spool.interchange.samples import Samples
from autoviz_render.spool.snapshot import Snapshot
from autoviz_render.spool.store import Spool

HOSTILE = [
    "</script><img src=x onerror=alert(1)>",
    "\x1b[2J\u202eevil",
    "a\nb,\tc\0",
    "x" * 10_000,
    "$(rm -rf ~)",
    "=cmd()|'/c calc'!A0",
    "@SUM(1)",
    'quo"te',
    "logL",
    "weights",
    "100%#!",
    "=cmd()|'/c calc'!A0 ",
]


def nested(live=50, steps=400, parameters=3, seed=1) -> Samples:
    """The points of a small nested sampler: one of them dies at each step, for a new one above it."""
    rng = np.random.default_rng(seed)
    alive = rng.random(live)
    births, deaths, died_within = np.full(live, -np.inf), [], []
    for _ in range(steps):
        lowest = int(alive.argmin())
        deaths.append(alive[lowest])
        died_within.append(births[lowest])
        births[lowest] = alive[lowest]
        alive[lowest] += (1 - alive[lowest]) * rng.random()
    order = alive.argsort()
    log_likelihood = np.log([*deaths, *alive[order]])
    birth = np.concatenate([died_within, births[order]])
    with np.errstate(divide="ignore", invalid="ignore"):
        birth = np.where(birth > 0, np.log(birth), -np.inf)
    log_weights = log_likelihood - np.arange(len(log_likelihood)) / live
    return samples_of(
        Snapshot(
            {
                "samples": rng.normal(size=(len(log_weights), parameters)) * [1.0, 1e-5, 1e9][:parameters],
                "log_weights": log_weights,
                "log_likelihoods": log_likelihood,
                "log_likelihoods_birth": birth,
            },
            parameters={"slope": 1.0, "theta_e": 2.0, "mass": 3.0},
        )
    )


def chains(count=3, steps=40) -> Samples:
    rng = np.random.default_rng(2)
    arrays = {
        "samples": rng.normal(size=(count * steps, 2)),
        "chain": np.tile(np.arange(count), steps),
        "log_densities": rng.normal(size=count * steps),
    }
    return samples_of(Snapshot(arrays, parameters={"a": 0.0, "b": 0.0}))


def read_anesthetic(samples, path):
    path.write_bytes(csv_bytes(samples))
    return anesthetic.read_csv(path)


@pytest.mark.parametrize("make", [nested, chains])
def test_numpy_pandas_and_getdist_read_the_very_bits(tmp_path, make):
    """A posterior that changes on its way to the next program is another one."""
    samples = make()
    path = tmp_path / "samples.csv"
    path.write_bytes(csv_bytes(samples))
    index = [0, 1] if samples.weights is not None else 0
    table = pd.read_csv(path, header=[0, 1], index_col=index, float_precision="round_trip")
    expected = [each for _, each in samples.columns().values()]
    assert all((column == each).all() for column, each in zip(table.to_numpy().T, expected, strict=True))
    rows = [line.split(",") for line in path.read_text().splitlines()[2 + (samples.weights is not None) :]]
    assert np.array(rows, dtype=np.float64)[:, -len(expected) :].tobytes() == np.column_stack(expected).tobytes()
    for suffix, data in getdist_bytes(samples).items():
        (tmp_path / f"root{suffix}").write_bytes(data)
    loaded = getdist.loadMCSamples(str(tmp_path / "root"), no_cache=True, settings={"ignore_rows": 0})
    assert (loaded.samples == samples.values).all()
    assert loaded.paramNames.list() == list(samples.names)
    density = samples.log_likelihood if samples.log_density is None else samples.log_density
    assert (loaded.loglikes == -density).all()


def test_anesthetic_finds_the_evidence_of_the_contours(tmp_path):
    """By its own count of live points, from births and deaths alone: the volume of L = 1 - X is 1/2."""
    samples = nested(live=200, steps=1500)
    read = read_anesthetic(samples, tmp_path / "samples.csv")
    assert isinstance(read, anesthetic.NestedSamples)
    assert read.logZ() == pytest.approx(np.log(0.5), abs=0.1)
    assert (read.nlive.to_numpy() == read.recompute().nlive.to_numpy()).all()
    assert read.logZ() == pytest.approx(samples.to_anesthetic().logZ(), abs=1e-9)


def test_anesthetic_reads_every_number_to_two_units_in_the_last_place(tmp_path):
    """By pandas' own way of reading, which drops digits of a number with zeros at its beginning."""
    samples = nested()
    read = read_anesthetic(samples, tmp_path / "samples.csv")
    found = read.to_numpy()[:, :3]
    assert (np.abs(found - samples.values) <= 2 * np.spacing(np.abs(samples.values))).all()
    assert (samples.to_anesthetic().to_numpy()[:, :3] == samples.values).all()


def test_chains_stay_apart(tmp_path):
    """Whether they have converged is asked next."""
    samples = chains()
    read = read_anesthetic(samples, tmp_path / "samples.csv")
    assert isinstance(read, anesthetic.MCMCSamples)
    assert read["chain"].tolist() == samples.chain.tolist()
    assert read.Gelman_Rubin() == pytest.approx(samples.to_anesthetic().Gelman_Rubin())


def test_labels_are_latex_with_units(tmp_path):
    """What stands on the axes of a paper."""
    given = nested(parameters=3)
    samples = Samples(
        given.names,
        given.values,
        weights=given.weights,
        log_likelihood=given.log_likelihood,
        log_likelihood_birth=given.log_likelihood_birth,
        labels=(r"$\theta_E$", "", "the mass"),
        units=("arcsec", "", "M_sun"),
    )
    read = read_anesthetic(samples, tmp_path / "samples.csv")
    assert read.get_labels().tolist()[:3] == [r"$\theta_E$ (arcsec)", "theta_e", "the mass (M_sun)"]
    names = getdist_bytes(samples)[".paramnames"].decode().splitlines()
    expected = [
        r"slope" + "\t" + r"\theta_E\mathrm{~(arcsec)}",
        "theta_e\t" + r"\mathrm{theta\_e}",
        "mass\t" + r"\mathrm{the~mass~(M\_sun)}",
    ]
    assert names == expected


def test_a_label_that_opens_and_does_not_close_is_no_mathematics():
    """Matplotlib would raise at it, in the middle of somebody's plot."""
    assert as_text("cost in $", "a") == r"cost in \$"
    assert as_text("", "a$b") == r"a\$b"
    assert as_mathematics("", "a$b") == r"\mathrm{a\$b}"


def test_hostile_names_harm_neither_tables_nor_spreadsheets(tmp_path):
    """A name is whatever somebody wrote into a file."""
    values = np.arange(5.0 * len(HOSTILE)).reshape(5, -1)
    samples = Samples(tuple(HOSTILE), values, log_likelihood=np.arange(5.0) - 3)
    data = csv_bytes(samples)
    text = data.decode()
    assert text.isascii() or text.replace("\n", "").isprintable()
    assert not any(ord(sign) < 32 and sign != "\n" for sign in text)
    read = read_anesthetic(samples, tmp_path / "samples.csv")
    assert (read.to_numpy()[:, : len(HOSTILE)] == values).all()
    assert read["logL"].tolist() == samples.log_likelihood.tolist()
    names = read.drop_labels().columns.tolist()
    assert len(set(names)) == len(HOSTILE) + 1
    assert not any(str(name).startswith(("=", "+", "-", "@")) for name in names)
    assert max(map(len, names)) < 300
    for suffix, content in getdist_bytes(samples).items():
        (tmp_path / f"root{suffix}").write_bytes(content)
    loaded = getdist.loadMCSamples(str(tmp_path / "root"), no_cache=True, settings={"ignore_rows": 0})
    assert (loaded.samples == values).all()
    assert len(samples.to_pandas().columns) == len(HOSTILE) + 1


def test_numbers_below_zero_are_no_formulas():
    """What guards against formulas must not make a text of a number."""
    assert [text_of(number) for number in (-1.5, -0.25, -3.0, -np.inf)] == ["-1.5", "-0.25", "-3", "-inf"]


def test_padding_is_no_sample():
    """Hooks fill the arrays of the first snapshots up with points that weigh nothing."""
    arrays = {
        "samples": np.array([[1.0], [2.0], [0.0], [3.0]]),
        "log_weights": np.array([0.0, -1.0, -np.inf, np.nan]),
    }
    samples = samples_of(Snapshot(arrays))
    assert samples.values.ravel().tolist() == [1.0, 2.0]
    assert samples.names == ("p0",)
    assert samples.weights.sum() == pytest.approx(1.0)


@pytest.mark.parametrize(
    "arrays",
    [{}, {"samples": np.zeros(3)}, {"samples": np.zeros((3, 2)), "log_weights": np.zeros(4)}],
    ids=["none", "no table", "weights of others"],
)
def test_a_snapshot_without_samples_says_so(arrays):
    """In one line that names the file; it must not show another posterior."""
    with pytest.raises(NoSamplesError, match=r"^here: .*samples") as caught:
        samples_of(Snapshot(arrays), "here")
    assert isinstance(caught.value, LookupError)
    assert "\n" not in str(caught.value)


def test_a_chain_of_its_own_axis_is_one():
    """As NumPyro and emcee give them: array[chain, draw, parameter]."""
    samples = samples_of(Snapshot({"samples": np.arange(12.0).reshape(2, 3, 2)}))
    assert samples.chain.tolist() == [0, 0, 0, 1, 1, 1]
    assert len(samples) == 6


def test_what_is_drawn_with_equal_weights_has_the_same_mean_and_is_the_same_each_time():
    """A tree of ArviZ's has no weights that its functions heed."""
    samples = nested(live=200, steps=1500)
    equal = samples.equally_weighted()
    assert equal.weights is None
    assert len(equal) == int(np.ceil(samples.effective_sample_size))
    errors = samples.values.std(axis=0) / np.sqrt(len(equal))
    assert (np.abs(equal.values.mean(axis=0) - samples.weights @ samples.values) < 2 * errors).all()
    assert equal.values.tobytes() == samples.equally_weighted().values.tobytes()


def test_a_repr_is_a_line():
    """In a notebook, and of hostile names."""
    samples = Samples(tuple(HOSTILE), np.zeros((2, len(HOSTILE))))
    assert repr(samples).isprintable()
    assert len(repr(samples)) <= 300
    assert repr(nested()).startswith("Samples(450 of slope, theta_e, mass; weights, log_likelihood, ")


@pytest.fixture
def published(run_dir, publish):
    from autoviz_render.spool.publisher import Publisher

    samples = nested()
    static = {"data": np.eye(4), "noise_map": np.ones((4, 4)), "mask": np.zeros((4, 4), bool)}
    with Publisher(run_dir, static=static) as publisher:
        publisher.publish(
            {
                "samples": samples.values,
                "log_weights": np.log(samples.weights),
                "log_likelihoods": samples.log_likelihood,
                "log_likelihoods_birth": samples.log_likelihood_birth,
            },
            iteration=7,
            log_likelihood=-1.0,
            parameters={"slope": 1.0, "theta_e": 2.0, "mass": 3.0},
            scalars={"log_evidence": -5.0, "time": 3.0},
        )
    return run_dir


def test_a_spool_gives_the_samples_of_its_newest_snapshot(published):
    """And the numbers of the run as a table."""
    found = Spool(published).samples()
    assert found.names == ("slope", "theta_e", "mass")
    assert found.values.tobytes() == nested().values.tobytes()
    assert Spool(published).samples(Spool(published).newest()).values.tobytes() == found.values.tobytes()
    table = Spool(published).to_pandas()
    assert table.loc[0, ["iteration", "log_likelihood", "best mass", "log_evidence"]].tolist() == [7, -1.0, 3.0, -5.0]
    assert str(table["time"].dtype).endswith("UTC]")
    assert table.index.name == "step"


def test_arviz_takes_the_tree(published):
    """Its summary is that of the samples; weighted ones would be summed up as if they weighed the same."""
    import arviz

    spool = Spool(published)
    tree = spool.to_datatree()
    assert (tree["posterior"]["mass"].to_numpy()[0] == spool.samples().values[:, 2]).all()
    assert (tree["sample_stats"]["weights"].to_numpy()[0] == spool.samples().weights).all()
    assert list(tree["observed_data"]) == ["data"]
    assert sorted(tree["constant_data"]) == ["mask", "noise_map"]
    assert (tree.attrs["run"], tree.attrs["weighted"], tree.attrs["iteration"]) == ("search", 1, 7)
    equal = spool.to_datatree(resample=True)
    assert equal.attrs["weighted"] == 0
    posterior = arviz.InferenceData.from_datatree(equal) if hasattr(arviz, "InferenceData") else equal
    summary = arviz.summary(posterior, kind="stats", round_to="none")
    assert summary.loc["slope", "mean"] == pytest.approx(equal["posterior"]["slope"].to_numpy().mean())


def test_a_tree_can_be_stored(published, tmp_path):
    """Its attributes and names are those that netCDF has types for."""
    xarray = pytest.importorskip("xarray")
    tree = Spool(published).to_datatree()
    tree.to_netcdf(tmp_path / "tree.nc", engine="h5netcdf")
    with xarray.open_datatree(tmp_path / "tree.nc", engine="h5netcdf") as found:
        assert (found["posterior"]["mass"] == tree["posterior"]["mass"]).all()


@pytest.mark.parametrize("package", ["pandas", "xarray", "anesthetic"])
def test_what_is_not_installed_is_named_with_the_extra(published, monkeypatch, package):
    """One line, and what to type."""
    monkeypatch.setitem(sys.modules, package, None)
    spool = Spool(published)
    calls = {"pandas": spool.to_pandas, "xarray": spool.to_datatree, "anesthetic": spool.samples().to_anesthetic}
    with pytest.raises(MissingPackageError, match=r"pip install 'autoviz-render\[interchange\]'"):
        calls[package]()
