#include "ir/unknown.h"

#include <algorithm>
#include <charconv>

namespace burnish {

void match_unknowns(const Shape& inferred, const Shape& known, std::string_view prefix, DimRenames& renames) {
  if (inferred.rank() != known.rank()) return;
  for (size_t i = 0; i < inferred.rank(); ++i)
    if (const std::string_view name = inferred[i].symbol_name(); name.starts_with(prefix)) renames.emplace(name, known[i]);
}

Shape renamed(const Shape& shape, const DimRenames& renames) {
  if (renames.empty()) return shape;
  Shape out;
  for (const Dim& dim : shape) out.push_back(dim.substituted(renames));
  return out;
}

DimValues renamed(const DimValues& values, const DimRenames& renames) {
  if (renames.empty()) return values;
  DimValues out;
  for (const Dim& dim : values) out.push_back(dim.substituted(renames));
  return out;
}

bool mentions_unknown(const Dim& dim) {
  if (dim.is_constant()) return false;
  return std::ranges::any_of(dim.symbols(), [](const std::string& name) { return name.starts_with(unknown_prefix); });
}

bool compatible(const TensorType& a, const TensorType& b) {
  if (a.dtype != b.dtype or a.kind != b.kind or a.layout != b.layout) return false;
  if (a.known != Known::shape or b.known != Known::shape) return true;
  if (a.shape.rank() != b.shape.rank()) return false;
  for (size_t i = 0; i < a.shape.rank(); ++i)
    if (not(a.shape[i] == b.shape[i]) and not mentions_unknown(a.shape[i]) and not mentions_unknown(b.shape[i])) return false;
  return true;
}

uint64_t unknowns_end(const Shape& shape) {
  uint64_t end = 0;
  for (const Dim& dim : shape)
    for (const std::string& name : dim.symbols()) {
      uint32_t number = 0;
      if (not name.starts_with(unknown_prefix)) continue;
      if (std::from_chars(name.data() + 1, name.data() + name.size(), number).ec == std::errc{})
        end = std::max<uint64_t>(end, uint64_t{number} + 1);
    }
  return end;
}

}  // namespace burnish
