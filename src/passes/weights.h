// Arithmetic on constants that folds need: factors along one axis, weights scaled by output channel, and facts about where the
// output channels of a linear operator lie. Called by fold_batchnorm, fold_scale and the merges; it never reads or changes a graph's nodes.
#pragma once

#include <optional>
#include <vector>

#include "ir/expr.h"
#include "ir/graph.h"

namespace burnish::passes {

/// A Conv, ConvTranspose or MatMul whose weights are constant.
struct Linear {
  const Node* node = nullptr;
  const Tensor* weights = nullptr;
  size_t channel_axis = 0;  // of the output
  int64_t channels = 0;
  size_t weight_axis = 0;   // of the weights: where output channels vary
  int64_t group = 1;        // ConvTranspose: the output channel is (group index, place on weight_axis)
  bool takes_bias = false;  // has a bias input of [channels]
};
/// The linear operator that computes `id`; nothing where it is none or its weights are not constant floats.
std::optional<Linear> linear_producer(const Graph& graph, ValueId id);

/// The weights times one factor for each output channel, in the weights' own type.
Tensor scaled_channels(const Linear& linear, const std::vector<double>& factors);

/// A constant read as one number for each place on `axis` of a tensor of `rank` axes: it may vary along that axis only.
/// Nothing where it varies elsewhere, is not floating, or would change the shape.
std::optional<std::vector<double>> along_axis(const Tensor& tensor, size_t rank, size_t axis, int64_t extent);

/// Matrices of one type joined along `axis` (0 or 1).
Tensor side_by_side(const std::vector<Tensor>& matrices, size_t axis);

Tensor vector_of(DType dtype, const std::vector<double>& values);
/// Numbers that vary along `axis` of `rank`, shaped to broadcast: [n,1,1] for the channels of NCHW.
Tensor broadcast_along(DType dtype, const std::vector<double>& values, size_t rank, size_t axis);
std::vector<double> numbers(const Tensor& tensor);

/// One step over two constants; nothing where the result would be larger than both, or overflow.
std::optional<Tensor> combined(ExprCode code, const Tensor& a, const Tensor& b);

}  // namespace burnish::passes
