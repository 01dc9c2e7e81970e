"""A figure in a terminal, by the best means that the terminal has.

`kind` chooses: what the environment says, else what the terminal answers (`query`); inside tmux what tmux knows of the
terminal around it. `kitty`, `iterm2`, `sixel` and `blocks` are functions from a picture to what is written: text, no
terminal is touched. Each gives a `Picture` of a number of rows, and leaves the cursor where it was.
"""
