"""`samples.csv`: the table that `anesthetic.read_csv` reads as it is, and pandas too.

It is what `to_csv` of anesthetic's own tables writes. The first line has the names, the second the labels. If the
samples are weighted, the third says so, and the weights are the second column::

    ,,slope,logL,logL_birth,nlive
    labels,,$m$,$\\ln\\mathcal{L}$,$\\ln\\mathcal{L}_\\mathrm{birth}$,$n_\\mathrm{live}$
    ,weights,,,,
    0,0.36,2.1,-1.5,-inf,100

Columns behind the parameters, as far as they are known: `logL`, `logL_birth` and `nlive`, by which anesthetic knows
nested samples, whose evidence follows from them; `logP`, the log density of the posterior; `chain`. Numbers have the
shortest text that gives the same bits again, by the rules of IEEE 754.
"""

from __future__ import annotations

from collections.abc import Iterator

from autoviz_render.spool.interchange.samples import Samples

_READ = 17
"""Digits that pandas reads, which then misses the number by two in the last place at most."""


def csv_bytes(samples: Samples) -> bytes:
    """The content of the file."""
    return "".join(f"{line}\n" for line in _lines(samples)).encode()


def _lines(samples: Samples) -> Iterator[str]:
    columns = samples.columns()
    is_weighted = samples.weights is not None
    index = [""] * (1 + is_weighted)
    yield _line([*index, *columns])
    yield _line(["labels", *index[1:], *(label for label, _ in columns.values())])
    if is_weighted:
        yield _line(["", "weights", *[""] * len(columns)])
    numbers = [*([samples.weights] if samples.weights is not None else []), *(each for _, each in columns.values())]
    texts = (map(text_of, each.tolist()) for each in numbers)
    for number, row in enumerate(zip(*texts, strict=True)):
        yield f"{number},{','.join(row)}"


def text_of(number: float) -> str:
    """The shortest text that gives the same number again; a whole number without a point.

    pandas counts the zeros at the beginning among the 17 digits that it reads, so a longer number has an exponent.
    """
    if isinstance(number, int):
        return str(number)
    if number.is_integer() and abs(number) < 1e15 and str(number) != "-0.0":
        return str(int(number))
    text = repr(number)
    digits = text.removeprefix("-").removeprefix("0.")
    if abs(number) < 1 and "e" not in text and len(digits) >= _READ:
        sign, first = "-" * (number < 0), digits.lstrip("0")
        point = "." * (len(first) > 1)
        return f"{sign}{first[0]}{point}{first[1:]}e-{len(digits) - len(first) + 1:02d}"
    return text


def _line(cells: list[str]) -> str:
    return ",".join(_cell(each) for each in cells)


def _cell(text: str) -> str:
    """As RFC 4180 has it."""
    return '"' + text.replace('"', '""') + '"' if any(sign in text for sign in ',"\n\r') else text
