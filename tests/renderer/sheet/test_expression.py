"""Conditions over the numbers of a run: what is read, what is refused, and what is not known."""

from __future__ import annotations

import math

import pytest

from autoviz_render.renderer.sheet.expression import Expression, ExpressionError

RUN: dict[str, float | str | bool | None] = {
    "chi2": 1.5,
    "state": "finished",
    "run": "field/lens_7",
    "broken": math.nan,
    "endless": math.inf,
    "lens.mass.einstein_radius": 1.2,
    "einstein radius": 1.3,
    "mark": "",
    "count": 0.0,
}


def is_true(text):
    return Expression.of(text).is_true(RUN.get)


@pytest.mark.parametrize(
    "text",
    [
        "chi2 > 1.2",
        "1 < chi2 <= 1.5",
        "chi2 > 1.2 and state == 'finished'",
        'state == "failed" or chi2 >= 1.5',
        "not state == 'running'",
        "state in ('failed', 'finished')",
        "'lens' in run",
        "'spiral' not in run",
        "lens.mass.einstein_radius * 2 == 2.4",
        "value('einstein radius') == 1.3",
        "abs(-chi2) ** 2 - 2.25 == 0",
        "chi2 % 1 == 0.5 and chi2 // 1 == 1",
        "endless > 1e300",
        "chi2",
        "not mark",
        "mark == ''",
        "chi2 > 1\n and chi2 < 2",
        "missing > 1 or chi2 > 1",
    ],
)
def test_a_condition_is_read_as_it_is_meant(text):
    """What a person types is Python's way to write conditions, as in pandas."""
    assert is_true(text)


@pytest.mark.parametrize(
    "text",
    [
        "missing > 1",
        "missing != 1",
        "not missing > 1",
        "missing == 'a'",
        "broken > 0",
        "broken != 0",
        "not broken > 0",
        "chi2 / count > 0",
        "missing > 1 and chi2 > 1",
        "-missing < 0",
        "(-1) ** 0.5 == 1",
        "9 ** 9 ** 9 ** 9 < 0",
        "mark",
        "count",
    ],
)
def test_what_is_not_known_chooses_no_run(text):
    """A run without the number is neither good nor bad, whichever way it is asked."""
    assert not is_true(text)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("chi2 = 1", "character 1, write == to compare"),
        ("chi2 >", "character 7, cannot be read"),
        ("", "is not understood"),
        ("chi2 > 1 and __import__('os')", """\"__import__('os')\", at character 14, is not understood"""),
        ("(lambda: 1)()", "is not understood"),
        ("[x for x in run]", "is not understood"),
        ("run[0] == 'f'", "is not understood"),
        ("run.upper() == 'A'", "is not understood"),
        ("f'{chi2}'", "is not understood"),
        ("value(run)", "is not understood"),
        ("chi2 is 1", "is not understood"),
        ("chi2 > 1 if run else 0", "is not understood"),
        ("b'a' == run", "is not understood"),
        ("1j == chi2", "is not understood"),
        ("chi2 > '1'", "cannot be compared"),
        ("state == 1", "cannot be compared"),
        ("state + 'x' == 'a'", "is no number"),
        ("'a' * 1000000000 == run", "is no number"),
        ("chi2 in 3", "cannot be compared"),
        ("-" * 100 + "1", "too many brackets"),
        ("\0", "cannot be read"),
        ("1 " * 2000, "more than the 2,000"),
    ],
)
def test_anything_else_is_refused_in_a_line_with_its_place(text, told):
    """Nothing of it is run, and a typing error is found where it is."""
    with pytest.raises(ExpressionError) as refused:
        is_true(text)
    assert told in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_condition_knows_its_names():
    """So that one that no run has is told before anything is drawn."""
    text = "a.b > 1 and value('c d') < e or abs(f) in (1, g)"
    assert Expression.of(text).names == ("a.b", "c d", "e", "f", "g")
