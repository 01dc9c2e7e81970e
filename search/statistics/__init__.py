"""Weights, evidence, sample sizes and convergence: each formula once."""
