// See attention_products.h.
#include "backends/cpu/onednn/attention_products.h"

#include <algorithm>

namespace burnish::cpu::onednn {
namespace {

using dnnl::memory;

AttentionOperand operand_of(const Dims& dims, const Dims& strides) {
  AttentionOperand made;
  const size_t missing = 4 - dims.size();
  for (size_t axis = 0; axis < dims.size(); ++axis) {
    made.dims[axis + missing] = dims[axis];
    made.strides[axis + missing] = strides[axis];
  }
  return made;
}

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

constexpr int64_t score_bytes = 512 * 1024;

AttentionProblem attention_problem(const OpRequest& request, const Variant& variant) {
  const auto& op = *request.op.as<ops::Attention>();
  AttentionProblem problem;
  const auto operand = [&](size_t index) {
    return operand_of(request.dims(index), variant.inputs[index].layout.strides(request.dims(index)));
  };
  problem.query = operand(0);
  problem.key = operand(1);
  if (op.transposed_k) {
    std::swap(problem.key.dims[2], problem.key.dims[3]);
    std::swap(problem.key.strides[2], problem.key.strides[3]);
  }
  problem.value = operand(2);
  problem.result = operand_of(request.output_dims(), variant.outputs[0].layout.strides(request.output_dims()));
  problem.has_mask = request.inputs.size() > 3 and request.inputs[3].present;
  if (problem.has_mask) {
    problem.mask = operand(3);
    for (size_t axis = 0; axis < 4; ++axis)
      if (problem.mask.dims[axis] == 1) problem.mask.strides[axis] = 0;
    problem.boolean_mask = request.inputs[3].type.dtype == DType::boolean;
  }
  problem.causal = op.causal;
  problem.scale = static_cast<float>(op.scale);
  problem.storage = variant.inputs[0].storage;
  problem.rows = problem.query.dims[2];
  problem.columns = problem.key.dims[2];
  problem.depth = problem.query.dims[3];
  problem.width = problem.value.dims[3];
  problem.heads = problem.query.dims[0] * problem.query.dims[1];
  const int64_t fitting = std::max<int64_t>(16, score_bytes / (problem.columns * 4) / 16 * 16);
  problem.block = std::min(problem.rows, fitting);
  return problem;
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
