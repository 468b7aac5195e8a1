#!/usr/bin/env python3
"""What 8-bit quantization costs on real networks and real images, beside ONNX Runtime's own quantizer.

    python bench/quantized_accuracy.py MODELS [--method auto] [--json FILE]

MODELS is a folder with the published detectors (see NETWORKS below); the digits network is this repository's. Images are those that
scikit-image and scikit-learn carry; half of them (every second) calibrate, the others judge. The judge runs every quantized model in ONNX
Runtime, except the column of Burnish's engines, so that the models are compared and not their runners. Needs onnx, onnxruntime, numpy,
pillow, scikit-image, scikit-learn.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import burnish
import numpy as np
import onnxruntime
from onnxruntime import quantization
from PIL import Image

import onnx
from onnx import version_converter

ROOT = Path(__file__).resolve().parents[1]
SCORE, IOU, LOST = 0.5, 0.9, 0.05


def photographs() -> list[np.ndarray]:
    """RGB images: scikit-image's and scikit-learn's, each whole, mirrored, and its two halves across the longer side."""
    from skimage import data
    from sklearn.datasets import load_sample_images

    named = ("astronaut", "cat", "coffee", "rocket", "chelsea", "camera", "motorcycle_left", "hubble_deep_field", "immunohistochemistry")
    whole = []
    for name in named:
        try:
            found = data.stereo_motorcycle()[0] if name == "motorcycle_left" else getattr(data, name)()
        except Exception as fault:  # some are fetched, and there may be no network
            print(f"skipped {name}: {type(fault).__name__}")
            continue
        whole.append(np.stack([found] * 3, axis=-1) if found.ndim == 2 else found[..., :3])
    whole += list(load_sample_images().images)
    images = []
    for image in whole:
        height, width = image.shape[:2]
        halves = (image[:, : width // 2], image[:, width // 2 :]) if width >= height else (image[: height // 2], image[height // 2 :])
        images += [image, image[:, ::-1], *halves]
        images += [np.clip(image * 0.6, 0, 255).astype(np.uint8), np.clip(image * 1.3, 0, 255).astype(np.uint8)]
        # Faces and things at other sizes: crops around the middle.
        for part in (0.8, 0.6, 0.45):
            top, left = int(height * (1 - part) / 2), int(width * (1 - part) / 2)
            images.append(image[top : height - top, left : width - left])
            images.append(image[: int(height * part), left : width - left])
    return images


def resized(image: np.ndarray, width: int, height: int) -> np.ndarray:
    return np.asarray(Image.fromarray(image).resize((width, height), Image.Resampling.BILINEAR), dtype=np.float32)


def chw(image: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(image.transpose(2, 0, 1))[None]


def overlap(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Intersection over union of all boxes of `a` (corners) with all of `b`."""
    low, high = np.maximum(a[:, None, :2], b[None, :, :2]), np.minimum(a[:, None, 2:], b[None, :, 2:])
    inside = np.prod(np.clip(high - low, 0, None), axis=2)
    area_a, area_b = (np.prod(np.clip(x[:, 2:] - x[:, :2], 0, None), axis=1) for x in (a, b))
    return inside / np.maximum(area_a[:, None] + area_b[None] - inside, 1e-9)


def best_of(boxes: np.ndarray, scores: np.ndarray, classes: np.ndarray, least: float) -> tuple[np.ndarray, np.ndarray]:
    """Boxes of at least this score, without those that a better one of the same class covers; and their classes."""
    keep = scores >= least
    boxes, scores, classes = boxes[keep], scores[keep], classes[keep]
    order, chosen = np.argsort(-scores), []
    while len(order):
        first, order = order[0], order[1:]
        chosen.append(first)
        order = order[(classes[order] != classes[first]) | (overlap(boxes[[first]], boxes[order])[0] < 0.45)]
    return boxes[chosen], classes[chosen]


def faces(outputs: dict[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    scores = next(value for value in outputs.values() if value.shape[-1] == 2)[0, :, 1]
    boxes = next(value for value in outputs.values() if value.shape[-1] == 4)[0]
    return boxes, scores, np.zeros(len(scores), int)


@cache
def priors() -> np.ndarray:
    """Centers and sizes that the network's offsets refer to, for 320x240."""
    made = []
    for stride, sizes in ((8, (10, 16, 24)), (16, (32, 48)), (32, (64, 96)), (64, (128, 192, 256))):
        for y in range(-(-240 // stride)):
            for x in range(-(-320 // stride)):
                made += [((x + 0.5) * stride / 320, (y + 0.5) * stride / 240, size / 320, size / 240) for size in sizes]
    return np.array(made)


def offset_faces(outputs: dict[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The simplified network leaves decoding to the caller."""
    offsets, scores, classes = faces(outputs)
    known = priors()
    centers = known[:, :2] + offsets[:, :2] * 0.1 * known[:, 2:]
    sizes = known[:, 2:] * np.exp(offsets[:, 2:] * 0.2)
    return np.concatenate([centers - sizes / 2, centers + sizes / 2], axis=1), scores, classes


def fastest_det(outputs: dict[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """[85, H, W]: objectness, then the box's place in its cell and size, then 80 classes."""
    grid = next(iter(outputs.values()))
    grid = grid.reshape(grid.shape[-3:])
    if grid.shape[0] != 85:
        grid = grid.transpose(2, 0, 1)
    height, width = grid.shape[1:]
    classes = grid[5:].argmax(axis=0)
    scores = grid[0] ** 0.6 * grid[5:].max(axis=0) ** 0.4
    y, x = np.mgrid[:height, :width]
    center_x, center_y = (x + np.tanh(grid[1])) / width, (y + np.tanh(grid[2])) / height
    wide, high = (1 / (1 + np.exp(-grid[i])) for i in (3, 4))
    boxes = np.stack([center_x - wide / 2, center_y - high / 2, center_x + wide / 2, center_y + high / 2], axis=-1)
    return boxes.reshape(-1, 4), scores.reshape(-1), classes.reshape(-1)


@dataclass
class Network:
    name: str
    path: str
    prepare: Callable[[np.ndarray], np.ndarray]
    detect: Callable[[dict[str, np.ndarray]], tuple[np.ndarray, np.ndarray, np.ndarray]]


NETWORKS = [
    Network("faces", "ultraface_rfb_320", lambda image: chw((resized(image, 320, 240) - 127) / 128), faces),
    Network("faces, simplified", "ultraface_rfb_320_simplified", lambda image: chw((resized(image, 320, 240) - 127) / 128), offset_faces),
    Network("COCO", "fastestdet", lambda image: chw(resized(image, 352, 352)[..., ::-1] / 255), fastest_det),
]


def runner(model: bytes | str) -> Callable[[np.ndarray], dict[str, np.ndarray]]:
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    names = [one.name for one in session.get_outputs()]
    entry = session.get_inputs()[0].name
    return lambda array: dict(zip(names, session.run(None, {entry: array}), strict=True))


def burnish_runner(model: bytes, array: np.ndarray, entry: str) -> Callable[[np.ndarray], dict[str, np.ndarray]]:
    session = burnish.build(model, shapes={entry: array.shape}, backend="cpu", progress=False).session()
    return lambda array: session.run({entry: array})


def within_accuracy(path: Path, entry: str, arrays: list[np.ndarray], detect: Callable) -> tuple[Callable, dict, dict]:
    """Quantized layer by layer, as far as at most LOST of the boxes of every second array change; what was taken, and the float engine."""

    def lost(exact: list, tried: list) -> float:
        names = [str(i) for i in range(len(exact[0]))]
        found = total = 0
        for wanted, got in zip(exact, tried, strict=True):
            right, other = dict(zip(names, wanted, strict=True)), dict(zip(names, got, strict=True))
            hits, boxes = matched(detect(other), detect(right))
            found, total = found + hits, total + boxes
        return 1 - found / max(total, 1)

    samples = [{entry: array} for array in arrays[:32]]
    engine = burnish.build(path, precision="int8", accuracy=(lost, LOST), samples=samples, backend="cpu", progress=False)
    taken = next(one for one in engine.accuracy["engines"] if one["taken"])
    session = engine.session()
    return lambda array: session.run({entry: array}), taken, engine.accuracy["engines"][0]


def by_onnxruntime(path: Path, entry: str, arrays: list[np.ndarray]) -> bytes:
    """ONNX Runtime's own static quantization, as its documentation recommends: prepared, min-max, a scale for each channel."""

    class Reader(quantization.CalibrationDataReader):
        def __init__(self) -> None:
            self.left = iter(arrays)

        def get_next(self) -> dict[str, np.ndarray] | None:
            array = next(self.left, None)
            return None if array is None else {entry: array}

    with tempfile.TemporaryDirectory() as scratch:
        prepared, made = Path(scratch) / "prepared.onnx", Path(scratch) / "made.onnx"
        quantization.shape_inference.quant_pre_process(str(path), str(prepared), skip_symbolic_shape=True)
        quantization.quantize_static(
            str(prepared),
            str(made),
            Reader(),
            quant_format=quantization.QuantFormat.QDQ,
            per_channel=True,
            activation_type=quantization.QuantType.QUInt8,
            weight_type=quantization.QuantType.QInt8,
        )
        return made.read_bytes()


Found = tuple[np.ndarray, np.ndarray, np.ndarray]


def matched(found: Found, right: Found) -> tuple[int, int]:
    """How many boxes of the float model the other finds: same class, overlap of at least IOU. And how many there are."""
    wanted, wanted_classes = best_of(*right, SCORE)
    loose, loose_classes = best_of(*found, SCORE * 0.8)  # a score a little lower is no other box
    if not len(wanted) or not len(loose):
        return 0, len(wanted)
    fits = (overlap(wanted, loose) >= IOU) & (wanted_classes[:, None] == loose_classes[None])
    return int(fits.any(axis=1).sum()), len(wanted)


def agreement(network: Network, run: Callable, right: Callable, arrays: list[np.ndarray]) -> tuple[int, int]:
    counts = [matched(network.detect(run(array)), network.detect(right(array))) for array in arrays]
    return sum(found for found, _ in counts), sum(boxes for _, boxes in counts)


def modern(path: Path, scratch: Path) -> Path:
    """The model in opset 13, which scales for each channel need, with its weights no longer listed as inputs."""
    model = onnx.load(path)
    weights = {one.name for one in model.graph.initializer}
    inputs = [one for one in model.graph.input if one.name not in weights]
    del model.graph.input[:]
    model.graph.input.extend(inputs)
    model.ir_version = max(model.ir_version, 8)
    if next(one.version for one in model.opset_import if one.domain == "") < 13:
        model = version_converter.convert_version(model, 13)
    made = scratch / f"{path.parent.name}.onnx"
    onnx.save(model, made)
    return made


def model_file(folder: Path) -> Path:
    return folder if folder.suffix == ".onnx" else next(iter(sorted(folder.glob("*.onnx"))))


def detectors(models: Path, method: str, scratch: Path) -> list[dict]:
    images = photographs()
    rows = []
    for network in NETWORKS:
        path = modern(model_file(models / network.path), scratch)
        arrays = [network.prepare(image).astype(np.float32) for image in images]
        calibrating, judging = arrays[0::2], arrays[1::2]
        entry = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"]).get_inputs()[0].name
        right = runner(str(path))
        ours = burnish.quantize(path, [{entry: array} for array in calibrating], method=method, progress=False)
        theirs = by_onnxruntime(path, entry, calibrating)
        accurate, taken, floating = within_accuracy(path, entry, calibrating, network.detect)
        row = {"network": network.name, "images": len(judging)}
        candidates = {
            "burnish": runner(ours),
            "burnish_engine": burnish_runner(ours, arrays[0], entry),
            "burnish_within": accurate,
            "onnxruntime": runner(theirs),
        }
        row["layers_quantized"] = len(taken["layers_quantized"])
        row["times_as_fast_as_float"] = floating["time_us"] / taken["time_us"]
        for who, run in candidates.items():
            found, total = agreement(network, run, right, judging)
            row["boxes"] = total
            row[who] = found / max(total, 1)
        rows.append(row)
        print(row, flush=True)
    return rows


def digits(method: str) -> dict:
    path = ROOT / "examples/digits/digits.onnx"
    images = np.fromfile(ROOT / "examples/digits/test_images.bin", np.float32).reshape(-1, 1, 8, 8)
    labels = np.fromfile(ROOT / "examples/digits/test_labels.bin", np.uint8)
    calibrating, judging, wanted = images[0::2], images[1::2], labels[1::2]
    batches = [calibrating[i : i + 32] for i in range(0, len(calibrating) - 31, 32)]
    samples = [{"input": batch} for batch in batches]
    ours = burnish.quantize(path, samples, method=method, progress=False)
    theirs = by_onnxruntime(path, "input", batches)

    def top1(run: Callable) -> float:
        return float((next(iter(run(judging).values())).argmax(axis=1) == wanted).mean())

    row = {"network": "digits", "images": len(judging), "float": top1(runner(str(path))), "burnish": top1(runner(ours))}
    row["burnish_engine"] = top1(burnish_runner(ours, judging, "input"))
    row["onnxruntime"] = top1(runner(theirs))
    print(row, flush=True)
    return row


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", type=Path, help="folder of the published detectors")
    parser.add_argument("--method", default="auto", help="of calibration")
    parser.add_argument("--json", type=Path, help="write the rows here")
    arguments = parser.parse_args()
    onnxruntime.set_default_logger_severity(3)
    with tempfile.TemporaryDirectory() as scratch:
        rows = [digits(arguments.method), *detectors(arguments.models, arguments.method, Path(scratch))]
    if arguments.json:
        arguments.json.write_text(json.dumps(rows, indent=1))
    print("\n| network | images | float top-1 / boxes | Burnish's model | Burnish's engine | engine within 5 % | ONNX Runtime's model |")
    print("|---|---|---|---|---|---|---|")
    for row in rows:
        right = f"{row['float']:.2%}" if "float" in row else f"{row['boxes']} boxes"
        parts = [f"{row[who]:.1%}" if who in row else "" for who in ("burnish", "burnish_engine", "burnish_within", "onnxruntime")]
        print(f"| {row['network']} | {row['images']} | {right} | {' | '.join(parts)} |")


if __name__ == "__main__":
    main()
