// Hand-written because names may hold colons and commas when quoted, and because the messages matter more than brevity.
#include "cli/values.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "base/text.h"
#include "cli/usage_error.h"

namespace burnish::cli {
namespace {

/// Parts between commas outside quotes, quotes kept.
std::vector<std::string_view> split_outside_quotes(std::string_view text) {
  std::vector<std::string_view> parts;
  size_t begin = 0;
  bool inside = false;
  for (size_t i = 0; i <= text.size(); ++i) {
    if (i < text.size() and text[i] == '\'') inside = not inside;
    if (i < text.size() and (text[i] != ',' or inside)) continue;
    parts.push_back(text.substr(begin, i - begin));
    begin = i + 1;
  }
  if (inside) fail_usage("`{}` has an opening quote without a closing one", text);
  return parts;
}

/// "name:rest": a quoted name ends at its quote, any other at the last colon.
std::pair<std::string, std::string_view> split_name(std::string_view part, std::string_view example) {
  if (part.starts_with('\'')) {
    const size_t close = part.find('\'', 1);
    if (close == std::string_view::npos or close + 1 >= part.size() or part[close + 1] != ':')
      fail_usage("`{}` does not read: after the quoted name follows a colon, as in {}", part, example);
    return {std::string(part.substr(1, close - 1)), part.substr(close + 2)};
  }
  const size_t colon = part.rfind(':');
  if (colon == std::string_view::npos or colon == 0) fail_usage("`{}` does not read: an example is {}", part, example);
  return {std::string(part.substr(0, colon)), part.substr(colon + 1)};
}

}  // namespace

Dims parse_dims(std::string_view text) {
  if (text == "scalar") return {};
  Dims dims;
  for (const std::string_view part : split(text, 'x')) {
    int64_t value = 0;
    const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), value);
    if (error != std::errc{} or end != part.data() + part.size() or value < 0)
      fail_usage("`{}` is no shape: dimensions are numbers joined with x, as in 1x3x224x224", text);
    dims.push_back(value);
  }
  try {
    element_count(dims);
  } catch (const Error& error) { fail_usage("`{}` is no shape: {}", text, error.message()); }
  return dims;
}

ShapeList parse_shapes(std::string_view text) {
  ShapeList shapes;
  for (const std::string_view part : split_outside_quotes(text)) {
    auto [name, dims] = split_name(part, "input:1x3x224x224");
    if (std::count(name.begin(), name.end(), '*') > 1) fail_usage("`{}` has more than one *", name);
    for (const auto& [known, unused] : shapes)
      if (known == name) fail_usage("two shapes are given for `{}`", name);
    shapes.emplace_back(std::move(name), parse_dims(dims));
  }
  return shapes;
}

FileList parse_files(std::string_view text) {
  FileList files;
  for (const std::string_view part : split_outside_quotes(text)) {
    auto [name, file] = split_name(part, "input:data.bin");
    if (file.size() >= 2 and file.front() == '\'' and file.back() == '\'') file = file.substr(1, file.size() - 2);
    if (file.empty()) fail_usage("no file is given for `{}`", name);
    for (const auto& [known, unused] : files)
      if (known == name) fail_usage("two files are given for `{}`", name);
    files.emplace_back(std::move(name), std::filesystem::path(file));
  }
  return files;
}

bool matches(std::string_view pattern, std::string_view name) {
  const size_t star = pattern.find('*');
  if (star == std::string_view::npos) return pattern == name;
  const std::string_view head = pattern.substr(0, star);
  const std::string_view tail = pattern.substr(star + 1);
  return name.size() >= head.size() + tail.size() and name.starts_with(head) and name.ends_with(tail);
}

const Dims* find_shape(const ShapeList& shapes, std::string_view name) {
  for (const auto& [known, dims] : shapes)
    if (known == name) return &dims;
  for (const auto& [pattern, dims] : shapes)
    if (matches(pattern, name)) return &dims;
  return nullptr;
}

bool has_pattern(const ShapeList& shapes) {
  return std::any_of(shapes.begin(), shapes.end(), [](const auto& shape) { return shape.first.find('*') != std::string::npos; });
}

int64_t parse_integer(std::string_view text, int64_t least, int64_t most) {
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} or end != text.data() + text.size()) fail_usage("`{}` is no whole number", text);
  if (value < least or value > most) fail_usage("{} is outside {} to {}", value, least, most);
  return value;
}

double parse_number(std::string_view text, double least, double most) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} or end != text.data() + text.size() or not std::isfinite(value)) fail_usage("`{}` is no number", text);
  if (value < least or value > most) fail_usage("{} is outside {} to {}", value, least, most);
  return value;
}

int64_t parse_bytes(std::string_view text) {
  double unit = 1024.0 * 1024.0;
  if (not text.empty()) {
    switch (text.back()) {
      case 'b':
      case 'B': unit = 1; break;
      case 'k':
      case 'K': unit = 1024; break;
      case 'm':
      case 'M': break;
      case 'g':
      case 'G': unit = 1024.0 * 1024.0 * 1024.0; break;
      default: return static_cast<int64_t>(parse_number(text, 0, 1e12) * unit);
    }
    text.remove_suffix(1);
  }
  return static_cast<int64_t>(parse_number(text, 0, 9e18 / unit) * unit);
}

std::vector<std::string> parse_list(std::string_view text) {
  std::vector<std::string> list;
  if (text.empty()) return list;
  for (std::string_view part : split_outside_quotes(text)) {
    if (part.size() >= 2 and part.front() == '\'' and part.back() == '\'') part = part.substr(1, part.size() - 2);
    list.emplace_back(part);
  }
  return list;
}

}  // namespace burnish::cli
