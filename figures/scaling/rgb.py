"""Three images as one picture: the colours stay, however bright it is.

Source: Lupton et al. (2004), PASP 116, 133.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from autoviz_render.figures.panels import ImagePanel
from autoviz_render.spool.arrays import Floats

_TENTH = 0.1


@np.errstate(all="ignore")  # what is not finite is black
def lupton_pixels(
    red: ArrayLike, green: ArrayLike, blue: ArrayLike, *, stretch: float, q: float = 8.0, minimum: float = 0.0
) -> Floats:
    """The colours of three images: array[y, x, 3], from 0 to 1.

    The mean intensity I of the three is drawn as asinh(Q (I - minimum) / stretch), times what makes it a tenth at a
    tenth of the stretch, as astropy has it; each colour keeps its share of it. Where a colour would be more than 1, all
    three are less: no star is white that is not.

    Args:
        red, green, blue: array[y, x], of one shape and in one unit, the longest wavelength first.
        stretch: The intensity up to which the picture is nearly linear, in the unit of the images.
        q: How strongly what is brighter is compressed; positive, and nearly linear if it is small.
        minimum: The intensity that is black.

    Raises:
        ValueError: The images have different shapes, or the stretch is not positive.
    """
    images = np.stack([np.asarray(each, dtype=np.float64) for each in (red, green, blue)], axis=-1)
    if images.ndim != 3 or not (stretch > 0 and q > 0):
        raise ValueError(f"a picture is of three array[y, x], a positive stretch and a positive q, not {stretch}, {q}")
    images = np.where(np.isfinite(images), images, minimum) - minimum
    intensity = images.mean(axis=-1, keepdims=True)
    drawn = np.arcsinh(q * intensity / stretch) * (_TENTH / np.arcsinh(_TENTH * q))
    scaled = images * np.where(intensity > 0, drawn / intensity, 0.0)
    return np.asarray(np.clip(scaled / np.maximum(scaled.max(axis=-1, keepdims=True), 1.0), 0.0, 1.0))


def lupton_rgb(
    red: ArrayLike,
    green: ArrayLike,
    blue: ArrayLike,
    stretch: float | None = None,
    q: float = 8.0,
    *,
    title: str = "RGB",
    minimum: float = 0.0,
    **settings: Any,
) -> ImagePanel:
    """A panel of three images as one picture.

    Args:
        red, green, blue: array[y, x], in one unit, the longest wavelength first.
        stretch: As `lupton_pixels` takes it; None takes `own_stretch`.
        q: As `lupton_pixels` takes it.
        title: Of the panel.
        minimum: As `lupton_pixels` takes it.
        settings: Of the `ImagePanel`.

    Raises:
        ValueError: As `lupton_pixels`.
    """
    if stretch is None:
        stretch = own_stretch(red, green, blue, q=q, minimum=minimum)
    return ImagePanel(title, lupton_pixels(red, green, blue, stretch=stretch, q=q, minimum=minimum), **settings)


def own_stretch(*images: ArrayLike, q: float = 8.0, minimum: float = 0.0) -> float:
    """A stretch with which one pixel in two hundred is as bright in one colour as a picture can be.

    Args:
        images: array[y, x] each.
        q, minimum: As `lupton_pixels` takes them.
    """
    colours = np.stack([np.asarray(each, dtype=np.float64) for each in images]) - minimum
    colours = colours[:, np.isfinite(colours.sum(axis=0))]
    if not colours.size:
        return 1.0
    mean, brightest = (float(np.percentile(each, 99.5)) for each in (colours.mean(axis=0), colours.max(axis=0)))
    if not 0 < mean < np.inf:
        return 1.0
    stretch = mean * q / float(np.sinh(np.arcsinh(_TENTH * q) / _TENTH * mean / max(brightest, mean)))
    return stretch if 0 < stretch < np.inf else 1.0
