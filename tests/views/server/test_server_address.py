"""Where the server listens, and what it prints."""

from __future__ import annotations

import logging
import socket
from pathlib import Path

import pytest

from autoviz_render.views.server.network.address import Address, AddressError, listen
from autoviz_render.views.server.network.hints import address_lines
from autoviz_render.views.server.network.jupyter import setup

TOKEN = "the-token"  # noqa: S105


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("8000", Address("127.0.0.1", 8000)),
        ("0", Address("127.0.0.1", 0)),
        ("node1:8000", Address("node1", 8000)),
        ("0.0.0.0:0", Address("0.0.0.0", 0)),  # noqa: S104
        ("[::1]:8000", Address("::1", 8000)),
        ("unix:/run/a b.sock", Address(path=Path("/run/a b.sock"))),
    ],
)
def test_an_address_is_a_port_a_host_and_a_port_or_a_path(text, address):
    """As a person types it."""
    assert Address.parse(text) == address


@pytest.mark.parametrize(
    "text", ["", "x", ":8000", "8000:", "99999", "1:2:3", "host:", "http://host:8000", "-1", "８０"]
)
def test_what_is_no_address_is_said_in_a_line(text):
    """With what to write instead."""
    with pytest.raises(AddressError, match="write PORT, HOST:PORT or unix:PATH"):
        Address.parse(text)


def test_a_port_in_use_is_told_with_the_remedy():
    """One line, and no traceback."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(AddressError, match=rf"port {port} is in use by another program: name another one, or 0"):
            listen(Address("127.0.0.1", port))


def test_an_address_of_another_machine_is_told():
    """A typing error, or a name that the machine does not have."""
    with pytest.raises(AddressError, match="is no address of this machine"):
        listen(Address("203.0.113.7", 0))


def test_a_socket_of_a_server_that_is_gone_is_replaced(tmp_path):
    """After a kill it lies there; one that is in use, and any other file, is left alone."""
    path = tmp_path / "serve.sock"
    with socket.socket(socket.AF_UNIX) as gone:
        gone.bind(str(path))
    made = listen(Address(path=path))
    try:
        with pytest.raises(AddressError, match="another server listens there"):
            listen(Address(path=path))
    finally:
        made.close()
    assert not path.exists()
    path.write_text("precious")
    with pytest.raises(AddressError, match="is no socket: name another path"):
        listen(Address(path=path))
    assert path.read_text() == "precious"


def test_a_socket_of_another_server_in_its_place_is_kept(tmp_path):
    """Two that were started one after the other at the same path."""
    path = tmp_path / "serve.sock"
    first = listen(Address(path=path))
    path.unlink()
    second = listen(Address(path=path))
    first.close()
    assert path.exists()
    second.close()


def test_a_path_too_long_for_a_socket_is_told(tmp_path):
    """The system would cut it, or say nothing of use."""
    with pytest.raises(AddressError, match="at most 100 bytes"):
        listen(Address(path=tmp_path / ("x" * 200)))


def test_a_socket_without_a_path_is_in_a_folder_of_ours():
    """Which goes with it."""
    made = listen(Address.parse("unix:"))
    path = made.address.path
    assert path is not None
    assert path.parent.stat().st_mode & 0o777 == 0o700
    made.close()
    assert not path.parent.exists()


LOCAL = Address("127.0.0.1", 8000)
EVERYWHERE = Address("0.0.0.0", 8000)  # noqa: S104
SSH = {"SSH_CONNECTION": "192.0.2.1 50000 192.0.2.2 22"}


@pytest.mark.parametrize(
    ("address", "environ", "line"),
    [
        (LOCAL, {}, "serving at http://127.0.0.1:8000/?token=the-token"),
        (LOCAL, SSH, "ssh -N -L 8000:localhost:8000 me@n1, then http://localhost:8000/?token=the-token"),
        (LOCAL, {"SSH_CONNECTION": "a 1 b 2222"}, "ssh -N -L 8000:localhost:8000 -p 2222 me@n1"),
        (LOCAL, {"SLURM_JOB_ID": "7", "SLURM_SUBMIT_HOST": "login"}, "ssh -N -L 8000:localhost:8000 -J me@login me@n1"),
        (
            LOCAL,
            {"JUPYTERHUB_SERVICE_PREFIX": "/user/me/", "JUPYTERHUB_PUBLIC_URL": "https://hub.example/user/me/"},
            "https://hub.example/user/me/proxy/8000/?token=the-token",
        ),
        (LOCAL, {"JUPYTERHUB_SERVICE_PREFIX": "/user/me/"}, "https://YOUR-HUB/user/me/proxy/8000/?token=the-token"),
        (LOCAL, {"JUPYTER_SERVER_URL": "http://n1:8888/x/"}, "http://n1:8888/x/proxy/8000/?token=the-token"),
        (LOCAL, {"OOD_X": "1"}, "serve at n1:8000 to be seen through it"),
        (EVERYWHERE, {"OOD_X": "1"}, "https://YOUR-PORTAL/rnode/n1/8000/?token=the-token"),
        (LOCAL, {"VSCODE_PROXY_URI": "https://code/proxy/{{port}}/"}, "https://code/proxy/8000/?token=the-token"),
        (LOCAL, {"TERM_PROGRAM": "vscode"}, "VS Code forwards port 8000 by itself"),
        (EVERYWHERE, {}, "serving at http://n1:8000/?token=the-token"),
        (EVERYWHERE, {}, "is not encrypted"),
        (Address(path=Path("/run/s")), {}, "ssh -N -L 8000:/run/s me@n1"),
    ],
)
def test_the_ready_lines_are_those_of_the_ways_that_are_detected(address, environ, line):
    """To be copied as they are."""
    lines = address_lines(address, TOKEN, environ, "n1", "me")
    assert any(line in each for each in lines), lines


def test_nothing_is_said_of_ways_that_are_not_there():
    """One line, if one is all there is to say."""
    assert len(address_lines(LOCAL, TOKEN, {}, "n1", "me")) == 1


def test_the_address_is_printed_when_the_server_starts(serve, caplog):
    """With the port that the system chose, and the token."""
    with caplog.at_level(logging.INFO, "autoviz_render.views"):
        made = serve("0")
    assert f"http://127.0.0.1:{made.server.address.port}/?token={made.server.token}" in caplog.text
    assert len(made.server.token) >= 32


def test_two_starts_have_two_tokens(serve):
    """An address of yesterday is of no use to whoever found it."""
    assert serve().server.token != serve().server.token


def test_a_token_of_the_environment_is_taken_unless_it_is_short(serve, monkeypatch):
    """For whoever starts the server and tells its visitors, as jupyter-server-proxy does."""
    monkeypatch.setenv("AUTOVIZ_TOKEN", "x" * 16)
    assert serve().server.token == "x" * 16
    monkeypatch.setenv("AUTOVIZ_TOKEN", "x" * 15)
    assert len(serve().server.token) >= 32


def test_the_entry_for_jupyter_speaks_to_a_socket_with_a_token_of_its_own():
    """Nobody else on the node can use either."""
    made, other = setup(), setup()
    token = made["environment"]["AUTOVIZ_TOKEN"]
    assert made["unix_socket"] is True
    assert made["request_headers_override"] == {"Authorization": f"Bearer {token}"}
    assert token != other["environment"]["AUTOVIZ_TOKEN"]
    assert token not in " ".join(made["command"])
