#!/usr/bin/env python3
"""Whether engines built within an accuracy hold it on inputs that the build never saw, and how much faster they are than all float.

    python bench/accuracy_budget.py MODEL.onnx... [--accuracy cos:0.999] [--level 1]

Networks take one picture (ImageNet's normalization), or tokens. Half of the pictures are the build's samples, the others judge: the least
cosine of any output with ONNX Runtime's. Both engines are timed in turns; the least counts. Needs what bench/quantized_accuracy.py needs.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import burnish
import numpy as np
import onnxruntime
from quantized_accuracy import chw, photographs, resized

MEAN, DEVIATION = np.float32([0.485, 0.456, 0.406]), np.float32([0.229, 0.224, 0.225])
SAMPLES, TOKENS, ROUNDS = 12, 64, 15


def shape_of(entry: onnxruntime.NodeArg) -> list[int]:
    tokens = "int" in entry.type
    return [size if isinstance(size, int) else TOKENS if tokens and axis > 0 else 1 for axis, size in enumerate(entry.shape)]


def sample(entries: list[onnxruntime.NodeArg], image: np.ndarray, random: np.random.Generator) -> dict[str, np.ndarray]:
    made = {}
    for entry in entries:
        shape = shape_of(entry)
        if "int" in entry.type:
            made[entry.name] = np.ones(shape, np.int64) if "mask" in entry.name else random.integers(0, 1000, shape)
        elif len(shape) == 4:
            made[entry.name] = chw((resized(image, shape[3], shape[2]) / 255 - MEAN) / DEVIATION).astype(np.float32)
        else:
            made[entry.name] = random.standard_normal(shape).astype(np.float32)
    return made


def cosine(a: np.ndarray, b: np.ndarray) -> float:
    x, y = a.astype(np.float64).ravel(), b.astype(np.float64).ravel()
    return float(x @ y / np.sqrt((x @ x) * (y @ y)))


def least_seconds(sessions: list[burnish.Session], inputs: dict[str, np.ndarray]) -> list[float]:
    least = [float("inf")] * len(sessions)
    for _ in range(ROUNDS):
        for i, session in enumerate(sessions):
            begin = time.perf_counter()
            session.run_list(None, inputs)
            least[i] = min(least[i], time.perf_counter() - begin)
    return least


def judge(path: Path, accuracy: str, level: int) -> str:
    right = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    images, random = photographs(), np.random.default_rng(0)
    made = [sample(right.get_inputs(), image, random) for image in images[: 2 * SAMPLES]]
    samples, held_back = made[0::2], made[1::2]
    options = {"backend": "cpu", "optimization_level": level, "progress": False}
    engine = burnish.build(path, precision=("bf16", "int8"), accuracy=accuracy, samples=samples, **options)
    floating = burnish.build(path, shapes={name: array.shape for name, array in samples[0].items()}, **options)
    session = engine.session()
    worst = 1.0
    for inputs in held_back:
        for wanted, got in zip(right.run(None, inputs), session.run_list(None, inputs), strict=True):
            if wanted.dtype.kind == "f":
                worst = min(worst, cosine(wanted, got))
    slow, fast = least_seconds([floating.session(), session], held_back[0])
    taken = next(one for one in engine.accuracy["engines"] if one["taken"])
    return f"| {path.stem} | {worst:.6f} | {slow / fast:.2f} | {taken['what']} | {len(taken['layers_quantized'])} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", type=Path, nargs="+")
    parser.add_argument("--accuracy", default="cos:0.999")
    parser.add_argument("--level", type=int, default=1, help="optimization level of the builds")
    arguments = parser.parse_args()
    onnxruntime.set_default_logger_severity(3)
    print("| network | least cosine, held back | times as fast as float | taken | layers quantized |\n|---|---|---|---|---|")
    for path in arguments.models:
        print(judge(path, arguments.accuracy, arguments.level), flush=True)


if __name__ == "__main__":
    main()
