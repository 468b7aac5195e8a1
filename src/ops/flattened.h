// The old form of Softmax, LogSoftmax and Hardmax (before opset 13): the input is flattened to a matrix at `axis`, and rows are normalized.
// Called by their importers.
#pragma once

#include <functional>

#include "ops/import.h"

namespace burnish::ops {

/// Adds the operator that `make(axis)` gives: alone where one axis is all there is, between two reshapes otherwise.
void import_flattened(ImportContext& context, const std::function<Op(int64_t axis)>& make);

}  // namespace burnish::ops
