"""The nested sampler on JAX."""
