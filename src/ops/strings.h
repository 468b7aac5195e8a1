// What operators on strings share: type checks, and UTF-8 taken apart into code points.
// Called by inference and reference evaluations. Bytes that are no UTF-8 stand for themselves; nothing here reads past a string's end.
#pragma once

#include <string>
#include <string_view>

#include "ir/infer.h"

namespace burnish::ops {

/// Error unless input `index` holds strings.
void expect_strings(const InferContext& context, size_t index);

/// Code points; a byte that begins no valid character is taken as one of its own value.
std::u32string code_points(std::string_view text);
std::string utf8(std::u32string_view text);

/// Upper or lower case: ASCII, Latin-1 and Latin Extended-A, Greek and Cyrillic letters; others stay as they are.
std::string changed_case(std::string_view text, bool upper);

}  // namespace burnish::ops
