"""One job: in this process, or in one that can be abandoned.

A `Job` is one figure of one snapshot, a `RenderResult` what became of it. An `Executor` does one job at a time:
`InProcess` here, `Subprocess` in a worker. A job may fail, hang, crash, leak, fork, write anywhere or change its
process: it costs itself, and at most the worker.

    jobs            what is to be drawn, and what became of it; a line of JSON between processes
    job_runner      reads the snapshot, draws the figure, writes its files; `InProcess`
    executor        what an executor is; `Subprocess`, with its timeouts and its renewals
    pool            several workers at one list of jobs
    worker          the worker's program, which undoes what a figure's code changed
    child_process   a process of ours: a group, a pipe, a mark; it ends with all that it started
    parent_process  the other end: how a process of ours learns that its parent is gone
    subprocess_env  which Python, and an environment without devices, MPI rank or many threads
    resources       memory, processor time, descriptors

`executor`, `child_process`, `parent_process`, `subprocess_env` and `resources` import neither NumPy nor Matplotlib: a
worker starts before everything else, and the sampler's process imports some of them. Nothing here imports `live` or
`batch`.

**A worker** reads lines from its standard input, `NUMBER KIND TASK`, and answers on its standard output with lines
`MARK NUMBER STATE REST`. MARK is in its environment; lines without it are a figure's. STATE is `ready` (with number 0,
once), `word` (a long task is under way: it has the same time again), `sound` (done) or `spoilt` (done, and no other
task can be done here). A worker that does not answer in time, ends, or answers nonsense is killed with its group, and a
new one does the next job. A worker ends when its standard input does, and Linux kills its group when its parent ends.
"""
