#include "backends/cpu/kernels/attention/attention_rows.h"

#include <algorithm>
#include <limits>
#include <optional>

#include "backends/cpu/simd/row_functions.h"

namespace burnish::cpu {
namespace {

using tactics::Format;
using tactics::OpRequest;
using tactics::Variant;
using tactics::Verdict;

AttentionOperand operand_of(const Dims& dims, const Dims& strides) {
  AttentionOperand made;
  const size_t missing = 4 - dims.size();
  for (size_t axis = 0; axis < dims.size(); ++axis) {
    made.dims[axis + missing] = dims[axis];
    made.strides[axis + missing] = strides[axis];
  }
  return made;
}

/// Tokens before heads in memory: [B,S,H,D] for logical [B,H,S,D], [B,T,H,D] for the transposed key [B,H,D,T].
Layout token_major(size_t rank, bool transposed) {
  if (rank == 4) return {transposed ? std::vector<uint8_t>{0, 3, 1, 2} : std::vector<uint8_t>{0, 2, 1, 3}, {}};
  if (rank == 3) return {transposed ? std::vector<uint8_t>{2, 0, 1} : std::vector<uint8_t>{1, 0, 2}, {}};
  return Layout::row_major(rank);
}

/// Nothing where a constant operand, which keeps its plain format, would have to be stored otherwise.
std::optional<Variant> variant_of(const OpRequest& request, DType storage, bool tokens, bool key_tokens) {
  const size_t rank = request.dims(0).size();
  const bool transposed = request.op.as<ops::Attention>()->transposed_k;
  Variant variant;
  for (size_t i = 0; i < request.inputs.size(); ++i) {
    const auto& input = request.inputs[i];
    const bool token = i == 1 ? key_tokens : tokens;
    if (i < 3 and input.constant != nullptr and storage != DType::f32) return {};
    if (i < 3)
      variant.inputs.push_back(
          {storage, token and input.constant == nullptr ? token_major(rank, i == 1 and transposed) : Layout::row_major(rank)});
    else variant.inputs.push_back(input.present ? tactics::plain_format(input.type) : Format{});
  }
  variant.outputs = {{storage, tokens ? token_major(rank, false) : Layout::row_major(rank)}};
  return variant;
}

void add_mask(const AttentionProblem& problem, float* line, size_t count, const std::byte* mask, int64_t from) {
  const int64_t stride = problem.mask.strides[3];
  row_functions().affine(line, line, count, problem.scale, 0);
  if (problem.boolean_mask) {
    for (size_t i = 0; i < count; ++i)
      if (mask[from + static_cast<int64_t>(i) * stride] == std::byte{0}) line[i] = -std::numeric_limits<float>::infinity();
    return;
  }
  const float* values = reinterpret_cast<const float*>(mask) + from;
  if (stride == 1) row_functions().accumulate(values, line, count);
  else
    for (size_t i = 0; i < count; ++i) line[i] += values[static_cast<int64_t>(i) * stride];
}

}  // namespace

Verdict supports_attention(const OpRequest& request) {
  if (not request.op.is<ops::Attention>()) return Verdict::no("not attention");
  if (request.has_epilogue()) return Verdict::no("takes no epilogue");
  for (size_t i = 0; i < 3; ++i) {
    if (request.inputs[i].type.dtype != DType::f32) return Verdict::no("only f32");
    if (request.inputs[i].type.shape.rank() != request.inputs[0].type.shape.rank() or request.inputs[i].type.shape.rank() > 4)
      return Verdict::no("queries, keys and values differ in rank");
    if (element_count(request.dims(i)) == 0) return Verdict::no("an empty tensor");
  }
  const Dims query = request.dims(0);
  for (size_t axis = 0; axis + 2 < query.size(); ++axis)
    if (request.dims(1)[axis] != query[axis] or request.dims(2)[axis] != query[axis])
      return Verdict::no("heads are shared between queries");
  if (request.inputs.size() > 3 and request.inputs[3].present and request.inputs[3].type.dtype != DType::f32 and
      request.inputs[3].type.dtype != DType::boolean)
    return Verdict::no("the mask is neither f32 nor boolean");
  return Verdict::yes();
}

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
  return problem;
}

void for_each_attention_layout(const OpRequest& request, DType storage, const std::function<void(Variant)>& offer) {
  const size_t rank = request.dims(0).size();
  for (const bool tokens : {true, false}) {
    if (tokens and rank < 3) continue;
    for (const bool key_tokens : {true, false})
      if (key_tokens == tokens or (tokens and request.op.as<ops::Attention>()->transposed_k))
        if (auto variant = variant_of(request, storage, tokens, key_tokens)) offer(std::move(*variant));
  }
}

double attention_flops(const AttentionProblem& problem) {
  return 2.0 * static_cast<double>(problem.heads * problem.rows * problem.columns) * static_cast<double>(problem.depth + problem.width);
}

int64_t row_offset(const AttentionProblem& problem, const AttentionOperand& operand, int64_t head, int64_t row) {
  const int64_t heads = problem.query.dims[1];
  return head / heads * operand.strides[0] + head % heads * operand.strides[1] + row * operand.strides[2];
}

const std::byte* row_at(const AttentionProblem& problem, const AttentionOperand& operand, const tactics::BufferRef& buffer, int64_t head,
                        int64_t row) {
  return buffer.data + row_offset(problem, operand, head, row) * static_cast<int64_t>(byte_size(problem.storage));
}

float exponentials(const AttentionProblem& problem, float* scores, int64_t columns, const std::byte* mask, int64_t head, int64_t row) {
  const RowFunctions& rows = row_functions();
  if (problem.causal and row + 1 < columns) {
    std::fill(scores + row + 1, scores + columns, 0.0F);
    columns = row + 1;
  }
  const auto count = static_cast<size_t>(columns);
  float scale = problem.scale;
  if (mask != nullptr) {
    add_mask(problem, scores, count, mask, row_offset(problem, problem.mask, head, row));
    scale = 1;
  }
  const float top = scale >= 0 ? rows.max(scores, count) * scale : rows.min(scores, count) * scale;
  return rows.exp_sum(scores, scores, count, scale, top);
}

}  // namespace burnish::cpu
