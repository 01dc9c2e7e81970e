"""Where mirrors lie, who holds them, and what is removed."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from autoviz_render.views.mirror.address import Address
from autoviz_render.views.mirror.cache import Cache, MirrorError
from autoviz_render.views.model.link import FILE, LinkState, write_link

ADDRESS = Address("host", "/scratch/my runs")


@pytest.fixture(autouse=True)
def _home(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def test_each_address_has_its_own_place_that_a_person_recognises():
    """And what is watched is called as it is there, as figures and pages show the name."""
    cache = Cache(ADDRESS)
    assert cache.path.name == "my runs"
    assert cache.path.parts[-3] == "host"
    places = [Cache(each).path for each in (ADDRESS, Address("host", "/other/my runs"), Address("host", "~/my runs"))]
    assert len(set(places)) == 3
    assert places[0] == Cache(Address("host", "/scratch/my runs")).path


@pytest.mark.parametrize("name", ["..", "-rf", "a\nb", "\x1b[2J", ".", "x" * 3000, "\u202eevil", "/"])
def test_no_name_there_leads_out_of_the_cache(name, tmp_path):
    """A folder here is made of it."""
    cache = Cache(Address("host", f"/runs/{name}"))
    assert cache.path.resolve().parent.parent.parent == tmp_path / "cache" / "autoviz-render" / "mirror"
    assert cache.path.name.isprintable()
    assert not cache.path.name.startswith(("-", "."))
    cache.open()
    cache.close()


def test_a_mirror_has_one_holder(tmp_path):
    """Two would write the same files."""
    first, second = Cache(ADDRESS), Cache(ADDRESS)
    first.open()
    with pytest.raises(MirrorError, match="another process mirrors this"):
        second.open()
    first.close()
    second.open()
    second.close()


def test_a_cache_that_cannot_be_made_is_one_line_with_the_remedy(tmp_path):
    """Not a traceback at the start."""
    (tmp_path / "cache").write_text("")
    with pytest.raises(MirrorError, match="set XDG_CACHE_HOME"):
        Cache(ADDRESS).open()


def test_mirrors_that_nobody_used_for_long_are_removed_and_nothing_else():
    """The disk of a laptop does not fill with the runs of last year."""

    def made(address: Address, age: float) -> Path:
        cache = Cache(address)
        cache.open()
        (cache.path / "search" / "spool").mkdir(parents=True)
        write_link(cache.folder, LinkState(str(address)))
        os.utime(cache.folder / FILE, (time.time() - age, time.time() - age))
        cache.close()
        return cache.folder

    month = 31 * 86400.0
    old, young = made(Address("host", "/old"), month), made(Address("host", "/young"), 86400)
    mine = made(ADDRESS, month)
    held = Cache(Address("host", "/held"))
    made(Address("host", "/held"), month)
    held.open()
    strange = old.parent / "somebody"
    strange.mkdir()
    (strange / FILE).write_text("{}")
    os.utime(strange / FILE, (0, 0))
    cache = Cache(ADDRESS)
    cache.open()
    assert not old.exists()
    assert all(folder.exists() for folder in (young, mine, held.folder, strange))
    cache.close()
    held.close()
