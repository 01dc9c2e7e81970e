"""Where people look: a terminal, a page, a browser, a notebook, a window, a laptop far from the runs.

`views.model` says how the runs below a path stand, as plain values. Every other folder shows these values in one place,
and nothing here touches a sampler: a view reads what is on disk, so that it can be opened, closed and killed at will.
Figures are drawn once, by a renderer, however many look.
"""
