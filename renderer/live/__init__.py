"""The newest snapshot of each run, drawn as it comes.

A `LiveRenderer` draws the newest snapshot of each spool under a path, and skips those that it was too slow for. It runs
in this process, under `autoviz-render --watch`, or as the child of a sampler: `RendererProcess`.

    watch              when to look, and which spools there are: a listing is the truth, events are hints
    file_events        those hints, by one descriptor for any number of runs
    rota               what nobody tells of is looked at in turn, within a share of the time
    loop               look, draw, wait; which runs are there
    scheduler          which figure of which run is drawn next
    live_run           one run: its figures, and how far they are drawn
    newest_snapshot    which snapshot is the newest that can be read
    pace               how much of a busy machine's processor time figures may take
    renderer_lock      one renderer a spool

    process            the renderer as a child of the sampler's process: starts and restarts
    launcher           gets a search its renderer: one that others have, too, or a new one
    liveness           whether that child is alive, late or hung
    renderer_warnings  what a person is told if it fails

**The newest snapshot** of a spool is the last that `Spool.snapshots` lists. `newest_snapshot` leaves out those that
cannot be read.

**A run** is drawn until it is over and all its figures show the newest snapshot. A figure that times out several times
in a row is disabled. What cannot be read or written is tried again after a pause: a file may be on its way, a disk may
be full for a while.

**Searches share a child** if they can, see `renderer.sharing`. The loop then draws what its audience asks for, instead
of what is below a path, and tells it of each run that is done with.

**A child** shows a sign of life within its heartbeat interval, also while it draws. One that is late is watched for
some seconds, then ended with its group. One that ended is started again after growing pauses, up to `MAX_RESTARTS`
times; restarts that healthy minutes followed do not count. Then one warning names the fault, the log, and the command
that draws the run. `process`, `launcher`, `liveness` and `renderer_warnings` import neither Matplotlib nor watchdog.
"""
