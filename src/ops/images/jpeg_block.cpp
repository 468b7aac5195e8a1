// The arithmetic of JPEG. The transform is Loeffler, Ligtenberg and Moschytz's with 12 multiplications, in 13 fractional bits.
#include "ops/images/jpeg_block.h"

#include <algorithm>
#include <span>

namespace burnish::ops {
namespace {

constexpr int fraction_bits = 13;
constexpr int row_bits = 2;  // more precision between the two passes

constexpr int64_t fixed(double value) { return static_cast<int64_t>(value * (1 << fraction_bits) + 0.5); }

/// Eight values, `step` apart; `shift` bits are rounded off.
void transform(std::span<const int64_t, 8> in, std::array<int64_t, 8>& out, int shift) {
  const int64_t rotated = (in[2] + in[6]) * fixed(0.541196100);
  const int64_t even2 = rotated - in[6] * fixed(1.847759065);
  const int64_t even3 = rotated + in[2] * fixed(0.765366865);
  const int64_t even0 = (in[0] + in[4]) * (1 << fraction_bits);
  const int64_t even1 = (in[0] - in[4]) * (1 << fraction_bits);
  const std::array<int64_t, 4> even{even0 + even3, even1 + even2, even1 - even2, even0 - even3};

  const int64_t z5 = (in[7] + in[3] + in[5] + in[1]) * fixed(1.175875602);
  const int64_t z1 = -(in[7] + in[1]) * fixed(0.899976223);
  const int64_t z2 = -(in[5] + in[3]) * fixed(2.562915447);
  const int64_t z3 = -(in[7] + in[3]) * fixed(1.961570560) + z5;
  const int64_t z4 = -(in[5] + in[1]) * fixed(0.390180644) + z5;
  const std::array<int64_t, 4> odd{in[1] * fixed(1.501321110) + z1 + z4, in[3] * fixed(3.072711026) + z2 + z3,
                                   in[5] * fixed(2.053119869) + z2 + z4, in[7] * fixed(0.298631336) + z1 + z3};
  const int64_t half = int64_t{1} << (shift - 1);
  for (size_t i = 0; i < 4; ++i) {
    out[i] = (even[i] + odd[i] + half) >> shift;
    out[7 - i] = (even[i] - odd[i] + half) >> shift;
  }
}

uint8_t clamped(int64_t value) { return static_cast<uint8_t>(std::clamp<int64_t>(value, 0, 255)); }

/// A row between two: three parts of the nearer one and one of the farther, times four; samples beyond the edge repeat it.
std::vector<int> between(const JpegPlane& plane, int64_t row, int64_t other) {
  const uint8_t* near = plane.samples + row * plane.stride;
  const uint8_t* far = plane.samples + std::clamp<int64_t>(other, 0, plane.height - 1) * plane.stride;
  std::vector<int> sums(static_cast<size_t>(plane.width));
  for (size_t i = 0; i < sums.size(); ++i) sums[i] = 3 * near[i] + far[i];
  return sums;
}

/// Twice as wide: the left new sample rounds with `left_half`, the right one with `right_half`; `shift` undoes all weights.
void widen(std::span<const int> sums, int left_half, int right_half, int shift, std::span<uint8_t> to) {
  const size_t last = sums.size() - 1;
  for (size_t i = 0; i < to.size(); ++i) {
    const size_t at = i / 2;
    const bool left = i % 2 == 0;
    const size_t neighbour = left ? (at == 0 ? 0 : at - 1) : std::min(at + 1, last);
    to[i] = clamped((3 * sums[at] + sums[neighbour] + (left ? left_half : right_half)) >> shift);
  }
}

}  // namespace

void write_jpeg_block(const std::array<int, 64>& coefficients, uint8_t* to, int64_t stride) {
  std::array<std::array<int64_t, 8>, 8> columns{};
  for (size_t x = 0; x < 8; ++x) {
    std::array<int64_t, 8> in{};
    for (size_t y = 0; y < 8; ++y) in[y] = coefficients[8 * y + x];
    transform(in, columns[x], fraction_bits - row_bits);
  }
  for (size_t y = 0; y < 8; ++y) {
    std::array<int64_t, 8> in{};
    std::array<int64_t, 8> out{};
    for (size_t x = 0; x < 8; ++x) in[x] = columns[x][y];
    transform(in, out, fraction_bits + row_bits + 3);
    for (size_t x = 0; x < 8; ++x) to[static_cast<int64_t>(y) * stride + static_cast<int64_t>(x)] = clamped(out[x] + 128);
  }
}

std::vector<uint8_t> enlarged(const JpegPlane& plane, int64_t across, int64_t down, int64_t width, int64_t height) {
  std::vector<uint8_t> out(static_cast<size_t>(width * height));
  const bool smooth = across == 2 and (down == 1 or down == 2) and plane.width > 2;
  for (int64_t y = 0; y < height; ++y) {
    const std::span<uint8_t> to(out.data() + y * width, static_cast<size_t>(width));
    const uint8_t* from = plane.samples + y / down * plane.stride;
    if (not smooth) {
      for (int64_t x = 0; x < width; ++x) to[static_cast<size_t>(x)] = from[x / across];
    } else if (down == 1) {
      widen(std::vector<int>(from, from + plane.width), 1, 2, 2, to);
    } else {
      widen(between(plane, y / 2, y % 2 == 0 ? y / 2 - 1 : y / 2 + 1), 8, 7, 4, to);
    }
  }
  return out;
}

void write_rgb(int y, int cb, int cr, uint8_t* rgb) {
  constexpr int64_t half = 1 << 15;
  const auto scaled = [](double value) { return static_cast<int64_t>(value * 65536 + 0.5); };
  const int64_t blue = cb - 128;
  const int64_t red = cr - 128;
  rgb[0] = clamped(y + ((scaled(1.40200) * red + half) >> 16));
  rgb[1] = clamped(y + ((-scaled(0.34414) * blue - scaled(0.71414) * red + half) >> 16));
  rgb[2] = clamped(y + ((scaled(1.77200) * blue + half) >> 16));
}

}  // namespace burnish::ops
