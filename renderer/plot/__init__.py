"""From panels to pixels and vector files.

    drawing       `KeptFigure` draws snapshots, one after the other; a `Drawing` is what comes of one
    layout        where everything stands, in inches
    panel_slot    one panel on the figure: its background, kept, and the foreground over it
    area          the part of the figure that a panel's artists are added to
    artists/      the artists of each kind of panel
    canvas        Matplotlib's canvas, and the pixels of it that are shown
    colour_pixels from values to pixels, by a map of colours
    theme         colours, and Matplotlib's settings whatever the user's own say
    text_metrics  how long a text is, and what of it can be drawn
    axis_ticks    the numbers, or dates, of an axis that have room along it
    png, formats  the bytes of files

A figure is built once for the structure of its panels and then changed; the same snapshot gives the same bytes, from a
kept figure and from a new one. ADR 0003 says why frames and texts are drawn by artists of our own.
"""
