// Small questions about single nodes as the file has them, for whoever changes a model without importing it: quantization and the scaling of channels.
// They know neither functions nor graphs, and check nothing: a file is checked when it is imported.
#pragma once

#include <string_view>

#include "onnx/proto.h"

namespace burnish::onnx {

/// Whether it is this operator of the default domain.
bool is(const proto::NodeProto& node, std::string_view op);

/// The attribute of this name; nullptr where the node has none.
const proto::AttributeProto* find_attribute(const proto::NodeProto& node, std::string_view name);
int64_t integer_attribute(const proto::NodeProto& node, std::string_view name, int64_t otherwise);

/// A Gemm that is a product and a sum: without factors, its rows as they are.
bool is_plain_gemm(const proto::NodeProto& node);
/// Whether a Gemm's weights are [outputs, inputs].
bool has_rows_of_outputs(const proto::NodeProto& gemm);

}  // namespace burnish::onnx
