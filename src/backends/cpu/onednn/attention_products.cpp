// See attention_products.h.
#include "backends/cpu/onednn/attention_products.h"

#include <algorithm>

namespace burnish::cpu::onednn {
namespace {

using dnnl::memory;

memory::desc matrix(int64_t rows, int64_t columns, int64_t row_stride, int64_t column_stride, DType storage) {
  return memory::desc({rows, columns}, data_type_of(storage), {row_stride, column_stride});
}

/// The scores of `rows` queries in chunks of columns; none where oneDNN refuses one.
std::vector<dnnl::matmul::primitive_desc> scores_in(const AttentionProblem& problem, int64_t rows, int64_t chunk) {
  std::vector<dnnl::matmul::primitive_desc> made;
  const memory::desc query = matrix(rows, problem.depth, problem.query.strides[2], problem.query.strides[3], problem.storage);
  for (int64_t first = 0; first < problem.columns; first += chunk) {
    const int64_t columns = std::min(chunk, problem.columns - first);
    const memory::desc key = matrix(problem.depth, columns, problem.key.strides[3], problem.key.strides[2], problem.storage);
    const memory::desc scores = matrix(rows, columns, problem.columns, 1, DType::f32);
    made.emplace_back(engine(), query, key, scores, basic_attributes(), true);
    if (not made.back()) return {};
  }
  return made;
}

/// The widest chunks that are multiplied with tiles, where the processor has them: oneDNN leaves them for vectors where a product is
/// much wider than deep.
void choose_scores(const AttentionProblem& problem, int64_t rows, AttentionProducts& products) {
  constexpr int64_t narrowest = 128;
  for (int64_t parts = 1;; ++parts) {
    const int64_t chunk = std::max(narrowest, ((problem.columns + parts - 1) / parts + 15) / 16 * 16);
    std::vector<dnnl::matmul::primitive_desc> scores = scores_in(problem, rows, chunk);
    const bool fast = not scores.empty() and std::ranges::none_of(scores, [&](const auto& one) {
      return misses_tiles(one.impl_info_str(), {problem.storage, problem.storage, false});
    });
    if (fast or parts == 1) products = {std::move(scores), chunk, std::move(products.result)};
    if (fast or chunk == narrowest) return;
  }
}

}  // namespace

int64_t rows_of_block(const AttentionProblem& problem) {
  constexpr int64_t score_bytes = 512 * 1024;
  const int64_t fitting = std::max<int64_t>(16, score_bytes / (problem.columns * 4) / 16 * 16);
  return std::min(problem.rows, fitting);
}

std::optional<AttentionProducts> attention_products(const AttentionProblem& problem, int64_t rows) {
  const ThreadScope one_thread(1);
  const memory::desc weights = matrix(rows, problem.columns, problem.columns, 1, problem.storage);
  const memory::desc value = matrix(problem.columns, problem.width, problem.value.strides[2], problem.value.strides[3], problem.storage);
  const memory::desc result = matrix(rows, problem.width, problem.result.strides[2], problem.result.strides[3], problem.storage);
  AttentionProducts made{.scores = {}, .result = {engine(), weights, value, result, basic_attributes(), true}};
  choose_scores(problem, rows, made);
  if (made.scores.empty() or not made.result) return {};
  return made;
}

}  // namespace burnish::cpu::onednn
