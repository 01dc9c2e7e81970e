"""Types of arrays, named once for the whole house."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
Floats = npt.NDArray[np.float64]
Indices = npt.NDArray[np.intp]
Mask = npt.NDArray[np.bool_]
Pixels = npt.NDArray[np.uint8]
"""array[row, column, channel], the channels being red, green, blue and perhaps alpha."""
