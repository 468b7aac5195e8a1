// What If, Loop and Scan share: reading their bodies' result types, bringing sizes out of a body, stacking slices.
// A body is a graph whose trailing inputs are the outer values it captures. Sizes over symbols that only the body knows become fresh.
#pragma once

#include "ir/evaluate.h"
#include "ir/graph.h"
#include "ir/infer.h"
#include "ops/import.h"

namespace burnish::ops {

const TensorType& result_type(const Graph& body, size_t output);

/// True where every symbol of the body's size came into the body with its inputs and is known from the node's inputs: then it means
/// the same outside.
bool known_outside(const InferContext& context, const Graph& body, const Dim& dim);
/// A body's shape as seen outside: sizes that only the body knows become fresh symbols.
Shape outside_shape(InferContext& context, const Graph& body, const Shape& shape);

/// As above for a whole type, sequences and optionals included.
TensorType outside_type(InferContext& context, const Graph& body, const TensorType& type);

/// Error unless the node has exactly `count` bodies.
void expect_regions(const InferContext& context, size_t count);
/// Error unless the node's inputs [first, ..) fit the body's inputs [from, to) in type and rank.
void expect_body_inputs(const InferContext& context, const Graph& body, size_t from, size_t to, size_t first, std::string_view name);

/// Slices along a new axis, all of one type and shape; an empty list gives `empty` with a size of 0 inserted. `reversed` puts the last first.
Tensor stacked(const std::vector<Tensor>& slices, size_t axis, bool reversed, const TensorType& empty);

/// Slice `index` along `axis`; the axis disappears.
Tensor slice_at(const Tensor& tensor, size_t axis, int64_t index);

/// Adds a node that owns these bodies, with what they capture behind its own inputs, and sets all outputs of the imported node.
void add_with_bodies(ImportContext& context, Op op, std::vector<ValueId> inputs, std::vector<ImportedRegion> bodies);

/// Adds a body's nodes to the graph itself, with `inputs` and what it captures for its inputs. Returns its results.
std::vector<ValueId> inlined(ImportContext& context, const ImportedRegion& region, std::vector<ValueId> inputs);

}  // namespace burnish::ops
