// Changes of format between a producer and a consumer that disagree: a copy that permutes, blocks, pads or converts.
// The plan inserts it as a step of its own; assignment knows its cost. Each backend brings one tactic named "<backend>.reformat", whose
// requests have the operator Reformat (known to no graph).
#pragma once

#include "tactics/registry.h"

namespace burnish::tactics {

/// The operator of reformat requests: one input, one output of the same type; formats come from the variant. Never in a graph.
struct Reformat {
  static constexpr auto fields = std::tuple{};
};

/// As Op::parse, but knows Reformat too: for the operators of requests.
Op parse_operator(std::string_view text);

OpRequest reformat_request(const TensorType& type, const Target& target);
/// The variant that turns one format into the other; cost by bandwidth estimate (reads + writes, strided access dearer).
Variant reformat_variant(const Backend& backend, const TensorType& type, const Format& from, const Format& to, int threads);
/// Whether elements lie the same in memory although the layouts' texts differ (axes of extent 1, equal strides).
bool same_memory(const Format& a, const Format& b, std::span<const int64_t> dims);

}  // namespace burnish::tactics
