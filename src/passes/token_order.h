// The order in which a tensor holds tokens: the batch, then the axes of an image that is cut into windows, which may be rolled. Read from the
// axes that an AxisTracker followed from attention's operands or result. Called by pack_attention.
#pragma once

#include "passes/axis_tracker.h"

namespace burnish::passes {

/// The axes that trackers begin with, and the one that a product puts in place of heads and columns.
enum Start : size_t { group, head, token, column, channel };

/// An order of tokens: batch, then axes of an image that is cut into windows.
struct Tokens {
  int64_t batch = 1;
  Dims extents, window, shift;

  /// Without windows the order is the same however the tokens are spread over axes.
  bool is_plain() const;
  bool same_order(const Tokens& other) const;

  Dims dims(int64_t columns) const;
  int64_t windows() const;  // of one image
};

/// The order of a tensor's tokens, where they have one of this kind; `inner`: how many parts at the end are no tokens.
std::optional<Tokens> tokens_of(const AxisTracker& axes, size_t inner);

}  // namespace burnish::passes
