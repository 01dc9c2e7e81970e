"""What the server answers to those who may ask."""

from __future__ import annotations

import hashlib
import json

import pytest
from served import png

from autoviz_render.views.server.known_runs import id_of


def _value(script: str) -> dict:
    return json.loads(script[script.index(",") + 1 : script.rindex(");")])


@pytest.mark.parametrize("prefix", ["", "proxy/8000/", "node/n1/41001/", "user/m%C3%A9/proxy/8000/"])
def test_pages_and_data_are_found_under_any_prefix(shared, lens, prefix):
    """A proxy may strip its prefix or keep it, and nobody tells the server which."""
    with shared.client() as client:
        for address, kind in (
            ("", "text/html"),
            ("index.html", "text/html"),
            ("assets/main.js", "text/javascript"),
            ("assets/page.css", "text/css"),
            ("index_files/index.js", "text/javascript"),
            (f"runs/{lens}/", "text/html"),
            (f"runs/{lens}/index_files/run.js", "text/javascript"),
            (f"runs/{lens}/index_files/detail.js", "text/javascript"),
            (f"runs/{lens}/fit.png", "image/png"),
            ("api/state", "application/json"),
        ):
            answer = client.get(prefix + address)
            assert (answer.status_code, answer.headers["content-type"].partition(";")[0]) == (200, kind), address


def test_a_row_leads_to_the_data_of_its_run(shared, lens):
    """The page program goes by the links in the data, and finds a run's id there."""
    with shared.client() as client:
        index = _value(client.get("index_files/index.js").text)
        row = dict(zip(index["changed"]["fields"], index["changed"]["rows"][0], strict=True))
        assert row["folder"] == f"runs/{lens}/"
        assert row["page"] is True
        assert client.get(row["figure"]).content == png(0)
        run = _value(client.get(row["folder"] + "index_files/run.js").text)
        assert run["run"]["key"] == "lens"
        assert client.get(row["folder"] + run["figures"][0]["file"]).status_code == 200
        detail = _value(client.get(row["folder"] + "index_files/detail.js").text)
        assert detail["digest"] == run["detail"]


def test_what_the_browser_has_is_not_sent_again(shared, lens):
    """A page asks every second: most of the time nothing is new."""
    with shared.client() as client:
        first = client.get(f"runs/{lens}/fit.png")
        again = client.get(f"runs/{lens}/fit.png", headers={"If-None-Match": first.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
        assert client.head(f"runs/{lens}/fit.png").content == b""


def test_a_frame_is_found_by_the_digest_of_its_bytes_for_ever(shared, lens):
    """So a browser keeps it, and two viewers cost one rendering."""
    with shared.client() as client:
        told = client.get("api/state", params={"run": lens}).json()
        (event,) = told["events"]
        address = event["data"]["frame"]
        assert address == f"frames/{hashlib.sha256(png(0)).hexdigest()}.png"
        answer = client.get(address)
        assert answer.content == png(0)
        assert "immutable" in answer.headers["cache-control"]
        assert client.get("frames/" + "0" * 64 + ".png").status_code == 404


def test_who_polls_is_told_what_came_since(served, lens, eventually):
    """Where no stream passes a proxy, nothing else may be missing."""
    with served.client() as client:
        last = client.get("api/state", params={"run": lens}).json()["last"]
        view = served.feed.overview.runs[0]
        served.draw(view, 7)
        found: list[dict] = []

        def is_told() -> bool:
            nonlocal last
            answer = client.get("api/state", params={"run": lens, "after": last}).json()
            found.extend(answer["events"])
            last = answer["last"]
            return {"frame", "changed"} <= {each["event"] for each in found}

        eventually(is_told, 10)
        (frame,) = [each["data"] for each in found if each["event"] == "frame"]
        assert (frame["run"], frame["figure"], frame["step"]) == (lens, "auto", 7)
        assert client.get(frame["frame"]).content == png(7)
        assert client.get("api/state", params={"run": lens, "after": last}).json()["events"] == []


def test_who_comes_from_another_server_is_told_everything(shared, lens):
    """After a restart the numbers of events begin anew."""
    with shared.client() as client:
        events = client.get("api/state", params={"run": lens, "after": "0123456789abcdef-7"}).json()["events"]
        assert [each["event"] for each in events] == ["frame", "changed"]
        assert events[1]["data"] == {"runs": None}


def test_a_run_that_comes_later_is_there_without_a_restart(served):
    """Runs are added below the path at any time."""
    with served.client() as client:
        later = id_of("later")
        assert client.get(f"runs/{later}/").status_code == 404
        served.add("later")
        assert client.get(f"runs/{later}/").status_code == 200
        assert _value(client.get("index_files/index.js").text)["runs"] == 2


def test_thumbnails_are_made_while_somebody_looks(served, lens, eventually):
    """The runs page shows a picture of each run, and they cost nothing before somebody looks at it."""
    with served.client() as client:
        eventually(lambda: _value(client.get("index_files/index.js").text)["thumbs"], 20)
        (thumbs,) = _value(client.get("index_files/index.js").text)["thumbs"]
        script = client.get(f"index_files/{thumbs['file']}")
        assert script.text.startswith('autoviz.put("thumbs-000"')


def test_a_base_without_its_slash_leads_to_it(shared):
    """Behind Open OnDemand one types `/node/HOST/PORT`; relative links need the slash."""
    with shared.client() as client:
        answer = client.get(f"rnode/n1/8000?token={shared.server.token}")
        assert answer.status_code == 303
        assert answer.headers["location"] == f"8000/?token={shared.server.token}"
