// One walk over all node lists. Functions are visited once; their state tells recursion from repeated use.
#include "onnx/survey.h"

#include <set>

#include "base/error.h"
#include "ops/operator.h"

namespace burnish::onnx {
namespace {

constexpr size_t deepest_nesting = 64;  // of bodies and calls together; bounds the recursion of everything after this walk

struct Missing {
  std::vector<std::string> nodes;
  size_t count = 0;
};

struct Survey {
  const FunctionTable& functions;
  std::map<std::string, Missing> missing;                 // "Foo (domain com.acme, opset 3)"
  std::map<const proto::FunctionProto*, size_t> heights;  // levels below a function, once it is finished
  std::set<const proto::FunctionProto*> open;

  size_t visit(const google::protobuf::RepeatedPtrField<proto::NodeProto>& nodes, const Opsets& opsets, size_t depth);
  size_t visit(const Function& function, size_t depth);
  void check_operator(const proto::NodeProto& node, const Opsets& opsets);
};

void Survey::check_operator(const proto::NodeProto& node, const Opsets& opsets) {
  const std::string domain(plain_domain(node.domain()));
  const auto version = opsets.find(domain);
  const bool imported = version != opsets.end();
  if (imported and ops::registry().find_importer(domain, node.op_type(), version->second) != nullptr) return;
  const std::string shown = domain.empty() ? "ai.onnx" : domain;
  Missing& entry = missing[imported ? fmt::format("{} (domain {}, opset {})", node.op_type(), shown, version->second)
                                    : fmt::format("{} (domain {}, which the model does not import)", node.op_type(), shown)];
  if (++entry.count <= 5) entry.nodes.push_back(node.name().empty() ? "without a name" : fmt::format("`{}`", node.name()));
}

size_t Survey::visit(const Function& function, size_t depth) {
  if (const auto known = heights.find(function.body); known != heights.end()) return known->second;
  if (not open.insert(function.body).second) fail("the function {} calls itself, directly or through others", full_name(*function.body));
  const size_t height = visit(function.body->node(), function.opsets, depth);
  open.erase(function.body);
  return heights[function.body] = height;
}

/// Returns how many levels lie below this list of nodes.
size_t Survey::visit(const google::protobuf::RepeatedPtrField<proto::NodeProto>& nodes, const Opsets& opsets, size_t depth) {
  if (depth > deepest_nesting) fail("bodies and function calls nest more than {} levels deep", deepest_nesting);
  size_t height = 0;
  for (const proto::NodeProto& node : nodes) {
    if (const Function* function = functions.find(node)) {
      height = std::max(height, 1 + visit(*function, depth + 1));
    } else {
      check_operator(node, opsets);
    }
    for (const proto::AttributeProto& attribute : node.attribute()) {
      if (attribute.has_g()) height = std::max(height, 1 + visit(attribute.g().node(), opsets, depth + 1));
      for (const proto::GraphProto& graph : attribute.graphs()) height = std::max(height, 1 + visit(graph.node(), opsets, depth + 1));
    }
  }
  if (depth + height > deepest_nesting) fail("bodies and function calls nest more than {} levels deep", deepest_nesting);
  return height;
}

std::string report(const std::map<std::string, Missing>& missing) {
  std::string text =
      fmt::format("the model uses {} operator{} that Burnish does not know:", missing.size(), missing.size() == 1 ? "" : "s");
  for (const auto& [name, entry] : missing) {
    text += fmt::format("\n  {}: node{} {}", name, entry.count == 1 ? "" : "s", fmt::join(entry.nodes, ", "));
    if (entry.count > entry.nodes.size()) text += fmt::format(" and {} more", entry.count - entry.nodes.size());
  }
  return text;
}

}  // namespace

void survey(const proto::ModelProto& model, const Opsets& opsets, const FunctionTable& functions) {
  Survey walk{.functions = functions, .missing = {}, .heights = {}, .open = {}};
  walk.visit(model.graph().node(), opsets, 0);
  if (not walk.missing.empty()) fail_unsupported("{}", report(walk.missing));
}

}  // namespace burnish::onnx
