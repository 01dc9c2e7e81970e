"""Labels of parameters in LaTeX, and names that no reader of a table stumbles over."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from autoviz_render.spool.text import printable

LONGEST = 200
"""Characters of a name or a label in a file of ours."""

COLUMN_LABELS = {
    "logL": r"$\ln\mathcal{L}$",
    "logL_birth": r"$\ln\mathcal{L}_\mathrm{birth}$",
    "nlive": r"$n_\mathrm{live}$",
    "logP": r"$\ln\mathcal{P}$",
    "chain": r"$n_\mathrm{chain}$",
}
"""Of the columns behind the parameters, as anesthetic has them."""

_MATHEMATICS = re.compile(r"\$[^$]+\$")
_LATEX_SPECIAL = re.compile(r"[\\{}$&#^_%~]")
_ESCAPED = {"\\": r"\backslash ", "^": r"\hat{}", "~": r"\sim "}
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "|", "%")
"""What makes a text a formula to a spreadsheet, if it begins so."""


def with_unit(label: str, unit: str) -> str:
    """The label with its unit, as axes have it; either may be empty."""
    return f"{label} ({unit})" if label and unit else label


def as_text(label: str, name: str) -> str:
    """A label as Matplotlib and anesthetic take it: text, with LaTeX between dollar signs.

    Args:
        label: As the run gives it; empty if it gives none.
        name: Of the parameter, which stands in for it.
    """
    text = printable(label or name.replace("$", r"\$"), LONGEST)
    if text.replace(r"\$", "").count("$") % 2:
        text = text.replace("$", r"\$")  # one that opens and does not close is no mathematics
    return text


def as_mathematics(label: str, name: str) -> str:
    """The same as GetDist takes it: LaTeX of mathematics, without dollar signs around it."""
    text = as_text(label, name)
    pieces: list[str] = []
    end = 0
    for found in _MATHEMATICS.finditer(text) if label else ():
        pieces += [_upright(text[end : found.start()]), found.group()[1:-1]]
        end = found.end()
    pieces.append(_upright(text[end:] if label else name))
    return "".join(pieces).replace("!", "") or _upright(name)  # GetDist reads an exclamation mark as a backslash


def _upright(text: str) -> str:
    """Plain text within mathematics."""
    plain = _LATEX_SPECIAL.sub(lambda each: _ESCAPED.get(each.group(), f"\\{each.group()}"), printable(text, LONGEST))
    return rf"\mathrm{{{plain.replace(' ', '~')}}}" if plain else ""


def safe_cell(text: str) -> str:
    """A text that a spreadsheet shows, and does not reckon with or run."""
    text = printable(text, LONGEST)
    return f"'{text}" if text.startswith(_FORMULA) else text


def unique(names: Iterable[str], taken: Sequence[str] = ()) -> list[str]:
    """The names, with a number behind each that there is already.

    Args:
        names: In order.
        taken: Names that none of them may have.
    """
    known, found = set(taken), []
    for name in names:
        number, candidate = 2, name
        while candidate in known:
            number, candidate = number + 1, f"{name}_{number}"
        known.add(candidate)
        found.append(candidate)
    return found
