"""A search of PyAutoFit on a busy machine, with files of its own open: live figures must not end it."""

from __future__ import annotations

import pytest
from gaussian import STATIC, analysis, arrays_of, fit

from autoviz_render import Spool, live

RUNS = 100


@pytest.mark.torture
def test_emcee_is_never_harmed(tmp_path, busy_machine, monkeypatch):
    """Its backend opens and closes an HDF5 file at every step: three fits of six died of it once."""
    monkeypatch.setenv("AUTOVIZ_RENDERER", "process")
    for number in range(RUNS):
        folder = tmp_path / str(number)
        made = analysis("Emcee")
        made = live(made, arrays=arrays_of("Emcee", made), figure="line", static=STATIC)
        _, result = fit(folder, "Emcee", made, name=f"gaussian{number}")
        assert len(result.samples.log_likelihood_list) == 10 * 60
        (completed,) = folder.rglob(".completed")
        assert Spool(completed.parent).info().state == "finished"
