"""What is wrong with a fit, told from its arrays and numbers, never from pixels.

alarm       one alarm, as a value
rules       what raises one: thresholds, which a person sets in `alarms.toml`
panels      looks at the panels of a figure: at their `values`, and at what the fit leaves (`fits`, `statistics`)
course      looks at the numbers of the quick updates
among       looks at one run among others
alarms_file `spool/alarms.json`: what the renderer found, for every view
standing    which alarms of a run stand, and since when
"""
