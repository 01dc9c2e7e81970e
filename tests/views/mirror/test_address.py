"""What a person may type for runs on another host, and what must never reach `ssh`."""

from __future__ import annotations

from pathlib import Path

import pytest

from autoviz_render.views.mirror.address import Address, AddressError, is_address, parse_address


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("ssh://host/scratch/runs", Address("host", "/scratch/runs")),
        ("ssh://me@login1.hpc.org:2222/scratch/my runs", Address("login1.hpc.org", "/scratch/my runs", "me", 2222)),
        ("ssh://host/~/runs", Address("host", "~/runs")),
        ("ssh://host/~other/runs", Address("host", "~other/runs")),
        ("ssh://[::1]:22/a'b\"c", Address("::1", "/a'b\"c", "", 22)),
        ("ssh://my_alias/-x/ü@:", Address("my_alias", "/-x/ü@:")),
    ],
)
def test_an_address_is_taken_apart_and_put_together_again(text, address):
    """Also as `Path` leaves it, with one slash; the path is not touched, whatever is in it."""
    assert parse_address(text) == address
    assert str(address) == text
    assert parse_address(str(Path(text))) == address
    assert is_address(str(Path(text)))


@pytest.mark.parametrize(
    "text",
    [
        "ssh://-oProxyCommand=evil/x",
        "ssh://-l@host/x",
        "ssh://a$(b)@host/x",
        "ssh://ho;st/x",
        "ssh://ho st/x",
        "ssh://me:secret@host/x",
        "ssh://@host/x",
        "ssh:///x",
        "ssh://host",
        "ssh://host/",
        "ssh://host:0/x",
        "ssh://host:ssh/x",
        "ssh://host/a\0b",
        "ssh://host/" + 5000 * "x",
        "ssh://\x1b[2J/x",
    ],
)
def test_what_ssh_or_a_shell_could_mistake_is_refused_in_one_line(text):
    """A host that begins with a dash would be an option, and one with a dollar sign a command in a ProxyCommand."""
    with pytest.raises(AddressError, match="write ssh://HOST") as caught:
        parse_address(text)
    assert str(caught.value).isprintable()


def test_a_blank_may_be_written_as_in_a_url():
    """Both are common; the other side takes the first that exists, so a name with a per cent sign can be meant, too."""
    assert parse_address("ssh://host/my%20runs").paths == ["/my%20runs", "/my runs"]
    assert parse_address("ssh://host/runs").paths == ["/runs"]
