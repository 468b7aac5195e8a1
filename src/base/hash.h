// A 128-bit content hash (xxHash XXH3) and its hexadecimal text.
// Used to name weights, requests and files. It guards against accidents, not against an adversary.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace burnish {

struct Hash128 {
  uint64_t high = 0;
  uint64_t low = 0;
  auto operator<=>(const Hash128&) const = default;
};

Hash128 hash_of(std::span<const std::byte> bytes);
Hash128 hash_of(std::string_view text);

/// 32 lower-case hexadecimal digits.
std::string text_of(const Hash128& hash);
std::optional<Hash128> hash_from_text(std::string_view text);

}  // namespace burnish

template <>
struct std::hash<burnish::Hash128> {
  size_t operator()(const burnish::Hash128& value) const noexcept { return value.low; }
};
