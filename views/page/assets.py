"""The page itself: its program and its style, made into one file, or served as they are."""

from __future__ import annotations

import html
import re
from functools import cache
from importlib.resources import files
from typing import Literal

import autoviz_render
from autoviz_render.spool.text import printable

Kind = Literal["run", "runs", "sheet"]
"""Of a page: about one run, over all of them, or a contact sheet."""

_FOLDER = files(__package__) / "assets"
_SOURCES = ("page.html", "sheet.html")
_GENERATOR = "autoviz-render"
_OURS = re.compile(rb'<meta name="generator" content="autoviz-render[ "]')
_STYLE = re.compile(r'^<link rel="stylesheet" href="([\w.-]+)">$', re.MULTILINE)
_PROGRAM = re.compile(r'^<script src="([\w.-]+)"></script>$', re.MULTILINE)
_LONGEST_TITLE = 200  # characters


def page(kind: Kind, title: str, *, served_from: str | None = None) -> bytes:
    """A page of its own: one file with style and program inside, or one whose server has them.

    Args:
        kind: What it is about.
        title: Of its window, as its writer made it.
        served_from: The link to the folder of the assets, "" or ending in `/`; None puts them into the page.
    """
    source = "sheet.html" if kind == "sheet" else "page.html"
    text = _inlined(source) if served_from is None else _linked(source, served_from)
    told = html.escape(printable(title, _LONGEST_TITLE))
    head, _, rest = text.partition("</head>")
    head = head.replace('name="autoviz-page" content="run"', f'name="autoviz-page" content="{kind}"')
    title_of = "<title>autoviz-render</title>"
    return f"{head.replace(title_of, f'<title>{told}</title>')}</head>{rest}".encode()


def asset(name: str) -> bytes:
    """A file of the page's sources. Raises FileNotFoundError."""
    if name not in asset_names():
        raise FileNotFoundError(name)
    return (_FOLDER / name).read_bytes()


@cache
def asset_names() -> frozenset[str]:
    """The pages' sources: their style and their programs, and the pages that load them."""
    text = "\n".join(map(_source, _SOURCES))
    return frozenset([*_SOURCES, *_STYLE.findall(text), *_PROGRAM.findall(text)])


def is_ours(head: bytes) -> bool:
    """Whether the beginning of a page says that this program made it."""
    return _OURS.search(head) is not None


@cache
def _source(name: str) -> str:
    text = (_FOLDER / name).read_text(encoding="utf-8")
    return text.replace(f'content="{_GENERATOR}"', f'content="{_GENERATOR} {autoviz_render.__version__}"')


@cache
def _inlined(source: str) -> str:
    style = _STYLE.sub(lambda match: f"<style>\n{_text(match[1])}</style>", _source(source))
    return _PROGRAM.sub(lambda match: f"<script>\n{_text(match[1])}</script>", style)


@cache
def _linked(source: str, folder: str) -> str:
    server = '<meta name="autoviz-server" content="1">\n</head>'
    text = _STYLE.sub(lambda match: f'<link rel="stylesheet" href="{folder}{match[1]}">', _source(source))
    return _PROGRAM.sub(lambda match: f'<script src="{folder}{match[1]}"></script>', text).replace("</head>", server)


def _text(name: str) -> str:
    return asset(name).decode()
