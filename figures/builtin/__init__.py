"""The figures that come with autoviz-render, one module each, and what several of them share.

The modules are::

    auto              whatever is in the snapshot
    history           one panel at several moments of the run
    imaging           a fit to an image of a gravitational lens
    interferometer    a fit to visibilities
    line              a fit along one axis: a spectrum, a time series
    points            a fit to points in a plane: lensed quasars, weak lensing, isophotes
    posterior         where the samples are
    run               how the run goes

    images            frame, view and colour limits of images          (imaging, interferometer)
    lensing           critical curves, caustics, source panels         (imaging, interferometer)
    source_plane      a source on a mesh of any kind, and its views    (lensing)
    auto_arrays       what an array can be drawn as                    (auto)

A figure's module has a function that works out numbers (`imaging_fit`, `line_fit`, `posterior_of`, `course_of`), and
the recipe, of the module's name, that makes panels of them. Neither needs Matplotlib, but for a mesh of points.

A new figure is a module here with a function of its name, that name in `registry.BUILT_IN`, its tests and its page in
`docs/figures/`.
"""
