"""The scalars of a very long run: fewer lines, evenly, so that readers can hold them."""

from __future__ import annotations

import io
import itertools
import math
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from autoviz_render.spool.arrays import Floats, Indices, Mask
from autoviz_render.spool.epochs import AbandonedRanges
from autoviz_render.spool.scalars import MAX_SCALARS_BYTES, line_pieces, line_text, parse_line
from autoviz_render.spool.snapshot import UpdateKey
from autoviz_render.spool.system.atomic import write_whole
from autoviz_render.spool.system.safe_read import open_plain

THIN_ABOVE_BYTES = 1 << 25
"""A file longer than this is thinned to half of it: far below what readers refuse, and little to hold in memory."""

_MAX_THINNED_BYTES = 1 << 32  # earlier versions let the file grow
_NO_KEY = (-1, -1)
_BARE_BYTES = 200  # at most, of a line without parameters and scalars


def thin_lines(
    path: Path,
    *,
    tmp: Path,
    keep: Collection[UpdateKey] = (),
    abandoned: AbandonedRanges | None = None,
    sync: bool = False,
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
    keys: list[UpdateKey] = []
    lengths, likelihoods = [], []
    for text in _texts(path):
        line = parse_line(text, {})
        can_be_best = line is not None and not (abandoned and abandoned.is_abandoned(line.epoch, line.iteration))
        keys.append(_NO_KEY if line is None else line.key)
        lengths.append(len(text))
        likelihoods.append(line.log_likelihood if line is not None and can_be_best else -math.inf)
    most = THIN_ABOVE_BYTES // 2
    kept, bare = _choose(keys, np.array(lengths, np.intp), np.array(likelihoods, np.float64), most, frozenset(keep))
    texts = [
        _bare(text) if bare[number] else text
        for number, text in enumerate(itertools.islice(_texts(path), kept.size))
        if kept[number]
    ]
    write_whole(path, texts, tmp=tmp, sync=sync)
    return sum(map(len, texts))


def _texts(path: Path) -> Iterator[bytes]:
    with io.BufferedReader(open_plain(path, _MAX_THINNED_BYTES)) as file:
        yield from line_pieces(file)


def _choose(
    keys: Sequence[UpdateKey], lengths: Indices, log_likelihood: Floats, most: int, keep: frozenset[UpdateKey]
) -> tuple[Mask, Mask]:
    """Which lines are kept, and which of them without their parameters and scalars.

    Args:
        keys: Of each line, `_NO_KEY` if it is none.
        lengths: array[line], in bytes.
        log_likelihood: array[line], -inf if the line is abandoned, or if it is none.
        most: Bytes of what is kept.
        keep: The quick updates whose snapshots are still there.

    Returns:
        array[line], and array[line].
    """
    last = {key: number for number, key in enumerate(keys)}
    is_line = np.array([key != _NO_KEY and last[key] == number for number, key in enumerate(keys)], bool)
    if not is_line.any():
        return is_line, is_line
    lines = np.flatnonzero(is_line)
    is_marked = np.zeros(is_line.size, bool)
    backwards = lines[::-1]  # the newest is the best of equals
    best = backwards[np.nan_to_num(log_likelihood[backwards], nan=-np.inf, posinf=np.inf, neginf=-np.inf).argmax()]
    is_marked[[lines[0], lines[-1], best]] = True
    sizes = np.where(is_line, lengths, 0)
    is_marked |= is_line & (np.cumsum(sizes[::-1])[::-1] <= most // 4)
    is_to_keep = np.array([key in keep for key in keys], bool) & is_line
    sequences = np.array([sequence for _, sequence in keys], np.int64)
    for is_bare in (False, True):
        stride = 1
        while stride <= 2 * max(sequences.max(), 1):
            even = is_marked | (is_line & (sequences % stride == 0))
            bare = is_to_keep & ~even if is_bare else np.zeros_like(even)
            if sizes[even | is_to_keep].sum() - (sizes - _BARE_BYTES)[bare].clip(0).sum() <= most:
                return even | is_to_keep, bare
            stride *= 2
    if np.count_nonzero(bare) * _BARE_BYTES <= MAX_SCALARS_BYTES // 4:
        return even | is_to_keep, bare
    return is_marked, np.zeros_like(is_marked)


def _bare(text: bytes) -> bytes:
    line = parse_line(text, {})
    return text if line is None else line_text(replace(line, parameters={}, scalars={}))
