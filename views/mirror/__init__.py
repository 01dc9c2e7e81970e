"""Runs on another host, brought here through the user's own `ssh` as ordinary spools.

    address        what a person typed: `ssh://[USER@]HOST[:PORT]/PATH`
    ssh            the child that is the link, and what it says if it fails, in words for a person
    source         what a session needs of the other side: changes as they happen, and pieces of files
    frames         the protocol with `export`; `helper_source` is its near end
    export         the far end, `autoviz-render mirror-serve`: watches there, tells of changes, reads what is asked for
    sftp           the protocol of `sftp`, for hosts without autoviz-render; `sftp_source` looks there in turn
    local_run      one run of the mirror on this disk: written in the order in which a sampler would
    session        which files of which run are fetched next
    cache          where the mirror lies, who holds it, and how much of it is kept
    mirror         all of that in a thread, taken up again when the link breaks

This side asks, the other side answers and tells of changes. So what is superseded before it was asked for is never
sent, and of a large file only a bounded piece is on its way. Neither side trusts the other. Names are those that a
spool has and nothing else, sizes are bounded, and a file gets its name here only after all of its bytes were verified.

The protocol, version 1. A remote shell may print what it likes first; the far end begins with `frames.MAGIC`. Each
side then sends frames: kind u8, request u32, length u32, CRC-32 of the payload u32, all big-endian, and the payload,
JSON but for DATA.

    HELLO    to   {"version", "paths": where to look, the first that exists counts, "poll": seconds}
    WELCOME  from {"version", "program", "path", "is_there"}
    RUNS     from {"runs": [{"key", "info", "is_over", "newest", "snapshots", "scalars"}, ...]}
    GONE     from {"key"}                                  a run is there no more
    COMPLETE from {"is_there"}                             all that is there was told; whenever that is so anew
    READ     to   {"key", "name", "offset", "length"}
    DATA     from size u64 of the whole file, then the bytes; to the READ with the same request
    MISSING  from {"why"}                                  instead of DATA
    PING     to   {}
    PONG     from {"time"}                                 the other side's clock, in seconds since 1970

Each end leaves if it hears nothing of the other for long: PING and PONG go to and fro when there is nothing else.
"""
