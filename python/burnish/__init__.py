"""Burnish: take a trained network (ONNX), optimize it for this machine, run it.

    import burnish

    engine = burnish.build("model.onnx", shapes={"input": (1, 3, 224, 224)})
    session = engine.session()
    outputs = session.run({"input": image})  # a dict of numpy arrays

`burnish.backend` is an `onnx.backend`; `burnish.onnxruntime` has the calls of ONNX Runtime.
"""

from burnish._build import build
from burnish._core import Session, TensorInfo
from burnish._core import version as __version__
from burnish._engine import Engine, devices, load
from burnish._errors import (
    Error,
    InternalError,
    InvalidArgumentError,
    ModelImportError,
    OutOfRangeError,
    ResourceExhaustedError,
    UnsupportedError,
)
from burnish._quantize import calibrate, quantize
from burnish._report import Explanation
from burnish._verify import Verification, verify

__all__ = [
    "Engine",
    "Error",
    "Explanation",
    "InternalError",
    "InvalidArgumentError",
    "ModelImportError",
    "OutOfRangeError",
    "ResourceExhaustedError",
    "Session",
    "TensorInfo",
    "UnsupportedError",
    "Verification",
    "__version__",
    "build",
    "calibrate",
    "devices",
    "load",
    "quantize",
    "verify",
]
