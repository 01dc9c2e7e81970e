"""Any snapshot, later: after the run or beside it, by processes of their own.

render               draws snapshots of one run or many, and writes the files: the front door
runs, selection      which runs, which of their snapshots, to which files
render_cache         which figures of a folder are up to date
movie                one figure of one snapshot after another; fixed_limits keeps its colours
movie_formats        frames as the bytes of an .mp4, .gif or .webp
"""
