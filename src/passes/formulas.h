// Pieces of formulas that several recognitions share: a value times a number, either order of a product, a standardized tensor,
// and an affine step behind a normalization. Called by the fuse_ passes that recognize; it only looks at the graph.
#pragma once

#include <array>
#include <optional>
#include <vector>

#include "ir/expr.h"
#include "ir/graph.h"
#include "ir/patch.h"

namespace burnish::passes {

/// `value` times `factor`: what x*c, c*x and x/c are, for one number c. Of anything else, the value itself times 1.
struct Scaled {
  ValueId value;
  double factor = 1;
};
Scaled scaled(const Graph& graph, ValueId id);

/// Both ways to read the operands of a step of this code; empty where `id` is none.
std::vector<std::pair<ValueId, ValueId>> operand_orders(const Graph& graph, ValueId id, ExprCode code);

/// `number` + x, in either order: x. Nothing where `id` is no such sum.
std::optional<ValueId> plus_number(const Graph& graph, ValueId id, double number);

/// Equal up to the rounding of a constant in this type.
bool nearly(double a, double b, DType dtype);

/// x^n, as a power or a product of equal factors.
bool is_power(const Graph& graph, ValueId id, ValueId x, int exponent);

/// The mean of a value over constant axes that are kept with size 1; the axes non-negative and ascending.
struct Mean {
  ValueId of;
  std::vector<size_t> axes;
};
std::optional<Mean> mean_of(const Graph& graph, ValueId id);

/// 1 / sqrt(variance + epsilon), spelled as a divisor sqrt(v + e), its reciprocal, or a power of -0.5.
struct InverseDeviation {
  ValueId variance;
  double epsilon = 0;
};
/// `id` itself is the reciprocal.
std::optional<InverseDeviation> inverse_deviation(const Graph& graph, ValueId id);
/// `id` is x * inverse deviation or x / deviation; also gives x.
std::optional<std::pair<ValueId, InverseDeviation>> divided_by_deviation(const Graph& graph, ValueId id);

/// (x - mean(x)) / sqrt(mean((x - mean(x))^2) + epsilon)
struct Standardized {
  ValueId x;
  std::vector<size_t> axes;
  double epsilon = 0;
};
std::optional<Standardized> standardized(const Graph& graph, ValueId id);
/// True where `variance` is the mean of (x - mean)^2 over the axes of `mean`.
bool is_variance(const Graph& graph, ValueId variance, ValueId centered, const Mean& mean);

/// A constant of `size` equal numbers.
Tensor filled(DType dtype, Dims dims, double value);

/// The axes are the last ones of `rank`: the first of them.
std::optional<size_t> trailing_from(const std::vector<size_t>& axes, size_t rank);

/// A product or sum of a normalization's only output with a constant, one number for each channel (axis 1).
struct ChannelStep {
  const Node* normalization = nullptr;
  bool product = false;
  std::vector<double> values;
};
std::optional<ChannelStep> channel_step(const Graph& graph, const Node& node);
/// The normalization's constants for scale and bias with the step applied; nothing where they are not constant.
std::optional<std::array<std::vector<double>, 2>> with_channel_step(const Graph& graph, const ChannelStep& step);

}  // namespace burnish::passes
