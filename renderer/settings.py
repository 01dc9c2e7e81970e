"""What is drawn of a snapshot and how: figures, formats, size, dots per inch, theme. They are declared here alone."""

from __future__ import annotations

import logging
import math
import os
import re
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from numbers import Real
from typing import TYPE_CHECKING, Any, Literal, cast, get_args

from autoviz_render.figures.registry import Recipe, figure_names, find_figure, find_target, load_figure
from autoviz_render.renderer.plot.formats import FORMATS, Format
from autoviz_render.spool.errors import AutovizError, checks_construction, nearest
from autoviz_render.spool.format.colour_scales import parse_interval, parse_stretch
from autoviz_render.spool.guard import wrong

if TYPE_CHECKING:
    from autoviz_render.renderer.plot.page import Page

ThemeName = Literal["light", "dark"]
Limits = Literal["own", "run"] | int
"""What the axes and the colours of a figure are: see `RenderSettings.limits`."""

log = logging.getLogger("autoviz_render.renderer")

SCREEN_DPI, PRINT_DPI = 100, 300
DPI_VARIABLE = "AUTOVIZ_DPI"

FIRST_STEM = "fit"
"""What the file of a run's own first figure is called, as PyAutoFit's is; all others are called as they are."""


_SHORTEST, _LONGEST = 29.99 / 25.4, 1000.01 / 25.4
"""Inches: sides of a page."""


class SettingsError(AutovizError, ValueError):
    """A setting that nothing can be drawn with. The message is one line that names it."""


@dataclass(frozen=True)
class FigureSpec:
    """A figure by its name, or a function that a person named as `module:function`.

    Attributes:
        name: Of the figure, and of its files.
        target: `module:function`, never from a spool; empty for a figure that is found by its name.
        folder: Where to import `target` from, besides where Python looks anyway.
    """

    name: str
    target: str = ""
    folder: str = ""

    @staticmethod
    def imported(target: str) -> FigureSpec:
        """The figure `module.function` of `module:function`; the module may lie in the current folder."""
        return FigureSpec(target.replace(":", "."), target, os.getcwd())

    @property
    def stem(self) -> str:
        """What its files are called, unless it is the first of a run's own: never as that one's are."""
        return f"figure-{self.name}" if self.name.casefold() == FIRST_STEM else self.name

    def find(self) -> str:
        """Where its function is, as `module:function`. Nothing is imported.

        Raises:
            FigureError: No figure, or more than one, has this name.
        """
        return self.target or find_target(self.name)

    def recipe(self) -> Recipe:
        """The function that draws it.

        Raises:
            FigureError: There is none, or it cannot be imported.
        """
        if self.folder and self.folder not in sys.path:
            sys.path.insert(0, self.folder)  # as `python -m` does: the module may lie beside the user
        return load_figure(self.target) if self.target else find_figure(self.name)


def nearest_figure(name: str) -> str:
    """The name of a figure that is most like this one, as a question to add to a message; empty if none is."""
    return nearest(name, figure_names())


@checks_construction
@dataclass(frozen=True)
class RenderSettings:
    """What is drawn of a snapshot, and how.

    Attributes:
        figures: The figures to draw, by name or as `FigureSpec`; None draws the ones that each run names.
        formats: Kinds of files to write: "png", "pdf", "svg", "webp".
        dpi: Dots per inch. None takes 100, the size for a screen, 1792x1343 pixels for twelve panels; with a width
            300, for print. On a screen of high resolution 200 are sharp: the environment variable AUTOVIZ_DPI says so
            for everything that is drawn without a width.
        theme: Colours of everything but the data, "light" or "dark".
        width: Of a figure that is to be printed: inches, or a text with a unit, "88mm", "8.8cm", "3.46in". Text then
            has 7 to 10 points, and panels stand in as few columns as that takes. None is the size for a screen.
        height: With `width`, as `width`; None is as high as the panels need.
        stretch: How colours are spread between their limits: "linear", "log", "asinh", "sqrt" or "power:0.5", for all
            panels but those centred on zero; None is as each figure has it.
        interval: What the limits of colours are: "zscale", "minmax", a percentage of the values, "99.5%", or two limits
            "0,2.5" of the panels in the unit of the first one; None is as each figure has it.
        panel: The title of the one panel that is drawn, or how it begins, or its number counted from 1; None draws all.
            It is taken from a run's first figure, unless `figures` says otherwise.
        limits: The axes and colours: "own", of each snapshot by itself; "run", the same at every snapshot of a run,
            those of the newest; or the sequence number of the snapshot that they are taken from. Live, "run" takes
            those of the first snapshot that is drawn, and new ones when a later one goes beyond them.

    Raises:
        SettingsError: One of them is not possible; it is a ValueError, and its message names the setting.
    """

    figures: Sequence[str | FigureSpec] | None = None
    formats: Sequence[Format] = ("png",)
    dpi: int = cast(int, None)  # which nobody finds here: it is 100, or 300
    theme: ThemeName = "light"
    width: float | str | None = None
    height: float | str | None = None
    panel: str | int | None = None
    limits: Limits = "own"
    stretch: str | None = None
    interval: str | float | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "formats", _listed("formats", self.formats, "png"))
        if not self.formats or not set(self.formats) <= set(FORMATS):
            raise SettingsError(wrong("formats", self.formats, f"name one or several of {', '.join(FORMATS)}"))
        for name in ("width", "height"):
            object.__setattr__(self, name, _inches(name, getattr(self, name)))
        if self.height is not None and self.width is None:
            raise SettingsError(wrong("height", self.height, "give a width too"))
        if self.panel is not None and (isinstance(self.panel, bool) or not isinstance(self.panel, str | int)):
            raise SettingsError(wrong("panel", self.panel, "give a panel's title, or its number counted from 1"))
        self._check_colours()
        if cast(object, self.dpi) is None:
            object.__setattr__(self, "dpi", _screen_dpi() if self.width is None else PRINT_DPI)
        dpi: Any = self.dpi
        if isinstance(dpi, bool) or not isinstance(dpi, Real) or not 0 < float(dpi) < math.inf:
            raise SettingsError(wrong("dpi", self.dpi, "give a positive number of dots per inch"))
        if self.theme not in get_args(ThemeName):
            raise SettingsError(wrong("theme", self.theme, f"choose from {', '.join(get_args(ThemeName))}"))
        if self.limits not in ("own", "run") and (type(self.limits) is not int or self.limits < 0):
            raise SettingsError(wrong("limits", self.limits, "choose 'own', 'run', or the number of a quick update"))
        if self.figures is not None:
            object.__setattr__(self, "figures", _listed("figures", self.figures, "line"))
            stems = [stem.casefold() for _, stem in self.named(())]  # as on a disk that takes A for a
            if not stems or len(set(stems)) < len(stems):
                raise SettingsError(
                    wrong("figures", self.figures, "name at least one, and none with the file name of another")
                )

    def _check_colours(self) -> None:
        if isinstance(self.interval, (int, float)):
            object.__setattr__(self, "interval", f"{self.interval}%")
        for name, parse in (("stretch", parse_stretch), ("interval", parse_interval)):
            given = getattr(self, name)
            try:
                if given is not None and not isinstance(given, str):
                    raise ValueError("expected text")
                if given is not None and (parse(given).name == "symmetric" or not given.strip()):
                    raise ValueError(f"leave out {name} for each figure's own")
            except ValueError as error:
                raise SettingsError(wrong(name, given, str(error))) from None

    def coloured(self, recipe: Recipe) -> Recipe:
        """The recipe with the stretch and the interval that were chosen."""
        if self.stretch is None and self.interval is None:
            return recipe
        from autoviz_render.figures.scaling.choice import with_colours

        return with_colours(recipe, self.stretch, cast(str | None, self.interval))

    @property
    def page(self) -> Page:
        """How large a figure is, and which of its panels it shows."""
        from autoviz_render.renderer.plot.page import Page  # and the panels with it, which no command line needs

        return Page(self.width, self.height, self.panel)  # type: ignore[arg-type]  # texts are lengths by now

    def record(self) -> dict[str, Any]:
        """How a figure is drawn, as its file says it: what is not the default, by name; the dots per inch always.

        `figures` and `formats` have no part in it.
        """
        how = {each.name: getattr(self, each.name) for each in fields(self) if each.name not in ("figures", "formats")}
        default = {each.name: each.default for each in fields(self)}
        return {name: value for name, value in how.items() if name == "dpi" or value != default[name]}

    def named(self, own: Iterable[str]) -> list[tuple[FigureSpec, str]]:
        """Each figure to draw, with the stem of its files' names.

        Args:
            own: The names of the run's own figures, which are drawn if no others are set.
        """
        names = tuple(own)
        first = FigureSpec(names[0]) if names else None
        named = names if self.figures is None else self.figures
        specs = [each if isinstance(each, FigureSpec) else FigureSpec(each) for each in named]
        alone = specs if self.panel is None or self.figures is not None else specs[:1]
        return [(spec, self.stem(spec, FIRST_STEM if spec == first else "")) for spec in alone]

    def stem(self, figure: FigureSpec, name: str = "") -> str:
        """What the files of a figure are called; `name` is used instead of its own."""
        return (name or figure.stem) + ("" if self.panel is None else f"-{_slug(self.panel)}")


def _screen_dpi() -> int:
    """Dots per inch of a person's screen; a variable that says nothing of use must not cost a run its figures."""
    told = os.environ.get(DPI_VARIABLE, "")
    if told.isdecimal() and 10 <= int(told) <= 1200:
        return int(told)
    if told:
        log.warning("%s is %r; give 10 to 1200 dots per inch; 100 are drawn", DPI_VARIABLE, told)
    return SCREEN_DPI


def _slug(panel: str | int) -> str:
    """A panel's title, or its number, as a part of a file's name: nothing of it leads elsewhere, or is hidden."""
    words = re.sub(r"[\W_]+", "-", str(panel).casefold()).strip("-")[:40]
    return words if words and not words.isdecimal() else f"panel-{words}".rstrip("-")


def _inches(name: str, length: float | str | None) -> float | None:
    """A side of a page, in inches."""
    if length is None:
        return None
    from autoviz_render.renderer.plot.page import inches

    try:
        given = inches(length)
    except (ValueError, TypeError):
        given = math.nan
    if not _SHORTEST <= given <= _LONGEST:
        raise SettingsError(wrong(name, length, "give 30 mm to 1 m: inches, or a text with its unit, as '88mm'"))
    return given


def _listed(name: str, given: Any, example: str) -> tuple[Any, ...]:
    """A list of names as a tuple. Raises SettingsError: it is none, as a name alone is not."""
    if isinstance(given, str) or not isinstance(given, Iterable):
        raise SettingsError(wrong(name, given, f"give a list of names, as in [{example!r}]"))
    for each in (named := tuple(given)):
        if callable(each):
            hint = "give names; for a function of yours, FigureSpec.imported('module:function'), or draw(snapshot, it)"
            raise SettingsError(wrong(name, each, hint))
    return named
