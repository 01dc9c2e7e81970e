"""`--samples`: files of the posterior, beside the figures."""

from __future__ import annotations

import numpy as np
import pytest

from autoviz_render.spool.publisher import Publisher


@pytest.fixture
def sampled(run_dir):
    with Publisher(run_dir) as publisher:
        for number in range(3):
            arrays = {"samples": np.full((4, 1), float(number)), "log_weights": np.zeros(4)}
            publisher.publish(arrays, iteration=number, log_likelihood=-abs(number - 1.0), parameters={"a": 0.0})
            assert publisher.flush(30)
    return run_dir


def test_the_newest_is_written_beside_the_figures(sampled, command):
    """All four files, by name on standard output, and the same bytes the next time."""
    code, out, _ = command("--samples", sampled)
    names = ["samples.csv", "samples.txt", "samples.paramnames", "samples.ranges"]
    assert (code, out) == (0, [str(sampled / "image" / name) for name in names])
    first = (sampled / "image" / "samples.csv").read_bytes()
    assert first.splitlines()[3] == b"0,0.25,2"
    assert command("--samples", sampled)[0] == 0
    assert (sampled / "image" / "samples.csv").read_bytes() == first


@pytest.mark.parametrize(("chosen", "number"), [(["--step", 1], 1), (["--best"], 1), (["--step", 0], 0)])
def test_another_snapshot_has_its_name_in_the_files(sampled, command, chosen, number):
    """As figures have, so that the newest stays the newest."""
    code, out, _ = command("--samples", *chosen, sampled)
    assert code == 0
    assert out[0] == str(sampled / "image" / f"samples-e0000-{number:012d}.csv")


def test_all_of_many_runs_go_below_the_folder_that_is_named(sampled, command, tmp_path):
    """One without samples costs no other."""
    with Publisher(sampled.parent / "other") as publisher:
        publisher.publish({"image": np.eye(4)}, iteration=1)
    code, out, error = command("--samples", "--all", "--out", tmp_path / "out", sampled.parent)
    assert code == 1
    assert len(out) == 12
    assert all(line.startswith(str(tmp_path / "out" / "search")) for line in out)
    assert len(error) == 1
    assert "holds no samples" in error[0]


def test_what_another_program_wrote_is_kept(sampled, command):
    """A samples.csv of the sampler's own is the result of days."""
    folder = sampled / "image"
    folder.mkdir()
    (folder / "samples.csv").write_text("slope,log_likelihood\n1,2\n")
    code, out, error = command("--samples", sampled)
    assert (code, out) == (1, [])
    assert "another program wrote it" in error[0]
    assert (folder / "samples.csv").read_text() == "slope,log_likelihood\n1,2\n"
    assert not (folder / "samples.txt").exists()


def test_a_run_without_snapshots_is_nothing_to_write(run_dir, command):
    """Exit code 3, as for figures."""
    Publisher(run_dir).close()
    assert command("--samples", run_dir)[0] == 3


@pytest.mark.parametrize("useless", ["--panel", "--figure", "--dpi", "--redraw", "--jobs"])
def test_options_that_do_nothing_beside_it_are_refused(sampled, command, useless):
    """Who types one expects something of it."""
    value = [] if useless == "--redraw" else ["2"]
    code, _, error = command("--samples", useless, *value, sampled)
    assert code == 2
    assert useless in error[-1]
