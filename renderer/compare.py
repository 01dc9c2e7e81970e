"""Two snapshots side by side, with their difference: drawn here and now."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import TYPE_CHECKING, Any

from autoviz_render.figures.errors import FigureError
from autoviz_render.figures.numbers import nats, rounded, with_error
from autoviz_render.figures.registry import Recipe
from autoviz_render.renderer.provenance import COMPARED
from autoviz_render.renderer.settings import FigureSpec, RenderSettings
from autoviz_render.spool.errors import WrongTypeError, checks_arguments
from autoviz_render.spool.guard import wrong
from autoviz_render.spool.snapshot import Snapshot
from autoviz_render.spool.text import printable

if TYPE_CHECKING:
    from autoviz_render.renderer.plot.drawing import Drawing
    from autoviz_render.renderer.plot.header.heading import Heading

_LONGEST_NAME = 60  # characters


@dataclass(frozen=True, eq=False)
class Compared:
    """Two snapshots, and what they are called.

    Attributes:
        one, other: A and B.
        names: What the heading says of them: "step 3", "output/a".
        are_two_runs: Whether they are of two runs; else they are two steps of one.
    """

    one: Snapshot
    other: Snapshot
    names: tuple[str, str]
    are_two_runs: bool

    @property
    def shared_figures(self) -> list[str]:
        """The figures that both runs name, in the order of the first; "auto" if neither says any."""
        if not (self.one.figures or self.other.figures):
            return ["auto"]
        return [name for name in self.one.figures or ("auto",) if name in (self.other.figures or ("auto",))]

    def heading(self) -> Heading:
        """Which two they are, and how far apart: in the log likelihood and the log evidence of their best fits."""
        from autoviz_render.renderer.plot.header.heading import Heading

        a, b = (printable(name, _LONGEST_NAME) for name in self.names)
        run = "" if self.are_two_runs else printable(self.one.run, _LONGEST_NAME)
        name = ", ".join(filter(None, (run, f"A: {a}", f"B: {b}")))
        apart = self._apart()
        long = "   ".join(f"{each} {text}" for each, _, text in apart)
        return Heading(name, [long, *_shorter(apart), ""], is_name_whole=True)

    def _apart(self) -> list[tuple[str, str, str]]:
        """Differences: their names, long and short, and what they are."""
        one, other = self.one, self.other
        found = []
        if math.isfinite(other.log_likelihood - one.log_likelihood):
            found.append(("Δ log likelihood", "Δ log L", _signed(other.log_likelihood - one.log_likelihood)))
        evidence = [each.scalars.get("log_evidence", math.nan) for each in (one, other)]
        if math.isfinite(evidence[1] - evidence[0]):
            errors = [each.scalars.get("log_evidence_error", math.nan) for each in (one, other)]
            error = math.hypot(*errors) if self.are_two_runs else math.nan
            name = ("ln B", "ln B") if self.are_two_runs else ("Δ log evidence", "Δ log Z")
            found.append((*name, _signed(evidence[1] - evidence[0], error)))
        return found


def _shorter(apart: Sequence[tuple[str, str, str]]) -> list[str]:
    return ["   ".join(f"{short} {text}" for _, short, text in apart[:count]) for count in range(len(apart), 0, -1)]


def _signed(value: float, error: float = math.nan) -> str:
    sign = "+" if value > 0 else ""
    if 0 < error < math.inf:
        return f"{sign}{with_error(value, error)} ± {rounded(error, 2)}"
    return f"{sign}{nats(value)}"


@checks_arguments
def compare(
    one: Snapshot,
    other: Snapshot,
    figure: str | FigureSpec | Recipe | None = None,
    settings: RenderSettings = RenderSettings(),
) -> Drawing:
    """Two snapshots side by side, and their difference: A, B, and B less A, with one set of limits for A and B.

    If both have the name of one run, they are taken for two steps of it, else for two runs. A notebook shows the
    figure; `Drawing.save` writes it to a file. The difference of equal values is exactly zero, and is called identical.

    Args:
        one: A, as `Spool.read` gives it.
        other: B.
        figure: A name, or a function of a snapshot that returns panels; None is the first of `settings.figures`, or the
            first figure that both runs name, or "auto". Panels are compared that have the same title in both.
        settings: How large, which panel, dots per inch and theme. `formats` has no part in it.

    Raises:
        FigureError: No figure has this name, the runs name no figure that both have, or the two figures have no panel
            in common; a `PageError` if there is no such panel, or they do not fit on the page.
        WrongTypeError: One is no snapshot, or the figure is neither a name nor a function.
    """
    for name, value in (("one", one), ("other", other)):
        if not isinstance(value, Snapshot):
            raise WrongTypeError(wrong(name, value, "expected a Snapshot, as spool.read(spool.newest()) gives it"))
    if figure is not None and not isinstance(figure, (str, FigureSpec)) and not callable(figure):
        raise WrongTypeError(wrong("figure", figure, "expected a name, or a function of a snapshot"))
    if not isinstance(settings, RenderSettings):
        raise WrongTypeError(wrong("settings", settings, "expected RenderSettings, as in RenderSettings(dpi=200)"))
    are_steps = one.run == other.run
    names = [f"{'step' if are_steps else each.run or 'run'} {each.sequence}".strip() for each in (one, other)]
    pair = Compared(one, other, (names[0], names[1]), are_two_runs=not are_steps)
    return drawn(pair, figure or next(iter(settings.figures or ()), None), settings)


def drawn(pair: Compared, figure: str | FigureSpec | Recipe | None, settings: RenderSettings) -> Drawing:
    """A comparison, drawn. What a panel raises is shown in its place, and listed in the drawing's `errors`.

    Raises:
        FigureError: As `compare` raises it.
        Exception: What the recipe raises.
    """
    from autoviz_render.figures.comparison.side_by_side import columns_for_screen, laid_out
    from autoviz_render.renderer.plot.drawing import KeptFigure
    from autoviz_render.renderer.plot.theme import THEMES

    chosen = shared_figure(pair) if figure is None else figure
    spec = FigureSpec(chosen) if isinstance(chosen, str) else chosen
    recipe = spec.recipe() if isinstance(spec, FigureSpec) else spec
    groups = _groups(pair, settings.coloured(recipe), settings.panel)
    page = replace(settings.page, panel=None)
    columns = columns_for_screen(groups)
    if page.width is not None:
        columns = next((each for each in (3, 2) if page.takes(laid_out(groups, each))), 1)
    rows = laid_out(groups, columns)
    name = spec.name if isinstance(spec, FigureSpec) else getattr(spec, "__name__", "")
    told = {**settings.record(), COMPARED: f"step {pair.one.sequence} of {pair.one.run}, {pair.one.digest}"}
    how: dict[str, Any] = {"dpi": settings.dpi, "theme": THEMES[settings.theme], "page": page, "settings": told}
    kept = KeptFigure(lambda _: rows, name=name, **how)
    return kept.draw(pair.other, heading=pair.heading())


def shared_figure(pair: Compared) -> str:
    """The first figure that both runs name. Raises FigureError if there is none."""
    shared = pair.shared_figures
    if shared:
        return shared[0]
    named = " and ".join(
        f"{name} names {', '.join(each.figures or ('auto',))}"
        for name, each in zip(pair.names, (pair.one, pair.other), strict=True)
    )
    raise FigureError(f"{printable(named)}: choose one figure for both; 'auto' draws whatever is there")


def _groups(pair: Compared, recipe: Recipe, panel: str | int | None) -> Any:
    from autoviz_render.figures.comparison.side_by_side import Side, compared
    from autoviz_render.figures.comparison.titles import named_panel
    from autoviz_render.figures.panels import Panel
    from autoviz_render.renderer.recipes import panels_of

    sides = []
    for snapshot in (pair.one, pair.other):
        items = panels_of(recipe, snapshot)
        panels = list(chain.from_iterable([item] if isinstance(item, Panel) else item for item in items))
        sides.append(Side(snapshot, panels if panel is None else [named_panel(panel, panels)]))
    return compared(*sides, are_two_runs=pair.are_two_runs, is_one_panel=panel is not None)
