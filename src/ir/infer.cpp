#include "ir/infer.h"

#include <algorithm>

#include "base/error.h"

namespace burnish {
namespace {

constexpr int64_t most_values = 64;

/// Exporters compute the pads of Pad in a matrix, which they transpose; nothing of a higher rank ends as a size.
constexpr size_t highest_rank = 2;

bool carries_values(const TensorType& type, size_t rank) {
  return type.is_plain() and (is_integer(type.dtype) or type.dtype == DType::boolean) and type.shape.rank() <= rank;
}

}  // namespace

InferContext::InferContext(std::vector<Input> inputs, size_t outputs, std::span<const Graph> regions)
    : inputs_(std::move(inputs)), outputs_(outputs), regions_(regions) {}

const TensorType& InferContext::input(size_t index) const {
  if (not has_input(index)) fail("input {} is missing", index);
  return inputs_[index].type;
}

const Tensor* InferContext::constant(size_t index) const { return has_input(index) ? inputs_[index].constant.get() : nullptr; }

std::optional<DimValues> InferContext::values(size_t index) const {
  if (not has_input(index)) return {};
  const Input& input = inputs_[index];
  if (input.values) return input.values;
  if (input.constant == nullptr or not carries_values(input.type, 1) or input.constant->size() > most_values) return {};
  const std::vector<int64_t> numbers = input.constant->integers();
  return DimValues(numbers.begin(), numbers.end());
}

std::optional<std::vector<int64_t>> InferContext::integers(size_t index) const {
  if (const Tensor* tensor = constant(index); tensor != nullptr and is_integer(tensor->dtype())) return tensor->integers();
  const std::optional<DimValues> known = values(index);
  if (not known or not std::ranges::all_of(*known, &Dim::is_constant)) return {};
  std::vector<int64_t> out;
  for (const Dim& dim : *known) out.push_back(dim.value());
  return out;
}

size_t InferContext::axis(int64_t axis, size_t rank) const {
  const auto limit = static_cast<int64_t>(rank);
  if (axis < -limit or axis >= limit) fail("axis {} is out of range for rank {}", axis, rank);
  return static_cast<size_t>(axis < 0 ? axis + limit : axis);
}

void InferContext::expect_rank(size_t index, size_t rank) const {
  if (shape(index).rank() != rank) fail("input {} has rank {}, expected {}: {}", index, shape(index).rank(), rank, input(index).text());
}

void InferContext::expect_same_dtype(size_t first, size_t second) const {
  if (dtype(first) != dtype(second))
    fail("inputs {} and {} have different types: {} and {}", first, second, name_of(dtype(first)), name_of(dtype(second)));
}

void InferContext::expect_inputs(size_t least, size_t most) const {
  if (input_count() < least or input_count() > most) {
    if (least == most) fail("expected {} inputs, got {}", least, input_count());
    fail("expected {} to {} inputs, got {}", least, most, input_count());
  }
}

void InferContext::expect_plain_inputs() const {
  for (size_t i = 0; i < inputs_.size(); ++i) {
    if (not has_input(i) or input(i).is_plain()) continue;
    if (input(i).kind != ValueKind::tensor) fail("input {} is {}, but the operator takes tensors", i, input(i).text());
    fail_unsupported("the rank of input {} ({}) is not known, but the operator needs it", i, input(i).text());
  }
}

void InferContext::output(size_t index, TensorType type) {
  if (index >= outputs_.size()) fail("the operator gives an output {}, but the node has {}", index, outputs_.size());
  for (const Dim& dim : type.shape)
    if (dim.is_constant() and dim.value() < 0) fail("output {} would have the shape {}", index, type.shape.text());
  outputs_[index].set = true;
  outputs_[index].type = std::move(type);
}

void InferContext::set_values(size_t index, DimValues values) {
  if (index >= outputs_.size() or not outputs_[index].set) fail("the values of output {} are set before its type", index);
  const TensorType& type = outputs_[index].type;
  if (not carries_values(type, highest_rank) or values.size() > static_cast<size_t>(most_values)) return;
  const Dim count = type.shape.size();
  if (count == Dim(static_cast<int64_t>(values.size()))) outputs_[index].values = std::move(values);
}

void InferContext::name_unknowns(std::string prefix, uint64_t first) {
  unknown_prefix_ = std::move(prefix);
  first_unknown_ = first;
}

Dim InferContext::unknown_dim() { return Dim::symbol(unknown_prefix_ + std::to_string(first_unknown_ + unknowns_++)); }

}  // namespace burnish
