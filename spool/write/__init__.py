"""The writer's side of a spool, in one thread of the sampler's process.

`latest_only` is the thread, `conversion` what is handed over to it, copied to an `arena`, `update_writer` what it does
with a quick update.
`writer` writes one spool, whose `owner` it is; `info_file`, `scalars_file` and `static_file` each write one of its
files, `thinning` keeps the scalars short, and `disk_space` makes room on a full disk. `fits_header` takes the numbers
from a FITS header.
"""
