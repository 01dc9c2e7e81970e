"""Single steps on files, processes and terminals, each safe on its own.

`atomic`: files that appear whole or not at all. `safe_read`: files that a stranger may have planted. `zip_archive`: zip
files, whatever is in them; `archived`: paths that lead into one. `writer_lock`: one writer a folder. `process_alive`:
whether a process lives. `at_exit`: what is done when this one ends. `progress_line`: how far long work is, on a
terminal or in a log.
"""
