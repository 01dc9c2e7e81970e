"""Sphinx's settings for this site: `make docs` builds it, without the network, with warnings as errors."""

from __future__ import annotations

import importlib.util
from importlib import metadata

project = "autoviz-render"
author = "the authors of autoviz-render"
try:
    release = metadata.version(project)
except metadata.PackageNotFoundError:  # from a checkout that is not installed
    release = ""

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
source_suffix = {".rst": "restructuredtext", ".md": "markdown"}
exclude_patterns = ["_build"]
myst_heading_anchors = 3
smartquotes = False  # a line's style is "--", no dash

# In docstrings `name` is code, and sections are Google's.
default_role = "code"
napoleon_numpy_docstring = False
napoleon_use_ivar = True
autodoc_default_options = {"members": True, "member-order": "bysource"}
autodoc_typehints = "signature"
autodoc_mock_imports = [name for name in ("jax", "blackjax") if importlib.util.find_spec(name) is None]
maximum_signature_line_length = 100
add_module_names = False

html_theme = "pydata_sphinx_theme"
html_title = project
html_show_sourcelink = False
html_copy_source = False
html_static_path = ["_static"]
html_css_files = ["gallery.css"]
html_theme_options = {
    "header_links_before_dropdown": 7,
    "show_prev_next": False,
    "navbar_end": ["theme-switcher"],
    "secondary_sidebar_items": ["page-toc"],
    "footer_start": [],
    "footer_end": [],
}


def indented_blocks_are_literal(
    _app: object, what: str, _name: str, _found: object, _options: object, lines: list[str]
) -> None:
    """A package's docstring lists its modules in columns: shown as they are written, not as running text."""
    if what != "module":
        return
    shown: list[str] = []
    for line in lines:
        if line.startswith("    ") and shown and not shown[-1] and not _is_literal(shown):
            shown += ["::", ""]
        shown.append(line)
    lines[:] = shown


def _is_literal(lines: list[str]) -> bool:
    """Whether the block that these lines end in is literal already."""
    before = [line for line in lines if line]
    return bool(before) and (before[-1].startswith("    ") or before[-1].endswith("::"))


def setup(app: object) -> None:
    app.connect("autodoc-process-docstring", indented_blocks_are_literal, priority=400)  # before napoleon
