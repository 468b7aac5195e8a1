"""Building engines."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any, Protocol

from burnish import _core, _logging
from burnish._engine import Engine
from burnish._errors import InvalidArgumentError, UnsupportedError
from burnish._progress import Bar, Progress


class ModelProto(Protocol):
    """An `onnx.ModelProto`, or whatever else writes itself as one."""

    def SerializeToString(self) -> bytes: ...  # noqa: N802


Dims = Sequence[int]
Shapes = Mapping[str, Dims | Sequence[Dims]]
"""By input name: its dimensions, or (min, opt, max) of them."""

_PRECISIONS = {"f32": [], "fp32": [], "f16": ["f16"], "fp16": ["f16"], "bf16": ["bf16"], "best": ["bf16", "f16"]}


def build(
    model: str | os.PathLike[str] | bytes | ModelProto,
    *,
    shapes: Shapes | None = None,
    profiles: Sequence[Shapes] | None = None,
    precision: str | Sequence[str] = "f32",
    min_cosine: float | None = None,
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
        precision: storage types that may be used beside the model's own: "f32" (none), "bf16", "f16", "best", or several. A permission,
            never an obligation.
        min_cosine: how near permitted rounding must keep the outputs to exact ones: their cosine on sample data (0.999).
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
        "permitted": _permitted(precision),
        "shapes": _ranges(shapes, profiles),
    }
    if timing_cache is not None:
        options["timing_cache"] = os.fspath(timing_cache)
    if min_cosine is not None:
        options["min_cosine"] = min_cosine
    bar = Bar() if progress is True else nullcontext(progress or None)
    with bar as callback:
        return Engine(_build(model, external_data, options, callback))


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
