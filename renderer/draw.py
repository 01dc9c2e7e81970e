"""One snapshot's figure, drawn here and now: in a notebook, or a script."""

from __future__ import annotations

from typing import TYPE_CHECKING

from autoviz_render.figures.registry import Recipe
from autoviz_render.renderer.settings import FigureSpec, RenderSettings, SettingsError
from autoviz_render.spool.errors import WrongTypeError, checks_arguments
from autoviz_render.spool.guard import wrong
from autoviz_render.spool.snapshot import Snapshot

if TYPE_CHECKING:
    from autoviz_render.renderer.plot.drawing import Drawing


@checks_arguments
def draw(
    snapshot: Snapshot, figure: str | FigureSpec | Recipe | None = None, settings: RenderSettings = RenderSettings()
) -> Drawing:
    """The figure of a snapshot. A notebook shows it; `Drawing.save` writes it to a file.

    What a recipe or a panel raises is shown in its place in the figure, and listed in `Drawing.errors`.

    Args:
        snapshot: What `Spool.read` gives, or a sampler is about to publish.
        figure: A name, or a function of a snapshot that returns panels; None is the first of `settings.figures`, or
            the first figure that the snapshot's run names, or "auto". A name is never imported as code.
        settings: How large, which panel, dots per inch and theme. `formats` has no part in it.

    Raises:
        FigureError: No figure has this name; a `PageError` if it has no such panel, or does not fit on the page.
        SettingsError: The limits are to be those of a run, which is not at hand.
        WrongTypeError: It is no snapshot, or neither a figure's name nor a function.
    """
    if not isinstance(snapshot, Snapshot):
        raise WrongTypeError(wrong("snapshot", snapshot, "expected a Snapshot, as spool.read(spool.newest()) gives it"))
    if figure is not None and not isinstance(figure, (str, FigureSpec)) and not callable(figure):
        raise WrongTypeError(wrong("figure", figure, "expected a name, or a function of a snapshot"))
    if not isinstance(settings, RenderSettings):
        raise WrongTypeError(wrong("settings", settings, "expected RenderSettings, as in RenderSettings(dpi=200)"))
    if settings.limits != "own":
        raise SettingsError("limits: a snapshot alone has its own; to draw it with those of its run, use render()")
    from autoviz_render.renderer.work.judge import Judge
    from autoviz_render.renderer.work.kept_figure import kept_figure  # with Matplotlib, which the name need not load

    chosen = figure or next(iter(settings.figures or snapshot.figures), "auto")
    spec = FigureSpec(chosen) if isinstance(chosen, str) else chosen
    recipe = spec.recipe() if isinstance(spec, FigureSpec) else spec
    name = spec.name if isinstance(spec, FigureSpec) else getattr(spec, "__name__", "")
    return kept_figure(recipe, name, settings, warns=True).draw(snapshot, Judge(None, name))
