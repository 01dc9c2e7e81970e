"""The scalars of a very long run: fewer lines, evenly, so that readers can hold them."""

from __future__ import annotations

import io
import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from autoviz_render.spool.epochs import AbandonedRanges
from autoviz_render.spool.scalars import MAX_SCALARS_BYTES, line_pieces, line_text, parse_line
from autoviz_render.spool.snapshot import Place
from autoviz_render.spool.system.atomic import write_whole
from autoviz_render.spool.system.safe_read import open_plain

THIN_ABOVE_BYTES = 1 << 25
"""A file longer than this is thinned to half of it: far below what readers refuse, and little to hold in memory."""

_MAX_THINNED_BYTES = 1 << 32  # earlier versions let the file grow


def thin_lines(
    path: Path, *, tmp: Path, keep: Collection[Place] = (), abandoned: AbandonedRanges | None = None, sync: bool = False
) -> int:
    """Replace the file by one of at most half of `THIN_ABOVE_BYTES`; the size of the file then.

    A quarter of what is left is the newest lines, all of them. Of the older ones those are kept whose sequence is a
    multiple of the smallest power of two for which the rest is small enough, so that they are even over the run,
    however often it is thinned; and the first, the best and those to keep. If those to keep are too many, they lose
    their parameters and scalars, and in the end go too.
    Only the one writer of a spool may call it.

    Args:
        path: Of the file.
        tmp: As `write_whole` has it.
        keep: The quick updates whose snapshots are still there.
        abandoned: Tells what is abandoned.
        sync: As `write_whole` has it.

    Raises:
        OSError: The disk is at fault.
        UnreadableError: It is no file, or a very large one.
    """
    table = _Table.of(path, abandoned or AbandonedRanges(()))
    kept, bare = table.choose(THIN_ABOVE_BYTES // 2, frozenset(keep))
    with io.BufferedReader(open_plain(path, _MAX_THINNED_BYTES)) as file:
        texts = [
            _bare(text) if bare[number] else text
            for number, text in zip(range(kept.size), line_pieces(file), strict=False)
            if kept[number]
        ]
    write_whole(path, texts, tmp=tmp, sync=sync)
    return sum(map(len, texts))


@dataclass(frozen=True, eq=False)
class _Table:
    """What is known of each line of a file.

    is_line: whether it is one, and none follows of its place. sequences, lengths in bytes. log_likelihood: -inf if the
    line is abandoned, or if there is none.
    """

    places: Sequence[Place]
    is_line: np.ndarray[Any, np.dtype[np.bool_]]
    lengths: np.ndarray[Any, np.dtype[np.int64]]
    log_likelihood: np.ndarray[Any, np.dtype[np.float64]]

    @staticmethod
    def of(path: Path, abandoned: AbandonedRanges) -> _Table:
        places: list[Place] = []
        lengths, likelihoods = [], []
        with io.BufferedReader(open_plain(path, _MAX_THINNED_BYTES)) as file:
            for text in line_pieces(file):
                line = parse_line(text, {})
                is_best = line is not None and not abandoned.is_abandoned(line.epoch, line.iteration)
                places.append(_NO_PLACE if line is None else line.place)
                lengths.append(len(text))
                likelihoods.append(line.log_likelihood if line is not None and is_best else -math.inf)
        last = {place: number for number, place in enumerate(places)}
        is_line = [place != _NO_PLACE and last[place] == number for number, place in enumerate(places)]
        return _Table(
            places,
            np.array(is_line, bool),
            np.array(lengths, np.int64),
            np.nan_to_num(np.array(likelihoods, np.float64), nan=-math.inf, posinf=math.inf, neginf=-math.inf),
        )

    def choose(self, most: int, keep: frozenset[Place]) -> tuple[Any, Any]:
        """Which lines are kept, and which of them without their parameters and scalars, as arrays[line]."""
        if not self.is_line.any():
            return self.is_line, self.is_line
        lines = np.flatnonzero(self.is_line)
        is_marked = np.zeros(self.is_line.size, bool)
        backwards = lines[::-1]  # the newest is the best of equals
        is_marked[[lines[0], lines[-1], backwards[self.log_likelihood[backwards].argmax()]]] = True
        sizes = np.where(self.is_line, self.lengths, 0)
        is_marked |= self.is_line & (np.cumsum(sizes[::-1])[::-1] <= most // 4)
        is_to_keep = np.array([place in keep for place in self.places], bool) & self.is_line
        sequences = np.array([sequence for _, sequence in self.places], np.int64)
        for is_bare in (False, True):
            stride = 1
            while stride <= 2 * max(sequences.max(), 1):
                even = is_marked | (self.is_line & (sequences % stride == 0))
                bare = is_to_keep & ~even if is_bare else np.zeros_like(even)
                if sizes[even | is_to_keep].sum() - (sizes - _BARE_BYTES)[bare].clip(0).sum() <= most:
                    return even | is_to_keep, bare
                stride *= 2
        if np.count_nonzero(bare) * _BARE_BYTES <= MAX_SCALARS_BYTES // 4:
            return even | is_to_keep, bare
        return is_marked, np.zeros_like(is_marked)


_NO_PLACE = (-1, -1)
_BARE_BYTES = 200  # of a line without parameters and scalars, at the most


def _bare(text: bytes) -> bytes:
    line = parse_line(text, {})
    return text if line is None else line_text(replace(line, parameters={}, scalars={}))
