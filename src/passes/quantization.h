// What passes ask of explicit quantization to 8-bit integers: who quantizes or dequantizes a value, with which numbers, and whether two do
// it alike. Float8, 4-bit integers, blocks and other types than f32 are none of its business: for them the answer is always no.
// Called by the passes of quantized graphs; it never changes a graph.
#pragma once

#include <optional>

#include "ir/graph.h"

namespace burnish::passes {

/// A QuantizeLinear or DequantizeLinear between f32 and u8 or i8.
struct Quantization {
  const Node* node = nullptr;
  ValueId data;               // what it reads
  ValueId scale, zero_point;  // no zero point: invalid
  DType dtype = DType::u8;
  int64_t axis = 0;        // where there are several scales
  bool per_tensor = true;  // one scale
};

std::optional<Quantization> quantization_of(const Graph& graph, const Node& node);
/// The node that dequantizes `value`, where one does.
std::optional<Quantization> dequantized_by(const Graph& graph, ValueId value);

/// Both have one scale, known, and the same numbers and type.
bool same_numbers(const Graph& graph, const Quantization& a, const Quantization& b);

/// The zero points of a quantization whose numbers are known, one for each scale.
std::vector<int64_t> zero_points(const Graph& graph, const Quantization& quantization);
/// Scale and zero point are constants.
bool is_known(const Graph& graph, const Quantization& quantization);

}  // namespace burnish::passes
