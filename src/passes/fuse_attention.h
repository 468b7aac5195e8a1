// Recognizes softmax(scale * Q K^T + mask) V. The scale may stand on Q, on K, on both or on the scores, as a factor or a divisor;
// masks may be added or selected, several of them, also between Reshapes that split the batch (windows); K may come transposed.
// Masks stay additive, so that a row in which everything is masked means the same as before; one that is exactly causal becomes a flag.
// Called after transposes are folded and before pointwise fusion. Scores that anybody else reads are left alone.
#pragma once

#include "passes/pass.h"

namespace burnish::passes {

struct FuseAttention {
  static constexpr std::string_view name = "fuse_attention";
  static constexpr std::string_view summary = "recognizes scaled dot-product attention";
  bool run(Graph& graph) const;
};

}  // namespace burnish::passes
