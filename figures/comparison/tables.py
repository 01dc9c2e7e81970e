"""Numbers of two snapshots beside each other: A, B, and B less A, in units of the errors if these are known."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from autoviz_render.figures.builtin.posterior import posterior_of
from autoviz_render.figures.comparison.titles import common_title
from autoviz_render.figures.given.names import label_of
from autoviz_render.figures.numbers import rounded, with_error
from autoviz_render.figures.panels import Panel, TablePanel, TextPanel
from autoviz_render.spool.snapshot import Snapshot

SAME = "the same"


def shift(one: float, other: float, sigma: float) -> str:
    """A difference as a text: its value, and how many standard deviations that is if one is known.

    Args:
        one, other: Any.
        sigma: The standard deviation of their difference; NaN if it is not known.
    """
    if one == other or (math.isnan(one) and math.isnan(other)):
        return "0"
    difference = other - one
    sign = "+" if difference > 0 else ""
    if not (math.isfinite(difference) and 0 < sigma < math.inf):
        return sign + rounded(difference, 4)
    return f"{sign}{with_error(difference, sigma)} ({sign}{rounded(difference / sigma, 2)} σ)"


def numbers_of(
    one: Snapshot, other: Snapshot, tables: Sequence[tuple[TablePanel, TablePanel]] = (), *, are_two_runs: bool
) -> Numbers | None:
    """The best fits' parameters, the samplers' numbers, and what tables say besides; None if there are none.

    Args:
        one, other: Of A and of B.
        tables: Of figures; of a row that is among the numbers, these are taken.
        are_two_runs: Whether errors of both add up. Those of two steps of one run do not: the samples of the later
            one's hold the earlier one's; then B's own are taken, and none of the sampler's numbers.
    """
    rows: dict[str, tuple[str, str, str]] = {}
    sigmas = sigmas_of(one), sigmas_of(other)
    errors = (_errors(one.scalars), _errors(other.scalars)) if are_two_runs else ({}, {})
    for values, others, known in (
        (one.parameters, other.parameters, sigmas),
        (_numbers(one), _numbers(other), errors),
    ):
        for name in [*values, *(each for each in others if each not in values)]:
            mine, theirs = (each.get(name, math.nan) for each in known)
            sigma = math.hypot(mine, theirs) if are_two_runs else theirs
            change = shift(values[name], others[name], sigma) if name in values and name in others else "–"
            rows[label_of(other, name)] = (_told(values, name, mine), _told(others, name, theirs), change)
    for first, second in tables:
        texts, other_texts = ({str(a): str(b) for a, b in panel.rows} for panel in (first, second))
        for name in [*texts, *(each for each in other_texts if each not in texts)]:
            text, other_text = texts.get(name), other_texts.get(name)
            rows.setdefault(name, (text or "–", other_text or "–", _change(text, other_text)))
    return Numbers(rows) if rows else None


@dataclass(frozen=True)
class Numbers:
    """Numbers of A and of B.

    Attributes:
        rows: By name: A, B, and B less A, as texts.
    """

    rows: Mapping[str, tuple[str, str, str]]

    @property
    def is_identical(self) -> bool:
        return all(change in (SAME, "0") for _, _, change in self.rows.values())

    def side_by_side(self) -> list[Panel]:
        """Three tables."""
        titles = ("A: numbers", "B: numbers", "B − A")
        return [
            TablePanel(title, [(name, texts[column]) for name, texts in self.rows.items()])
            for column, title in enumerate(titles)
        ]

    def in_one(self) -> TablePanel:
        """One narrow table: a line of A and B, and one of the difference."""
        rows: list[tuple[str, str]] = []
        for name, (one, other, change) in self.rows.items():
            rows += [(name, f"{one} → {other}"), ("", change)]
        return TablePanel("Numbers: A → B, B − A", rows)


def sigmas_of(snapshot: Snapshot) -> dict[str, float]:
    """The standard deviations of parameters by name, as the samples of a snapshot tell them; empty without samples."""
    with contextlib.suppress(ValueError, TypeError):
        if (found := posterior_of(snapshot)) is not None and found.effective_sample_size >= 2:
            low, _, high = found.intervals().T
            return dict(zip(found.names, ((high - low) / 2).tolist(), strict=True))
    return {}


def _numbers(snapshot: Snapshot) -> Mapping[str, float]:
    """The sampler's own numbers, and the log likelihood."""
    known = {"log likelihood": snapshot.log_likelihood} if np.isfinite(snapshot.log_likelihood) else {}
    return known | dict(snapshot.scalars)


def _errors(scalars: Mapping[str, float]) -> dict[str, float]:
    """`NAME_error` is the error of `NAME`."""
    return {name: scalars[f"{name}_error"] for name in scalars if f"{name}_error" in scalars}


def _told(values: Mapping[str, float], name: str, error: float) -> str:
    return with_error(values[name], error) if name in values else "–"


def _change(one: str | None, other: str | None) -> str:
    if one is None or other is None:
        return "–"
    if one == other:
        return SAME
    numbers = _number(one), _number(other)
    return "differs" if None in numbers else shift(*numbers, math.nan)  # type: ignore[arg-type]


def _number(text: str) -> float | None:
    with contextlib.suppress(ValueError):
        return float(text.replace("−", "-").replace(",", ""))
    return None


def compared_texts(one: TextPanel, other: TextPanel) -> tuple[list[Panel], bool]:
    """A, B, and whether they say the same; and whether they are identical."""
    if one.text == other.text:
        return [one], True
    title = common_title(one.title, other.title)
    panels = [TextPanel(f"A: {one.title}", one.text), TextPanel(f"B: {other.title}", other.text)]
    return [*panels, TextPanel(f"B − A: {title}", "The texts differ.")], False
