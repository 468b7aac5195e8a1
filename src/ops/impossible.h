// Impossible: the results of a body that cannot run, because its nodes do not fit what they would get. No ONNX operator.
// The importer puts it into a branch of an If that the sizes or the rank at hand rule out; whoever evaluates it gets the reason as an Error.
// It is never folded: a branch that is not taken does no harm.
#pragma once

#include "ir/graph.h"
#include "ops/fields.h"

namespace burnish::ops {

struct Impossible {
  std::string reason;
  std::vector<std::string> types;  // of the results, as TensorType prints them; sizes that are no constants are open
  static constexpr auto fields = std::tuple{field("reason", &Impossible::reason), field("types", &Impossible::types)};
};

/// A body without inputs that has the results of `like`, and fails for this reason.
Graph impossible_body(const Graph& like, std::string reason);

/// True for a body made by `impossible_body`.
bool is_impossible(const Graph& body);

}  // namespace burnish::ops
