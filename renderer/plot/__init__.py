"""From panels to pixels and vector files."""
