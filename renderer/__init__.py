"""Watch a spool and draw the newest snapshot: an independent process that needs no sampler and no JAX.

    watch      when to look: a directory listing is the truth, events are only a hint
    live       the loop: look, draw the newest, skip the rest
    holding    one renderer a spool: the lock; heartbeat: the sign of life that promises the next
    replay     the same figures of any snapshots, after the run
    movie      one after another as a film; limits: its colours hold still; film: the bytes of the file
    render     one snapshot, its figures, their files
    process    the renderer as a child of the sampler: start it, see that it lives, stop it
    child      how that child sees its machine and its parent

    panels     what can be on a figure, as values            figures/   what is on each figure
    drawing    a figure kept by Matplotlib, changed where its values changed
    artists, image_artists, lettering     the panels' artists
    layout, ticks, colours, curves        what they show and where, worked out without Matplotlib
    encode     a drawn canvas as the bytes of a file

Nothing here imports JAX or pyplot, and `process` not even Matplotlib.
"""
