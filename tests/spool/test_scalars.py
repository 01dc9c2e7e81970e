"""`scalars.jsonl` of runs of a year: thinned by its writer, and followed by readers that keep their place."""

from __future__ import annotations

import errno
import json
import logging
import os
import tracemalloc
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoviz_render.spool import scalars
from autoviz_render.spool.epochs import AbandonedRanges, Epoch
from autoviz_render.spool.publisher import Publisher
from autoviz_render.spool.retention import Retention
from autoviz_render.spool.scalars import ScalarsReader, append_lines, line_text
from autoviz_render.spool.snapshot import ScalarsLine, Snapshot
from autoviz_render.spool.store import Spool
from autoviz_render.spool.write import scalars_file, thinning
from autoviz_render.spool.write.thinning import thin_lines
from autoviz_render.spool.write.writer import SpoolWriter

SMALL = 100_000


@pytest.fixture
def small(monkeypatch):
    """A file is thinned above 100 kB."""
    monkeypatch.setattr(thinning, "THIN_ABOVE_BYTES", SMALL)
    monkeypatch.setattr(scalars_file, "THIN_ABOVE_BYTES", SMALL)


def line(sequence: int, *, best: int = 700, epoch: int = 0) -> ScalarsLine:
    numbers = {"log_evidence": sequence / 3}
    return ScalarsLine(epoch, sequence, 10 * sequence, 1e9 + sequence, -abs(sequence - best), {"a": 0.5}, numbers)


def a_writer(run_dir: Path, **how) -> SpoolWriter:
    made = SpoolWriter(run_dir, figures=("auto",), retention=Retention(), **how)
    made.begin({})
    return made


def test_a_run_of_any_length_has_a_file_of_bounded_size(run_dir, small):
    """A quick update every 30 s for a year is a million lines: 163,000 of 30 parameters were more than readers take,
    and the next start put them all aside."""
    made, following = a_writer(run_dir), Spool(run_dir)
    path = following.paths.scalars
    for first in range(0, 20_000, 50):
        if first % 1000 == 0:
            made.write(Snapshot(arrays={}, iteration=10 * first, log_likelihood=-abs(first - 700)), first)
        made.append([(number, line(number)) for number in range(first, first + 50)])
        assert path.stat().st_size <= SMALL
        if first % 500 == 0:
            assert [each.sequence for each in following.scalars()] == [
                each.sequence for each in Spool(run_dir).scalars()
            ]
    lines = following.scalars()
    sequences = [each.sequence for each in lines]
    assert sequences == sorted(set(sequences))
    assert {0, 700, 19_999, *range(0, 20_000, 1000)} <= set(sequences)
    assert lines == [line(sequence) for sequence in sequences], "what is kept is as it was"
    assert sequences[-100:] == list(range(19_900, 20_000)), "the newest are all there"
    gaps = np.diff([each for each in sequences if each < 15_000 and each % 128 == 0])
    assert set(gaps) == {128}, "even, however often it was thinned"
    assert following.best().sequence == 1000, "of the snapshots there are"
    made.finish("finished")
    again = a_writer(run_dir)
    again.append([(0, line(0))])
    assert following.scalars(abandoned=True)[-1].sequence == 20_000


def test_what_was_done_over_stays_hidden_when_it_is_thinned(run_dir, small, publish):
    """Whether a snapshot is abandoned stands in its line."""
    publish(5, state="failed")
    made = a_writer(run_dir, resumed_from=20)
    for first in range(0, 2000, 50):
        made.append([(number, line(3 + number)) for number in range(first, first + 50)])
    made.finish("finished")
    spool = Spool(run_dir)
    assert [(ref.epoch, ref.sequence) for ref in spool.snapshots()] == [(0, 0), (0, 1), (0, 2)]
    assert len(spool.snapshots(abandoned=True)) == 5
    assert spool.best().sequence == 1
    assert not {3, 4} & {each.sequence for each in spool.scalars() if each.epoch == 0}


def test_a_file_of_an_earlier_version_is_thinned_at_the_next_start(run_dir, publish, monkeypatch, caplog):
    """It is longer than readers take: that must not cost its history."""
    publish(3, state="failed")
    path = run_dir / "spool" / "scalars.jsonl"
    append_lines(path, [line_text(line(sequence)) for sequence in range(3, 3000)])
    monkeypatch.setattr(scalars, "MAX_SCALARS_BYTES", 4 * SMALL)
    monkeypatch.setattr(thinning, "THIN_ABOVE_BYTES", SMALL)
    monkeypatch.setattr(scalars_file, "THIN_ABOVE_BYTES", SMALL)
    assert path.stat().st_size > 4 * SMALL
    publish(1, first=2999, resumed_from=40_000)
    lines = Spool(run_dir).scalars()
    assert {0, 1, 2, 700, 2999, 3000} <= {each.sequence for each in lines}
    assert path.stat().st_size < SMALL
    assert not (run_dir / "spool" / "bad").exists()
    assert not caplog.records


def test_snapshots_without_number_keep_bare_lines_and_then_none(tmp_path, monkeypatch):
    """Everything is kept of a run of a million snapshots: the file must not grow beyond what can be read."""
    monkeypatch.setattr(thinning, "THIN_ABOVE_BYTES", SMALL)
    path = tmp_path / "scalars.jsonl"
    append_lines(path, [line_text(line(sequence)) for sequence in range(2000)])
    every = {(0, sequence) for sequence in range(2000)}
    thin_lines(path, tmp=tmp_path, keep=every)
    lines = ScalarsReader(path).lines()
    assert [each.sequence for each in lines] == list(range(2000))
    assert [each.log_likelihood for each in lines] == [line(sequence).log_likelihood for sequence in range(2000)]
    assert (lines[700].parameters, lines[1].parameters, lines[-1].parameters) == ({"a": 0.5}, {}, {"a": 0.5})
    monkeypatch.setattr(thinning, "MAX_SCALARS_BYTES", SMALL)
    thin_lines(path, tmp=tmp_path, keep=every)
    sequences = {each.sequence for each in ScalarsReader(path).lines()}
    assert {0, 700, 1999} <= sequences
    assert path.stat().st_size <= SMALL


def test_the_best_of_a_branch_that_was_done_over_is_not_the_best(tmp_path, monkeypatch):
    """And what is torn, damaged or written twice is left out."""
    monkeypatch.setattr(thinning, "THIN_ABOVE_BYTES", SMALL)
    path = tmp_path / "scalars.jsonl"
    texts = [line_text(line(sequence)) for sequence in range(1501)]  # 700 is done over
    texts += [b"torn\n", line_text(line(1500)), *(line_text(line(each, epoch=1)) for each in range(1501, 2101)), b"cut"]
    append_lines(path, texts)
    thin_lines(path, tmp=tmp_path, abandoned=AbandonedRanges([Epoch(0, 0.0), Epoch(1, 0.0, 6_990)]))
    assert path.stat().st_size <= SMALL // 2
    sequences = [each.sequence for each in ScalarsReader(path).lines()]
    assert 699 in sequences
    assert 700 not in sequences or 700 % 4 == 0
    assert len(sequences) == len(set(sequences))
    assert path.read_bytes().endswith(b"}\n")


@given(st.integers(1, 400), st.integers(0, 10_000), st.sets(st.integers(0, 400)), st.integers(0, 400))
def test_what_is_left_is_within_the_bound_and_in_order(tmp_path_factory, count, most, kept, best):
    """Whatever the file holds, if what must be kept is not too much."""
    folder = tmp_path_factory.mktemp("thin")
    path = folder / "scalars.jsonl"
    texts = [line_text(line(sequence, best=best)) for sequence in range(count)]
    append_lines(path, texts)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(thinning, "THIN_ABOVE_BYTES", 2 * most)
        size = thin_lines(path, tmp=folder, keep={(0, sequence) for sequence in kept})
    assert size == path.stat().st_size
    lines = ScalarsReader(path).lines()
    sequences = [each.sequence for each in lines]
    newest = {n for n in range(count) if sum(map(len, texts[n:])) <= most // 4}
    marked = {0, count - 1, min(best, count - 1)} | newest
    present = {each for each in kept if each < count}
    assert sequences == sorted(sequences)
    assert marked | present <= set(sequences)
    if size > most:
        assert set(sequences) == marked | present
        assert all(not each.parameters for each in lines if each.sequence not in marked)


@pytest.mark.parametrize("call", ["write", "replace", "open"])
def test_a_disk_that_fails_while_it_is_thinned_costs_nothing(run_dir, small, monkeypatch, caplog, call):
    """The file stays as it was and goes on growing; it is thinned when the disk is well again."""
    made, spool = a_writer(run_dir), Spool(run_dir)

    def fail(*arguments, **keywords):
        raise OSError(errno.EIO, "Input/output error")

    with monkeypatch.context() as patch:
        if call == "replace":
            patch.setattr(os, "replace", fail)
        else:
            patch.setattr(thinning, {"write": "write_whole", "open": "line_pieces"}[call], fail)
        for first in range(0, 1000, 50):
            made.append([(number, line(number)) for number in range(first, first + 50)])
    assert spool.paths.scalars.stat().st_size > SMALL
    assert len(spool.scalars()) == 1000
    for first in range(1000, 1200, 50):
        made.append([(number, line(number)) for number in range(first, first + 50)])
    assert spool.paths.scalars.stat().st_size < SMALL
    assert list(spool.paths.tmp.glob(".*.draft")) == []
    assert sum("thinning it failed" in record.getMessage() for record in caplog.records) == 1


def test_very_long_lines_are_appended_a_few_at_a_time(run_dir, monkeypatch):
    """A disk was full for long: a thousand waiting lines of a megabyte are more than readers take at once."""
    monkeypatch.setattr(scalars_file, "_APPENDED_BYTES", 1000)
    sizes = []
    append = scalars_file.append_lines  # type: ignore[attr-defined]
    monkeypatch.setattr(
        scalars_file, "append_lines", lambda path, texts, **how: sizes.append(len(texts)) or append(path, texts, **how)
    )
    a_writer(run_dir).append([(number, line(number)) for number in range(100)])
    assert max(sizes) < 10
    assert [each.sequence for each in Spool(run_dir).scalars()] == list(range(100))


def test_a_file_without_lines_takes_little_memory(tmp_path):
    """A sparse file costs its maker nothing."""
    path = tmp_path / "scalars.jsonl"
    path.write_bytes(line_text(line(0)))
    os.truncate(path, 200 << 20)
    tracemalloc.start()
    lines = ScalarsReader(path).lines()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert [each.sequence for each in lines] == [0]
    assert peak < 64 << 20


def test_a_growing_file_is_read_on_line_by_line(tmp_path):
    """Fed byte by byte, as a network disk may show it: each line once, and none before it is whole."""
    path = tmp_path / "scalars.jsonl"
    texts = [line_text(line(sequence)) for sequence in range(3)]
    whole, reader = b"".join(texts), ScalarsReader(path)
    ends = np.cumsum([len(text) for text in texts])
    for length in range(1, len(whole) + 1):
        with path.open("ab") as file:
            file.write(whole[length - 1 : length])
        assert len(reader.lines()) == np.count_nonzero(ends <= length)
    assert reader.lines() == [line(sequence) for sequence in range(3)]


def test_numbers_that_cannot_be_read_at_a_start_are_not_put_aside(run_dir, publish, monkeypatch, caplog):
    """A network disk that fails for a moment must not cost the history of weeks."""
    publish(3, state="failed")

    def fail(path, limit):
        raise OSError(errno.EIO, "Input/output error", str(path))

    with monkeypatch.context() as patch:
        patch.setattr(scalars, "open_plain", fail)
        publisher = Publisher(run_dir, resumed_from=100)
        assert publisher.opened.wait(30)
    publisher.publish({}, iteration=110)
    publisher.close()
    assert [each.iteration for each in Spool(run_dir).scalars()] == [0, 10, 20, 110]
    assert sum(record.levelno == logging.WARNING for record in caplog.records) == 1


def test_a_line_reads_as_version_1_has_it():
    """The last key is the checksum of what is before it: earlier readers read what this writer writes."""
    text = line_text(line(3))
    content = json.loads(text)
    fields, _, _ = text.rpartition(b', "crc32": ')
    assert content.pop("crc32") == zlib.crc32(fields)
    assert list(content) == ["epoch", "sequence", "iteration", "time", "log_likelihood", "parameters", "scalars"]
