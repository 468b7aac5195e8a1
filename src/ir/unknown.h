// Unknown dims: symbols `?0`, `?1`, ... for sizes that only the data decides. Inferring a node twice makes different symbols for
// the same size; these functions match the new ones with those already in the graph. Used by the graph, patches, parser and verifier.
#pragma once

#include <string_view>
#include <vector>

#include "ir/infer.h"
#include "tensor/tensor_type.h"

namespace burnish {

inline constexpr std::string_view unknown_prefix = "?";
/// Prefix for inferring again, where the new symbols are matched with the old ones and must not be mistaken for them.
inline constexpr std::string_view fresh_prefix = "??";

using DimRenames = std::map<std::string, Dim, std::less<>>;

/// Where a dim of `inferred` is exactly a symbol that starts with `prefix`, it stands for the dim that `known` has there.
void match_unknowns(const Shape& inferred, const Shape& known, std::string_view prefix, DimRenames& renames);

Shape renamed(const Shape& shape, const DimRenames& renames);
DimValues renamed(const DimValues& values, const DimRenames& renames);

/// True where a symbol in the dim starts with `?`.
bool mentions_unknown(const Dim& dim);

/// Equal dtype, kind, rank and dims; a dim that mentions an unknown fits any other, and so does a shape that is not known.
bool compatible(const TensorType& a, const TensorType& b);

/// One more than the largest N of a symbol `?N` in the shape; 0 without any.
uint64_t unknowns_end(const Shape& shape);

}  // namespace burnish
