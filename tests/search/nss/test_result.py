"""What a search leaves behind, shown to a person."""

from __future__ import annotations

import numpy as np

from autoviz_render.search.nss.result import Result


def made(names: tuple[str, ...]) -> Result:
    samples = np.arange(2.0 * len(names)).reshape(2, -1)
    likelihoods = np.array([-2.0, -1.0])
    weights = np.log([0.25, 0.75])
    return Result(names, samples, likelihoods, likelihoods, weights, -12.345, 0.067, 1.6, 9, 99, 3.5, 4, 0, 5)


def test_a_result_tells_what_was_found():
    """It is the last line of a notebook's cell: arrays of thousands of samples would bury the evidence."""
    assert repr(made(("slope", "offset"))) == (
        "Result(log evidence -12.35 ± 0.07, slope 1.5 ± 0.87, offset 2.5 ± 0.87, 2 samples)"
    )


def test_a_result_of_many_or_odd_parameters_is_one_short_line():
    """A model may have a thousand parameters, and a name that clears the screen."""
    told = repr(made((*(f"p{number}" for number in range(1000)), "\x1b[2J")))
    assert "and 991 more" in told
    assert len(told) < 1000
    assert repr(made(("\x1b[2J",))).isprintable()
