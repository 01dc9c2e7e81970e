"""The pages in a browser, live: `autoviz-render --watch PATH --serve [HOST:]PORT|unix:PATH` (extra `web`).

The server is a thread of the process that watches. It answers from the model and from memory: no part of an address
is ever joined to a path. This docstring is its HTTP interface.

Addresses
    All are relative to the base, which is wherever the browser found the server: `http://localhost:8000/`, or
    `https://hub/user/me/autoviz-render/`. A proxy may strip that prefix or keep it: an address is known by its end.
    A run is known by an ID of 16 hexadecimal digits; its `folder` in the rows of the runs page is `runs/ID/`.
    Only GET and HEAD, but for `api/mark`; a body is refused. ::

        ./  index.html                     the runs page                                text/html
        index_files/NAME                   its data: `index.js`, `runs-000.js`, ...     text/javascript
        assets/NAME                        style and program of both pages
        runs/ID/  runs/ID/index.html       the page of a run
        runs/ID/index_files/NAME           its data: `run.js`, `film-00.js`, ...
        runs/ID/NAME                       a figure as it is now, by its `file` in `run.js` (`fit.png`)
        frames/DIGEST.png                  a picture for ever: the SHA-256 of its bytes
        sheet.html  sheet_files/NAME       a contact sheet, if `--sheet --format html` made one
        api/marks                          the marks of all runs                            application/json
        api/mark                           POST: mark a run
        api/events                         what happens, as it happens                  text/event-stream
        api/state                          the same, for those who must ask             application/json
        api/draw                           any kept step, drawn                         application/json

    On the runs page the API is `api/`, on the page of a run `../../api/`. Pages and data are those of `views.page`, and
    are answered with an ETag and `Cache-Control: no-cache`; `frames/` with `private, max-age=31536000, immutable`. A
    frame is kept as long as memory for frames allows: after 404, show the figure by its name, or ask for it again.

`api/events?run=ID&after=EVENT`
    Server-sent events, as `EventSource` reads them (a request accepts exactly `text/event-stream`, or jupyter-server-
    proxy holds the stream back). With `run`, at most 64 times, frames of these runs alone (`none` is no run).
    `after`, or the header `Last-Event-ID`, which has precedence, names the last event that was seen. `data` is JSON.
    Events never queue: who reads slowly gets the newest frame of each figure, and no frames in between. ::

        event: hello     at once, to see that the stream passes. If it does not come within 5 s, poll `api/state`.
        data: {"server": "5f0c...", "version": "0.1.0", "now": 1764216000.2, "runs": 12}
        id: 5f0c...-41

        event: frame     a figure was drawn. With `run`, first the newest of each figure of these runs.
        data: {"run": "ID", "figure": "fit", "step": 40, "frame": "frames/9f86....png", "size": 123456, "width": 1792,
               "height": 1343, "drawn": 1764216000.19, "published": 1764216000.12}
        id: 5f0c...-42

        event: changed   something is new in the data of these runs: load `index.js` or `run.js` again; at most four
        data: {"runs": ["ID"]}   times a second. null: of many, or some events are lost: load all again.
        id: 5f0c...-43

        event: bye       the server closes. `EventSource` tries again by itself; another server has another `server`.
        data: {"reason": "closing"}

    A comment comes every 15 s. `server` is another one whenever the server was started again; another `version` means
    that the page's program should be loaded again. One stream a browser is enough: share it by `BroadcastChannel`.
    Beyond the bound on streams the answer is 503 with `Retry-After`: poll.

`api/state?run=ID&after=EVENT`
    The same events since `after`, at once (without it as if it was the first time)::

        {"server": "5f0c...", "version": "0.1.0", "now": 1764216000.2, "runs": 12, "last": "5f0c...-43",
         "events": [{"event": "frame", "data": {...}}, {"event": "changed", "data": {"runs": ["ID"]}}]}

    The next `after` is `last`.

`api/draw?run=ID&step=STEP&figure=NAME&theme=light|dark&limits=ID:STEP`
    Any kept snapshot, drawn by a process of the server's own, once for any number of viewers. `STEP` is `EPOCH-
    SEQUENCE`, `0-40`, as in `steps` of `run.js`; `40` alone is that of the newest epoch that has it, and `newest` the
    newest. `figure` is one of the run's; without it, the first one. `theme` is the command's without it. `limits`
    gives the axes and colour limits of another snapshot, or of the same one: to compare two steps or two runs, draw
    both with the same `limits`. The answer comes when it is drawn::

        200  {"frame": "frames/9f86....png", "size": 123456, "width": 1792, "height": 1343, "run": "ID", "step": "0-40",
              "figure": "fit", "theme": "light", "errors": []}

    `errors` has a line for each panel that shows its error. What went wrong otherwise is `{"error": "a line"}`: 400, a
    parameter is malformed; 404, there is no such run, step or figure; 410, retention removed the snapshot; 422, it
    cannot be read or drawn; 429 and 503, with `Retry-After`: this visitor, or all of them, ask for too much.

`api/mark?run=RUN&mark=good|bad|look|&note=TEXT&when=MOMENT`
    By POST, without a body, with the header `X-Autoviz-Mark: 1`, which no page of another origin can send: one run is
    marked in `marks.csv` beside the sheet, which is written whole. `RUN` is what the sheet calls it; `note` has at most
    1,000 characters. The answer is `{"marked": COUNT}`, or `{"error": "a line"}`. `api/marks` gives all of them:
    `{"marks": [[run, mark, note, when]]}`. Nothing else can be changed by a visitor.

Who may look
    A random token is in the address that the command prints: `BASE?token=TOKEN`; a program may send the header
    `Authorization: Bearer TOKEN`. The answer to either page's address with a token sets a cookie, HttpOnly and
    SameSite=Strict, for the base as the browser sees it (it has no `Path`, so the browser takes that of the page; thus
    a run's page with a token leads to the base). The page then takes the token out of the address bar
    (`history.replaceState`). Without either the answer is 401 and a page that says what to do, or, if Host or Origin
    are not ours, 403.

    Every answer has a content security policy (`default-src 'none'`; scripts, styles, connections from `'self'`,
    pictures from `'self'` and `data:`), `nosniff`, `frame-ancestors 'self'`, `Referrer-Policy: no-referrer`, and
    `Cross-Origin-Resource-Policy: same-origin`. There are no inline scripts or styles, and no `style` attributes in
    HTML (`element.style` in a program is allowed).
"""
