#include "base/hash.h"

#include <charconv>

#include <fmt/format.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

#include "base/bytes.h"

namespace burnish {

Hash128 hash_of(std::span<const std::byte> bytes) {
  const XXH128_hash_t hash = XXH3_128bits(bytes.data(), bytes.size());
  return {hash.high64, hash.low64};
}

Hash128 hash_of(std::string_view text) { return hash_of(bytes_of(text)); }

std::string text_of(const Hash128& hash) { return fmt::format("{:016x}{:016x}", hash.high, hash.low); }

std::optional<Hash128> hash_from_text(std::string_view text) {
  if (text.size() != 32) return {};
  Hash128 hash;
  const char* middle = text.data() + 16;
  const auto high = std::from_chars(text.data(), middle, hash.high, 16);
  const auto low = std::from_chars(middle, middle + 16, hash.low, 16);
  if (high.ec != std::errc{} or low.ec != std::errc{} or high.ptr != middle or low.ptr != middle + 16) return {};
  return hash;
}

}  // namespace burnish
