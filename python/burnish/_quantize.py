"""Calibration and quantization of models to 8 bits."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import numpy as np

from burnish import _core, _logging
from burnish._errors import InvalidArgumentError
from burnish._progress import Bar, Progress

Samples = Iterable[Any] | Callable[[int], Any]
"""Inputs of the network, one sample after another: dictionaries by name, sequences in order, or the array of the only input."""
Ranges = Mapping[str, tuple[float, float]]
"""By the name of a tensor: the least and the largest number that its quantization should express."""
Calibration = Samples | Ranges | str | os.PathLike[str]
Measure = Callable[[list[list[Any]], list[list[Any]]], float]


def calibrate(
    model: Any,
    samples: Samples,
    *,
    method: str = "auto",
    backend: str = "",
    threads: int = 0,
    default_dimension: int = 0,
    progress: bool | Progress = True,
) -> dict[str, tuple[float, float]]:
    """The ranges of a model's tensors over samples.

    Args:
        model: a path, the bytes of a model, or an `onnx.ModelProto`.
        samples: dictionaries, lists of arrays, or arrays; or a function of an index that gives None at the end.
        method: "entropy", "minmax", "percentile", "mse", or "auto": of these, for each tensor, what disturbs the layers that read it least.
        backend: where the model runs meanwhile.
        threads: on how many; 0: all.
        default_dimension: what open dimensions get; 0: what the samples have.
        progress: a bar, none, or a function that is told.
    """
    options: dict[str, object] = {"backend": backend, "threads": threads, "default_dimension": default_dimension}
    bar = Bar() if progress is True else nullcontext(progress or None)
    with bar as callback, as_file(model, None) as path:
        return _ranges(path, samples, options, method, callback)


def quantize(
    model: Any,
    calibration: Calibration,
    *,
    method: str = "auto",
    activations: str = "u8",
    per_channel: bool = True,
    keep_float: Sequence[str] = (),
    accuracy: str | tuple[Measure, float] | None = None,
    equalize: bool = False,
    smooth: bool = False,
    correct_bias: bool = False,
    report: dict[str, Any] | None = None,
    progress: bool | Progress = True,
) -> bytes:
    """The model with explicit 8-bit quantization, as the bytes of an ONNX file that any reader runs.

    Args:
        model: a path, the bytes of a model, or an `onnx.ModelProto`.
        calibration: samples, a calibration cache (a path), or ranges that `calibrate` gave.
        method: how ranges are chosen from samples; see `calibrate`.
        activations: "u8" (any zero point) or "i8" (symmetric).
        per_channel: weights have a scale for each output channel, not one for all.
        keep_float: names of nodes that are left alone.
        accuracy: layers stay floating until the outputs keep it on the samples: "cos:0.999", "max:1e-2", "top1:0.99", or (measure, largest
            value), where measure(exact, tried) gets the outputs of all samples, each a list of arrays. One that grows little by little
            searches better than one that counts.
        equalize: try channels between products scaled alike. This and the two that follow are kept where outputs that were held back (of
            every second sample, of 64 at most) come nearer to exact ones, by the measure of `accuracy` if that is a function.
        smooth: the same behind normalizations: what is hard to express moves into the weights.
        correct_bias: try biases that make up for what quantization shifts.
        report: is filled with what was tried, what it brought, and which layers are quantized.
        progress: a bar, none, or a function that is told.
    """
    if activations not in ("u8", "i8"):
        raise InvalidArgumentError(f"activations are 'u8' or 'i8', not {activations!r}")
    names = frozenset(keep_float)
    bar = Bar() if progress is True else nullcontext(progress or None)
    settings: dict[str, object] = {"method": method, "activations": activations, "per_channel": per_channel}
    stays = (lambda name: name in names) if names else None
    with bar as callback, as_file(model, None) as path:
        if accuracy is None and not (equalize or smooth or correct_bias):
            return _core.quantize(path, ranges_of(path, calibration, {}, method, callback), settings, stays)
        if isinstance(calibration, Mapping | str | os.PathLike):
            raise InvalidArgumentError("what accuracy, equalize, smooth and correct_bias do is judged on samples, not on ranges or a cache")
        given = ordered(calibration)
        settings |= {"equalize": equalize, "smooth": smooth, "correct_bias": correct_bias}
        options: dict[str, object] = {"shapes": sizes_of(path, given)}
        made, text = _core.tune(path, options, settings, given, accuracy, stays, callback, _logging.wanted_severity())
        if report is not None:
            report |= json.loads(text)
        return made


def ranges_of(
    path: Path, calibration: Calibration, options: Mapping[str, object], method: str, progress: Progress | None
) -> dict[str, tuple[float, float]]:
    """Ranges as they are, from a cache, or measured."""
    if isinstance(calibration, Mapping):
        return {name: (float(low), float(high)) for name, (low, high) in calibration.items()}
    if isinstance(calibration, str | os.PathLike):
        return _core.read_calibration_cache(Path(calibration).read_text())
    return _ranges(path, calibration, options, method, progress)


def _ranges(
    path: Path, samples: Samples, options: Mapping[str, object], method: str, progress: Progress | None
) -> dict[str, tuple[float, float]]:
    kept = {name: value for name, value in options.items() if name in ("backend", "threads", "default_dimension", "shapes")}
    given = ordered(samples)
    if not kept.get("shapes"):
        kept["shapes"] = sizes_of(path, given)
    return _core.calibrate(path, kept, method, given, progress, _logging.wanted_severity())


def sizes_of(path: Path, samples: Callable[[int, list[str]], list[Any] | None]) -> dict[str, tuple[list[int], list[int], list[int]]]:
    """The sizes of inputs, as a build takes them: those of the first sample."""
    names = [one["name"] for one in _core.summarize(path)["inputs"]]
    first = samples(0, names) or []
    sizes = {name: list(np.shape(array)) for name, array in zip(names, first, strict=False)}
    return {name: (size, size, size) for name, size in sizes.items()}


def ordered(samples: Samples) -> Callable[[int, list[str]], list[Any] | None]:
    """Samples as the compiled module asks for them: arrays in the order of the inputs, several times if need be."""
    known = [] if callable(samples) else list(samples)

    def at(index: int) -> Any:
        if callable(samples):
            return samples(index)
        return known[index] if index < len(known) else None

    def sample(index: int, names: list[str]) -> list[Any] | None:
        given = at(index)
        if given is None:
            return None
        if isinstance(given, Mapping):
            missing = [name for name in names if name not in given]
            if missing:
                raise InvalidArgumentError(f"sample {index} has no array for input `{missing[0]}`; it has {', '.join(given)}")
            return [given[name] for name in names]
        if len(names) == 1 and not isinstance(given, list | tuple):
            return [given]
        return list(given)

    return sample


@contextmanager
def as_file(model: Any, folder: str | os.PathLike[str] | None) -> Iterator[Path]:
    """The path of the model; a temporary one for a model in memory."""
    if isinstance(model, str | os.PathLike):
        yield Path(model)
        return
    if hasattr(model, "SerializeToString"):
        model = model.SerializeToString()
    if not isinstance(model, bytes):
        raise InvalidArgumentError(f"a model is a path, bytes or an onnx.ModelProto, not {type(model).__name__}")
    if folder is not None:
        raise InvalidArgumentError("a model in memory with external data cannot be calibrated; write it to a file beside them")
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / "model.onnx"
        path.write_bytes(model)
        yield path
