// Requests from graph nodes, and formats. The text form stands in request_text.cpp.
#include "tactics/request.h"

#include <algorithm>

#include "base/error.h"
#include "ops/fused.h"

namespace burnish::tactics {
namespace {

void expect_static(const Graph& graph, const Node& node, ValueId id) {
  const Value& value = graph.value(id);
  if (not value.type.is_plain())
    fail_unsupported("{}: `{}` is {}, which lives on the host only and has no place in a plan", describe(node), value.name,
                     value.type.text());
  if (not value.type.shape.is_static())
    fail_unsupported(
        "{}: the shape {} of `{}` is not fixed; give every dynamic dimension a size (sizes that only the data decides cannot be planned)",
        describe(node), value.type.shape.text(), value.name);
}

Operand operand_of(const Graph& graph, const Node& node, ValueId id) {
  if (not id) return {.present = false, .type = {}, .constant = nullptr};
  expect_static(graph, node, id);
  return {.present = true, .type = graph.type(id), .constant = graph.value(id).constant};
}

}  // namespace

std::string Format::text() const {
  return fmt::format("{}:{}{}", name_of(storage), layout.text(), space == Space::device ? "@device" : "");
}

Format plain_format(const TensorType& type, Space space) { return {type.dtype, Layout::row_major(type.shape.rank()), space}; }

int64_t stored_bytes(const Format& format, std::span<const int64_t> dims) {
  return format.layout.stored_elements(dims) * static_cast<int64_t>(byte_size(format.storage));
}

bool OpRequest::permits(DType storage) const { return std::ranges::find(target.permitted, storage) != target.permitted.end(); }

OpRequest make_request(const Graph& graph, const Node& node, const Target& target) {
  OpRequest request;
  request.op = node.op;
  request.anchor_inputs = node.inputs.size();
  if (const auto* fused = node.op.as<ops::Fused>()) {
    request.op = fused->anchor;
    request.epilogue = fused->epilogue;
    request.anchor_inputs = static_cast<size_t>(fused->anchor_inputs);
    BURNISH_CHECK(request.anchor_inputs <= node.inputs.size(), "{} has fewer inputs than its anchor", describe(node));
  }
  for (const ValueId id : node.inputs) request.inputs.push_back(operand_of(graph, node, id));
  for (const ValueId id : node.outputs) {
    expect_static(graph, node, id);
    request.outputs.push_back(graph.type(id));
    request.wanted.push_back(not graph.value(id).users.empty() or graph.is_output(id));
  }
  request.target = target;
  request.regions = node.regions;
  return request;
}

}  // namespace burnish::tactics
