#!/usr/bin/env python3
"""Compares the boxes of detection networks with ONNX Runtime's, by overlap: where scores are nearly equal, their order may differ.

    PYTHONPATH=build/release/python python bench/boxes.py model.onnx ... [--pictures 5]

Each picture is random. Of ONNX Runtime's boxes, the share is told that have one of Burnish's over them with an IoU of at least 0.99.
Fails where that is less than 99 % for a model. Boxes are the outputs of shape [n, 4].
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np

ENOUGH = 0.99
"""The IoU of a match, and the share of boxes that must have one."""


def overlaps(ours: np.ndarray, theirs: np.ndarray) -> np.ndarray:
    """The best IoU of each of their boxes with one of ours."""
    if not len(ours):
        return np.zeros(len(theirs))
    a, b = theirs[:, None].astype(np.float64), ours[None].astype(np.float64)
    sides = np.minimum(a[..., 2:], b[..., 2:]) - np.maximum(a[..., :2], b[..., :2])
    shared = np.clip(sides, 0, None).prod(axis=2)
    areas = [(one[..., 2:] - one[..., :2]).prod(axis=-1) for one in (a, b)]
    union = areas[0] + areas[1] - shared
    same = np.all(a == b, axis=2)  # boxes without an area
    return np.where(same, 1, np.divide(shared, union, out=np.zeros_like(shared), where=union > 0)).max(axis=1)


def compare(model: Path, pictures: int, threads: int) -> float:
    import burnish
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.log_severity_level = threads, 3
    peer = onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
    session = burnish.build(str(model), backend="cpu", threads=threads, progress=False).session()
    names = [one.name for one in peer.get_outputs()]
    draw, found = np.random.default_rng(0), []
    for _ in range(pictures):
        feed = {
            one.name: draw.random([size if isinstance(size, int) else 1 for size in one.shape], np.float32) for one in peer.get_inputs()
        }
        theirs, ours = peer.run(None, feed), session.run(feed)
        found += [overlaps(ours[name], one) for name, one in zip(names, theirs, strict=True) if one.ndim == 2 and one.shape[1] == 4]
    best = np.concatenate(found) if found else np.zeros(0)
    if not len(best):
        print(f"{model.name}: ONNX Runtime found no boxes")
        return 0
    share = float((best >= ENOUGH).mean())
    print(f"{model.name}: {100 * share:.2f} % of {len(best)} boxes have a match of IoU {ENOUGH} or more; the worst has {best.min():.3f}")
    return share


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="+", type=Path)
    parser.add_argument("--pictures", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    shares = [compare(model, arguments.pictures, arguments.threads) for model in arguments.models]
    return 0 if min(shares) >= ENOUGH else 1


if __name__ == "__main__":
    sys.exit(main())
