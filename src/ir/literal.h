// Small constants in the text form of graphs: "[1, 64]", exact for every element type. Part of print and parse.
// An element that its number would not bring back bit by bit (some NaNs) is written as "bits(N)".
#pragma once

#include "base/text.h"
#include "burnish/tensor.h"

namespace burnish {

std::string literal_text(const Tensor& tensor);

/// Reads "[...]" as a tensor; the number of elements must be that of `dims`. Allocates only what the text holds.
Tensor parse_literal(TextCursor& cursor, DType dtype, const Dims& dims);

}  // namespace burnish
