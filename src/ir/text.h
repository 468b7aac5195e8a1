// The graph's one text form: printed for golden tests, logs and `--stop-after`, stored in engines, and parsed back.
// Large constants are named by their content hash and come from a store that the caller provides; small ones are written out.
// Parsing untrusted text never crashes: every fault is an Error with line and column.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/hash.h"
#include "ir/graph.h"

namespace burnish {

struct PrintOptions {
  /// Constants of more elements than this are printed as their hash.
  int64_t inline_elements = 16;
  bool provenance = true;
  /// Called for every constant printed as a hash.
  std::function<void(const Hash128&, const std::shared_ptr<const Tensor>&)> store;
};

/// Example:
///   graph "digits" {
///     %image: f32[N,1,8,8] = input
///     %w: f32[8,1,3,3] = constant @0f3c...            # by hash
///     %two: i64[2] = constant [1, 64]                 # written out
///     %conv: f32[N,8,8,8] = Conv{pads=[1,1,1,1]}(%image, %w, _) "conv_1" from "Conv_0", "BatchNormalization_1"
///     output %conv as "digits"                        # the name is left out where it is the value's
///   }
/// Regions stand after the inputs, before the names: `If(%cond, %x) { graph "then" {...} graph "else" {...} } "if_1"`.
/// `symbol N: 1..64` lines before the inputs give the ranges of symbols; constants nobody uses are left out.
std::string print(const Graph& graph, const PrintOptions& options = {});

/// Finds the tensor of a hash; returns nullptr where unknown (then parsing throws Error).
using ConstantStore = std::function<std::shared_ptr<const Tensor>(const Hash128&)>;
Graph parse_graph(std::string_view text, const ConstantStore& store = {});

/// The hash that names a constant: of its type, dimensions and bytes.
Hash128 content_hash(const Tensor& tensor);

}  // namespace burnish
