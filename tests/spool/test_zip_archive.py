"""Zips that a stranger may have made: read as they lie, or refused in words, in bounded time and memory."""

from __future__ import annotations

import os
import stat
import struct
import zipfile
from pathlib import Path

import pytest

from autoviz_render.spool.errors import UnreadableError
from autoviz_render.spool.system.archived import names_in, open_member
from autoviz_render.spool.system.zip_archive import open_archive

LIMIT = 1 << 30


def made(path: Path, members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED, **how) -> Path:
    """A zip with some members."""
    with zipfile.ZipFile(path, "w", method, **how) as file:
        for name, data in members.items():
            file.writestr(name, data)
    return path


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_members_are_read_as_zipfile_reads_them(tmp_path, method):
    """The oracle is the standard library."""
    members = {"spool/a": os.urandom(70_000), "spool/b/c.h5": b"", "é": b"x" * 10_000}
    archive = open_archive(made(tmp_path / "x.zip", members, method))
    assert {name: archive.read(name, LIMIT) for name in archive.members} == members
    assert sorted(archive.names("")) == ["spool", "é"]
    assert sorted(archive.names("spool")) == ["a", "b"]
    assert archive.names("spool/b") == ["c.h5"]


def test_a_zip64_member_and_a_comment_are_read(tmp_path):
    """Archives beyond 4 GiB or 65,535 members have both; here the fields alone, at no size."""
    path = tmp_path / "x.zip"
    with zipfile.ZipFile(path, "w") as file:
        with file.open("a/b", "w", force_zip64=True) as member:
            member.write(b"content")
        file.comment = b"c" * 60_000
    assert open_archive(path).read("a/b", LIMIT) == b"content"


def test_more_members_than_16_bits_count_are_listed(tmp_path):
    """The end record then says 65,535, and ZIP64's says how many there are."""
    path = made(tmp_path / "x.zip", {f"d/{number}": b"" for number in range(65_540)}, zipfile.ZIP_STORED)
    assert len(open_archive(path).names("d")) == 65_540


def test_offsets_beyond_32_bits_are_read(tmp_path):
    """A hole stands in front, so that the file takes no room."""
    path = tmp_path / "x.zip"
    with open(path, "wb") as file:
        file.seek(5 << 30)
        with zipfile.ZipFile(file, "w") as archive:
            archive.writestr("far", b"away")
    assert open_archive(path).read("far", LIMIT) == b"away"


def test_names_that_lead_elsewhere_and_links_are_not_there(tmp_path):
    """A reader that joined them to a path would be led out of the archive."""
    link = zipfile.ZipInfo("spool/link")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    path = tmp_path / "x.zip"
    with zipfile.ZipFile(path, "w") as file:
        for name in ("../up", "/root", "a/../../b", "a//b", "c\\d", "./e", "fine"):
            info = zipfile.ZipInfo("x")
            info.filename = name
            file.writestr(info, b"")
        file.writestr(link, "/etc/passwd")
    assert list(open_archive(path).members) == ["fine"]


@pytest.mark.parametrize("cut", [1, 10, 22, 60, 200])
def test_a_zip_that_is_still_written_is_said_to_be(tmp_path, cut):
    """It has no directory yet; the next look may find it whole."""
    path = made(tmp_path / "x.zip", {f"spool/{number}": b"12345" for number in range(9)})
    whole = path.read_bytes()
    path.write_bytes(whole[:-cut])
    with pytest.raises(UnreadableError, match=r"x\.zip"):
        open_archive(path)
    path.write_bytes(whole)
    assert len(open_archive(path).members) == 9


def test_a_zip_is_known_by_its_bytes_and_read_once(tmp_path, monkeypatch):
    """A thousand looks at a thousand archives cost one read of each directory."""
    path = made(tmp_path / "x.zip", {"a": b"1"})
    first = open_archive(path)
    assert open_archive(path) is first
    made(tmp_path / "y.zip", {"b": b"22"}).replace(path)
    assert list(open_archive(path).members) == ["b"]
    with pytest.raises(FileNotFoundError):
        first.read("a", LIMIT)


def test_a_bomb_is_refused_before_it_goes_off(tmp_path):
    """Its directory says what it would become; if that is a lie, inflating stops there."""
    path = made(tmp_path / "x.zip", {"spool/spool.json": bytes(400 << 20)})
    with pytest.raises(UnreadableError, match="would become"):
        open_archive(path).read("spool/spool.json", LIMIT)
    with pytest.raises(UnreadableError, match="more than the 1000 allowed"):
        open_archive(path).read("spool/spool.json", 1000)
    data = bytearray(path.read_bytes())
    at = data.rfind(b"PK\1\2")
    struct.pack_into("<L", data, at + 24, 1000)  # the size it claims
    path.write_bytes(data)
    with pytest.raises(UnreadableError, match="damaged"):
        open_archive(path).read("spool/spool.json", LIMIT)


@pytest.mark.parametrize("field", ["flags", "method", "crc", "offset", "content"])
def test_what_cannot_be_read_is_told_in_a_line(tmp_path, field):
    """Encrypted, compressed in another way, or damaged."""
    path = made(tmp_path / "x.zip", {"a": b"content " * 100})
    data = bytearray(path.read_bytes())
    at = data.rfind(b"PK\1\2")
    places = {"flags": at + 8, "method": at + 10, "crc": at + 16, "offset": at + 42, "content": 35}
    data[places[field]] ^= 1
    path.write_bytes(data)
    with pytest.raises(UnreadableError) as told:
        open_archive(path).read("a", LIMIT)
    assert str(told.value).startswith(f"{path / 'a'}: is ")
    assert "\n" not in str(told.value)


def test_every_damaged_byte_is_told_or_does_no_harm(tmp_path):
    """No other exception, whatever is flipped."""
    path = made(tmp_path / "x.zip", {"spool/spool.json": b"{}", "spool/snapshots/a": b"abc" * 50})
    whole = path.read_bytes()
    for at in range(len(whole)):
        damaged = bytearray(whole)
        damaged[at] ^= 0xFF
        path.write_bytes(damaged)
        os.utime(path, ns=(at, at))  # else it is taken for the one before
        try:
            archive = open_archive(path)
            for name in archive.members:
                archive.read(name, 10_000)
        except (UnreadableError, FileNotFoundError):
            pass


@pytest.mark.skipif(os.name == "nt", reason="makes pipes")
def test_what_is_no_zip_but_has_its_name_is_not_waited_for(tmp_path):
    """A pipe would be waited for until the reader is killed."""
    os.mkfifo(tmp_path / "x.zip")
    with pytest.raises(UnreadableError, match="not a file"):
        open_archive(tmp_path / "x.zip")
    with pytest.raises(NotADirectoryError):
        open_member(tmp_path / "x.zip" / "a", 1)
    with pytest.raises(NotADirectoryError):
        names_in(tmp_path / "x.zip")
