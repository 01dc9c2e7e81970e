"""What computes: versions and the kind of processor, on which the bits of a run and its compiled code depend."""

from __future__ import annotations

import hashlib
import platform
from importlib.metadata import version
from pathlib import Path

import jax


def computed_with() -> dict[str, str]:
    """The versions of the packages that compute, by name, and the `processor`."""
    device = jax.devices()[0]
    kind = _processor() if device.platform == "cpu" else device.device_kind
    packages = ("jax", "jaxlib", "blackjax")
    return {package: version(package) for package in packages} | {"processor": f"{device.platform} {kind}".strip()}


def compiled_for() -> str:
    """The back end, its devices, and a digest of what this machine's processor can do."""
    device = jax.devices()[0]
    kind = "".join(letter if letter.isalnum() else "-" for letter in device.device_kind.lower())
    able = sorted(_facts("model name", "flags", "Features", "CPU part"))
    able = able or [platform.machine(), platform.processor()]
    return f"{device.platform}-{kind}-{hashlib.sha256(repr(able).encode()).hexdigest()[:12]}"


def _processor() -> str:
    """The model, as Linux calls it: XLA compiles for what it can do, and machines of a cluster differ in that."""
    for fact in _facts("model name"):
        return fact.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _facts(*names: str) -> list[str]:
    """The lines of /proc/cpuinfo that begin with one of these names, each once; none on another system than Linux."""
    try:
        lines = Path("/proc/cpuinfo").read_text(errors="replace").splitlines()
    except OSError:
        return []
    return list(dict.fromkeys(line for line in lines if line.startswith(names)))
