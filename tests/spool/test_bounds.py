"""What a spool may hold at most: a stranger's must not cost its readers their memory, or their day."""

from __future__ import annotations

import json
import zlib

import pytest

from autoviz_render.spool.errors import UnreadableError
from autoviz_render.spool.info import figure_names, read_info
from autoviz_render.spool.scalars import ScalarsReader, append_lines, line_text
from autoviz_render.spool.snapshot import ScalarsLine


def line(sequence: int, **fields) -> ScalarsLine:
    return ScalarsLine(**{"epoch": 0, "sequence": sequence, "iteration": sequence, "time": 1.0, **fields})


def checked(fields: str) -> str:
    """A line with its checksum, as a stranger may write one. fields: an object without its last brace."""
    return f'{fields}, "crc32": {zlib.crc32(fields.encode())}}}\n'


def test_a_line_longer_than_any_of_ours_is_passed_over(tmp_path):
    """To read one of 61 MB took 1.4 GB, at each look; the lines about it are read."""
    path = tmp_path / "scalars.jsonl"
    text = (
        '{"epoch": 0, "sequence": 1, "iteration": 1, "time": 1.0, "log_likelihood": 1.0, "scalars": {}, "parameters": '
    )
    text += json.dumps({f"parameter {number:0100}": 1.0 for number in range(50_000)})
    append_lines(path, [line_text(line(0))])
    with path.open("a") as file:
        file.write(checked(text))
    append_lines(path, [line_text(line(2))])
    assert len(text) > 1 << 22
    assert [each.sequence for each in ScalarsReader(path).lines()] == [0, 2]


def test_a_hundred_thousand_parameters_fit_in_a_line(tmp_path):
    """However large the bound is, no run of a user's may meet it."""
    path = tmp_path / "scalars.jsonl"
    many = {f"galaxy.{number}": 0.1 + number for number in range(100_000)}
    append_lines(path, [line_text(line(0, parameters=many))])
    (read,) = ScalarsReader(path).lines()
    assert len(read.parameters) == 100_000


@pytest.mark.parametrize("time", [float("nan"), float("inf")])
def test_a_line_of_no_time_is_passed_over(tmp_path, time):
    """`--status` tells how long ago it was, and JSON has no NaN."""
    path = tmp_path / "scalars.jsonl"
    fields = {"epoch": 0, "sequence": 1, "iteration": 1, "log_likelihood": 1.0, "parameters": {}, "scalars": {}}
    path.write_text(checked(json.dumps(fields)[:-1] + ', "time": 1.0'))
    assert len(ScalarsReader(path).lines()) == 1
    path.write_text(checked(json.dumps(fields)[:-1] + f', "time": {json.dumps(time)}'))
    assert ScalarsReader(path).lines() == []


@pytest.mark.parametrize(
    "names", [[f"f{number}" for number in range(51)], ["x" * 101], [".bashrc"]], ids=["many", "long", "hidden"]
)
def test_figures_are_few_and_their_names_short_and_visible(run_dir, publish, names):
    """Each is a file's name, and a line of the log if there is no such figure."""
    with pytest.raises(ValueError, match="figure"):
        figure_names(names)
    publish(1)
    path = run_dir / "spool" / "spool.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"figures": names}))
    with pytest.raises(UnreadableError, match="figure"):
        read_info(path)


def test_a_spool_json_of_megabytes_is_refused(run_dir, publish):
    """A run that was resumed ten thousand times has one of less."""
    publish(1)
    path = run_dir / "spool" / "spool.json"
    path.write_text(path.read_text() + " " * (1 << 20))
    with pytest.raises(UnreadableError, match="more than"):
        read_info(path)
