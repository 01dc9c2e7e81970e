"""What the benchmarks of the figures share: the fit that is drawn, and other ways to draw it."""
