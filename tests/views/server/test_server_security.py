"""What the server does not do, whoever asks."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import stat
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import httpx
import pytest

from autoviz_render.views.server.known_runs import id_of
from autoviz_render.views.server.network.access import Access
from autoviz_render.views.server.network.connection import Bounds

SECRET = "nobody is to read this"  # noqa: S105


@pytest.fixture
def secret(shared):
    """A file beside the runs, and one in a run."""
    (shared.path / "secret.txt").write_text(SECRET)
    (shared.path / "lens" / "image" / "secret.txt").write_text(SECRET)
    return shared


def _raw(served, *lines: str) -> bytes:
    """What the server answers to bytes as they are."""
    with socket.create_connection(("127.0.0.1", served.server.address.port), 10) as connection:
        answer = b""
        with contextlib.suppress(ConnectionError):  # closed before it read all that was sent
            connection.sendall("\r\n".join([*lines, "", ""]).encode("latin-1"))
            while piece := connection.recv(65536):
                answer += piece
    return answer


@pytest.mark.parametrize(
    "path",
    [
        "/../secret.txt",
        "/../../../../../../etc/passwd",
        "/%2e%2e/secret.txt",
        "/..%2fsecret.txt",
        "/%2e%2e%2fsecret.txt",
        "/%252e%252e%252fsecret.txt",
        "/..%5csecret.txt",
        "/....//secret.txt",
        "//etc/passwd",
        "/etc/passwd",
        "/secret.txt",
        "/lens/image/secret.txt",
        "/lens/image/fit.png",
        "/runs/LENS/secret.txt",
        "/runs/LENS/../../secret.txt",
        "/runs/LENS/..%2f..%2fsecret.txt",
        "/runs/LENS/%2e%2e%2fspool%2fspool.json",
        "/runs/LENS/index_files/..%2fsecret.txt",
        "/runs/LENS/index_files/%2e%2e",
        "/runs/LENS/fit.png%00.txt",
        "/assets/../app.py",
        "/assets/..%2f__init__.py",
        "/assets/page.html",
        "/index_files/..%2f..%2fsecret.txt",
        "/frames/..%2fsecret.txt",
        "/frames/%2fetc%2fpasswd.png",
    ],
)
def test_no_address_leads_to_a_file_that_the_model_does_not_know(secret, lens, path):
    """Nothing is shared by path, however it is written."""
    asked = path.replace("LENS", lens)
    answer = _raw(
        secret,
        f"GET {asked} HTTP/1.1",
        "Host: 127.0.0.1",
        f"Authorization: Bearer {secret.server.token}",
        "Connection: close",
    )
    assert answer.startswith(b"HTTP/1.1 404 "), answer[:200]
    assert SECRET.encode() not in answer
    assert b"root:" not in answer


@pytest.mark.parametrize("planted", ["a figure", "a folder", "a pipe", "text"])
def test_what_somebody_planted_as_a_figure_is_not_served(served, lens, planted, tmp_path):
    """A spool is a stranger's: a link in it may lead anywhere, and a file may be called as a picture."""
    folder = served.path / "lens" / "image"
    figure, secret = folder / "fit.png", tmp_path / "secret.png"
    picture = figure.read_bytes()
    secret.write_bytes(picture)
    figure.unlink()
    if planted == "a figure":
        figure.symlink_to(secret)
    elif planted == "a folder":
        folder.rename(tmp_path / "elsewhere")
        (tmp_path / "elsewhere" / "fit.png").write_bytes(picture)
        folder.symlink_to(tmp_path / "elsewhere")
    elif planted == "a pipe":
        os.mkfifo(figure)
    else:
        figure.write_text(SECRET)
    with served.client() as client:
        for address in (f"runs/{lens}/fit.png", f"api/state?run={lens}"):
            answer = client.get(address)
            assert picture not in answer.content
            assert SECRET not in answer.text
            assert answer.status_code in (404, 503) or answer.json()["events"] == []


def test_a_film_that_somebody_planted_is_data_and_no_program(served, lens):
    """A script beside the figures would run as ours."""
    data = served.path / "lens" / "image" / "index_files"
    data.mkdir()
    evil = b'autoviz.put("film-00", {"format":1}); alert(1); ({"x":0});\n'
    for name in ("film-00.js", "run.js", "detail.js", "film-99.js"):
        (data / name).write_bytes(evil)
    with served.client() as client:
        for name in ("run.js", "detail.js", "film-00.js", "film-99.js"):
            answer = client.get(f"runs/{lens}/index_files/{name}")
            assert "alert" not in answer.text
            assert answer.status_code == (404 if name.startswith("film") else 200)


HOSTILE = [
    "</script><img src=x onerror=alert(1)>",
    "name\r\nSet-Cookie: a=b",
    "\x1b]0;title\x07\x1b[31m",
    "\u202etxt.exe\u2028\u2029",
    "x" * 10_000,
    "\udcff\udce9",
    '"><svg onload=alert(1)>',
]


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_is_neither_header_nor_markup_nor_program(shared, lens, name):
    """Whoever named a run, or a folder, is a stranger."""
    view = next(run for run in shared.feed.overview.runs if run.key == "lens")
    shared.show(replace(view, run=name, reason=name, warning=name))
    shared.show(replace(view, key=name, run=name))
    with shared.client() as client:
        for address in ("", "index_files/index.js", f"runs/{lens}/", f"runs/{lens}/index_files/run.js", "api/state"):
            answer = client.get(address)
            assert answer.status_code == 200
            assert "set-cookie" not in answer.headers
            assert "<img" not in answer.text
            assert "<svg" not in answer.text
            assert not set("\x1b\u202e\u2028\u2029") & set(answer.text)
        assert client.get(f"runs/{id_of(name)}/").status_code == 200


def test_every_answer_says_what_a_browser_may_do(shared, lens):
    """Also the refusals: a page of another site must not frame, sniff or include any of them."""
    with shared.client() as client, shared.stranger() as stranger:
        answers = [client.get(address) for address in ("", f"runs/{lens}/fit.png", "api/state", "nothing", "api/draw")]
        answers += [stranger.get(""), client.post(""), client.get("rnode/8000")]
    for answer in answers:
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "frame-ancestors 'self'" in policy
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["cross-origin-resource-policy"] == "same-origin"


def test_a_page_has_nothing_that_the_policy_refuses(shared, lens):
    """An inline style would be an error on the console, and a page without it."""
    with shared.client() as client:
        for address in ("", f"runs/{lens}/"):
            text = client.get(address).text
            assert "<style" not in text
            assert "style=" not in text
            assert text.count("<script") == text.count("<script src=")
            assert "http:" not in text
            assert "https:" not in text


ADDRESSES = [
    "",
    "index_files/index.js",
    "api/state",
    "api/events",
    "api/draw",
    "assets/main.js",
    "nothing",
    "rnode/8000",
]


@pytest.mark.parametrize("address", ADDRESSES)
def test_nothing_is_told_without_the_token(shared, address):
    """Anybody on a login node can open the port."""
    with shared.stranger() as stranger:
        for token in ("", "?token=", "?token=wrong", f"?token={shared.server.token[:-1]}"):
            answer = stranger.get(address + token)
            assert answer.status_code == 401
            assert "set-cookie" not in answer.headers
            assert "lens" not in answer.text
            assert shared.server.token not in answer.text
        wrong = {"Authorization": f"Bearer x{shared.server.token}"}
        assert stranger.get(address, headers=wrong).status_code == 401


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example"},
        {"Host": "127.0.0.1.evil.example"},
        {"Host": ""},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
    ],
)
def test_a_foreign_host_or_origin_is_told_less(shared, headers):
    """A page of another site that made its name ours (DNS rebinding) has no cookie, and is refused as such."""
    with shared.stranger() as stranger:
        assert stranger.get("", headers=headers).status_code == 403
        assert stranger.get("").status_code == 401


def test_a_proxy_may_say_any_host_and_origin_with_the_token(shared):
    """jupyter-server-proxy passes the hub's on, Open OnDemand says the node's and the portal's."""
    with shared.client() as client:
        for headers in ({"Host": "hub.example"}, {"Host": "node:8000", "Origin": "https://portal.example"}):
            assert client.get("", headers=headers).status_code == 200


def test_the_token_is_changed_for_a_cookie_of_the_page_and_below(shared, lens):
    """It has no path, so that a browser takes the page's as it sees it, behind whatever prefix."""
    with shared.stranger() as stranger:
        answer = stranger.get(f"a/prefix/?token={shared.server.token}")
        cookie = answer.headers["set-cookie"]
        assert answer.status_code == 200
        assert "HttpOnly" in cookie
        assert "SameSite=Strict" in cookie
        assert "Path" not in cookie
        assert shared.server.token not in cookie
        name, _, value = cookie.partition(";")[0].partition("=")
        stranger.cookies.clear()
        headers = {"Cookie": f"other=1; {name}={value}"}
        assert stranger.get("", headers=headers).status_code == 200
        assert stranger.get("a/prefix/api/state", headers=headers).status_code == 200
        for bad in (value[:-1], value[:-1] + ("0" if value[-1] != "0" else "1"), "x" + value, "", "."):
            assert stranger.get("", headers={"Cookie": f"{name}={bad}"}).status_code == 401
        assert stranger.get("?token=wrong", headers=headers).status_code == 401
        leads = stranger.get(f"a/prefix/runs/{lens}/?token={shared.server.token}")
        assert leads.headers["location"].startswith("../../?token=")


def test_a_cookie_of_an_earlier_start_is_worthless(served, serve):
    """Each start has another token."""
    with served.stranger() as stranger:
        cookie = stranger.get(f"?token={served.server.token}").headers["set-cookie"].partition(";")[0]
    value = cookie.partition("=")[2]
    again = serve()
    name = Access(str(again.server.address), again.server.token).cookie_name
    with again.stranger() as stranger:
        assert stranger.get("", headers={"Cookie": f"{name}={value}"}).status_code == 401
        assert stranger.get(f"?token={served.server.token}").status_code == 401


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_a_page_on_another_port_cannot_use_the_cookie(shared, site):
    """Cookies do not know ports: a page of another user's server at `localhost` is sent ours, too."""
    with shared.stranger() as stranger:
        cookie = stranger.get(f"?token={shared.server.token}").headers["set-cookie"].partition(";")[0]
        stranger.cookies.clear()
        asked = {"Cookie": cookie, "Sec-Fetch-Site": site}
        assert stranger.get("index_files/index.js", headers=asked | {"Sec-Fetch-Mode": "no-cors"}).status_code == 401
        assert stranger.get("", headers=asked | {"Sec-Fetch-Mode": "navigate"}).status_code == 200
        own = asked | {"Sec-Fetch-Site": "same-origin"}
        assert stranger.get("index_files/index.js", headers=own).status_code == 200


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "BREW"])
def test_nothing_can_be_changed(shared, method):
    """Only GET and HEAD."""
    with shared.client() as client:
        assert client.request(method, "").status_code == 405


@pytest.mark.parametrize("body", ["Content-Length: 1000000000", "Transfer-Encoding: chunked"])
def test_a_body_is_refused_at_once(shared, body):
    """Nobody waits for it, and nothing holds it in memory."""
    token = f"Authorization: Bearer {shared.server.token}"
    answer = _raw(shared, "GET / HTTP/1.1", "Host: localhost", token, body)
    assert answer.startswith(b"HTTP/1.1 413 ")


def test_a_header_without_end_is_refused(shared):
    """A bound on the bytes of a request."""
    answer = _raw(shared, "GET / HTTP/1.1", "Host: localhost", "X: " + "a" * 200_000)
    assert b"200 OK" not in answer
    answer = _raw(shared, "GET /" + "a" * 200_000 + " HTTP/1.1", "Host: localhost")
    assert b"200 OK" not in answer


@pytest.fixture
def hasty(monkeypatch, serve):
    """A server of little patience and few places."""
    bounds = Bounds(connections=8, streams=2, header_seconds=0.3, stalled_seconds=0.3, unsent_bytes=1024)
    monkeypatch.setattr("autoviz_render.views.server.network.connection.BOUNDS", bounds)
    made = serve()
    made.add("lens")
    return made


def test_a_request_that_never_ends_is_ended(hasty):
    """One who sends a header byte by byte holds a place, and no longer than the bound."""
    with socket.create_connection(("127.0.0.1", hasty.server.address.port), 10) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: loc")
        assert connection.recv(1000) == b""


def test_a_second_request_that_never_ends_is_ended(hasty):
    """Also behind one that was complete."""
    with socket.create_connection(("127.0.0.1", hasty.server.address.port), 10) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert connection.recv(10_000).startswith(b"HTTP/1.1 401 ")
        connection.sendall(b"GET / HTTP/1.1\r\nHost: loc")
        while connection.recv(10_000):
            pass  # until the server closes it


def test_who_takes_nothing_is_left(hasty, lens, eventually):
    """A reader that stalls must not hold a picture in memory for ever."""
    hasty.path.joinpath("lens/image/fit.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(20_000_000))
    with socket.socket() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.settimeout(10)
        connection.connect(("127.0.0.1", hasty.server.address.port))
        token = f"Authorization: Bearer {hasty.server.token}\r\n\r\n".encode()
        connection.sendall(f"GET /runs/{lens}/fit.png HTTP/1.1\r\nHost: localhost\r\n".encode() + token)
        server = hasty.server._server
        eventually(lambda: server.server_state.connections, 10)
        eventually(lambda: not server.server_state.connections, 10)


def test_too_many_connections_are_closed_and_room_is_made_again(hasty, eventually):
    """They cost nothing but themselves."""
    port = hasty.server.address.port
    some = [socket.create_connection(("127.0.0.1", port), 10) for _ in range(30)]
    for each in some:
        each.close()

    def is_answered() -> bool:
        try:
            with hasty.client() as client:
                return client.get("").status_code == 200
        except httpx.TransportError:  # the connection was closed
            return False

    eventually(is_answered, 10)


def test_streams_beyond_the_bound_are_told_to_ask_instead(hasty, eventually):
    """A stream holds a place as long as its page is open."""
    token = f"Authorization: Bearer {hasty.server.token}"
    lines = f"GET /api/events HTTP/1.1\r\nHost: localhost\r\n{token}\r\n\r\n".encode()
    port = hasty.server.address.port
    streams = [socket.create_connection(("127.0.0.1", port), 10) for _ in range(2)]
    for each in streams:
        each.sendall(lines)
        assert b"200 OK" in each.recv(1000)
    with hasty.client() as client:
        answer = client.get("api/events")
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "30")
        for each in streams:
            each.close()
        assert client.get("api/state").status_code == 200

    def has_room() -> bool:
        with socket.create_connection(("127.0.0.1", port), 10) as connection:
            connection.sendall(lines)
            return b"200 OK" in connection.recv(1000)

    eventually(has_room, 10)


def test_many_requests_at_once_are_all_answered(shared):
    """A page with two hundred pictures, and a visitor who reloads it."""

    def ask(_: int) -> set[int]:
        with shared.client() as client:
            return {client.get("index_files/index.js").status_code for _ in range(10)}

    with ThreadPoolExecutor(8) as pool:
        assert set().union(*pool.map(ask, range(8))) == {200}


def test_a_unix_socket_is_for_this_user_alone(tmp_path, serve):
    """Mode 0600 from its first moment on, in a folder of mode 0700 if it had to be made."""
    path = tmp_path / "new" / "serve.sock"
    made = serve(f"unix:{path}")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(str(path))
        connection.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        assert connection.recv(100).startswith(b"HTTP/1.1 401 ")
    made.server.close()
    assert not path.exists()


def test_the_answer_to_a_parameter_is_json_without_its_words(shared):
    """What a visitor writes does not come back."""
    with shared.client() as client:
        answer = client.get("api/draw", params={"run": "<script>", "step": "<img>", "theme": "<b>"})
        assert answer.status_code == 400
        assert "<" not in json.dumps(answer.json())
