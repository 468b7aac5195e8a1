// Lists of axes as operators receive them: normalized, checked, and imported from attribute or input.
// Called by the operators whose axes were an attribute in old opsets and are an input since (Squeeze, Unsqueeze, ...).
#pragma once

#include <span>
#include <vector>

#include "ops/import.h"

namespace burnish::ops {

/// An axis in [-rank, rank) made non-negative; Error that names axis and rank.
size_t normalized_axis(int64_t axis, size_t rank);

/// True at each named axis. Error on an axis out of range or named twice.
std::vector<bool> marked_axes(std::span<const int64_t> axes, size_t rank);

/// The node's inputs, with the attribute `name` (where there is one) as a constant at `position`.
std::vector<ValueId> inputs_with_ints(ImportContext& context, std::string_view name, size_t position);

}  // namespace burnish::ops
