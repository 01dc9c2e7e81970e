"""One renderer for the searches of one user on one machine.

The first search starts a renderer and hands it a listening socket; every later one connects to that instead of
starting another. What a search and a renderer say to each other is the same in both cases, a JSON object a line:

    {"spool": PATH}                    search: draw this run
    {"drop": true}                     search: stop drawing it at once
    (end of what the search says)      draw its newest snapshot and let go of the run
    {"pid": 1234}                      renderer: who it is, once
    {"clock": 12.3, "promise": 20.0}   renderer: its loop was alive then, and will be within so many seconds
    {"code": 0, "stays": true}         renderer: it is done with the run, and goes on for others

    rendezvous    where the searches meet that may share: who wins the right to start, who connects
    connection    a search's end
    clients       the renderer's end
    run_logs      each run's own `renderer.log`

**Who shares.** The address is a name in Linux's abstract socket namespace, which ends with the process that holds it:
there is no file to leave behind or to find stale. It holds everything that must agree: user and groups, the package
and its Python, boot, namespaces, batch job, umask, and the environment that figures see. Both ends look who the other
is. Elsewhere, or with `AUTOVIZ_SHARE=0`, each search has a renderer of its own.

**A renderer ends** when nobody is connected any more. The death, the suspension or the end of any one search, also of
the one that started it, ends that search's run alone. If the renderer dies, every search sees the end of its connection
and meets the others again at its next quick update; one that hangs is killed by the first search that judges it so. A
search whose renderers keep dying gets one of its own in the end: whatever kills them may be another's run.

The modules for a search's end import neither Matplotlib nor watchdog.
"""

SHARED = "--shared"
"""The argument of a renderer that others connect to, before the descriptor of the socket on which it listens."""
