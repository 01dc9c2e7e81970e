"""A quick update that waits for the disk: else a snapshot may be replaced by a newer one before it is written."""

from __future__ import annotations

from typing import Any

from autoviz_render import QuickUpdate


class Patient(QuickUpdate):
    def __call__(self, *arguments: Any, **named: Any) -> None:
        super().__call__(*arguments, **named)
        self._updater.publisher.flush(30)
