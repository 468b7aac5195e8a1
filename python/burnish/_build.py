"""Building engines."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any, Protocol

from burnish import _core, _logging
from burnish._engine import Engine
from burnish._errors import InvalidArgumentError, UnsupportedError
from burnish._progress import Bar, Progress
from burnish._quantize import Calibration, Measure, Samples, as_file, ordered, ranges_of, sizes_of


class ModelProto(Protocol):
    """An `onnx.ModelProto`, or whatever else writes itself as one."""

    def SerializeToString(self) -> bytes: ...  # noqa: N802


Dims = Sequence[int]
Shapes = Mapping[str, Dims | Sequence[Dims]]
"""By input name: its dimensions, or (min, opt, max) of them."""

_PRECISIONS = {
    "f32": [],
    "fp32": [],
    "f16": ["f16"],
    "fp16": ["f16"],
    "bf16": ["bf16"],
    "best": ["bf16", "f16"],
    "int8": ["int8"],
}


def build(
    model: str | os.PathLike[str] | bytes | ModelProto,
    *,
    shapes: Shapes | None = None,
    profiles: Sequence[Shapes] | None = None,
    precision: str | Sequence[str] = "f32",
    min_cosine: float | None = None,
    layer_precisions: Mapping[str, str] | None = None,
    layer_output_types: Mapping[str, str | Sequence[str]] | None = None,
    precision_constraints: str = "obey",
    accuracy: str | tuple[Measure, float] | None = None,
    samples: Samples | None = None,
    calibration: Calibration | None = None,
    backend: str = "",
    threads: int = 0,
    optimization_level: int = 3,
    timing_cache: str | os.PathLike[str] | None = None,
    choices: str = "",
    default_dimension: int = 0,
    external_data: str | os.PathLike[str] | None = None,
    progress: bool | Progress = True,
) -> Engine:
    """Builds an engine for this machine from an ONNX model.

    Args:
        model: a path, the bytes of a model, or an `onnx.ModelProto`.
        shapes: sizes of inputs by name: `{"input": (1, 3, 224, 224)}`, or (min, opt, max) of them. Sizes that the model leaves open and
            nobody gives stay open: the engine learns them as they come.
        profiles: the same as a list of such mappings; this version takes one.
        precision: storage types that may be used beside the model's own: "f32" (none), "bf16", "f16", "best", "int8", or several. A
            permission, never an obligation; but "int8" without `accuracy` quantizes all that can be.
        min_cosine: how near permitted rounding must keep the outputs to exact ones: their cosine on sample data (0.999).
        layer_precisions: what layers (ONNX nodes) compute in, by name: `{"conv1": "fp32", "block4/*": "bf16", "*": "fp16"}`. A name may
            hold one `*`; whole names go before patterns, later patterns before earlier ones, and "*" is for all others.
        layer_output_types: how layers store their results: one type for all of a layer's, or one for each.
        precision_constraints: what becomes of a type that no kernel of a layer has: "obey" (an error that names the layer), "prefer" (a
            warning), "none" (nothing is asked).
        accuracy: build the fastest engine that keeps it: "cos:0.999", "max:1e-2", "top1:0.99", or (measure, largest value), where
            measure(exact, tried) gets the outputs of all samples, each a list of arrays, and says how far they are apart.
        samples: inputs to judge accuracy on: dictionaries, lists of arrays, or arrays; or a function of an index, None at the end.
        calibration: for "int8", samples to measure ranges on, a calibration cache (a path), or ranges that `burnish.calibrate` gave.
            With `accuracy`, `samples` serve where there is none.
        backend: "cuda", "cpu", ...; empty: the GPU where there is one that can be used, else the CPU.
        threads: threads the engine runs with; 0: all cores this process may use.
        optimization_level: 0 (measure nothing; fast to build) to 5.
        timing_cache: a file of measured times, read before and replaced after the build.
        choices: the text of a choices file (`Engine.choices`), which pins tactics.
        default_dimension: what open dimensions without a shape get; 0: they stay open.
        external_data: where a model given as bytes or ModelProto keeps its external data.
        progress: a bar on the terminal, none, or a function that is told (phase, done, total) and may return False to stop.

    Raises:
        burnish.ModelImportError: the model cannot be read.
        burnish.Error: anything else; `contexts` says where.
    """
    options: dict[str, object] = {
        "backend": backend,
        "threads": threads,
        "optimization_level": optimization_level,
        "choices": choices,
        "default_dimension": default_dimension,
        "permitted": [one for one in _permitted(precision) if one != "int8"],
        "shapes": _ranges(shapes, profiles),
    }
    options |= _layers(layer_precisions, layer_output_types, precision_constraints)
    if timing_cache is not None:
        options["timing_cache"] = os.fspath(timing_cache)
    if min_cosine is not None:
        options["min_cosine"] = min_cosine
    int8 = "int8" in _permitted(precision)
    bar = Bar() if progress is True else nullcontext(progress or None)
    with bar as callback:
        if accuracy is None and not int8:
            return Engine(_build(model, external_data, options, callback))
        with as_file(model, external_data) as path:
            if accuracy is not None:
                return _build_accurate(path, options, accuracy, samples, calibration if int8 else None, int8, callback)
            return _build_quantized(path, options, calibration, callback)


def _build_quantized(path: Path, options: dict[str, object], calibration: Calibration | None, progress: Progress | None) -> Engine:
    if calibration is None:
        raise InvalidArgumentError("precision 'int8' needs calibration=: samples, a calibration cache, or ranges")
    ranges = ranges_of(path, calibration, options, "auto", progress)
    model = _core.quantize(path, ranges, {"method": "auto", "activations": "u8", "per_channel": True}, _stays_float(options))
    return Engine(_build(model, path.parent, options, progress))


def _stays_float(options: dict[str, object]) -> Any:
    """Whether a layer's type is given, and is no integer: by its name, else by the last pattern that fits, else by `*`."""
    layers: Any = options.get("layer_precisions", {})
    if not layers or options.get("precision_constraints") == "none":
        return None

    def fits(pattern: str, name: str) -> bool:
        head, star, tail = pattern.partition("*")
        return bool(star) and len(name) >= len(head) + len(tail) and name.startswith(head) and name.endswith(tail)

    def stays(name: str) -> bool:
        patterns = [pattern for pattern in reversed(layers) if pattern != "*" and fits(pattern, name)]
        found = next((one for one in (name, *patterns, "*") if one in layers), None)
        return found is not None and layers[found][0] not in ("i8", "u8")

    return stays


def _build_accurate(
    path: Path,
    options: dict[str, object],
    accuracy: str | tuple[Measure, float],
    samples: Samples | None,
    calibration: Calibration | None,
    int8: bool,
    progress: Progress | None,
) -> Engine:
    ranges = None if calibration is None else ranges_of(path, calibration, options, "auto", progress)
    given = None if samples is None else ordered(samples)
    if given is not None and not options.get("shapes"):
        options["shapes"] = sizes_of(path, given)
    core, report = _core.build_mixed(path, options, accuracy, given, int8, ranges, "auto", progress, _logging.wanted_severity())
    engine = Engine(core)
    engine.accuracy = json.loads(report)
    return engine


def _build(model: Any, folder: str | os.PathLike[str] | None, options: dict[str, object], progress: Progress | None) -> _core.Engine:
    severity = _logging.wanted_severity()
    if isinstance(model, str | os.PathLike):
        return _core.build(Path(model), options, progress, severity)
    if hasattr(model, "SerializeToString"):
        model = model.SerializeToString()
    if not isinstance(model, bytes):
        raise InvalidArgumentError(f"a model is a path, bytes or an onnx.ModelProto, not {type(model).__name__}")
    return _core.build_bytes(model, Path(folder or ""), options, progress, severity)


def _permitted(precision: str | Sequence[str]) -> list[str]:
    names = [precision] if isinstance(precision, str) else list(precision)
    unknown = [name for name in names if name not in _PRECISIONS]
    if unknown:
        raise InvalidArgumentError(f"there is no precision {unknown[0]!r}; there are {', '.join(_PRECISIONS)}")
    return sorted({dtype for name in names for dtype in _PRECISIONS[name]})


_LAYER_TYPES = {
    "f32": "f32",
    "fp32": "f32",
    "f16": "f16",
    "fp16": "f16",
    "bf16": "bf16",
    "i64": "i64",
    "int64": "i64",
    "i32": "i32",
    "int32": "i32",
    "i8": "i8",
    "int8": "i8",
    "u8": "u8",
    "uint8": "u8",
    "bool": "boolean",
}


def _layers(
    precisions: Mapping[str, str] | None, output_types: Mapping[str, str | Sequence[str]] | None, constraints: str
) -> dict[str, object]:
    if constraints not in ("none", "prefer", "obey"):
        raise InvalidArgumentError(f"precision_constraints is 'none', 'prefer' or 'obey', not {constraints!r}")
    if not precisions and not output_types:
        return {}
    return {
        "precision_constraints": constraints,
        "layer_precisions": {name: [_layer_type(name, one)] for name, one in (precisions or {}).items()},
        "layer_output_types": {
            name: [_layer_type(name, one) for one in ([types] if isinstance(types, str) else types)]
            for name, types in (output_types or {}).items()
        },
    }


def _layer_type(layer: str, name: str) -> str:
    if layer.count("*") > 1:
        raise InvalidArgumentError(f"the layer name {layer!r} has more than one *")
    if name not in _LAYER_TYPES:
        raise InvalidArgumentError(f"{name!r} is no type of a layer; there are {', '.join(_LAYER_TYPES)}")
    return _LAYER_TYPES[name]


def _ranges(shapes: Shapes | None, profiles: Sequence[Shapes] | None) -> dict[str, tuple[list[int], list[int], list[int]]]:
    if shapes is not None and profiles is not None:
        raise InvalidArgumentError("give either `shapes` or `profiles`")
    if profiles is not None and len(profiles) > 1:
        raise UnsupportedError(f"{len(profiles)} profiles are given; this version builds an engine for one")
    given = shapes if shapes is not None else profiles[0] if profiles else {}
    return {name: _range(name, dims) for name, dims in given.items()}


def _range(name: str, dims: Any) -> tuple[list[int], list[int], list[int]]:
    parts = list(dims)
    if len(parts) == 3 and all(not hasattr(part, "__index__") for part in parts):
        low, best, high = ([int(size) for size in part] for part in parts)
        return low, best, high
    if not all(hasattr(part, "__index__") for part in parts):
        raise InvalidArgumentError(f"the shape of `{name}` should be its sizes, or (min, opt, max) of them, not {dims!r}")
    fixed = [int(part) for part in parts]
    return fixed, fixed, fixed
