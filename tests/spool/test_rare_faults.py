"""Faults that hardly ever come, and must be told like the others."""

from __future__ import annotations

import errno
import logging
import os

import numpy as np
import pytest

from autoviz_render.spool import Publisher, Snapshot, Spool, UnreadableError
from autoviz_render.spool.format import footer
from autoviz_render.spool.format.container import encode
from autoviz_render.spool.format.schema import snapshot_datasets
from autoviz_render.spool.system import safe_read


class UnprintableError(ValueError):
    def __str__(self) -> str:
        raise RuntimeError("no words for it")


@pytest.mark.parametrize("digest", ["../" * 20 + "x" * 4, "A" * 64, "abc", ""])
def test_a_snapshot_cannot_name_a_file_outside_its_spool(run_dir, publish, digest):
    """The digest of the static arrays is part of a path: a stranger's could lead to any file of the reader's."""
    publish(1)
    spool = Spool(run_dir)
    (ref,) = spool.snapshots()
    datasets = snapshot_datasets(Snapshot(arrays={"image": np.eye(2)}), (digest,))
    ref.path.write_bytes(b"".join(encode("snapshot", datasets)))
    with pytest.raises(UnreadableError, match="no SHA-256 digest"):
        spool.read(ref)


def test_an_error_without_words_is_told_by_its_name(run_dir, caplog):
    """Whatever a user's array raises, the warning about it must not be what ends the search."""

    class Broken:
        def __array__(self, *_: object, **__: object) -> np.ndarray:
            raise UnprintableError

    with caplog.at_level(logging.WARNING), Publisher(run_dir) as publisher:
        publisher.publish({"broken": Broken(), "sound": np.eye(2)}, iteration=1)
    spool = Spool(run_dir)
    assert list(spool.read(spool.newest()).arrays) == ["sound"]
    assert "UnprintableError, which cannot be printed" in caplog.text


@pytest.mark.parametrize("figures", [["auto", "auto"], ["auto", "fit"], []])
def test_figures_whose_files_would_have_one_name_are_refused(run_dir, figures):
    """One would overwrite the other at every snapshot."""
    with pytest.raises(ValueError, match="files of one name|no figure is named"):
        Publisher(run_dir, figure=figures)
    assert not run_dir.exists()


def test_a_file_that_another_host_removed_is_gone(run_dir, publish, monkeypatch):
    """A network file system then says that the handle is stale: it is retention at work, and no fault."""
    publish(1)
    spool = Spool(run_dir)
    (ref,) = spool.snapshots()

    def stale(*_: object) -> None:
        raise OSError(errno.ESTALE, os.strerror(errno.ESTALE))

    monkeypatch.setattr(safe_read, "_opened", stale)
    with pytest.raises(FileNotFoundError):
        spool.read(ref)


def test_a_file_that_is_larger_than_the_memory_is_refused_by_name(run_dir, publish, monkeypatch):
    """The renderer goes on with the next snapshot; the message says how large this one is."""
    publish(1)
    spool = Spool(run_dir)
    (ref,) = spool.snapshots()

    def too_large(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr(footer, "read_all", too_large)
    with pytest.raises(UnreadableError, match="more than there is memory"):
        spool.read(ref)
