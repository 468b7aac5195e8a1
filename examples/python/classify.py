"""Classifies an image: a handwritten digit of 8x8 pixels."""

from __future__ import annotations

import sys
from pathlib import Path

import burnish
import numpy as np

DIGITS = Path(__file__).resolve().parent.parent / "digits"


def main(number: int = 0) -> int:
    """Reads the image of this number; returns the digit."""
    image = np.fromfile(DIGITS / "test_images.bin", dtype=np.float32).reshape(-1, 1, 8, 8)[number : number + 1]
    engine = burnish.build(DIGITS / "digits.onnx", shapes={"input": image.shape})
    probabilities = engine.session()(image)[0]
    for row in image[0, 0]:
        print("".join(2 * " .:-=+*#%@"[min(int(10 * value), 9)] for value in row))
    digit = int(probabilities.argmax())
    print(f"this is a {digit}, with a probability of {probabilities[digit]:.3f}\n")
    print(engine.explain())
    return digit


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
