// What inference of several operators shares: element types of parameters, sizes read from values, small integer values passed on.
// Called by `infer` functions only. It never guesses: what is not known becomes a fresh symbol.
#pragma once

#include <string_view>

#include "ir/infer.h"

namespace burnish::ops {

/// Passes values on where the output is i64 or i32 and there are few enough of them to be worth it; otherwise does nothing.
/// Call it after the output's type is set.
void propagate(InferContext& context, size_t output, DType dtype, DimValues values);

/// Error unless input `index` has rank 1 (or 0, where allowed) and an element type of i32 or i64. `name` is for the message.
void expect_index_type(const InferContext& context, size_t index, std::string_view name);
void expect_index_vector(const InferContext& context, size_t index, std::string_view name, bool allow_scalar = false);
/// Error unless input `index` holds exactly one element, as far as its shape is known.
void expect_one_element(const InferContext& context, size_t index, std::string_view name);

/// The element count of a rank-1 input where it is known.
std::optional<size_t> known_length(const InferContext& context, size_t index);

/// As many fresh symbols.
Shape unknown_shape(InferContext& context, size_t rank);

/// Error where a dimension is a negative number, or where the static ones multiply to more than 2^63 - 1 elements.
void check_extents(const Shape& shape);

/// Sizes given as the values of input `index`; fresh symbols where they are not known (their number must be: Error otherwise).
Shape shape_from_values(InferContext& context, size_t index, std::string_view name);

/// True where the expression cannot be negative because nothing is subtracted in it.
bool never_negative(const Dim& dim);

}  // namespace burnish::ops
