"""Mistakes with `live`: refused at once, in one line; and a search without quick updates says so."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from gaussian import STATIC, Analysis, analysis, arrays_of, fit, model_data

from autoviz_render import live
from autoviz_render.spool.errors import AutovizError

REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"figure": "nosuch"}, "figure is 'nosuch' (str); no figure is named 'nosuch'; there are: auto, "),
    ({"figure": "imagin"}, "did you mean 'imaging'?"),
    ({"figure": len}, "figure is len (builtin_function_or_method); expected a name, as a spool holds no code; "),
    ({"renderer": "gpu"}, "renderer is 'gpu' (str); expected 'process', 'thread', 'inline' or None"),
    ({"arrays": {"model": 1.0}}, "arrays is {'model': 1.0} (dict); expected a function of an instance of the model "),
    ({"static": [1.0]}, "static is [1.0] (list); expected a mapping of names to arrays, or None"),
    (
        {"figur": "line"},
        "figur is no argument of live; it takes analysis, arrays, figure, static, renderer, display, units, labels, "
        "axes, scales; did you",
    ),
    (
        {"analysis": Analysis},
        "analysis is Analysis (ABCMeta); expected an af.Analysis that is made: live(Analysis(...))",
    ),
    ({"analysis": 3}, "analysis is 3 (int); expected an af.Analysis that is made: live(Analysis(...))"),
    ({"arrays": None}, "of whose fits nothing is known; give live(analysis, arrays=...) a function of an instance"),
]


@pytest.mark.parametrize(("more", "expected"), REFUSED, ids=lambda value: str(value)[:40])
def test_what_live_can_never_use_is_refused_at_once(more, expected):
    """Before the search begins, which may be days before its first quick update."""
    given = {"analysis": analysis("DynestyStatic"), "arrays": model_data} | more
    with pytest.raises(AutovizError) as caught:
        live(**given)
    assert expected in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_search_without_quick_updates_is_told(tmp_path, caplog):
    """PyAutoFit's default is none, and its `hpc_mode` turns them off: there was no figure, and no word."""
    made = analysis("DynestyStatic")
    with caplog.at_level(logging.WARNING, "autoviz_render"):
        fit(tmp_path, "DynestyStatic", live(made, arrays=arrays_of("DynestyStatic", made), static=STATIC), every=1e99)
    (said,) = [record.getMessage() for record in caplog.records if record.name.startswith("autoviz_render")]
    assert "makes no quick updates, so nothing is drawn; give it iterations_per_quick_update=1000" in said
    assert not list(tmp_path.rglob("spool.json"))
