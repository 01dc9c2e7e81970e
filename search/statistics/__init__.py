"""Statistics of weighted samples, chains and nested sampling runs: each formula once.

    weights          prior volumes and weights of the points of a nested sampling run
    evidence         its log evidence, while it runs and when it has ended
    priority_sample  a bounded number of weighted points that stand for all of them
    chain            a bounded number of the steps of a chain, and the samples that a figure shows
    convergence      autocorrelation time, R-hat and effective sample size of chains

Kish's effective sample size is in `autoviz_render.spool.weights`, where figures find it too. Nothing here imports JAX,
except `evidence.weigh` when it is called.
"""
