// PNG with 8 bits a sample: gray, RGB, palette, and both with an alpha channel, which is dropped. Not: interlaced files, other depths.
#include <algorithm>
#include <array>
#include <cstdlib>

#include "base/error.h"
#include "base/inflate.h"
#include "ops/images/image.h"

namespace burnish::ops {
namespace {

constexpr std::array<uint8_t, 8> signature{0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};

enum ColorType : uint8_t { gray = 0, rgb = 2, palette = 3, gray_alpha = 4, rgb_alpha = 6 };

size_t samples_of(uint8_t color) {
  switch (color) {
    case gray:
    case palette: return 1;
    case gray_alpha: return 2;
    case rgb: return 3;
    case rgb_alpha: return 4;
    default: fail("a PNG of the unknown color type {}", color);
  }
}

uint32_t name(const char* letters) {
  uint32_t value = 0;
  for (size_t i = 0; i < 4; ++i) value = (value << 8U) | static_cast<uint8_t>(letters[i]);
  return value;
}

/// The neighbour that is closest to left + up - corner.
int paeth(int left, int up, int corner) {
  const int guess = left + up - corner;
  const int from_left = std::abs(guess - left);
  const int from_up = std::abs(guess - up);
  const int from_corner = std::abs(guess - corner);
  if (from_left <= from_up and from_left <= from_corner) return left;
  return from_up <= from_corner ? up : corner;
}

/// Rows hold differences to their neighbours; the first byte of each says to which.
void undo_filters(std::span<uint8_t> data, size_t row_bytes, size_t samples) {
  const size_t stride = row_bytes + 1;
  for (size_t row = 0; row * stride < data.size(); ++row) {
    uint8_t* now = data.data() + row * stride + 1;
    const uint8_t* above = row == 0 ? nullptr : now - stride;
    const uint8_t filter = now[-1];
    if (filter > 4) fail("a row of the PNG has the unknown filter {}", filter);
    for (size_t i = 0; i < row_bytes; ++i) {
      const int left = i < samples ? 0 : now[i - samples];
      const int up = above == nullptr ? 0 : above[i];
      const int corner = above == nullptr or i < samples ? 0 : above[i - samples];
      const int guesses[] = {0, left, up, (left + up) / 2, paeth(left, up, corner)};
      now[i] = static_cast<uint8_t>(now[i] + guesses[filter]);
    }
  }
}

}  // namespace

std::optional<Image> decode_png(std::span<const uint8_t> bytes) {
  if (bytes.size() < signature.size() or not std::ranges::equal(bytes.first(signature.size()), signature)) return {};
  const ImageBytes file(bytes, true);
  if (file.u32(12) != name("IHDR")) fail("a PNG without a header");
  const uint8_t color = file.u8(25);
  if (file.u8(24) != 8) fail_unsupported("a PNG with {} bits a sample", file.u8(24));
  if (file.u8(28) != 0) fail_unsupported("an interlaced PNG");
  const size_t samples = samples_of(color);
  Image image = blank_image(file.u32(16), file.u32(20), color == gray or color == gray_alpha ? 1 : 3, bytes.size());
  std::vector<uint8_t> stream;
  std::span<const uint8_t> colors;
  for (size_t at = 8;;) {
    const uint32_t length = file.u32(at);
    const uint32_t kind = file.u32(at + 4);
    if (kind == name("IEND")) break;
    const std::span<const uint8_t> chunk = file.part(at + 8, length);
    if (kind == name("IDAT")) stream.insert(stream.end(), chunk.begin(), chunk.end());
    if (kind == name("PLTE")) colors = chunk;
    at += size_t{12} + length;
  }
  const size_t row_bytes = static_cast<size_t>(image.width) * samples;
  std::vector<uint8_t> data = inflated(stream, (row_bytes + 1) * static_cast<size_t>(image.height));
  undo_filters(data, row_bytes, samples);
  uint8_t* to = image.pixels.data();
  const auto channels = static_cast<size_t>(image.channels);
  for (size_t y = 0; y < static_cast<size_t>(image.height); ++y)
    for (size_t x = 0; x < static_cast<size_t>(image.width); ++x, to += channels) {
      const uint8_t* from = data.data() + y * (row_bytes + 1) + 1 + x * samples;
      if (color == palette and size_t{3} * *from + 3 > colors.size())
        fail("a pixel of the PNG has color {}, which its palette lacks", *from);
      std::copy_n(color == palette ? colors.data() + size_t{3} * *from : from, channels, to);
    }
  return image;
}

}  // namespace burnish::ops
