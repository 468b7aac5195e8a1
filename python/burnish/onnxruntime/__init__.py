"""The calls of ONNX Runtime, on Burnish.

Either `import burnish.onnxruntime as onnxruntime`, or, for programs of others, put `drop_in_folder()` first on PYTHONPATH:

    PYTHONPATH=$(python -m burnish.onnxruntime) program ...

An engine is built when a model is first used, and kept in a cache folder (`configure`). What has no counterpart here (memory arenas,
telemetry, ...) is accepted and has no effect.
"""

from __future__ import annotations

from pathlib import Path

from burnish.onnxruntime._options import (
    ExecutionMode,
    ExecutionOrder,
    GraphOptimizationLevel,
    RunOptions,
    SessionOptions,
)
from burnish.onnxruntime._session import InferenceSession, ModelMetadata, NodeArg, configure
from burnish.onnxruntime._state import (
    disable_telemetry_events,
    enable_telemetry_events,
    get_all_providers,
    get_available_providers,
    get_build_info,
    get_device,
    get_version_string,
    preload_dlls,
    set_default_logger_severity,
    set_default_logger_verbosity,
    set_seed,
)
from burnish.onnxruntime._values import IOBinding, OrtValue

__version__ = get_version_string()

__all__ = [
    "ExecutionMode",
    "ExecutionOrder",
    "GraphOptimizationLevel",
    "IOBinding",
    "InferenceSession",
    "ModelMetadata",
    "NodeArg",
    "OrtValue",
    "RunOptions",
    "SessionOptions",
    "__version__",
    "configure",
    "disable_telemetry_events",
    "drop_in_folder",
    "enable_telemetry_events",
    "get_all_providers",
    "get_available_providers",
    "get_build_info",
    "get_device",
    "get_version_string",
    "preload_dlls",
    "set_default_logger_severity",
    "set_default_logger_verbosity",
    "set_seed",
]


def drop_in_folder() -> Path:
    """Holds a package named `onnxruntime` that is this one."""
    return Path(__file__).parent.parent / "drop_in"
