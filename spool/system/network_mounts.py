"""Whether a folder is on a file system that other hosts change, of which the kernel here tells nothing."""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path

_ON_CLUSTERS = ("afs", "beegfs", "ceph", "cifs", "gfs2", "gpfs", "lustre", "nfs", "nfs4", "ocfs2", "orangefs", "panfs")
_ELSEWHERE = ("9p", "coda", "davfs", "drvfs", "ncpfs", "prl_fs", "smb3", "smbfs", "vboxsf", "virtiofs", "vmhgfs")
_NETWORK = frozenset((*_ON_CLUSTERS, *_ELSEWHERE, "beegfs_nodev", "fhgfs", "pvfs2", "wekafs"))
_LOCAL_FUSE = frozenset(("fuse.fuse-overlayfs", "fuse.ntfs-3g", "fuse.exfat", "fuse.lxcfs"))


def is_on_network(folder: Path) -> bool:
    """Whether a folder is on a network file system; False if it is not there, or if the system does not tell.

    Source: Linux, proc(5), /proc/PID/mountinfo.
    """
    try:
        device = os.stat(folder).st_dev
    except OSError:
        return False
    return is_network_type(_type_of(device))


def is_network_type(name: str) -> bool:
    """Whether a file system of that type is a network's: those in user space are, but for a few."""
    return name in _NETWORK or (name.startswith("fuse.") and name not in _LOCAL_FUSE)


@lru_cache(maxsize=256)
def _type_of(device: int) -> str:
    """The type of the file system of a device; "" if it is not known."""
    wanted = f"{os.major(device)}:{os.minor(device)}"
    try:
        lines = Path("/proc/self/mountinfo").read_text(errors="replace").splitlines()
    except OSError:
        return ""
    for line in lines:
        before, _, after = line.partition(" - ")
        if before.split(" ")[2:3] == [wanted]:
            return after.split(" ")[0]
    return ""
