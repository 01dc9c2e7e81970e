"""What raises an alarm: rules as data, with the thresholds that a person sets in `alarms.toml`.

The file has a table for each rule that is changed; what it leaves out keeps its default::

    [constant]
    except = ["Background"]

    [chi_squared]
    margin = 0.5

    [silent]
    enabled = false
"""

from __future__ import annotations

import math
import os
import re
import stat
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from fnmatch import fnmatchcase
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

from autoviz_render.renderer.settings import SettingsError
from autoviz_render.spool.errors import nearest
from autoviz_render.spool.text import printable

RULES_NAME = "alarms.toml"

_LEVELS = 6
"""Folders that are looked in: the run's directory and those above it."""

_LARGEST = 2**18
"""Bytes of a file of rules."""

_MOST = 1e15
"""Of a threshold."""

_KEYS = {"except": "excepted"}
"""Keys that are no names in Python."""

_R = TypeVar("_R", bound="Rule")


def _at_least(least: float, default: float, most: float = math.inf) -> Any:
    """A number of a rule with the range that it may have."""
    return field(default=default, metadata={"least": least, "most": most})


@dataclass(frozen=True)
class Rule:
    """What all rules have.

    Attributes:
        enabled: Whether it is looked at.
    """

    enabled: bool = True


@dataclass(frozen=True)
class PanelRule(Rule):
    """A rule about panels.

    Attributes:
        only: The titles of the panels that it is for, or how they begin; `*` and `?` stand for anything. Empty is all.
        excepted: Of those that it is not for, as `only`; `except` in the file.
    """

    only: tuple[str, ...] = ()
    excepted: tuple[str, ...] = ()

    def is_for(self, panel: str) -> bool:
        """Whether it is looked at in a panel of this title."""
        return self.enabled and (not self.only or _is_among(panel, self.only)) and not _is_among(panel, self.excepted)


@dataclass(frozen=True)
class NotFiniteRule(PanelRule):
    """Pixels without a value that are neither masked nor without data.

    Attributes:
        share: Of the pixels that should have one, from 0 to 1, above which it is an alarm.
        of_model: The same in models and residuals, which should have one wherever the data do.
    """

    share: float = _at_least(0.0, 0.01, 1.0)
    of_model: float = _at_least(0.0, 0.0, 1.0)


@dataclass(frozen=True)
class SaturatedRule(PanelRule):
    """Pixels at exactly the same, largest value.

    Attributes:
        pixels: So many are an alarm. The symmetry of a model makes eight alike at most.
    """

    pixels: float = _at_least(2, 9)


@dataclass(frozen=True)
class StructuredRule(PanelRule):
    """Normalised residuals that are no noise.

    Attributes:
        sigma: How unlikely it is by chance, in standard deviations, that is an alarm.
    """

    sigma: float = _at_least(3.0, 7.0)


@dataclass(frozen=True)
class ChiSquaredRule(PanelRule):
    """Chi squared that is not what the number of pixels and parameters lets expect.

    Attributes:
        margin: The share of its expectation by which it may be off.
        sigma: By how many of its own standard deviations it may be off, besides.
    """

    margin: float = _at_least(0.0, 0.25)
    sigma: float = _at_least(0.0, 5.0)


@dataclass(frozen=True)
class FellRule(Rule):
    """The best log likelihood is lower than it was when the run was resumed.

    Attributes:
        nats: By how much at least.
        updates: Quick updates after the start before it is judged.
    """

    nats: float = _at_least(0.0, 1.0)
    updates: float = _at_least(1, 3)


@dataclass(frozen=True)
class NoLikelihoodRule(Rule):
    """The log likelihood was a number, and is none any more.

    Attributes:
        updates: So many quick updates in a row.
    """

    updates: float = _at_least(1, 3)


@dataclass(frozen=True)
class StalledRule(Rule):
    """A run that does not get better, while others do.

    Attributes:
        hours: Without any progress: of the log likelihood, the evidence, what remains of it, the effective sample size.
        others: So many other runs, and two thirds of them, made progress since.
    """

    hours: float = _at_least(0.0, 12.0)
    others: float = _at_least(1, 2)


@dataclass(frozen=True)
class DiskRule(Rule):
    """A disk that is full soon.

    Attributes:
        share: Free space as a share of the disk, below which it is an alarm if it is less than 10 gigabytes as well.
        hours: Until it is full, at the rate at which it fills.
    """

    share: float = _at_least(0.0, 0.01, 1.0)
    hours: float = _at_least(0.0, 6.0)


@dataclass(frozen=True)
class Rules:
    """The rules with their thresholds; the names of the fields are those of the tables in the file.

    Attributes:
        zero: A panel of which every value is zero.
        constant: A panel of which every value is the same.
        not_finite: A panel with values that are not finite.
        saturated: A panel with many pixels at exactly its largest value.
        structured: Normalised residuals that are no noise.
        chi_squared: Chi squared far from its expectation.
        identical: A panel whose values are those of another run, to the last bit.
        fell_at_resume: The log likelihood fell as the run was resumed.
        no_likelihood: The log likelihood is no number any more.
        stalled: A run makes no progress while others do.
        silent: A search is silent while it should publish.
        disk: The disk is full soon.
    """

    zero: PanelRule = PanelRule()
    constant: PanelRule = PanelRule()
    not_finite: NotFiniteRule = NotFiniteRule()
    saturated: SaturatedRule = SaturatedRule()
    structured: StructuredRule = StructuredRule()
    chi_squared: ChiSquaredRule = ChiSquaredRule()
    identical: PanelRule = PanelRule()
    fell_at_resume: FellRule = FellRule()
    no_likelihood: NoLikelihoodRule = NoLikelihoodRule()
    stalled: StalledRule = StalledRule()
    silent: Rule = Rule()
    disk: DiskRule = DiskRule()


def read_rules(run_dir: Path) -> Rules:
    """The rules of a run: those of the nearest `alarms.toml`, in its directory or one above, else the defaults.

    A file is read once, and again when it has changed: a call costs some microseconds.

    Args:
        run_dir: The run's directory.

    Raises:
        SettingsError: The file cannot be read, or says something impossible; the message names it and the line.
    """
    for path in _places(os.path.abspath(run_dir)):
        try:
            found = os.stat(path)
        except OSError:  # there is none, or nobody may look into that folder
            continue
        if not stat.S_ISREG(found.st_mode) or found.st_size > _LARGEST:
            raise SettingsError(f"{printable(path)}: this is no file of rules; rename it, or write one")
        return _read(path, (found.st_ino, found.st_size, found.st_mtime_ns))
    return _DEFAULT


@lru_cache(maxsize=4096)
def _places(folder: str) -> tuple[str, ...]:
    """Where the rules of a folder may be, the nearest first."""
    folders = [folder]
    while len(folders) < _LEVELS and (above := os.path.dirname(folders[-1])) != folders[-1]:
        folders.append(above)
    return tuple(os.path.join(each, RULES_NAME) for each in folders)


_DEFAULT = Rules()


@lru_cache(maxsize=256)
def _read(path: str, signature: tuple[int, ...]) -> Rules:
    """What a file says. signature: of its content, so that it is read again when that changed."""
    del signature
    shown = printable(path)
    try:
        text = Path(path).read_text(encoding="utf-8")
        return rules_of(tomllib.loads(text), shown, text)
    except OSError as error:
        raise SettingsError(f"{shown}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise SettingsError(f"{shown}: this is no text in UTF-8; write it again") from error
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{shown}: this is no TOML: {printable(str(error))}") from error
    except RecursionError as error:
        raise SettingsError(f"{shown}: this is no TOML of rules: it is nested too deeply") from error


def rules_of(tables: Mapping[str, object], source: str, text: str = "") -> Rules:
    """Rules from what a file says.

    Args:
        tables: A table for each rule that is changed.
        source: The file, for messages.
        text: What stands in it, to name the line.

    Raises:
        SettingsError: It says something impossible.
    """
    default = {each.name: getattr(_DEFAULT, each.name) for each in fields(Rules)}
    for name, table in tables.items():
        line = _line_of(text, name)
        if name not in default:
            raise SettingsError(f"{source}{line}: there is no rule {printable(name)!r}{nearest(name, default)}")
        if not isinstance(table, dict):
            raise SettingsError(f"{source}{line}: {name} is a table, which begins with [{name}]")
        default[name] = _changed(default[name], name, table, source, text)
    return Rules(**default)


def _changed(rule: _R, name: str, table: Mapping[str, object], source: str, text: str) -> _R:
    known = {_named(each.name): each for each in fields(rule)}
    values = {each.name: getattr(rule, each.name) for each in fields(rule)}
    for key, value in table.items():
        where = f"{source}{_line_of(text, name, key)}: [{name}]"
        if key not in known:
            takes = ", ".join(known)
            raise SettingsError(f"{where} has no {printable(key)!r}, but {takes}{nearest(key, known)}")
        wanted = _misfit(value, values[known[key].name], known[key].metadata)
        if wanted:
            raise SettingsError(f"{where} {key} must be {wanted}, not {printable(repr(value), 60)}")
        values[known[key].name] = tuple(value) if isinstance(value, list) else value
    return type(rule)(**values)


def _named(attribute: str) -> str:
    """What an attribute is called in the file."""
    return next((key for key, name in _KEYS.items() if name == attribute), attribute)


def _misfit(value: object, default: object, allowed: Mapping[str, float]) -> str:
    """What a value should have been; empty if it will do."""
    if isinstance(default, bool):
        return "" if isinstance(value, bool) else "true or false"
    if isinstance(default, tuple):
        is_listed = isinstance(value, list) and all(isinstance(each, str) and each for each in value)
        return "" if is_listed else 'a list of titles, ["Lens light", "Source*"]'
    least, most = allowed["least"], allowed["most"]
    if isinstance(value, int | float) and not isinstance(value, bool) and least <= value <= min(most, _MOST):
        return ""
    return f"a number from {least:g} to {most:g}" if math.isfinite(most) else f"a number, {least:g} or more"


def _line_of(text: str, table: str, key: str = "") -> str:
    """Where a table, or a key of it, stands in a file: ", line 12"; empty if that is not seen at once."""
    is_within = False
    for number, line in enumerate(text.splitlines(), 1):
        if header := re.match(r"\s*\[\s*[\"']?(.*?)[\"']?\s*\]", line):
            is_within = header[1] == table
        if is_within and (header if not key else re.match(rf"\s*[\"']?{re.escape(key)}[\"']?\s*=", line)):
            return f", line {number}"
    return ""


def _is_among(title: str, patterns: tuple[str, ...]) -> bool:
    """Whether a title is one of some, or begins as one of them; upper and lower case are the same."""
    folded = title.casefold()
    return any(fnmatchcase(folded, f"{pattern.casefold()}*") for pattern in patterns)
