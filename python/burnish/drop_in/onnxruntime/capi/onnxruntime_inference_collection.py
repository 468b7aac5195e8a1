"""As in ONNX Runtime."""

from burnish.onnxruntime import InferenceSession, IOBinding, OrtValue

__all__ = ["IOBinding", "InferenceSession", "OrtValue"]
