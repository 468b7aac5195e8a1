// Fuzzes the model reader: arbitrary bytes are a model or an Error, nothing else. Seeds: tools or any small .onnx file.
#include <cstddef>
#include <cstdint>
#include <span>

#include "onnx/import.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  try {
    burnish::onnx::import_model(std::as_bytes(std::span(data, size)), "/nonexistent");
  } catch (const burnish::Error& error) {
    // A broken invariant is a defect of the reader, whatever the bytes are.
    if (error.code() == burnish::StatusCode::internal) __builtin_trap();
  }
  return 0;
}
