"""Prints the folder that, put first on PYTHONPATH, stands in for onnxruntime."""

from burnish.onnxruntime import drop_in_folder

print(drop_in_folder())
