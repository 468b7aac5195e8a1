// Constant: a literal. ONNX Constant, opsets 1 to 25, with every value_* attribute and sparse_value.
// It becomes a constant of the graph and never a node.
#include "base/error.h"
#include "ops/operator.h"

namespace burnish::ops {
namespace {

template <class T>
Tensor vector_of(const std::vector<T>& values) {
  return Tensor::of<T>({static_cast<int64_t>(values.size())}, std::span<const T>(values));
}

Tensor literal(const ImportContext& context) {
  if (auto value = context.find_tensor("value")) return *value;
  if (auto value = context.find_tensor("sparse_value")) return *value;
  if (auto value = context.find_float("value_float")) return Tensor::of<float>({}, {static_cast<float>(*value)});
  if (auto value = context.find_floats("value_floats")) return vector_of(std::vector<float>(value->begin(), value->end()));
  if (auto value = context.find_int("value_int")) return Tensor::of<int64_t>({}, {*value});
  if (auto value = context.find_ints("value_ints")) return vector_of(*value);
  if (auto value = context.find_string("value_string")) return Tensor::of_strings({}, {*value});
  if (auto value = context.find_strings("value_strings")) {
    const auto count = static_cast<int64_t>(value->size());
    return Tensor::of_strings({count}, std::move(*value));
  }
  fail("a Constant needs one of the attributes value, sparse_value, value_float(s), value_int(s), value_string(s)");
}

void import(ImportContext& context) { context.set_output(0, context.constant(literal(context))); }

}  // namespace

void register_constant(Registry& registry) { registry.add_import("Constant", 1, import); }

}  // namespace burnish::ops
