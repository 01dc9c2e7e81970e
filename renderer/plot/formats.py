"""The kinds of files that figures are written as, and what each says of the program that made it."""

from __future__ import annotations

from typing import Literal

Format = Literal["png", "pdf", "svg", "webp"]
FORMATS: tuple[Format, ...] = ("png", "pdf", "svg", "webp")

SOFTWARE = "autoviz-render"
"""What made a file, in its metadata: whoever draws again knows by it what may be replaced. No version, no date."""

ERROR_PAGE = f"{SOFTWARE}: error page"
"""The same in a file that shows nothing but an error."""
