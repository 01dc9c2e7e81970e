"""PyAutoFit, PyAutoLens and this package, in one environment."""

from __future__ import annotations

import autofit
import autolens

import autoviz_render


def test_they_can_be_imported_in_one_process():
    """Their requirements must go together: a user has one environment."""
    assert autofit.Model(autolens.mp.Isothermal).prior_count == 5
    assert autoviz_render.QuickUpdate.__module__.startswith("autoviz_render.")
