"""Where programs look for what ONNX Runtime keeps in its compiled part."""
