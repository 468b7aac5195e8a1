// A pass as a value: a name, one sentence, and a function that changes a graph and says whether it did.
// Each pass is a plain struct in its own file whose public fields are its options; the pipeline orders them, the manager runs them.
// A pass never knows a device, never measures, and keeps every result within rounding of the graph it was given.
#pragma once

#include <functional>
#include <string_view>

#include "ir/graph.h"

namespace burnish::passes {

struct PassInfo {
  std::string_view name;
  std::string_view summary;
};

/// Any struct with static `name` and `summary` and a `bool run(Graph&) const`.
struct Pass {
  template <class T>
    requires(not std::is_same_v<std::decay_t<T>, Pass>)
  Pass(T pass)  // NOLINT(google-explicit-constructor): a pass is written where a Pass is expected
      : name(T::name), summary(T::summary), run([pass = std::move(pass)](Graph& graph) { return pass.run(graph); }) {}

  std::string_view name;
  std::string_view summary;
  std::function<bool(Graph&)> run;  // true where the graph changed
};

}  // namespace burnish::passes
