"""The newest snapshot of each run, drawn as it comes."""
