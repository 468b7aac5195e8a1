// One walk over all node lists. Functions are visited once; their state tells recursion from repeated use.
#include "onnx/survey.h"

#include <algorithm>
#include <set>

#include "base/error.h"
#include "ops/operator.h"

namespace burnish::onnx {
namespace {

constexpr size_t deepest_nesting = 64;  // of bodies and calls together; bounds the recursion of everything after this walk
// Functions that call functions grow exponentially when inlined; no honest model comes near this.
constexpr size_t most_nodes = 1'000'000;

/// What lies below a list of nodes once its functions are inlined.
struct Extent {
  size_t height = 0;
  size_t nodes = 0;
};

struct Missing {
  std::vector<std::string> nodes;
  size_t count = 0;
};

struct Survey {
  const FunctionTable& functions;
  std::map<std::string, Missing> missing;                 // "Foo (domain com.acme, opset 3)"
  std::map<const proto::FunctionProto*, Extent> extents;  // of the functions that are finished
  std::set<const proto::FunctionProto*> open;

  Extent visit(const google::protobuf::RepeatedPtrField<proto::NodeProto>& nodes, const Opsets& opsets, size_t depth);
  Extent visit(const Function& function, size_t depth);
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

Extent Survey::visit(const Function& function, size_t depth) {
  if (const auto known = extents.find(function.body); known != extents.end()) return known->second;
  if (not open.insert(function.body).second) fail("the function {} calls itself, directly or through others", full_name(*function.body));
  const Extent extent = visit(function.body->node(), function.opsets, depth);
  open.erase(function.body);
  return extents[function.body] = extent;
}

Extent Survey::visit(const google::protobuf::RepeatedPtrField<proto::NodeProto>& nodes, const Opsets& opsets, size_t depth) {
  Extent all;
  const auto include = [&](const Extent& below) {
    all.height = std::max(all.height, below.height + 1);
    all.nodes += below.nodes;
    if (all.nodes > most_nodes) fail("the model grows beyond {} nodes when its functions are inlined", most_nodes);
    if (depth + all.height > deepest_nesting) fail("bodies and function calls nest more than {} levels deep", deepest_nesting);
  };
  if (depth > deepest_nesting) fail("bodies and function calls nest more than {} levels deep", deepest_nesting);
  for (const proto::NodeProto& node : nodes) {
    ++all.nodes;
    if (const Function* function = functions.find(node)) {
      include(visit(*function, depth + 1));
    } else {
      check_operator(node, opsets);
    }
    for (const proto::AttributeProto& attribute : node.attribute()) {
      if (attribute.has_g()) include(visit(attribute.g().node(), opsets, depth + 1));
      for (const proto::GraphProto& graph : attribute.graphs()) include(visit(graph.node(), opsets, depth + 1));
    }
  }
  return all;
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
  Survey walk{.functions = functions, .missing = {}, .extents = {}, .open = {}};
  walk.visit(model.graph().node(), opsets, 0);
  if (not walk.missing.empty()) fail_unsupported("{}", report(walk.missing));
}

}  // namespace burnish::onnx
