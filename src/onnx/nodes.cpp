#include "onnx/nodes.h"

namespace burnish::onnx {

bool is(const proto::NodeProto& node, std::string_view op) { return node.op_type() == op and plain_domain(node.domain()).empty(); }

const proto::AttributeProto* find_attribute(const proto::NodeProto& node, std::string_view name) {
  for (const proto::AttributeProto& one : node.attribute())
    if (one.name() == name) return &one;
  return nullptr;
}

int64_t integer_attribute(const proto::NodeProto& node, std::string_view name, int64_t otherwise) {
  const proto::AttributeProto* found = find_attribute(node, name);
  return found == nullptr ? otherwise : found->i();
}

bool is_plain_gemm(const proto::NodeProto& node) {
  if (not is(node, "Gemm")) return false;
  for (const std::string_view name : {"alpha", "beta"})
    if (const auto* factor = find_attribute(node, name); factor != nullptr and factor->f() != 1) return false;
  return integer_attribute(node, "transA", 0) == 0;
}

bool has_rows_of_outputs(const proto::NodeProto& gemm) { return integer_attribute(gemm, "transB", 0) != 0; }

}  // namespace burnish::onnx
