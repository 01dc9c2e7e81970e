"""How the runs below a path stand: plain values, of which every view is a function.

`run_view` has the values. `reader` reads them from the disk, run by run as something changes there. `feed` is the
newest of them for any number of views in threads of their own, told of changes by the renderer's watch.
"""
