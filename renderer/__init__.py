"""Watch a spool and draw the newest snapshot: an independent process that needs no sampler and no JAX.

Live:
    watch      when to look: a directory listing is the truth, events are only a hint
    live       the loop; desk: one spool, as far as it is drawn; lanes: which figure is drawn next
    holding    one renderer a spool: the lock; heartbeat: the sign of life that promises the next
    process    the renderer as a child of the sampler: start it, see that it lives, stop it
    child      how that child sees its machine and its parent

Later:
    replay     which snapshots are drawn again; crew: by several processes; ledger: what is drawn already
    movie      a film of a run; film: its bytes; limits: the same colour for the same value

Drawing:
    jobs       what is to be drawn and what became of it, as values
    hands      who draws: this process, or one that can be abandoned; worker: what runs in that one
    drawer     does a job: reads the snapshot, draws the figure, writes its files
    panels     what can be on a figure, as values            figures/   what is on each figure
    drawing    a figure that is kept; cells: one panel's place on it; page: the canvas
    artists/   the panels' artists; theme: their colours
    layout, lettering, ticks, colours, curves, meshes, densities, bins   what they show and where, worked out before
    encode     pixels as the bytes of a file; formats: its kinds; errors: of strangers' code, in a line

Nothing here imports JAX or pyplot, and `process` not even Matplotlib.
"""
