// What the CPU's attention kernels share: a request and a variant seen as queries, keys and values of one head after another, the layouts that
// attention is offered in, and the softmax of one row of scores. The products are each tactic's own.
#pragma once

#include <array>
#include <functional>
#include <span>

#include "ops/attention.h"
#include "tactics/tactic.h"

namespace burnish::cpu {

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
  int64_t heads = 1;                                    // batch times heads
};

tactics::Verdict supports_attention(const tactics::OpRequest& request);
AttentionProblem attention_problem(const tactics::OpRequest& request, const tactics::Variant& variant);

/// Row-major operands, and tokens before heads in memory, as products leave them, so that the transposes around attention need no step.
void for_each_attention_layout(const tactics::OpRequest& request, DType storage, const std::function<void(tactics::Variant)>& offer);

/// Multiply-adds, counted as two.
double attention_flops(const AttentionProblem& problem);

/// Where row `row` of head `head` begins, in elements.
int64_t row_offset(const AttentionProblem& problem, const AttentionOperand& operand, int64_t head, int64_t row);
const std::byte* row_at(const AttentionProblem& problem, const AttentionOperand& operand, const tactics::BufferRef& buffer, int64_t head,
                        int64_t row);

/// The scores of one query, of which the first `columns` are looked at, become exponentials of what softmax sees, less their maximum; where keys are
/// masked causally, zeros behind the query. Returns their sum. `mask` may be nullptr.
float exponentials(const AttentionProblem& problem, float* scores, int64_t columns, const std::byte* mask, int64_t head, int64_t row);

}  // namespace burnish::cpu
