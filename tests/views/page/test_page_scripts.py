"""What a stranger wrote reaches a page as data: neither as program nor as markup, and links lead where they say."""

from __future__ import annotations

import json
import math
import os
import subprocess
from pathlib import Path
from urllib.parse import unquote_to_bytes

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoviz_render.views.page.scripts import data_script, digested_script, is_script, link, script_text, value_of

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats() | st.text(st.characters()),
    lambda each: st.lists(each, max_size=4) | st.dictionaries(st.text(st.characters()), each, max_size=4),
    max_leaves=12,
)
FORBIDDEN = (b"<", b">", b"&", b"\n", "\u2028".encode(), "\u2029".encode())


def with_words(value):
    """The value as a page gets it: with words for numbers that JSON has not."""
    if isinstance(value, float) and not math.isfinite(value):
        return {math.inf: "Infinity", -math.inf: "-Infinity"}.get(value, "NaN")
    if isinstance(value, dict):
        return {name: with_words(each) for name, each in value.items()}
    return [with_words(each) for each in value] if isinstance(value, list) else value


@given(VALUES)
def test_any_value_becomes_text_that_ends_no_script_and_is_read_back(value):
    """A run called `</script>` must not end the script that tells it."""
    text = script_text(value)
    assert text.isascii()
    assert not any(sign in text for sign in FORBIDDEN)
    assert json.loads(text) == with_words(value)


@pytest.mark.parametrize(
    "name", ["</script><img src=x onerror=alert(1)>", "a\u2028b", "\udc80", "\x00\x1b[31m", "x" * 10000]
)
def test_a_hostile_text_is_the_same_text_in_a_page(name):
    """Escaped for the way, not changed: two runs must not look alike because of it."""
    assert value_of(data_script("run", {"name": name}))["name"] == name


def test_numbers_of_numpy_are_numbers():
    """Scalars come from a sampler, which knows no other."""
    value = {"a": np.float32(1.5), "b": np.int64(3), "c": np.array([1.0, np.nan]), "d": np.float64("inf")}
    assert json.loads(script_text(value)) == {"a": 1.5, "b": 3, "c": [1.0, "NaN"], "d": "Infinity"}


def test_what_no_page_can_read_is_refused_where_it_is_made():
    """An object's address in a page would hide the fault."""
    with pytest.raises(TypeError, match="set"):
        script_text({"a": {1, 2}})


def test_a_digest_tells_what_is_different():
    """A page loads a file again only if its digest is another."""
    script, digest = digested_script("detail", {"a": 1})
    assert digested_script("detail", {"a": 1}) == (script, digest)
    assert digested_script("detail", {"a": 2})[1] != digest
    assert value_of(script) == {"format": 1, "digest": digest, "a": 1}


@pytest.mark.parametrize(
    "script",
    [b"", b"alert(1)", b'autoviz.put("run", 1);\n', b'autoviz.put("run", {"format":2});\n',
     b'autoviz.put("run", {"format":1}', b'autoviz.put("run", ' + b"[" * 100_000 + b");\n"],
)  # fmt: skip
def test_what_a_stranger_left_is_no_data_script(script):
    """What is read back after a restart may be anything."""
    with pytest.raises(ValueError, match="is "):
        value_of(script)


def test_a_data_script_is_known_by_its_beginning():
    """By this it is replaced, and what another program wrote is not."""
    assert is_script(data_script("film-00", {}))
    assert not is_script(b"// mine\n" + data_script("film-00", {}))


NAMES = st.lists(
    st.binary(min_size=1, max_size=12).filter(lambda name: not set(name) & {0, 47}), min_size=1, max_size=4
)


@given(NAMES)
def test_a_link_leads_to_the_file_of_any_name(names):
    """Names of folders hold `#`, `?`, `%`, `:` and bytes that are no text."""
    names = [name for name in names if name not in (b".", b"..")] or [b"a"]
    path = Path("/page") / Path(*map(os.fsdecode, names))
    made = link(path, Path("/page"))
    assert not set(made) & set("#?:\\<>\"'& \n")
    assert unquote_to_bytes(made) == os.fsencode(os.path.relpath(path, "/page"))


def test_links_are_relative():
    """The page is looked at below any prefix, from any disk."""
    assert link(Path("/a/b/image/fit.png"), Path("/a/b/image")) == "fit.png"
    assert link(Path("/a/b c/image/fit.png"), Path("/a")) == "b%20c/image/fit.png"
    assert link(Path("/a/out"), Path("/a/page")) == "../out"
    assert link(Path("/a"), Path("/a")) == ""
    assert link(Path("/a/javascript:alert(1)"), Path("/a")) == "javascript%3Aalert%281%29"


@pytest.mark.skipif(not os.path.exists("/usr/bin/node"), reason="no node to run a script with")
def test_a_program_reads_what_was_written():
    """JSON is JavaScript only if what differs is escaped."""
    value = {"name": "</script>\u2028\u2029\udc80", "number": -math.inf}
    program = b"let got; const autoviz = {put: (name, value) => got = [name, value]};\n" + data_script("run", value)
    program += b"console.log(JSON.stringify([got[0], got[1].name.charCodeAt(11), Number(got[1].number) < 0]))"
    said = subprocess.run(["node", "-"], input=program, capture_output=True, check=True, timeout=60).stdout
    assert json.loads(said) == ["run", 0xDC80, True]
