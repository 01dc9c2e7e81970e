"""The writer's side of a spool, in one thread of the sampler's process."""
