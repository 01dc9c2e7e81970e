"""What a program does that only imports Matplotlib and draws one figure: `bare.py ARRAYS.npz FIGURE.png`."""

from __future__ import annotations

import sys

import matplotlib as mpl
import numpy as np

mpl.use("agg")
import matplotlib.pyplot as plt


def main(source: str, target: str) -> None:
    fit = np.load(source)
    residuals = (fit["data"] - fit["model_image"]) / fit["noise_map"]
    images = [
        fit["data"],
        fit["model_image"],
        residuals,
        fit["source"],
        fit["data"] / fit["noise_map"],
        fit["lens_light"],
        np.clip(residuals, -1, 1),
        fit["source"],
        fit["data"] - fit["lens_light"],
        fit["source_image"],
        residuals**2,
        fit["source"],
    ]
    figure, axes = plt.subplots(3, 4, figsize=(17.92, 13.43), dpi=100)
    for image, each in zip(images, axes.flat, strict=True):
        figure.colorbar(each.imshow(image, origin="lower"), ax=each)
    plt.tight_layout()
    figure.savefig(target)


if __name__ == "__main__":
    main(*sys.argv[1:])
