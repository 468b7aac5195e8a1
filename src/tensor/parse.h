// Reading dimensions and types from the middle of a text: what the graph parser and the `parse` functions of Dim and TensorType share.
// All of it is safe on hostile text: faults are Errors with line and column, nesting is bounded.
#pragma once

#include "base/text.h"
#include "tensor/tensor_type.h"

namespace burnish {

Dim parse_dim(TextCursor& cursor);
TensorType parse_type(TextCursor& cursor);

/// A name as Dims print it: a plain word, or a quoted string.
std::string parse_symbol_name(TextCursor& cursor);
std::string text_of_symbol_name(std::string_view name);

}  // namespace burnish
