"""What lies in a plane, in numbers and as panels: for figures of points on the sky.

The modules are::

    shears    shear as sticks, what a model leaves of it, and its profile
    rings     circles and ellipses as lines
"""
