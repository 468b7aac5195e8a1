// What runners of the operator suite ask of a case: its name as a test, and whether a plan can hold it.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "suite/suite.h"

namespace burnish::suite {

inline std::string test_name(const testing::TestParamInfo<Case>& info) {
  std::string name = info.param.name;
  std::ranges::replace(name, '/', '_');
  return name;
}

/// What a plan can hold: sizes known before running, and no strings.
inline bool can_be_planned(const Graph& graph) {
  const auto fits = [&](ValueId id) { return graph.type(id).shape.is_static() and graph.type(id).dtype != string; };
  return std::ranges::all_of(graph.inputs(), fits) and std::ranges::all_of(graph.outputs(), fits);
}

}  // namespace burnish::suite
