"""How a link stands, as every view is told it: by a small file beside what is mirrored."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
import pytest

from autoviz_render.spool.info import Producer, info_bytes, read_info
from autoviz_render.spool.publisher import Publisher
from autoviz_render.views.model.collector import Collector
from autoviz_render.views.model.link import FILE, LinkState, read_link, write_link
from autoviz_render.views.model.reader import Place

LINK = LinkState("ssh://host/runs", "connected", heard=1000.0, how="sftp", clock_ahead=7.5)


def test_a_link_is_read_as_it_was_written(tmp_path):
    """By whoever looks at what is mirrored, in this process or in another."""
    (tmp_path / "runs").mkdir()
    write_link(tmp_path, LINK)
    assert read_link(tmp_path / "runs") == LINK
    assert read_link(tmp_path) == LINK
    assert read_link(tmp_path / "runs" / "below") is None


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b'{"format": "autoviz-render mirror", "state": "odd"}'])
def test_another_file_of_that_name_is_none(tmp_path, content):
    """It may be anybody's."""
    (tmp_path / FILE).write_bytes(content)
    assert read_link(tmp_path) is None


@pytest.mark.parametrize(
    ("link", "seconds", "told"),
    [
        (LINK, 3, ""),
        (LINK, 40, "mirror: last heard over 30 s ago"),
        (replace(LINK, state="lost", why="host: the link broke"), 3, "mirror: last heard over 20 s ago (host: the"),
        (replace(LINK, state="lost"), 8000, "mirror: last heard over 2 h ago"),
        (replace(LINK, why="the disk here is full"), 3, "mirror: the disk here is full"),
        (replace(LINK, heard=None, state="connecting"), 3, "mirror: nothing heard yet"),
    ],
)
def test_what_is_shown_says_how_old_it_is(link, seconds, told):
    """And says nothing if all is well."""
    assert link.reason(1000.0 + seconds).startswith(told)
    assert bool(link.reason(1000.0 + seconds)) == bool(told)


def test_a_run_of_a_lost_link_says_so_and_its_age_is_right_though_clocks_differ(tmp_path):
    """A search that goes on elsewhere is not called quiet because nothing comes over the link."""
    path = tmp_path / "runs"
    publisher = Publisher(path / "search")
    publisher.publish({"image": np.eye(3)}, iteration=1)
    publisher.flush(30)
    publisher.close("finished")
    info_file = path / "search" / "spool" / "spool.json"
    far = Producer("login7", 42, "fit.py", "another boot", 7)
    info_file.write_bytes(info_bytes(replace(read_info(info_file), state="running", producer=far)))
    now = time.time()
    write_link(tmp_path, replace(LINK, state="lost", heard=now - 40, why="host: the link broke", clock_ahead=50.0))
    collector = Collector(Place(path))
    collector.turn()
    collector.looked_at(path / "search" / "spool")
    collector.turn()
    (view,) = collector.feed.overview.runs
    assert view.state == "running"
    assert view.reason.startswith("mirror: last heard over 30 s ago (host: the link broke)")
    assert view.updated is not None
    assert abs(now - view.updated - 50) < 20  # it was told by a clock that is ahead
    collector.feed.close()
