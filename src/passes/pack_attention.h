// Makes attention read queries, keys and values where one product left them, and write where the next one reads: Attention between
// movements becomes PackedAttention. Whatever splits, transposes, rolls and window partitions lie between are followed axis by axis and
// disappear; products with weights on both sides move out of the windows. Three products of one input become one.
// Called after recognition, for devices whose kernels take the packed form. Attention that anything else looks into is left alone.
#pragma once

#include "passes/pass.h"

namespace burnish::passes {

struct PackAttention {
  static constexpr std::string_view name = "pack_attention";
  static constexpr std::string_view summary = "attention reads packed queries, keys and values without movements between";
  bool run(Graph& graph) const;
};

}  // namespace burnish::passes
