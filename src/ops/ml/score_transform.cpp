// What ai.onnx.ml's post_transform makes of the scores of one row.
#include <algorithm>
#include <cmath>
#include <numbers>

#include "base/error.h"
#include "ops/ml/tree_ensemble.h"

namespace burnish::ops {
namespace {

double logistic(double value) { return 1 / (1 + std::exp(-value)); }

/// The inverse of the normal distribution, by the approximation that the operators' other implementations use.
double probit(double value) {
  const double x = 2 * value - 1;
  const double log = std::log((1 - x) * (1 + x));
  const double half = 2 / (std::numbers::pi * 0.147) + 0.5 * log;
  const double root = std::sqrt(std::max(0.0, std::sqrt(half * half - log / 0.147) - half));
  return std::numbers::sqrt2 * (x < 0 ? -root : root);
}

/// Scores of zero stay zero where `keep_zeros`.
void softmax(std::span<double> row, bool keep_zeros) {
  if (row.empty()) return;
  const double highest = *std::ranges::max_element(row);
  double sum = 0;
  for (double& value : row) {
    value = keep_zeros and std::abs(value) <= 1e-7 ? value * std::exp(-highest) : std::exp(value - highest);
    sum += value;
  }
  for (double& value : row) value = sum == 0 ? 0.5 : value / sum;
}

}  // namespace

ScoreTransform score_transform(std::string_view name) {
  static constexpr std::string_view names[] = {"NONE", "SOFTMAX", "LOGISTIC", "SOFTMAX_ZERO", "PROBIT"};
  const auto* found = std::ranges::find(names, name);
  if (found == std::end(names)) fail("post_transform is `{}`; it must be NONE, SOFTMAX, LOGISTIC, SOFTMAX_ZERO or PROBIT", name);
  return static_cast<ScoreTransform>(found - std::begin(names));
}

void transform_scores(ScoreTransform transform, std::span<double> row) {
  switch (transform) {
    case ScoreTransform::none: return;
    case ScoreTransform::softmax: return softmax(row, false);
    case ScoreTransform::softmax_zero: return softmax(row, true);
    case ScoreTransform::logistic: std::ranges::transform(row, row.begin(), logistic); return;
    case ScoreTransform::probit: std::ranges::transform(row, row.begin(), probit); return;
  }
}

}  // namespace burnish::ops
