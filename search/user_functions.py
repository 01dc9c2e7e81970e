"""What the user's own functions give, asked for when a quick update is due."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from autoviz_render.spool.errors import WrongTypeError
from autoviz_render.spool.guard import Guard, wrong
from autoviz_render.spool.text import named_place

Given = Mapping[str, Any] | Callable[[], Mapping[str, Any]] | None
"""Values by name, or a function that is called for them when a quick update is due."""


_EXAMPLES = {
    "arrays": "{'model': model}",
    "samples": "{'samples': points}",
    "scalars": "{'log_evidence': -12.3}",
}


class UserFunctions:
    """Calls functions of the user; what fails in one costs its own values alone.

    Attributes:
        broken_off: What a function raised to end the program. After that no function is called, so that the rest can
            be published before it is raised again.
    """

    def __init__(self, guard: Guard) -> None:
        self._guard = guard
        self.broken_off: BaseException | None = None

    def values(self, what: str, given: Any, *arguments: Any, is_needed: bool = False) -> dict[str, Any]:
        """The values by name; none if the function fails.

        Args:
            what: What the warning calls them.
            given: A mapping, a function that returns one, or None.
            *arguments: Of the function.
            is_needed: Whether a function that returns None has failed.

        Raises:
            KeyboardInterrupt: It is the user's.
        """
        found: dict[str, Any] = {}
        if given is None or (callable(given) and self.broken_off is not None):
            return found
        try:
            with self._guard(f"asking for the {what} of a quick update"):
                values = given(*arguments) if callable(given) else given
                values = values._asdict() if hasattr(values, "_asdict") else values
                if isinstance(values, Mapping):
                    found.update(values)
                elif is_needed or values is not None:
                    told = f"what {named_place(given)} returned" if callable(given) else what
                    forgotten = ": is its `return` missing?" if values is None and callable(given) else ""
                    expected = f"expected a mapping of names to values, as {_EXAMPLES.get(what, '')}{forgotten}"
                    raise WrongTypeError(wrong(told, values, expected))
        except KeyboardInterrupt:
            raise
        except BaseException as interrupt:  # noqa: BLE001  raised again when the rest is published
            self.broken_off = interrupt
        return found
