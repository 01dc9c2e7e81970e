"""What the bits of a nested sampling run depend on beside its settings: versions, and the kind of processor."""

from __future__ import annotations

import contextlib
import platform
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path

import jax

from autoviz_render.search.nss.checkpoint import differences


def computed_with() -> dict[str, str]:
    """The versions of the packages that compute, by name, and the `processor`."""
    device = jax.devices()[0]
    kind = _processor() if device.platform == "cpu" else device.device_kind
    packages = ("jax", "jaxlib", "blackjax")
    return {package: version(package) for package in packages} | {"processor": f"{device.platform} {kind}".strip()}


def other_machine(before: Mapping[str, str]) -> list[str]:
    """What differs now from what `computed_with` gave before, a phrase each, of what is known of both."""
    now = computed_with()
    known = {name: value for name, value in before.items() if name in now}
    return differences(known, {name: now[name] for name in known})


def _processor() -> str:
    """The model, as Linux calls it: XLA compiles for what it can do, and machines of a cluster differ in that."""
    with contextlib.suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text(errors="replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
