"""A folder that explains itself: pages beside the figures, which open from `file://` with no program and no network.

One page program (`assets/`) shows two kinds of page. A renderer writes a *run page* beside a run's figures; `--html`
writes a *runs page* over all runs below a path. The server serves the same names under the same relative links, from
memory. This docstring is the format of the data.

Places::

    image/index.html                 the run page: one file, style and program inline
    image/index_files/run.js         how the run stands: small, rewritten as a sign of life
    image/index_files/detail.js      curves, parameters, the steps that are there, what its films hold
    image/index_files/film-00.js     thumbnails of the steps drawn: at most 10 files and 2 MB a run
    PATH/index.html                  the runs page
    PATH/index_files/index.js        what the other files hold, and the rows that changed last
    PATH/index_files/runs-000.js     rows of at most 500 runs
    PATH/index_files/thumbs-000.js   thumbnails of at most 100 runs

A page's kind is in its head: `<meta name="autoviz-page" content="run">`, or `"runs"`. `<meta name="autoviz-server"
content="1">` is there if a server answers. `<meta name="generator" content="autoviz-render VERSION">` makes the page
ours: another `index.html` is never replaced.

Data scripts
    Each is a classic script of one call, `autoviz.put(NAME, VALUE);`, NAME being the file's name without `.js`. The
    program has defined `window.autoviz = {put(name, value)}` before it loads the first. If it loads data of several
    runs, `document.currentScript.src` tells whose they are.

    VALUE is JSON that is also JavaScript. Every value has `"format": 1`; a page refuses a greater one in words. A
    number that is not finite is one of the strings "NaN", "Infinity", "-Infinity": `Number(x)` is right for each
    number. What is unknown is null. Names with values are lists of pairs, which keep their order. Texts are a
    stranger's: show them by `textContent`. Links are relative to the page, percent-encoded, and ready for `src` and
    `href`. Moments are in seconds since 1970 (UTC), of the writer's clock.

Following
    `now` is when a value was true. `next` is when it will be written again at the latest, though nothing changes; null
    if nobody promises more: the run is over, or the page was written once. A visible page loads `run.js?v=MOMENT` or
    `index.js?v=MOMENT` again about once a second, every ten seconds if `next` is null (a run can be resumed), and with
    a server when an event tells. If `now` stays as it is, ages are "as of" then; once `next` has passed on the page's
    clock, *and* the page has seen no change for `next - now` seconds, the writer is dead or cut off. The clocks may
    differ: the page's clock minus `now`, at a change that the page saw happen, is by how much.

    Every other file is named in `run.js`, `detail.js` or `index.js` with the digest of what it holds, and is loaded as
    `FILE?v=DIGEST` if that changed. It says its own digest as well: what was replaced in between may be newer than
    what was asked for, never wrong.

`run.js`::

    autoviz.put("run", {"format": 1, "now": 1764216000.2, "next": 1764216045.2, "detail": "9f86d081884c7d65",
      "run": {"key": "field/lens", "run": "lens", "state": "running", "reason": "", "is_silent": false, "epoch": 0,
        "updates": 41, "step": 40, "snapshots": 41, "iteration": 4100, "counts": "iterations",
        "log_likelihood": -1234.5, "log_evidence": null, "rate": 55.2, "interval": 2.0, "started": 1764215000.0,
        "updated": 1764215999.9, "warning": "", "bad_files": 0, "scalars": [["log_z", -1250.1]], "alarms": [{"rule":
        "zero", "message": "every value is zero", "figure": "fit", "panel": "Source plane", "value": null,
        "threshold": null, "step": 40, "since": 1764215999.9}]},
      "renderer": {"state": "watching", "pid": 42, "host": "n1", "drawn": 40, "skipped": 1, "beat": 1764216000.1,
        "frame_seconds": 0.03, "last_drawn": "e0000-000000000040.h5", "last_error": null},
      "figures": [{"name": "fit", "file": "fit.png", "modified": 1764216000.1, "size": 123456, "step": 40,
        "error": ""}]});

    The fields of `run`, `renderer` and `figures` are those of `RunView`, `RendererView` and `FigureView`, those of
    `alarms` of `Alarm`. `file` with `?v=MODIFIED` is the figure as it is now. `detail` is the digest of `detail.js`;
    null if that is not there yet.

`detail.js`::

    autoviz.put("detail", {"format": 1, "digest": "9f86d081884c7d65",
      "parameters": [["einstein_radius", 1.62]],
      "curves": {"steps": [0, 20, 40], "iterations": [0, 2000, 4100], "times": [1764215000.0, 1764215500.0,
        1764215999.9], "values": [["log_likelihood", [-9000.0, -1300.0, -1234.5]]]},
      "steps": [[0, 0], [0, 20], [0, 40]],
      "drawn": [["fit", 0, 20, "frames/fit-e0000-000000000020.png"]],
      "films": [{"figure": "fit", "width": 320, "height": 240, "frames": [[0, 1764215000.0, 0, 0], [20,
        1764215500.0, 0, 1]], "files": [["film-00.js", "60303ae22b998861"]]}]});

    `steps` are the snapshots that are kept, as `[epoch, step]`: a server can draw any of them. `drawn` are those that
    lie beside the newest figure at full size, as `--all` draws them: `[figure, epoch, step, file]`. `curves` has at
    most 1,000 steps, `steps` and `drawn` at most 2,000, evenly thinned, first and last kept; `parameters` and `scalars`
    are at most 1,000, texts at most 1,000 characters. `films` has the first figure's, or none.

    A frame of a film is `[step, published, number of its file, number in that file]`, in the order of steps. The
    newest figure need not be in it: it is in `figures`. `width` and `height` are those of the newest frame.

`film-00.js`::

    autoviz.put("film-00", {"format": 1, "digest": "60303ae22b998861", "figure": "fit", "epoch": 0,
      "started": 1764215000.0, "gap": 0, "frames": [[0, 1764215000.0, "UklGR..."], [20, 1764215500.0, "UklGR..."]]});

    A frame is `[step, published, picture]`, the picture a WebP in base64: `"data:image/webp;base64," + picture`. So a
    frame is added, and every second one taken out if there are too many, without coding the others again, as sprites
    would need.

`index.js`::

    autoviz.put("index", {"format": 1, "now": 1764216000.2, "next": null, "path": "output", "is_complete": true,
      "runs": 10000, "states": [["finished", 9990], ["running", 10]],
      "tables": [{"file": "runs-000.js", "digest": "...", "rows": 500}],
      "thumbs": [{"file": "thumbs-000.js", "digest": "...", "first": 0, "count": 100}],
      "changed": {"fields": ["slot", "key", ...], "names": [], "rows": []}});

    `changed` is a table of the rows that changed since their file was written, at most 100: they replace those rows.
    `is_complete` is false while runs are still being read or written. `path` is a title, not a link.

`runs-000.js`::

    autoviz.put("runs-000", {"format": 1, "digest": "...", "fields": ["slot", "key", ...], "names": ["log_z"],
      "rows": [[0, "field/lens", ...]]});

    A row's values are in the order of `fields`, as is a row of `changed`, which has `fields` and `names` of its own.
    `slot` is the row's number over all files: row S replaces an earlier row S. A run keeps its slot while it is there;
    a row of a slot alone, `[S]`, says that its run is gone. The fields, besides those named as in `RunView`::

        slot key run state reason is_silent epoch updates step snapshots iteration log_likelihood log_evidence rate
        interval started updated warning bad_files
        renderer drawn skipped beat frame_seconds last_error     of the run's `RendererView`; `renderer` is its state
        folder     link to the folder of its figures, "" or ending in `/`: its data are in folder + "index_files/run.js"
        page       whether folder + "index.html" is its page, and the data are there
        figure     link to its newest figure; null if there is none
        modified   when that was replaced
        thumb      digest of its thumbnail; null if there is none
        scalars    the other numbers, flat: [number of a name in `names`, value, ...]
        alarms     how many
        alarm      the first ones, in words

`thumbs-000.js`::

    autoviz.put("thumbs-000", {"format": 1, "digest": "...", "thumbs": [[0, "d9014c46", "60303ae22b998861",
      "UklGR..."]]});

    A thumbnail is `[slot, its digest, digest of what it was made of, picture]`, the picture as in a film, at most 192
    pixels wide and 128 high. Each file has those of the slots from its `first` on.

The page's sources
    `assets/page.html` loads `page.css` by `<link rel="stylesheet" href="page.css">` and its programs by
    `<script src="NAME.js"></script>`, each on a line of its own and in that form: in a page they are inlined, from a
    server they are loaded from `assets/`. Its `<head>` has the lines `<meta name="generator" content="autoviz-render">`
    and `<meta name="autoviz-page" content="run">` and `<title>autoviz-render</title>`, which are replaced.

For the server: `assets.page(kind, title, ...)` makes the page, `run_data.run_script` and `detail_script`, and
`tables.Tables` the data scripts from the model's values.
"""
