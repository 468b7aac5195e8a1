// Operators of other domains in terms of ONNX's: an ONNX importer is run on chosen inputs, with the attributes of the node at hand.
// Called by the importers of com.microsoft's fused and quantized operators, which ONNX Runtime's tools write into files.
#pragma once

#include <map>

#include "ops/import.h"

namespace burnish::ops {

/// Attributes given in place of the node's own; only integers are ever needed.
using IntAttributes = std::map<std::string, int64_t, std::less<>>;

/// The outputs of ONNX's `op` (at `opset`) on `inputs`; attributes are those of the node unless given here.
std::vector<ValueId> as_onnx(ImportContext& context, std::string_view op, int64_t opset, std::vector<ValueId> inputs, size_t outputs,
                             IntAttributes attributes = {});
ValueId as_onnx(ImportContext& context, std::string_view op, int64_t opset, std::vector<ValueId> inputs, IntAttributes attributes = {});

/// Input `index`, or an invalid id where it is omitted.
ValueId input_or_none(const ImportContext& context, size_t index);

/// ONNX's linear quantization of a tensor by one scale or a list along `axis`; `zero_point` may be omitted.
ValueId dequantize(ImportContext& context, ValueId value, ValueId scale, ValueId zero_point, int64_t axis = 1);
/// Without a zero point the result is of type `otherwise`.
ValueId quantize(ImportContext& context, ValueId value, ValueId scale, ValueId zero_point, DType otherwise);

inline constexpr std::string_view microsoft = "com.microsoft";

}  // namespace burnish::ops
