"""A window of its own for the newest figure: `autoviz-render --watch PATH --window`.

    window            the view: which figure of which run is shown, and what is said of it
    window_state      the same as functions of the model's values
    window_process    the window: a process of its own, by tkinter

Each line on the window's standard input is a JSON object, what to show: `file`, a picture's path, or null; `version`,
another one if the file was replaced; `title`, `line` and `hint`, texts that can be printed. Each line on its standard
output is one: `{"is_open": true}`, `{"key": NAME}`, `{"is_closed": true}` or `{"fault": TEXT}`.

The window shows the last that it was told, and is told the next when it has read that: a window that hangs is told
nothing, and costs nothing. It ends with its standard input.
"""
