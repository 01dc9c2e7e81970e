"""`watch`: a live view of runs in any notebook."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from autoviz_render.renderer.batch.runs import exists, named_path
from autoviz_render.spool.errors import AutovizError, WrongTypeError, checks_arguments
from autoviz_render.spool.guard import wrong

if TYPE_CHECKING:
    from autoviz_render.views.notebook.live_view import LiveView

_EXTRA = ("anywidget", "ipywidgets", "traitlets", "psygnal")


class NoWidgetError(AutovizError, ModuleNotFoundError):
    """What the extra `notebook` brings is not installed."""


@checks_arguments
def watch(path: str | os.PathLike[str] = "output", *, draw: bool = True) -> LiveView:
    """A live view of the runs at or below a path, for a notebook other than the one that runs the search, too.

    The newest figure appears as it is drawn, with a slider over those that came, the state of the run, and a list to
    choose a run from if there are several. Where no widget can be, it is the newest figure and a line of text.

    Args:
        path: A run directory, its spool, or any directory above several runs. It need not exist yet.
        draw: Whether a run that is shown, and that nobody draws, is drawn by a process of this view: into the run's own
            `image/`, as `autoviz-render --watch` does, until the view is closed or removed.

    Raises:
        NoWidgetError: The extra is not installed: `pip install 'autoviz-render[notebook]'`.
        PathError: The path is a file.
    """
    if not isinstance(path, (str, os.PathLike)):
        raise WrongTypeError(wrong("path", path, "expected the path of a run, or of a folder above several"))
    place = named_path(path)
    exists(place)
    try:
        from autoviz_render.views.notebook.live_view import LiveView
    except ModuleNotFoundError as error:
        if error.name not in _EXTRA:
            raise
        message = f"watch needs {error.name}, which is not installed: pip install 'autoviz-render[notebook]'"
        raise NoWidgetError(message, name=error.name) from error
    return LiveView(place.absolute(), draw=draw)
