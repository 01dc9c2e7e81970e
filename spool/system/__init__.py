"""Single steps on files and processes, each safe on its own."""
