"""Draws snapshots: an independent process that needs no sampler and no JAX.

    plot/   panels -> pixels and vector files
    work/   one job: in this process, or in one that can be abandoned
    live/   the newest snapshot of each run, as it comes
    batch/  any snapshot, later: which ones, what is drawn already, movies; `render`, the front door to files

    settings  which figures, in which formats, how large, in which colours: `RenderSettings`
    draw      one snapshot's figure in this process, for a notebook or a script
    heartbeat `renderer.json`: what a renderer does, and when it will say so again
    recipes   what a recipe returns, or fails with, told to who wrote it

`python -m autoviz_render.renderer` is the live renderer as a child of the sampler's process. Imports point from `live`
and `batch` to `work`, and from `work` to `plot`. Nothing here imports JAX or pyplot, and `live.process` not even
Matplotlib.
"""
