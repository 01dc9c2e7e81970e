"""The sampler's side: what a search calls, and a nested sampler that calls it.

    quick_update   for any sampler: keeps the best point, decides when to publish   (no JAX, no Matplotlib)
    points         which shapes of points, log likelihoods and samples fit each other
    backends       the places to draw: a process, a thread, inline, or nowhere
    analysis       what a search needs to know of a model
    fitness        one traced model: what the sampler needs, and what the figures need
    nss            nested slice sampling with quick updates
    kernel         what of it is compiled: draws, first evaluations, one step
    nested_run     a nested sampling run so far: its state, counts and best point
    checkpoint     what of a run survives a kill, at a cost that does not grow
    interrupts     SIGINT and SIGTERM as a request to stop where the run can be resumed
    cadence        when something is due: after so many evaluations, or so many seconds
    evidence       weights, log evidence and effective sample size of a nested sampling run
    progress       the line that says how far it is
    result         `samples.csv` and `result.json`
    compilations   how often JAX compiled
    compilation_cache  what JAX compiled before, kept for the next start

Of the renderer it knows the back ends alone, imported when asked for.
"""
