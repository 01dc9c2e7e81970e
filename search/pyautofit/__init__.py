"""Live figures for a search of PyAutoFit: `live(analysis)`, and nothing else of the script changes.

    live        the wrapped analysis: what of it is ours, and that all else is its own
    fit         the live figures of one fit: what is published, when, and by which process
    compiled    the arrays of a figure as one compiled function, compiled beside the search
    contents    what there is to show of an analysis that the user wrote
    lensing     what there is to show of PyAutoLens' and PyAutoGalaxy's
    parameters  the names and values of an instance's free parameters
    workers     what the processes of a pool found, told to the one that publishes

Nothing here is imported before `live` is, and none of it imports PyAutoFit: an analysis brings it along.
"""
