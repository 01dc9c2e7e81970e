"""Live figures for a search of PyAutoFit: `live(analysis)`, and nothing else of the script changes.

    live           the wrapped analysis: its quick updates are ours, all else is its own
    fit            the quick updates of one fit: what is published, when, and by which process
    running_fits   the fits that go on in this process, by the folder of their output
    graphs         the members of a factor graph, each with its own quick updates
    overview       a whole graph: the log likelihoods of its members, the parameters that they share
    titles         what a fit is called
    compiled       the arrays of a figure as one compiled function, compiled beside the search
    figure_arrays  what there is to show of an analysis that the user wrote
    lensing        what there is to show of PyAutoLens' and PyAutoGalaxy's
    rays           where the light rays of an image's pixels end in each plane of a lens
    curves         critical curves and caustics of several planes, from rays closer than pixels
    source_plane   the source of a lens: its reconstruction on a mesh, or the light of its profiles
    parameters     the names and values of an instance's free parameters
    workers        what the processes of a pool found, told to the one that publishes

Nothing here is imported before `live` is, and none of it imports PyAutoFit: an analysis brings it along.
"""
