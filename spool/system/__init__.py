"""Single steps on files and processes, each safe on its own.

`atomic`: files that appear whole or not at all. `safe_read`: files that a stranger may have planted. `writer_lock`: one
writer a folder. `process_alive`: whether a process lives. `at_exit`: what is done when this one ends.
"""
