// How far outputs are from those they should be: the measures that accuracy budgets know. Each is 0 for equal outputs, the worst over outputs and
// samples, and NaN where there is nothing to compare: outputs that are no floats, zero, or not finite. Pure arithmetic on host tensors.
#pragma once

#include "burnish/accuracy.h"

namespace burnish {

/// 1 - the cosine of the angle between a tensor and the one it should be.
double cosine_error(const Outputs& exact, const Outputs& tried);
/// The largest difference of two elements, over the largest magnitude that the tensor should have.
double largest_error(const Outputs& exact, const Outputs& tried);
/// The part of rows whose largest element is another one.
double top1_error(const Outputs& exact, const Outputs& tried);

/// The squares of the differences over the squares of what the outputs should be, summed over the samples: the mean over the outputs. Small errors of
/// different layers add up in it.
double noise_error(const Outputs& exact, const Outputs& tried);

/// "cos:" of this limit.
AccuracyBudget cosine_budget(double least);

}  // namespace burnish
