"""Names for the parameters of a point, whatever the user or the sampler calls them."""

from __future__ import annotations

from collections.abc import Sequence

from autoviz_render.spool.errors import WrongValueError
from autoviz_render.spool.format.names import check_name
from autoviz_render.spool.guard import Guard


def usable_names(given: Sequence[str], size: int, guard: Guard) -> list[str]:
    """A name for each parameter: the given one, or `p` and its number if the given one cannot be a name.

    Args:
        given: The names; not used if there are more or fewer names than parameters.
        size: How many parameters there are.
        guard: Warns once about names that are not used.
    """
    if given and len(given) != size:
        told = f"parameter_names has {len(given)} names; expected {size}, one for each parameter: p0, p1, ... are used"
        guard.warn("naming the parameters", WrongValueError(told))
    if len(given) != size:
        return [f"p{index}" for index in range(size)]
    names: dict[str, None] = {}
    taken = set(given)
    for index, name in enumerate(given):
        try:
            if check_name(name) in names:
                raise WrongValueError(f"two of the parameters are named {name!r}; expected names that differ")
            names[name] = None
        except ValueError as error:
            own = f"p{index}"
            while own in taken:
                own += "_"
            names[own] = None
            guard.warn("naming a parameter", error, of=name)
    return list(names)
