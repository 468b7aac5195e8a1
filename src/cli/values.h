// The small grammars of flags' values: shapes by name, files by name, numbers, sizes of memory, lists.
// Used by trtexec and by burnish's commands. Every fault is a UsageError that quotes the value and shows a right one.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "burnish/tensor.h"

namespace burnish::cli {

/// In the order given. A name may hold one `*`, which stands for any characters.
using ShapeList = std::vector<std::pair<std::string, Dims>>;
using FileList = std::vector<std::pair<std::string, std::filesystem::path>>;

/// "name:1x3x224x224,'other:0':8,alone:scalar". Names may be quoted with single quotes; unquoted ones end at the last colon.
ShapeList parse_shapes(std::string_view text);
/// "1x3x224x224" or "scalar".
Dims parse_dims(std::string_view text);
/// "name:file,'other:0':file".
FileList parse_files(std::string_view text);

/// Whether `name` fits `pattern` (at most one `*`).
bool matches(std::string_view pattern, std::string_view name);
/// The shape given for an input: an exact name first, else the first pattern that fits. nullptr where none is given.
const Dims* find_shape(const ShapeList& shapes, std::string_view name);
bool has_pattern(const ShapeList& shapes);

int64_t parse_integer(std::string_view text, int64_t least, int64_t most);
double parse_number(std::string_view text, double least, double most);
/// "512M", "1.5G", "100K", "64B"; without a suffix MiB.
int64_t parse_bytes(std::string_view text);
/// Splits at commas outside single quotes; drops the quotes. An empty text has no parts.
std::vector<std::string> parse_list(std::string_view text);

}  // namespace burnish::cli
