"""The API reference has an entry for every public name, and every entry something to say."""

from __future__ import annotations

import importlib
import inspect
import re
from pathlib import Path

import pytest

from autoviz_render.search import hooks

API = Path(__file__).parents[1] / "docs" / "api"
ENTRY = re.compile(r"^\.\. auto(?:class|function|exception|data):: ([\w.]+)(?:\(\))?$", re.MULTILINE)
ENTRIES = [entry for page in sorted(API.glob("*.rst")) for entry in ENTRY.findall(page.read_text())]
PACKAGES = ("autoviz_render", "autoviz_render.spool", "autoviz_render.figures", "autoviz_render.renderer")


def found(name: str) -> object:
    module, _, attribute = name.rpartition(".")
    return getattr(importlib.import_module(module), attribute)


@pytest.mark.parametrize("package", PACKAGES)
def test_every_public_name_has_an_entry(package):
    """A name that is not in the reference is found only by those who read the code."""
    names = getattr(importlib.import_module(package), "__all__", [])
    listed = {entry.rpartition(".")[2] for entry in ENTRIES}
    assert set(names) - {"hooks"} <= listed


def test_every_hook_has_an_entry():
    """`hooks` is a module: its functions are the names."""
    assert {f"autoviz_render.search.hooks.{name}" for name in hooks.__all__} <= set(ENTRIES)


@pytest.mark.parametrize("name", ENTRIES)
def test_every_entry_says_something(name):
    """An entry of a signature alone tells what can be read off the code. A dataclass has such a text of its own."""
    value = found(name)
    if isinstance(value, str):
        return  # a type's alias: its text is the line below it
    text = inspect.cleandoc(value.__doc__ or "")
    assert text, name
    assert not text.startswith(f"{name.rpartition('.')[2]}("), name


def test_no_name_has_two_entries():
    """One of them would be forgotten when the other is changed."""
    assert sorted(set(ENTRIES)) == sorted(ENTRIES)


def test_every_page_is_in_the_index():
    """A page outside the index is not on the site."""
    index = (API / "README.rst").read_text()
    for page in API.glob("*.rst"):
        assert page.stem == "README" or re.search(rf"^   {page.stem}$", index, re.MULTILINE)
