"""When a run will be done, from the numbers of its quick updates: what its sampler stops by, and how far that is.

A scalar `NAME_target` is the value of the scalar `NAME` at which the sampler stops by itself, once all targets are
reached, `NAME_limit` the one at which it stops at the latest; `count` is the sampler's own count. The modules are::

    estimate  what is left by all of these, and between which limits it is in eight of ten runs
    record    the quick updates that count, and the time that the sampler ran
    nested    nested sampling: how much deeper the run ends
    growth    a number that is counted, grows or falls
    pace      what that takes
    words     the time left for a person
"""

from __future__ import annotations

from autoviz_render.figures.estimate.estimate import Estimate, estimate, is_read

__all__ = ["Estimate", "estimate", "is_read"]
