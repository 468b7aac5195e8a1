// Integer products as plain ones: QuantizedConv and QuantizedMatMul restated as Conv and MatMul whose scale, bias and zero point begin their
// epilogue, so that kernels of plain products do them without knowing of quantization. Only quantized.cpp calls it.
// A restated request never reaches a graph: its tensors of bytes may be read as numbers of another type.
#pragma once

#include "tactics/tactic.h"

namespace burnish::cuda {

/// How the operands of a product are read.
enum class Reading : uint8_t {
  bytes,   // as they are; the product is the exact sum
  floats,  // the same numbers as floats: halves hold them exactly; the product is the sum, rounded as f32
  scaled,  // as floats, scales in the weights: for libraries that may store the product in halves
};

struct PlainProduct {
  tactics::OpRequest request;
  std::vector<std::optional<size_t>> from;  // for each input the quantized request's, or none for a constant made here
};

/// Why the request cannot be restated so; empty where it can.
std::string restating_refusal(const tactics::OpRequest& request, Reading reading);

/// The request restated. `with_numbers`: constants that take time to work out hold their numbers, and not zeros that have their shape.
/// `channels_last`: how the result lies, and what is made for each of its pixels.
PlainProduct restated(const tactics::OpRequest& request, Reading reading, bool with_numbers, bool channels_last = false);

/// A variant of the restated request as one of the quantized request, and the other way.
tactics::Variant quantized_variant(const tactics::OpRequest& quantized, const PlainProduct& plain, const tactics::Variant& variant);
tactics::Variant plain_variant_of(const PlainProduct& plain, const tactics::Variant& variant, bool channels_last);

}  // namespace burnish::cuda
