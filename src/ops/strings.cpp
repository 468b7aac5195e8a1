// UTF-8 and letters.
#include "ops/strings.h"

#include "base/error.h"

namespace burnish::ops {
namespace {

/// Bytes of the character that starts with `first`; 0 where none does.
size_t length_from(unsigned char first) {
  if (first < 0x80) return 1;
  if (first >= 0xc2 and first < 0xe0) return 2;
  if (first >= 0xe0 and first < 0xf0) return 3;
  return first >= 0xf0 and first < 0xf5 ? 4 : 0;
}

bool continues(std::string_view text, size_t at, size_t count) {
  if (count == 0 or at + count > text.size()) return false;
  for (size_t i = 1; i < count; ++i)
    if ((static_cast<unsigned char>(text[at + i]) & 0xc0U) != 0x80) return false;
  return true;
}

/// Alphabets whose cases alternate: even code points are capitals.
bool alternates(char32_t c) {
  return (c >= 0x100 and c <= 0x137) or (c >= 0x14a and c <= 0x177) or (c >= 0x460 and c <= 0x481) or (c >= 0x48a and c <= 0x4bf) or
         (c >= 0x4d0 and c <= 0x52f) or (c >= 0x1e00 and c <= 0x1e95) or (c >= 0x1ea0 and c <= 0x1eff);
}

char32_t upper(char32_t c) {
  if (c >= 'a' and c <= 'z') return c - 32;
  if (c < 0x80) return c;
  if (c >= 0xe0 and c <= 0xfe and c != 0xf7) return c - 32;
  if (c == 0xff) return 0x178;
  if (alternates(c) and c != 0x130 and c != 0x131) return c & ~char32_t{1};
  if ((c >= 0x139 and c <= 0x148) or (c >= 0x179 and c <= 0x17e)) return (c & 1U) == 0 ? c - 1 : c;
  if (c >= 0x3b1 and c <= 0x3cb and c != 0x3c2) return c - 32;
  if (c == 0x3c2) return 0x3a3;
  if (c >= 0x430 and c <= 0x44f) return c - 32;
  return c >= 0x450 and c <= 0x45f ? c - 80 : c;
}

char32_t lower(char32_t c) {
  if (c >= 'A' and c <= 'Z') return c + 32;
  if (c < 0x80) return c;
  if (c >= 0xc0 and c <= 0xde and c != 0xd7) return c + 32;
  if (c == 0x178) return 0xff;
  if (alternates(c) and c != 0x130 and c != 0x131) return c | 1U;
  if ((c >= 0x139 and c <= 0x148) or (c >= 0x179 and c <= 0x17e)) return (c & 1U) == 1 ? c + 1 : c;
  if (c >= 0x391 and c <= 0x3ab and c != 0x3a2) return c + 32;
  if (c >= 0x410 and c <= 0x42f) return c + 32;
  return c >= 0x400 and c <= 0x40f ? c + 80 : c;
}

}  // namespace

void expect_strings(const InferContext& context, size_t index) {
  if (context.dtype(index) != DType::string) fail("input {} must hold strings, but is {}", index, context.input(index).text());
}

std::u32string code_points(std::string_view text) {
  std::u32string points;
  points.reserve(text.size());
  for (size_t at = 0; at < text.size();) {
    const auto first = static_cast<unsigned char>(text[at]);
    const size_t count = length_from(first);
    if (count < 2 or not continues(text, at, count)) {
      points.push_back(first);
      ++at;
      continue;
    }
    char32_t point = first & (0x7fU >> count);
    for (size_t i = 1; i < count; ++i) point = (point << 6U) | (static_cast<unsigned char>(text[at + i]) & 0x3fU);
    points.push_back(point);
    at += count;
  }
  return points;
}

std::string utf8(std::u32string_view text) {
  std::string bytes;
  bytes.reserve(text.size());
  const auto tail = [&](char32_t point, unsigned shift) { bytes += static_cast<char>(0x80U | ((point >> shift) & 0x3fU)); };
  for (const char32_t point : text) {
    if (point < 0x80) {
      bytes += static_cast<char>(point);
    } else if (point < 0x800) {
      bytes += static_cast<char>(0xc0U | (point >> 6U));
      tail(point, 0);
    } else if (point < 0x10000) {
      bytes += static_cast<char>(0xe0U | (point >> 12U));
      tail(point, 6);
      tail(point, 0);
    } else {
      bytes += static_cast<char>(0xf0U | (point >> 18U));
      tail(point, 12);
      tail(point, 6);
      tail(point, 0);
    }
  }
  return bytes;
}

std::string changed_case(std::string_view text, bool to_upper) {
  std::u32string points = code_points(text);
  for (char32_t& point : points) point = to_upper ? upper(point) : lower(point);
  return utf8(points);
}

}  // namespace burnish::ops
