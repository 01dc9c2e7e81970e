"""The kinds of files that figures are written as."""

from __future__ import annotations

from typing import Literal

Format = Literal["png", "pdf", "svg", "webp"]
FORMATS: tuple[Format, ...] = ("png", "pdf", "svg", "webp")
