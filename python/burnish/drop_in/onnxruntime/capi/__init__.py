"""As in ONNX Runtime."""
