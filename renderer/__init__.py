"""Watch a spool and draw the newest snapshot: an independent process that needs no sampler and no JAX.

    watch      when to look: a directory listing is the truth, events are only a hint
    live       the loop: look, draw the newest, skip the rest, say in `renderer.json` that it lives
    replay     the same figures of any snapshot, after the run
    render     one snapshot, its figures, their files
    panels     what can be on a figure, as values            figures/   what is on each figure
    drawing    a figure kept by Matplotlib, changed where its values changed
    process    the renderer as a child of the sampler: start it, see that it lives, stop it
    heartbeat  `renderer.json`; child   how the child process sees its machine and its parent

Nothing here imports JAX or pyplot, and `process` not even Matplotlib.
"""
