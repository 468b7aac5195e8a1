// The products of one attention: what a request and a variant ask of oneDNN, block of queries by block of queries. Made by the tactic to see whether
// oneDNN has fast products, and by its kernel. Nothing here runs anything.
#pragma once

#include <array>
#include <optional>
#include <vector>

#include "backends/cpu/onednn/onednn.h"
#include "ops/attention.h"

namespace burnish::cpu::onednn {

/// Axes by their role; ranks 2 to 4 are seen as [batch, head, row, column].
struct AttentionOperand {
  std::array<int64_t, 4> dims{1, 1, 1, 1};
  std::array<int64_t, 4> strides{0, 0, 0, 0};
};

struct AttentionProblem {
  AttentionOperand query, key, value, mask, result;  // key as [batch, head, column, row] where transposed
  bool has_mask = false, boolean_mask = false, causal = false;
  float scale = 1;
  DType storage = DType::f32;
  int64_t rows = 1, columns = 1, depth = 1, width = 1;  // S, T, D, E
  int64_t block = 1;                                    // rows of queries at a time
  int64_t heads = 1;                                    // batch times heads
};

AttentionProblem attention_problem(const OpRequest& request, const Variant& variant);

/// The two products for one block of `rows` queries. The scores come `chunk` columns at a time, the last time fewer.
struct AttentionProducts {
  std::vector<dnnl::matmul::primitive_desc> scores;
  int64_t chunk = 0;
  dnnl::matmul::primitive_desc result;
};

/// Nothing where oneDNN refuses one.
std::optional<AttentionProducts> attention_products(const AttentionProblem& problem, int64_t rows);

}  // namespace burnish::cpu::onednn
