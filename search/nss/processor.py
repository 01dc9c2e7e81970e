"""What Linux says of the processor."""

from __future__ import annotations

from pathlib import Path


def processor_facts(*names: str) -> list[str]:
    """The lines of /proc/cpuinfo that begin with one of these names, each once; none on another system."""
    try:
        lines = Path("/proc/cpuinfo").read_text(errors="replace").splitlines()
    except OSError:
        return []
    return list(dict.fromkeys(line for line in lines if line.startswith(names)))
