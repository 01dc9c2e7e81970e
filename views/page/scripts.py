"""Values as scripts, and names of files as links: what a stranger wrote can be neither program nor markup there."""

from __future__ import annotations

import hashlib
import json
import math
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote_from_bytes

import numpy as np

FORMAT = 1
"""The version of the data; a page refuses a later one in words."""

_ESCAPED = re.compile(r"[<>&]")  # all else that is special in a script is beyond ASCII, and so escaped anyway
_CALL = re.compile(rb'autoviz\.put\("[a-z0-9-]{1,40}", ')
_END = b");\n"


def script_text(value: object) -> bytes:
    """A value as JSON that is safe inside and outside of a `<script>`: ASCII without `<`, `>` and `&`.

    Numbers that are not finite become the strings "NaN", "Infinity" and "-Infinity". Halves of surrogate pairs, as in
    names of files that are not UTF-8, are escaped as JavaScript reads them.

    Raises:
        TypeError: It holds what JSON has not.
    """
    try:
        text = json.dumps(value, allow_nan=False, separators=(",", ":"), default=_plain)
    except ValueError:
        text = json.dumps(_finite(value), allow_nan=False, separators=(",", ":"), default=_plain)
    return _ESCAPED.sub(lambda match: f"\\u{ord(match[0]):04x}", text).encode("ascii")


def _plain(value: object) -> object:
    """A number of NumPy's, or an array, as Python has it."""
    if isinstance(value, (np.generic, np.ndarray)):
        return _finite(value.tolist())
    raise TypeError(f"a {type(value).__name__} cannot be told to a page")


def _finite(value: object) -> object:
    """The value with strings for the numbers that JSON has not."""
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    if isinstance(value, Mapping):
        return {name: _finite(each) for name, each in value.items()}
    return [_finite(each) for each in value] if isinstance(value, (list, tuple)) else value


def data_script(name: str, value: Mapping[str, object]) -> bytes:
    """A data script: one call that hands the page a value under a name."""
    return script_of(name, script_text({"format": FORMAT, **value}))


def digested_script(name: str, value: Mapping[str, object]) -> tuple[bytes, str]:
    """A data script that says the digest of what it holds, and that digest."""
    text = script_text(value)
    told = digest_of(text)
    return script_of(name, b'{"format":%d,"digest":"%s",%s' % (FORMAT, told.encode(), text[1:])), told


def script_of(name: str, text: bytes) -> bytes:
    """A data script of what `script_text` made."""
    return b'autoviz.put("%s", %s%s' % (name.encode(), text, _END)


def digest_of(data: bytes) -> str:
    """Tells one content from another, in 16 digits."""
    return hashlib.sha256(data).hexdigest()[:16]


def is_script(data: bytes) -> bool:
    """Whether bytes begin as a data script does."""
    return _CALL.match(data) is not None


def value_of(data: bytes) -> dict[str, Any]:
    """What a data script holds, which a stranger may have written.

    Raises:
        ValueError: It is none.
    """
    call = _CALL.match(data)
    if call is None or not data.endswith(_END):
        raise ValueError("is no data script")
    try:
        value = json.loads(data[call.end() : -len(_END)])
    except RecursionError as error:
        raise ValueError("is nested without end") from error
    if not isinstance(value, dict) or value.get("format") != FORMAT:
        raise ValueError(f"is no data script of format {FORMAT}")
    return value


def link(path: Path, folder: Path) -> str:
    """A relative link to a path from a page in a folder, ready for `href` and `src`; "" to the folder itself.

    Names need not be UTF-8, and may hold `#`, `?`, `%` and `:`, which mean something in a link.
    """
    below = os.path.relpath(path, folder)
    return "" if below == os.curdir else quote_from_bytes(os.fsencode(below.replace(os.sep, "/")), safe="/")
