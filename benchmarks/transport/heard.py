"""What the package says in the log."""

from __future__ import annotations

import logging


class warnings_heard(logging.Handler):  # noqa: N801  used as a context manager
    """(seconds since 1970, message) of what the package logs."""

    def __enter__(self) -> list[tuple[float, str]]:
        self.heard: list[tuple[float, str]] = []
        logger = logging.getLogger("autoviz_render")
        logger.addHandler(self)
        logger.setLevel(logging.INFO)
        return self.heard

    def __exit__(self, *_: object) -> None:
        logging.getLogger("autoviz_render").removeHandler(self)

    def emit(self, record: logging.LogRecord) -> None:
        self.heard.append((record.created, record.getMessage()))
