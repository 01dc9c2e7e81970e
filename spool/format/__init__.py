"""The bytes of one file of a spool.

`footer` has the order of the bytes, and how a file is read and verified; `schema` the datasets of a snapshot. With the
two, one knows every byte. `manifest` describes the datasets in a line of text, `names` says what they may be called,
`checksums` works out those of arrays, and `container` writes a file. `descriptions` is what `spool.json` says of arrays
and parameters: units, labels, names of axes, and `colour_scales`.
"""
