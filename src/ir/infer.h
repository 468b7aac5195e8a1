// What an operator sees while its output types are inferred: input types, constants, and the values of small integer tensors.
// Made by the graph for one node at a time; implemented over any source of values, so that patches can infer before they are applied.
// Inference validates everything it reads: ranks, axes, sizes. It throws Error and never guesses.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "burnish/tensor.h"
#include "tensor/tensor_type.h"

namespace burnish {

class Graph;

/// The elements of a small integer tensor (rank 0 or 1, at most 64 elements), as far as they are known: each a Dim expression.
using DimValues = std::vector<Dim>;

class InferContext {
 public:
  struct Input {
    bool present = false;
    TensorType type;
    std::shared_ptr<const Tensor> constant;
    std::optional<DimValues> values;
  };

  InferContext(std::vector<Input> inputs, size_t outputs, std::span<const Graph> regions = {});

  size_t input_count() const { return inputs_.size(); }
  bool has_input(size_t index) const { return index < inputs_.size() and inputs_[index].present; }
  /// Throws Error "input I is missing" where it is omitted.
  const TensorType& input(size_t index) const;
  const Shape& shape(size_t index) const { return input(index).shape; }
  DType dtype(size_t index) const { return input(index).dtype; }
  /// The tensor where the input is a constant, else nullptr.
  const Tensor* constant(size_t index) const;
  /// Integer values where known, from a constant or from shape arithmetic.
  std::optional<DimValues> values(size_t index) const;
  /// As `values`, but all plain numbers; nothing where one is symbolic.
  std::optional<std::vector<int64_t>> integers(size_t index) const;

  /// An axis in [-rank, rank) made non-negative; throws Error naming the axis and the rank.
  size_t axis(int64_t axis, size_t rank) const;
  /// Throws Error unless input `index` has this rank.
  void expect_rank(size_t index, size_t rank) const;
  void expect_same_dtype(size_t first, size_t second) const;
  void expect_inputs(size_t least, size_t most) const;
  /// Throws Error where an input is a sequence, an optional, or a tensor of unknown rank.
  void expect_plain_inputs() const;

  size_t output_count() const { return outputs_.size(); }
  void output(size_t index, TensorType type);
  void output(size_t index, DType dtype, Shape shape) { output(index, TensorType{dtype, std::move(shape), {}}); }
  void set_values(size_t index, DimValues values);
  /// A new symbol for a size that only the data decides: `?` and a number (ir/unknown.h).
  Dim unknown_dim();
  /// Names of unknown dims start with `prefix`, numbered from `first` on. The graph sets this; operators do not.
  void name_unknowns(std::string prefix, uint64_t first);
  /// How many unknown dims were made.
  uint64_t unknown_count() const { return unknowns_; }

  std::span<const Graph> regions() const { return regions_; }

  struct Output {
    bool set = false;
    TensorType type;
    std::optional<DimValues> values;
  };
  const std::vector<Output>& outputs() const { return outputs_; }

 private:
  std::vector<Input> inputs_;
  std::vector<Output> outputs_;
  std::span<const Graph> regions_;
  std::string unknown_prefix_ = "?";
  uint64_t first_unknown_ = 0;
  uint64_t unknowns_ = 0;
};

}  // namespace burnish
